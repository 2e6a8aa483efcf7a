"""A household's ledger as an API client fills it."""

from __future__ import annotations

from typing import Any

import httpx
from starlette.testclient import TestClient

from recaller.infra.work import work
from recaller.services.starter import create_starter_accounts
from tests.support.api import client_for
from tests.support.households import Household

CSV = b"Date,Payee,Amount\n2026-03-02,Baker,-3.50\n2026-03-03,Baker,-4.50\n2026-03-04,Work,900.00\n"


def starter_client(household: Household) -> TestClient:
    """An API client of a household with its starter categories."""
    with work(household.scope) as w:
        create_starter_accounts(w)
    return client_for(household)


def made(answer: httpx.Response, status: int = 201) -> Any:
    """Return what an answer holds, after checking its status."""
    assert answer.status_code == status, answer.text
    return answer.json()


def new_account(client: TestClient, name: str = "Checking", currency: str = "USD", **more: Any) -> str:
    """Create an account; returns its id."""
    body = {"name": name, "subtype": "checking", "currency": currency} | more
    return str(made(client.post("/accounts", json=body))["id"])


def entry(account_id: str, amount: int, **more: Any) -> dict[str, Any]:
    """The body of an entry."""
    return {"type": "entry", "date": "2026-03-01", "account_id": account_id, "amount": amount} | more


def record(client: TestClient, account_id: str, amount: int, **more: Any) -> Any:
    """Record an entry; returns the transaction."""
    return made(client.post("/transactions", json=entry(account_id, amount, **more)))


def category_id(client: TestClient, name: str) -> str:
    """Return the id of a starter category."""
    return next(str(one["id"]) for one in client.get("/categories").json() if one["name"] == name)


def balance(client: TestClient, account_id: str) -> int:
    """Return an account's balance in minor units."""
    return int(client.get(f"/accounts/{account_id}").json()["balance"])


def field_of(answer: httpx.Response) -> str:
    """Return the field that a refusal names."""
    assert answer.status_code == 422, answer.text
    return str(answer.json()["errors"][0]["field"])
