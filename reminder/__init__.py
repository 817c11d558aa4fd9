"""Keeps the staff of medical practices from being locked out by an expired I&A password."""

__version__ = "0.1.0"
