"""Channels and preferences: confirmed, tested, kept secret, and each person's own."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import UUID

import pytest

from recaller.core.errors import Conflict, Forbidden, NotFound, RateLimited, ValidationFailed
from recaller.core.ids import new_id
from recaller.core.scope import Scope
from recaller.domain.quiet_hours import Schedule
from recaller.infra.outbound import is_public
from recaller.infra.work import work
from recaller.services.notifications import (
    KINDS,
    ChannelChange,
    ChannelView,
    Notice,
    PreferenceChange,
    add_channel,
    change_channel,
    confirm_channel,
    get_schedule,
    lead_days_of,
    list_channels,
    list_preferences,
    notify,
    remove_channel,
    save_preference,
    save_schedule,
    try_channel,
)
from recaller.services.notifications.sending import send_due
from recaller.settings import Settings, use_settings
from tests.support.households import Household
from tests.support.mail import MailServer, text_of_mail

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Service:
    """A stand-in for somebody's chat server: keeps what was posted, and answers as told."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        self.answer = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                outer.posted.append(json.loads(self.rfile.read(length)))
                self.send_response(outer.answer)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def service(database: Settings) -> Iterator[Service]:
    use_settings(
        database.model_copy(update={"notify_schemes": ("json", "file"), "notify_private_addresses": True})
    )
    running = Service()
    yield running
    running.server.shutdown()
    running.server.server_close()


def add(scope: Scope, address: str, label: str = "") -> ChannelView:
    with work(scope) as w:
        return add_channel(w, address, label)


def wish(scope: Scope, kind: str, **change: Any) -> None:
    with work(scope) as w:
        save_preference(w, kind, PreferenceChange(**change))


def tell(scope: Scope, kind: str, thing: str = "x") -> None:
    with work(scope, clock=lambda: NOON) as w:
        notify(w, Notice(kind, thing, date(2026, 11, 24), "Rent is due", "Soon", "/", scope.shared_space_id))


def deliver(scope: Scope) -> int:
    assert scope.private_space_id
    return send_due(replace(scope, space_ids=(scope.private_space_id,)), clock=lambda: NOON)


def test_everybody_has_the_account_address(household: Household, mail: MailServer) -> None:
    with work(household.scope) as w:
        (own,) = list_channels(w)
        assert (own.kind, own.address, own.confirmed, own.available) == (
            "account",
            household.email,
            True,
            True,
        )
        assert list_channels(w) == (own,)
        with pytest.raises(Conflict):
            remove_channel(w, own.id)
        with pytest.raises(ValidationFailed):
            add_channel(w, household.email.upper())
    trial = try_channel(household.scope, own.id)
    assert trial.sent
    assert mail.subjects == ["Recaller can reach you here"]


def test_another_address_counts_once_its_code_came_back(household: Household, mail: MailServer) -> None:
    other = add(household.scope, "Other@Example.org")
    assert (other.confirmed, other.address) == (False, "o•••@example.org")
    trial = try_channel(household.scope, other.id)
    assert trial.wants_code
    assert mail.recipients == ["other@example.org"]
    code = re.search(r"\b\d{6}\b", text_of_mail(mail.messages[0], "plain"))
    assert code is not None
    tell(household.scope, "bill.reminder")
    assert deliver(household.scope) == 1
    assert mail.recipients == ["other@example.org", household.email]
    with pytest.raises(ValidationFailed), work(household.scope) as w:
        confirm_channel(w, other.id, "000000" if code[0] != "000000" else "000001")
    with work(household.scope) as w:
        assert confirm_channel(w, other.id, f" {code[0][:3]} {code[0][3:]} ").confirmed
    tell(household.scope, "bill.reminder", "y")
    assert deliver(household.scope) == 2
    assert sorted(mail.recipients[2:]) == sorted([household.email, "other@example.org"])


