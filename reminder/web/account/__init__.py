"""Signing in and out, and the admin's own account."""
