"""Transactions over HTTP: recorded exactly once, changed, listed in stable pages, exported."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from recaller.core.ids import new_id
from tests.support.households import Household
from tests.support.ledger_api import (
    balance,
    category_id,
    entry,
    field_of,
    made,
    new_account,
    record,
    starter_client,
)


@pytest.fixture
def client(household: Household) -> TestClient:
    return starter_client(household)


def listed(client: TestClient, **parameters: Any) -> list[Any]:
    answer = client.get("/transactions", params=parameters)
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


def test_an_entry_is_recorded_changed_deleted_and_restored(client: TestClient) -> None:
    account, groceries = new_account(client), category_id(client, "Groceries")
    made_one = record(
        client, account, -1250, payee="Baker", category_id=groceries, tags=["bread"], currency="USD"
    )
    assert (made_one["shape"], made_one["source"], made_one["version"]) == ("simple", "api", 1)
    assert (made_one["payee"], made_one["tags"], made_one["category_id"]) == ("Baker", ["bread"], groceries)
    path = f"/transactions/{made_one['id']}"
    split = entry(
        account, -1250, parts=[{"amount": -750, "category_id": groceries, "memo": "bread"}, {"amount": -500}]
    )
    changed = made(client.put(path, json=split | {"version": 1}), 200)
    assert (changed["shape"], changed["version"], len(changed["lines"])) == ("split", 2, 3)
    stale = client.put(path, json=split | {"version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "conflict")
    assert client.put(path, json=split, headers={"If-Match": '"1"'}).status_code == 409
    assert field_of(client.put(path, json=split)) == "version"
    assert client.get(path).headers["etag"] == '"2"'
    assert client.delete(path, headers={"If-Match": '"1"'}).status_code == 409
    assert client.delete(path, headers={"If-Match": '"2"'}).status_code == 204
    assert (client.get(path).status_code, balance(client, account)) == (404, 0)
    assert made(client.post(f"{path}/restore"), 200)["shape"] == "split"
    assert client.post(f"{path}/restore").status_code == 409
    assert balance(client, account) == -1250
    assert client.post(f"/transactions/{new_id()}/restore").status_code == 404


def test_a_transfer_is_one_transaction_also_between_currencies(client: TestClient) -> None:
    dollars, euros, cash = (
        new_account(client),
        new_account(client, "Euros", "EUR"),
        new_account(client, "Cash"),
    )
    move = {"type": "transfer", "date": "2026-03-01", "source_id": dollars, "target_id": cash, "amount": 5000}
    assert made(client.post("/transactions", json=move))["shape"] == "transfer"
    abroad = move | {"target_id": euros}
    assert client.post("/transactions", json=abroad).status_code == 422
    conversion = made(client.post("/transactions", json=abroad | {"target_amount": 4500}))
    assert conversion["shape"] == "conversion"
    assert (balance(client, dollars), balance(client, cash), balance(client, euros)) == (-10_000, 5000, 4500)
    assert field_of(client.post("/transactions", json=move | {"amount": -1})) == "amount"
    into_entry = entry(dollars, -5000, version=1)
    assert made(client.put(f"/transactions/{conversion['id']}", json=into_entry), 200)["shape"] == "simple"
    assert balance(client, euros) == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "12.50"}, "amount"),
        ({"amount": 12.5}, "amount"),
        ({"amount": 10**16}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": 0}, "amount"),
        ({"date": "01.03.2026"}, "date"),
        ({"date": 20260301}, "date"),
        ({"account_id": "mine"}, "account_id"),
        ({"currency": "EUR"}, "currency"),
        ({"payee": "x" * 201}, "payee"),
        ({"note": "nul\0"}, "note"),
        ({"status": "maybe"}, "status"),
        ({"tags": [""]}, "tags.0"),
        ({"parts": [{"amount": "1"}]}, "parts.0.amount"),
        ({"parts": [{"amount": -1}, {"amount": -1}]}, "parts"),
        ({"type": "gift"}, "type"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_field_is_named(client: TestClient, change: dict[str, Any], field: str) -> None:
    answer = client.post("/transactions", json=entry(new_account(client), -1250) | change)
    assert field_of(answer).removeprefix("body") in (field, "")
    if field != "type":
        assert field_of(answer) == field
    assert listed(client) == []


def test_text_is_kept_as_typed_and_can_be_searched(client: TestClient) -> None:
    account = new_account(client)
    note = "<script>alert('x')</script> & more"
    made_one = record(client, account, -100, payee="O'Brien", note=note)
    assert client.get(f"/transactions/{made_one['id']}").json()["note"] == note
    for typed in ("O'Brien", "obrien", "<script>"):
        assert [row["payee"] for row in listed(client, q=typed)] == ["O'Brien"], typed
    assert listed(client, q="100%") == []


def test_the_same_key_twice_records_once_also_in_parallel(client: TestClient) -> None:
    account = new_account(client)
    body = entry(account, -1250)
    headers = {"Idempotency-Key": "k-1"}
    with ThreadPoolExecutor(10) as pool:
        answers = list(
            pool.map(lambda _: client.post("/transactions", json=body, headers=headers), range(10))
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(listed(client)) == 1
    other = client.post("/transactions", json=body | {"amount": -1}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_fifty_parallel_posts_give_the_exact_total(client: TestClient) -> None:
    account = new_account(client)
    amounts = range(-1, -51, -1)
    with client, ThreadPoolExecutor(50) as pool:
        answers = pool.map(lambda amount: client.post("/transactions", json=entry(account, amount)), amounts)
        assert {answer.status_code for answer in answers} == {201}
    assert balance(client, account) == sum(amounts)
    totals = client.get("/transactions/totals").json()
    assert totals == [{"currency": "USD", "count": 50, "inflow": 0, "outflow": sum(amounts)}]


def test_pages_stay_stable_while_rows_are_added(client: TestClient) -> None:
    account = new_account(client)
    days = [f"2026-03-{day:02}" for day in range(1, 10)]
    for day in days:
        record(client, account, -100, date=day)
    seen: list[str] = []
    cursor = None
    for _ in days:
        parameters = {"limit": 2, "fields": "date"} | ({"cursor": cursor} if cursor else {})
        page = client.get("/transactions", params=parameters).json()
        seen += [row["date"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        record(client, account, -1, date="2026-12-31")  # would shift every page that counts rows
    assert seen == sorted(days, reverse=True)
    assert client.get("/transactions", params={"cursor": cursor or "xx", "sort": "payee"}).status_code == 422


def test_selected_fields_shrink_the_answer_and_large_ones_are_compressed(client: TestClient) -> None:
    account = new_account(client)
    for number in range(30):
        record(client, account, -1 - number, payee=f"Payee {number}")
    plain = {"Accept-Encoding": "identity"}
    full = client.get("/transactions", headers=plain)
    small = client.get("/transactions", params={"fields": "id,amount"}, headers=plain)
    assert len(small.content) < len(full.content) / 4
    assert set(small.json()["items"][0]) == {"id", "amount"}
    packed = client.get("/transactions", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == full.json()


def test_filters_are_those_of_the_page(client: TestClient) -> None:
    account, cash = new_account(client), new_account(client, "Cash")
    food, groceries = category_id(client, "Food"), category_id(client, "Groceries")
    bread = record(client, account, -500, category_id=groceries, payee="Baker", tags=["holiday"])
    record(client, cash, -9000, date="2026-04-01", status="pending")
    record(client, account, 100, date="2026-05-01")
    tag = client.get("/tags").json()[0]["id"]
    expected: dict[str, tuple[dict[str, Any], list[int]]] = {
        "account": ({"account": cash}, [-9000]),
        "either account": ({"account": f"{cash},{account}", "to": "2026-04-30"}, [-9000, -500]),
        "a category's parent": ({"category": food}, [-500]),
        "payee": ({"payee": bread["payee_id"]}, [-500]),
        "tag": ({"tag": tag}, [-500]),
        "dates": ({"from": "2026-04-01", "to": "2026-04-01"}, [-9000]),
        "amounts": ({"min": 500, "max": 9000}, [-9000, -500]),
        "status": ({"status": "pending"}, [-9000]),
        "uncategorised": ({"uncategorised": True}, [100, -9000]),
        "shape": ({"shape": "split"}, []),
        "text": ({"q": "bakre"}, [-500]),
        "sorted": ({"sort": "amount"}, [-9000, -500, 100]),
    }
    for name, (parameters, amounts) in expected.items():
        assert [row["amount"] for row in listed(client, **parameters)] == amounts, name
    total = client.get("/transactions/totals", params={"category": food}).json()
    assert total == [{"currency": "USD", "count": 1, "inflow": 0, "outflow": -500}]
    for bad in ("account", "min", "from", "status", "kind", "sort", "limit", "currency"):
        answer = client.get("/transactions", params={bad: "nonsense"})
        assert field_of(answer) == bad


def test_many_at_once_all_or_none(client: TestClient) -> None:
    account, groceries = new_account(client), category_id(client, "Groceries")
    ids = [record(client, account, -100 * (one + 1))["id"] for one in range(3)]

    def bulk(what: str, **more: Any) -> Any:
        return client.post(f"/transactions/bulk/{what}", json={"ids": ids} | more)

    assert made(bulk("categorise", category_id=groceries), 200) == {"changed": 3}
    assert made(bulk("payee", payee="Baker"), 200) == {"changed": 3}
    assert made(bulk("tags", add=["a", "b"]), 200) == {"changed": 3}
    assert made(bulk("tags", remove=["a"]), 200) == {"changed": 3}
    rows = listed(client)
    assert {(row["category"], row["payee"], tuple(row["tags"])) for row in rows} == {
        ("Groceries", "Baker", ("b",))
    }
    assert made(bulk("totals"), 200) == [{"currency": "USD", "count": 3, "inflow": 0, "outflow": -600}]
    unknown = {"ids": [*ids, str(new_id())]}
    assert client.post("/transactions/bulk/delete", json=unknown).status_code == 404
    assert bulk("categorise", category_id=account).status_code == 404
    assert field_of(client.post("/transactions/bulk/delete", json={"ids": []})) == "ids"
    assert len(listed(client)) == 3
    assert made(bulk("delete"), 200) == {"changed": 3}
    assert (listed(client), balance(client, account)) == ([], 0)


def test_the_export_holds_every_row_and_no_formula(client: TestClient) -> None:
    account, groceries = new_account(client), category_id(client, "Groceries")
    record(client, account, -1250, payee="=cmd|' /C calc'!A0", note='+1 "quoted", and more', tags=["@sum"])
    record(
        client, account, -900, date="2026-03-02",
        parts=[{"amount": -600, "category_id": groceries}, {"amount": -300, "memo": "soap"}],
    )  # fmt: skip
    answer = client.get("/transactions/export.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["Date"], row["Amount"], row["Category"]) for row in rows] == [
        ("2026-03-01", "-12.50", "Uncategorised"),
        ("2026-03-02", "-6.00", "Groceries"),
        ("2026-03-02", "-3.00", "Uncategorised"),
    ]
    assert rows[0]["Payee"] == "'=cmd|' /C calc'!A0"
    assert rows[0]["Note"] == '\'+1 "quoted", and more'
    assert rows[0]["Tags"] == "'@sum"
    assert rows[2]["Note"] == "soap"
    assert client.get("/transactions/export.csv", params={"min": "x"}).status_code == 422


def test_a_long_export_is_read_page_by_page(client: TestClient) -> None:
    account = new_account(client)
    lines = "".join(f"2026-03-{1 + one % 28:02},Payee {one},-{one + 1}.00\n" for one in range(450))
    batch = made(
        client.post(
            "/imports", params={"filename": "a.csv", "account_id": account},
            content=("Date,Payee,Amount\n" + lines).encode(), headers={"Content-Type": "text/csv"},
        )
    )  # fmt: skip
    made(client.post(f"/imports/{batch['id']}/commit"), 200)
    rows = list(csv.DictReader(io.StringIO(client.get("/transactions/export.csv").text)))
    assert len({row["Id"] for row in rows}) == 450
    assert [row["Date"] for row in rows] == sorted(row["Date"] for row in rows)


def test_another_household_finds_and_changes_nothing(
    client: TestClient, new_household: Callable[..., Household]
) -> None:
    account = new_account(client)
    spent = record(client, account, -100)
    stranger = starter_client(new_household("Birch"))
    own = new_account(stranger)
    path = f"/transactions/{spent['id']}"
    assert stranger.get(path).status_code == 404
    assert stranger.put(path, json=entry(own, -1, version=1)).status_code == 404
    assert stranger.delete(path).status_code == 404
    assert stranger.post("/transactions", json=entry(account, -1)).status_code == 404
    foreign = {"type": "transfer", "date": "2026-03-01", "source_id": own, "target_id": account, "amount": 1}
    assert stranger.post("/transactions", json=foreign).status_code == 404
    assert stranger.post("/transactions/bulk/delete", json={"ids": [spent["id"]]}).status_code == 404
    assert stranger.get("/transactions/export.csv").text.count("\n") == 1
    assert listed(stranger, account=account) == []
    assert client.get(path).json() | {"settles": None, "looks_like": []} == spent
