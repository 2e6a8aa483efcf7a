"""Recurring transactions: a calendar of what is due, the list with its totals, and what was found in the history."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item
from recaller.pages.calendar_feed import feed_button, feed_dialog
from recaller.pages.frame import framed
from recaller.pages.occurrence import due_row, occurrence_dialog
from recaller.pages.recurring_editor import new_recurring_button, recurring_editor
from recaller.pages.suggestions import suggestions_tab
from recaller.state.occurrence import OccurrenceState
from recaller.state.recurring import RecurringState
from recaller.state.recurring_editor import RecurringEditorState

State: Any = RecurringState
Editor: Any = RecurringEditorState
Occurrence: Any = OccurrenceState

TABS = (("calendar", "Calendar"), ("list", "List"), ("suggestions", "Suggestions"))
SHORTCUTS = (
    (("n",), "Add a recurring transaction"),
    (("Page Up", "Page Down"), "Another month, in the calendar"),
    (("Ctrl", "Enter"), "Save in the editor"),
)


def recurring_page() -> rx.Component:
    """Draw the page; its tabs share one address."""
    return framed(
        ui.stack(
            ui.segmented(TABS, State.tab, State.choose_tab, label="View"),
            rx.cond(State.tab != "suggestions", _attention()),
            rx.match(State.tab, ("list", _list()), ("suggestions", suggestions_tab()), _calendar()),
        ),
        _day_dialog(),
        occurrence_dialog(),
        recurring_editor(),
        feed_dialog(),
        active="recurring",
        title="Recurring",
        actions=[feed_button(), new_recurring_button()],
        shortcuts=SHORTCUTS,
        on_add=Editor.open_new("expense"),
        width="wide",
    )


def _attention() -> rx.Component:
    return rx.cond(
        State.attention.length() > 0,
        ui.card(
            ui.item_list(
                rx.foreach(rx.cond(State.tab == "list", State.attention, State.attention[:3]), due_row),
                label="Waiting for you",
            ),
            title="Waiting for you",
            subtitle="Due, late or missed, and not in the accounts yet.",
            actions=rx.cond(
                (State.tab != "list") & (State.attention.length() > 3),
                ui.button(State.all_attention, small=True, on_click=State.choose_tab("list")),
            ),
            flush=True,
        ),
    )


def _calendar() -> rx.Component:
    calendar = ui.card(
        ui.month_calendar(
            State.weeks,
            State.weekdays,
            title=State.month_title,
            label="Calendar of recurring transactions",
            on_day=State.open_day,
            on_item=Occurrence.open_occurrence,
            on_previous=State.previous_month,
            on_next=State.next_month,
            actions=ui.button("Today", small=True, on_click=State.this_month),
            empty=rx.cond(
                State.month_has_items,
                rx.fragment(),
                rx.el.p("Nothing falls due in this month.", class_name="rc-agenda__none"),
            ),
        ),
        rx.cond(State.month_sums.length() > 0, _month_sums()),
        flush=True,
    )
    return ui.loaded(State.loading, ui.skeleton_card("34rem"), rx.cond(State.is_empty, _empty(), calendar))


def _month_sums() -> rx.Component:
    return rx.el.div(
        rx.foreach(
            State.month_sums,
            lambda one: ui.row(
                rx.el.span(one.currency, class_name="rc-muted rc-small"),
                rx.el.span(ui.money(one.out), " out", class_name="rc-small"),
                rx.el.span(ui.money(one.incoming, "positive"), " in", class_name="rc-small"),
            ),
        ),
        role="group",
        aria_label="Sums of the month",
        class_name="rc-cal__sums",
    )


def _empty() -> rx.Component:
    return ui.card(
        ui.empty_state(
            "repeat",
            "Nothing recurs yet",
            "Add rent, salary or a subscription, and it posts itself on its day, or asks you first.",
            ui.button(
                "Add recurring", icon_name="plus", variant="primary", on_click=Editor.open_new("expense")
            ),
            ui.button(
                "Look through my history", icon_name="sparkles", on_click=State.choose_tab("suggestions")
            ),
        )
    )


def _list() -> rx.Component:
    content = ui.stack(
        rx.cond(State.totals.length() > 0, rx.foreach(State.totals, _totals)),
        rx.foreach(State.groups, _group),
    )
    return ui.loaded(State.loading, ui.skeleton_card("20rem"), rx.cond(State.is_empty, _empty(), content))


def _totals(total: Item) -> rx.Component:
    return rx.el.section(
        ui.stat_grid(
            ui.stat("Out each month", total.monthly_out, change=total.yearly_out + " a year"),
            ui.stat("In each month", total.monthly_in, change=total.yearly_in + " a year"),
            ui.stat("Left each month", total.monthly_net, change="On average, in " + total.currency),
        ),
        aria_label="What everything comes to in " + total.currency,
    )


def _group(group: Item) -> rx.Component:
    return ui.card(
        ui.item_list(rx.foreach(group["items"], _item), label=group.label),
        title=group.label,
        subtitle=rx.cond(group.count == "1", "1 item", group.count + " items"),
        flush=True,
    )


def _item(item: Item) -> rx.Component:
    title = ui.row(
        rx.el.span(item.name, class_name="rc-truncate"),
        rx.cond(item.private, ui.mark("lock", "Private")),
        gap="s2",
        wrap=False,
    )
    return ui.list_row(
        title,
        subtitle=rx.fragment(
            item.rhythm, rx.cond(item.next != "", ", next on " + item.next, ""), " · ", item.detail
        ),
        lead=_lead(item),
        end=rx.fragment(
            rx.cond(item.estimated, rx.el.span("about ", class_name="rc-muted rc-small")),
            ui.money(item.amount, item.tone),
        ),
        end_sub=rx.cond(
            item.paused | item.ended,
            ui.due_badge(item.state, item.state_label),
            ui.private(item.monthly),
        ),
        href="/recurring/" + item.id,
    )


def _lead(item: Item) -> rx.Component:
    return rx.match(
        item.state,
        ("paused", ui.glyph("circle-pause")),
        ("ended", ui.glyph("circle-stop")),
        ui.glyph("repeat", "accent"),
    )


def _day_dialog() -> rx.Component:
    return ui.dialog(
        rx.cond(
            State.day_items.length() > 0,
            ui.item_list(rx.foreach(State.day_items, due_row), label=State.day_heading),
            rx.el.p("Nothing falls due on this day.", class_name="rc-muted"),
        ),
        identity="day",
        title=State.day_heading,
        open=State.day_shown,
        on_close=State.close_day,
    )
