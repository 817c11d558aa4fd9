"""A practice's own settings."""
