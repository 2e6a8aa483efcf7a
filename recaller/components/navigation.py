"""Where one can go and what one can press: navigation entries, commands, shortcuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recaller.components.base import Handler, ListVar, Node, Text, ValueHandler


@dataclass(frozen=True, slots=True)
class NavItem:
    """A page in the sidebar. `go` is the letter after g; `phone` puts it in the bottom bar."""

    key: str
    label: str
    icon: str
    href: str
    go: str = ""
    phone: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the command palette: a link (`href`), an event (`on_click`) or a dialog (`opens`)."""

    label: str
    icon: str
    href: str | None = None
    on_click: Handler | None = None
    opens: str | None = None
    keys: tuple[str, ...] = ()
    words: str = ""
    group: str = "Actions"


@dataclass(frozen=True, slots=True)
class ShellUser:
    """Who is signed in, for the user menu and the household switcher.

    `tenants` is a Var of a list of objects with `id`, `name` and `current`; `on_switch` is called with the id,
    `on_theme` (light, dark or system) after a theme was painted, to keep it with the user.
    """

    name: Text
    household: Text
    initials: Text
    on_sign_out: Handler
    tenants: ListVar | None = None
    on_switch: ValueHandler | None = None
    on_theme: ValueHandler | None = None
    extra: Sequence[Node] = ()


DEFAULT_NAV = (
    NavItem("dashboard", "Dashboard", "layout-dashboard", "/", "d", phone=True),
    NavItem("transactions", "Transactions", "arrow-left-right", "/transactions", "t", phone=True),
    NavItem("accounts", "Accounts", "landmark", "/accounts", "a", phone=True),
    NavItem("recurring", "Recurring", "repeat", "/recurring", "r"),
    NavItem("budgets", "Budgets", "wallet", "/budgets", "b"),
    NavItem("notifications", "Notifications", "bell", "/notifications", "n"),
    NavItem("categories", "Categories", "tags", "/categories", "c", group="Manage"),
    NavItem("rules", "Rules", "list-filter", "/rules", "u", group="Manage"),
    NavItem("import", "Import", "file-up", "/import", "i", group="Manage"),
    NavItem("transfers", "Transfers", "merge", "/transfers", "f", group="Manage"),
    NavItem("rates", "Exchange rates", "coins", "/rates", "x", group="Manage"),
    NavItem("jobs", "Jobs", "activity", "/jobs", "j", group="Manage"),
    NavItem("settings", "Settings", "settings", "/settings", "s", group="Manage"),
)

GLOBAL_SHORTCUTS: tuple[tuple[str, tuple[tuple[tuple[str, ...], str], ...]], ...] = (
    (
        "Everywhere",
        (
            (("Ctrl", "K"), "Command palette"),
            (("/",), "Search"),
            (("n",), "New"),
            (("Ctrl", "Z"), "Undo"),
            (("?",), "This sheet"),
            (("Esc",), "Close, or clear the selection"),
        ),
    ),
    (
        "Lists",
        (
            (("j",), "Next row"),
            (("k",), "Previous row"),
            (("Enter",), "Open the row"),
            (("x",), "Select the row"),
            (("Shift", "x"), "Select the range"),
            (("Ctrl", "A"), "Select all"),
        ),
    ),
)
