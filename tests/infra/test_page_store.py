"""The store of page states while its Redis stops, hangs and comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis import Redis
from reflex.istate.manager.redis import _FENCED_SAVE_SCRIPT

from recaller.infra import page_store, redis_outage
from recaller.infra.embedded.valkey import EmbeddedRedis
from recaller.infra.page_store import PageStore
from tests.support.waiting import PATIENCE_SECONDS

LOCK, STATE, OTHER = b"tab_lock", b"tab_state", b"tab_other"


@pytest.fixture
def valkey() -> Iterator[EmbeddedRedis]:
    """A Redis of the test's own, which it may stop and start."""
    with tempfile.TemporaryDirectory(prefix="recaller-store-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedRedis(Path(folder))
        server.begin()
        server.finish()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
async def store(valkey: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PageStore]:
    """A store on it."""
    monkeypatch.setattr(page_store, "PROBE_SECONDS", 0.05)
    monkeypatch.setattr(page_store, "ANSWER_SECONDS", 0.5)
    client = PageStore.from_url(valkey.url, **page_store.OPTIONS)
    yield client
    await client.aclose()
    redis_outage.end()


async def save(store: PageStore, lock_id: bytes, **values: bytes) -> object:
    """Save states as Reflex does, fenced by the tab's lock."""
    keys = [f"tab_{name}".encode() for name in values]
    return await store.eval(_FENCED_SAVE_SCRIPT, 1 + len(keys), LOCK, *keys, lock_id, 3600, *values.values())


async def back(store: PageStore) -> None:
    """Wait until the store has handed everything back to Redis."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while store.is_away:
        assert time.monotonic() < deadline, "the store never came back"
        await asyncio.sleep(0.02)


async def test_states_are_read_and_written_while_redis_is_stopped(
    store: PageStore, valkey: EmbeddedRedis
) -> None:
    assert await store.set(LOCK, b"one", px=10_000, nx=True)
    assert await save(store, b"one", state=b"before", other=b"kept")
    valkey.stop()
    # An event that began before the outage ends in it, and the next ones go on from what it left.
    assert await save(store, b"one", state=b"meanwhile") is not None
    await store.getdel(LOCK)
    assert redis_outage.is_on()
    assert await store.mget([STATE, OTHER, b"tab_never"]) == [b"meanwhile", b"kept", None]
    assert await store.set(LOCK, b"two", px=10_000, nx=True)
    assert await store.set(LOCK, b"three", px=10_000, nx=True) is None
    assert await save(store, b"three", state=b"stolen") is None
    assert await save(store, b"two", state=b"after") is not None
    assert await store.getdel(LOCK) == b"two"
    valkey.begin()
    valkey.finish()
    await back(store)
    with Redis.from_url(valkey.url) as plain:
        assert plain.mget([STATE, OTHER]) == [b"after", b"kept"]
        assert plain.get(LOCK) is None
        assert 0 < plain.ttl(STATE) <= 3600
    assert await store.mget([STATE]) == [b"after"]


async def test_a_lock_held_over_the_return_stays_held(store: PageStore, valkey: EmbeddedRedis) -> None:
    valkey.stop()
    assert await store.set(LOCK, b"long", px=30_000, nx=True)
    valkey.begin()
    valkey.finish()
    await back(store)
    assert await store.set(LOCK, b"greedy", px=30_000, nx=True) is None
    assert await save(store, b"long", state=b"done") is not None
    assert await store.getdel(LOCK) == b"long"


async def test_a_redis_that_hangs_is_away_too(store: PageStore, valkey: EmbeddedRedis) -> None:
    await store.set(STATE, b"seen")
    assert await store.mget([STATE]) == [b"seen"]
    process = valkey._process
    assert process is not None
    os.killpg(process.pid, signal.SIGSTOP)
    try:
        assert await store.mget([STATE]) == [b"seen"]
        assert await store.mget([STATE]) == [b"seen"]
        assert store.is_away
    finally:
        os.killpg(process.pid, signal.SIGCONT)
    await back(store)


async def test_memory_is_bounded_and_forgets_the_oldest(
    store: PageStore, valkey: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_store, "MEMORY_BYTES", 1000)
    valkey.stop()
    for number in range(30):
        await store.set(f"tab{number}_state", bytes(100))
    kept = await store.mget([f"tab{number}_state" for number in range(30)])
    assert [value is not None for value in kept] == [False] * 20 + [True] * 10
