"""Finds the folders that lie beside the package in a checkout and inside it in a wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def resource_dir(name: str) -> Path:
    """Return the folder `templates` or `migrations`; raise FileNotFoundError for a broken installation."""
    package = Path(__file__).resolve().parent
    for folder in (package / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(name)
