"""The page shell: sidebar on wide screens, top and bottom bar on phones, page head, palette, banners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import reflex as rx
from reflex.style import color_mode, set_color_mode
from reflex_components_core.core.banner import has_connection_errors  # type: ignore[import-untyped]

from recaller.components.base import Handler, Node, Text, ValueHandler, classes, icon, link, when_text
from recaller.components.brand import brand
from recaller.components.button import icon_button
from recaller.components.navigation import DEFAULT_NAV, Command, NavItem, ShellUser
from recaller.components.notices import bell, unread_badge
from recaller.components.overlay import dialog, menu, menu_item, menu_label, menu_line, menu_toggle
from recaller.components.palette import (
    PALETTE_ID,
    SHORTCUTS_ID,
    command_palette,
    navigation_commands,
    shortcut_sheet,
)  # fmt: skip
from recaller.components.token import avatar, kbd

MORE_ID = "more-sheet"


def shell(
    *content: Node,
    active: str,
    title: Node,
    subtitle: Text | None = None,
    crumbs: Sequence[tuple[str, str]] = (),
    actions: Sequence[Node] = (),
    user: ShellUser | None = None,
    nav: Sequence[NavItem] = DEFAULT_NAV,
    badges: Mapping[str, Node] | None = None,
    on_add: Handler | None = None,
    add_href: str = "/transactions?new=1",
    commands: Sequence[Command] = (),
    shortcuts: Sequence[tuple[tuple[str, ...], str]] = (),
    palette_results: Node | None = None,
    on_palette_search: ValueHandler | None = None,
    width: Literal["normal", "narrow", "wide"] = "normal",
) -> rx.Component:
    """Frame a signed-in page.

    `active` is the key of the page in `nav`; `crumbs` are (label, href) of the pages above; `actions` stand
    beside the title; `on_add` (or `add_href`) is the phone's + button; `badges` adds a mark to entries of
    the navigation by key; `commands` and `shortcuts` belong to this page.

    ```
    def accounts_page() -> rx.Component:
        return shell(
            grid(...), card(...),
            active="accounts", title="Accounts", user=USER,
            actions=[button("Add account", icon_name="plus", variant="primary", opens="new-account", shortcut="n")],
        )
    ```
    """
    shown = {"notifications": unread_badge(), **(badges or {})}
    palette = [*navigation_commands(nav), *commands, *_theme_commands(user.on_theme if user else None)]
    return rx.fragment(
        rx.el.a("Skip to content", href="#content", class_name="rc-skip"),
        rx.el.div(
            _sidebar(nav, active, shown, user),
            rx.el.div(
                connection_banner(),
                background_banner(),
                _topbar(),
                rx.el.main(
                    page_head(title, subtitle=subtitle, crumbs=crumbs, actions=actions),
                    *content,
                    tab_index=-1,
                    class_name=classes("rc-page", f"rc-page--{width}" if width != "normal" else ""),
                    custom_attrs={"id": "content"},
                ),
                class_name="rc-main",
            ),
            _tabbar(nav, active, on_add, add_href),
            class_name="rc-shell",
        ),
        _more_sheet(nav, active, user),
        command_palette(palette, results=palette_results, on_search=on_palette_search),
        shortcut_sheet(nav, shortcuts),
    )


def page_head(
    title: Node,
    *,
    subtitle: Text | None = None,
    crumbs: Sequence[tuple[str, str]] = (),
    actions: Sequence[Node] = (),
) -> rx.Component:
    """Draw breadcrumbs, the page's only first-level heading and its actions."""
    trail = []
    if crumbs:
        steps = [
            rx.el.li(
                *([icon("chevron-right", 14)] if index else []),
                link(label, href=href, class_name=""),
            )
            for index, (label, href) in enumerate(crumbs)
        ]
        trail = [rx.el.nav(rx.el.ol(*steps), aria_label="Breadcrumb", class_name="rc-crumbs")]
    return rx.el.header(
        rx.el.div(
            *trail,
            rx.el.h1(title),
            when_text(subtitle, lambda words: rx.el.p(words, class_name="rc-pagehead__sub")),
            class_name="rc-pagehead__text",
        ),
        rx.el.div(*actions, class_name="rc-actions") if actions else rx.fragment(),
        class_name="rc-pagehead",
    )


# What `/api/v1/status` says is missing, for whoever runs the server.
_PAUSED_BY = {
    "no_queue": "The queue (Redis) can't be reached.",
    "no_worker": "A queue has no worker.",
    "no_tick_worker": "No worker takes the ticks.",
    "no_scheduler": "No scheduler sends ticks.",
}


