"""What the pickers of the ledger's pages offer: accounts, categories, payees and tags as display-ready choices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from recaller.infra.work import Work
from recaller.services.accounts import AccountView, list_accounts
from recaller.services.categories import CategoryView, list_categories
from recaller.services.payees import PayeeView
from recaller.services.tags import list_tags
from recaller.state.formatting import Formatter


@dataclass(frozen=True)
class Choice:
    """One option of a select or combobox."""

    value: str
    label: str


def account_choices(accounts: Iterable[AccountView]) -> list[Choice]:
    """Return accounts with their currency, closed ones marked."""
    return [
        Choice(str(one.id), f"{one.name} ({one.currency})" + (", closed" if one.closed_on else ""))
        for one in accounts
    ]


def category_choices(categories: Iterable[CategoryView]) -> list[Choice]:
    """Return categories by their path; the ledger's own is left out, since no choice means the same."""
    return [Choice(str(one.id), one.path) for one in categories if not one.system]


def payee_choices(payees: Iterable[PayeeView]) -> list[Choice]:
    """Return payees by name."""
    return [Choice(str(one.id), one.name) for one in payees]


def open_choices(w: Work) -> tuple[list[Choice], list[Choice], list[Choice]]:
    """Return the open accounts, the categories in use and the tags, in three queries."""
    tags = [Choice(str(tag.id), tag.name) for tag in list_tags(w)]
    return account_choices(list_accounts(w)), category_choices(list_categories(w)), tags


def formatter_of(w: Work) -> Formatter:
    """Return the formatter of the acting user."""
    return Formatter(w.scope.locale, w.scope.time_zone)


def put(state: rx.State, **values: Any) -> None:
    """Set vars that changed, so that nothing unchanged travels to the browser again."""
    for name, value in values.items():
        if getattr(state, name) != value:
            setattr(state, name, value)
