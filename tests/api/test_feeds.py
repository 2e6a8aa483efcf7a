"""The calendar feed over HTTP: what it says, that its address is the only key, and that the key is told nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar
from structlog.testing import capture_logs

from recaller.core.clock import utc_now
from recaller.core.scope import Role
from recaller.domain.recurrence import Frequency, Recurrence, Shift
from recaller.infra.work import Work, work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.feeds import open_feed
from recaller.services.identity import MemberChange, change_member
from recaller.services.recurring import (
    RecurringDraft,
    create_recurring,
    pause_recurring,
    skip_occurrence,
)
from recaller.settings import Settings
from tests.support.api import client_for, mounted_api, new_client
from tests.support.households import Household
from tests.support.people import joined, sign_up_person, who
from tests.unit.test_calendar_file import read_strictly

TODAY = utc_now().date()


def fill(w: Work, name: str = "Rent", *, private: bool = False, **more: Any) -> Any:
    """Make an account with a monthly bill of 950 from today on; returns the bill."""
    account = create_account(w, AccountDraft(f"{name} account", "checking", "USD", private=private)).id
    recurrence = more.pop("recurrence", Recurrence(TODAY, Frequency.MONTHLY))
    return create_recurring(w, RecurringDraft(name, account, more.pop("amount", -95000), recurrence, **more))


def address(household: Household) -> str:
    with work(household.scope) as w:
        return f"/feeds/{open_feed(w).token}.ics"


def events(content: bytes) -> list[Any]:
    read_strictly(content)
    return list(Calendar.from_ical(content).walk("VEVENT"))


def test_a_program_reads_the_bills_without_any_session(household: Household) -> None:
    with work(household.scope) as w:
        bill = fill(w)
        fill(w, "Salary", amount=300000)
    answer = new_client().get(address(household))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-cache"
    found = events(answer.content)
    rents = [one for one in found if str(one["summary"]).startswith("Rent")]
    assert 12 <= len(rents) <= 13 and len(found) == 2 * len(rents)
    assert str(rents[0]["summary"]) == "Rent: \u2212$950.00"
    assert str(rents[0]["uid"]) == f"{bill.id}-{TODAY:%Y%m%d}@recaller"
    assert rents[0].decoded("dtstart") == TODAY and rents[0].decoded("dtend") == TODAY + timedelta(days=1)
    assert len({str(one["uid"]) for one in found}) == len(found)
    assert any(str(one["summary"]) == "Salary: +$3,000.00" for one in found)


def test_an_event_keeps_its_name_whatever_changes(household: Household) -> None:
    with work(household.scope) as w:
        bill = fill(w)
    where = address(household)
    before = {str(one["uid"]) for one in events(new_client().get(where).content)}
    with work(household.scope) as w:
        skip_occurrence(w, bill.id, TODAY)
    after = {str(one["uid"]) for one in events(new_client().get(where).content)}
    assert before - after == {f"{bill.id}-{TODAY:%Y%m%d}@recaller"} and after < before
    with work(household.scope) as w:
        pause_recurring(w, bill.id)
    assert events(new_client().get(where).content) == []


def test_what_did_not_change_is_not_sent_again(household: Household) -> None:
    with work(household.scope) as w:
        bill = fill(w)
    where, client = address(household), new_client()
    tag = client.get(where).headers["etag"]
    for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(where, headers={"If-None-Match": sent})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    with work(household.scope) as w:
        skip_occurrence(w, bill.id, TODAY)
    changed = client.get(where, headers={"If-None-Match": tag})
    assert changed.status_code == 200 and changed.headers["etag"] != tag


def test_texts_of_people_can_not_break_out(household: Household) -> None:
    with work(household.scope) as w:
        fill(w, "Rent; flat, 2\\n\r\nEND:VCALENDAR\nBEGIN:VEVENT " + "é" * 30)
    found = events(new_client().get(address(household)).content)
    assert found and all(
        "END:VCALENDAR" in str(one["summary"]) or "Rent" in str(one["summary"]) for one in found
    )


@pytest.mark.parametrize("name", ["x", "A" * 86, "..", "é" * 20, "A" * 400])
def test_every_wrong_address_is_answered_alike(household: Household, name: str) -> None:
    address(household)
    client = new_client()
    answer = client.get(f"/feeds/{name}.ics")
    other = client.get(f"/feeds/{'B' * 86}.ics")
    if len(name) > 200 or name == "..":
        assert answer.status_code in (404, 422) and name not in answer.text.replace("..", "")
        return
    assert (answer.status_code, other.status_code) == (404, 404)
    shape = [{**one.json(), "request_id": ""} for one in (answer, other)]
    assert shape[0] == shape[1] and shape[0]["instance"] == "/api/v1/feeds/…"


def test_it_is_made_replaced_and_revoked_over_the_api(household: Household) -> None:
    app = mounted_api()
    member, program = client_for(household, app), new_client(app)
    assert member.get("/feed").json() == {"active": False, "created_at": None, "read_at": None}
    first = member.post("/feed")
    assert first.status_code == 201 and program.get(first.json()["path"]).status_code == 200
    assert member.get("/feed").json()["active"] and member.get("/feed").json()["read_at"]
    second = member.post("/feed").json()["path"]
    assert program.get(first.json()["path"]).status_code == 404 and program.get(second).status_code == 200
    assert member.delete("/feed").status_code == 204
    assert program.get(second).status_code == 404
    assert new_client(app).post("/feed").status_code == 401


def test_the_key_stands_in_no_log_line(household: Household) -> None:
    where = address(household)
    token = where.removeprefix("/feeds/").removesuffix(".ics")
    with capture_logs() as logged:
        new_client().get(where)
        new_client().get(where.replace(token, token[:-6] + "AAAAAA"))
    said = str(logged)
    assert "/feeds/…" in said and token not in said and token[:40] not in said


def test_many_tries_from_one_place_are_stopped(household: Household) -> None:
    client = new_client(ip="192.0.2.99")
    statuses = [client.get(f"/feeds/{'C' * 86}.ics").status_code for _ in range(125)]
    assert statuses[0] == 404 and statuses[-1] == 429
    assert new_client(ip="192.0.2.98").get(address(household)).status_code == 200


def test_each_member_reads_what_they_see(database: Settings) -> None:
    host, guest = sign_up_person("ann@example.org"), sign_up_person("bob@example.org")
    bob = joined(host, guest, "bob@example.org", Role.USER)
    home = who(host).tenant_id
    with work(who(host).scope()) as w:
        fill(w, "Shared")
        fill(w, "Surprise", private=True)
        anns = open_feed(w).token
    with work(bob.scope(home)) as w:
        fill(w, "Hobby", private=True)
        bobs = open_feed(w).token
    client = new_client()

    def names(token: str) -> set[str]:
        found = events(client.get(f"/feeds/{token}.ics").content)
        return {str(one["summary"]).partition(":")[0] for one in found}

    assert names(anns) == {"Shared", "Surprise"} and names(bobs) == {"Shared", "Hobby"}
    with work(who(host).scope()) as w:
        change_member(w, bob.user_id, MemberChange(active=False))
    assert client.get(f"/feeds/{bobs}.ics").status_code == 404
    assert names(anns) == {"Shared", "Surprise"}


def test_two_households_read_their_own(new_household: Callable[..., Household]) -> None:
    one, other = new_household("One"), new_household("Other")
    for household, name in ((one, "Mine"), (other, "Theirs")):
        with work(household.scope) as w:
            fill(w, name)
    found = events(new_client().get(address(one)).content)
    assert {str(event["summary"]).partition(":")[0] for event in found} == {"Mine"}


def test_a_moved_date_says_when_it_was_due(household: Household) -> None:
    saturday = TODAY + timedelta(days=(5 - TODAY.weekday()) % 7 + 7)
    with work(household.scope) as w:
        fill(w, recurrence=Recurrence(saturday, Frequency.WEEKLY, 52, count=1, shift=Shift.AFTER))
    (event,) = events(new_client().get(address(household)).content)
    assert event.decoded("dtstart") > saturday
    assert f"Due on {saturday.isoformat()}, moved to a business day" in str(event["description"])
    assert str(event["uid"]).endswith(f"{saturday:%Y%m%d}@recaller")
