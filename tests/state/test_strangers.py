"""Every event of every state turns away whoever isn't signed in, before anything is read or written."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
import reflex as rx

import recaller.state
from recaller.infra import work as units
from tests.state.conftest import Tab, fire, handlers

# For people who can't be signed in yet: they tell only whether one may sign up, and what a token's holder is offered.
OPEN = {"EntryState.load", "JoinState.load", "JoinState.show_offer", "JoinState.ask_to_accept"}
# Their events say no even where nothing but the page's own view would change.
STRICT = {"SessionState", "SettingsState", "HouseholdState", "EntryState", "JoinState"}


def every_handler() -> Iterator[tuple[type[rx.State], str]]:
    for module in pkgutil.iter_modules(recaller.state.__path__, "recaller.state."):
        found = importlib.import_module(module.name)
        for state in vars(found).values():
            if (
                inspect.isclass(state)
                and issubclass(state, rx.State)
                and state is not rx.State
                and state.__module__ == module.name
            ):
                for name in handlers(state):
                    yield state, name


STATES = sorted({state for state, _ in every_handler()}, key=lambda state: state.__name__)


def arguments_for(handler: Any) -> list[object]:
    parameters = list(inspect.signature(handler).parameters.values())[1:]
    return [{} if "dict" in str(one.annotation) else "x" for one in parameters if one.default is one.empty]


def test_there_are_handlers_to_try() -> None:
    assert len(list(every_handler())) > 30


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
async def test_a_stranger_reaches_no_household(
    state: type[rx.State], nobody: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    real = units.Work.__init__
    trying = ""

    def watched(self: Any, *args: Any, **kwargs: Any) -> None:
        opened.append(trying)
        real(self, *args, **kwargs)

    monkeypatch.setattr(units.Work, "__init__", watched)
    for name, handler in handlers(state).items():
        trying = f"{state.__name__}.{name}"
        page = nobody.open(state)
        said = await fire(handler, page, *arguments_for(handler))
        assert not opened, "a unit of work was opened for nobody"
        if trying in OPEN or state.__name__ not in STRICT:
            continue
        refused_input = "error" in said or bool(getattr(page, "form_errors", None))
        assert "/sign-in" in said or refused_input, f"{trying}: {said}"
