"""States without a browser: what Reflex needs to run an event is known to this file alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
import reflex as rx
from reflex.istate.data import RouterData

from recaller.services import identity
from recaller.settings import Settings
from tests.support.ledger_screens import Home, furnish
from tests.support.people import cookie, sign_up_person

ORIGIN = "http://localhost:3000"
State = TypeVar("State", bound=rx.State)


@dataclass(frozen=True)
class Tab:
    """A browser tab: its cookies, the page that it is on, and where that page came from."""

    cookie: str
    origin: str = ORIGIN

    def open(self, state: type[State], path: str = "/") -> State:
        """Return a fresh state as the tab's page has it."""
        root = rx.State(_reflex_internal_init=True)
        root.router = RouterData.from_router_data(
            {
                "headers": {"cookie": self.cookie, "origin": self.origin, "user-agent": "Tests"},
                "ip": "192.0.2.7",
                "pathname": path.partition("?")[0],
                "asPath": path,
                "query": {},
                "token": "token",
                "sid": "sid",
            }
        )
        return state(parent_state=root, _reflex_internal_init=True)


class Held:
    """A state as a background event has it: `async with` it to change it."""

    def __init__(self, state: rx.State) -> None:
        object.__setattr__(self, "_state", state)

    async def __aenter__(self) -> Held:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._state, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._state, name, value)


async def fire(handler: Any, *arguments: object) -> str:
    """Run an event of a state and return what the browser is told to do meanwhile and after it, as text."""
    running = handler(*arguments)
    answers = [one async for one in running] if inspect.isasyncgen(running) else [await running]
    steps = [step for answer in answers for step in (answer if isinstance(answer, list) else [answer])]
    return " ".join(map(str, (step for step in steps if step is not None)))


def handlers(state: type[rx.State]) -> dict[str, Callable[..., Any]]:
    """Return the events of our own that any client can call, by name."""
    return {
        name: found.fn for name, found in state.event_handlers.items() if found.fn.__module__.startswith("recaller.")
        or inspect.unwrap(found.fn).__module__.startswith("recaller.")
    }  # fmt: skip


@pytest.fixture
def nobody(database: Settings) -> Tab:
    """A tab in which nobody is signed in."""
    return Tab("theme=dark")


@pytest.fixture
def new_tab(database: Settings) -> Callable[..., tuple[Tab, identity.SignedIn]]:
    """A way to sign up somebody with a household of their own; returns their tab and session."""

    def open_tab(email: str = "ann@example.org") -> tuple[Tab, identity.SignedIn]:
        signed = sign_up_person(email)
        return Tab(cookie(signed)), signed

    return open_tab


@pytest.fixture
def tab(new_tab: Callable[..., tuple[Tab, identity.SignedIn]]) -> Tab:
    """The tab of ann@example.org, who has just signed up."""
    return new_tab()[0]


@pytest.fixture
def place(new_tab: Callable[..., tuple[Tab, identity.SignedIn]]) -> tuple[Tab, Home]:
    """Ann's tab, and her household with three accounts."""
    tab, signed = new_tab()
    return tab, furnish(signed)
