"""File names as they may stand in messages."""

from __future__ import annotations

from pathlib import PurePath


def display_name(filename: str) -> str:
    """Return the last part of a file name, short and printable, for messages."""
    name = "".join(char for char in PurePath(filename.replace("\\", "/")).name if char.isprintable())
    return name[:120] or "the file"
