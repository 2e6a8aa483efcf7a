"""What every endpoint has in common: problem documents, request ids, headers, limits, selection, idempotency."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest
from fastapi import APIRouter
from sqlalchemy import text
from starlette.applications import Starlette
from structlog.testing import capture_logs

from recaller.api import app as api_app
from recaller.api.dependencies import CurrentScope
from recaller.api.idempotency import Once
from recaller.api.schemas import Body, Fields, Paging
from recaller.core.ids import new_id
from recaller.core.paging import Page, decode_cursor, encode_cursor
from recaller.infra.work import Work, work
from recaller.settings import Settings, override_settings
from tests.support.api import bearer_for, browser, client_for, mounted_api, new_client, signed_up_browser
from tests.support.households import Household
from tests.support.waiting import PATIENCE_SECONDS

probe = APIRouter(prefix="/probe")
gate = threading.Event()


@dataclass(frozen=True)
class ThingView:
    id: UUID
    name: str
    share: Decimal


class NewThing(Body):
    name: str
    fail: bool = False


def add_thing(w: Work, name: str) -> ThingView:
    thing = ThingView(new_id(), name, Decimal("0.10"))
    w.run(
        "INSERT INTO tag (tenant_id, space_id, id, name) VALUES (:t, :s, :i, :n)",
        t=w.scope.tenant_id, s=w.scope.shared_space_id, i=thing.id, n=name,
    )  # fmt: skip
    return thing


@probe.post("/things", status_code=201, response_model=ThingView)
def create_thing(body: NewThing, scope: CurrentScope, once: Once) -> object:
    def write() -> ThingView:
        thing = add_thing(w, body.name)
        if body.fail:
            raise RuntimeError("secret detail")
        return thing

    with work(scope) as w:
        return once.reply(w, write, status=201)


@probe.get("/things", response_model=Page[ThingView])
def list_things(scope: CurrentScope, fields: Fields, page: Paging) -> object:
    after = decode_cursor(page.cursor, 1)[0] if page.cursor else ""
    with work(scope, read_only=True) as w:
        rows = w.rows(
            "SELECT id, name FROM tag WHERE name > :after ORDER BY name LIMIT :most",
            after=after,
            most=page.limit + 1,
        )
    things = tuple(ThingView(row.id, row.name, Decimal("0.10")) for row in rows[: page.limit])
    more = encode_cursor([things[-1].name]) if len(rows) > page.limit else None
    return fields.reply(Page(things, more))


@probe.get("/slow")
def slow() -> None:
    gate.wait(PATIENCE_SECONDS)


@probe.get("/crash")
def crash() -> None:
    raise RuntimeError("secret detail")


@probe.get("/sql")
def sql(scope: CurrentScope, statement: str) -> None:
    with work(scope) as w:
        w.connection.execute(text(statement))


@pytest.fixture
def app(database: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Starlette]:
    monkeypatch.setattr(api_app, "ROUTERS", (*api_app.ROUTERS, probe))
    gate.clear()
    yield mounted_api()
    gate.set()


def test_every_error_is_a_problem_document(app: Starlette, household: Household) -> None:
    client = client_for(household, app)
    for method, path, status, code in (
        ("GET", "/nowhere", 404, "not_found"),
        ("PUT", "/me", 405, "method_not_allowed"),
        ("DELETE", "/members/not-an-id", 422, "validation_failed"),
        ("DELETE", f"/members/{new_id()}", 404, "not_found"),
        ("POST", "/invitations", 422, "validation_failed"),
        ("GET", "/probe/crash", 500, "internal_error"),
    ):
        answer = client.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert answer.json()["instance"] == f"/api/v1{path}"
        assert "secret" not in answer.text
    assert new_client(app).get("/me").headers["www-authenticate"] == "Bearer"
    assert new_client(app, Authorization="Basic eDp5").get("/me").status_code == 401


def test_invalid_input_names_the_field_and_doesnt_repeat_it(app: Starlette) -> None:
    client = browser(app)
    answer = client.post("/auth/sign-in", json={"email": 5, "password": ["hunter2-hunter2"], "typo": 1})
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"email", "password", "typo"}
    assert "hunter2" not in answer.text
    for content in (b"{", b"\xff\xfe", b'{"email": "\\ud800", "password": "x"}', b""):
        broken = client.post("/auth/sign-in", content=content, headers={"Content-Type": "application/json"})
        assert broken.status_code in (400, 422), broken.text


@pytest.mark.parametrize(
    ("statement", "status", "code"),
    [
        ("SELECT 1/0", 422, "validation_failed"),
        ("SELECT nonsense FROM nowhere", 500, "internal_error"),
        (
            "INSERT INTO tenant (id, name, base_currency) VALUES (gen_random_uuid(), 'x', 'EUR')",
            403,
            "forbidden",
        ),
        ("SELECT password_hash FROM credential", 403, "forbidden"),
        ("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$", 409, "try_again"),
        (
            "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '23514', CONSTRAINT = 'posting_balanced'; END $$",
            409,
            "conflict",
        ),
        ("SET LOCAL statement_timeout = 10; SELECT pg_sleep(5)", 503, "unavailable"),
    ],
)
def test_database_errors_are_named_without_sql(
    app: Starlette, household: Household, statement: str, status: int, code: str
) -> None:
    answer = client_for(household, app).get("/probe/sql", params={"statement": statement})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    for word in ("SELECT", "psycopg", "relation", "credential", "RAISE"):
        assert word not in answer.text


def test_a_request_id_goes_through_to_the_log(app: Starlette) -> None:
    with capture_logs() as entries:
        answer = new_client(app).get("/probe/crash", headers={"X-Request-ID": "from-the-proxy.1"})
    assert answer.headers["x-request-id"] == "from-the-proxy.1"
    assert [entry["event"] for entry in entries] == ["request_crashed", "request"]
    made = new_client(app).get("/health", headers={"X-Request-ID": "bad id\tx"}).headers["x-request-id"]
    assert made.isalnum()


def test_security_headers_are_on_every_answer(app: Starlette) -> None:
    client = new_client(app)
    for answer in (
        client.get("/health"),
        client.get("/nowhere"),
        client.get("/probe/crash"),
        client.get("/docs"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"


def test_large_bodies_are_refused_announced_or_not(app: Starlette) -> None:
    client = browser(app)
    announced = client.post(
        "/auth/sign-in", content=b"x" * 1_000_001, headers={"Content-Type": "application/json"}
    )
    chunks = (b"x" * 100_000 for _ in range(12))
    streamed = client.post("/auth/sign-in", content=chunks, headers={"Content-Type": "application/json"})
    assert (announced.status_code, streamed.status_code) == (413, 413)
    assert announced.json()["code"] == streamed.json()["code"] == "too_large"


def test_slow_calls_dont_hold_up_health(app: Starlette) -> None:
    with new_client(app) as client, ThreadPoolExecutor(60) as pool:
        slow_ones = [pool.submit(client.get, "/probe/slow") for _ in range(50)]
        assert client.get("/health").status_code == 200
        still_waiting = sum(not one.done() for one in slow_ones)
        gate.set()
        assert {one.result().status_code for one in slow_ones} == {200}
    assert still_waiting == 50


def test_each_user_has_a_limit_of_calls(app: Starlette, database: Settings, new_household) -> None:
    with override_settings(database.model_copy(update={"api_requests_per_minute": 10})):
        client = client_for(new_household("Alder"), app)
        answers = [client.get("/household") for _ in range(11)]
        assert [answer.status_code for answer in answers] == [200] * 10 + [429]
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert client_for(new_household("Birch"), app).get("/household").status_code == 200


def test_pages_stay_stable_and_fields_shrink_them(app: Starlette, household: Household) -> None:
    with work(household.scope) as w:
        for name in ("b", "d", "f", "h"):
            add_thing(w, name)
    client = client_for(household, app)
    first = client.get("/probe/things", params={"limit": 2}).json()
    assert [thing["name"] for thing in first["items"]] == ["b", "d"]
    assert first["items"][0]["share"] == "0.10"
    with work(household.scope) as w:
        add_thing(w, "a")
    second = client.get(
        "/probe/things", params={"limit": 2, "cursor": first["next_cursor"], "fields": "name"}
    ).json()
    assert second["items"] == [{"name": "f"}, {"name": "h"}]
    assert second["next_cursor"] is None
    for bad in ({"fields": "nothing"}, {"cursor": "nonsense"}, {"limit": 0}, {"limit": 100000}):
        answer = client.get("/probe/things", params=bad)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] in bad


def test_large_answers_are_compressed(app: Starlette, household: Household) -> None:
    with work(household.scope) as w:
        for number in range(100):
            add_thing(w, f"thing {number}")
    client = client_for(household, app)
    large = client.get("/probe/things", params={"limit": 100}, headers={"Accept-Encoding": "gzip"})
    small = client.get("/household", headers={"Accept-Encoding": "gzip"})
    assert large.headers["content-encoding"] == "gzip"
    assert len(large.json()["items"]) == 100
    assert "content-encoding" not in small.headers


def test_the_same_key_twice_creates_one_thing(app: Starlette, household: Household, new_household) -> None:
    client = client_for(household, app)
    key = {"Idempotency-Key": "k-1"}
    first = client.post("/probe/things", json={"name": "one"}, headers=key)
    again = client.post("/probe/things", json={"name": "one"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = client.post("/probe/things", json={"name": "two"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    stranger = client_for(new_household("Birch"), app).post(
        "/probe/things", json={"name": "one"}, headers=key
    )
    assert stranger.json()["id"] != first.json()["id"]
    assert len(client.get("/probe/things").json()["items"]) == 1
    bad = client.post("/probe/things", json={"name": "x"}, headers={"Idempotency-Key": "with space"})
    assert bad.status_code == 422


def test_a_failed_write_leaves_its_key_free(app: Starlette, household: Household) -> None:
    client = client_for(household, app)
    key = {"Idempotency-Key": "k-2"}
    body = {"name": "one", "fail": True}
    assert client.post("/probe/things", json=body, headers=key).status_code == 500
    assert client.get("/probe/things").json()["items"] == []
    assert client.post("/probe/things", json={"name": "one"}, headers=key).status_code == 201


def test_one_key_sent_ten_times_at_once_creates_one_thing(app: Starlette, household: Household) -> None:
    headers = {"Authorization": f"Bearer {bearer_for(household)}", "Idempotency-Key": "k-3"}
    with new_client(app, **headers) as client, ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: client.post("/probe/things", json={"name": "one"}), range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 9


def test_text_is_stored_as_it_was_typed(app: Starlette) -> None:
    client = signed_up_browser(app=app)
    for name in ("O'Brien", "<script>alert(1)</script>", "Ünï & Co"):
        assert client.patch("/household", json={"name": name}).json()["name"] == name
    assert client.patch("/household", json={"name": "nul\0"}).status_code == 422


def test_documentation_lists_every_route_and_loads_nothing_from_elsewhere(app: Starlette) -> None:
    client = new_client(app)
    document = client.get("/openapi.json").json()
    assert document["servers"] == [{"url": "/api/v1"}]
    assert document["components"]["schemas"]["Problem"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if not path.startswith("/probe"):
                assert operation.get("description"), f"{method} {path}"
    page = client.get("/docs").text + client.get("/docs/docs.js").text + client.get("/docs/docs.css").text
    assert "http://" not in page
    assert "https://" not in page
    assert client.get("/docs/other.js").status_code == 404
    assert client.get("/docs/../app.py").status_code == 404
