"""What each real bank file comes to when it is imported, as a table: `python -m tests.support.import_table`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from recaller.core.money import to_decimal
from recaller.core.scope import Scope
from recaller.infra.embedded import prepare_database, temporary_servers
from recaller.infra.migrate import migrate
from recaller.infra.work import Work, work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.imports import ImportView, change_import, commit_import, start_import, undo_import
from recaller.services.starter import create_starter_accounts
from recaller.settings import Settings, libpq_url, override_settings
from tests.support.households import make_household

CHECKOUT = Path(__file__).resolve().parents[2]
# Where the expectation of a file is more than its count and total: booked rows apart from pending ones.
BOOKED = {"csv/uk_card_pending.csv": (10, Decimal("-285.80")), "csv/paypal_de.csv": (7, Decimal("-24.77"))}
# Investments: 17 bookings, of which the expected total counts the three that are plain transactions.
FIDELITY = "ofx/fidelity_investment.ofx"
REJECTED = {"ofx/reject_bad_decimal.ofx": "$120"}
TABLES = ("account_month", "payee", "tag", "transaction", "posting", "transaction_tag", "exchange_rate")
FOLDERS = ("camt/", "csv/", "mt940/", "ofx/", "qif/")
# The expectation counts QIF's amounts; their totals are told beside it, or summed by hand.
QIF_TOTALS = {
    "qif/quiffen_mixed.qif": Decimal("-35.50"),
    "qif/targobank_de.qif": Decimal("-611.23"),
    "qif/us_two_digit_year.qif": Decimal("-1896.09"),
}
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Outcome:
    """What importing a file gave; amounts are major units, summed over the file's accounts and currencies."""

    name: str
    booked: int
    booked_total: Decimal
    pending: int
    pending_total: Decimal
    again: int
    restored: bool
    accounts: int
    error: str | None
    expected: str
    verdict: bool


def names(shared: Path) -> list[str]:
    """Return every bank file of the shared data, by the keys of `expected.json`."""
    return sorted(name for name in expectations(shared) if name.startswith(FOLDERS))


def expectations(shared: Path) -> dict[str, Any]:
    """Return the figures that were made independently of our readers."""
    found: dict[str, Any] = json.loads((shared / "expected.json").read_text())
    return found


def bring(scope: Scope, shared: Path, name: str) -> Outcome:
    """Import a file into accounts of its own, once more, and take it back; compare each with what is expected."""
    content = (shared / name).read_bytes()
    figures = expectations(shared)[name]["expected"]
    with work(scope) as w:
        batch = start_import(w, name, content)
        if batch.status == "failed":
            return _refused(w, name, batch)
        batch = _with_accounts(w, name, batch)
        before = _ledger(w)
        done = commit_import(w, batch.id)
        booked, total = _imported(w, done)
        pending, pending_total = _pending(w, done)
        plain = _plain_bookings(w, done)
    with work(scope) as w:
        again = start_import(w, name, content)
        again = _same_accounts(w, again, done)
        repeated = int(commit_import(w, again.id).counts["imported"])
    with work(scope) as w:
        undo_import(w, again.id)
        undo_import(w, done.id)
        restored = _ledger(w) == before
    expected, fits = _compare(name, figures, done, (booked, total), (pending, pending_total), plain)
    verdict = fits and repeated == 0 and restored
    return Outcome(
        name,
        booked,
        total,
        pending,
        pending_total,
        repeated,
        restored,
        len(done.statements),
        None,
        expected,
        verdict,
    )


def _refused(w: Work, name: str, batch: ImportView) -> Outcome:
    nothing = w.row("SELECT 1 FROM import_row WHERE batch_id = :id", id=batch.id) is None
    word = REJECTED.get(name)
    verdict = word is not None and word in (batch.error or "") and nothing
    zero = Decimal()
    return Outcome(name, 0, zero, 0, zero, 0, nothing, 0, batch.error, f"rejected, naming {word}", verdict)


def _with_accounts(w: Work, name: str, batch: ImportView) -> ImportView:
    """Give each account that the file speaks of an account of its own, in the file's currency."""
    chosen: dict[str, UUID] = {}
    for number, statement in enumerate(batch.statements):
        kind = "credit_card" if statement.get("account_kind") == "CREDITCARD" else "checking"
        currency = statement.get("currency") or next(iter(statement["booked_total"]), "") or "USD"
        chosen[statement["hint"]] = create_account(w, AccountDraft(f"{name} {number}", kind, currency)).id
    if list(chosen) == [""]:
        return change_import(w, batch.id, account_id=chosen[""])
    return change_import(w, batch.id, accounts=chosen)


def _same_accounts(w: Work, batch: ImportView, first: ImportView) -> ImportView:
    """Send the file's rows where they went before, unless they already go there."""
    before = {one["hint"]: one["account_id"] for one in first.statements}
    if {one["hint"]: one["account_id"] for one in batch.statements} == before:
        return batch
    if list(before) == [""]:
        return change_import(w, batch.id, account_id=UUID(before[""]))
    return change_import(w, batch.id, accounts={hint: UUID(one) for hint, one in before.items()})


def _imported(w: Work, done: ImportView) -> tuple[int, Decimal]:
    rows = w.rows(
        "SELECT p.currency, count(*) AS n, sum(p.amount) AS minor FROM posting p JOIN transaction t"
        " ON t.tenant_id = p.tenant_id AND t.id = p.transaction_id AND t.account_id = p.account_id"
        " WHERE t.batch_id = :id GROUP BY p.currency",
        id=done.id,
    )
    return sum(row.n for row in rows), sum(
        (to_decimal(int(row.minor), row.currency) for row in rows), Decimal()
    )