def test_codes_run_out_and_can_not_be_guessed(household: Household, mail: MailServer) -> None:
    other = add(household.scope, "other@example.org")
    try_channel(household.scope, other.id)
    code = re.search(r"\b\d{6}\b", text_of_mail(mail.messages[0], "plain"))
    assert code is not None
    late = datetime.now(UTC) + timedelta(minutes=31)
    with pytest.raises(ValidationFailed), work(household.scope, clock=lambda: late) as w:
        confirm_channel(w, other.id, code[0])
    for _ in range(5):
        with pytest.raises(ValidationFailed), work(household.scope) as w:
            confirm_channel(w, other.id, "12")
    with pytest.raises(RateLimited), work(household.scope) as w:
        confirm_channel(w, other.id, code[0])


def test_a_test_tells_how_it_went(household: Household, mail: MailServer, database: Settings) -> None:
    with work(household.scope) as w:
        own = list_channels(w)[0]
    mail.refuse = "550 no such box"
    trial = try_channel(household.scope, own.id)
    assert not trial.sent
    assert "550 no such box" in trial.message
    with work(household.scope) as w:
        assert "550 no such box" in (list_channels(w)[0].last_error or "")
    use_settings(database)
    with pytest.raises(Conflict, match="hasn't set up"):
        try_channel(household.scope, own.id)


def test_a_service_is_told_in_the_same_way_once(household: Household, service: Service) -> None:
    made = add(household.scope, service.url, "Chat")
    assert (made.kind, made.confirmed, made.scheme) == ("service", True, "json")
    assert "hook" not in made.address
    assert try_channel(household.scope, made.id).sent
    tell(household.scope, "bill.reminder")
    tell(household.scope, "bill.reminder")
    assert [deliver(household.scope) for _ in range(3)] == [1, 0, 0]
    assert [one["title"] for one in service.posted] == ["Recaller can reach you here", "Rent is due"]
    assert service.posted[1]["message"] == "Soon\nhttp://localhost:3000/"


def test_a_service_that_says_no_is_asked_again(household: Household, service: Service) -> None:
    made = add(household.scope, service.url)
    service.answer = 500
    trial = try_channel(household.scope, made.id)
    assert not trial.sent
    assert "500" in trial.message
    tell(household.scope, "bill.reminder")
    deliver(household.scope)
    with work(household.scope) as w:
        assert [row.state for row in w.rows("SELECT state FROM notification_delivery")] == ["queued"]


