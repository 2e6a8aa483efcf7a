"""Signing up, in and out against real servers: who gets in, for how long, and who doesn't."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import psycopg
import pytest
from redis import Redis

from recaller.core.clock import utc_now
from recaller.core.errors import RateLimited, Unauthenticated, ValidationFailed
from recaller.core.scope import Role
from recaller.infra import passwords, redis_outage, sessions, tokens
from recaller.infra.work import identity_work, work
from recaller.services import identity
from recaller.services.identity.errors import (
    EmailTaken,
    NotAMember,
    OriginRefused,
    RefreshReused,
    SessionEnded,
    SignInFailed,
    SignUpClosed,
)
from recaller.settings import Settings, libpq_url, override_settings
from tests.support.people import CLIENT, HOME, PASSWORD, cookie, joined, person, sign_up_person, who

ORIGIN = "http://localhost:3000"


def test_first_user_is_super_admin_with_a_stocked_household(database: Settings) -> None:
    first = sign_up_person("ann@example.org")
    second = sign_up_person("bob@example.org")
    assert who(first).super_admin
    assert not who(second).super_admin
    scope = who(first).scope()
    assert scope.role is Role.ADMIN
    with work(scope) as w:
        categories = w.rows("SELECT name FROM account WHERE kind = 'expense'")
        trail = w.rows(
            "SELECT action, entity FROM audit_event WHERE space_id = :space", space=scope.shared_space_id
        )
    assert len(categories) > 10
    assert ("create", "household") in [tuple(row) for row in trail]


def test_sign_up_by_invitation_lets_only_the_first_in(database: Settings) -> None:
    with override_settings(database.model_copy(update={"sign_up": "invite"})):
        assert identity.sign_up_options().first
        sign_up_person("ann@example.org")
        assert not identity.sign_up_options().open
        with pytest.raises(SignUpClosed):
            sign_up_person("bob@example.org")


def test_two_first_sign_ups_at_once_make_one_super_admin(database: Settings) -> None:
    with override_settings(database.model_copy(update={"sign_up": "invite"})), ThreadPoolExecutor(4) as pool:
        tries = [pool.submit(sign_up_person, f"u{n}@example.org") for n in range(4)]
        outcomes = [attempt.exception() for attempt in tries]
    assert outcomes.count(None) == 1
    assert all(outcome is None or isinstance(outcome, SignUpClosed) for outcome in outcomes)


def test_an_address_signs_up_once_whatever_its_case(database: Settings) -> None:
    sign_up_person("ann@example.org")
    with pytest.raises(EmailTaken):
        sign_up_person("Ann@Example.ORG")


@pytest.mark.parametrize(
    "bad", ["short", "password12", "1234567890", "aaaaaaaaaaaa", "ann@example.org", "x" * 201]
)
def test_guessable_passwords_are_refused(database: Settings, bad: str) -> None:
    with pytest.raises(ValidationFailed) as error:
        identity.sign_up(replace(person("ann@example.org"), password=bad), HOME, CLIENT)
    assert error.value.field == "password"


def test_unknown_user_and_wrong_password_get_one_answer(database: Settings) -> None:
    sign_up_person("ann@example.org")
    messages = set()
    for email, password in (
        ("ann@example.org", "wrong-password-1"),
        ("nobody@example.org", PASSWORD),
        ("\0", "x"),
    ):
        with pytest.raises(SignInFailed) as error:
            identity.sign_in(email, password, CLIENT)
        messages.add(error.value.message)
    assert len(messages) == 1


def test_unknown_user_costs_the_same_hash_work(database: Settings) -> None:
    sign_up_person("ann@example.org")
    with patch.object(passwords, "_matches", wraps=passwords._matches) as verified:
        for email in ("ann@example.org", "nobody@example.org"):
            with pytest.raises(SignInFailed):
                identity.sign_in(email, "wrong-password-1", CLIENT)
    assert verified.call_count == 2
    parameters = {call.args[0].rpartition("$")[0].rpartition("$")[0] for call in verified.call_args_list}
    assert len(parameters) == 1


def test_unknown_user_takes_as_long_as_a_wrong_password(database: Settings) -> None:
    sign_up_person("ann@example.org")
    passwords.verify_password(None, "warm up")
    taken: dict[str, list[float]] = {"ann@example.org": [], "nobody@example.org": []}
    for round_number in range(8):
        for email, times in taken.items():
            client = replace(CLIENT, ip=f"203.0.113.{round_number}")
            begun = time.perf_counter()
            with pytest.raises(SignInFailed):
                identity.sign_in(email, "wrong-password-1", client)
            times.append(time.perf_counter() - begun)
    # The least disturbed of each.
    known, unknown = (min(times) for times in taken.values())
    assert 0.5 < known / unknown < 2.0


def test_hashing_is_bounded(database: Settings) -> None:
    running, most = 0, 0
    lock = threading.Lock()
    verify = passwords._HASHER.verify

    class Counting:
        def verify(self, stored: str, candidate: str) -> bool:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            try:
                return verify(stored, candidate)
            finally:
                with lock:
                    running -= 1

    stored = passwords.hash_password(PASSWORD)
    with patch.object(passwords, "_HASHER", Counting()), ThreadPoolExecutor(12) as pool:
        assert all(pool.map(lambda _: passwords.verify_password(stored, PASSWORD), range(12)))
    assert most <= passwords.PARALLEL


def test_a_hash_of_older_parameters_is_renewed_without_ending_sessions(database: Settings) -> None:
    signed = sign_up_person("ann@example.org")
    weak = passwords.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with identity_work() as reading:
        row = reading.call("SELECT * FROM auth_user(:user)", user=signed.user_id)[0]
        reading.call(
            "SELECT auth_rehash_password(:u, :old, :new)", u=signed.user_id, old=row.password_hash, new=weak
        )
    identity.sign_in("ann@example.org", PASSWORD, CLIENT)
    with identity_work() as reading:
        renewed = reading.call("SELECT * FROM auth_user(:user)", user=signed.user_id)[0].password_hash
    assert renewed != weak
    assert not passwords.needs_rehash(renewed)
    assert who(signed).email == "ann@example.org"


def test_the_sixth_sign_in_in_a_minute_waits(database: Settings) -> None:
    sign_up_person("ann@example.org")
    for _ in range(5):
        identity.sign_in("ann@example.org", PASSWORD, CLIENT)
    with pytest.raises(RateLimited) as error:
        identity.sign_in("ann@example.org", PASSWORD, CLIENT)
    assert 1 <= error.value.retry_after_seconds <= 60
    identity.sign_in("ann@example.org", PASSWORD, replace(CLIENT, ip="198.51.100.9"))


def test_signing_in_and_limits_hold_without_redis(database: Settings) -> None:
    signed = sign_up_person("ann@example.org")
    with override_settings(database.model_copy(update={"redis_url": "unix:///nonexistent/redis.sock"})):
        assert who(signed).email == "ann@example.org"
        again = identity.sign_in("ann@example.org", PASSWORD, CLIENT)
        assert len(identity.list_sessions(who(again))) == 2
        for _ in range(4):
            with pytest.raises(SignInFailed):
                identity.sign_in("ann@example.org", "wrong phrase", CLIENT)
        with pytest.raises(RateLimited):
            identity.sign_in("ann@example.org", "wrong phrase", CLIENT)
        identity.sign_out(who(again))
    redis_outage.end()
    with pytest.raises(Unauthenticated):
        who(again)


def test_no_secret_is_kept_readable(database: Settings) -> None:
    browser = sign_up_person("ann@example.org")
    api = identity.sign_in("ann@example.org", PASSWORD, CLIENT, kind=identity.SessionKind.TOKEN)
    assert browser.secret is not None and api.tokens is not None
    with psycopg.connect(libpq_url(database.owner_url)) as connection:
        kept = str(connection.execute("SELECT * FROM sign_in_session").fetchall())
        kept += str(connection.execute("SELECT * FROM credential").fetchall())
    redis = Redis.from_url(database.required_redis_url, decode_responses=True)
    kept += " ".join(redis.keys())
    for secret in (browser.secret, api.tokens.refresh_token, api.tokens.access_token, PASSWORD):
        assert secret not in kept
    assert browser.session_id in kept


def test_ending_a_session_acts_at_once(database: Settings) -> None:
    here = sign_up_person("ann@example.org")
    there = identity.sign_in("ann@example.org", PASSWORD, CLIENT)
    api = identity.sign_in("ann@example.org", PASSWORD, CLIENT, kind=identity.SessionKind.TOKEN)
    assert api.tokens is not None
    listed = identity.list_sessions(who(here))
    assert {session.id for session in listed} == {here.session_id, there.session_id, api.session_id}
    assert [session.id for session in listed if session.current] == [here.session_id]
    identity.end_session(who(here), there.session_id)
    with pytest.raises(SessionEnded):
        who(there)
    assert identity.resolve_access_token(api.tokens.access_token).email == "ann@example.org"
    assert identity.end_other_sessions(who(here)) == 1
    with pytest.raises(SessionEnded):
        identity.resolve_access_token(api.tokens.access_token)
    assert who(here).email == "ann@example.org"
    identity.sign_out(who(here))
    with pytest.raises(SessionEnded):
        who(here)


def test_nobody_ends_another_users_session(database: Settings) -> None:
    ann, bob = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    with pytest.raises(Exception, match="no session"):
        identity.end_session(who(bob), ann.session_id)
    assert who(ann).email == "ann@example.org"


def test_a_session_id_or_another_cookie_doesnt_sign_in(database: Settings) -> None:
    signed = sign_up_person("ann@example.org")
    for value in (signed.session_id, "", "x" * 5000, "a=b; recaller_session"):
        with pytest.raises(Unauthenticated):
            identity.resolve_cookie(f"recaller_session={value}")


def test_an_idle_session_runs_out(database: Settings) -> None:
    signed = sign_up_person("ann@example.org")
    life = timedelta(seconds=database.refresh_token_seconds)
    half = utc_now() + life / 2
    assert identity.resolve_cookie(cookie(signed), clock=lambda: half).user_id == signed.user_id
    # Used at half its life, it lives on from there.
    later = half + life - timedelta(minutes=1)
    assert identity.resolve_cookie(cookie(signed), clock=lambda: later).user_id == signed.user_id
    with pytest.raises(SessionEnded):
        identity.resolve_cookie(cookie(signed), clock=lambda: later + life + timedelta(minutes=2))


def test_a_session_ends_after_half_a_year_whatever_its_use(database: Settings) -> None:
    signed = sign_up_person("ann@example.org")
    week = timedelta(days=7)
    now = utc_now()
    for weeks in range(1, 25):
        identity.resolve_cookie(cookie(signed), clock=lambda weeks=weeks: now + weeks * week)
    assert sessions.forget_expired(now + 25 * week) == 0
    much_later = utc_now() + timedelta(seconds=sessions.MAX_AGE_SECONDS + 1)
    with pytest.raises(SessionEnded):
        identity.resolve_cookie(cookie(signed), clock=lambda: much_later)
    assert sessions.forget_expired(much_later) == 1


def test_a_page_of_another_site_is_refused(database: Settings) -> None:
    signed = sign_up_person("ann@example.org")
    assert identity.resolve_browser_scope(cookie(signed), ORIGIN).user_id == signed.user_id
    for origin in ("https://evil.example", "null", None, "http://localhost:3000.evil.example"):
        with pytest.raises(OriginRefused):
            identity.resolve_browser_scope(cookie(signed), origin)


def test_changing_the_password_ends_the_other_sessions(database: Settings) -> None:
    here = sign_up_person("ann@example.org")
    there = identity.sign_in("ann@example.org", PASSWORD, CLIENT)
    with pytest.raises(ValidationFailed) as error:
        identity.change_password(who(here), "wrong-password-1", "another fine phrase")
    assert error.value.field == "current_password"
    assert identity.change_password(who(here), PASSWORD, "another fine phrase") == 1
    assert who(here).email == "ann@example.org"
    with pytest.raises(SessionEnded):
        who(there)
    with pytest.raises(SignInFailed):
        identity.sign_in("ann@example.org", PASSWORD, CLIENT)
    identity.sign_in("ann@example.org", "another fine phrase", CLIENT)


def test_a_new_password_ends_sessions_even_if_they_stay_in_redis(database: Settings) -> None:
    signed = sign_up_person("ann@example.org")
    with identity_work() as writing:
        writing.call("SELECT auth_change_password(:u, 'another')", u=signed.user_id)
    with pytest.raises(SessionEnded):
        who(signed)


def test_refresh_rotates_and_reuse_ends_the_family(database: Settings) -> None:
    sign_up_person("ann@example.org")
    signed = identity.sign_in("ann@example.org", PASSWORD, CLIENT, kind=identity.SessionKind.TOKEN)
    first = signed.tokens
    assert first is not None
    second = identity.refresh_tokens(first.refresh_token, CLIENT)
    third = identity.refresh_tokens(second.refresh_token, CLIENT)
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    with pytest.raises(RefreshReused):
        identity.refresh_tokens(first.refresh_token, CLIENT)
    with pytest.raises(SessionEnded):
        identity.resolve_access_token(third.access_token)
    with pytest.raises(SessionEnded):
        identity.refresh_tokens(third.refresh_token, CLIENT)


def test_two_tabs_that_refresh_at_once_get_the_same_token(database: Settings) -> None:
    sign_up_person("ann@example.org")
    signed = identity.sign_in("ann@example.org", PASSWORD, CLIENT, kind=identity.SessionKind.TOKEN)
    assert signed.tokens is not None
    token = signed.tokens.refresh_token
    with ThreadPoolExecutor(4) as pool:
        pairs = list(pool.map(lambda _: identity.refresh_tokens(token, CLIENT), range(4)))
    assert len({pair.refresh_token for pair in pairs}) == 1
    later = utc_now() + timedelta(seconds=sessions.REFRESH_GRACE_SECONDS + 1)
    with pytest.raises(RefreshReused):
        identity.refresh_tokens(token, CLIENT, clock=lambda: later)
    with pytest.raises(SessionEnded):
        identity.refresh_tokens(pairs[0].refresh_token, CLIENT)


def test_a_made_up_refresh_token_ends_nothing(database: Settings) -> None:
    sign_up_person("ann@example.org")
    signed = identity.sign_in("ann@example.org", PASSWORD, CLIENT, kind=identity.SessionKind.TOKEN)
    assert signed.tokens is not None
    for forged in (
        f"rr1.{signed.session_id}.1.AAAA",
        f"rr1.{signed.session_id}.7.AAAA",
        "rr1.x",
        "",
        "a" * 500,
    ):
        with pytest.raises(Unauthenticated):
            identity.refresh_tokens(forged, CLIENT)
    assert identity.refresh_tokens(signed.tokens.refresh_token, CLIENT).refresh_token


def test_access_tokens_are_bound_to_key_time_and_purpose(database: Settings) -> None:
    sign_up_person("ann@example.org")
    signed = identity.sign_in("ann@example.org", PASSWORD, CLIENT, kind=identity.SessionKind.TOKEN)
    claims = tokens.AccessClaims(signed.user_id, signed.session_id, signed.tenant_id)
    old = tokens.issue_access_token(claims, utc_now() - timedelta(seconds=database.access_token_seconds + 60))
    header, payload, signature = tokens.issue_access_token(claims, utc_now()).split(".")
    unsigned = tokens.jwt.encode({"sub": str(signed.user_id)}, "", algorithm="none")
    stranger = tokens.jwt.encode({"sub": str(signed.user_id)}, database.signing_key, algorithm="HS256")
    for bad in (old, f"{header}.{payload}.{signature[::-1]}", unsigned, stranger, "x", ""):
        with pytest.raises(tokens.InvalidToken):
            identity.resolve_access_token(bad)


def test_a_blocked_user_is_out_at_once(database: Settings, servers: object) -> None:
    from tests.conftest import administer

    signed = sign_up_person("ann@example.org")
    assert who(signed)
    name = database.owner_url.partition("?")[0].rpartition("/")[2]
    administer(servers, "UPDATE app_user SET active = false", database=name)  # type: ignore[arg-type]
    with pytest.raises(SessionEnded):
        who(signed)
    with pytest.raises(SignInFailed):
        identity.sign_in("ann@example.org", PASSWORD, CLIENT)


def test_switching_households_needs_a_membership(database: Settings) -> None:
    ann, bob = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    assert ann.tenant_id is not None
    with pytest.raises(NotAMember):
        identity.switch_tenant(who(bob), ann.tenant_id)
    with pytest.raises(NotAMember):
        who(bob).scope(ann.tenant_id)
    joined(ann, bob, "bob@example.org")
    assert who(bob).tenant_id == ann.tenant_id
    assert who(bob).scope().role is Role.USER
    assert bob.tenant_id is not None
    identity.switch_tenant(who(bob), bob.tenant_id)
    assert who(bob).scope().role is Role.ADMIN


def test_a_second_household_can_be_opened(database: Settings) -> None:
    ann = sign_up_person("ann@example.org")
    second = identity.create_household(who(ann), identity.NewHousehold("Cabin", "EUR"))
    found = who(ann)
    assert found.tenant_id == second
    assert [membership.tenant_name for membership in found.memberships] == ["Home", "Cabin"]
    assert found.scope().base_currency == "EUR"


def test_profile_and_household_settings_last(database: Settings) -> None:
    ann = sign_up_person("ann@example.org")
    with work(who(ann).scope()) as w:
        identity.update_profile(
            w,
            identity.ProfileChange(
                display_name=" Ann  O'Brien ",
                locale="de-DE",
                time_zone="Europe/Berlin",
                theme="dark",
                first_weekday=6,
            ),
        )
        identity.update_household(w, identity.HouseholdChange(base_currency="eur", name="Nest"))
    again = identity.sign_in("ann@example.org", PASSWORD, CLIENT)
    profile = identity.read_profile(who(again))
    assert profile.display_name == "Ann O'Brien"
    assert profile.preferences == identity.Preferences("de_DE", "Europe/Berlin", "dark", 6)
    assert who(again).scope().base_currency == "EUR"
    for change, field in (
        (identity.ProfileChange(time_zone="Mars/Olympus"), "time_zone"),
        (identity.ProfileChange(locale="zz_ZZ"), "locale"),
        (identity.ProfileChange(theme="pink"), "theme"),
        (identity.ProfileChange(first_weekday=7), "first_weekday"),
        (identity.ProfileChange(display_name=" "), "display_name"),
    ):
        with pytest.raises(ValidationFailed) as error, work(who(again).scope()) as w:
            identity.update_profile(w, change)
        assert error.value.field == field
