"""The Chromium of the browser tests: one that no longer answers is ended, and the next test gets another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Timer
from typing import Any

import psutil
from playwright.sync_api import Browser, BrowserContext, Error, Playwright

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--no-first-run",
]  # fmt: skip
# Closing has no time-out of Playwright's, and Chromium now and then never answers when a page is being left.
CLOSING_SECONDS = 60.0


class Chromium:
    """One browser at a time, started when a profile is asked for and none runs."""

    def __init__(self, playwright: Playwright, path: Path, closing_seconds: float = CLOSING_SECONDS) -> None:
        self._playwright = playwright
        self._path = path
        self._closing_seconds = closing_seconds
        self._browser: Browser | None = None
        self._process: psutil.Process | None = None

    def new_context(self, **options: Any) -> BrowserContext:
        """Open a browser profile with cookies of its own; the options are Playwright's."""
        return self._started().new_context(**options)

    def close_context(self, context: BrowserContext) -> None:
        """Close a profile with its pages; the browser is ended when it doesn't answer."""
        with self._answering():
            context.close()

    def close(self) -> None:
        """End the browser, if one runs."""
        if self._browser is not None:
            with self._answering():
                self._browser.close()

    def process(self) -> psutil.Process:
        """Return the browser's own process, which started all its others."""
        self._started()
        assert self._process is not None
        return self._process

    def _started(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            before = _browsers()
            self._browser = self._playwright.chromium.launch(executable_path=self._path, args=ARGUMENTS)
            (self._process,) = _browsers() - before
        return self._browser

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """End the browser when it takes too long, which lets the call that waits for it return."""
        ended = Event()
        timer = Timer(self._closing_seconds, self._end, [ended])
        timer.start()
        try:
            yield
        except Error:
            # With its browser a profile has ended, too.
            if not ended.is_set():
                raise
        finally:
            timer.cancel()

    def _end(self, ended: Event) -> None:
        assert self._process is not None
        print(f"Chromium did not answer for {self._closing_seconds:.0f} s: it is ended.", flush=True)
        ended.set()
        with suppress(psutil.NoSuchProcess):
            self._process.kill()


def _browsers() -> set[psutil.Process]:
    """Return the browsers that this process has Playwright run."""
    found = set()
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            line = process.cmdline()
            if "--remote-debugging-pipe" in line and not any(one.startswith("--type=") for one in line):
                found.add(process)
    return found