def _pending(w: Work, done: ImportView) -> tuple[int, Decimal]:
    rows = w.rows(
        "SELECT currency, count(*) AS n, sum(amount) AS minor FROM import_row WHERE batch_id = :id"
        " AND state = 'pending' GROUP BY currency",
        id=done.id,
    )
    total = sum((to_decimal(int(row.minor or 0), row.currency) for row in rows), Decimal())
    return sum(row.n for row in rows), total


def _plain_bookings(w: Work, done: ImportView) -> Decimal:
    """Return what an OFX file's plain bank bookings (STMTTRN, not investments) come to."""
    rows = w.rows(
        "SELECT currency, amount FROM import_row WHERE batch_id = :id AND raw LIKE '%TRNAMT=%'", id=done.id
    )
    return sum((to_decimal(int(row.amount), row.currency) for row in rows), Decimal())


def _compare(
    name: str,
    figures: dict[str, Any],
    done: ImportView,
    booked: tuple[int, Decimal],
    pending: tuple[int, Decimal],
    plain_total: Decimal,
) -> tuple[str, bool]:
    if name.startswith("csv/"):
        count, total = int(figures["count"]), Decimal(figures["total"])
        all_rows = (booked[0] + pending[0], booked[1] + pending[1])
        fits = all_rows == (count, total) and booked == BOOKED.get(name, (count, total))
        told = f"{count} rows, {total}"
        if name in BOOKED:
            told += f"; booked {BOOKED[name][0]}, {BOOKED[name][1]}"
        return told, fits
    if name.startswith("qif/"):
        count, total = int(figures["T_lines"]), QIF_TOTALS[name]
        return f"{count} rows, {total}", booked == (count, total)
    if name.startswith(("camt/", "mt940/")):
        return _compare_statements(figures, done, booked)
    told_by = next(one for one in (figures["ofxparse"], figures["ofxtools"]) if isinstance(one, list))
    count = sum(int(one["n"]) for one in told_by)
    total = sum((Decimal(one["total"]) for one in told_by), Decimal())
    fits = booked[0] == count and {one["hint"] for one in done.statements} == {
        one["account"] for one in told_by
    }
    if name == FIDELITY:
        fits = fits and plain_total == total
    else:
        # The bank's own digits beyond the cent are rounded row by row.
        fits = fits and abs(booked[1] - total) <= CENT / 2 * max(count, 1)
    for one, statement in zip(told_by, sorted(done.statements, key=lambda s: str(s["hint"])), strict=True):
        if one["balance"] is not None:
            minor = statement["closing_balance"]
            fits = fits and abs(to_decimal(minor, one["currency"]) - Decimal(one["balance"])) <= CENT / 2
    told = f"{count} rows, {total.normalize() + 0:f}"
    return told + (" in the 3 that are no trades" if name == FIDELITY else ""), fits


def _compare_statements(
    figures: dict[str, Any], done: ImportView, booked: tuple[int, Decimal]
) -> tuple[str, bool]:
    """Compare counts and totals, and whether each statement that doesn't add up is warned of."""
    if "per_statement" in figures:
        found = [
            (int(one["n"]), Decimal(one["total"]), not one["reconciles"]) for one in figures["per_statement"]
        ]
    else:
        found = [
            (int(entries), Decimal(total), _off(total, balances))
            for entries, _, total, balances in _camt_statements(figures)
        ]
    count, total = sum(one[0] for one in found), sum((one[1] for one in found), Decimal())
    off = sum(one[2] for one in found)
    warned = sum(one["code"] == "does_not_reconcile" for one in done.warnings)
    told = f"{count} rows, {total}" + (f"; {off} of {len(found)} statements do not reconcile" if off else "")
    return told, booked == (count, total) and warned == off


def _camt_statements(figures: dict[str, Any]) -> list[tuple[int, int, str, list[str]]]:
    if "statements" in figures:
        return [
            (one["entries"], one["txdtls"], one["total"], one["balances"]) for one in figures["statements"]
        ]
    return [tuple(one) for inside in figures.values() for one in inside]


def _off(total: str, balances: list[str]) -> bool:
    opening, closing = (Decimal(one.partition("=")[2][:-3]) for one in balances)
    return opening + Decimal(total) != closing


def _ledger(w: Work) -> dict[str, list[str]]:
    return {table: sorted(map(repr, w.rows(f'SELECT * FROM "{table}"'))) for table in TABLES}


@contextmanager
def own_database() -> Iterator[Scope]:
    """Start servers for this table alone and open a household in them."""
    with temporary_servers() as pair:
        with psycopg.connect(libpq_url(pair.postgres.superuser_url), autocommit=True) as connection:
            prepare_database(connection)
        settings = Settings(
            _env_file=None, environment="test", database_url=pair.postgres.owner_url, redis_url=pair.redis.url
        )
        with override_settings(settings):
            migrate()
            household = make_household("Table")
            with work(household.scope) as w:
                create_starter_accounts(w)
            yield household.scope


def main() -> None:
    """Print the table in Markdown."""
    shared = CHECKOUT.parent / "shared" / "data"
    print("| file | accounts | booked | total | pending | expected | again | undone | verdict |")
    print("|---|---|---|---|---|---|---|---|---|")
    with own_database() as scope:
        for name in names(shared):
            one = bring(scope, shared, name)
            result = f"{one.booked} | {one.booked_total}" if one.error is None else f"rejected | {one.error}"
            pending = f"{one.pending}, {one.pending_total}" if one.pending else "-"
            marks = "ok" if one.verdict else "WRONG"
            print(
                f"| `{one.name}` | {one.accounts} | {result} | {pending} | {one.expected} |"
                f" +{one.again} | {'exactly' if one.restored else 'NOT'} | {marks} |"
            )


if __name__ == "__main__":
    main()

__all__ = ["Outcome", "bring", "expectations", "names"]
