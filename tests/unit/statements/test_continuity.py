"""Several statements of one account in a file follow each other, or it is said between which they don't."""

import datetime as dt

from recaller.domain.statements import Statement, read_rows
from recaller.domain.statements.continuity import MAX_BREAKS, breaks_between, in_order

DAY = dt.date(2026, 1, 1)


def statement(number: int, opening: int | None, closing: int | None, *, dated: bool = True) -> Statement:
    """A statement of one day, the day after the one before it."""
    first = DAY + dt.timedelta(number) if dated else None
    return Statement(
        account_hint="1",
        currency="EUR",
        opening_balance=opening,
        opening_date=first,
        closing_balance=closing,
        closing_date=first,
    )


def messages(*statements: Statement) -> list[str]:
    return [one.message for one in breaks_between(in_order(statements))]


def test_what_follows_is_quiet_and_what_does_not_is_named_with_both_numbers():
    chain = [statement(1, 0, 100), statement(2, 100, 250), statement(3, 250, 300), statement(4, 302, 400)]
    assert messages(*chain[:3]) == []
    assert messages(*chain) == [
        "The file does not reconcile by 0.02 EUR between statement 3 and 4: one closes with 3.00 on 2026-01-04, the"
        " next opens with 3.02 on 2026-01-05. A statement between them may be missing."
    ]
    assert messages(*reversed(chain)) == messages(*chain)


def test_without_dates_the_file_gives_the_order():
    later, earlier = statement(1, 100, 200, dated=False), statement(2, 0, 100, dated=False)
    assert messages(earlier, later) == []
    assert len(messages(later, earlier)) == 1


def test_unknown_balances_copies_other_currencies_and_overlaps_are_no_break():
    first = statement(1, 0, 100)
    assert messages(first, statement(2, None, 500), statement(3, 500, 600)) == []
    assert messages(first, statement(1, 0, 100), statement(2, 100, 110)) == []
    other = statement(2, 7, 8)
    other.currency = "USD"
    assert messages(first, other) == []
    month, half = statement(20, 0, 100), statement(25, 50, 120)
    half.opening_date = DAY + dt.timedelta(10)
    assert messages(month, half) == []


def test_the_number_of_warnings_is_bounded():
    found = messages(*[statement(at, at, at) for at in range(500)])
    assert len(found) == MAX_BREAKS + 1
    assert found[-1].startswith("More statements")


def test_a_day_of_two_statements_keeps_the_files_order():
    same = [statement(1, 0, 5), statement(1, 5, 9), statement(2, 9, 9)]
    assert messages(*same) == []


def test_pages_of_one_mt940_statement_follow_each_other():
    page = (
        ":20:X\r\n:25:123/456\r\n:28C:1/{page}\r\n:60{kind}:C260101EUR{opening}\r\n:61:2601010101C1,00NMSCNONREF\r\n"
        ":62{end}:C260101EUR{closing}\r\n-\r\n"
    )
    content = page.format(page=1, kind="F", opening="0,00", end="M", closing="1,00")
    content += page.format(page=2, kind="M", opening="1,02", end="F", closing="2,02")
    statements: list[Statement] = []
    assert len(list(read_rows(content.encode(), "a.sta", statements=statements))) == 2
    (found,) = messages(*statements)
    assert "by 0.02 EUR between statement 1 and 2" in found
