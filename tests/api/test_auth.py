"""Signing in over HTTP: cookies for pages, tokens for clients, and who is refused."""

from __future__ import annotations

import jwt
import pytest
from starlette.testclient import TestClient

from recaller.settings import Settings, override_settings
from tests.support.api import (
    ORIGIN,
    PAGE_HEADERS,
    browser,
    mounted_api,
    new_client,
    sign_up_body,
    signed_up_browser,
)
from tests.support.people import PASSWORD


def sign_in(
    client: TestClient, email: str = "ann@example.org", password: str = PASSWORD, mode: str = "cookie"
):
    return client.post("/auth/sign-in", json={"email": email, "password": password, "mode": mode})


def test_sign_up_in_a_browser_sets_a_cookie_that_scripts_cant_read(database: Settings) -> None:
    client = browser()
    assert client.get("/auth/options").json() == {"open": True, "first": True}
    answer = client.post("/auth/sign-up", json=sign_up_body("ann@example.org", base_currency="EUR"))
    assert answer.status_code == 201
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert answer.json()["tokens"] is None
    me = client.get("/me").json()
    assert me["super_admin"] is True
    assert me["memberships"][0]["base_currency"] == "EUR"
    assert client.get("/auth/options").json()["first"] is False


def test_https_cookies_are_secure_and_bound_to_the_host(database: Settings) -> None:
    secure = database.model_copy(update={"public_url": "https://money.example.org"})
    with override_settings(secure):
        client = new_client(Origin="https://money.example.org", **{"X-Recaller-CSRF": "1"})
        answer = client.post("/auth/sign-up", json=sign_up_body("ann@example.org"))
        assert answer.headers["set-cookie"].startswith("__Host-recaller_session=")
        assert "Secure" in answer.headers["set-cookie"]
        assert answer.headers["strict-transport-security"]


def test_unknown_user_and_wrong_password_get_the_same_document(database: Settings) -> None:
    signed_up_browser()
    answers = [sign_in(browser(), "nobody@example.org"), sign_in(browser(), password="wrong-password-1")]
    assert [answer.status_code for answer in answers] == [401, 401]
    documents = [{**answer.json(), "request_id": ""} for answer in answers]
    assert documents[0] == documents[1]
    assert documents[0]["code"] == "sign_in_failed"
    assert all("set-cookie" not in answer.headers for answer in answers)


def test_the_sixth_sign_in_in_a_minute_gets_429_from_either_server(database: Settings) -> None:
    signed_up_browser()
    one, other = browser(mounted_api()), browser(mounted_api())
    for turn in range(5):
        assert sign_in(one if turn % 2 else other, password="wrong-password-1").status_code == 401
    for server in (one, other):
        answer = sign_in(server)
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert answer.json()["code"] == "rate_limited"


def test_forwarded_addresses_count_only_behind_trusted_proxies(database: Settings) -> None:
    signed_up_browser()
    for turn in range(5):
        sign_in(
            new_client(**PAGE_HEADERS, **{"X-Forwarded-For": f"198.51.100.{turn}"}),
            password="wrong-password-1",
        )
    assert sign_in(new_client(**PAGE_HEADERS, **{"X-Forwarded-For": "198.51.100.77"})).status_code == 429
    with override_settings(database.model_copy(update={"trusted_proxy_hops": 1})):
        spoofed = {"X-Forwarded-For": "192.0.2.7, 198.51.100.77"}
        assert sign_in(new_client(**PAGE_HEADERS, **spoofed)).status_code == 200


def test_without_redis_people_sign_in_and_work(database: Settings) -> None:
    client = signed_up_browser()
    with override_settings(database.model_copy(update={"redis_url": "unix:///nonexistent/redis.sock"})):
        assert sign_in(browser()).status_code == 200
        assert client.get("/me").status_code == 200
        assert client.get("/accounts").status_code == 200
        assert client.get("/health").status_code == 200


