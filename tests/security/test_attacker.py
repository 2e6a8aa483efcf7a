"""Household B's valid credentials against every REST route with A's ids: nothing is read, nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import psycopg
import pytest
from fastapi.routing import APIRoute
from psycopg import sql
from starlette.testclient import TestClient

from recaller.api.app import ROUTERS, create_api
from recaller.core.clock import utc_now
from recaller.core.ids import new_id
from recaller.infra import sessions
from recaller.settings import Settings, libpq_url, use_settings
from tests.conftest import Servers, database_url
from tests.support.api import mounted_api, new_client
from tests.support.attack import (
    KINDS,
    MARK,
    Call,
    Filler,
    Loot,
    fill_household,
    loot_of,
    operations,
    snapshot,
)
from tests.support.households import Household
from tests.support.sessions import open_session

# What takes minutes goes in parts, which run side by side.
PARTS = 3
# Outside of the description, and about nobody's data.
UNDESCRIBED = {"/health", "/docs", "/docs/{name}"}
# What these are for refuses made-up passwords, tokens and reasons, whoever asks.
NEVER_ACCEPTED = {
    "POST /auth/sign-in", "POST /auth/refresh", "POST /auth/password", "POST /auth/invitation",
    "POST /auth/invitation/accept", "GET /administration/households", "POST /administration/access",
    "DELETE /administration/access",
    "GET /feeds/{token}.ics",
    "POST /exchange-rates/import",  # a bank's CSV is no file of rates
    "DELETE /auth/sessions/{session_id}",  # with a session for each call, the oldest have ended
}  # fmt: skip


@dataclass
class Stage:
    """Both households, filled, and a way to look behind the wall."""

    victim: Loot
    attacker: Loot
    superuser: psycopg.Connection[Any]
    client: TestClient


@pytest.fixture
def stage(servers: Servers, database: Settings, new_household: Callable[..., Household]) -> Iterator[Stage]:
    use_settings(database.model_copy(update={"api_requests_per_minute": 1_000_000, "trusted_proxy_hops": 1}))
    name = database.owner_url.rpartition("/")[2].partition("?")[0]
    url = libpq_url(database_url(servers.superuser_url, name))
    with psycopg.connect(url, autocommit=True) as superuser:
        victim, attacker = new_household(MARK.title()), new_household("Burglar")
        fill_household(victim, MARK)
        fill_household(attacker, "burglar")
        found = loot_of(victim, superuser)
        session = open_session(victim, sessions.SessionKind.BROWSER)[1]
        found = replace(found, ids=dict(found.ids) | {"session": session})
        own = loot_of(attacker, superuser, "burglar")
        own = replace(
            own, ids=dict(own.ids) | {"session": open_session(attacker, sessions.SessionKind.TOKEN)[1]}
        )
        # Entered, it keeps one event loop for all calls, instead of a new one for each.
        with new_client(mounted_api()) as client:
            yield Stage(found, own, superuser, client)
    use_settings(database)


class Robber:
    """Sends calls as a household's member, each from an address of its own, in a session that nothing has ended."""

    def __init__(self, stage: Stage, household: Household, kind: sessions.SessionKind) -> None:
        self.household, self.kind, self.number = household, kind, 0
        self.client = stage.client
        self._session: dict[str, str] | None = None

    def send(self, call: Call) -> httpx.Response:
        """Send one call."""
        self.number += 1
        address = f"10.{self.number >> 16 & 255}.{self.number >> 8 & 255}.{self.number & 255}"
        self._session = self._session or open_session(self.household, self.kind)[0]
        headers = {**self._session, "X-Forwarded-For": address, **call.headers}
        answer = self.client.request(
            call.method, call.path, params=call.query, headers=headers, json=call.json, content=call.content
        )
        if call.path.startswith("/auth") or answer.status_code == 401:
            self._session = None
        return answer


def document_of(stage: Stage) -> dict[str, Any]:
    document: dict[str, Any] = stage.client.get("/openapi.json").json()
    return document


def attacks(filler: Filler, victim: Loot, attacker: Loot, *, every_id: bool) -> list[Call]:
    """Every way to put the victim's ids into an operation: fitting ids, one among one's own, everywhere one id.

    The last, each id wherever an id goes, is by far the most of it: `every_id` says whether to try it too.
    """
    names: set[str] = set()

    def fitting(name: str) -> str:
        names.add(name)
        return victim.ids[KINDS[name]]

    calls = filler.calls(fitting)
    for stolen in victim.ids.values() if every_id else ():
        if names:
            everywhere = filler.calls(lambda name, stolen=stolen: stolen)  # type: ignore[misc]
            calls += [call for call in everywhere if stolen in call.sent][:4]
    for one in sorted(names) if len(names) > 1 else ():
        calls += filler.calls(
            lambda name, one=one: (victim if name == one else attacker).ids[KINDS[name]]  # type: ignore[misc]
        )
    unique = {f"{call.method} {call.sent} {call.content!r}": call for call in calls}
    return list(unique.values())


