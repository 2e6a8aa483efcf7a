"""Forms that save: each is sent once, it is busy meanwhile, and what is refused is said in it.

```
class CategoriesState(FormState, rx.State):
    @form_event
    async def submit(self, fields: Fields) -> Any:
        saved = await in_work(self, lambda w: create_category(w, text_of(fields.get("name"), "name"), ...))
        self.shown = False
        return [CategoriesState.load, rx.toast.success(f"{saved.name} added")]

ui.form(..., on_submit=CategoriesState.submit, number=CategoriesState.form_key)
```

Browsers hand over every click on a button: the second of two finds a form that was sent, and changes nothing.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Mapping
from typing import Any, TypeAlias

import reflex as rx

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.state.base import form_of, guarded

Fields: TypeAlias = Mapping[str, Any]


class FormState(rx.State, mixin=True):
    """The form of a state: what is wrong with which field (`form_errors`), with all of it (`form_error`)."""

    form_key: int = 0
    form_errors: dict[str, str] = {}
    form_error: str = ""
    busy: bool = False
    _sent: bool = False

    def _begin_form(self) -> None:
        """Begin a form: its fields start from their values, and it can be sent."""
        self.form_key += 1
        self.form_errors, self.form_error, self.busy, self._sent = {}, "", False, False

    def _shown_fields(self) -> Container[str] | None:
        """Return the fields that have a place for what is wrong with them; None: all."""
        return None

    def _refuse(self, error: ValidationFailed) -> Any:
        """Say what is wrong under its field, else above the form; returns what is to be done after it."""
        shown = self._shown_fields()
        if shown is None or error.field in shown:
            self.form_errors = {error.field: error.message}
        else:
            self.form_error = error.message

    def _clash(self, error: Conflict | NotFound) -> Any:
        """Say why this can't be done as things stand now; returns what is to be done after it."""
        self.form_error = error.message


def form_event(handler: Callable[[Any, Fields], Awaitable[Any]]) -> Any:
    """Make an async method the event of a form's submit; errors are told in the form, others as `event` does."""

    @functools.wraps(handler)
    async def save(state: Any, form: object) -> Any:
        number = state.form_key
        try:
            answer = await handler(state, form_of(form))
        except ValidationFailed as error:
            return state._refuse(error)
        except (Conflict, NotFound) as error:
            return state._clash(error)
        # A form that the handler has begun is another one.
        state._sent = state.form_key == number and not state.form_errors and not state.form_error
        return answer

    async def submit(state: Any, form: dict[str, Any], number: int | None = None) -> AsyncIterator[Any]:
        if state._sent or number not in (None, state.form_key):
            return
        state.form_errors, state.form_error = {}, ""
        async for step in _while_busy(state, lambda: told(state, form)):
            yield step

    told = guarded(save)
    return rx.event(_named(submit, handler))


def busy_event(handler: Callable[[Any], Awaitable[Any]]) -> Any:
    """Make an async method an event that may take a while: the state is `busy` from its beginning to its end."""

    async def run(state: Any) -> AsyncIterator[Any]:
        async for step in _while_busy(state, lambda: told(state)):
            yield step

    told = guarded(handler)
    return rx.event(_named(run, handler))


async def _while_busy(state: Any, act: Callable[[], Awaitable[Any]]) -> AsyncIterator[Any]:
    """Let the browser know first, then act."""
    state.busy = True
    yield
    try:
        answer = await act()
    finally:
        state.busy = False
    yield answer


def _named(event: Any, handler: Callable[..., Any]) -> Any:
    """Let an event be called by the name of its handler, whose arguments are others."""
    event.__module__, event.__name__ = handler.__module__, handler.__name__
    event.__qualname__, event.__doc__ = handler.__qualname__, handler.__doc__
    return event


def focus_on(selector: str) -> Any:
    """Go on in the first control of this selector (never of a user's text), as soon as it is drawn."""
    return rx.call_script(
        "(() => { let tries = 0; const go = () => { const found = document.querySelector('" + selector + "');"
        " if (found) found.focus(); else if (tries++ < 20) setTimeout(go, 50); }; setTimeout(go, 50); })()"
    )
