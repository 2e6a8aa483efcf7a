"""(e) the user interface of a real web process: round trips of events over websockets, bytes of the first page load."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from itertools import count, cycle
from pathlib import Path
from socket import socket
from time import perf_counter
from urllib.request import Request, urlopen

from playwright.sync_api import Response, sync_playwright

from bench.browser_tab import ROOT, BrowserTab
from bench.household import build_household, make_scope
from bench.measure import Timing, timing
from recaller.infra.frontend import ensure_frontend, serving_environment
from recaller.infra.passwords import hash_password
from recaller.infra.supervise import answers_ready
from recaller.infra.work import identity_work
from recaller.settings import CHECKOUT, Settings
from tools.browser import find_browser

TRANSACTIONS = 10_000
PASSWORD = "a fine long phrase"
PATH = "/transactions"
LOAD = f"{ROOT}.recaller___state___transactions____transactions_state.load"
SHOWN = "rows_rx_state_"
# Each page is another order or search than the one before, so that all rows travel each time.
QUERIES = ({"sort": "-amount"}, {"q": "market"}, {"sort": "payee"}, {})
START_SECONDS = 60
WARM = 20


@dataclass(frozen=True)
class Phase:
    """So many open sessions, each acting once every `pause` seconds, for `seconds`."""

    sessions: int
    pause: float
    seconds: float


PHASES = (Phase(1, 0.2, 30), Phase(50, 1, 30), Phase(200, 4, 32))


@dataclass
class Interface:
    """What (e) measured: the first load (None without a browser), and events by number of open sessions."""

    web_workers: int
    first_load: tuple[int, int] | None
    events: dict[Phase, Timing] = field(default_factory=dict)
    counts: dict[Phase, int] = field(default_factory=dict)
    answer_bytes: float = 0


def measure_interface(scratch: Settings) -> Interface:
    """Serve the scratch database by a web process as in production, and act on it as many browsers do."""
    email = _household_to_show()
    with _serving(scratch) as settings:
        url = settings.base_url
        found = Interface(settings.web_workers, first_load(url))
        cookie = _sign_in(url, email)
        for phase in PHASES:
            times, sizes = asyncio.run(_act(url, cookie, phase))
            found.events[phase], found.counts[phase] = timing(times), len(times)
            found.answer_bytes = sum(sizes) / len(sizes)
    return found


@contextmanager
def _serving(scratch: Settings) -> Iterator[Settings]:
    """Run the web process against the scratch database on a free port, with the production build."""
    home = Path(tempfile.mkdtemp(prefix="recaller-bench-"))
    settings = Settings(
        _env_file=None,
        environment="production",
        data_dir=home,
        port=_free_port(),
        log_level="warning",
        database_url=scratch.owner_url,
        database_app_url=scratch.app_url,
        redis_url=scratch.redis_url,
        secret_key=secrets.token_urlsafe(48),
        encryption_keys=(secrets.token_urlsafe(32) + "=",),
    )
    ensure_frontend(settings)
    log = home / "web.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "recaller.infra.web"],
            cwd=CHECKOUT,
            env=serving_environment(settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers_ready(settings.host, settings.port):
            ended = process.poll() is not None or time.monotonic() > deadline
            assert not ended, f"the web process doesn't serve:\n{log.read_text(errors='replace')[-3000:]}"
            time.sleep(0.2)
        yield settings
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _household_to_show() -> str:
    """Make a household whose user can sign in; returns their e-mail address."""
    scope = make_scope("shown to browsers")
    build_household(scope, TRANSACTIONS)
    with identity_work() as w:
        hashed = hash_password(PASSWORD)
        w.call("SELECT auth_change_password(:user, :hash)", user=scope.user_id, hash=hashed)
        return str(w.call("SELECT email FROM auth_user(:user)", user=scope.user_id)[0].email)


def _sign_in(url: str, email: str) -> str:
    body = json.dumps({"email": email, "password": PASSWORD}).encode()
    headers = {"Content-Type": "application/json", "X-Recaller-CSRF": "1", "Origin": url}
    request = Request(f"{url}/api/v1/auth/sign-in", body, headers)
    with urlopen(request, timeout=30) as answer:
        cookies = SimpleCookie(answer.headers["Set-Cookie"])
    return "; ".join(f"{name}={one.value}" for name, one in cookies.items())


def first_load(url: str) -> tuple[int, int] | None:
    """Return the compressed bytes and the number of answers that make the sign-in page in a fresh browser."""
    browser = find_browser()
    if browser is None:
        return None
    answers: list[Response] = []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        page = started.new_page()
        page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - it marks the function
        page.goto(f"{url}/sign-in")
        page.get_by_role("button", name="Sign in").wait_for()
        page.wait_for_load_state("networkidle")
        sizes = [one.request.sizes()["responseBodySize"] for one in answers if one.url.startswith(url)]
        started.close()
    return sum(sizes), len(sizes)


async def _act(url: str, cookie: str, phase: Phase) -> tuple[list[float], list[int]]:
    """Return the milliseconds of every event and the bytes of its answer."""
    tabs = [BrowserTab(url, cookie) for _ in range(phase.sessions)]
    queries = [cycle(QUERIES) for _ in tabs]  # pages open with the last of them
    times: list[float] = []
    sizes: list[int] = []

    async def use(tab: BrowserTab, number: int, began: float) -> None:
        for turn in count():
            due = began + phase.pause * (turn + number / phase.sessions)
            if due > began + phase.seconds:
                return
            # An answer that comes late doesn't delay what the others do, only the next click here.
            await asyncio.sleep(max(0.0, due - perf_counter()))
            sent = perf_counter()
            size = await tab.ask(LOAD, PATH, next(queries[number]), SHOWN)
            times.append((perf_counter() - sent) * 1000)
            sizes.append(size)

    try:
        for start in range(0, len(tabs), 10):
            await asyncio.gather(*(tab.open(PATH, SHOWN) for tab in tabs[start : start + 10]))
        for turn in range(WARM):
            number = turn % len(tabs)
            await tabs[number].ask(LOAD, PATH, next(queries[number]), SHOWN)
        await asyncio.gather(*(use(tab, number, perf_counter()) for number, tab in enumerate(tabs)))
    finally:
        await asyncio.gather(*(tab.close() for tab in tabs), return_exceptions=True)
    return times, sizes
