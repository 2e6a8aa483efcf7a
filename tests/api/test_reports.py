"""The dashboard's figures over HTTP, and that they drill down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from tests.support.households import Household
from tests.support.ledger_api import category_id, field_of, new_account, record, starter_client


@pytest.fixture
def client(household: Household) -> TestClient:
    return starter_client(household)


def test_the_dashboard_tells_the_month_and_where_it_comes_from(client: TestClient) -> None:
    today = datetime.now(UTC).date().isoformat()
    account = new_account(client)
    record(client, account, 300_000, date=today, category_id=category_id(client, "Salary"))
    record(client, account, -1250, date=today, category_id=category_id(client, "Groceries"))
    record(client, account, -400, date=today)
    board = client.get("/reports/dashboard", params={"months": 3}).json()
    assert (board["currency"], len(board["months"]), board["uncategorised_count"]) == ("USD", 3, 1)
    assert board["this_month"]["income"]["minor"] == 300_000
    assert board["this_month"]["expense"]["minor"] == -1650
    assert board["net_worth"][-1]["net"]["minor"] == 298_350
    assert {one["name"]: one["total"]["minor"] for one in board["spending"]} == {
        "Food": -1250,
        "Uncategorised": -400,
    }
    assert board["account_groups"][0]["accounts"][0]["balance"]["minor"] == 298_350
    assert len(board["recent"]) == 3
    assert set(client.get("/reports/dashboard", params={"fields": "currency"}).json()) == {"currency"}
    months = client.get("/reports/category-months", params={"months": 2}).json()
    assert {row["name"]: row["by_month"][-1] for row in months["rows"]}["Groceries"] == -1250


def test_balances_are_per_account_and_date(client: TestClient) -> None:
    euros, dollars = new_account(client, "Euros", "EUR"), new_account(client, "Dollars")
    record(client, euros, 500, date="2026-01-10")
    record(client, dollars, 700, date="2026-02-10")
    assert {(one["currency"], one["minor"]) for one in client.get("/reports/balances").json()} == {
        ("EUR", 500),
        ("USD", 700),
    }
    early = client.get("/reports/balances", params={"at": "2026-01-31"}).json()
    assert {(one["currency"], one["minor"]) for one in early} == {("EUR", 500), ("USD", 0)}


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"months": 0}, "months"),
        ({"months": 121}, "months"),
        ({"currency": "EURO"}, "currency"),
        ({"spending_month": "March"}, "spending_month"),
        ({"fields": "nothing"}, "fields"),
    ],
)
def test_a_wrong_parameter_is_named(client: TestClient, parameters: dict[str, object], field: str) -> None:
    assert field_of(client.get("/reports/dashboard", params=parameters)) == field


def test_another_households_money_is_in_no_figure(
    client: TestClient, new_household: Callable[..., Household]
) -> None:
    record(client, new_account(client), 500)
    stranger = starter_client(new_household("Birch"))
    board = stranger.get("/reports/dashboard").json()
    assert {point["net"]["minor"] for point in board["net_worth"]} == {0}
    assert (board["account_groups"], board["recent"]) == ([], [])
    assert stranger.get("/reports/balances").json() == []
