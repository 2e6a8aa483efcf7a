"""Rules over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from recaller.core.ids import new_id
from recaller.infra.work import work
from recaller.services.recurring import get_occurrence
from tests.support.households import Household
from tests.support.ledger_api import category_id, field_of, made, new_account, record, starter_client
from tests.support.recurring import make_recurring


@pytest.fixture
def client(household: Household) -> TestClient:
    return starter_client(household)


def rule_body(client: TestClient, **more: Any) -> dict[str, Any]:
    return {
        "conditions": {"match": "all", "of": [{"field": "payee", "op": "contains", "value": "REWE"}]},
        "actions": [{"do": "set_category", "category_id": category_id(client, "Groceries")}],
    } | more


def test_a_rule_is_previewed_kept_applied_and_taken_back(client: TestClient) -> None:
    account = new_account(client)
    hit = record(client, account, -100, payee="Rewe 12")["id"]
    record(client, account, -200, payee="Lidl")
    body = rule_body(client)
    preview = made(client.post("/rules/preview", json=body), 200)
    assert (preview["changed"], preview["scanned"]) == (1, 2)
    assert preview["rows"][0]["transaction_id"] == hit
    assert preview["rows"][0]["after"]["category"] == "Groceries"
    rule = made(client.post("/rules", json=body))
    assert rule["name"] == rule["sentence"] == "If payee contains 'REWE', set category Groceries"
    assert (rule["conditions"], rule["actions"]) == (body["conditions"], body["actions"])
    assert client.get("/rules/preview").json()["changed"] == 1
    run = made(client.post("/rules/apply", json={"filter": {"q": "rewe"}}), 200)[0]
    assert (run["status"], run["scanned"], run["changed"]) == ("done", 1, 1)
    changes = client.get(f"/rules/runs/{run['id']}/changes").json()["items"]
    assert [row["transaction_id"] for row in changes] == [hit]
    assert changes[0]["fields"] == {"category": rule["name"]}
    back = made(client.post(f"/rules/runs/{run['id']}/reverse"), 200)
    assert (back["status"], back["restored"], back["conflicts"]) == ("reversed", 1, 0)
    assert client.post(f"/rules/runs/{run['id']}/reverse").status_code == 409
    assert client.get("/rules/runs").json()["items"][0]["id"] == run["id"]


def test_rules_are_edited_ordered_and_deleted(client: TestClient) -> None:
    first, second = (made(client.post("/rules", json=rule_body(client, name=name))) for name in "ab")
    edit = rule_body(client, name="A", stop=True, version=first["version"])
    assert made(client.put(f"/rules/{first['id']}", json=edit), 200)["stop"] is True
    assert client.put(f"/rules/{first['id']}", json=edit).status_code == 409
    ids = [second["id"], first["id"]]
    assert [rule["id"] for rule in client.put("/rules/order", json={"ids": ids}).json()] == ids
    assert field_of(client.put("/rules/order", json={"ids": ids[:1]})) == "ids"
    assert client.delete(f"/rules/{first['id']}").status_code == 204
    assert client.get(f"/rules/{first['id']}").status_code == 404


def test_a_rule_links_to_a_recurring_item(client: TestClient, household: Household) -> None:
    account = new_account(client)
    hit = record(client, account, -80_000, payee="Oakwood")
    day = date.fromisoformat(hit["date"])
    with work(household.scope) as w:
        item = make_recurring(w, UUID(account), "FREQ=MONTHLY", day, amount=-80_000, mode="confirm")
    action = {"do": "link_recurring", "recurring_id": str(item.id)}
    body = rule_body(client, conditions={"match": "all", "of": []}, actions=[action])
    (row,) = made(client.post("/rules/preview", json=body), 200)["rows"]
    assert row["before"]["recurring_id"] is None
    assert (row["after"]["recurring"], row["after"]["due_date"]) == ("Rent", hit["date"])
    assert made(client.post("/rules", json=body))["actions"] == [action]
    run = made(client.post("/rules/apply", json={}), 200)[0]
    with work(household.scope) as w:
        assert get_occurrence(w, item.id, day).transaction_id == UUID(hit["id"])
    made(client.post(f"/rules/runs/{run['id']}/reverse"), 200)
    with work(household.scope) as w:
        assert get_occurrence(w, item.id, day).transaction_id is None
    unknown = body | {"actions": [action | {"recurring_id": str(new_id())}]}
    assert field_of(client.post("/rules", json=unknown)) == "actions"


def test_what_is_wrong_is_named(client: TestClient) -> None:
    def refused(**more: Any) -> Any:
        return field_of(client.post("/rules", json=rule_body(client) | more))

    pattern = {"match": "all", "of": [{"field": "payee", "op": "matches", "value": "(a"}]}
    assert refused(conditions=pattern) == "conditions.of.0.value"
    assert refused(actions=[{"do": "set_category", "category_id": str(new_id())}]) == "actions"
    assert refused(name="x" * 101) == "name"
    assert client.post("/rules/apply", json={"rule_ids": [str(new_id())]}).status_code == 404


def test_repeated_edits_suggest_a_rule(client: TestClient) -> None:
    account, food = new_account(client), category_id(client, "Restaurants")
    ids = [record(client, account, -100, payee="Trattoria")["id"] for _ in range(3)]
    assert client.get("/rules/suggestions").json() == []
    client.post("/transactions/bulk/categorise", json={"ids": ids, "category_id": food})
    found = client.get("/rules/suggestions").json()
    assert [(one["payee"], one["category"], one["times"]) for one in found] == [
        ("Trattoria", "Restaurants", 3)
    ]
    chosen = {"payee_id": found[0]["payee_id"], "category_id": food}
    rule = made(client.post("/rules/suggestions/accept", json=chosen))
    assert rule["sentence"] == "If payee is 'Trattoria', set category Restaurants"
    assert client.get("/rules/suggestions").json() == []
    client.delete(f"/rules/{rule['id']}")
    assert client.post("/rules/suggestions/dismiss", json=chosen).status_code == 204
    assert client.get("/rules/suggestions").json() == []
    assert client.post("/rules/suggestions/accept", json=chosen).status_code == 404


def test_another_household_finds_nothing(client: TestClient, new_household: Callable[..., Household]) -> None:
    record(client, new_account(client), -100, payee="Rewe")
    rule = made(client.post("/rules", json=rule_body(client)))
    run = made(client.post("/rules/apply", json={}), 200)[0]
    stranger = starter_client(new_household("Birch"))
    assert stranger.get("/rules").json() == []
    assert stranger.get("/rules/runs").json()["items"] == []
    for path in (f"/rules/{rule['id']}", f"/rules/runs/{run['id']}", f"/rules/runs/{run['id']}/changes"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"/rules/runs/{run['id']}/reverse").status_code == 404
    assert stranger.delete(f"/rules/{rule['id']}").status_code == 404
    assert stranger.post("/rules/apply", json={"rule_ids": [rule["id"]]}).status_code == 404
