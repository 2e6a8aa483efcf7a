"""Recurring transactions over HTTP: every shape and rule, the calendar, single dates, payments, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from recaller.core.ids import new_id
from recaller.infra.work import work
from tests.support.api import PAGE_HEADERS, new_client
from tests.support.households import Household
from tests.support.ledger_api import (
    balance,
    category_id,
    field_of,
    made,
    new_account,
    record,
    starter_client,
)
from tests.support.people import cookie, joined, sign_up_person
from tests.support.recurring import post_due

START = date(2026, 3, 2)
NEW = "/recurring"


@pytest.fixture
def client(household: Household) -> TestClient:
    return starter_client(household)


@pytest.fixture
def checking(client: TestClient) -> str:
    return new_account(client)


def bill(account: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "entry",
        "name": "Rent",
        "account_id": account,
        "amount": -80_000,
        "payee": "Oakwood Apartments",
        "rule": "FREQ=MONTHLY",
        "start": START.isoformat(),
        "mode": "confirm",
    } | more


def create(client: TestClient, account: str, **more: Any) -> Any:
    return made(client.post(NEW, json=bill(account, **more)))


def at(one: Any, due: date = START) -> str:
    return f"{NEW}/{one['id']}/occurrences/{due.isoformat()}"


def dates(client: TestClient, one: Any, first: str, last: str) -> list[str]:
    found = client.get(f"{NEW}/{one['id']}/occurrences", params={"from": first, "to": last, "limit": 200})
    assert found.status_code == 200, found.text
    return [row["posted_on"] for row in found.json()["items"]]


def test_a_bill_with_all_that_one_can_have(client: TestClient, checking: str) -> None:
    food, home = category_id(client, "Groceries"), category_id(client, "Rent")
    body = bill(
        checking,
        amount=-10_000,
        currency="usd",
        parts=[
            {"category_id": food, "amount": -7_000, "memo": "food"},
            {"category_id": home, "amount": -3_000},
        ],
        note="as agreed",
        tags=["home"],
        rule="FREQ=MONTHLY;BYMONTHDAY=31",
        start="2026-12-31",
        count=5,
        shift="before",
        country="de",
        amount_kind="estimated",
        tolerance_minor=500,
        tolerance_percent=10,
        mode="auto",
        lead_days=[0, 7],
    )
    one = made(client.post(NEW, json=body))
    assert (one["rule"], one["sentence"]) == (
        "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
        "every month on the 31st, on the business day before if it isn't one, 5 times",
    )
    assert [(part["category_id"], part["amount"]) for part in one["parts"]] == [
        (food, -7_000),
        (home, -3_000),
    ]
    assert (one["tags"], one["lead_days"], one["country"], one["version"]) == (["home"], [7, 0], "DE", 1)
    # The 31st stays the 31st; what is no business day there (New Year's Eve is one) moves before it.
    assert dates(client, one, "2026-12-01", "2027-12-31") == [
        "2026-12-31", "2027-01-29", "2027-02-26", "2027-03-31", "2027-04-30",
    ]  # fmt: skip
    answer = client.get(f"{NEW}/{one['id']}")
    assert answer.headers["ETag"] == '"1"'
    assert answer.json() == one


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;COUNT=3", "2026-12-01", ["2026-12-01", "2026-12-15", "2026-12-29"]),
        ("FREQ=MONTHLY;BYDAY=2TU", "2026-12-01", ["2026-12-08", "2027-01-12", "2027-02-09"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-12-01", ["2026-12-31", "2027-01-29", "2027-02-26"]),
        ("FREQ=MONTHLY;INTERVAL=3", "2026-11-30", ["2026-11-30", "2027-02-28"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2026-11-30", ["2027-02-28"]),
        ("RRULE:FREQ=MONTHLY;UNTIL=20270131", "2026-12-15", ["2026-12-15", "2027-01-15"]),
    ],
)  # fmt: skip
def test_rules_are_read_as_calendars_write_them(
    client: TestClient, checking: str, rule: str, start: str, expected: list[str]
) -> None:
    one = create(client, checking, rule=rule, start=start)
    assert dates(client, one, "2026-11-30", "2027-03-07") == expected


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"start": "2026-02-31"}, "start"),
        ({"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31"}, "rule"),
        ({"rule": "FREQ=MONTHLY;BYMONTHDAY=32"}, "rule"),
        ({"rule": "FREQ=MONTHLY;INTERVAL=99999999999999999999"}, "rule"),
        ({"rule": "FREQ=SECONDLY"}, "rule"),
        ({"rule": "FREQ=YEARLY;BYYEARDAY=366;INTERVAL=3"}, "rule"),
        ({"rule": "FREQ=MONTHLY;BYDAY=5MO,5TU,5WE"}, "rule"),
        ({"rule": "FREQ=MONTHLY\nDTSTART:19000101"}, "rule"),
        ({"rule": "EXRULE:FREQ=DAILY"}, "rule"),
        ({"rule": ";".join(["FREQ=DAILY"] * 40)}, "rule"),
        ({"rule": "FREQ=DAILY;BYDAY=" + ",".join(["MO"] * 200)}, "rule"),
        ({"rule": ""}, "rule"),
        ({"count": 3, "until": "2027-01-01"}, "until"),
        ({"rule": "FREQ=DAILY;COUNT=3", "until": "2027-01-01"}, "until"),
        ({"rule": "FREQ=DAILY;COUNT=3", "count": 4}, "count"),
        ({"rule": "FREQ=DAILY;COUNT=99999"}, "rule"),
        ({"rule": "FREQ=DAILY;COUNT=9999"}, "count"),
        ({"until": "2026-01-01"}, "until"),
        ({"count": 0}, "count"),
        ({"count": 1.5}, "count"),
        ({"shift": "sideways"}, "shift"),
        ({"country": "Germany"}, "country"),
        ({"country": "XX"}, "country"),
        ({"amount": "-80000"}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": 2**60}, "amount"),
        ({"currency": "EUR"}, "currency"),
        ({"parts": [{"amount": -1}]}, "parts"),
        ({"tolerance_percent": 101}, "tolerance_percent"),
        ({"tolerance_minor": -1}, "tolerance_minor"),
        ({"mode": "later"}, "mode"),
        ({"lead_days": [61]}, "lead_days"),
        ({"lead_days": [1, 2, 3, 4, 5, 6]}, "lead_days"),
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"unknown": 1}, "unknown"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(client: TestClient, checking: str, wrong: dict[str, Any], field: str) -> None:
    answer = client.post(NEW, json=bill(checking, **wrong))
    # Inside of a list the place is told, too: `lead_days.0`.
    assert field in field_of(answer).split("."), answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert client.get(NEW).json()["items"] == []


def test_transfers_also_into_another_currency(client: TestClient, checking: str) -> None:
    euros = new_account(client, "Euros", "EUR")
    body = {
        "type": "transfer", "name": "Abroad", "source_id": checking, "target_id": euros, "amount": 70_000,
        "target_amount": 65_000, "rule": "FREQ=MONTHLY", "start": START.isoformat(), "mode": "confirm",
    }  # fmt: skip
    one = made(client.post(NEW, json=body))
    assert (one["shape"], one["target_id"], one["target_currency"]) == ("transfer", euros, "EUR")
    paid = made(client.post(f"{at(one)}/confirm", json={"amount": 70_500, "target_amount": 65_400}), 200)
    assert (paid["state"], paid["actual_amount"]) == ("differs", -70_500)
    assert (balance(client, checking), balance(client, euros)) == (-70_500, 65_400)
    wrong = client.post(NEW, json=body | {"target_amount": None})
    assert field_of(wrong) == "target_amount"
    assert (
        field_of(client.post(NEW, json=body | {"target_id": checking, "target_amount": None})) == "target_id"
    )


def test_the_same_key_makes_it_once(client: TestClient, checking: str) -> None:
    headers = {"Idempotency-Key": "rent-1"}
    first = client.post(NEW, json=bill(checking), headers=headers)
    again = client.post(NEW, json=bill(checking), headers=headers)
    assert (first.status_code, first.json(), again.headers["Idempotent-Replayed"]) == (
        201,
        again.json(),
        "true",
    )
    assert client.post(NEW, json=bill(checking, amount=-1), headers=headers).status_code == 409
    posted = [client.post(f"{NEW}/{first.json()['id']}/post", json={}, headers={"Idempotency-Key": "p"}).json()
              for _ in range(3)]  # fmt: skip
    assert len({one["transaction_id"] for one in posted}) == 1
    assert balance(client, checking) == -80_000


def test_an_edit_needs_the_version_that_it_was_made_from(client: TestClient, checking: str) -> None:
    one = create(client, checking)
    path = f"{NEW}/{one['id']}"
    assert field_of(client.put(path, json=bill(checking))) == "version"
    edited = made(client.put(path, json=bill(checking, amount=-81_000, version=1)), 200)
    assert (edited["version"], edited["amount"]) == (2, -81_000)
    assert client.put(path, json=bill(checking, version=1)).status_code == 409
    assert client.put(path, json=bill(checking), headers={"If-Match": '"1"'}).status_code == 409
    assert made(client.put(path, json=bill(checking), headers={"If-Match": '"2"'}), 200)["version"] == 3
    assert client.post(f"{path}/pause", headers={"If-Match": '"2"'}).status_code == 409
    assert (
        client.post(f"{path}/change", json=bill(checking, version=2, **{"from": "2027-01-01"})).status_code
        == 409
    )
    assert client.post(f"{path}/end", json={"after": "2027-01-01", "version": 2}).status_code == 409
    assert client.delete(path, headers={"If-Match": '"2"'}).status_code == 409
    assert client.delete(path, headers={"If-Match": '"3"'}).status_code == 204
    assert client.get(path).status_code == 404


def test_the_whole_life_of_one(client: TestClient, checking: str) -> None:
    one = create(client, checking, start="2027-01-31", mode="auto")
    path = f"{NEW}/{one['id']}"
    assert made(client.post(f"{path}/pause"), 200)["next_due"] is None
    assert client.post(f"{path}/pause").status_code == 409
    assert [row["id"] for row in client.get(NEW, params={"state": "paused"}).json()["items"]] == [one["id"]]
    assert client.get(NEW).json()["items"] == []
    assert made(client.post(f"{path}/resume"), 200)["next_due"] == "2027-01-31"
    body = bill(checking, start="2027-01-31", amount=-90_000, version=3, **{"from": "2027-03-15"})
    new = made(client.post(f"{path}/change", json=body))
    assert (new["replaces_id"], new["next_due"], new["amount"]) == (one["id"], "2027-03-31", -90_000)
    assert dates(client, one, "2027-01-01", "2027-12-31") == ["2027-01-31", "2027-02-28"]
    late = bill(checking, version=1, until="2027-06-30", **{"from": "2027-07-01"})
    assert field_of(client.post(f"{NEW}/{new['id']}/change", json=late)) == "rule"
    ended = made(client.post(f"{NEW}/{new['id']}/end", json={"after": "2027-04-30"}), 200)
    assert (ended["state"], ended["recurrence"]["until"]) == ("active", "2027-04-30")
    assert dates(client, new, "2027-01-01", "2027-12-31") == ["2027-03-31", "2027-04-30"]
    assert client.delete(f"{NEW}/{new['id']}").status_code == 204
    assert client.get(at(new, date(2027, 3, 31))).status_code == 404
    assert made(client.post(f"{NEW}/{new['id']}/restore"), 200)["next_due"] == "2027-03-31"
    assert client.post(f"{NEW}/{new['id']}/restore").status_code == 409


def test_single_dates_are_skipped_posted_confirmed_and_taken_back(client: TestClient, checking: str) -> None:
    one = create(client, checking, start="2027-03-01", tolerance_percent=5)
    first, second = date(2027, 3, 1), date(2027, 4, 1)
    assert made(client.post(f"{at(one, first)}/skip"), 200)["state"] == "skipped"
    assert client.post(f"{at(one, first)}/confirm", json={}).status_code == 409
    assert made(client.post(f"{at(one, first)}/unskip"), 200)["state"] == "scheduled"
    assert client.post(f"{at(one, date(2027, 3, 2))}/skip").status_code == 404
    assert field_of(client.post(f"{at(one)[:-10]}2027-02-31/skip")).endswith("due_date")
    posted = made(client.post(f"{NEW}/{one['id']}/post", json={"on": "2027-02-27", "amount": -80_100}), 200)
    assert (posted["due_date"], posted["posted_on"], posted["state"]) == (
        "2027-03-01",
        "2027-02-27",
        "posted",
    )
    assert client.post(f"{at(one, first)}/skip").status_code == 409
    confirmed = made(
        client.post(f"{at(one, second)}/confirm", json={"amount": -83_000, "on": "2027-04-02"}), 200
    )
    assert (confirmed["state"], confirmed["actual_amount"]) == ("paid", -83_000)
    assert field_of(client.post(f"{at(one, date(2027, 5, 1))}/confirm", json={"amount": 0})) == "amount"
    assert balance(client, checking) == -163_100
    assert made(client.post(f"{at(one, second)}/undo"), 200)["transaction_id"] is None
    assert client.post(f"{at(one, second)}/undo").status_code == 409
    assert balance(client, checking) == -80_100


def test_a_date_is_paid_by_a_transaction_of_the_ledger(client: TestClient, checking: str) -> None:
    one = create(client, checking)
    payment = record(client, checking, -79_000, payee="Somebody", date="2026-03-20")["id"]
    paid = made(client.put(f"{at(one)}/payment", json={"transaction_id": payment}), 200)
    assert (paid["state"], paid["transaction_id"], paid["posted_on"]) == ("differs", payment, "2026-03-20")
    found = client.get(f"/transactions/{payment}").json()
    assert (found["recurring_id"], found["due_date"]) == (one["id"], START.isoformat())
    assert client.put(f"{at(one)}/payment", json={"transaction_id": payment}).status_code == 409
    free = made(client.delete(f"{at(one)}/payment"), 200)
    assert (free["state"], free["transaction_id"], free["posted_on"]) == ("missed", None, START.isoformat())
    assert client.delete(f"{at(one)}/payment").status_code == 409
    income = record(client, checking, 100)["id"]
    wrong = client.put(f"{at(one)}/payment", json={"transaction_id": income})
    assert field_of(wrong) == "transaction_id"
    assert client.put(f"{at(one)}/payment", json={"transaction_id": str(new_id())}).status_code == 404
    posted = made(client.post(f"{at(one)}/confirm", json={}), 200)["transaction_id"]
    assert client.delete(f"{at(one)}/payment").status_code == 409
    assert client.put(f"{at(one)}/payment", json={"transaction_id": payment}).status_code == 409
    body = {"transaction_id": payment, "replace": True}
    assert made(client.put(f"{at(one)}/payment", json=body), 200)["transaction_id"] == payment
    assert client.get(f"/transactions/{posted}").status_code == 404


def test_a_recorded_transaction_pays_what_is_expected(client: TestClient, checking: str) -> None:
    one = create(client, checking)
    paid = record(client, checking, -80_000, payee="Oakwood", date="2026-03-03")
    assert (paid["settles"]["recurring_id"], paid["settles"]["state"], paid["looks_like"]) == (
        one["id"],
        "paid",
        [],
    )
    again = record(client, checking, -80_000, payee="Oakwood", date="2026-03-03")
    assert again["settles"] is None
    assert [row["due_date"] for row in again["looks_like"]] == [START.isoformat()]
    assert client.delete(f"/transactions/{paid['id']}").status_code == 204
    assert client.get(at(one)).json()["state"] == "missed"


def test_the_calendar_in_pages(client: TestClient, checking: str) -> None:
    savings = new_account(client, "Savings")
    create(client, checking, name="Water", rule="FREQ=WEEKLY", start="2027-01-04")
    create(client, checking, name="Air", rule="FREQ=WEEKLY", start="2027-01-04")
    create(client, savings, name="Fee", start="2027-01-15")
    params = {"from": "2027-01-01", "to": "2027-01-31", "limit": 200}
    whole = client.get(f"{NEW}/occurrences", params=params).json()["items"]
    assert [(row["posted_on"], row["name"]) for row in whole[:3]] == [
        ("2027-01-04", "Air"), ("2027-01-04", "Water"), ("2027-01-11", "Air"),
    ]  # fmt: skip
    assert len(whole) == 9
    paged: list[Any] = []
    cursor = None
    for _ in range(9):
        page = client.get(
            f"{NEW}/occurrences", params=params | {"limit": 2} | ({"cursor": cursor} if cursor else {})
        )
        paged += page.json()["items"]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert paged == whole
    only = client.get(f"{NEW}/occurrences", params=params | {"account_id": savings, "fields": "name,state"})
    assert only.json()["items"] == [{"name": "Fee", "state": "scheduled"}]
    assert (
        client.get(f"{NEW}/occurrences", params=params | {"state": ["late", "missed"]}).json()["items"] == []
    )
    assert (
        field_of(client.get(f"{NEW}/occurrences", params={"from": "2027-02-01", "to": "2027-01-01"})) == "to"
    )
    assert (
        field_of(client.get(f"{NEW}/occurrences", params={"from": "2027-01-01", "to": "2037-01-01"})) == "to"
    )
    for wrong in ("x", "WyJ4Il0", "WzEsMiwzLDRd"):
        assert field_of(client.get(f"{NEW}/occurrences", params=params | {"cursor": wrong})) == "cursor"
        assert field_of(client.get(NEW, params={"cursor": wrong})) == "cursor"
    # Without days it is the month from today on.
    assert client.get(f"{NEW}/occurrences").status_code == 200


def test_states_tell_how_long_one_is_due(client: TestClient, household: Household, checking: str) -> None:
    with work(household.scope) as w:
        day = w.today
    expected = {
        day + timedelta(1): "scheduled",
        day: "due",
        day - timedelta(5): "late",
        day - timedelta(12): "missed",
    }
    for number, due in enumerate(expected):
        create(client, checking, name=f"Bill {number}", rule="FREQ=YEARLY", start=due.isoformat(), payee="")
    post_due(household.scope, day)
    params = {"from": (day - timedelta(20)).isoformat(), "to": (day + timedelta(20)).isoformat()}
    rows = client.get(f"{NEW}/occurrences", params=params).json()["items"]
    assert {date.fromisoformat(row["due_date"]): row["state"] for row in rows} == expected
    late = client.get(f"{NEW}/occurrences", params=params | {"state": ["late", "missed"]}).json()["items"]
    assert [row["state"] for row in late] == ["missed", "late"]


def test_the_list_in_pages_and_filtered(client: TestClient, checking: str) -> None:
    savings, food = new_account(client, "Savings"), category_id(client, "Groceries")
    create(client, checking, name="Zoo", start="2027-01-04", mode="auto")
    create(client, checking, name="abbey", start="2027-02-04", category_id=food)
    create(client, checking, name="Water", start="2027-02-04", payee="City Works")
    made(client.post(NEW, json={"type": "transfer", "name": "Save", "source_id": checking, "target_id": savings,
                                "amount": 1, "rule": "FREQ=DAILY", "start": "2027-03-01"}))  # fmt: skip
    names: list[str] = []
    cursor = None
    while True:
        page = client.get(
            NEW, params={"limit": 1, "fields": "name"} | ({"cursor": cursor} if cursor else {})
        ).json()
        names += [row["name"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert names == ["Zoo", "abbey", "Water", "Save"]

    def found(**params: str) -> list[str]:
        return [row["name"] for row in client.get(NEW, params=params).json()["items"]]

    assert found(account_id=savings) == ["Save"]
    assert found(category_id=food) == ["abbey"]
    assert found(shape="transfer") == ["Save"]
    assert found(mode="auto") == ["Zoo", "Save"]
    assert found(q="WORKS") == ["Water"]
    assert found(q="100%") == found(currency="eur") == found(state="ended") == []
    assert len(found(state="all", currency="usd")) == 4
    assert field_of(client.get(NEW, params={"fields": "nothing"})) == "fields"
    (total,) = client.get(f"{NEW}/totals").json()
    assert (total["currency"], total["templates"], total["monthly_expense"]) == ("USD", 4, -240_000)
    assert (total["yearly_expense"], total["monthly_income"]) == (-2_880_000, 0)


def test_history_and_price_changes(client: TestClient, checking: str) -> None:
    one = create(client, checking)
    for month, amount in ((3, -80_000), (4, -80_000), (6, -84_000), (7, -82_500)):
        made(client.post(f"{at(one, date(2026, month, 2))}/confirm", json={"amount": amount}), 200)
    made(client.post(f"{at(one, date(2026, 5, 2))}/skip"), 200)
    changes = client.get(f"{NEW}/{one['id']}/prices").json()
    assert [(row["due_date"], row["before"], row["amount"], row["change"]) for row in changes] == [
        ("2026-07-02", -84_000, -82_500, -1_500),
        ("2026-06-02", -80_000, -84_000, 4_000),
    ]
    paged: list[tuple[str, str, int | None]] = []
    cursor = None
    while True:
        params = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = client.get(f"{NEW}/{one['id']}/history", params=params).json()
        paged += [(row["due_date"], row["state"], row["change"]) for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    # The change is told across the borders of pages and over what was skipped.
    assert paged == [
        ("2026-07-02", "differs", -1_500),
        ("2026-06-02", "differs", 4_000),
        ("2026-05-02", "skipped", None),
        ("2026-04-02", "paid", None),
        ("2026-03-02", "paid", None),
    ]
    assert field_of(client.get(f"{NEW}/{one['id']}/history", params={"cursor": "x"})) == "cursor"


def test_another_household_finds_nothing(
    client: TestClient, checking: str, new_household: Callable[..., Household]
) -> None:
    one = create(client, checking)
    payment = record(client, checking, -100, payee="Baker")["id"]
    stranger = starter_client(new_household("Birch"))
    own = new_account(stranger)
    theirs = create(stranger, own)
    path = f"{NEW}/{one['id']}"
    calls = [
        ("GET", path, None), ("GET", f"{path}/history", None), ("GET", f"{path}/prices", None),
        ("GET", f"{path}/occurrences", None), ("GET", at(one), None),
        ("PUT", path, bill(own, version=1)), ("DELETE", path, None), ("POST", f"{path}/restore", None),
        ("POST", f"{path}/change", bill(own, version=1, **{"from": "2027-01-01"})),
        ("POST", f"{path}/pause", None), ("POST", f"{path}/resume", None), ("POST", f"{path}/post", {}),
        ("POST", f"{path}/end", {"after": "2027-01-01"}),
        *[("POST", f"{at(one)}/{what}", None) for what in ("skip", "unskip", "undo")],
        ("POST", f"{at(one)}/confirm", {}),
        ("PUT", f"{at(one)}/payment", {"transaction_id": payment}), ("DELETE", f"{at(one)}/payment", None),
        ("PUT", f"{at(theirs)}/payment", {"transaction_id": payment}),
        ("POST", NEW, bill(checking)), ("POST", NEW, bill(own, category_id=category_id(client, "Rent"))),
    ]  # fmt: skip
    for method, where, body in calls:
        answer = stranger.request(method, where, json=body)
        assert answer.status_code == 404, (method, where, answer.text)
    assert [row["id"] for row in stranger.get(NEW, params={"state": "all"}).json()["items"]] == [theirs["id"]]
    assert stranger.get(NEW, params={"account_id": checking}).json()["items"] == []
    everything = {"from": "2026-01-01", "to": "2026-12-31", "limit": 200}
    seen = stranger.get(f"{NEW}/occurrences", params=everything).json()["items"]
    assert {row["recurring_id"] for row in seen} == {theirs["id"]}
    assert client.get(path).json() == one


def test_a_private_one_is_its_owners_alone(database: object) -> None:
    host, guest = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    joined(host, guest, "bob@example.org")
    ann, bob = (new_client(**PAGE_HEADERS, Cookie=cookie(one)) for one in (host, guest))
    mine, ours = new_account(ann, "Mine", private=True), new_account(ann, "Joint")
    secret, shared = create(ann, mine, name="Secret"), create(ann, ours, name="Shared")
    assert (secret["private"], shared["private"]) == (True, False)
    assert [row["name"] for row in bob.get(NEW).json()["items"]] == ["Shared"]
    days = {"from": "2026-01-01", "to": "2026-12-31"}
    seen = bob.get(f"{NEW}/occurrences", params=days).json()["items"]
    assert {row["name"] for row in seen} == {"Shared"}
    assert [row["templates"] for row in bob.get(f"{NEW}/totals").json()] == [1]
    payment = record(bob, ours, -80_000, payee="Kiosk")["id"]
    for answer in (
        bob.get(f"{NEW}/{secret['id']}"),
        bob.get(at(secret)),
        bob.post(f"{at(secret)}/confirm", json={}),
        bob.post(f"{NEW}/{secret['id']}/pause"),
        bob.put(f"{at(secret)}/payment", json={"transaction_id": payment}),
        bob.delete(f"{NEW}/{secret['id']}"),
    ):
        assert answer.status_code == 404
    private = record(ann, mine, -80_000, payee="Kiosk")["id"]
    assert bob.put(f"{at(shared)}/payment", json={"transaction_id": private}).status_code == 404
    assert made(bob.post(f"{at(shared)}/confirm", json={}), 200)["state"] == "paid"
    assert ann.get(f"{NEW}/{secret['id']}").json() == secret
