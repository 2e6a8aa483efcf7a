"""One owner for each server directory: a lock that the kernel frees, however its holder ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from recaller.infra.embedded.programs import EmbeddedServerError


class AlreadyRunning(EmbeddedServerError):
    """Another live process runs the servers of this directory."""


class DirectoryLock:
    """An advisory lock on a file; the file holds the owner's process id for people to read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Take the lock; raises AlreadyRunning when another live process holds it."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.read(handle, 32).decode(errors="replace").strip()
            os.close(handle)
            raise AlreadyRunning(
                f"Recaller runs on this data already: process {owner or '(unknown)'} uses {self._path.parent}."
            ) from error
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._handle = handle

    def release(self) -> None:
        """Give the lock up; the file stays, because removing it would let two owners in."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
