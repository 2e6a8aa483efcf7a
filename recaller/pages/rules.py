"""The rules page: if and then, in order; applied, logged, taken back; suggested."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item
from recaller.pages.frame import framed
from recaller.pages.rule_editor import rule_dialog
from recaller.state.rule_editor import RuleEditorState
from recaller.state.rules import RulesState

State: Any = RulesState
Editor: Any = RuleEditorState

COLUMNS = (
    ui.Column("rule", "Rule"),
    ui.Column("actions", "Switch, order and more", align="end", tight=True, hidden_label=True),
)
RUNS = (
    ui.Column("at", "Run"),
    ui.Column("status", "State", tight=True),
    ui.Column("detail", "Transactions"),
    ui.Column("actions", "Actions", align="end", tight=True, hidden_label=True),
)


def rules_page() -> rx.Component:
    """Draw rules, suggestions and the log."""
    return framed(
        ui.stack(
            rx.cond(State.waiting, ui.poll(State.load, milliseconds=1500)),
            rx.cond(State.ideas.length() > 0, _ideas()),
            ui.card(
                ui.data_table(
                    COLUMNS, State.rules, _rule, label="Rules", loading=State.loading, empty=_empty()
                ),
                title="Rules",
                subtitle="They run from top to bottom over every import, and over the past when you apply them.",
                flush=True,
            ),
            rx.cond(State.runs.length() > 0, _log()),
            gap="s5",
        ),
        rule_dialog(),
        _changes_dialog(),
        active="rules",
        title="Rules",
        actions=[
            ui.button("Apply now", icon_name="play", on_click=State.open_apply("")),
            ui.button(
                "Add rule", icon_name="plus", variant="primary", on_click=Editor.open_new, shortcut="n"
            ),
        ],
        shortcuts=((("n",), "Add a rule"),),
    )


def _empty() -> rx.Component:
    return ui.empty_state(
        "list-filter",
        "No rules yet",
        "A rule sets the category, payee or tags of what you import, so that you don't have to.",
        ui.button("Add rule", on_click=Editor.open_new),
    )


def _rule(item: Item) -> rx.Component:
    return ui.table_row(
        ui.cell(
            ui.stack(
                ui.row(
                    ui.open_link(item.name, on_click=Editor.open_rule(item.id)),
                    rx.cond(item.private, ui.mark("lock", "Private")),
                    rx.cond(item.stop, ui.badge("Stops here")),
                    rx.cond(item.once, ui.badge("Once")),
                    rx.cond(item.active, rx.fragment(), ui.badge("Off")),
                    gap="s2",
                ),
                rx.cond(item.sentence != "", rx.el.span(item.sentence, class_name="rc-muted rc-small")),
                rx.cond(item.changed != "", rx.el.span(item.changed, class_name="rc-muted rc-small")),
                rx.cond(item.problem != "", ui.badge(item.problem, "warning", "triangle-alert")),
                gap="s1",
            ),
            place="title",
        ),
        ui.cell(_tools(item), align="end", place="line", tight=True),
        row_id=item.id,
        key=item.id,
    )


def _tools(item: Item) -> rx.Component:
    """Draw what can be done with a rule; always in sight, on phones below the rule."""
    return ui.row(
        ui.bare_switch(
            "Run " + item.name, checked=item.active, on_change=State.switch(item.id, ~item.active)
        ),
        ui.icon_button(
            "arrow-up",
            "Move up " + item.name,
            small=True,
            disabled=item.first,
            on_click=State.move(item.id, True),
        ),
        ui.icon_button(
            "arrow-down",
            "Move down " + item.name,
            small=True,
            disabled=item.last,
            on_click=State.move(item.id, False),
        ),
        ui.menu(
            ui.menu_item("Edit", "pencil", on_click=Editor.open_rule(item.id)),
            ui.menu_item("Apply this rule", "play", on_click=State.open_apply(item.id)),
            ui.menu_line(),
            ui.menu_item("Delete", "trash-2", on_click=State.delete(item.id), danger=True),
            identity="rule-menu-" + item.id,
            label="Actions of " + item.name,
            small=True,
        ),
        gap="s1",
        wrap=False,
    )


def _ideas() -> rx.Component:
    return ui.card(
        ui.item_list(rx.foreach(State.ideas, _idea), label="Suggested rules"),
        title="Suggested rules",
        subtitle="From what you keep doing by hand.",
        flush=True,
    )


def _idea(item: Item) -> rx.Component:
    return ui.setting_row(
        item.sentence,
        item.times,
        ui.button("Make rule", small=True, on_click=State.accept(item.payee_id, item.category_id)),
        ui.button(
            "Dismiss",
            small=True,
            variant="quiet",
            on_click=State.dismiss_idea(item.payee_id, item.category_id),
        ),
    )


def _log() -> rx.Component:
    return ui.card(
        ui.data_table(
            RUNS,
            State.runs,
            _run,
            label="Runs",
            empty=ui.empty_state("history", "No runs", "Nothing was applied yet."),
        ),
        title="Run log",
        subtitle="Each run can be taken back; what was changed since stays.",
        flush=True,
    )


def _run(item: Item) -> rx.Component:
    return ui.table_row(
        ui.cell(
            ui.stack(item.at, rx.el.span(item.cause, class_name="rc-muted rc-small"), gap="s1"), place="title"
        ),
        ui.cell(ui.state_badge(item.status, item.tone), place="amount", tight=True),
        ui.cell(
            ui.stack(
                rx.cond(
                    item.opens,
                    ui.open_link(item.detail, on_click=State.show_changes(item.id, False)),
                    rx.el.span(item.detail),
                ),
                rx.cond(item.rules != "", rx.el.span(item.rules, class_name="rc-muted rc-small")),
                rx.cond(item.problem != "", ui.badge(item.problem, "warning", "triangle-alert")),
                gap="s1",
            ),
            place="line",
        ),
        ui.cell(
            ui.row(
                rx.cond(
                    item.conflicts,
                    ui.button("Left alone", small=True, on_click=State.show_changes(item.id, True)),
                ),
                rx.cond(
                    item.reversible,
                    ui.button(
                        "Reverse", small=True, icon_name="undo-2", on_click=State.reverse(item.id),
                        aria_label="Reverse the run of " + item.at,
                    ),
                ),
                gap="s2",
            ),
            align="end",
            place="line",
            tight=True,
        ),
        row_id=item.id,
        key=item.id,
    )  # fmt: skip


def _changes_dialog() -> rx.Component:
    return ui.dialog(
        rx.cond(
            State.applying,
            ui.stack(
                rx.cond(State.past, rx.fragment(), _span()),
                rx.el.p(State.changes_count, role="status"),
                rx.foreach(State.problems, lambda words: ui.callout(words, tone="warning")),
                rx.cond(
                    State.changes.length() > 0,
                    ui.changed_rows(State.changes, label="Before and after"),
                    ui.empty_state("check", "Nothing changes", "No transaction would be different."),
                ),
                gap="s4",
            ),
        ),
        identity="rule-changes",
        title=State.changes_title,
        open=State.applying,
        on_close=State.dismiss,
        shape="wide",
        footer=rx.cond(
            State.past,
            ui.button("Close", closes=True),
            rx.fragment(
                ui.button("Cancel", closes=True),
                ui.button("Apply", variant="primary", on_click=State.apply, busy=State.busy),
            ),
        ),
    )


def _span() -> rx.Component:
    return ui.field_group(
        ui.date_field("since", "From", optional=True, on_change=State.choose_since),
        ui.date_field("until", "To", optional=True, on_change=State.choose_until),
    )
