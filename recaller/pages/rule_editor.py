"""The dialog in which a rule is written, with what it would change."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.pages.rule_actions import actions_part
from recaller.pages.rule_conditions import conditions_part
from recaller.state.rule_editor import RuleEditorState

State: Any = RuleEditorState
FORM_ID = "rule-form"


def rule_dialog() -> rx.Component:
    """Draw the dialog."""
    return ui.dialog(
        rx.cond(State.shown, _form()),
        identity="rule-editor",
        title=State.title,
        open=State.shown,
        on_close=State.dismiss,
        shape="wide",
        static=True,
        footer=rx.cond(
            State.shown,
            rx.fragment(
                ui.button("Cancel", closes=True), ui.submit_button("Save", busy=State.busy, form=FORM_ID)
            ),
        ),
    )


def _form() -> rx.Component:
    return ui.form(
        conditions_part(),
        actions_part(),
        _preview(),
        ui.field_group(
            ui.text_field(
                "name",
                "Name",
                default_value=State.name,
                on_blur=State.write_name,
                hint="Without one it is called by what it says.",
                optional=True,
                auto_complete="off",
                max_length=100,
            ),
        ),
        ui.switch(
            "stop",
            "Stop here",
            hint="Later rules don't see what this one matches.",
            checked=State.stop,
            on_change=State.flag("stop"),
        ),
        ui.switch(
            "once",
            "Change each transaction once only",
            checked=State.once,
            on_change=State.flag("once"),
        ),
        rx.cond(
            State.is_new,
            ui.switch(
                "private",
                "Only for my private transactions",
                hint="Otherwise the rule is the household's, for what everybody sees. This can't be changed later.",
                checked=State.private,
                on_change=State.flag("private"),
            ),
        ),
        on_submit=State.save,
        number=State.form_key,
        error=State.form_error,
        key=State.form_key.to_string(),
        custom_attrs={"id": FORM_ID},
    )


def _preview() -> rx.Component:
    return ui.stack(
        rx.el.div(
            rx.cond(State.matches != "", rx.el.p(State.matches)),
            rx.cond(State.remark != "", rx.el.span(State.remark, class_name="rc-muted rc-small")),
            rx.cond(State.problem != "", ui.callout(State.problem, tone="error")),
            role="status",
            aria_busy=rx.cond(State.looking, "true", "false"),
            class_name="rc-rule__sum",
        ),
        rx.cond(
            State.changes.length() > 0,
            ui.changed_rows(State.changes, label="Before and after"),
        ),
        gap="s2",
    )