def connection_banner() -> rx.Component:
    """Say that the browser is offline or the server doesn't answer; work goes on once it is back."""
    return rx.el.div(
        rx.el.div(
            icon("wifi-off", 16),
            "This device is offline. What is on screen stays.",
            class_name="rc-banner rc-offline",
        ),
        rx.cond(
            has_connection_errors,
            rx.el.div(
                icon("wifi-off", 16),
                "No connection to Recaller. Trying again; what is on screen may be out of date.",
                class_name="rc-banner rc-unreachable",
            ),
        ),
        role="status",
    )


def background_banner() -> rx.Component:
    """Say that background work is paused; the browser script shows it, which asks the server now and then.

    It stands on pages for signed-in people only: nobody else is answered.
    """
    return rx.el.div(
        rx.el.div(
            icon("clock", 16),
            rx.el.span(
                "Background work is paused: imports, recurring transactions and reminders wait. "
                "Everything else works, and they catch up by themselves.",
                *(
                    rx.el.span(f" {words}", hidden=True, data_paused_by=cause)
                    for cause, words in _PAUSED_BY.items()
                ),
            ),
            hidden=True,
            class_name="rc-banner",
            data_background="paused",
        ),
        role="status",
    )


def ready_mark(ready: rx.Var[bool] | bool, *content: Node) -> rx.Component:
    """Tell the browser script (and tests) that the framework has taken the page over; `content` stays hidden."""
    return rx.el.div(*content, hidden=True, data_ready=rx.cond(ready, "true", "false"))


_THEMES: tuple[tuple[Literal["light", "dark", "system"], str, str], ...] = (
    ("light", "Light", "sun"), ("dark", "Dark", "moon"), ("system", "As the system", "monitor"),
)  # fmt: skip


def theme_menu_items(on_theme: ValueHandler | None = None) -> list[rx.Component]:
    """Return the menu choices light, dark and as the system; `on_theme` is called with the chosen key."""
    return [
        menu_item(
            label,
            glyph,
            on_click=_paint_theme(key, on_theme),
            checked=rx.cond(color_mode == key, "true", "false"),
        )
        for key, label, glyph in _THEMES
    ]


def _paint_theme(key: Literal["light", "dark", "system"], on_theme: ValueHandler | None) -> Handler:
    paint = set_color_mode(key)
    return [paint, on_theme(key)] if on_theme is not None else paint


def _theme_commands(on_theme: ValueHandler | None) -> list[Command]:
    words = {"light": "colour mode", "dark": "colour mode night", "system": "colour mode"}
    return [
        *[
            Command(
                f"{'System' if key == 'system' else label} theme",
                glyph,
                on_click=_paint_theme(key, on_theme),
                words=words[key],
                group="View",
            )
            for key, label, glyph in _THEMES
        ],
        Command(
            "Keyboard shortcuts", "keyboard", opens=SHORTCUTS_ID, keys=("?",), words="help", group="View"
        ),
    ]


def _nav_link(item: NavItem, active: str, badge: Node | None, keyed: bool) -> rx.Component:
    marks: dict[str, Any] = {"aria_current": "page"} if item.key == active else {}
    if keyed and item.go:
        marks["data_shortcut"] = f"g {item.go}"
    return link(
        icon(item.icon, 18),
        rx.el.span(item.label, class_name="rc-label"),
        badge if badge is not None else rx.fragment(),
        href=item.href,
        class_name="rc-nav__item",
        title=item.label,
        **marks,
    )


def _sidebar(
    nav: Sequence[NavItem], active: str, badges: Mapping[str, Node], user: ShellUser | None
) -> rx.Component:
    groups: dict[str, list[rx.Component]] = {}
    for item in nav:
        groups.setdefault(item.group, []).append(_nav_link(item, active, badges.get(item.key), keyed=True))
    parts = []
    for name, links in groups.items():
        if name:
            parts.append(rx.el.div(name, class_name="rc-sidebar__group"))
        parts.append(rx.el.div(*links, class_name="rc-nav"))
    search = rx.el.button(
        icon("search", 18),
        rx.el.span("Search", class_name="rc-label"),
        rx.el.span(kbd("Ctrl", "K"), class_name="rc-label", style={"margin-left": "auto"}),
        type="button",
        data_opens=PALETTE_ID,
        data_shortcut="mod+k",
        aria_haspopup="dialog",
        aria_label="Search and commands",
        class_name="rc-nav__item",
    )
    foot = [
        _toggle("eye-off", "Hide amounts", "private"),
        rx.el.button(
            icon("keyboard", 18),
            rx.el.span("Shortcuts", class_name="rc-label"),
            type="button",
            data_opens=SHORTCUTS_ID,
            data_shortcut="?",
            aria_haspopup="dialog",
            title="Shortcuts",
            class_name="rc-nav__item",
        ),
    ]
    collapse = icon_button(
        "panel-left", "Collapse sidebar", small=True, data_pref="sidebar", aria_pressed="false"
    )
    return rx.el.aside(
        rx.el.div(brand(), collapse, class_name="rc-sidebar__head"),
        search,
        rx.el.nav(*parts, aria_label="Main"),
        rx.el.div(*foot, _user_menu(user, "user-menu"), class_name="rc-sidebar__foot"),
        aria_label="Sidebar",
        class_name="rc-sidebar",
    )


