"""The database: the only place that imports SQLAlchemy. One file per subject; functions take an open connection."""
