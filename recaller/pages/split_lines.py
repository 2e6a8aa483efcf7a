"""The lines of a split, as the editors of transactions and of recurring ones draw them."""

from __future__ import annotations

from typing import Any

import reflex as rx

import recaller.components as ui
from recaller.components.base import Item


def split_lines(editor: Any) -> rx.Component:
    """Draw the lines and what they leave; `editor` is a state with `SplitEditing` and `form_errors`."""
    wrong = editor.form_errors.get("splits", "")
    return ui.stack(
        rx.el.h3("Split"),
        rx.foreach(editor.splits, lambda line: _line(editor, line)),
        rx.cond(
            wrong != "",
            ui.callout(wrong, tone="error"),
            rx.cond(
                editor.remainder != "",
                ui.callout(editor.remainder, tone="warning"),
                rx.cond(editor.balanced, ui.callout("The lines add up.", tone="success")),
            ),
        ),
        ui.row(
            ui.button("Add line", small=True, icon_name="plus", on_click=editor.add_line),
            ui.button("One category", small=True, variant="quiet", on_click=editor.stop_split),
        ),
        gap="s3",
        role="group",
        aria_label="Split",
    )


def _line(editor: Any, line: Item) -> rx.Component:
    return ui.card(
        ui.stack(
            ui.combobox(
                f"split_category_{line.key}",
                "Category",
                editor.categories,
                default_value=line.category_id,
                default_label=line.category,
                placeholder="Uncategorised",
                on_choose=lambda value: editor.choose_line_category(line.key, value),
                optional=True,
            ),
            ui.money_input(
                f"split_amount_{line.key}",
                "Share",
                currency=editor.currency,
                hint="",
                default_value=line.amount,
                on_blur=lambda value: editor.type_line_amount(line.key, value),
            ),
            ui.text_field(
                f"split_memo_{line.key}",
                "Memo",
                default_value=line.memo,
                on_blur=lambda value: editor.type_line_memo(line.key, value),
                optional=True,
                auto_complete="off",
            ),
            ui.row(
                ui.button("Rest to this line", small=True, on_click=editor.give_rest(line.key)),
                ui.button(
                    "Remove",
                    small=True,
                    variant="quiet",
                    icon_name="trash-2",
                    on_click=editor.remove_line(line.key),
                ),
                between=True,
            ),
            gap="s3",
        ),
        key=line.key,
    )
