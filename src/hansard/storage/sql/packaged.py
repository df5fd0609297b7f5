"""Reads the SQL files of the package, which the user who started the program may not be able to read."""

from __future__ import annotations

import os
from pathlib import Path

from hansard.errors import StorageError

FOLDER = Path(__file__).parent


def listed(folder: Path) -> list[Path]:
    """Return the files in a folder. Raises StorageError."""
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise unreadable(folder, error) from error


def text_of(file: Path) -> str:
    """Return the content of a file. Raises StorageError."""
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise unreadable(file, error) from error


def unreadable(path: Path, error: OSError) -> StorageError:
    who = f"user {os.geteuid()}" if hasattr(os, "geteuid") else "the user"
    return StorageError(
        f"Hansard cannot read its own file {path}: {error.strerror}. Install Hansard where {who} may "
        "read it, or let that user read its folders."
    )
