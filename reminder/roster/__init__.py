"""Reads and writes roster files and checks every value a human hands in. Pure: no database, no clock."""
