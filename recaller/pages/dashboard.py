"""The dashboard: where the money stands, how it got there, and what wants attention."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item, ListVar
from recaller.pages.budget_pace import budget_pace
from recaller.pages.frame import framed
from recaller.pages.welcome import welcome
from recaller.state.dashboard import DashboardState
from recaller.state.upcoming_bills import UpcomingBillsState

_PERIODS = (("6m", "6M"), ("1y", "1Y"), ("3y", "3Y"), ("all", "All"))
_CHART_HEIGHT = "17rem"
_CURRENCIES: ListVar = DashboardState.currencies
_RECENT: ListVar = DashboardState.recent
_BILLS: Any = UpcomingBillsState
_SPENDING: ListVar = DashboardState.spending


def dashboard_page() -> rx.Component:
    """Draw the figures, or the first steps of a household that has none."""
    return framed(
        rx.cond(DashboardState.is_new, welcome(), _figures()),
        active="dashboard",
        title="Dashboard",
        actions=[rx.cond(DashboardState.is_new, rx.fragment(), _pickers())],
    )


def _pickers() -> rx.Component:
    return ui.row(
        rx.cond(
            _CURRENCIES.length() > 0,
            ui.select(
                _CURRENCIES,
                value=DashboardState.currency,
                on_change=DashboardState.choose_currency,
                aria_label="Currency",
                style={"width": "auto"},
            ),
        ),
        ui.segmented(_PERIODS, DashboardState.period, DashboardState.choose_period, label="Period"),
    )


def _figures() -> rx.Component:
    stats = DashboardState.stats
    loading = DashboardState.loading
    return ui.stack(
        rx.cond(
            DashboardState.uncategorised_words != "",
            ui.callout(
                DashboardState.uncategorised_words,
                action=ui.link("Sort them", href=DashboardState.uncategorised_href),
            ),
        ),
        ui.stat_grid(
            ui.stat(
                "Net worth", stats.net_worth.value, change=stats.net_worth.change,
                change_tone=stats.net_worth.tone, href=stats.net_worth.href, lead=True, loading=loading,
            ),
            _stat("Income this month", stats.income),
            _stat("Spent this month", stats.spending),
            _stat("Left this month", stats.saved),
        ),
        ui.split(
            rx.fragment(_net_worth(), _cash_flow(), _spending(), _recent()),
            rx.fragment(_bills(), budget_pace(), _accounts()),
        ),
        gap="s4",
    )  # fmt: skip


def _stat(label: str, figure: Item) -> rx.Component:
    return ui.stat(
        label, figure.value, change=figure.change, href=figure.href, loading=DashboardState.loading
    )


def _net_worth() -> rx.Component:
    return ui.loaded(
        DashboardState.loading,
        ui.skeleton_card("20rem"),
        ui.card(
            ui.chart(
                DashboardState.net_worth,
                title="Net worth",
                description=DashboardState.net_worth_summary,
                on_point=DashboardState.open_point,
                height=_CHART_HEIGHT,
                table=ui.chart_table(
                    ["At the end of", "Owned", "Owed", "Net worth"], DashboardState.net_worth_rows
                ),
            ),
            title="Net worth",
            subtitle=ui.private(DashboardState.net_worth_summary),
        ),
    )


def _cash_flow() -> rx.Component:
    return ui.loaded(
        DashboardState.loading,
        ui.skeleton_card("20rem"),
        ui.card(
            ui.chart(
                DashboardState.cash_flow,
                title="Cash flow",
                description=DashboardState.cash_flow_summary,
                on_point=DashboardState.open_point,
                height=_CHART_HEIGHT,
                table=ui.chart_table(["Month", "In", "Out", "Left"], DashboardState.cash_flow_rows),
            ),
            title="Cash flow",
            subtitle=ui.private(DashboardState.cash_flow_summary),
        ),
    )


def _recent() -> rx.Component:
    return ui.card(
        ui.loaded(
            DashboardState.loading,
            ui.skeleton_rows(8),
            rx.cond(
                _RECENT.length() > 0,
                ui.item_list(rx.foreach(_RECENT, _recent_row), label="The newest transactions"),
                ui.empty_state(
                    "inbox",
                    "No transactions yet",
                    "Import a file of your bank, or add one by hand.",
                    ui.button("Import", href="/import"),
                    ui.button("Add one", href="/transactions?new=1"),
                ),
            ),
        ),
        title="Recent transactions",
        actions=ui.link("All transactions", href="/transactions"),
        flush=True,
    )


def _recent_row(item: Item) -> rx.Component:
    return ui.list_row(
        item.payee,
        subtitle=rx.fragment(
            item.date, " · ", item.account, rx.cond(item.category != "", " · " + item.category, "")
        ),
        end=ui.money(item.amount, item.tone),
        end_sub=rx.cond(item.pending, ui.badge("Pending", "warning", "clock"), rx.fragment()),
        href="/transactions?open=" + item.id,
    )


def _accounts() -> rx.Component:
    return ui.card(
        ui.loaded(
            DashboardState.loading,
            ui.skeleton_rows(8),
            rx.fragment(rx.foreach(DashboardState.groups, _group)),
        ),
        title="Accounts",
        actions=ui.link("All accounts", href="/accounts"),
        flush=True,
    )


def _bills() -> rx.Component:
    return ui.card(
        ui.loaded(
            _BILLS.loading,
            ui.skeleton_rows(3),
            rx.cond(
                _BILLS.bills.length() > 0,
                rx.fragment(
                    ui.item_list(rx.foreach(_BILLS.bills, _bill), label="What falls due next"),
                    rx.cond(_BILLS.more != "", ui.list_row(ui.link(_BILLS.more, href="/recurring"))),
                ),
                ui.empty_state(
                    "calendar-check",
                    "Nothing is due",
                    "No recurring transaction falls on the next two weeks.",
                ),
            ),
        ),
        title="Upcoming bills",
        subtitle=rx.fragment(rx.foreach(_BILLS.sums, _bill_sum)),
        actions=ui.link("Calendar", href="/recurring"),
        flush=True,
    )


def _bill(item: Item) -> rx.Component:
    return ui.list_row(
        item.title,
        subtitle=item.date,
        end=ui.money(item.amount, item.tone),
        end_sub=ui.due_badge(item.state, item.state_label),
        href="/recurring?open=" + item.key,
    )


def _bill_sum(total: Item) -> rx.Component:
    return rx.el.span(ui.private(total.out, " out · ", total.incoming, " in "), class_name="rc-num")


def _group(group: Item) -> rx.Component:
    return rx.el.section(
        ui.list_heading(group.name, ui.money(group.total, group.tone)),
        ui.item_list(rx.foreach(group.accounts, _account), label=group.name),
    )


def _account(item: Item) -> rx.Component:
    return ui.list_row(
        item.name,
        lead=ui.account_icon(item.subtype),
        subtitle=rx.fragment(
            item.fresh,
            rx.cond(item.private, " · private", ""),
            rx.cond(item.closed, " · closed", ""),
        ),
        end=ui.money(item.balance, item.tone),
        end_sub=ui.sparkline(item.spark),
        href=item.href,
    )  # fmt: skip


def _spending() -> rx.Component:
    return ui.card(
        ui.loaded(
            DashboardState.loading,
            ui.stack(*[ui.skeleton("2rem") for _ in range(8)]),
            rx.cond(
                _SPENDING.length() > 0,
                ui.stack(
                    ui.bar_list(rx.foreach(_SPENDING, _share), label="Spending by category"),
                    rx.cond(
                        DashboardState.spending_rest != "",
                        ui.link(ui.private(DashboardState.spending_rest), href=DashboardState.spending_href),
                    ),
                    gap="s3",
                ),
                ui.empty_state("receipt", "Nothing spent", "No expense is booked in this month."),
            ),
        ),
        title="Spending",
        subtitle=ui.link(
            ui.private(DashboardState.spending_total, " in all"), href=DashboardState.spending_href
        ),
        actions=ui.select(
            DashboardState.spending_months,
            value=DashboardState.spending_month,
            on_change=DashboardState.choose_month,
            aria_label="Month",
            style={"width": "auto"},
        ),
    )


def _share(item: Item, index: rx.Var[int]) -> rx.Component:
    return ui.bar_row(
        item.name,
        ui.money(item.amount),
        item.share,
        href=item.href,
        color=ui.series_color(index),
        note=item.note,
    )
