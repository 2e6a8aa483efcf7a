"""Categories over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from tests.support.households import Household
from tests.support.ledger_api import category_id, field_of, made, new_account, record, starter_client


@pytest.fixture
def client(household: Household) -> TestClient:
    return starter_client(household)


def test_a_category_is_made_moved_hidden_and_deleted(client: TestClient) -> None:
    food = category_id(client, "Food")
    made_one = made(client.post("/categories", json={"name": "Bakery", "kind": "expense", "parent_id": food}))
    path = f"/categories/{made_one['id']}"
    assert (made_one["parent_name"], made_one["version"]) == ("Food", 1)
    renamed = made(client.put(path, json={"name": "Bakeries", "version": 1}), 200)
    assert (renamed["name"], renamed["parent_id"]) == ("Bakeries", None)
    assert client.put(path, json={"name": "X", "version": 1}).status_code == 409
    assert made(client.post(f"{path}/hide"), 200)["hidden"] is True
    assert made_one["id"] not in client.get("/categories").text
    assert made_one["id"] in client.get("/categories", params={"hidden": True}).text
    assert made(client.post(f"{path}/show"), 200)["hidden"] is False
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_what_the_tree_doesnt_allow(client: TestClient) -> None:
    food, groceries, salary = (category_id(client, name) for name in ("Food", "Groceries", "Salary"))
    record(client, new_account(client), -100, category_id=groceries)
    assert client.delete(f"/categories/{food}").status_code == 409
    assert client.delete(f"/categories/{groceries}").status_code == 409
    for parent, kind in ((salary, "expense"), (groceries, "expense")):
        body = {"name": "New", "kind": kind, "parent_id": parent}
        assert field_of(client.post("/categories", json=body)) == "parent"
    again = {"name": "groceries", "kind": "expense", "parent_id": food}
    assert client.post("/categories", json=again).status_code == 409
    assert field_of(client.post("/categories", json={"name": "New", "kind": "asset"})) == "kind"
    system = category_id(client, "Uncategorised")
    assert client.delete(f"/categories/{system}").status_code == 409
    # An account is no category, whatever its id says.
    assert client.get(f"/categories/{new_account(client, 'Cash')}").status_code == 404


def test_fields_choose_what_comes_back(client: TestClient) -> None:
    full, small = client.get("/categories"), client.get("/categories", params={"fields": "name"})
    assert len(small.content) < len(full.content) / 3
    assert set(small.json()[0]) == {"name"}


def test_another_household_finds_nothing(client: TestClient, new_household: Callable[..., Household]) -> None:
    food = category_id(client, "Food")
    stranger = starter_client(new_household("Birch"))
    for method, suffix in (("GET", ""), ("DELETE", ""), ("POST", "/hide"), ("POST", "/show")):
        assert stranger.request(method, f"/categories/{food}{suffix}").status_code == 404
    body = {"name": "Mine", "kind": "expense", "parent_id": food}
    assert stranger.post("/categories", json=body).status_code == 404
