"""Jobs that tell of the fork they run in; imports nothing of the application, so that it brings nothing along."""

from __future__ import annotations

import os
import sys
from importlib import import_module


def modules_loaded() -> list[str]:
    """Return the application's modules that were there when the job began."""
    return sorted(name for name in sys.modules if name.startswith("recaller"))


def modules_added(function: str, *arguments: object) -> list[str]:
    """Call a function by its dotted name, as RQ does; returns which modules that brought in."""
    before = set(sys.modules)
    module, _, name = function.rpartition(".")
    getattr(import_module(module), name)(*arguments)
    return sorted(set(sys.modules) - before)


def connections_used() -> dict[str, list[int]]:
    """Return this fork's process id and its connections' ids at Redis and PostgreSQL."""
    queue, work = import_module("recaller.infra.queue"), import_module("recaller.infra.work")
    with work.identity_work() as identity:
        ((backend,),) = identity.call("SELECT pg_backend_pid()")
    return {"process": [os.getpid()], "redis": [queue.redis_connection().client_id()], "postgres": [backend]}
