"""What every component shares: argument types, class lists, icons, links and optional parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias, cast

import reflex as rx
from reflex.event import EventCallback, EventSpec
from reflex_components_core.react_router.dom import ReactRouterLink  # type: ignore[import-untyped]

Text: TypeAlias = str | rx.Var[str]
Flag: TypeAlias = bool | rx.Var[bool]
Node: TypeAlias = rx.Component | rx.Var[Any] | str
Handler: TypeAlias = rx.EventHandler | EventSpec | EventCallback[Any] | Sequence[Any] | Callable[..., Any]
# A handler that a component calls with a value of its own (a key, a text): `State.sort_by`, not `State.sort_by("x")`.
ValueHandler: TypeAlias = Any
# A state's list, and one item of it inside `rx.foreach`: for a type checker they look like plain lists and objects.
ListVar: TypeAlias = Any
Item: TypeAlias = Any
Tone: TypeAlias = Literal["neutral", "accent", "success", "warning", "error", "info"]


def classes(*names: str | rx.Var[str] | None) -> list[str | rx.Var[str]]:
    """Return the class names that are there, for `class_name`."""
    return [name for name in names if name is not None and (isinstance(name, rx.Var) or name)]


def icon(name: str, size: int = 18, class_name: str = "") -> rx.Component:
    """Draw a lucide icon by its static name; decorative, so the text beside it must carry the meaning."""
    return rx.icon(name, size=size, stroke_width=1.75, aria_hidden="true", class_name=class_name)


def link(*content: Node, href: Text, class_name: str = "rc-link", **props: Any) -> rx.Component:
    """Link to a page of the app without reloading it: `link("All", href="/transactions?filter=...")`."""
    return ReactRouterLink.create(*content, to=href, class_name=class_name, **props)


def joined(*parts: Text) -> Text:
    """Join texts, of which some may be Vars."""
    if all(isinstance(part, str) for part in parts):
        return "".join(str(part) for part in parts)
    whole: Any = rx.Var.create("")
    for part in parts:
        whole = whole + part
    return cast("rx.Var[str]", whole)


def spoken(flag: Flag) -> Any:
    """Return a flag as an ARIA attribute's value."""
    return flag if isinstance(flag, rx.Var) else str(bool(flag)).lower()


def when(condition: Flag, present: Node, otherwise: Node | None = None) -> rx.Component:
    """Draw `present` if the condition holds; decided now for a plain bool, in the browser for a Var."""
    if isinstance(condition, rx.Var):
        return rx.cond(condition, present, otherwise if otherwise is not None else rx.fragment())
    chosen = present if condition else otherwise
    return rx.fragment() if chosen is None else rx.fragment(chosen)


def part(content: Node | None, class_name: str) -> rx.Component:
    """Draw a paragraph of this class around the content, nothing without content."""
    if content is None or isinstance(content, rx.Component):
        return rx.fragment() if content is None else rx.el.p(content, class_name=class_name)
    return when_text(content, lambda words: rx.el.p(words, class_name=class_name))


def when_text(text: Text | None, build: Callable[[Text], rx.Component]) -> rx.Component:
    """Draw `build(text)` unless the text is missing or empty."""
    if text is None:
        return rx.fragment()
    return when(text != "" if isinstance(text, rx.Var) else bool(text), build(text))


def screen_reader_only(text: Node) -> rx.Component:
    """Say something to assistive technology that the eye sees otherwise."""
    return rx.el.span(text, class_name="rc-sr")


def private(*content: Node, class_name: str = "") -> rx.Component:
    """Wrap a figure that the privacy blur hides."""
    return rx.el.span(*content, class_name=classes("private", class_name))


def stack(*content: Node, gap: str = "s4", **props: Any) -> rx.Component:
    """Put parts under each other; `gap` names a spacing token (s1 ... s12)."""
    return rx.el.div(*content, class_name="rc-stack", style={"--gap": f"var(--{gap})"}, **props)


def row(*content: Node, gap: str = "s3", between: bool = False, wrap: bool = True) -> rx.Component:
    """Put parts beside each other; `between` pushes them to both ends."""
    names = classes("rc-row", "rc-row--between" if between else "", "" if wrap else "rc-row--nowrap")
    return rx.el.div(*content, class_name=names, style={"--gap": f"var(--{gap})"})


def grid(*content: Node, min_width: str = "16rem") -> rx.Component:
    """Lay equal cards in as many columns as fit, each at least `min_width` wide."""
    return rx.el.div(*content, class_name="rc-grid", style={"--min": min_width})


def split(main: Node, aside: Node) -> rx.Component:
    """Lay a main part and a narrower side part; the side goes below on small screens."""
    return rx.el.div(
        rx.el.div(main, class_name="rc-stack"), rx.el.div(aside, class_name="rc-stack"), class_name="rc-split"
    )
