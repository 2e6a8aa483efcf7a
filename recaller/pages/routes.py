"""Every page's address, title, drawing function and what is loaded when somebody arrives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx


@dataclass(frozen=True, slots=True)
class Route:
    """A page. `path` as Reflex writes it (`/accounts/[account_id]`); `on_load` runs in order on each arrival.

    Pages for signed-in people start their `on_load` with `SessionState.load`.
    """

    path: str
    title: str
    draw: Callable[[], rx.Component]
    on_load: tuple[Any, ...] = ()


ROUTES: tuple[Route, ...] = ()
