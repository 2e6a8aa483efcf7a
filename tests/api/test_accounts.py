"""Accounts over HTTP: made, changed, closed, asked for their balance at any date."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from tests.support.households import Household
from tests.support.ledger_api import balance, entry, field_of, made, new_account, record, starter_client


@pytest.fixture
def client(household: Household) -> TestClient:
    return starter_client(household)


def test_an_account_lives_from_opening_to_deletion(client: TestClient) -> None:
    body = {
        "name": "O'Brien <b>",
        "subtype": "savings",
        "currency": "eur",
        "number": "DE02 1203 0000 2020 51",
    }
    account = made(client.post("/accounts", json=body))
    assert (account["name"], account["currency"], account["kind"]) == ("O'Brien <b>", "EUR", "asset")
    assert account["number_masked"] == "•••• 2051"
    assert "1203" not in client.get("/accounts").text
    edit = {"name": "Rainy days", "subtype": "savings", "currency": "EUR", "version": account["version"]}
    path = f"/accounts/{account['id']}"
    changed = made(client.put(path, json=edit), 200)
    assert (changed["name"], changed["version"]) == ("Rainy days", 2)
    assert changed["number_masked"] == "•••• 2051"
    stale = client.put(path, json=edit)
    assert (stale.status_code, stale.json()["code"]) == (409, "conflict")
    assert client.get(path).headers["etag"] == '"2"'
    del edit["version"]
    assert field_of(client.put(path, json=edit)) == "version"
    assert client.put(path, json=edit, headers={"If-Match": '"2"'}).status_code == 200
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_balances_at_any_date(client: TestClient) -> None:
    account = new_account(client)
    opening = made(
        client.put(f"/accounts/{account}/opening-balance", json={"amount": 10_000, "date": "2026-01-01"}), 200
    )
    assert opening["shape"] == "opening"
    record(client, account, -1250, date="2026-02-10")
    record(client, account, -50, date="2026-02-20")
    at = {"2025-12-31": 0, "2026-01-01": 10_000, "2026-02-10": 8750, "2026-02-28": 8700, "2200-01-01": 8700}
    for day, minor in at.items():
        answer = client.get(f"/accounts/{account}/balance", params={"at": day}).json()
        assert (answer["minor"], answer["currency"]) == (minor, "USD"), day
    assert balance(client, account) == 8700
    listed = client.get("/accounts", params={"at": "2026-02-15", "fields": "name,balance"}).json()
    assert listed == [{"name": "Checking", "balance": 8750}]
    register = client.get(f"/accounts/{account}/register", params={"limit": 2}).json()
    assert [row["balance"] for row in register["items"]] == [8700, 8750]
    older = client.get(f"/accounts/{account}/register", params={"cursor": register["next_cursor"]}).json()
    assert [row["balance"] for row in older["items"]] == [10_000]
    nothing = client.put(f"/accounts/{account}/opening-balance", json={"amount": 0, "date": "2026-01-01"})
    assert nothing.json() is None
    assert balance(client, account) == -1300


def test_an_account_with_history_is_closed_instead_of_deleted(client: TestClient) -> None:
    account = new_account(client)
    spent = record(client, account, -100)
    path = f"/accounts/{account}"
    assert client.delete(path).status_code == 409
    assert client.post(f"{path}/close", json={"on": "2026-04-01"}).status_code == 409
    assert client.delete(f"/transactions/{spent['id']}").status_code == 204
    record(client, account, 100)
    record(client, account, -100)
    assert made(client.post(f"{path}/close", json={"on": "2026-04-01"}), 200)["closed_on"] == "2026-04-01"
    assert client.get("/accounts").json() == []
    assert len(client.get("/accounts", params={"closed": True}).json()) == 1
    assert client.post("/transactions", json=entry(account, 1)).status_code == 422
    assert made(client.post(f"{path}/reopen"), 200)["closed_on"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "nul\0"}, "name"),
        ({"subtype": "piggy"}, "subtype"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": 5}, "currency"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_is_named(client: TestClient, change: dict[str, object], field: str) -> None:
    body = {"name": "Checking", "subtype": "checking", "currency": "USD"} | change
    assert field_of(client.post("/accounts", json=body)) == field


def test_amounts_are_whole_minor_units_and_dates_are_iso(client: TestClient) -> None:
    account = new_account(client)
    path = f"/accounts/{account}/opening-balance"
    for amount in ("12.50", 12.5, 12.0, True, None, 10**16):
        assert field_of(client.put(path, json={"amount": amount, "date": "2026-01-01"})) == "amount", amount
    for day in ("01.02.2026", 20260101, "2026-02-30", "9999-12-31", "2026-01-01T00:00:00"):
        assert field_of(client.put(path, json={"amount": 5, "date": day})) == "date", day


def test_two_accounts_of_one_name_are_refused(client: TestClient) -> None:
    new_account(client)
    body = {"name": "checking", "subtype": "cash", "currency": "USD"}
    assert client.post("/accounts", json=body).status_code == 409


def test_another_household_finds_nothing(client: TestClient, new_household: Callable[..., Household]) -> None:
    account = new_account(client)
    stranger = starter_client(new_household("Birch"))
    path = f"/accounts/{account}"
    assert stranger.get("/accounts").json() == []
    for method, suffix in (
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/balance"),
        ("GET", "/register"),
        ("POST", "/reopen"),
    ):
        assert stranger.request(method, path + suffix).status_code == 404
    assert stranger.post(f"{path}/close", json={"on": "2026-01-01"}).status_code == 404
    assert client.get(path).status_code == 200
