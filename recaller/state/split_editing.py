"""The split part of the transaction editor: lines that share an amount, and what is left of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import reflex as rx

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.state.base import event, text_of
from recaller.state.editor_form import MAX_SPLITS, SplitLine, evaluate, remainder_text, same_number
from recaller.state.formatting import Formatter
from recaller.state.forms import FormState, focus_on
from recaller.state.pickers import Choice


class SplitEditing(FormState, mixin=True):
    """The vars and events of a form with a split, and the amount that its lines share.

    `conflict`: what is edited was changed elsewhere meanwhile, or is gone.
    """

    amount: str = ""
    amount_result: str = ""
    currency: str = ""
    category_id: str = ""
    category: str = ""
    category_key: int = 0
    categories: list[Choice] = []
    is_split: bool = False
    splits: list[SplitLine] = []
    remainder: str = ""
    balanced: bool = False
    conflict: bool = False
    _identity: str = ""
    _lines_made: int = 0
    _say: tuple[str, str] = ("en_US", "UTC")

    @event
    async def start_split(self) -> Any:
        """Turn the single category into the first of two lines."""
        first = SplitLine(
            self._line_key(), self.category_id, self._category_label(self.category_id), self.amount
        )
        self._set_splits([first, SplitLine(self._line_key())])

    @event
    async def stop_split(self) -> Any:
        """Go back to a single category, the first line's."""
        if self.splits:
            self.category_id, self.category = self.splits[0].category_id, self.splits[0].category
        self.category_key += 1
        self._set_splits([])

    @event
    async def add_line(self) -> Any:
        """Add a line with what is left."""
        if len(self.splits) >= MAX_SPLITS:
            return rx.toast.info(f"A split has at most {MAX_SPLITS} lines here.")
        rest = self._rest()
        text = self._formatter().number(rest, self.currency) if rest is not None and rest > 0 else ""
        self._set_splits([*self.splits, SplitLine(self._line_key(), amount=text)])
        return None

    @event
    async def remove_line(self, key: str) -> Any:
        """Take a line away; with a single one left the split ends."""
        kept = [line for line in self.splits if line.key != key]
        if len(kept) == 1:
            self.category_id, self.category = kept[0].category_id, kept[0].category
            self.category_key += 1
            kept = []
        self._set_splits(kept)

    @event
    async def type_line_amount(self, key: str, text: str) -> Any:
        """Follow a line's amount, so that the rest can be shown."""
        typed = text_of(text, "splits", most=200)
        self._change_line(key, amount=typed)

    @event
    async def type_line_memo(self, key: str, text: str) -> Any:
        """Follow a line's memo, so that it survives when the line is drawn anew."""
        self._change_line(key, memo=text_of(text, "splits", most=500))

    @event
    async def choose_line_category(self, key: str, category_id: str) -> Any:
        """Follow a line's category."""
        chosen = text_of(category_id, "splits", most=36)
        self._change_line(key, category_id=chosen, category=self._category_label(chosen))

    @event
    async def give_rest(self, key: str) -> Any:
        """Give this line what the others leave of the amount."""
        rest = self._rest(without=key)
        if rest is None:
            return rx.toast.info("Enter the amount and the other lines first.")
        text = self._formatter().number(rest, self.currency)
        # A new key draws the line's fields anew, from these values.
        self._set_splits(
            [
                replace(line, key=self._line_key(), amount=text) if line.key == key else line
                for line in self.splits
            ]
        )
        return None

    def _set_splits(self, splits: list[SplitLine]) -> None:
        self.splits, self.is_split = splits, bool(splits)
        self._count_up()

    def _change_line(self, key: str, **changes: str) -> None:
        self.splits = [replace(line, **changes) if line.key == key else line for line in self.splits]
        self._count_up()

    def _count_up(self) -> None:
        """Show what the amount comes to, and what the lines leave of it."""
        self.amount_result, self.remainder, self.balanced = "", "", False
        if not self.currency:
            return
        say = self._formatter()
        total = evaluate(self.amount, self.currency, say)
        if total is not None and not same_number(self.amount, total, self.currency, say):
            self.amount_result = f"= {say.money(total, self.currency)}"
        if self.is_split:
            rest = self._rest()
            self.balanced = rest == 0
            if rest:
                self.remainder = remainder_text(rest, self.currency, say)

    def _rest(self, without: str = "") -> int | None:
        """Return what the lines leave of the amount (minor units), None while the amount makes no sense."""
        say = self._formatter()
        total = evaluate(self.amount, self.currency, say) if self.currency else None
        if total is None:
            return None
        return total - sum(
            evaluate(line.amount, self.currency, say) or 0 for line in self.splits if line.key != without
        )

    def _clash(self, error: Conflict | NotFound) -> Any:
        self.form_error = error.message
        self.conflict = isinstance(error, Conflict) and bool(self._identity)

    def _refuse(self, error: ValidationFailed) -> Any:
        super()._refuse(self._named_line(error))
        return focus_on("dialog[open] [aria-invalid=true]")

    def _named_line(self, error: ValidationFailed) -> ValidationFailed:
        """Return the error of the split where it is about one of its lines, which it numbers."""
        key = error.field.removeprefix("split_amount_")
        if key == error.field:
            return error
        number = next((at for at, one in enumerate(self.splits, 1) if one.key == key), 0)
        return ValidationFailed("splits", f"Line {number}: {error.message}")

    def _line_key(self) -> str:
        self._lines_made += 1
        return f"s{self._lines_made}"

    def _category_label(self, category_id: str) -> str:
        return next((one.label for one in self.categories if one.value == category_id), "")

    def _formatter(self) -> Formatter:
        return Formatter(*self._say)
