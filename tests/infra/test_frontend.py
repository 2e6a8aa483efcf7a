"""The front end is built again exactly when something that it is made of changed, and cached as it may be."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from recaller.infra import frontend
from recaller.infra.static_cache import StaticCacheHeaders
from recaller.settings import Settings


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkout, and a build that only writes its page and, as Reflex does, the package lock."""
    for name in (
        "recaller/pages/home.py",
        "recaller/api/users.py",
        "recaller/infra/same_origin.py",
        "rxconfig.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1")
    (tmp_path / "requirements.lock").write_text("1")
    monkeypatch.setattr(frontend, "CHECKOUT", tmp_path)
    monkeypatch.setattr(frontend, "STATIC_DIRECTORY", tmp_path / ".web" / "build" / "client")
    monkeypatch.setattr(frontend, "_STAMP", tmp_path / ".web" / "recaller.stamp")
    monkeypatch.setattr(frontend, "_PRIVATE_DIRECTORY", tmp_path / ".reflex")

    def build(_settings: Settings) -> None:
        frontend.STATIC_DIRECTORY.mkdir(parents=True, exist_ok=True)
        (frontend.STATIC_DIRECTORY / "index.html").write_text("page")
        (tmp_path / "reflex.lock").mkdir(exist_ok=True)
        (tmp_path / "reflex.lock" / "bun.lock").write_text("locked")

    monkeypatch.setattr(frontend, "_build", build)
    return tmp_path


@pytest.fixture
def settings() -> Settings:
    return Settings(_env_file=None, environment="test")


def test_a_build_happens_once(checkout: Path, settings: Settings) -> None:
    assert frontend.ensure_frontend(settings)
    assert not frontend.ensure_frontend(settings)


@pytest.mark.parametrize(
    ("changed", "builds"),
    [
        ("recaller/pages/home.py", True),
        ("recaller/pages/new.py", True),
        ("assets/styles/app.css", True),
        ("requirements.lock", True),
        ("reflex.lock/bun.lock", True),
        ("rxconfig.py", True),
        ("recaller/api/users.py", False),
        ("assets/external/link.js", False),
    ],
)
def test_what_pages_are_made_of_decides(
    checkout: Path, settings: Settings, changed: str, *, builds: bool
) -> None:
    frontend.ensure_frontend(settings)
    path = checkout / changed
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("2")
    assert frontend.ensure_frontend(settings) is builds


def test_a_build_that_failed_or_vanished_is_made_again(
    checkout: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    frontend.ensure_frontend(settings)
    (frontend.STATIC_DIRECTORY / "index.html").unlink()
    build = frontend._build

    def fail(_settings: Settings) -> None:
        raise frontend.BuildError("no network")

    monkeypatch.setattr(frontend, "_build", fail)
    with pytest.raises(frontend.BuildError):
        frontend.ensure_frontend(settings)
    monkeypatch.setattr(frontend, "_build", build)
    assert frontend.ensure_frontend(settings)


def test_nothing_calls_home(settings: Settings) -> None:
    environment = frontend.serving_environment(settings)
    assert environment["REFLEX_TELEMETRY_ENABLED"] == "false"
    assert environment["REFLEX_CHECK_LATEST_VERSION"] == "false"
    assert environment["DO_NOT_TRACK"] == "1"


def test_hashed_files_are_kept_forever_and_pages_asked_for() -> None:
    async def answer(_request: object) -> PlainTextResponse:
        return PlainTextResponse("x")

    async def private(_request: object) -> PlainTextResponse:
        return PlainTextResponse("x", headers={"cache-control": "no-store"})

    routes = [Route("/assets/a-123.js", answer), Route("/", answer), Route("/api/v1/me", private)]
    client = TestClient(StaticCacheHeaders(Starlette(routes=routes)))
    assert "immutable" in client.get("/assets/a-123.js").headers["cache-control"]
    assert client.get("/assets/gone.js").headers["cache-control"] == "no-cache"
    assert client.get("/").headers["cache-control"] == "no-cache"
    assert client.get("/api/v1/me").headers["cache-control"] == "no-store"
