"""Daily work over HTTP: plans, runs and errors, the household's hours, run now; who may do what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from recaller.core.scope import Role
from recaller.infra.queue import queue_named
from recaller.infra.work import work
from recaller.services.daily_log import list_item_errors
from tests.support.api import client_for
from tests.support.fill_daily import fill_daily
from tests.support.households import Household
from tests.support.ledger_api import field_of, made


@pytest.fixture
def client(household: Household) -> TestClient:
    fill_daily(household)
    return client_for(household)


def demote(household: Household) -> None:
    with work(household.scope) as w:
        w.run("UPDATE membership SET role = 'user'")


def test_plans_runs_and_errors(client: TestClient) -> None:
    (plan,) = client.get("/daily-work").json()
    assert (plan["kind"], plan["label"], plan["hour"], plan["attempts"]) == (
        "test.fill",
        "Fill the tables",
        "night",
        0,
    )
    page = client.get("/daily-work/runs").json()
    assert [(run["counts"], run["item_errors"], run["error"]) for run in page["items"]] == [
        ({"seen": 1}, 1, None)
    ]
    assert page["next_cursor"] is None
    assert [one["message"] for one in client.get("/daily-work/errors").json()] == ["This one can't be done."]


def test_runs_come_in_pages(client: TestClient, household: Household) -> None:
    for _ in range(2):
        with work(household.scope) as w:
            w.run("UPDATE daily_work SET last_date = NULL")
        fill_daily(household)
    first = client.get("/daily-work/runs", params={"limit": 2}).json()
    second = client.get("/daily-work/runs", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [len(first["items"]), len(second["items"])] == [2, 1]
    assert second["next_cursor"] is None
    assert field_of(client.get("/daily-work/runs", params={"cursor": "bm8"})) == "cursor"


def test_hours_move_what_is_planned(client: TestClient) -> None:
    before = client.get("/daily-work").json()[0]["next_at"]
    assert client.get("/daily-work/settings").json()["night_minute"] == 150
    body = {"country": "DE", "recurring_minute": 300, "reminder_minute": 480, "night_minute": 160}
    assert made(client.put("/daily-work/settings", json=body), 200)["night_minute"] == 160
    after = client.get("/daily-work").json()[0]["next_at"]
    assert (before[11:16], after[11:16]) == ("02:30", "02:40")
    assert client.put("/daily-work/settings", json=body | {"night_minute": 1440}).status_code == 422


def test_run_now_is_handed_to_a_worker(client: TestClient, household: Household) -> None:
    assert made(client.post("/daily-work/test.fill/run"), 202)["requested"] is True
    (job,) = queue_named("critical").jobs
    batch, request_id = job.args
    assert batch == [[str(household.tenant_id), ["test.fill"]]]
    assert request_id
    assert client.post("/daily-work/no.such/run").status_code == 404


def test_members_see_their_own_errors_and_nothing_else(client: TestClient, household: Household) -> None:
    demote(household)
    for path in ("/daily-work", "/daily-work/runs"):
        assert client.get(path).status_code == 403
    assert client.post("/daily-work/test.fill/run").status_code == 403
    assert client.put("/daily-work/settings", json={}).status_code == 403
    assert len(client.get("/daily-work/errors").json()) == 1
    assert household.scope.private_space_id is not None
    with work(household.scope) as w:
        w.run("UPDATE item_error SET space_id = :private", private=household.scope.private_space_id)
    others = replace(household.scope, role=Role.ADMIN, space_ids=(household.scope.shared_space_id,))
    with work(others) as w:
        assert list_item_errors(w) == ()
    assert len(client.get("/daily-work/errors").json()) == 1


def test_another_household_sees_nothing(client: TestClient, new_household: Callable[..., Household]) -> None:
    stranger = client_for(new_household("Birch"))
    assert stranger.get("/daily-work").json() == []
    assert stranger.get("/daily-work/runs").json()["items"] == []
    assert stranger.get("/daily-work/errors").json() == []
    assert stranger.post("/daily-work/test.fill/run").status_code == 404
