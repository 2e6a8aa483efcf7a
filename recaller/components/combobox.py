"""A search select for payees, categories and accounts, for keyboard and assistive technology."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from recaller.components.base import Handler, ListVar, Node, Text, ValueHandler, icon, joined
from recaller.components.form import describe, field_frame, field_id


def combobox(
    name: str,
    label: Text,
    options: Sequence[tuple[str, str]] | ListVar,
    *,
    default_value: Text = "",
    default_label: Text = "",
    placeholder: str = "",
    creates: str = "",
    free: bool = False,
    on_search: ValueHandler | None = None,
    on_choose: Handler | None = None,
    hint: Node | None = None,
    error: Text | None = None,
    optional: bool = False,
    scope: str = "",
    delay: int = 200,
) -> rx.Component:
    """Draw a text field that filters a list: arrows move, Enter takes, Esc closes, accents don't matter.

    The form gets two values: `name` (the chosen option's value, or "" ) and `name_text` (the text shown).
    `options` are (value, label) pairs, or a Var of objects with `value` and `label`. `creates` adds a last
    row such as "Create payee" for text that no option has; `free` accepts any text. With `on_search` the
    server filters (called with the text, at most every `delay` ms); otherwise the browser does.
    `on_choose` is called with the value as soon as one is taken.

    `combobox("category", "Category", State.categories, default_value=row.category_id, default_label=row.category)`
    `combobox("payee", "Payee", State.payees, creates="New payee", on_search=State.search_payees)`
    """
    identity = field_id(name, scope)
    control = combobox_control(
        name,
        options,
        identity=identity,
        default_value=default_value,
        default_label=default_label,
        placeholder=placeholder,
        creates=creates,
        free=free,
        on_search=on_search,
        on_choose=on_choose,
        delay=delay,
        attributes=describe(identity, error) | {"required": not optional},
    )
    return field_frame(label, control, identity=identity, hint=hint, error=error, optional=optional)


def combobox_control(
    name: str,
    options: Sequence[tuple[str, str]] | ListVar,
    *,
    identity: Text,
    default_value: Text = "",
    default_label: Text = "",
    placeholder: str = "",
    creates: str = "",
    free: bool = False,
    on_search: ValueHandler | None = None,
    on_choose: Handler | None = None,
    delay: int = 200,
    attributes: dict[str, Any] | None = None,
) -> rx.Component:
    """Draw the bare combobox, for table cells; pass `attributes={"aria_label": ...}` where no label stands.

    With `"data_combo_open": "true"` among them it takes the focus and opens as soon as it appears.
    """
    list_id = joined(identity, "-list")
    text_props: dict[str, Any] = {
        "name": f"{name}_text",
        "type": "text",
        "default_value": default_label,
        "placeholder": placeholder,
        "role": "combobox",
        "aria_autocomplete": "list",
        "aria_expanded": "false",
        "aria_controls": list_id,
        "auto_complete": "off",
        "spell_check": False,
        "custom_attrs": {"id": identity},
    } | (attributes or {})
    if on_search is not None:
        text_props["on_change"] = on_search.debounce(delay)
    value_props: dict[str, Any] = {} if on_choose is None else {"on_change": on_choose}
    rows: list[Node] = (
        [rx.foreach(options, lambda choice, index: _option(choice.value, choice.label, list_id, index))]
        if isinstance(options, rx.Var)
        else [_option(value, text, list_id, index) for index, (value, text) in enumerate(options)]
    )
    if creates:
        rows.append(
            rx.el.div(
                icon("plus", 16),
                f"{creates} “",
                rx.el.span(data_create_text="true", style={"margin-inline": "-0.5rem"}),
                "”",
                role="option",
                aria_selected="false",
                data_create="true",
                hidden=True,
                class_name="rc-option rc-option--create",
                custom_attrs={"id": joined(list_id, "-create")},
            )
        )
    return rx.el.div(
        rx.el.div(
            rx.el.input(**text_props),
            rx.el.span(icon("chevrons-up-down", 15), class_name="rc-affix__mark rc-affix__mark--end"),
            class_name="rc-input rc-affix",
        ),
        rx.el.input(
            type="text",
            name=name,
            default_value=default_value,
            tab_index=-1,
            aria_hidden="true",
            data_combo_value="true",
            class_name="rc-sr",
            **value_props,
        ),
        rx.el.div(
            *rows,
            rx.el.div("Nothing found", data_none="true", hidden=True, class_name="rc-combo__none"),
            role="listbox",
            aria_label="Suggestions",
            custom_attrs={"id": list_id, "popover": "manual"},
            class_name="rc-combo__list",
        ),
        data_combo="server" if on_search is not None else "browser",
        class_name="rc-combo",
        **({"data_free": "true"} if free or creates else {}),
    )


def _option(value: Text, text: Text, list_id: Text, index: int | rx.Var[int]) -> rx.Component:
    suffix = index.to(str) if isinstance(index, rx.Var) else str(index)
    return rx.el.div(
        text,
        role="option",
        aria_selected="false",
        data_value=value,
        data_label=text,
        class_name="rc-option",
        custom_attrs={"id": joined(list_id, "-", suffix)},
    )
