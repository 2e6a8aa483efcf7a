"""RQ Dashboard behind its wall: who gets in, what may be changed from where, and that it can read our jobs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from rq import Queue, SimpleWorker
from rq.registry import FailedJobRegistry
from rq.serializers import DefaultSerializer, JSONSerializer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from recaller.api.operations import Operations
from recaller.core.scope import Role
from recaller.infra import queue_dashboard
from recaller.infra.queue import queue_named, redis_connection
from recaller.settings import Settings
from tests.support.people import cookie, joined, sign_up_person

HTML = {"Accept": "text/html,application/xhtml+xml"}
POST = {"Origin": "http://localhost:3000", "X-Requested-With": "XMLHttpRequest"}
PATHS = (
    "/ops/rq", "/ops/rq/", "/ops/rq/0/view/jobs", "/ops/rq/0/data/queues.json", "/ops/rq/static/js/x.js",
    "/ops/rq//0/data/workers.json", "/ops/rq/nowhere",
)  # fmt: skip
Caller = Callable[[str | None], TestClient]


@pytest.fixture
def people(database: Settings) -> dict[str, str | None]:
    """The cookies of a super administrator, an administrator, a member, and of nobody."""
    operator = sign_up_person("ann@example.org")
    other = sign_up_person("ben@example.org")
    member = sign_up_person("cleo@example.org")
    joined(other, member, "cleo@example.org", Role.USER)
    return {
        "super administrator": cookie(operator),
        "administrator": cookie(other),
        "member": cookie(member),
        "stranger": None,
        "liar": "recaller_session=made-up",
    }


@pytest.fixture
def call(people: dict[str, str | None]) -> Caller:
    async def nothing(request: Request) -> Response:
        return PlainTextResponse("not found", status_code=404)

    app = Operations(Starlette(routes=[Route("/{path:path}", nothing, methods=["GET", "POST"])]))

    def as_person(name: str | None) -> TestClient:
        jar = people[name or "stranger"]
        headers = {} if jar is None else {"Cookie": jar}
        return TestClient(app, base_url="http://localhost:3000", headers=headers, follow_redirects=False)

    return as_person


@pytest.fixture
def operator(call: Caller) -> TestClient:
    return call("super administrator")


def test_nobody_else_finds_anything(call: Caller) -> None:
    for name in ("administrator", "member", "stranger", "liar"):
        client = call(name)
        for path in PATHS:
            assert client.get(path).status_code == 404, (name, path)
            assert client.post(path, headers=POST).status_code == 404, (name, path)
            page = client.get(path, headers=HTML)
            if name == "stranger":
                assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=%2Fops%2Frq")
            else:
                assert (page.status_code, page.text) == (404, "not found")


def test_a_super_administrator_sees_queues_jobs_and_workers(operator: TestClient) -> None:
    done = queue_named("default").enqueue("time.sleep", 0)
    broken = queue_named("default").enqueue("time.sleep", "no number")
    waiting = queue_named("bulk").enqueue("time.sleep", 5)
    tick = Queue("ticks", connection=redis_connection()).enqueue("time.sleep", 0)
    for name, serializer in (("default", JSONSerializer), ("ticks", DefaultSerializer)):
        queue = Queue(name, connection=redis_connection(), serializer=serializer)
        SimpleWorker([queue], connection=redis_connection(), serializer=serializer).work(burst=True)
    # Two workers in the middle of a job, as they would register themselves.
    for name, serializer, job in (("bulk", JSONSerializer, waiting), ("ticks", DefaultSerializer, tick)):
        queue = Queue(name, connection=redis_connection(), serializer=serializer)
        worker = SimpleWorker([queue], connection=redis_connection(), serializer=serializer)
        worker.register_birth()
        worker.prepare_execution(job)
    for page in (
        "/ops/rq",
        "/ops/rq/",
        "/ops/rq/0/view/jobs",
        "/ops/rq/0/view/workers",
    ):
        answer = operator.get(page, headers=HTML)
        assert answer.status_code == 200, page
        assert "RQ-dashboard" in answer.text
        assert "unix://" not in answer.text
    home = operator.get("/ops/rq/0/view/queues", headers=HTML)
    assert (home.status_code, home.headers["location"]) == (308, "http://localhost:3000/ops/rq/")
    counts = {one["name"]: one for one in operator.get("/ops/rq/0/data/queues.json").json()["queues"]}
    assert counts["bulk"]["count"] == 1
    assert counts["default"]["failed_job_registry_count"] == 1
    assert counts["default"]["failed_url"].startswith("/ops/rq/0/view/jobs/default/failed")
    for queue_name, registry, job in (
        ("default", "finished", done), ("default", "failed", broken), ("bulk", "queued", waiting),
        ("ticks", "finished", tick),
    ):  # fmt: skip
        listed = operator.get(f"/ops/rq/0/data/jobs/{queue_name}/{registry}/8/asc/1.json").json()["jobs"]
        assert [one["id"] for one in listed] == [job.id], registry
        detail = operator.get(f"/ops/rq/0/data/job/{job.id}.json")
        assert detail.json()["origin"] == queue_name
        assert operator.get(f"/ops/rq/0/view/job/{job.id}", headers=HTML).status_code == 200
    workers = operator.get("/ops/rq/0/data/workers.json").json()["workers"]
    assert sorted(one["current_job"]["call_string"] for one in workers) == ["time.sleep(0)", "time.sleep(5)"]
    assert operator.get("/ops/rq/static/js/jquery-3.5.1.min.js").status_code == 200


def test_changes_come_from_the_page_itself_or_not_at_all(operator: TestClient) -> None:
    job = queue_named("default").enqueue("time.sleep", "no number")
    SimpleWorker([queue_named("default")], connection=redis_connection(), serializer=JSONSerializer).work(
        burst=True
    )
    path = f"/ops/rq/job/{job.id}/requeue"
    for headers in (
        {},
        {"Origin": "http://localhost:3000"},
        POST | {"Origin": "https://elsewhere.example"},
        {"X-Requested-With": "XMLHttpRequest"},
    ):
        assert operator.post(path, headers=headers).status_code == 403
    assert operator.get("/ops/rq/requeue/default", headers=POST).status_code == 403
    registry = FailedJobRegistry("default", connection=redis_connection())
    assert registry.get_job_ids() == [job.id]
    assert operator.post(path, headers=POST).json() == {"status": "OK"}
    assert registry.get_job_ids() == []
    assert operator.post(f"/ops/rq/job/{job.id}/delete", headers=POST).json() == {"status": "OK"}
    assert queue_named("default").job_ids == []


def test_without_redis_it_says_so(operator: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def ping(self) -> None:
            raise RedisConnectionError("connection refused")

    monkeypatch.setattr(queue_dashboard, "asking_connection", Away)
    answer = operator.get("/ops/rq/", headers=HTML)
    assert answer.status_code == 503
    assert "goes on by itself" in answer.text
    assert "refused" not in answer.text


def test_a_pickle_names_nothing_here() -> None:
    import pickle

    assert queue_dashboard.ReadingSerializer.loads(pickle.dumps(("f", None, (1,), {}))) == (
        "f",
        None,
        (1,),
        {},
    )
    with pytest.raises(pickle.UnpicklingError, match="not read here"):
        queue_dashboard.ReadingSerializer.loads(pickle.dumps(print))
