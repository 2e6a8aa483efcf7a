"""Callers of the REST API in tests: the application as it is mounted, browsers, and API clients."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from recaller.api.app import API_PREFIX, create_api
from recaller.core.clock import utc_now
from recaller.infra import sessions, tokens
from recaller.infra.work import identity_work
from recaller.services.identity.scopes import password_epoch
from tests.support.households import Household
from tests.support.people import PASSWORD

ORIGIN = "http://localhost:3000"
PAGE_HEADERS = {"Origin": ORIGIN, "X-Recaller-CSRF": "1"}


def mounted_api() -> Starlette:
    """The API under its prefix, as the composition root serves it."""
    return Starlette(routes=[Mount(API_PREFIX, app=create_api())])


def new_client(app: Starlette | None = None, *, ip: str = "192.0.2.7", **headers: str) -> TestClient:
    """A caller without credentials; paths are relative to the API. Answers of unforeseen errors come back."""
    return TestClient(
        app or mounted_api(),
        base_url=f"{ORIGIN}{API_PREFIX}",
        headers=headers,
        client=(ip, 50000),
        raise_server_exceptions=False,
        follow_redirects=False,
    )


def browser(app: Starlette | None = None) -> TestClient:
    """A browser on one of our pages, signed in nowhere."""
    return new_client(app, **PAGE_HEADERS)


def sign_up_body(email: str, **more: object) -> dict[str, object]:
    """What the sign-up form posts."""
    return {"email": email, "password": PASSWORD, "display_name": "Ann"} | more


def signed_up_browser(email: str = "ann@example.org", app: Starlette | None = None) -> TestClient:
    """A browser whose user has just signed up, with a household of their own."""
    client = browser(app)
    answer = client.post("/auth/sign-up", json=sign_up_body(email))
    assert answer.status_code == 201, answer.text
    return client


def bearer_for(household: Household) -> str:
    """An access token of the household's first member, without hashing any password."""
    with identity_work() as reading:
        row = reading.call("SELECT changed_at FROM auth_user(:user)", user=household.user_id)[0]
    session = sessions.create_session(
        tokens.new_session_id(),
        user_id=household.user_id,
        kind=sessions.SessionKind.TOKEN,
        tenant_id=household.tenant_id,
        password_epoch=password_epoch(row.changed_at),
        user_agent="tests",
        ip="192.0.2.7",
        now=utc_now(),
    )
    claims = tokens.AccessClaims(household.user_id, session.id, household.tenant_id)
    return tokens.issue_access_token(claims, utc_now())


def client_for(household: Household, app: Starlette | None = None) -> TestClient:
    """An API client that acts as the household's first member."""
    return new_client(app, Authorization=f"Bearer {bearer_for(household)}")
