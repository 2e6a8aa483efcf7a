"""Household B's cookie, and no cookie at all, against every UI event with A's ids, as any websocket client may send.

The events go through Reflex's own processor, addressed by their registered names: handlers of ours and built-in
ones alike, whether a page uses them or not.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import reflex as rx
from psycopg import sql
from reflex.utils.format import json_dumps
from reflex_base.event import Event
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.registry import RegistrationContext

import recaller.state
from recaller.infra import sessions
from recaller.settings import Settings, libpq_url
from tests.conftest import Servers, database_url
from tests.support.api import ORIGIN
from tests.support.attack import MARK, PIECE, Loot, fill_household, loot_of, snapshot
from tests.support.households import Household
from tests.support.sessions import open_session

STATE_SOURCES = Path(recaller.state.__file__).parent
# What a form's field holds where an id would only be refused for its shape; any other field gets an id.
PLAIN = {
    "amount": "-5.00", "to_amount": "4.00", "balance": "1.00", "opening": "1.00", "date": "2026-03-01",
    "on": "2026-03-01", "opening_date": "2026-03-01", "currency": "EUR", "kind": "expense", "subtype": "checking",
    "name": "burglar", "note": "burglar", "version": "1", "password": "a fine long phrase", "q": PIECE,
    "email": "burglar@example.org", "reason": "burglar", "text": PIECE, "tags": "burglar", "theme": "dark",
}  # fmt: skip


@dataclass
class Socket:
    """What a client hears: every delta and every event that the server sends to it."""

    heard: list[str] = field(default_factory=list)
    answered: int = 0

    async def emit_update(self, update: Any, token: str) -> None:
        """Keep one update as the text that would travel."""
        self.heard.append(json_dumps({"delta": update.delta, "events": update.events}))

    def take(self) -> str:
        """Return what came since the last time."""
        heard, self.heard = " ".join(self.heard), []
        self.answered += bool(heard)
        return heard


@dataclass
class Stage:
    """Both households, filled, a look behind the wall, and every event that a client can name."""

    victim: Loot
    attacker: Household
    superuser: psycopg.Connection[Any]
    names: list[str]
    paths: list[str]


@pytest.fixture
def stage(servers: Servers, database: Settings, new_household: Callable[..., Household]) -> Iterator[Stage]:
    # Registers every page, and with them every state. It reads the settings, so it can't stand at the top.
    importlib.import_module("recaller.recaller")
    routes = importlib.import_module("recaller.pages.routes").ROUTES
    name = database.owner_url.rpartition("/")[2].partition("?")[0]
    url = libpq_url(database_url(servers.superuser_url, name))
    with psycopg.connect(url, autocommit=True) as superuser:
        victim, attacker = new_household(MARK.title()), new_household("Burglar")
        fill_household(victim, MARK)
        fill_household(attacker, "burglar")
        names = sorted(RegistrationContext.get().event_handlers)
        yield Stage(loot_of(victim, superuser), attacker, superuser, names, [route.path for route in routes])


def parameters_of(name: str) -> list[inspect.Parameter]:
    handler = RegistrationContext.get().event_handlers[name].handler
    return list(inspect.signature(handler.fn).parameters.values())[1:]


def form_of(stolen: str) -> dict[str, str]:
    """A form with every field that any state reads, holding the stolen id wherever one may stand."""
    read = re.compile(r"""(?:get\(|\[)\s*"([a-z_]+)\"""")
    named = {key for source in STATE_SOURCES.glob("*.py") for key in read.findall(source.read_text())}
    return dict.fromkeys(named | {"id", "account", "category"}, stolen) | PLAIN


def value_of(parameter: inspect.Parameter, stolen: str, form: dict[str, str]) -> Any:
    """What to send for one argument; a kind of argument that isn't known here gets the id as it is."""
    wanted = str(parameter.annotation)
    if parameter.name == "vars":
        # The built-in events that set what the browser stores name vars in full: all there are, private ones too.
        states = {one for entry in RegistrationContext.get().event_handlers.values() for one in entry.states}
        return {f"{one.get_full_name()}.{var}": stolen for one in states for var in one.get_fields()}
    if "dict" in wanted or "Mapping" in wanted:
        return form
    if "list" in wanted or "Sequence" in wanted or "tuple" in wanted:
        return [] if "Upload" in wanted else [stolen]
    if "bool" in wanted:
        return True
    if "int" in wanted or "float" in wanted:
        return 1
    return stolen


def in_order(names: list[str]) -> list[str]:
    """Events with arguments, those without, and those with forms: what was opened is acted on, then submitted."""

    def rank(name: str) -> int:
        parameters = parameters_of(name)
        if not parameters:
            return 1
        return 2 if any("dict" in str(one.annotation) for one in parameters) else 0

    return sorted(names, key=lambda name: (rank(name), name))


def router_data(cookie: str, path: str, stolen: str) -> dict[str, Any]:
    """Where the client says that it is: on a page whose address holds the id in every place."""
    at = re.sub(r"\[[a-z_]+\]", stolen, path)
    names = (
        "account",
        "category",
        "payee",
        "tag",
        "batch",
        "id",
        "account_id",
        "batch_id",
        "transaction",
        "month",
    )
    query = "&".join(f"{name}={stolen}" for name in names if name != "month")
    return {
        "pathname": path,
        "path": path,
        "asPath": f"{at}?{query}",
        "query": dict.fromkeys(names, stolen),
        "token": "burglar",
        "sid": "burglar",
        "ip": "192.0.2.7",
        "headers": {"cookie": cookie, "origin": ORIGIN, "host": "localhost:3000", "user_agent": "tests"},
    }


async def rob(
    stage: Stage, household: Household | None, stolen: dict[str, str], wanted: Callable[[str], bool] = bool
) -> tuple[list[str], list[str]]:
    """Send every event with every stolen id; return what was lost, and the errors that nobody foresaw."""
    socket = Socket()
    losses: list[str] = []
    failed: list[str] = []
    sent_ids = " ".join(stage.victim.ids.values()).casefold()
    before = snapshot(stage.victim.household, stage.superuser)
    on_load = next(name for name in stage.names if name.endswith(".on_load_internal"))
    events = [name for name in in_order(stage.names) if wanted(name)]
    async with BaseStateEventProcessor(backend_exception_handler=lambda error: None).configure(
        event_namespace=socket  # type: ignore[arg-type]
    ) as processor:

        async def send(name: str, payload: dict[str, Any], path: str, one: str) -> None:
            cookie = open_session(household, sessions.SessionKind.BROWSER)[0]["Cookie"] if household else ""
            event = Event(name=name, payload=payload, router_data=router_data(cookie, path, one))
            try:
                await (await processor.enqueue("burglar", event)).wait_all()
            except Exception as error:  # noqa: BLE001 - whatever a handler raises is what is looked for
                if not name.endswith(".setvar"):
                    failed.append(f"{name} {json.dumps(payload)[:200]}: {error!r}")
            heard = socket.take()
            if leaked := stage.victim.leaks(heard, sent_ids):
                losses.append(f"{name} {json.dumps(payload)[:200]} on {path} told {leaked[:3]}")

        for kind, one in stolen.items():
            form = form_of(one)
            for path in stage.paths:
                await send(on_load, {}, path, one)
            for name in events:
                payload = {
                    parameter.name: value_of(parameter, one, form) for parameter in parameters_of(name)
                }
                await send(name, payload, stage.paths[len(losses) % len(stage.paths)], one)
            after = snapshot(stage.victim.household, stage.superuser)
            changed = [table for table in before if before[table] != after[table]]
            if changed:
                losses.append(f"events with the id of a {kind} changed {changed}")
                before = after
    # Most events have something to say, even if it's a refusal: otherwise none of this reaches them.
    assert socket.answered > (len(events) + len(stage.paths)) * len(stolen) / 2
    return losses, failed


KINDS = (
    "account", "category", "payee", "transaction", "deleted transaction", "import", "committed import", "job", "tag",
    "invitation", "user", "tenant",
)  # fmt: skip


def test_no_client_can_set_a_var(stage: Stage) -> None:
    """The built-in `setvar` event of each state works through setters: there are none but events of our own."""
    states = {one for entry in RegistrationContext.get().event_handlers.values() for one in entry.states}
    ours = [state for state in states if state.__module__.startswith("recaller.")]
    assert len(ours) > 5
    for state in ours:
        settable = [
            var
            for var in set(state.get_fields()) - set(rx.State.get_fields())
            if hasattr(state, f"set_{var}")
        ]
        assert [var for var in settable if f"{state.get_full_name()}.set_{var}" not in stage.names] == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_every_event_keeps_the_other_household_out(stage: Stage) -> None:
    stolen = {kind: stage.victim.ids[kind] for kind in KINDS} | {"searched word": PIECE}
    losses, failed = await rob(stage, stage.attacker, stolen)
    assert not losses, "\n".join(losses[:40])
    assert not failed, "\n".join(sorted(set(failed))[:40])


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_every_event_keeps_strangers_out(stage: Stage) -> None:
    own = snapshot(stage.attacker, stage.superuser)
    stolen = {kind: stage.victim.ids[kind] for kind in ("transaction", "account", "import")}
    losses, _ = await rob(stage, None, stolen)
    assert not losses, "\n".join(losses[:40])
    assert snapshot(stage.attacker, stage.superuser) == own


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_the_owner_is_told_with_the_same_events(stage: Stage) -> None:
    """Unless the events are right, that they come to nothing proves nothing."""
    stolen = {kind: stage.victim.ids[kind] for kind in ("account", "transaction", "import")}
    losses, _ = await rob(stage, stage.victim.household, stolen)
    told = {loss.partition(" ")[0].rpartition(".")[0] for loss in losses if " told " in loss}
    assert len(told) > 5, told
    assert [loss for loss in losses if " changed " in loss]


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("table", ["transaction", "account"])
async def test_a_hole_in_the_wall_is_noticed(stage: Stage, table: str) -> None:
    stage.superuser.execute(
        sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(sql.Identifier(table))
    )
    losses, _ = await rob(stage, stage.attacker, {table: stage.victim.ids[table]})
    assert losses
