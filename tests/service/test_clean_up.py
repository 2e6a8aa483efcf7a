"""The night's clean-up: what is old goes, what is young or still needed stays, and only in its own household."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from recaller.core.clock import utc_now
from recaller.core.errors import Conflict
from recaller.infra.work import identity_work, work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.clean_up import clean_up
from recaller.services.daily import ErrorLog
from recaller.services.households import household_scopes
from recaller.services.imports import (
    choose_rows,
    get_import,
    list_imports,
    read_content,
    start_import,
    undo_import,
)
from recaller.services.starter import create_starter_accounts
from tests.support.full_household import fill_every_table
from tests.support.households import Household


def counts_of(household: Household) -> dict[str, int]:
    tables = ("job", "daily_run", "item_error", "idempotency_key", "import_row", "import_batch")
    with work(household.scope) as w:
        return {table: len(w.rows(f"SELECT 1 FROM {table}")) for table in tables}


def clean(household: Household, later: timedelta) -> dict[str, int]:
    with identity_work() as identity:
        scope = household_scopes(identity, [household.tenant_id])[household.tenant_id]
    with work(scope, clock=lambda: utc_now() + later) as w:
        return dict(clean_up(w, ErrorLog()))


def test_old_things_go_in_one_household_only(
    household: Household, new_household: Callable[..., Household]
) -> None:
    other = new_household("Birch")
    for one in (household, other):
        fill_every_table(one)
    before = counts_of(household)
    assert clean(household, timedelta(days=6)) == {}
    with work(household.scope) as w:
        w.run("UPDATE job SET status = 'done', finished_at = now()")
        w.run("UPDATE item_error SET resolved_at = now()")
    gone = clean(household, timedelta(days=91))
    assert gone["keys"] == before["idempotency_key"]
    assert gone["jobs"] == before["job"]
    assert gone["runs"] == before["daily_run"]
    after = counts_of(household)
    assert (after["job"], after["daily_run"], after["item_error"], after["idempotency_key"]) == (0, 0, 0, 0)
    # What waited for its commit is discarded, with its rows; what an undo needs stays.
    assert gone["expired_imports"] == 1
    with work(household.scope) as w:
        kept = w.row(
            "SELECT count(*) FROM import_row r JOIN import_batch b ON b.id = r.batch_id WHERE b.status = 'committed'"
        )
    assert kept is not None and after["import_row"] == kept[0] == before["import_row"] - gone["staged"]
    assert after["import_batch"] == before["import_batch"]
    assert counts_of(other) == before


def test_an_import_that_waits_is_discarded_30_days_after_it_was_touched(household: Household) -> None:
    with work(household.scope) as w:
        create_starter_accounts(w)
        account = create_account(w, AccountDraft("Checking", "checking", "USD")).id
        content = b"Date,Payee,Amount\n2026-01-02,Baker,-3.50\n"
        touched, left = (start_import(w, "a.csv", content, account_id=account).id for _ in range(2))
        w.run("UPDATE import_batch SET created_at = now() - interval '40 days', touched_at = NULL")
        choose_rows(w, touched, [1], "skip")
    assert clean(household, timedelta()) == {"expired_imports": 1, "staged": 1}
    with work(household.scope) as w:
        assert get_import(w, touched).status == "ready"
        gone = get_import(w, left)
        assert (gone.status, gone.error) == (
            "discarded", "Nobody committed it for 30 days; upload the file again.",
        )  # fmt: skip
        with pytest.raises(Conflict):
            read_content(w, left)
    assert clean(household, timedelta(days=31))["expired_imports"] == 1


def test_what_failed_stays_longer_and_what_runs_stays(household: Household) -> None:
    fill_every_table(household)
    with work(household.scope) as w:
        w.run("UPDATE job SET status = 'failed', finished_at = now()")
    assert "jobs" not in clean(household, timedelta(days=60))
    with work(household.scope) as w:
        w.run("UPDATE job SET status = 'running', finished_at = NULL")
    assert "jobs" not in clean(household, timedelta(days=400))


def test_the_bytes_of_a_file_that_failed_go_and_a_committed_import_can_still_be_undone(
    household: Household,
) -> None:
    fill_every_table(household)
    with work(household.scope) as w:
        w.run("UPDATE import_batch SET status = 'failed' WHERE status = 'ready'")
    gone = clean(household, timedelta(days=31))
    assert (gone["files"], gone["staged"]) == (1, 3)
    with work(household.scope) as w:
        committed = next(batch for batch in list_imports(w).items if batch.status == "committed")
        undo_import(w, committed.id)
    with work(household.scope) as w:
        assert [batch.status for batch in list_imports(w).items if batch.id == committed.id] == ["undone"]
