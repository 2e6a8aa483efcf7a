"""Bank files over HTTP, from upload to undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from recaller.settings import Settings, override_settings
from tests.support.attack import BALANCED
from tests.support.households import Household
from tests.support.ledger_api import CSV, balance, entry, field_of, made, new_account, starter_client

RAW = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def client(household: Household) -> TestClient:
    return starter_client(household)


def upload(client: TestClient, content: bytes = CSV, **parameters: Any) -> Any:
    answer = client.post(
        "/imports", params={"filename": "bank.csv"} | parameters, content=content, headers=RAW
    )
    return made(answer)


def test_a_file_is_previewed_committed_and_undone(client: TestClient) -> None:
    account = new_account(client)
    batch = upload(client, account_id=account)
    assert (batch["status"], batch["format"], batch["filename"]) == ("ready", "csv", "bank.csv")
    path = f"/imports/{batch['id']}"
    rows = client.get(f"{path}/rows", params={"limit": 2}).json()
    assert [row["amount"] for row in rows["items"]] == [-350, -450]
    more = client.get(f"{path}/rows", params={"cursor": rows["next_cursor"], "state": "new"}).json()
    assert [row["amount"] for row in more["items"]] == [90_000]
    skipped = {"row_numbers": [more["items"][0]["row_number"]], "choice": "skip"}
    assert made(client.post(f"{path}/rows", json=skipped), 200)["counts"]["to_import"] == 2
    key = {"Idempotency-Key": "commit-1"}
    committed = made(client.post(f"{path}/commit", headers=key), 200)
    assert (committed["status"], committed["counts"]["imported"]) == ("committed", 2)
    assert made(client.post(f"{path}/commit", headers=key), 200) == committed
    assert client.post(f"{path}/commit").status_code == 409
    assert balance(client, account) == -800
    assert [one["id"] for one in client.get("/imports", params={"fields": "id"}).json()["items"]] == [
        batch["id"]
    ]
    listed = client.get("/transactions", params={"batch": batch["id"]}).json()["items"]
    assert {row["source"] for row in listed} == {"import"}
    undone = made(client.post(f"{path}/undo", json={}), 200)
    assert (undone["removed"], undone["batch"]["status"]) == (2, "undone")
    assert balance(client, account) == 0
    assert client.post(f"{path}/undo", json={}).status_code == 409


def test_a_form_and_a_bare_body_are_the_same(client: TestClient) -> None:
    account = new_account(client)
    form = made(
        client.post(
            "/imports", params={"account_id": account}, files={"file": ("my bank.csv", CSV, "text/csv")}
        )
    )
    bare = upload(client, account_id=account, filename="my bank.csv")
    assert {**form, "id": "", "created_at": ""} == {**bare, "id": "", "created_at": ""}
    assert field_of(client.post("/imports", files={"other": ("a.csv", CSV)})) == "file"
    assert field_of(client.post("/imports", files={"a": ("", b"")}, data={"file": "text"})) == "file"


def test_the_same_key_uploads_once_however_the_form_is_bounded(client: TestClient) -> None:
    account = new_account(client)
    send: dict[str, Any] = {"params": {"account_id": account}, "headers": {"Idempotency-Key": "file-1"}}
    first = made(client.post("/imports", files={"file": ("a.csv", CSV)}, **send))
    assert made(client.post("/imports", files={"file": ("a.csv", CSV)}, **send)) == first
    other = client.post("/imports", files={"file": ("a.csv", CSV + b"2026-03-09,X,1.00\n")}, **send)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert len(client.get("/imports").json()["items"]) == 1


def test_the_same_file_twice_adds_nothing(client: TestClient) -> None:
    account = new_account(client)
    made(client.post(f"/imports/{upload(client, account_id=account)['id']}/commit"), 200)
    again = upload(client, account_id=account)
    assert again["counts"]["duplicate"] == 3
    assert made(client.post(f"/imports/{again['id']}/commit"), 200)["counts"]["imported"] == 0
    assert balance(client, account) == 89_200


def test_a_file_is_read_again_with_another_account_and_mapping(client: TestClient) -> None:
    account = new_account(client)
    batch = upload(client)
    path = f"/imports/{batch['id']}"
    assert client.post(f"{path}/commit").status_code == 422
    assert made(client.patch(path, json={"account_id": account}), 200)["account_id"] == account
    inverted = made(client.patch(path, json={"mapping": batch["mapping"] | {"sign": "inverted"}}), 200)
    assert inverted["mapping"]["sign"] == "inverted"
    assert client.get(f"{path}/rows").json()["items"][0]["amount"] == 350
    assert client.patch(path, json={"mapping": {"sign": "sideways"}}).status_code == 422
    assert client.patch(path, json={"mapping": {"nonsense": 1}}).status_code == 422
    assert field_of(client.patch(path, json={"accounts": {"nobody": account}})) == "accounts"
    assert made(client.post(f"{path}/discard"), 200)["status"] == "discarded"
    assert client.patch(path, json={"account_id": account}).status_code == 409


def test_the_list_of_imports_is_paged(client: TestClient) -> None:
    brought = [upload(client, filename=f"{number}.csv")["id"] for number in range(5)]
    found, cursor = [], None
    for _ in range(3):
        params = {"limit": 2, "fields": "id"} | ({"cursor": cursor} if cursor else {})
        page = client.get("/imports", params=params).json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert (found, cursor) == (brought[::-1], None)
    assert client.get("/imports", params={"cursor": "WzFd"}).status_code == 422
    assert client.get(f"/imports/{brought[0]}/rows", params={"cursor": "WyJhIl0"}).status_code == 422


def test_a_mapping_is_tried_before_the_file_is_read_with_it(client: TestClient) -> None:
    batch = upload(client, account_id=new_account(client))
    path = f"/imports/{batch['id']}"
    tried = made(
        client.post(f"{path}/mapping", json={"mapping": batch["mapping"] | {"sign": "inverted"}}), 200
    )
    assert [row["amount"] for row in tried["rows"]] == [350, 450, -90_000]
    assert tried["columns"][0]["name"] == "Date"
    wrong = made(client.post(f"{path}/mapping", json={"mapping": batch["mapping"] | {"amount": None}}), 200)
    assert (wrong["field"], wrong["rows"]) == ("amount", [])
    assert client.get(path).json()["mapping"] == batch["mapping"]
    assert client.get(f"{path}/rows").json()["items"][0]["amount"] == -350


def test_the_statements_balance_is_checked_and_adopted(client: TestClient) -> None:
    account = new_account(client, currency="EUR")
    batch = upload(client, content=BALANCED, account_id=account, filename="a.ofx")
    path = f"/imports/{batch['id']}/balances"
    assert client.get(path).json() == []
    made(client.post(f"/imports/{batch['id']}/commit"), 200)
    (check,) = client.get(path).json()
    assert (check["stated"], check["ledger"], check["difference"]) == (9900, -100, 10_000)
    adopted = made(client.post(path, json={"account_id": account}), 200)
    assert adopted == check
    assert balance(client, account) == 9900
    assert client.post(path, json={"account_id": account}).status_code == 409
    assert client.post(path, json={"account_id": new_account(client, "Other")}).status_code == 404


def test_what_was_edited_since_is_listed_before_an_undo(client: TestClient) -> None:
    account = new_account(client)
    batch = upload(client, account_id=account)
    path = f"/imports/{batch['id']}"
    made(client.post(f"{path}/commit"), 200)
    assert client.get(f"{path}/edited").json() == []
    row = client.get("/transactions", params={"batch": batch["id"]}).json()["items"][0]
    change = entry(account, -360, note="ours") | {"version": 1}
    made(client.put(f"/transactions/{row['id']}", json=change), 200)
    (edited,) = client.get(f"{path}/edited").json()
    assert (edited["id"], edited["note"]) == (row["id"], "ours")
    kept = made(client.post(f"{path}/undo", json={"keep": [row["id"]]}), 200)["kept"]
    assert kept == [row["id"]]


def test_what_is_no_bank_file_is_refused_with_its_reason(client: TestClient) -> None:
    for content, status in ((b"", 422), (b"%PDF-1.7 not a statement", 422), (b"PK\x03\x04zip", 422)):
        answer = client.post("/imports", params={"filename": "x.csv"}, content=content, headers=RAW)
        assert answer.status_code == status, answer.text
        assert answer.json()["code"].startswith("statement_")
    assert client.get("/imports").json()["items"] == []


def test_too_large_a_file_is_refused_before_it_is_read(client: TestClient, database: Settings) -> None:
    with override_settings(database.model_copy(update={"import_max_bytes": 200_000})):
        chunks: list[int] = []

        def endless() -> Any:
            for _ in range(1000):
                chunks.append(1)
                yield b"x" * 100_000

        # Announced, streamed, and just over the file's own limit but under the body's.
        for content in (b"x" * 2_000_000, endless(), CSV * 5000):
            answer = client.post("/imports", content=content, headers=RAW)
            assert answer.status_code == 413, answer.text
        assert client.post("/imports", files={"file": ("a.csv", CSV * 5000)}).status_code == 413
    assert client.get("/imports").json()["items"] == []


def test_a_file_of_nobody_isnt_read(client: TestClient) -> None:
    answer = client.post("/imports", content=CSV, headers=RAW | {"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401


def test_a_large_file_goes_to_a_worker_and_can_be_stopped(client: TestClient) -> None:
    account = new_account(client)
    rows = b"".join(b"2026-03-02,Payee %d,-%d.00\n" % (one, one + 1) for one in range(1500))
    batch = upload(client, b"Date,Payee,Amount\n" + rows, account_id=account)
    assert batch["status"] == "reading"
    assert client.get(f"/jobs/{batch['job_id']}").json()["status"] == "queued"
    stopped = made(client.post(f"/imports/{batch['id']}/stop"), 200)
    assert stopped["status"] == "failed"
    assert client.get(f"/jobs/{batch['job_id']}").json()["status"] == "cancelled"
    assert client.post(f"/imports/{batch['id']}/stop").status_code == 409


def test_another_household_finds_nothing(client: TestClient, new_household: Callable[..., Household]) -> None:
    account = new_account(client)
    batch = upload(client, account_id=account)
    stranger = starter_client(new_household("Birch"))
    path = f"/imports/{batch['id']}"
    assert stranger.get("/imports").json()["items"] == []
    for method, suffix in (
        ("GET", ""),
        ("GET", "/rows"),
        ("GET", "/balances"),
        ("GET", "/edited"),
        ("POST", "/commit"),
        ("POST", "/stop"),
        ("POST", "/discard"),
    ):
        assert stranger.request(method, path + suffix).status_code == 404
    assert stranger.patch(path, json={}).status_code == 404
    assert stranger.post(f"{path}/undo", json={}).status_code == 404
    assert stranger.post(f"{path}/mapping", json={"mapping": batch["mapping"]}).status_code == 404
    assert stranger.post(f"{path}/balances", json={"account_id": account}).status_code == 404
    refused = stranger.post("/imports", params={"account_id": account}, content=CSV, headers=RAW)
    assert refused.status_code == 404
    assert client.get(path).json()["status"] == "ready"
