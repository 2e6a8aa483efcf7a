"""Every page's address, title, drawing function and what is loaded when somebody arrives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from recaller.pages.account_register import account_register_page
from recaller.pages.accounts import accounts_page
from recaller.pages.categories import categories_page
from recaller.pages.dashboard import dashboard_page
from recaller.pages.import_batch import import_batch_page
from recaller.pages.imports import imports_page
from recaller.pages.join import join_page
from recaller.pages.settings import settings_page
from recaller.pages.sign_in import sign_in_page
from recaller.pages.sign_up import sign_up_page
from recaller.pages.transactions import transactions_page
from recaller.state.account_register import AccountRegisterState
from recaller.state.accounts import AccountsState
from recaller.state.categories import CategoriesState
from recaller.state.dashboard import DashboardState
from recaller.state.household import HouseholdState
from recaller.state.import_batch import ImportBatchState
from recaller.state.imports import ImportsState
from recaller.state.session import SessionState
from recaller.state.settings import SettingsState
from recaller.state.sign_in import EntryState, JoinState
from recaller.state.transactions import TransactionsState


@dataclass(frozen=True, slots=True)
class Route:
    """A page. `path` as Reflex writes it (`/accounts/[account_id]`); `on_load` runs in order on each arrival.

    Pages for signed-in people start their `on_load` with `SessionState.load`.
    """

    path: str
    title: str
    draw: Callable[[], rx.Component]
    on_load: tuple[Any, ...] = ()


ROUTES: tuple[Route, ...] = (
    Route("/", "Dashboard", dashboard_page, (SessionState.load, DashboardState.load)),
    Route("/transactions", "Transactions", transactions_page, (SessionState.load, TransactionsState.load)),
    Route("/accounts", "Accounts", accounts_page, (SessionState.load, AccountsState.load)),
    Route(
        "/accounts/[register]",
        "Account",
        account_register_page,
        (SessionState.load, AccountRegisterState.load),
    ),
    Route("/categories", "Categories", categories_page, (SessionState.load, CategoriesState.load)),
    Route("/import", "Import", imports_page, (ImportBatchState.forget, SessionState.load, ImportsState.load)),
    Route(
        "/import/[batch_id]",
        "Import",
        import_batch_page,
        (ImportBatchState.arrive, SessionState.load, ImportBatchState.load),
    ),
    Route(
        "/settings", "Settings", settings_page, (SessionState.load, SettingsState.load, HouseholdState.load)
    ),
    Route("/sign-in", "Sign in", sign_in_page, (EntryState.load,)),
    Route("/sign-up", "Sign up", sign_up_page, (EntryState.load,)),
    Route("/join", "Invitation", join_page, (JoinState.load,)),
)
