"""Every page's address, title, drawing function and what is loaded when somebody arrives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from recaller.pages.account_register import account_register_page
from recaller.pages.accounts import accounts_page
from recaller.pages.budgets import budgets_page
from recaller.pages.categories import categories_page
from recaller.pages.dashboard import dashboard_page
from recaller.pages.import_batch import import_batch_page
from recaller.pages.imports import imports_page
from recaller.pages.jobs import jobs_page
from recaller.pages.join import join_page
from recaller.pages.notification_settings import notification_settings_page
from recaller.pages.notifications import notifications_page
from recaller.pages.rates import rates_page
from recaller.pages.recurring import recurring_page
from recaller.pages.recurring_detail import recurring_detail_page
from recaller.pages.rules import rules_page
from recaller.pages.settings import settings_page
from recaller.pages.sign_in import sign_in_page
from recaller.pages.sign_up import sign_up_page
from recaller.pages.transactions import transactions_page
from recaller.pages.transfers import transfers_page
from recaller.state.account_register import AccountRegisterState
from recaller.state.accounts import AccountsState
from recaller.state.budget_dialogs import BudgetDialogState
from recaller.state.budget_pace import BudgetPaceState
from recaller.state.budget_setup import BudgetSetupState
from recaller.state.budgets import BudgetsState
from recaller.state.calendar_feed import CalendarFeedState
from recaller.state.categories import CategoriesState
from recaller.state.daily_hours import DailyHoursState
from recaller.state.dashboard import DashboardState
from recaller.state.household import HouseholdState
from recaller.state.import_batch import ImportBatchState
from recaller.state.imports import ImportsState
from recaller.state.jobs import JobsState
from recaller.state.notification_settings import NotificationSettingsState
from recaller.state.notifications import NotificationsState
from recaller.state.occurrence import OccurrenceState
from recaller.state.rates import RatesState
from recaller.state.recurring import RecurringState
from recaller.state.recurring_detail import RecurringDetailState
from recaller.state.recurring_editor import RecurringEditorState
from recaller.state.rule_editor import RuleEditorState
from recaller.state.rules import RulesState
from recaller.state.session import SessionState
from recaller.state.settings import SettingsState
from recaller.state.sign_in import EntryState, JoinState
from recaller.state.suggestions import SuggestionsState
from recaller.state.transactions import TransactionsState
from recaller.state.transfers import TransfersState
from recaller.state.upcoming_bills import UpcomingBillsState


@dataclass(frozen=True, slots=True)
class Route:
    """A page. `path` as Reflex writes it (`/accounts/[account_id]`); `on_load` runs in order on each arrival.

    Pages for signed-in people start their `on_load` with `SessionState.load`.
    """

    path: str
    title: str
    draw: Callable[[], rx.Component]
    on_load: tuple[Any, ...] = ()


# What somebody left open when they went away is not in their way when they come back.
_RECURRING_DIALOGS = (RecurringEditorState.close, OccurrenceState.close, CalendarFeedState.close)

ROUTES: tuple[Route, ...] = (
    Route(
        "/",
        "Dashboard",
        dashboard_page,
        (SessionState.load, DashboardState.load, UpcomingBillsState.load, BudgetPaceState.load),
    ),
    Route("/transactions", "Transactions", transactions_page, (SessionState.load, TransactionsState.load)),
    Route("/accounts", "Accounts", accounts_page, (SessionState.load, AccountsState.load)),
    Route(
        "/accounts/[register]",
        "Account",
        account_register_page,
        (SessionState.load, AccountRegisterState.load),
    ),
    Route(
        "/recurring",
        "Recurring",
        recurring_page,
        (*_RECURRING_DIALOGS, SessionState.load, RecurringState.load, SuggestionsState.load),
    ),
    Route(
        "/recurring/[item]",
        "Recurring",
        recurring_detail_page,
        (*_RECURRING_DIALOGS, SessionState.load, RecurringDetailState.load),
    ),
    Route(
        "/budgets",
        "Budgets",
        budgets_page,
        (BudgetDialogState.dismiss, BudgetSetupState.dismiss, SessionState.load, BudgetsState.load),
    ),
    Route("/categories", "Categories", categories_page, (SessionState.load, CategoriesState.load)),
    Route("/import", "Import", imports_page, (ImportBatchState.forget, SessionState.load, ImportsState.load)),
    Route(
        "/import/[batch_id]",
        "Import",
        import_batch_page,
        (ImportBatchState.arrive, SessionState.load, ImportBatchState.load, TransfersState.load),
    ),
    Route("/rules", "Rules", rules_page, (SessionState.load, RulesState.load, RuleEditorState.arrive)),
    Route("/transfers", "Transfers", transfers_page, (SessionState.load, TransfersState.load)),
    Route("/rates", "Exchange rates", rates_page, (SessionState.load, RatesState.load)),
    Route("/jobs", "Jobs", jobs_page, (SessionState.load, DailyHoursState.load, JobsState.load)),
    Route(
        "/settings", "Settings", settings_page, (SessionState.load, SettingsState.load, HouseholdState.load)
    ),
    Route(
        "/settings/notifications",
        "Notification settings",
        notification_settings_page,
        (SessionState.load, NotificationSettingsState.load),
    ),
    Route(
        "/notifications", "Notifications", notifications_page, (SessionState.load, NotificationsState.load)
    ),
    Route("/sign-in", "Sign in", sign_in_page, (EntryState.load,)),
    Route("/sign-up", "Sign up", sign_up_page, (EntryState.load,)),
    Route("/join", "Invitation", join_page, (JoinState.load,)),
)
