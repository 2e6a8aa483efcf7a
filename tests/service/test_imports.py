"""Imports on real PostgreSQL: what is detected, twice adds nothing, twins stay, undo restores exactly."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.core.scope import Scope
from recaller.domain.statements import StatementError
from recaller.infra.work import Work, work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.budgets import BudgetDraft, LineDraft, create_budget, monthly
from recaller.services.categories import create_category, delete_category, list_categories
from recaller.services.imports import (
    change_import,
    choose_rows,
    commit_import,
    discard_import,
    get_import,
    list_import_rows,
    start_import,
    undo_import,
)
from recaller.services.payees import find_or_create_payee
from recaller.services.transactions import EntryDraft, record_transaction, set_cleared
from recaller.settings import Settings, override_settings
from tests.support.households import Household
from tests.support.ruled_household import make_rule
from tests.support.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.usefixtures("nothing_drifts")

CSV = (
    "Date,Payee,Amount,Memo\n2026-01-02,Baker,-3.50,rolls\n2026-01-02,Baker,-3.50,rolls\n"
    "2026-01-05,Work,1000.00,pay\n"
)
LEDGER_TABLES = (
    "account", "account_month", "payee", "tag", "transaction", "posting", "transaction_tag", "exchange_rate",
)  # fmt: skip


def ledger(w: Work) -> dict[str, list[Any]]:
    """Everything that an import may touch, row for row."""
    return {table: sorted(map(repr, w.rows(f'SELECT * FROM "{table}"'))) for table in LEDGER_TABLES}


def balance(w: Work, account_id: UUID) -> int:
    row = w.row(
        "SELECT coalesce(sum(inflow + outflow), 0) FROM account_month WHERE account_id = :id", id=account_id
    )
    assert row is not None
    return int(row[0])


def bring(scope: Scope, content: str | bytes, account: UUID, filename: str = "bank.csv") -> int:
    """Import a file whole and return how many transactions it added."""
    with work(scope) as w:
        batch = start_import(
            w, filename, content.encode() if isinstance(content, str) else content, account_id=account
        )
        assert batch.error is None
        return int(commit_import(w, batch.id).counts["imported"])


def test_the_real_card_statement(scope: Scope, shared_data: Path) -> None:
    with work(scope) as w:
        card = create_account(w, AccountDraft("Card", "credit_card", "USD")).id
        content = (shared_data / "ofx/bofa_creditcard_27tx.ofx").read_bytes()
        batch = start_import(w, "bofa.ofx", content, account_id=card)
        assert (batch.status, batch.counts["new"], batch.counts["total"]) == ("ready", 27, {"USD": -98926})
        assert commit_import(w, batch.id).counts["imported"] == 27
        assert balance(w, card) == -98926
    assert bring(scope, content, card, "again.ofx") == 0


def test_twice_adds_nothing_twins_are_kept_and_overlaps_add_what_is_new(scope: Scope, checking: UUID) -> None:
    assert bring(scope, CSV, checking) == 3
    assert bring(scope, CSV, checking) == 0
    assert bring(scope, CSV + "2026-01-05,Work,1000.00,pay\n2026-01-09,Cinema,-12.00,\n", checking) == 2
    with work(scope) as w:
        assert balance(w, checking) == -350 * 2 + 100000 * 2 - 1200


def test_undo_restores_the_exact_state_before(scope: Scope, checking: UUID) -> None:
    bring(scope, CSV, checking)
    with work(scope) as w:
        before = ledger(w)
    file = (
        "Date,Payee,Amount,Category,Tags\n2026-02-01,New one,-5.00,Groceries,x|y\n2026-02-02,Baker,-3.50,,\n"
    )
    assert bring(scope, file, checking) == 2
    with work(scope) as w:
        assert ledger(w) != before
        batch = w.rows(
            "SELECT id FROM import_batch WHERE status = 'committed' ORDER BY created_at DESC LIMIT 1"
        )[0]
        undone = undo_import(w, batch.id)
        assert (undone.removed, undone.batch.status) == (2, "undone")
        assert ledger(w) == before
    assert bring(scope, file, checking) == 2


def test_the_categories_and_tags_of_the_file_are_used(scope: Scope, checking: UUID) -> None:
    bring(scope, "Date,Payee,Amount,Category,Tags\n2026-02-01,Shop,-5.00,groceries,x|y\n", checking)
    with work(scope) as w:
        row = w.row("SELECT a.name FROM transaction t JOIN account a ON a.id = t.category_id")
        assert row is not None and row.name == "Groceries"
        assert [tag.name for tag in w.rows("SELECT name FROM tag ORDER BY name")] == ["x", "y"]


def test_a_row_entered_by_hand_is_a_conflict_that_can_be_linked(scope: Scope, checking: UUID) -> None:
    with work(scope) as w:
        mine = record_transaction(w, EntryDraft(date(2026, 1, 4), checking, 100000, "My job"))
        batch = start_import(w, "bank.csv", CSV.encode(), account_id=checking)
        assert (batch.counts["new"], batch.counts["conflict"]) == (2, 1)
        conflict = list_import_rows(w, batch.id, state="conflict").items[0]
        assert conflict.match_id == mine.id
        choose_rows(w, batch.id, [conflict.row_number], "match")
        done = commit_import(w, batch.id)
        assert (done.counts["imported"], done.counts["linked"]) == (2, 1)
        assert balance(w, checking) == 100000 - 700
    assert bring(scope, CSV, checking) == 0


@pytest.mark.parametrize("cleared", [True, False])
def test_undoing_a_link_leaves_the_hand_made_entry_as_it_was(
    scope: Scope, checking: UUID, cleared: bool
) -> None:
    with work(scope) as w:
        mine = record_transaction(w, EntryDraft(date(2026, 1, 4), checking, -1250, "Bookshop"))
        set_cleared(w, mine.id, checking, cleared=cleared)
        before = ledger(w)
        batch = start_import(
            w, "bank.csv", b"Date,Payee,Amount\n2026-01-05,BOOKS 12,-12.50\n", account_id=checking
        )
        choose_rows(w, batch.id, [1], "match")
        assert commit_import(w, batch.id).counts["linked"] == 1
        linked = w.row("SELECT cleared, import_id FROM posting WHERE account_id = :id", id=checking)
        assert linked is not None and linked.cleared and linked.import_id is not None
        undo_import(w, batch.id)
        assert ledger(w) == before


def use_in_budget(w: Work, category: UUID, *, private: bool = False) -> None:
    lines = (LineDraft(category, 5_000),)
    create_budget(w, BudgetDraft("Home", "limit", monthly(), lines=lines, private=private))


def use_in_private_budget(w: Work, category: UUID) -> None:
    use_in_budget(w, category, private=True)


def use_by_payee(w: Work, category: UUID) -> None:
    payee = find_or_create_payee(w, "Hobby shop", w.scope.shared_space_id)
    w.run("UPDATE payee SET default_category_id = :category WHERE id = :id", category=category, id=payee)


def use_in_rule(w: Work, category: UUID) -> None:
    hobby = [{"field": "payee", "op": "contains", "value": "hobby"}]
    make_rule(w, hobby, [{"do": "set_category", "category_id": str(category)}])


@pytest.mark.parametrize("use", [use_in_budget, use_in_private_budget, use_by_payee, use_in_rule, None])
def test_a_made_category_stays_after_an_undo_if_something_uses_it_by_then(
    scope: Scope, checking: UUID, use: Callable[[Work, UUID], None] | None
) -> None:
    content = b"Date,Payee,Amount,Category\n2026-02-01,Shop,-5.00,Model trains\n"
    with work(scope) as w:
        batch = start_import(w, "bank.csv", content, account_id=checking)
        change_import(w, batch.id, make_categories=True)
        commit_import(w, batch.id)
        (made,) = [one.id for one in list_categories(w) if one.name == "Model trains"]
        if use is not None:
            use(w, made)
        lines = len(w.rows("SELECT 1 FROM budget_line"))
    fellow = replace(scope, private_space_id=None, space_ids=(scope.shared_space_id,))
    with work(fellow) as w:
        undo_import(w, batch.id)
        assert (made in {one.id for one in list_categories(w)}) == (use is not None)
    with work(scope) as w:
        assert len(w.rows("SELECT 1 FROM budget_line")) == lines


def test_a_category_in_a_budget_out_of_sight_isnt_deleted(scope: Scope) -> None:
    with work(scope) as w:
        category = create_category(w, "Presents", "expense").id
        use_in_private_budget(w, category)
    fellow = replace(scope, private_space_id=None, space_ids=(scope.shared_space_id,))
    with work(fellow) as w, pytest.raises(Conflict, match="out of your sight"):
        delete_category(w, category)
    with work(scope) as w:
        with pytest.raises(Conflict, match="'Home'"):
            delete_category(w, category)
        assert len(w.rows("SELECT 1 FROM budget_line")) == 1


def test_rows_can_be_skipped_and_duplicates_forced(scope: Scope, checking: UUID) -> None:
    bring(scope, CSV, checking)
    with work(scope) as w:
        batch = start_import(w, "bank.csv", CSV.encode(), account_id=checking)
        assert batch.counts["duplicate"] == 3
        choose_rows(w, batch.id, [1], "import")
        assert commit_import(w, batch.id).counts["imported"] == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02\x03binary" * 50, "bank.csv"),
        (b"Date,Payee,Amount\n" + b"2026-01-02,A,-1.00\n" * 9 + b"2026-01-03,B,not money\n", "row 11"),
    ],
)
def test_bad_files_say_what_is_wrong_and_leave_nothing(
    scope: Scope, checking: UUID, content: bytes, message: str
) -> None:
    try:
        with work(scope) as w:
            batch = start_import(w, "bank.csv", content, account_id=checking)
            assert batch.status == "failed"
            assert batch.error is not None
            told = batch.error
    except StatementError as error:
        told = error.message
    assert message in told
    with work(scope) as w:
        assert w.rows("SELECT 1 FROM import_row") == []
        assert w.rows("SELECT 1 FROM transaction") == []


def test_the_bad_amount_of_a_real_file_is_named(scope: Scope, checking: UUID, shared_data: Path) -> None:
    with work(scope) as w:
        batch = start_import(
            w, "decimal.ofx", (shared_data / "ofx/reject_bad_decimal.ofx").read_bytes(), account_id=checking
        )
        assert batch.status == "failed"
        assert batch.error is not None and "$120" in batch.error
        with pytest.raises(Conflict):
            commit_import(w, batch.id)


def test_the_mapping_can_be_corrected_and_is_remembered(scope: Scope, checking: UUID) -> None:
    content = b"Date,Payee,Amount\n2026-01-02,A,1.00\n2026-01-03,B,2.00\n"
    with work(scope) as w:
        batch = start_import(w, "card.csv", content, account_id=checking)
        assert batch.counts["total"] == {"USD": 300}
        assert batch.mapping is not None
        batch = change_import(w, batch.id, mapping=dict(batch.mapping) | {"sign": "inverted"})
        assert batch.counts["total"] == {"USD": -300}
        commit_import(w, batch.id)
        following = start_import(w, "card.csv", content + b"2026-01-04,C,5.00\n", account_id=checking)
        assert following.counts["total"] == {"USD": -500}
        discard_import(w, following.id)


def test_without_an_account_it_asks_for_one(scope: Scope, checking: UUID) -> None:
    with work(scope) as w:
        batch = start_import(w, "bank.csv", CSV.encode())
        with pytest.raises(ValidationFailed, match="account"):
            commit_import(w, batch.id)
        batch = change_import(w, batch.id, account_id=checking)
        assert commit_import(w, batch.id).counts["imported"] == 3


def test_an_account_is_found_again_by_its_number(scope: Scope, shared_data: Path) -> None:
    content = (shared_data / "ofx/bofa_creditcard_27tx.ofx").read_bytes()
    with work(scope) as w:
        card = create_account(w, AccountDraft("Card", "credit_card", "USD")).id
        commit_import(w, start_import(w, "a.ofx", content, account_id=card).id)
        again = start_import(w, "b.ofx", content)
        assert again.statements[0]["account_id"] == str(card)
        assert again.counts["duplicate"] == 27


def test_the_uploaded_file_is_unreadable_and_dropped(scope: Scope, checking: UUID) -> None:
    with work(scope) as w:
        batch = start_import(w, "bank.csv", CSV.encode(), account_id=checking)
        row = w.row("SELECT content_encrypted FROM import_batch WHERE id = :id", id=batch.id)
        assert row is not None and b"Baker" not in bytes(row[0])
        commit_import(w, batch.id)
        assert w.rows("SELECT content_encrypted FROM import_batch WHERE id = :id", id=batch.id)[0][0] is None


def test_too_many_imports_that_wait_are_refused_until_some_are_settled(
    scope: Scope, checking: UUID, database: Settings, new_household: Callable[..., Household]
) -> None:
    with override_settings(database.model_copy(update={"import_max_open": 2})):
        with work(scope) as w:
            first = start_import(w, "a.csv", CSV.encode(), account_id=checking)
            start_import(w, "b.csv", CSV.encode() + b"2026-01-09,Broken,-1.2.3,x\n" * 2, account_id=checking)
            with pytest.raises(Conflict, match=r"2 imports wait .* commit or discard some"):
                start_import(w, "c.csv", CSV.encode(), account_id=checking)
            commit_import(w, first.id)
            discard_import(w, start_import(w, "c.csv", CSV.encode(), account_id=checking).id)
            start_import(w, "c.csv", CSV.encode(), account_id=checking)
        with work(new_household("Birch").scope) as w:
            assert start_import(w, "c.csv", CSV.encode()).status == "ready"


def test_an_undo_doesnt_wait_for_a_commit_that_waits_for_the_ledger(scope: Scope, checking: UUID) -> None:
    """Each would hold what the other one waits for."""
    with work(scope) as w:
        batch = start_import(w, "bank.csv", CSV.encode(), account_id=checking)

    def undo() -> None:
        with work(scope) as w:
            undo_import(w, batch.id)

    with ThreadPoolExecutor(1) as pool, work(scope) as w:
        w.row("SELECT 1 FROM import_batch WHERE id = :id FOR UPDATE", id=batch.id)  # as a commit begins
        with pytest.raises(Conflict):
            pool.submit(undo).result(timeout=PATIENCE_SECONDS)
        assert commit_import(w, batch.id).counts["imported"] == 3


def test_another_household_reaches_no_import(
    scope: Scope, checking: UUID, new_household: Callable[..., Household]
) -> None:
    with work(scope) as w:
        batch = start_import(w, "bank.csv", CSV.encode(), account_id=checking)
    other = new_household("Birch").scope
    for attempt in (
        lambda w: get_import(w, batch.id),
        lambda w: list_import_rows(w, batch.id),
        lambda w: commit_import(w, batch.id),
        lambda w: undo_import(w, batch.id),
        lambda w: discard_import(w, batch.id),
        lambda w: choose_rows(w, batch.id, [1], "skip"),
        lambda w: change_import(w, batch.id, account_id=checking),
        lambda w: start_import(w, "x.csv", CSV.encode(), account_id=checking),
    ):
        with pytest.raises(NotFound), work(other) as w:
            attempt(w)
