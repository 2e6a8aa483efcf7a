"""One browser tab's websocket to Recaller, speaking as the front end does (Engine.IO 4, Socket.IO, Reflex's events)."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Event, Message, Ping, Request, TextMessage

NAMESPACE = "/_event"
ROOT = "reflex___state____state"
ANSWER_SECONDS = 30
_EVENT = f'42{NAMESPACE},["event",'


class TabError(AssertionError):
    """The server refused the tab, closed it, or didn't answer as a page needs it."""


class BrowserTab:
    """A page that is open in a signed-in browser, with a client token of its own."""

    def __init__(self, origin: str, cookie: str) -> None:
        self._origin, self._cookie = origin, cookie
        self._token = str(uuid.uuid4())
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._packets: asyncio.Queue[str | None] = asyncio.Queue()

    async def open(self, path: str, shown: str) -> None:
        """Connect and load the page at `path`, up to the answer that fills the list `shown`."""
        parts = urlsplit(self._origin)
        reader, self._writer = await asyncio.open_connection(parts.hostname, parts.port)
        query = urlencode({"token": self._token, "EIO": "4", "transport": "websocket"})
        headers = [(b"Origin", self._origin.encode()), (b"Cookie", self._cookie.encode())]
        self._send(Request(parts.netloc, f"{NAMESPACE}/?{query}", extra_headers=headers))
        self._reading = asyncio.create_task(self._read(reader))
        await self._await("0{")
        hydrate = self._event(f"{ROOT}.hydrate_and_load", path, {}, {})
        self._say(f"40{NAMESPACE},{json.dumps({'event': hydrate})}")
        await self._await(f'"{shown}":[{{')

    async def ask(self, handler: str, path: str, query: Mapping[str, str], shown: str) -> int:
        """Send an event and wait for the answer that fills the list `shown`; returns that answer's size in bytes."""
        while not self._packets.empty():
            self._packets.get_nowait()  # what came late for the event before
        self._say(f"{_EVENT}{json.dumps(self._event(handler, path, query, {}))}]")
        return len((await self._await(f'"{shown}":[{{')).encode())

    async def close(self) -> None:
        """Leave, as a browser that goes to another site."""
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.close()
            await self._writer.wait_closed()

    def _event(self, name: str, path: str, query: Mapping[str, str], payload: Mapping[str, Any]) -> Any:
        address = f"{path}?{urlencode(query)}" if query else path
        router = {"pathname": path, "asPath": address, **({"query": dict(query)} if query else {})}
        return {"name": name, "payload": dict(payload), "router_data": router}

    async def _await(self, piece: str) -> str:
        async with asyncio.timeout(ANSWER_SECONDS):
            while (packet := await self._packets.get()) is not None:
                if piece in packet:
                    return packet
                if packet.startswith(f"44{NAMESPACE}") or "location.replace(" in packet:
                    raise TabError(f"the page was refused: {packet[:300]}")
        raise TabError("the server closed the websocket")

    def _say(self, packet: str) -> None:
        self._send(Message(data=packet))

    def _send(self, event: Event) -> None:
        assert self._writer is not None
        self._writer.write(self._protocol.send(event))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        pieces: list[str] = []
        try:
            while data := await reader.read(65_536):
                self._protocol.receive_data(data)
                for event in self._protocol.events():
                    if isinstance(event, TextMessage):
                        pieces.append(event.data)
                        if event.message_finished:
                            self._take("".join(pieces))
                            pieces.clear()
                    elif isinstance(event, Ping):
                        self._send(event.response())
                    elif not isinstance(event, AcceptConnection):
                        if isinstance(event, CloseConnection):
                            self._send(event.response())
                        return
        finally:
            self._packets.put_nowait(None)

    def _take(self, packet: str) -> None:
        if packet == "2":
            self._say("3")
        else:
            self._packets.put_nowait(packet)
