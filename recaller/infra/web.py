"""The web process: pages, REST API and websocket of one app on one port, from a few worker processes."""

from __future__ import annotations

import gc
import importlib
import multiprocessing

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from recaller.infra.embedded.process import kill_forks_with_this_process
from recaller.settings import Settings, get_settings

TARGET = "recaller.recaller:app"
_SHUTDOWN_SECONDS = 3


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; worker processes that die are replaced.

    Needs the environment of `frontend.serving_environment` from the start of the process: Reflex reads
    it while it is imported.
    """
    kill_forks_with_this_process()
    # Workers are forked from this process after it imported the app, so they share its memory and start at
    # once. The import may open no connection; freezing keeps the collector from touching shared pages.
    multiprocessing.set_start_method("fork", force=True)
    importlib.import_module(TARGET.partition(":")[0])
    gc.collect()
    gc.freeze()
    Server(
        target=TARGET,
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.web_workers,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=_SHUTDOWN_SECONDS,
        log_level=LogLevels(settings.log_level),
    ).serve()


if __name__ == "__main__":
    serve(get_settings())
