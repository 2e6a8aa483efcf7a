"""(e) the user interface from outside: bytes of the first page load, and round trips of events over websockets."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import uuid
from dataclasses import dataclass, field
from time import perf_counter
from urllib.parse import urljoin, urlsplit
from urllib.request import Request, urlopen

import socketio

from bench.measure import Timing, timing

SESSIONS = (1, 50, 200)
SECONDS = 15
# Each session acts once a second, as people do at most.
PAUSE = 1.0
HYDRATE = "reflex___state____state.hydrate"
_REFERENCE = re.compile(rb"""(?:src|href)="([^"]+\.(?:js|css|woff2)[^"]*)\"""")
_IMPORT = re.compile(rb"""(?:from|import)\s*"(\.{0,2}/[^"]+\.js)\"""")


@dataclass
class Pages:
    """What (e) measured; `events` by number of open sessions."""

    first_load_bytes: int
    first_load_files: int
    events: dict[int, Timing] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)


def measure_pages(url: str) -> Pages:
    """Measure a running instance at `url`."""
    size, files = first_load(url)
    found = Pages(size, files)
    for sessions in SESSIONS:
        times = asyncio.run(_sessions(url, sessions))
        found.events[sessions], found.counts[sessions] = timing(times), len(times)
    return found


def first_load(url: str, path: str = "/sign-in") -> tuple[int, int]:
    """Return the compressed bytes and the number of files that a browser fetches to show a page: the document,
    its scripts and styles, and the modules that these import at once."""
    wanted, seen, size = [urljoin(url, path)], set(), 0
    while wanted:
        address = wanted.pop()
        if address in seen or urlsplit(address).netloc != urlsplit(url).netloc:
            continue
        seen.add(address)
        body, transferred = _get(address)
        size += transferred
        pattern = _IMPORT if address.endswith(".js") else _REFERENCE
        wanted += [urljoin(address, match.decode()) for match in pattern.findall(body)]
    return size, len(seen)


def _get(address: str) -> tuple[bytes, int]:
    request = Request(address, headers={"Accept-Encoding": "gzip", "Accept": "text/html,*/*"})
    with urlopen(request, timeout=30) as answer:
        body = answer.read()
        if answer.headers.get("Content-Encoding") == "gzip":
            return gzip.decompress(body), len(body)
        return body, len(body)


async def _sessions(url: str, count: int) -> list[float]:
    """Hold `count` sessions open, each acting once a second; returns the milliseconds of every event."""
    clients = [_Session(url) for _ in range(count)]
    try:
        for start in range(0, count, 20):
            await asyncio.gather(*(client.open() for client in clients[start : start + 20]))
        found = await asyncio.gather(
            *(client.act(offset=PAUSE * number / count) for number, client in enumerate(clients))
        )
    finally:
        await asyncio.gather(*(client.close() for client in clients), return_exceptions=True)
    return [milliseconds for times in found for milliseconds in times]


class _Session:
    """One browser tab's websocket, as Reflex's own client opens it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._token = str(uuid.uuid4())
        self._socket = socketio.AsyncClient(reconnection=False)
        self._answer: asyncio.Future[None] | None = None
        self._socket.on("event", self._receive, namespace="/_event")

    async def open(self) -> None:
        await self._socket.connect(
            f"{self._url}?token={self._token}",
            headers={"Origin": self._url},
            socketio_path="/_event",
            namespaces=["/_event"],
            transports=["websocket"],
        )
        await self._ask()

    async def act(self, offset: float) -> list[float]:
        await asyncio.sleep(offset)
        times = []
        for _ in range(int(SECONDS / PAUSE)):
            began = perf_counter()
            await self._ask()
            took = perf_counter() - began
            times.append(took * 1000)
            await asyncio.sleep(max(0.0, PAUSE - took))
        return times

    async def close(self) -> None:
        await self._socket.disconnect()

    async def _ask(self) -> None:
        self._answer = asyncio.get_running_loop().create_future()
        event = {
            "token": self._token,
            "name": HYDRATE,
            "router_data": {"pathname": "/sign-in", "query": {}},
            "payload": {},
        }
        await self._socket.emit("event", event, namespace="/_event")
        await asyncio.wait_for(self._answer, 30)

    async def _receive(self, message: object) -> None:
        update = json.loads(message) if isinstance(message, str) else message
        final = isinstance(update, dict) and update.get("final", True)
        if final and self._answer is not None and not self._answer.done():
            self._answer.set_result(None)
