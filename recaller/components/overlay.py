"""What lies over the page: dialogs, drawers, confirmations and menus, all native elements."""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx

from recaller.components.base import Flag, Handler, Node, Text, classes, icon, joined, link, spoken, when_text
from recaller.components.button import Variant, button, icon_button
from recaller.components.token import kbd

Shape = Literal["normal", "wide", "drawer"]


def dialog(
    *content: Node,
    identity: Text,
    title: Node,
    description: Text | None = None,
    footer: Node | None = None,
    open: Flag | None = None,
    on_close: Handler | None = None,
    shape: Shape = "normal",
    static: bool = False,
) -> rx.Component:
    """Draw a modal dialog: focus stays inside, Esc and a click outside close it, focus returns after.

    Opened by the server (`open` with `on_close`, which must set it to False), or, when `open` is None, by any
    button with `opens=identity` without asking the server. `static` keeps it open on clicks outside.

    ```
    dialog(form(...), identity="edit", title="Edit transaction", open=State.editing, on_close=State.stop_editing)
    button("New account", opens="new-account"), dialog(form(...), identity="new-account", title="New account")
    ```
    """
    controlled = open is not None
    shaped = {"normal": "", "wide": "rc-dialog--wide", "drawer": "rc-drawer"}[shape]
    marks: dict[str, Any] = {"data_open": rx.cond(open, "true", "false")} if open is not None else {}
    dismiss = (
        [rx.el.button(type="button", hidden=True, data_dismiss="true", on_click=on_close)]
        if controlled and on_close is not None
        else []
    )
    return rx.el.dialog(
        *dismiss,
        rx.el.header(
            rx.el.div(
                rx.el.h2(title, custom_attrs={"id": joined(identity, "-title")}),
                when_text(description, lambda words: rx.el.p(words, class_name="rc-dialog__sub")),
            ),
            icon_button("x", "Close", closes=True, small=True),
            class_name="rc-dialog__head",
        ),
        rx.el.div(*content, class_name="rc-dialog__body"),
        rx.el.footer(footer, class_name="rc-dialog__foot") if footer is not None else rx.fragment(),
        class_name=classes("rc-dialog", shaped),
        aria_labelledby=joined(identity, "-title"),
        custom_attrs={"id": identity},
        **({"data_static": "true"} if static else {}),
        **marks,
    )


def drawer(*content: Node, identity: Text, title: Node, **props: Any) -> rx.Component:
    """Draw a dialog at the right edge, for details beside a list; takes what `dialog` takes."""
    return dialog(*content, identity=identity, title=title, shape="drawer", **props)


def confirm_dialog(
    identity: Text,
    *,
    title: Text,
    text: Node,
    confirm: Text,
    on_confirm: Handler,
    danger: bool = True,
    open: Flag | None = None,
    on_close: Handler | None = None,
) -> rx.Component:
    """Ask before what can't be undone by the toast: `confirm_dialog("delete", title="Delete?", ...)`."""
    footer = rx.fragment(
        button("Cancel", closes=True),
        button(confirm, variant="danger" if danger else "primary", on_click=on_confirm, closes=True),
    )
    return dialog(text, identity=identity, title=title, footer=footer, open=open, on_close=on_close)


def menu(
    *items: Node,
    identity: Text,
    label: Text,
    icon_name: str = "ellipsis",
    text: Node | None = None,
    trigger: Node | None = None,
    trigger_class: str = "",
    variant: Variant = "quiet",
    small: bool = False,
) -> rx.Component:
    """Draw a button with a menu: arrows move, letters jump, Esc closes.

    An icon button by default; `text` makes it a labelled one; `trigger` draws your own content in the button.
    `identity` must be unique on the page: inside a list, build it from the row's id.
    `menu(menu_item("Edit", "pencil", on_click=...), identity="m-" + row.id, label="Actions")`
    """
    if trigger is not None:
        face, names = [trigger], classes(trigger_class)
    else:
        face = [icon(icon_name, 18)] if text is None else [text, icon("chevron-down", 16)]
        names = classes(
            "rc-button",
            f"rc-button--{variant}",
            "rc-button--icon" if text is None else "",
            "rc-button--small" if small else "",
        )
    named: dict[str, Any] = {"aria_label": label, "title": label} if text is None and trigger is None else {}
    return rx.fragment(
        rx.el.button(
            *face,
            type="button",
            class_name=names,
            aria_haspopup="menu",
            aria_expanded="false",
            custom_attrs={"popoverTarget": identity},
            **named,
        ),
        rx.el.div(
            *items,
            role="menu",
            aria_label=label,
            class_name="rc-menu",
            custom_attrs={"id": identity, "popover": "auto"},
        ),
    )


def menu_item(
    label: Node,
    icon_name: str = "",
    *,
    on_click: Handler | None = None,
    href: Text | None = None,
    danger: bool = False,
    keys: tuple[str, ...] = (),
    opens: Text | None = None,
    checked: Flag | None = None,
    **props: Any,
) -> rx.Component:
    """Draw one choice of a menu; `checked` makes it one of several alternatives."""
    parts: list[Node] = [icon(icon_name, 17)] if icon_name else []
    parts.append(rx.el.span(label))
    role = "menuitem"
    if checked is not None:
        role = "menuitemradio"
        props["aria_checked"] = spoken(checked)
        parts.append(icon("check", 16, "rc-tick"))
    if keys:
        parts.append(kbd(*keys))
    if opens is not None:
        props["data_opens"] = opens
    name = "rc-menu__item rc-menu__item--danger" if danger else "rc-menu__item"
    if href is not None:
        return link(*parts, href=href, class_name=name, role=role, tab_index=-1, **props)
    if on_click is not None:
        props["on_click"] = on_click
    return rx.el.button(*parts, type="button", role=role, tab_index=-1, class_name=name, **props)


def menu_toggle(
    label: Node, icon_name: str, preference: Literal["private", "density", "sidebar"]
) -> rx.Component:
    """Draw a menu choice that switches a view preference of this browser."""
    return rx.el.button(
        icon(icon_name, 17),
        rx.el.span(label),
        icon("check", 16, "rc-tick"),
        type="button",
        role="menuitemcheckbox",
        aria_checked="false",
        tab_index=-1,
        data_pref=preference,
        data_keep="true",
        class_name="rc-menu__item",
    )


def menu_label(text: Node) -> rx.Component:
    """Head a group of choices."""
    return rx.el.div(text, class_name="rc-menu__label", role="presentation")


def menu_line() -> rx.Component:
    """Separate groups of choices."""
    return rx.el.div(class_name="rc-menu__line", role="separator")
