"""Background work over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from recaller.infra.work import work
from recaller.services.jobs import finish_job
from tests.support.households import Household
from tests.support.ledger_api import made, starter_client


@pytest.fixture
def client(household: Household) -> TestClient:
    return starter_client(household)


def start_job(household: Household) -> str:
    with work(household.scope) as w:
        return str(w.enqueue("demo.fill", {}))


def test_a_job_is_looked_at_stopped_and_started_again(client: TestClient, household: Household) -> None:
    job = start_job(household)
    assert [one["id"] for one in client.get("/jobs", params={"fields": "id,status"}).json()["items"]] == [job]
    assert client.get(f"/jobs/{job}").json()["status"] == "queued"
    assert client.post(f"/jobs/{job}/retry").status_code == 409
    assert made(client.post(f"/jobs/{job}/cancel"), 200)["status"] == "cancelled"
    assert made(client.post(f"/jobs/{job}/retry"), 200)["status"] == "queued"
    with work(household.scope) as w:
        finish_job(w, client.get("/jobs").json()["items"][0]["id"], "failed", error="The disk is full.")
    failed = client.get(f"/jobs/{job}").json()
    assert (failed["status"], failed["error"]) == ("failed", "The disk is full.")


def test_another_household_finds_nothing(
    client: TestClient, household: Household, new_household: Callable[..., Household]
) -> None:
    job = start_job(household)
    stranger = starter_client(new_household("Birch"))
    assert stranger.get("/jobs").json()["items"] == []
    for method, suffix in (("GET", ""), ("POST", "/cancel"), ("POST", "/retry")):
        assert stranger.request(method, f"/jobs/{job}{suffix}").status_code == 404
    assert client.get(f"/jobs/{job}").json()["status"] == "queued"


def test_members_see_and_touch_their_own_jobs_only(client: TestClient, household: Household) -> None:
    own, others = start_job(household), start_job(household)
    with work(household.scope) as w:
        w.run("UPDATE job SET actor_id = NULL WHERE id = :id", id=others)
    assert len(client.get("/jobs", params={"status": "open"}).json()["items"]) == 2
    with work(household.scope) as w:
        w.run("UPDATE membership SET role = 'user'")
    assert [one["id"] for one in client.get("/jobs").json()["items"]] == [own]
    assert client.get(f"/jobs/{others}").status_code == 404
    assert client.post(f"/jobs/{others}/cancel").status_code == 404


def test_jobs_come_in_pages(client: TestClient, household: Household) -> None:
    jobs = [start_job(household) for _ in range(5)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for size in (2, 2, 1):
        page = client.get("/jobs", params={"limit": 2} | cursor).json()
        assert len(page["items"]) == size
        seen += [one["id"] for one in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert seen == jobs[::-1]
    assert page["next_cursor"] is None
