"""Where Reflex keeps the state of open pages: in Redis, and in this process while Redis is away.

Reflex asks its Redis client for a handful of commands. `PageStore` is that client: it remembers what this process read
and wrote last, answers from there when Redis fails, and hands everything back once Redis answers again. All events of a
browser tab come to the process that holds its websocket, so what this process remembers of a tab is the latest.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, ReadOnlyError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from reflex.utils import prerequisites

from recaller.infra import redis_outage

log = structlog.get_logger(__name__)

# The states of some thousand open tabs.
MEMORY_BYTES = 128 * 1024 * 1024
CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 3.0
PROBE_SECONDS = 1.0
# Listeners wait without end; commands have their own limit.
OPTIONS: dict[str, Any] = {
    "socket_connect_timeout": CONNECT_SECONDS,
    "socket_timeout": None,
    "retry": Retry(NoBackoff(), 1),
    "health_check_interval": 15,
}
# Redis is away, hangs, or isn't ready yet; anything else is an answer of its own.
_LOST = (
    RedisConnectionError,
    RedisTimeoutError,
    BusyLoadingError,
    ReadOnlyError,
    OSError,
    asyncio.TimeoutError,
)


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


@dataclass(slots=True)
class _Memory:
    """Values by key, the ones used longest ago go first; `expires` holds the end of keys that have one (monotonic)."""

    values: OrderedDict[bytes, bytes] = field(default_factory=OrderedDict)
    expires: dict[bytes, float] = field(default_factory=dict)
    size: int = 0

    def get(self, key: bytes) -> bytes | None:
        ends = self.expires.get(key)
        if ends is not None and ends <= time.monotonic():
            self.drop(key)
        value = self.values.get(key)
        if value is not None:
            self.values.move_to_end(key)
        return value

    def put(self, key: bytes, value: bytes, seconds: float | None = None) -> None:
        self.drop(key)
        self.values[key] = value
        self.size += len(value)
        if seconds is not None:
            self.expires[key] = time.monotonic() + seconds
        while self.size > MEMORY_BYTES and len(self.values) > 1:
            self.drop(next(iter(self.values)))

    def drop(self, key: bytes) -> bytes | None:
        value = self.values.pop(key, None)
        self.expires.pop(key, None)
        if value is not None:
            self.size -= len(value)
        return value


class PageStore(Redis):
    """A Redis client whose commands for page states go on being answered while Redis is away."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._memory = _Memory()
        # What changed here while Redis was away, to be handed back.
        self._owed: set[bytes] = set()
        self._away = False
        self._probe: asyncio.Task[None] | None = None

    @property
    def is_away(self) -> bool:
        """Whether Redis is away, as far as this process knows."""
        return self._away

    async def execute_command(self, *arguments: Any, **options: Any) -> Any:
        """Ask Redis; answer from memory when it is away."""
        if not self._away:
            try:
                answer = await asyncio.wait_for(self._ask(*arguments, **options), ANSWER_SECONDS)
            except _LOST as error:
                self._begin_outage(error)
            else:
                self._remember(arguments, answer)
                return answer
        return self._answer(arguments)

    async def _ask(self, *arguments: Any, **options: Any) -> Any:
        return await Redis.execute_command(self, *arguments, **options)  # type: ignore[no-untyped-call]

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Any:
        """Return a pipeline whose SETs are kept here while Redis is away."""
        if self._away:
            return _LocalPipeline(self)
        return super().pipeline(transaction, shard_hint)

    def _begin_outage(self, error: BaseException) -> None:
        if not self._away:
            log.warning("page_store_on_its_own", error=type(error).__name__)
        self._away = True
        redis_outage.begin()
        if self._probe is None or self._probe.done():
            self._probe = asyncio.get_running_loop().create_task(self._watch(), name="page-store-probe")

    async def _watch(self) -> None:
        """Wait until Redis answers, hand back what it missed, and go on with it."""
        while True:
            await asyncio.sleep(PROBE_SECONDS)
            try:
                await asyncio.wait_for(self._ask("PING"), ANSWER_SECONDS)
                await self._hand_back()
            except _LOST:
                continue
            log.info("page_store_back_on_redis")
            return

    async def _hand_back(self) -> None:
        while self._owed:
            key = next(iter(self._owed))
            value = self._memory.get(key)
            left = self._memory.expires.get(key)
            if value is not None:
                seconds = 60.0 if left is None else max(left - time.monotonic(), 0.001)
                await self._ask("SET", key, value, "PX", int(seconds * 1000) or 1)
            else:
                await self._ask("DEL", key)
            # Changed again while it was on its way: once more.
            if self._memory.get(key) == value:
                self._owed.discard(key)
        # No await between the last look and this: nothing can slip in.
        self._away = False
        redis_outage.end()

    def _remember(self, arguments: Sequence[Any], answer: Any) -> None:
        """Keep what went through of the states (locks and counters are not worth it)."""
        match arguments:
            case ("MGET", *keys) if isinstance(answer, list):
                for key, value in zip(keys, answer, strict=True):
                    if isinstance(value, bytes):
                        self._memory.put(_bytes(key), value)
            case ("EVAL", _, count, *rest) if answer is not None:
                keys, values = rest[1 : int(count)], rest[int(count) + 2 :]
                for key, value in zip(keys, values, strict=False):
                    self._memory.put(_bytes(key), _bytes(value), float(rest[int(count) + 1]))
            case _:
                pass

    def _answer(self, arguments: Sequence[Any]) -> Any:
        """Do what Redis would do, in memory; commands that only make sense with Redis fail as they would."""
        match arguments:
            case ("MGET", *keys):
                return [self._memory.get(_bytes(key)) for key in keys]
            case ("GET", key):
                return self._memory.get(_bytes(key))
            case ("EXISTS", key):
                return int(self._memory.get(_bytes(key)) is not None)
            case ("GETDEL", key):
                self._owed.add(_bytes(key))
                return self._memory.drop(_bytes(key))
            case ("DEL", *keys):
                self._owed.update(map(_bytes, keys))
                return sum(self._memory.drop(_bytes(key)) is not None for key in keys)
            case ("SET", key, value, *rest):
                return self._set(
                    _bytes(key),
                    _bytes(value),
                    [_bytes(part).decode(errors="replace").upper() for part in rest],
                )
            case ("PEXPIRE", key, milliseconds, *_):
                held = self._memory.get(_bytes(key))
                if held is not None:
                    self._memory.put(_bytes(key), held, int(milliseconds) / 1000)
                return int(held is not None)
            case ("EVAL", _, count, *rest):
                return self._save(int(count), rest)
            case _:
                raise RedisConnectionError("Redis is away.")

    def _set(self, key: bytes, value: bytes, options: list[str]) -> bool | None:
        if "NX" in options and self._memory.get(key) is not None:
            return None
        seconds = None
        for name, unit in (("EX", 1.0), ("PX", 0.001)):
            if name in options:
                seconds = float(options[options.index(name) + 1]) * unit
        self._memory.put(key, value, seconds)
        self._owed.add(key)
        return True

    def _save(self, count: int, rest: Sequence[Any]) -> int | None:
        """Do the state manager's fenced save: write only while the lock is held.

        A lock that was taken in Redis just before it went away isn't known here; it is this process's own, as the
        tab is.
        """
        lock, lock_id = _bytes(rest[0]), _bytes(rest[count])
        held = self._memory.get(lock)
        if held is not None and held != lock_id:
            return None
        life = float(rest[count + 1])
        for key, value in zip(rest[1:count], rest[count + 2 :], strict=True):
            self._memory.put(_bytes(key), _bytes(value), life)
            self._owed.add(_bytes(key))
        ends = self._memory.expires.get(lock)
        return 10_000 if ends is None else max(0, int((ends - time.monotonic()) * 1000))


class _LocalPipeline:
    """The one use Reflex has for a pipeline, SETs of states, while Redis is away."""

    def __init__(self, store: PageStore) -> None:
        self._store, self._commands = store, list[tuple[Any, ...]]()

    def set(self, key: Any, value: Any, ex: int | None = None) -> _LocalPipeline:
        """Note a SET."""
        self._commands.append(("SET", key, value, *(() if ex is None else ("EX", ex))))
        return self

    async def execute(self) -> list[Any]:
        """Do what was noted."""
        return [await self._store.execute_command(*command) for command in self._commands]


def _page_store() -> PageStore | None:
    url = prerequisites.parse_redis_url()
    if url is None:
        return None
    return cast(PageStore, PageStore.from_url(url, **OPTIONS))


def install() -> None:
    """Let Reflex keep pages in a PageStore; once per process, before the app is made."""
    prerequisites.get_redis = _page_store
