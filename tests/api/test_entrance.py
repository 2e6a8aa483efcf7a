"""Who comes to which page: strangers to sign in, and back to what they wanted, never to another site."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from recaller.api.entrance import Entrance, safe_target
from recaller.settings import Settings
from tests.support.people import cookie, sign_up_person

PAGES = ("/", "/settings", "/accounts/[account_id]", "/sign-in", "/sign-up", "/join")
HTML = {"Accept": "text/html,application/xhtml+xml"}
Visit = Callable[..., Response]


@pytest.fixture
def visit(database: Settings) -> Visit:
    async def served(request: Request) -> Response:
        return PlainTextResponse(f"served {request.scope['path']}")

    app = Starlette(routes=[Route("/{path:path}", served)])
    client = TestClient(Entrance(app, PAGES), base_url="http://localhost:3000", follow_redirects=False)

    def go(path: str, **headers: str) -> Response:
        return client.get(path, headers={**HTML, **headers})

    return go


def test_the_first_visitor_signs_up(visit: Visit) -> None:
    for path in ("/", "/sign-in"):
        assert visit(path).headers["location"] == "/sign-up"
    assert visit("/sign-up").text == "served /sign-up/"


def test_strangers_sign_in_and_come_back(visit: Visit) -> None:
    sign_up_person("ann@example.org")
    assert visit("/").headers["location"] == "/sign-in"
    answer = visit("/settings?a=b&c=d")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fsettings%3Fa%3Db%26c%3Dd"
    assert answer.headers["cache-control"] == "no-store"
    assert visit("/sign-in").text == "served /sign-in/"


def test_signed_in_people_get_their_page_at_its_address(visit: Visit) -> None:
    jar = cookie(sign_up_person("ann@example.org"))
    assert visit("/", cookie=jar).text == "served /"
    assert visit("/settings", cookie=jar).text == "served /settings/"
    assert visit("/accounts/0193f1d2", cookie=jar).text == "served /__spa-fallback.html"
    assert visit("/nowhere", cookie=jar).text == "served /nowhere"
    assert visit("/sign-in?next=/settings", cookie=jar).headers["location"] == "/settings"
    assert visit("/sign-in?next=//elsewhere.example", cookie=jar).headers["location"] == "/"


def test_an_ended_session_leads_to_no_loop(visit: Visit) -> None:
    sign_up_person("ann@example.org")
    jar = "recaller_session=never-was"
    assert visit("/settings", cookie=jar).text == "served /settings/"
    assert visit("/sign-in", cookie=jar).text == "served /sign-in/"


def test_what_is_no_page_passes(visit: Visit) -> None:
    for path in ("/api/v1/me", "/assets/x-1.js", "/favicon.svg", "/_event", "/health", "/join"):
        assert visit(path).status_code == 200
    assert visit("/settings", Accept="application/json").status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "", None, "settings", "/a\nb", "//elsewhere", "https://elsewhere", "/\\elsewhere", "/sign-in?next=/x",
        "/" + "x" * 3000,
    ],
)  # fmt: skip
def test_only_paths_of_this_site_are_targets(target: str | None) -> None:
    assert safe_target(target) == "/"


def test_a_path_with_its_query_is_a_target() -> None:
    assert (
        safe_target("/transactions?kind=expense&from=2026-11-01")
        == "/transactions?kind=expense&from=2026-11-01"
    )
