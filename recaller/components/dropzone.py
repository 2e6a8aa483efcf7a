"""Uploading a file by dropping it or by a button, with its progress."""

from __future__ import annotations

from typing import Any

import reflex as rx

from recaller.components.base import Flag, Node, Text, icon, when
from recaller.components.feedback import progress_bar
from recaller.components.token import glyph


def dropzone(
    *,
    identity: str,
    on_drop: Any,
    title: Text = "Drop a file here",
    text: Text = "or press Enter to choose one from this device",
    accept: dict[str, list[str]] | None = None,
    max_size_bytes: int = 20_000_000,
    multiple: bool = False,
    busy: Flag = False,
    percent: int | rx.Var[int] | None = None,
    file_name: Text = "",
    on_rejected: Any = None,
) -> rx.Component:
    """Draw a drop area that uploads at once. `on_drop` is the event for `rx.upload_files(upload_id=identity)`.

    The size limit here is a courtesy; the server checks again. While `busy`, the file's name and progress show.
    `dropzone(identity="bank-file", on_drop=State.receive(rx.upload_files(upload_id="bank-file")), busy=...)`
    """
    props: dict[str, Any] = {}
    if accept is not None:
        props["accept"] = accept
    if on_rejected is not None:
        props["on_drop_rejected"] = on_rejected
    area = rx.upload.root(
        glyph("file-up", "accent"),
        rx.el.div(
            rx.el.p(title, class_name="rc-drop__title"),
            rx.el.p(text, class_name="rc-muted"),
        ),
        rx.el.span(
            icon("folder-open", 18),
            "Choose file",
            class_name="rc-button rc-button--secondary",
            aria_hidden="true",
        ),
        id=identity,
        multiple=multiple,
        max_size=max_size_bytes,
        on_drop=on_drop,
        class_name="rc-drop",
        drag_active_style={},
        role="button",
        aria_label=title,
        **props,
    )
    # The library makes the file input itself and gives it no name; a name is what assistive technology needs.
    area.children[0].children[0].custom_attrs["aria-label"] = title
    return when(busy, uploading(file_name, percent), area)


def uploading(
    file_name: Text, percent: int | rx.Var[int] | None = None, action: Node | None = None
) -> rx.Component:
    """Show the file that is on its way."""
    return rx.el.div(
        glyph("file-text"),
        rx.el.div(
            progress_bar(file_name, percent, detail="Uploading"), style={"flex": "1", "min-width": "0"}
        ),
        action if action is not None else rx.fragment(),
        class_name="rc-file",
    )
