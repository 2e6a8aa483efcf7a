"""A list of which one page is shown, with a step to older and back to newer ones."""

from __future__ import annotations

import reflex as rx

from recaller.state.base import event
from recaller.state.pickers import put


class Paged(rx.State, mixin=True):
    """Remembers the marks of the pages walked through; who mixes it in reads the one at `_cursor` in `_read`."""

    has_older: bool = False
    has_newer: bool = False
    _cursors: list[str] = []
    _next: str = ""

    @event
    async def older(self) -> None:
        """Step to older ones."""
        if self.has_older:
            self._cursors = [*self._cursors, self._next]
            await self._read()

    @event
    async def newer(self) -> None:
        """Step back to newer ones."""
        if self._cursors:
            self._cursors = self._cursors[:-1]
            await self._read()

    def _cursor(self) -> str | None:
        """Return the mark of the page to be shown, None for the newest."""
        return self._cursors[-1] if self._cursors else None

    def _turned(self, following: str | None) -> None:
        """Note what follows the page that was read."""
        put(self, _next=following or "", has_older=following is not None, has_newer=bool(self._cursors))

    async def _read(self) -> None:
        raise NotImplementedError