def rob(
    stage: Stage,
    kind: sessions.SessionKind,
    *,
    under: str = "/",
    enough: int = 1000,
    part: int = 0,
    parts: int = 1,
) -> tuple[list[str], int]:
    """Attack a part of the operations below a path; returns what was stolen or broken, and how many calls were made."""
    robber = Robber(stage, stage.attacker.household, kind)
    before = snapshot(stage.victim.household, stage.superuser)
    losses: list[str] = []
    for filler in list(operations(document_of(stage)))[part::parts]:
        if not filler.path.startswith(under) or len(losses) >= enough:
            continue
        for call in attacks(
            filler, stage.victim, stage.attacker, every_id=kind is sessions.SessionKind.TOKEN
        ):
            answer = robber.send(call)
            leaked = stage.victim.leaks(f"{answer.text} {answer.headers}", call.sent)
            if leaked or answer.status_code >= 500:
                losses.append(f"{filler.label} {call.sent} -> {answer.status_code}: {leaked[:3]}")
        after = snapshot(stage.victim.household, stage.superuser)
        changed = [table for table in before if before[table] != after[table]]
        if changed:
            losses.append(f"{filler.label} changed {changed}")
            before = after
    return losses, robber.number


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("kind", list(sessions.SessionKind))
def test_every_route_keeps_the_other_household_out(
    stage: Stage, kind: sessions.SessionKind, part: int
) -> None:
    losses, calls = rob(stage, kind, part=part, parts=PARTS)
    assert not losses, "\n".join(losses[:40])
    # A cookie leads to the same services as a token, which tries each id everywhere.
    assert calls > (500 if kind is sessions.SessionKind.TOKEN else 300) // PARTS
    # The victim's own session, which was among the ids, is as good as before.
    session = sessions.find_session(stage.victim.ids["session"], utc_now())
    assert session is not None


def test_every_route_is_described(database: Settings) -> None:
    api = create_api()
    described = {
        (path, method.upper()) for path, methods in api.openapi()["paths"].items() for method in methods
    }
    every = [*api.routes, *(route for router in ROUTERS for route in router.routes)]
    routes = [route for route in every if isinstance(route, APIRoute)]
    hidden = {route.path for route in routes if not route.include_in_schema}
    assert hidden <= UNDESCRIBED
    found = {(route.path, method) for route in routes if route.include_in_schema for method in route.methods}
    assert found <= described
    assert len(found) > 50


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_owner_gets_through_with_the_same_requests(stage: Stage) -> None:
    """Unless the requests are right, that they come to nothing proves nothing."""
    owner = Robber(stage, stage.victim.household, sessions.SessionKind.TOKEN)
    unseen: list[str] = []
    marked = 0
    for filler in operations(document_of(stage)):
        statuses: set[int] = set()
        for call in filler.calls(lambda name: stage.victim.ids[KINDS[name]]):
            answer = owner.send(call)
            assert answer.status_code < 500, f"{filler.label} {call.sent}: {answer.text}"
            statuses.add(answer.status_code)
            marked += bool(stage.victim.leaks(answer.text, call.sent))
        if not statuses - {401, 403, 404, 422} and filler.label not in NEVER_ACCEPTED:
            unseen.append(f"{filler.label}: {statuses}")
    assert not unseen, "\n".join(unseen)
    assert marked > 50


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("table", "under"),
    [
        ("account", "/accounts"),
        ("payee", "/payees"),
        ("transaction", "/transactions/{transaction_id}"),
        ("import_batch", "/imports"),
        ("job", "/jobs"),
        ("tag", "/tags"),
    ],
)
def test_a_hole_in_the_wall_is_noticed(stage: Stage, table: str, under: str) -> None:
    stage.superuser.execute(
        sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(sql.Identifier(table))
    )
    assert rob(stage, sessions.SessionKind.TOKEN, under=under, enough=1)[0]


def test_an_id_of_others_is_answered_like_one_that_doesnt_exist(stage: Stage) -> None:
    """Otherwise ids could be tried out."""
    robber = Robber(stage, stage.attacker.household, sessions.SessionKind.TOKEN)
    told: list[str] = []
    for filler in operations(document_of(stage)):
        if "{" not in filler.path or "session_id" in filler.path or "{kind}" in filler.path:
            continue
        nobody = {name: str(new_id()) for name in KINDS}
        theirs = filler.calls(lambda name: stage.victim.ids[KINDS[name]])
        nobodys = filler.calls(lambda name, nobody=nobody: nobody[name])  # type: ignore[misc]
        for one, other in zip(theirs, nobodys, strict=True):
            if "x-tenant-id" in one.headers:
                continue
            answers = [robber.send(one), robber.send(other)]
            statuses = [answer.status_code for answer in answers]
            if statuses[0] != statuses[1] or statuses[0] < 400:
                told.append(f"{filler.label} {one.sent}: {statuses}")
    assert not told, "\n".join(told[:40])
