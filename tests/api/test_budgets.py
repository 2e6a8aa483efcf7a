"""Budgets over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.households import Household
from tests.support.ledger_api import category_id, field_of, made, new_account, record, starter_client


@pytest.fixture
def client(household: Household) -> TestClient:
    return starter_client(household)


def new_budget(client: TestClient, kind: str = "envelope", **more: Any) -> Any:
    lines = [{"category_id": category_id(client, name), "amount": 10_000} for name in ("Groceries", "Fuel")]
    body = {"name": "Home", "kind": kind, "starts_on": "2026-03-10", "lines": lines} | more
    return made(client.post("/budgets", json=body))


def period(client: TestClient, budget: Any, on: str = "2026-03-15") -> Any:
    return made(client.get(f"/budgets/{budget['id']}/period", params={"on": on}), 200)


def lines(view: Any) -> dict[str, Any]:
    return {line["name"]: line for group in view["groups"] for line in group["lines"]}


def test_a_budget_from_its_making_to_its_end(client: TestClient) -> None:
    account = new_account(client)
    budget = new_budget(client)
    path = f"/budgets/{budget['id']}"
    assert (budget["starts_on"], budget["alert_percents"]) == ("2026-03-01", [80, 100])
    record(client, account, 50_000, category_id=category_id(client, "Salary"))
    record(client, account, -12_500, category_id=category_id(client, "Groceries"))
    view = period(client, budget)
    assert (view["unassigned"], view["funds"]) == (30_000, 37_500)
    groceries, fuel = lines(view)["Groceries"], lines(view)["Fuel"]
    assert (groceries["available"], groceries["pace"]) == (-2_500, "over")
    cover = {"period": "2026-03-01", "from_line_id": fuel["line_id"]}
    step = made(client.post(f"/budgets/lines/{groceries['line_id']}/cover", json=cover), 200)
    assert [entry["after"] for entry in step["entries"]] in ([7_500, 12_500], [12_500, 7_500])
    move = {"period": "2026-03-01", "to_line_id": fuel["line_id"], "amount": 5_000}
    made(client.post(f"{path}/move", json=move), 200)
    view = period(client, budget)
    assert (view["unassigned"], lines(view)["Fuel"]["available"]) == (25_000, 12_500)
    made(client.post(f"/budgets/moves/{step['id']}/undo"), 200)
    assert lines(period(client, budget))["Groceries"]["available"] == -2_500
    assert client.post(f"/budgets/moves/{step['id']}/undo").status_code == 409
    assert len(made(client.get(f"{path}/moves"), 200)) == 2
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    made(client.post(f"{path}/restore"), 200)
    assert lines(period(client, budget))["Groceries"]["available"] == -2_500


def test_versions_guard_against_overwriting(client: TestClient) -> None:
    budget = new_budget(client, "limit")
    line = lines(period(client, budget))["Fuel"]
    path = f"/budgets/lines/{line['line_id']}"
    body = {"period": "2026-04-01", "amount": 7_000, "version": 0}
    made(client.post(f"{path}/assign", json=body), 200)
    assert client.post(f"{path}/assign", json=body).status_code == 409
    assert lines(period(client, budget, "2026-06-01"))["Fuel"]["budgeted"] == 7_000
    edit = {
        "rollover": "both",
        "template": {"kind": "fixed", "amount": 500},
        "since": "2026-05-01",
        "version": 1,
    }
    assert made(client.put(path, json=edit), 200)["template"]["amount"] == 500
    assert client.put(path, json=edit).status_code == 409
    made(client.post(f"/budgets/{budget['id']}/templates", json={"period": "2026-05-01"}), 200)
    assert lines(period(client, budget, "2026-05-01"))["Fuel"]["budgeted"] == 500
    renamed = {"name": "Flat", "alert_percents": [50], "version": 1}
    assert made(client.put(f"/budgets/{budget['id']}", json=renamed), 200)["name"] == "Flat"


def test_what_is_refused_names_its_field(client: TestClient) -> None:
    budget = new_budget(client, "limit")
    line = lines(period(client, budget))["Fuel"]["line_id"]
    assert (
        field_of(client.post(f"/budgets/lines/{line}/assign", json={"period": "2026-04-02", "amount": 1}))
        == "period"
    )
    assert (
        field_of(client.post(f"/budgets/lines/{line}/assign", json={"period": "2026-04-01", "amount": -1}))
        == "amount"
    )
    move = {"period": "2026-04-01", "to_line_id": line, "amount": 1}
    assert field_of(client.post(f"/budgets/{budget['id']}/move", json=move)) == "budget"
    pay = {"kind": "pay_cycle", "anchor": "2026-01-02"}
    for more, field in (({"period": pay}, "period_kind"), ({"currency": "EURO"}, "currency"),
                        ({"account_ids": [new_account(client, currency="EUR")]}, "accounts")):  # fmt: skip
        body = {"name": "Other", "kind": "limit"} | more
        assert field_of(client.post("/budgets", json=body)) == field
    again = {"name": "home", "kind": "limit"}
    assert client.post("/budgets", json=again).status_code == 409
    assert field_of(client.get(f"/budgets/{budget['id']}/period", params={"on": "2199-01-01"})) == "on"


def test_pay_cycles(client: TestClient) -> None:
    budget = new_budget(client, period={"kind": "pay_cycle", "anchor": "2026-03-06", "every_days": 14})
    view = period(client, budget, "2026-03-19")
    assert (view["start"], view["end"], view["previous"]) == ("2026-03-06", "2026-03-19", None)


def test_another_household_finds_nothing(client: TestClient, new_household: Callable[..., Household]) -> None:
    budget = new_budget(client)
    line = lines(period(client, budget))["Fuel"]["line_id"]
    stranger = starter_client(new_household("Birch"))
    assert stranger.get("/budgets").json() == []
    for path in (
        f"/budgets/{budget['id']}",
        f"/budgets/{budget['id']}/period",
        f"/budgets/{budget['id']}/lines",
    ):
        assert stranger.get(path).status_code == 404
    body = {"period": "2026-03-01", "amount": 1}
    assert stranger.post(f"/budgets/lines/{line}/assign", json=body).status_code == 404
