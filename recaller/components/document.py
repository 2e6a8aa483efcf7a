"""What the application root needs once: stylesheets, head elements, toast provider."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import reflex as rx
from reflex_components_core.base.error_boundary import ErrorBoundary  # type: ignore[import-untyped]
from reflex_components_sonner.toast import Toaster  # type: ignore[import-untyped]

from recaller.components.feedback import error_state

STYLESHEETS = [
    f"/styles/{name}.css"
    for name in (
        "tokens", "base", "shell", "surface", "controls", "table", "overlay", "chart", "calendar", "plan", "notice",
        "rule",
    )
]  # fmt: skip

_SCRIPT = Path(__file__).resolve().parents[2] / "assets" / "recaller.js"

# Runs before the first paint, so that a collapsed sidebar or a blurred figure never flashes.
_EARLY = """
try {
  for (const [name, value] of [["sidebar", "collapsed"], ["private", "on"], ["density", "compact"]])
    if (localStorage.getItem("recaller." + name) === value) document.documentElement.dataset[name] = value;
} catch { /* storage is off: defaults stand */ }
"""


def script_url() -> str:
    """Return the address of the browser script, with its digest so that a new release is fetched at once."""
    digest = hashlib.sha256(_SCRIPT.read_bytes()).hexdigest()[:10] if _SCRIPT.exists() else "0"
    return f"/recaller.js?v={digest}"


def head_components() -> list[rx.Component]:
    """Return the elements that every page's head carries."""
    return [
        rx.el.script(_EARLY),
        rx.el.link(
            rel="preload",
            href="/fonts/inter-latin.woff2",
            custom_attrs={"as": "font", "type": "font/woff2", "crossOrigin": "anonymous"},
        ),
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.link(rel="icon", href="/favicon.ico", sizes="32x32"),
        rx.el.link(rel="apple-touch-icon", href="/icons/icon-180.png"),
        rx.el.link(rel="manifest", href="/manifest.webmanifest"),
        rx.el.meta(
            name="theme-color", content="#f6f8f7", custom_attrs={"media": "(prefers-color-scheme: light)"}
        ),
        rx.el.meta(
            name="theme-color", content="#0c1311", custom_attrs={"media": "(prefers-color-scheme: dark)"}
        ),
        rx.el.meta(name="color-scheme", content="light dark"),
        rx.el.script(src=script_url(), custom_attrs={"defer": True}),
    ]


def toaster() -> rx.Component:
    """Return the toast provider; states raise toasts with `rx.toast(...)` and it gives them their looks."""
    return Toaster.create(
        position="bottom-right", rich_colors=False, expand=False, close_button=False, gap=10
    )


def crash_screen() -> rx.Component:
    """Return what stands in the page's place when drawing it failed in the browser; the server logs the error."""
    return rx.el.main(
        error_state(
            "This page couldn't be drawn",
            "Nothing was changed by this. Load it again; if it happens again, the server's log tells why.",
            rx.el.a("Load again", href="", class_name="rc-button rc-button--primary"),
            rx.el.a("Go to the dashboard", href="/", class_name="rc-button rc-button--secondary"),
        ),
        class_name="rc-auth",
    )


def _error_boundary(stateful: bool) -> rx.Component:
    report = {} if stateful else {"on_error": rx.noop()}
    return ErrorBoundary.create(fallback_render=rx.Var.create(crash_screen()), **report)


def app_options() -> dict[str, Any]:
    """Return what `rx.App` takes from the design system: `app = rx.App(**app_options(), ...)`."""
    return {
        "stylesheets": STYLESHEETS,
        "head_components": head_components(),
        "toaster": toaster(),
        "html_lang": "en",
        # Instead of the framework's own overlays: the shell has a connection banner of its own.
        "app_wraps": {(55, "ErrorBoundary"): _error_boundary},
    }
