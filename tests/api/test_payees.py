"""Payees and tags over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from tests.support.households import Household
from tests.support.ledger_api import made, new_account, record, starter_client


@pytest.fixture
def client(household: Household) -> TestClient:
    return starter_client(household)


def test_payees_are_listed_in_pages_and_searched(client: TestClient) -> None:
    account = new_account(client)
    for name in ("Baker", "Butcher", "Café Noir", "O'Brien", "100% Wool"):
        record(client, account, -100, payee=name)
    first = client.get("/payees", params={"limit": 2}).json()
    second = client.get("/payees", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    names = [one["name"] for one in (*first["items"], *second["items"])]
    assert names == sorted(names)
    assert len(set(names)) == 4
    for typed, found in (("cafe", "Café Noir"), ("o'b", "O'Brien"), ("0%", "100% Wool"), ("UTCH", "Butcher")):
        assert [one["name"] for one in client.get("/payees", params={"q": typed}).json()["items"]] == [found]
    proposed = [one["name"] for one in client.get("/payees/suggestions", params={"q": "b"}).json()]
    assert proposed == ["Baker", "Butcher", "O'Brien"]
    assert client.get("/payees", params={"cursor": "bm9uc2Vuc2U"}).status_code == 422


def test_payees_are_renamed_and_merged(client: TestClient) -> None:
    account = new_account(client)
    one = record(client, account, -100, payee="Baker Ltd")
    other = record(client, account, -100, payee="Baker")
    into = {"into_id": other["payee_id"]}
    path = f"/payees/{one['payee_id']}"
    assert client.patch(path, json={"name": "Baker"}).status_code == 409
    assert made(client.patch(path, json={"name": "<script>x</script>"}), 200)["name"] == "<script>x</script>"
    assert client.post(f"{path}/merge", json={"into_id": one["payee_id"]}).status_code == 422
    assert made(client.post(f"{path}/merge", json=into), 200)["name"] == "Baker"
    assert client.get(path).status_code == 404
    assert client.get(f"/transactions/{one['id']}").json()["payee"] == "Baker"


def test_tags_come_with_transactions(client: TestClient) -> None:
    account = new_account(client)
    record(client, account, -100, tags=["Holiday", "#sea", "holiday"])
    assert [tag["name"] for tag in client.get("/tags").json()] == ["Holiday", "sea"]


def test_another_household_finds_nothing(client: TestClient, new_household: Callable[..., Household]) -> None:
    spent = record(client, new_account(client), -100, payee="Baker", tags=["food"])
    stranger = starter_client(new_household("Birch"))
    mine = record(stranger, new_account(stranger), -1, payee="Mine")["payee_id"]
    theirs = spent["payee_id"]
    assert [one["name"] for one in stranger.get("/payees").json()["items"]] == ["Mine"]
    assert stranger.get("/tags").json() == []
    assert stranger.patch(f"/payees/{theirs}", json={"name": "X"}).status_code == 404
    assert stranger.post(f"/payees/{theirs}/merge", json={"into_id": mine}).status_code == 404
    assert stranger.post(f"/payees/{mine}/merge", json={"into_id": theirs}).status_code == 404
