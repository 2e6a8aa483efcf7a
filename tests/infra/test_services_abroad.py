"""Services that talk slowly or without end, and the guard around whoever calls them."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from recaller.infra import services_abroad
from recaller.infra.outbound import PerhapsSent
from recaller.infra.services_abroad import send_to_service
from recaller.settings import Settings, override_settings
from tests.support.waiting import PATIENCE_SECONDS

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
Talk = Callable[[socket.socket, threading.Event], None]


def drip(client: socket.socket, ended: threading.Event) -> None:
    """A byte of a header every tenth of a second: no single wait is ever long."""
    client.sendall(HEAD + b"X: ")
    while not ended.wait(0.1):
        client.sendall(b"x")


def pour(client: socket.socket, ended: threading.Event) -> None:
    """An answer without end, as fast as it goes."""
    client.sendall(HEAD + b"\r\n")
    while not ended.is_set():
        client.sendall(b"x" * 1_000_000)


@pytest.fixture
def talking(database: Settings) -> Iterator[Callable[[Talk], str]]:
    """A way to run a service that talks like that; returns its address."""
    ended = threading.Event()
    listeners: list[socket.socket] = []

    def start(talk: Talk) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(65536)
                # Whoever called hangs up some time.
                with contextlib.suppress(OSError):
                    talk(client, ended)

        threading.Thread(target=serve, daemon=True).start()
        return f"json://127.0.0.1:{listener.getsockname()[1]}/hook"

    settings = database.model_copy(update={"notify_schemes": ("json",), "notify_private_addresses": True})
    with override_settings(settings):
        yield start
    ended.set()
    for listener in listeners:
        listener.close()


def nothing() -> None:
    """Nothing is written before it is handed over."""


def test_a_service_that_drips_is_hung_up_on(
    talking: Callable[[Talk], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services_abroad, "SECONDS", 8.0)
    with pytest.raises(PerhapsSent, match="within 8 seconds"):
        send_to_service(talking(drip), "Rent is due", "Soon", nothing)


def test_an_answer_without_end_ends_with_its_process(talking: Callable[[Talk], str]) -> None:
    with pytest.raises(PerhapsSent):
        send_to_service(talking(pour), "Rent is due", "Soon", nothing)


GUARDED = """
import asyncio, json, socket, sys, threading
from recaller.infra.outbound import call_public_addresses_only

refused = call_public_addresses_only()
port = int(sys.argv[1])
answers = []

def by_name():
    socket.create_connection(("localhost", port), timeout=2)

def by_number():
    with socket.socket() as one:
        one.settimeout(2)
        one.connect(("127.0.0.1", port))

def by_loop():
    async def connect():
        await asyncio.open_connection("127.0.0.1", port)
    asyncio.run(connect())

def by_datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", ("127.0.0.1", port))

def attempt(way):
    try:
        way()
    except OSError as error:
        answers.append(str(error))
    else:
        answers.append("connected")

for way in (by_name, by_number, by_datagram):
    attempt(way)
    thread = threading.Thread(target=attempt, args=(way,))
    thread.start()
    thread.join()
try:
    by_loop()
except OSError as error:
    answers.append(str(error))
print(json.dumps(answers))
"""


def test_the_guard_holds_for_every_thread_and_every_way_to_connect() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = subprocess.run(
            [sys.executable, "-c", GUARDED, str(listener.getsockname()[1])],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_SECONDS,
        )
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    answers = json.loads(done.stdout)
    assert len(answers) == 7
    assert all("private addresses are not called from here" in answer for answer in answers), answers