def test_tokens_refresh_and_reuse_ends_the_session(database: Settings) -> None:
    signed_up_browser()
    first = sign_in(new_client(), mode="token").json()["tokens"]
    claims = jwt.decode(first["access_token"], options={"verify_signature": False})
    assert set(claims) == {"iss", "aud", "sub", "sid", "tenant", "iat", "exp", "jti"}
    assert claims["exp"] - claims["iat"] == first["expires_in_seconds"] == 900
    client = new_client()
    second = client.post("/auth/refresh", json={"refresh_token": first["refresh_token"]}).json()
    third = client.post("/auth/refresh", json={"refresh_token": second["refresh_token"]}).json()
    headers = {"Authorization": f"Bearer {third['access_token']}"}
    assert client.get("/me", headers=headers).status_code == 200
    reused = client.post("/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert (reused.status_code, reused.json()["code"]) == (401, "refresh_reused")
    assert client.get("/me", headers=headers).status_code == 401
    assert client.post("/auth/refresh", json={"refresh_token": third["refresh_token"]}).status_code == 401


def test_ending_a_session_in_one_browser_ends_it_in_the_other(database: Settings) -> None:
    here = signed_up_browser()
    there = browser()
    there_id = sign_in(there).json()["session_id"]
    assert there.get("/me").status_code == 200
    assert {session["id"] for session in here.get("/auth/sessions").json()} > {there_id}
    assert here.delete(f"/auth/sessions/{there_id}").status_code == 204
    answer = there.get("/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
    assert here.delete(f"/auth/sessions/{there_id}").status_code == 404
    sign_in(there)
    assert here.post("/auth/sessions/end-others").json() == {"ended": 1}
    assert there.get("/me").status_code == 401


def test_signing_out_ends_the_session_even_for_a_kept_cookie(database: Settings) -> None:
    client = signed_up_browser()
    kept = client.cookies["recaller_session"]
    assert client.post("/auth/sign-out").status_code == 204
    assert "recaller_session" not in client.cookies
    assert new_client(Cookie=f"recaller_session={kept}").get("/me").status_code == 401


def test_changing_the_password_over_http(database: Settings) -> None:
    here = signed_up_browser()
    there = browser()
    sign_in(there)
    body = {"current_password": "wrong-password-1", "new_password": "another fine phrase"}
    refused = here.post("/auth/password", json=body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "current_password"
    assert here.post("/auth/password", json=body | {"current_password": PASSWORD}).json() == {"ended": 1}
    assert here.get("/me").status_code == 200
    assert there.get("/me").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": ORIGIN},
        {"X-Recaller-CSRF": "1"},
        {"Origin": "https://evil.example", "X-Recaller-CSRF": "1"},
        {"Origin": "null", "X-Recaller-CSRF": "1"},
    ],
)
def test_a_call_that_another_site_could_make_is_refused(database: Settings, headers: dict[str, str]) -> None:
    client = signed_up_browser()
    kept = client.cookies["recaller_session"]
    forger = new_client(Cookie=f"recaller_session={kept}", **headers)
    assert forger.post("/auth/sessions/end-others").status_code == 403
    assert forger.post("/auth/sign-out").status_code == 403
    assert forger.patch("/household", json={"name": "Stolen"}).status_code == 403
    assert sign_in(new_client(**headers)).status_code == 403
    assert client.get("/household").json()["name"] == "Home"


def test_a_cross_site_form_post_is_refused(database: Settings) -> None:
    client = signed_up_browser()
    forger = new_client(
        Cookie=f"recaller_session={client.cookies['recaller_session']}", Origin="https://evil.example"
    )
    form = forger.post("/auth/sessions/end-others", data={"x": "1"})
    plain = forger.post("/invitations", content='{"email":"a@b.de"}', headers={"Content-Type": "text/plain"})
    assert (form.status_code, plain.status_code) == (403, 403)


def test_a_listed_origin_gets_cors_and_an_unlisted_none(database: Settings) -> None:
    settings = database.model_copy(update={"extra_allowed_origins": ("https://app.example.org",)})
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    with override_settings(settings):
        client = new_client()
        listed = client.options("/auth/sign-in", headers={"Origin": "https://app.example.org", **preflight})
        assert listed.status_code == 200
        assert listed.headers["access-control-allow-origin"] == "https://app.example.org"
        for origin in (
            "https://evil.example",
            "https://app.example.org.evil.example",
            "http://app.example.org",
        ):
            for answer in (
                client.options("/auth/sign-in", headers={"Origin": origin, **preflight}),
                client.get("/auth/options", headers={"Origin": origin}),
                client.post("/auth/sign-in", json={}, headers={"Origin": origin}),
            ):
                assert answer.status_code == 403
                assert answer.json()["code"] == "origin_refused"
                assert "access-control-allow-origin" not in answer.headers


def test_switching_households_moves_tokens_and_cookies(database: Settings) -> None:
    client = signed_up_browser()
    home = client.get("/me").json()["tenant_id"]
    cabin = client.post("/auth/tenants", json={"name": "Cabin", "base_currency": "EUR"}).json()
    assert cabin["access_token"] is None
    assert client.get("/household").json()["name"] == "Cabin"
    client.post("/auth/tenant", json={"tenant_id": home})
    assert client.get("/household").json()["name"] == "Home"
    tokens = sign_in(new_client(), mode="token").json()["tokens"]
    api = new_client(Authorization=f"Bearer {tokens['access_token']}")
    moved = api.post("/auth/tenant", json={"tenant_id": cabin["tenant_id"]}).json()
    headers = {"Authorization": f"Bearer {moved['access_token']}"}
    assert api.get("/household", headers=headers).json()["name"] == "Cabin"
    assert api.get("/household", headers={"X-Tenant-ID": cabin["tenant_id"]}).json()["name"] == "Cabin"


def test_a_foreign_tenant_header_gets_403(database: Settings) -> None:
    ann, bob = signed_up_browser(), signed_up_browser("bob@example.org")
    foreign = ann.get("/me").json()["tenant_id"]
    for method, path in (("GET", "/household"), ("GET", "/members"), ("PATCH", "/household")):
        answer = bob.request(method, path, headers={"X-Tenant-ID": foreign}, json={"name": "x"})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_a_member")
    assert bob.post("/auth/tenant", json={"tenant_id": foreign}).status_code == 403
    answer = bob.get("/household", headers={"X-Tenant-ID": "not-an-id"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0] | {"message": ""} == {
        "field": "x-tenant-id",
        "place": "header",
        "message": "",
    }


def test_inviting_over_http(database: Settings) -> None:
    ann, bob, eve = signed_up_browser(), browser(), browser()
    made = ann.post("/invitations", json={"email": "bob@example.org"}).json()
    assert ann.get("/invitations").json()[0]["token"] is None
    assert eve.post("/auth/invitation", json={"token": made["token"]}).json()["tenant_name"] == "Home"
    stranger = eve.post("/auth/sign-up", json=sign_up_body("eve@example.org", invitation=made["token"]))
    assert stranger.status_code == 404
    joined = bob.post("/auth/sign-up", json=sign_up_body("bob@example.org", invitation=made["token"]))
    assert joined.status_code == 201
    assert joined.json()["tenant_id"] == ann.get("/me").json()["tenant_id"]
    assert bob.post("/invitations", json={"email": "eve@example.org"}).status_code == 403
    members = ann.get("/members").json()
    assert [member["role"] for member in members] == ["admin", "user"]
    bob_id = members[1]["user_id"]
    assert ann.patch(f"/members/{bob_id}", json={"active": False}).json()["active"] is False
    assert bob.get("/household").status_code == 403
    assert ann.delete(f"/members/{bob_id}").status_code == 204
    last = ann.delete(f"/members/{members[0]['user_id']}")
    assert (last.status_code, last.json()["code"]) == (409, "last_admin")


def test_members_of_another_household_cant_be_reached(database: Settings) -> None:
    ann, bob = signed_up_browser(), signed_up_browser("bob@example.org")
    ann_id = ann.get("/me").json()["user_id"]
    invitation = ann.post("/invitations", json={"email": "eve@example.org"}).json()["id"]
    assert bob.patch(f"/members/{ann_id}", json={"role": "user"}).status_code == 404
    assert bob.delete(f"/members/{ann_id}").status_code == 404
    assert bob.delete(f"/invitations/{invitation}").status_code == 404
    session = ann.get("/auth/sessions").json()[0]["id"]
    assert bob.delete(f"/auth/sessions/{session}").status_code == 404
    assert ann.get("/me").status_code == 200


def test_preferences_survive_the_next_sign_in(database: Settings) -> None:
    client = signed_up_browser()
    wanted = {"locale": "de_DE", "time_zone": "Europe/Berlin", "theme": "dark", "first_weekday": 6}
    assert client.patch("/me", json=wanted).status_code == 204
    again = browser()
    sign_in(again)
    assert again.get("/me").json()["preferences"] == wanted
