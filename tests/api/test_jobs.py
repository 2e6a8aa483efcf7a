"""Background work over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from recaller.core.ids import new_id
from recaller.infra.work import work
from recaller.services.jobs import finish_job
from tests.support.households import Household
from tests.support.ledger_api import made, starter_client


@pytest.fixture
def client(household: Household) -> TestClient:
    return starter_client(household)


def start_job(household: Household) -> str:
    with work(household.scope) as w:
        return str(w.enqueue("import.stage", {"batch_id": str(new_id())}))


def test_a_job_is_looked_at_stopped_and_started_again(client: TestClient, household: Household) -> None:
    job = start_job(household)
    assert [one["id"] for one in client.get("/jobs", params={"fields": "id,status"}).json()] == [job]
    assert client.get(f"/jobs/{job}").json()["status"] == "queued"
    assert client.post(f"/jobs/{job}/retry").status_code == 409
    assert made(client.post(f"/jobs/{job}/cancel"), 200)["status"] == "cancelled"
    assert made(client.post(f"/jobs/{job}/retry"), 200)["status"] == "queued"
    with work(household.scope) as w:
        finish_job(w, client.get("/jobs").json()[0]["id"], "failed", error="The disk is full.")
    failed = client.get(f"/jobs/{job}").json()
    assert (failed["status"], failed["error"]) == ("failed", "The disk is full.")


def test_another_household_finds_nothing(
    client: TestClient, household: Household, new_household: Callable[..., Household]
) -> None:
    job = start_job(household)
    stranger = starter_client(new_household("Birch"))
    assert stranger.get("/jobs").json() == []
    for method, suffix in (("GET", ""), ("POST", "/cancel"), ("POST", "/retry")):
        assert stranger.request(method, f"/jobs/{job}{suffix}").status_code == 404
    assert client.get(f"/jobs/{job}").json()["status"] == "queued"
