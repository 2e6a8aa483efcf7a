"""The same bookings from files of two kinds: nothing twice, real twins kept, links to what is there already."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recaller.core.scope import Scope
from recaller.infra.work import Work, work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.imports import (
    ImportView,
    choose_rows,
    commit_import,
    list_import_rows,
    start_import,
    undo_import,
)
from recaller.services.starter import create_starter_accounts
from tests.support.households import make_household

pytestmark = pytest.mark.usefixtures("nothing_drifts")

Entry = tuple[date, int, str]
JANUARY: list[Entry] = [
    (date(2026, 1, 2), -350, "Baker"),
    (date(2026, 1, 2), -350, "Kiosk"),
    (date(2026, 1, 9), -12050, "Energy company"),
    (date(2026, 1, 28), 250000, "Employer Inc"),
]


def as_csv(entries: list[Entry]) -> bytes:
    lines = [f"{day},{name} card 4711,{minor / 100:.2f}" for day, minor, name in entries]
    return "\n".join(["Date,Payee,Amount", *lines, ""]).encode()


def as_ofx(entries: list[Entry], first: int = 0) -> bytes:
    rows = "".join(
        f"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>{day:%Y%m%d}<TRNAMT>{minor / 100:.2f}<FITID>F{first + number}"
        f"<NAME>{name.upper()}</STMTTRN>"
        for number, (day, minor, name) in enumerate(entries)
    )
    return (
        "OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1"
        "<ACCTID>12345678<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST>"
        f"{rows}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    ).encode()


def as_mt940(entries: list[Entry]) -> bytes:
    rows = "".join(
        f":61:{day:%y%m%d}{'C' if minor > 0 else 'D'}{abs(minor) // 100},{abs(minor) % 100:02d}NMSCNONREF\n:86:{name}\n"
        for day, minor, name in entries
    )
    return f":20:A\n:25:1/2\n:28C:1/1\n:60F:C260101USD0,00\n{rows}:62F:C260131USD0,00\n-\n".encode()


def bring(w: Work, name: str, content: bytes, account: UUID) -> ImportView:
    view = start_import(w, name, content, account_id=account)
    assert view.error is None
    return view


def brought(w: Work, name: str, content: bytes, account: UUID) -> ImportView:
    return commit_import(w, bring(w, name, content, account).id)


def ledger_of(w: Work, account: UUID) -> Counter[tuple[date, int]]:
    rows = w.rows("SELECT date, amount FROM posting WHERE account_id = :id", id=account)
    return Counter((row.date, int(row.amount)) for row in rows)


@pytest.mark.parametrize("second", ["ofx", "mt940"])
def test_a_month_as_csv_and_then_in_another_format_adds_nothing(
    scope: Scope, checking: UUID, second: str
) -> None:
    content = {"ofx": as_ofx, "mt940": as_mt940}[second](JANUARY)
    with work(scope) as w:
        brought(w, "january.csv", as_csv(JANUARY), checking)
        before = ledger_of(w, checking)
        view = bring(w, f"january.{second}", content, checking)
        assert (view.importable, view.counts["duplicate"]) == (0, 4)
        rows = list_import_rows(w, view.id, state="duplicate").items
        said = {row.payee or row.memo: row for row in rows}
        assert all(row.reason == "Already in the ledger, from january.csv." for row in rows)
        # Twins of one day and amount are told apart by their texts.
        kiosk = next(row for name, row in said.items() if "kiosk" in name.lower())
        found = w.row(
            "SELECT p.name FROM transaction t JOIN payee p ON p.id = t.payee_id WHERE t.id = :id",
            id=kiosk.match_id,
        )
        assert found is not None
        assert found.name == "Kiosk card 4711"
        assert commit_import(w, view.id).counts["imported"] == 0
        assert ledger_of(w, checking) == before
        again = bring(w, f"again.{second}", content, checking)
        assert again.counts["duplicate"] == 4


def test_of_two_real_twins_one_is_new_when_the_ledger_has_one(scope: Scope, checking: UUID) -> None:
    with work(scope) as w:
        brought(w, "a.csv", as_csv([JANUARY[0]]), checking)
        twins = [JANUARY[0], JANUARY[0]]
        view = brought(w, "a.ofx", as_ofx(twins), checking)
        assert view.counts["imported"] == 1
        assert ledger_of(w, checking) == Counter({(date(2026, 1, 2), -350): 2})
        assert bring(w, "again.ofx", as_ofx(twins), checking).counts["duplicate"] == 2


@pytest.mark.parametrize("days", [0, 1], ids=["the same day", "the day after"])
@pytest.mark.parametrize("twins", [2, 15], ids=["told apart by texts", "too many for that"])
def test_the_nth_of_equal_rows_is_the_nth_of_equal_entries(
    scope: Scope, checking: UUID, twins: int, days: int
) -> None:
    coffee = (date(2026, 1, 2), -350, "Baker")
    around = [(date(2026, 1, 1), -1, "First"), (date(2026, 1, 20), -2, "Last")]
    later = (coffee[0] + timedelta(days), *coffee[1:])
    with work(scope) as w:
        brought(w, "january.csv", as_csv([*around, *[coffee] * twins]), checking)
        entries = [row.id for row in w.rows("SELECT id FROM transaction WHERE amount = -350 ORDER BY id")]
        view = bring(w, "january.ofx", as_ofx([*around, *[later] * (twins + 2)]), checking)
        rows = [row for row in list_import_rows(w, view.id, limit=200).items if row.amount == -350]
        known = [row for row in rows if row.state == "duplicate"]
        assert [row.match_id for row in known] == entries
        assert [row.row_number for row in known] == [row.row_number for row in rows[:twins]]
        assert (len(rows), view.importable) == (twins + 2, 2)
        assert commit_import(w, view.id).counts["imported"] == 2
        assert sum(ledger_of(w, checking).values()) == twins + 4


def test_an_entry_that_answered_for_one_row_answers_for_no_other(scope: Scope, checking: UUID) -> None:
    first, later = (date(2026, 1, 30), -350, "Baker"), (date(2026, 2, 1), -350, "Baker")
    with work(scope) as w:
        brought(w, "january.csv", as_csv([JANUARY[0], first]), checking)
        assert brought(w, "january.ofx", as_ofx([JANUARY[0], first]), checking).counts["imported"] == 0
        assert brought(w, "february.ofx", as_ofx([later], first=7), checking).counts["imported"] == 1


def test_another_day_is_asked_about_unless_both_files_cover_it(scope: Scope, checking: UUID) -> None:
    shifted = [(day + timedelta(1), minor, name) for day, minor, name in JANUARY]
    with work(scope) as w:
        brought(w, "january.csv", as_csv(JANUARY), checking)
        view = bring(w, "shifted.ofx", as_ofx(shifted), checking)
        assert view.importable == 0
        other = bring(w, "other.ofx", as_ofx([(date(2026, 1, 29), 250000, "Lottery")]), checking)
        assert other.counts.get("conflict") == 1
        (row,) = list_import_rows(w, other.id).items
        assert (row.linkable, row.match_id is not None) == (False, True)
        assert choose_rows(w, other.id, [1], "import").importable == 1


def test_a_duplicate_is_imported_when_told_so_and_undone_with_its_file(scope: Scope, checking: UUID) -> None:
    with work(scope) as w:
        brought(w, "january.csv", as_csv(JANUARY), checking)
        view = bring(w, "january.ofx", as_ofx(JANUARY), checking)
        choose_rows(w, view.id, [1], "import")
        done = commit_import(w, view.id)
        assert done.counts["imported"] == 1
        assert sum(ledger_of(w, checking).values()) == 5
        undo_import(w, done.id)
        assert sum(ledger_of(w, checking).values()) == 4


def test_another_account_and_another_household_never_match(scope: Scope, checking: UUID) -> None:
    stranger = make_household("Stranger")
    with work(stranger.scope) as w:
        create_starter_accounts(w)
        theirs = create_account(w, AccountDraft("Checking", "checking", "USD")).id
        brought(w, "january.csv", as_csv(JANUARY), theirs)
    with work(scope) as w:
        savings = create_account(w, AccountDraft("Savings", "savings", "USD")).id
        brought(w, "january.csv", as_csv(JANUARY), savings)
        assert bring(w, "january.ofx", as_ofx(JANUARY), checking).importable == 4


_entries = st.lists(
    st.tuples(
        st.integers(0, 27).map(lambda day: date(2026, 1, 1) + timedelta(day)),
        st.sampled_from([-350, -350, -999, 1200, -12050]),
        st.sampled_from(["Baker", "Kiosk", "Energy company", "Employer Inc"]),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_entries, _entries, _entries, st.booleans())
def test_two_overlapping_files_of_two_kinds_add_each_booking_once(
    database: object, early: list[Entry], both: list[Entry], late: list[Entry], ofx_first: bool
) -> None:
    # Files that overlap: the first has what came early and what both have, the second what both have and came late.
    middle = [(day + timedelta(40), minor, name) for day, minor, name in both]
    after = [(day + timedelta(80), minor, name) for day, minor, name in late]
    first, second = early + middle, middle + after
    writers = [("a.ofx", as_ofx), ("b.csv", as_csv)] if ofx_first else [("b.csv", as_csv), ("a.ofx", as_ofx)]
    household = make_household("Random")
    with work(household.scope) as w:
        create_starter_accounts(w)
        account = create_account(w, AccountDraft("Checking", "checking", "USD")).id
        for (name, write), entries in zip(writers, (first, second), strict=True):
            if entries:
                brought(w, name, write(entries), account)
        expected = Counter((day, minor) for day, minor, _ in early + middle + after)
        assert ledger_of(w, account) == expected
        for (name, write), entries in zip(writers, (first, second), strict=True):
            if entries:
                assert bring(w, "again " + name, write(entries), account).importable == 0
