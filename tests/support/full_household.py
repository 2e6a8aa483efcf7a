"""Fills every tenant table of a household through the services, so that isolation tests have something to steal."""

from __future__ import annotations

from datetime import date

from recaller.infra.work import work
from recaller.models.security import TENANT_TABLES
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.categories import list_categories
from recaller.services.household_settings import HouseholdSettingsView, save_household_settings
from recaller.services.imports import commit_import, start_import
from recaller.services.starter import create_starter_accounts
from recaller.services.transactions import EntryDraft, TransferDraft, record_transaction
from tests.support.feeds import fill_feeds
from tests.support.fill_daily import fill_daily
from tests.support.fill_detection import fill_detection
from tests.support.filled_notifications import fill_notifications
from tests.support.full_budgets import fill_budget_tables
from tests.support.households import Household
from tests.support.imports_household import fill_transfers
from tests.support.recurring import fill_recurring
from tests.support.ruled_household import fill_rules

DAY = date(2026, 3, 1)
_CSV = b"Date,Payee,Amount,Tags\n2026-03-02,Baker,-3.50,bread\n2026-03-03,Baker,-4.50,\n2026-03-04,Work,900.00,\n"


def fill_every_table(household: Household) -> None:
    """Leave at least one row in each tenant table; fails when a new table is not filled here."""
    scope = household.scope
    with work(scope) as w:
        create_starter_accounts(w)
        checking = create_account(w, AccountDraft("Checking", "checking", "USD", number="12345678")).id
        euros = create_account(w, AccountDraft("Euros", "savings", "EUR", private=True)).id
        record_transaction(w, EntryDraft(DAY, checking, -1250, "Shop", tags=("food",)))
        record_transaction(w, TransferDraft(DAY, checking, euros, 1000, 900))
        fill_transfers(w, checking, create_account(w, AccountDraft("Savings", "savings", "USD")).id, DAY)
        commit_import(w, start_import(w, "bank.csv", _CSV, account_id=checking).id)
        start_import(w, "later.csv", _CSV.replace(b"2026-03", b"2026-04"), account_id=checking)
        fill_rules(w, next(one.id for one in list_categories(w) if one.name == "Groceries"))
        save_household_settings(w, HouseholdSettingsView(country="DE"))
        fill_recurring(w, checking, DAY)
        fill_detection(w, checking, DAY)
        fill_budget_tables(w)
        w.enqueue("import.stage", {"batch_id": "none"})
        fill_notifications(w, household)
        fill_feeds(w)
        w.run(
            "INSERT INTO idempotency_key (tenant_id, space_id, user_id, key, request_hash, status)"
            " VALUES (:tenant, :space, :user, 'key', '\\x00', 201)",
            tenant=scope.tenant_id,
            space=scope.shared_space_id,
            user=scope.user_id,
        )
        w.run(
            "INSERT INTO invitation (tenant_id, id, email, role, token_hash, expires_at)"
            " VALUES (:tenant, gen_random_uuid(), 'guest@example.org', 'user', :token, now())",
            tenant=scope.tenant_id,
            token=scope.tenant_id.bytes,
        )
    fill_daily(household)
    with work(scope) as w:
        for rights in TENANT_TABLES:
            assert w.rows(f'SELECT 1 FROM "{rights.table}" LIMIT 1'), f"nothing fills {rights.table}"
