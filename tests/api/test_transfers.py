"""Proposed transfers over HTTP: dismissed, and proposed again."""

from __future__ import annotations

from collections.abc import Callable

from starlette.testclient import TestClient

from recaller.core.clock import utc_now
from tests.support.households import Household
from tests.support.ledger_api import entry, made, new_account, starter_client


def proposals(client: TestClient) -> list[tuple[str, str]]:
    found = client.get("/transfers/proposals").json()
    return [(one["out"]["transaction_id"], one["into"]["transaction_id"]) for one in found]


def test_a_dismissed_pair_is_proposed_again_once_restored(
    household: Household, new_household: Callable[..., Household]
) -> None:
    client = starter_client(household)
    today = {"date": utc_now().date().isoformat()}
    out, into = (
        made(client.post("/transactions", json=entry(new_account(client, name), amount) | today))["id"]
        for name, amount in (("Checking", -5_000), ("Savings", 5_000))
    )
    pair = {"out_id": out, "in_id": into}
    assert proposals(client) == [(out, into)]
    assert client.post("/transfers/restore", json=pair).status_code == 404
    assert client.post("/transfers/dismiss", json=pair).status_code == 204
    assert proposals(client) == []
    stranger = starter_client(new_household("Birch"))
    assert stranger.post("/transfers/restore", json=pair).status_code == 404
    assert proposals(client) == []
    assert client.post("/transfers/restore", json=pair).status_code == 204
    assert proposals(client) == [(out, into)]