def _toggle(icon_name: str, label: str, preference: str) -> rx.Component:
    return rx.el.button(
        icon(icon_name, 18),
        rx.el.span(label, class_name="rc-label"),
        type="button",
        data_pref=preference,
        aria_pressed="false",
        title=label,
        class_name="rc-nav__item",
    )


def _user_menu(user: ShellUser | None, identity: str) -> rx.Component:
    items: list[Node] = [
        menu_label("Theme"),
        *theme_menu_items(user.on_theme if user else None),
        menu_line(),
        menu_toggle("Compact rows", "rows-3", "density"),
    ]
    if user is None:
        face: Node = rx.el.span(
            icon("sun-moon", 18), rx.el.span("View", class_name="rc-label"), class_name="rc-nav__item"
        )
        opener = menu(*items, identity=identity, label="View", trigger=face, trigger_class="rc-usercard")
        return rx.el.div(opener, class_name="rc-sidebar__user")
    if user.tenants is not None and user.on_switch is not None:
        on_switch = user.on_switch
        choices = rx.foreach(
            user.tenants,
            lambda t: menu_item(
                t.name, "house", on_click=on_switch(t.id), checked=rx.cond(t.current, "true", "false")
            ),
        )
        items = [menu_label("Household"), choices, menu_line(), *items]
    items += [menu_line(), *user.extra, menu_item("Sign out", "log-out", on_click=user.on_sign_out)]
    face = rx.fragment(
        avatar(user.initials),
        rx.el.span(
            rx.el.span(user.name, class_name="rc-usercard__name rc-truncate", style={"display": "block"}),
            rx.el.span(user.household, class_name="rc-usercard__sub rc-truncate", style={"display": "block"}),
            class_name="rc-usercard__text rc-label",
        ),
        rx.el.span(icon("chevrons-up-down", 16), class_name="rc-label rc-muted"),
    )
    opener = menu(
        *items, identity=identity, label="Your account and view", trigger=face, trigger_class="rc-usercard"
    )
    return rx.el.div(opener, class_name="rc-sidebar__user")


def _topbar() -> rx.Component:
    return rx.el.header(
        brand(size=26),
        bell(),
        icon_button("search", "Search and commands", opens=PALETTE_ID),
        icon_button("eye-off", "Hide amounts", data_pref="private", aria_pressed="false"),
        class_name="rc-topbar",
    )


def _tabbar(nav: Sequence[NavItem], active: str, on_add: Handler | None, add_href: str) -> rx.Component:
    tabs = [
        link(
            icon(item.icon, 21),
            rx.el.span(item.label),
            href=item.href,
            class_name="rc-tabbar__item",
            **({"aria_current": "page"} if item.key == active else {}),
        )
        for item in nav
        if item.phone
    ]
    add = icon("plus", 22)
    quick = (
        rx.el.button(
            add, type="button", on_click=on_add, aria_label="Add transaction", class_name="rc-tabbar__add"
        )
        if on_add is not None
        else link(add, href=add_href, aria_label="Add transaction", class_name="rc-tabbar__add")
    )
    more = rx.el.button(
        icon("menu", 21),
        rx.el.span("More"),
        type="button",
        data_opens=MORE_ID,
        aria_haspopup="dialog",
        class_name="rc-tabbar__item",
    )
    return rx.el.nav(*tabs[:2], quick, *tabs[2:3], more, aria_label="Quick", class_name="rc-tabbar")


def _more_sheet(nav: Sequence[NavItem], active: str, user: ShellUser | None) -> rx.Component:
    links = [
        rx.el.div(_nav_link(item, active, None, keyed=False), data_closes="true")
        for item in nav
        if not item.phone
    ]
    parts: list[Node] = [
        rx.el.nav(*links, aria_label="More pages", class_name="rc-nav"),
        _user_menu(user, "more-menu"),
    ]
    return dialog(*parts, identity=MORE_ID, title="More")
