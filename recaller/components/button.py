"""Buttons: labelled, icon only, submit with a busy state."""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx

from recaller.components.base import Flag, Handler, Node, Text, classes, icon, link, spoken, when

Variant = Literal["primary", "secondary", "quiet", "danger"]


def button(
    label: Node,
    *,
    variant: Variant = "secondary",
    icon_name: str = "",
    on_click: Handler | None = None,
    href: Text | None = None,
    type: Literal["button", "submit", "reset"] = "button",
    small: bool = False,
    block: bool = False,
    busy: Flag = False,
    disabled: Flag = False,
    opens: Text | None = None,
    closes: bool = False,
    shortcut: str = "",
    **props: Any,
) -> rx.Component:
    """Draw a button, or a link that looks like one when `href` is given.

    `opens` names a dialog or drawer that the browser opens without asking the server; `closes` closes the one
    around the button; `shortcut` is the key that presses it ("n", "g t", "mod+z").
    `button("Add account", icon_name="plus", variant="primary", opens="new-account", shortcut="n")`
    """
    names = classes(
        "rc-button",
        f"rc-button--{variant}",
        "rc-button--small" if small else "",
        "rc-button--block" if block else "",
    )
    attributes = _behaviour(on_click, opens, closes, shortcut) | props
    glyph = [icon(icon_name, 16 if small else 18, "rc-button__icon")] if icon_name else []
    if href is not None:
        return link(*glyph, label, href=href, class_name=" ".join(map(str, names)), **attributes)
    waiting = when(busy, rx.el.span(class_name="rc-spinner", aria_hidden="true"))
    return rx.el.button(
        waiting,
        *glyph,
        label,
        type=type,
        class_name=names,
        disabled=_either(disabled, busy),
        aria_busy=spoken(busy),
        **attributes,
    )


def icon_button(
    icon_name: str,
    label: Text,
    *,
    variant: Variant = "quiet",
    on_click: Handler | None = None,
    href: Text | None = None,
    small: bool = False,
    disabled: Flag = False,
    opens: Text | None = None,
    closes: bool = False,
    shortcut: str = "",
    **props: Any,
) -> rx.Component:
    """Draw a square button with an icon; `label` is its name for assistive technology and its tooltip.

    `icon_button("trash-2", "Delete", on_click=State.delete(row.id))`
    """
    names = classes(
        "rc-button", "rc-button--icon", f"rc-button--{variant}", "rc-button--small" if small else ""
    )
    attributes = {"aria_label": label, "title": label} | _behaviour(on_click, opens, closes, shortcut) | props
    glyph = icon(icon_name, 17 if small else 18)
    if href is not None:
        return link(glyph, href=href, class_name=" ".join(map(str, names)), **attributes)
    return rx.el.button(glyph, type="button", class_name=names, disabled=disabled, **attributes)


def submit_button(label: Node, *, busy: Flag = False, block: bool = False, **props: Any) -> rx.Component:
    """Draw the button that sends the form around it; while `busy` it spins and can't be pressed again."""
    return button(label, variant="primary", type="submit", busy=busy, block=block, **props)


def _behaviour(on_click: Handler | None, opens: Text | None, closes: bool, shortcut: str) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    if on_click is not None:
        attributes["on_click"] = on_click
    if opens is not None:
        attributes |= {"data_opens": opens, "aria_haspopup": "dialog"}
    if closes:
        attributes["data_closes"] = "true"
    if shortcut:
        attributes |= {"data_shortcut": shortcut, "aria_keyshortcuts": _spoken(shortcut)}
    return attributes


def _spoken(shortcut: str) -> str:
    return shortcut.replace("mod+", "Control+")


def _either(one: Flag, other: Flag) -> Flag:
    if isinstance(one, rx.Var) or isinstance(other, rx.Var):
        return rx.Var.create(one).bool() | rx.Var.create(other).bool()
    return one or other
