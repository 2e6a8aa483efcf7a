"""The command palette (Ctrl K) and the sheet of shortcuts (?)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import reflex as rx

from recaller.components.base import Node, ValueHandler, icon, joined, link
from recaller.components.navigation import GLOBAL_SHORTCUTS, Command, NavItem
from recaller.components.overlay import dialog
from recaller.components.token import kbd

PALETTE_ID = "command-palette"
SHORTCUTS_ID = "shortcut-sheet"


def command_palette(
    commands: Sequence[Command],
    *,
    results: Node | None = None,
    on_search: ValueHandler | None = None,
    placeholder: str = "Go to a page, or do something",
) -> rx.Component:
    """Draw the palette; the browser filters `commands`, the server may add `results` for the text typed.

    `results` is usually `rx.foreach(State.hits, hit_row)` with rows made by `palette_result(...)`.
    """
    groups = []
    for name, members in groupby(sorted(commands, key=lambda c: c.group), key=lambda c: c.group):
        title_id = f"{PALETTE_ID}-{name.lower().replace(' ', '-')}"
        groups.append(
            rx.el.div(
                rx.el.div(
                    name, class_name="rc-palette__group", role="presentation", custom_attrs={"id": title_id}
                ),
                *[_command(command, f"{title_id}-{index}") for index, command in enumerate(members)],
                role="group",
                aria_labelledby=title_id,
            )
        )
    search: dict[str, Any] = {"on_change": on_search.debounce(200)} if on_search is not None else {}
    return rx.el.dialog(
        rx.el.div(
            icon("search", 18),
            rx.el.input(
                type="text",
                role="combobox",
                aria_label=placeholder,
                aria_expanded="true",
                aria_controls=f"{PALETTE_ID}-list",
                aria_autocomplete="list",
                auto_complete="off",
                spell_check=False,
                placeholder=placeholder,
                data_autofocus="true",
                **search,
            ),
            kbd("Esc"),
            class_name="rc-palette__search",
        ),
        rx.el.div(
            *groups,
            results if results is not None else rx.fragment(),
            rx.el.div("Nothing found", data_none="true", hidden=True, class_name="rc-combo__none"),
            role="listbox",
            aria_label="Commands",
            tab_index=-1,
            class_name="rc-palette__list",
            custom_attrs={"id": f"{PALETTE_ID}-list"},
        ),
        aria_label="Command palette",
        data_palette="true",
        class_name="rc-dialog rc-palette",
        custom_attrs={"id": PALETTE_ID},
        **({"data_live": "true"} if results is not None else {}),
    )


def palette_result(identity: Any, *content: Node, href: Any) -> rx.Component:
    """Draw a row that the server found for the palette's text; `identity` must be unique in the list."""
    return link(
        *content,
        href=href,
        role="option",
        aria_selected="false",
        tab_index=-1,
        data_result="true",
        class_name="rc-palette__item",
        custom_attrs={"id": joined(PALETTE_ID, "-hit-", identity)},
    )


def navigation_commands(nav: Sequence[NavItem]) -> list[Command]:
    """Return a palette row for each page."""
    return [
        Command(n.label, n.icon, href=n.href, keys=("g", n.go) if n.go else (), group="Go to") for n in nav
    ]


def shortcut_sheet(nav: Sequence[NavItem], page: Sequence[tuple[tuple[str, ...], str]] = ()) -> rx.Component:
    """Draw the sheet that `?` opens; `page` adds the shortcuts of the present page."""
    here = (("This page", tuple(page)),) if page else ()
    go = (("Go to", tuple((("g", n.go), n.label) for n in nav if n.go)),)
    columns = [
        rx.el.section(
            rx.el.h3(title),
            rx.el.dl(*[rx.el.div(rx.el.dt(text), rx.el.dd(kbd(*keys))) for keys, text in rows]),
        )
        for title, rows in (*here, *GLOBAL_SHORTCUTS, *go)
    ]
    return dialog(
        rx.el.div(*columns, class_name="rc-shortcuts"),
        identity=SHORTCUTS_ID,
        title="Keyboard shortcuts",
        shape="wide",
    )


def _command(command: Command, identity: str) -> rx.Component:
    parts: list[Node] = [icon(command.icon, 18), rx.el.span(command.label)]
    if command.keys:
        parts.append(kbd(*command.keys))
    attributes: dict[str, Any] = {
        "role": "option",
        "aria_selected": "false",
        "tab_index": -1,
        "class_name": "rc-palette__item",
        "custom_attrs": {"id": identity},
        "data_words": command.words,
    }
    if command.href is not None:
        return link(*parts, href=command.href, **attributes)
    if command.on_click is not None:
        attributes["on_click"] = command.on_click
    if command.opens is not None:
        attributes["data_opens"] = command.opens
    return rx.el.div(*parts, **attributes)