def test_private_addresses_are_not_called(household: Household, service: Service, database: Settings) -> None:
    use_settings(database.model_copy(update={"notify_schemes": ("json",)}))
    for url in (
        service.url,
        service.url.replace("127.0.0.1", "localhost"),
        service.url.replace("127.0.0.1", "[::1]"),
    ):
        made = add(household.scope, url)
        trial = try_channel(household.scope, made.id)
        assert not trial.sent
        assert "private address" in trial.message
    assert service.posted == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "dbus://",
        "syslog://",
        "tgram://123456789:abcdefg_hijklmnop/12315544",
        "json://",
        "json://host/?template=/etc/passwd",
        "json://host/?verify=no",
        "json://host/?rto=9999",
        "json://host/\r\nX: y",
        "https://example.org/hook",
    ],
)
def test_what_the_operator_does_not_allow_is_refused(
    household: Household, service: Service, url: str
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        add(household.scope, url)
    assert refused.value.field == "address"


def test_without_leave_there_are_no_services(household: Household) -> None:
    with pytest.raises(ValidationFailed, match="no services at all"):
        add(household.scope, "json://example.org/hook")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1:248:1893:25c8:1946", True), ("127.0.0.1", False),
        ("10.1.2.3", False), ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False),
        ("0.0.0.0", False), ("::1", False), ("fe80::1%eth0", False), ("fd00::1", False), ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False), ("2002:7f00:1::", False), ("224.0.0.1", False), ("not an address", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_preferences_choose_channels_and_the_centre(household: Household, mail: MailServer) -> None:
    with work(household.scope) as w:
        own = list_channels(w)[0].id
        by_kind = {one.kind: one for one in list_preferences(w)}
    assert set(by_kind) == set(KINDS)
    assert by_kind["bill.reminder"].channels == {own: True}
    assert by_kind["bill.posted"].channels == {own: False}
    wish(household.scope, "bill.posted", channels={own: True}, in_app=False)
    wish(household.scope, "bill.reminder", channels={own: False}, lead_days=(1, 7, 7))
    tell(household.scope, "bill.posted")
    tell(household.scope, "bill.reminder")
    assert deliver(household.scope) == 1
    with work(household.scope) as w:
        rows = w.rows("SELECT n.kind, n.hidden FROM notification n ORDER BY 1")
        assert [tuple(row) for row in rows] == [("bill.posted", True), ("bill.reminder", False)]
        assert lead_days_of(w, "bill.reminder") == {household.user_id: (7, 1)}


@pytest.mark.parametrize("days", [(), (-1,), (61,), (1, 2, 3, 4, 5, 6)])
def test_lead_days_that_make_no_sense(household: Household, days: tuple[int, ...]) -> None:
    with pytest.raises(ValidationFailed):
        wish(household.scope, "bill.reminder", lead_days=days)
    with pytest.raises(ValidationFailed):
        wish(household.scope, "bill.posted", lead_days=(1,))
    with pytest.raises(NotFound):
        wish(household.scope, "made.up")


def test_a_schedule_is_kept(household: Household) -> None:
    with work(household.scope) as w:
        assert get_schedule(w) == Schedule()
        save_schedule(w, Schedule(1320, 420, 480))
        assert get_schedule(w) == Schedule(1320, 420, 480)
        for wrong in (Schedule(1320), Schedule(-1, 5), Schedule(0, 1440), Schedule(digest_minute=1440)):
            with pytest.raises(ValidationFailed):
                save_schedule(w, wrong)
        assert save_schedule(w, Schedule()) == get_schedule(w)


def test_a_channel_that_is_off_or_gone_gets_nothing(household: Household, mail: MailServer) -> None:
    with work(household.scope) as w:
        own = list_channels(w)[0].id
        change_channel(w, own, ChannelChange(enabled=False, label="Mine"))
        assert list_channels(w)[0].label == "Mine"
    tell(household.scope, "bill.reminder")
    assert deliver(household.scope) == 0
    other = add(household.scope, "other@example.org")
    with work(household.scope) as w:
        remove_channel(w, other.id)
        with pytest.raises(NotFound):
            change_channel(w, other.id, ChannelChange(enabled=True))


def test_channels_are_nobody_elses(
    household: Household, mail: MailServer, new_household: Callable[..., Household]
) -> None:
    other = add(household.scope, "other@example.org")
    stranger = new_household("Birch").scope
    with work(stranger) as w:
        assert [one.kind for one in list_channels(w)] == ["account"]
        for attempt in (
            lambda: change_channel(w, other.id, ChannelChange(enabled=False)),
            lambda: remove_channel(w, other.id),
            lambda: confirm_channel(w, other.id, "123456"),
        ):
            with pytest.raises(NotFound):
                attempt()
        with pytest.raises(ValidationFailed):
            save_preference(w, "bill.posted", PreferenceChange(channels={other.id: True}))
    with pytest.raises(NotFound):
        try_channel(stranger, other.id)
    visitor = replace(
        household.scope, user_id=new_id(), private_space_id=None, space_ids=(household.scope.shared_space_id,)
    )
    with pytest.raises(Forbidden), work(visitor) as w:
        list_channels(w)


def test_there_is_an_end_to_channels(household: Household, mail: MailServer) -> None:
    with work(household.scope) as w:
        list_channels(w)
        for number in range(9):
            add_channel(w, f"other{number}@example.org")
        with pytest.raises(Conflict):
            add_channel(w, "one.more@example.org")
        ids: set[UUID] = {one.id for one in list_channels(w)}
    assert len(ids) == 10
