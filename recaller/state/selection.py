"""Selected rows of the transaction list: their total, what can be done to all of them, and its undo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import reflex as rx
from reflex_components_sonner.toast import ToastAction  # type: ignore[import-untyped]

from recaller.core.errors import ValidationFailed
from recaller.core.ids import new_id
from recaller.infra.work import Work
from recaller.services.categories import get_category
from recaller.services.listing import selection_totals
from recaller.services.transactions import (
    TransactionView,
    categorise_transactions,
    delete_transactions,
    restore_transaction,
    set_payee_of_transactions,
    tag_transactions,
)
from recaller.services.transactions.views import get_transactions
from recaller.services.transfers import merge_transfer, split_transfer
from recaller.state.base import event, form_of, id_of, in_work, text_of
from recaller.state.editor_form import split_names
from recaller.state.pickers import formatter_of
from recaller.state.rule_marks import rule_address

MAX_SELECTED = 1000
UNDO_MILLISECONDS = 10_000


class SelectionState(rx.State, mixin=True):
    """Which rows are selected, and the events of the selection bar and of quick categorising.

    A state that mixes it in tells `_ids_on_page` and `_category_of`, and draws its page with `_show_page`.
    The last change can be undone once, by its toast or by Ctrl Z.
    """

    selected: list[str] = []
    selection_text: str = ""
    all_selected: bool = False
    quick_id: str = ""
    bulk_errors: dict[str, str] = {}
    bulk_shown: str = ""
    can_undo: bool = False
    _last_category: str = ""
    _undo_token: str = ""
    _undo_steps: list[tuple[str, list[str], str]] = []

    @event
    async def toggle(self, transaction_id: str) -> Any:
        """Select a row of this page, or take it out."""
        if transaction_id in self.selected:
            self.selected = [one for one in self.selected if one != transaction_id]
        elif transaction_id in self._ids_on_page() and len(self.selected) < MAX_SELECTED:
            self.selected = [*self.selected, transaction_id]
        await self._sum_selection()

    @event
    async def toggle_all(self) -> Any:
        """Select every row of this page, or none."""
        self.selected = [] if self.all_selected else self._ids_on_page()
        await self._sum_selection()

    @event
    async def clear_selection(self) -> Any:
        """Select nothing."""
        self._clear_selection()

    @event
    async def show_bulk(self, what: str) -> Any:
        """Open the small dialog that asks for a category, a payee or tags; "" closes it."""
        self.bulk_errors = {}
        self.bulk_shown = what if what in ("category", "payee", "tags") and self.selected else ""

    @event
    async def categorise_selected(self, form: dict[str, Any]) -> Any:
        """Give the selected rows one category."""
        chosen = text_of(form_of(form).get("bulk_category"), "category", most=36)
        if not chosen:
            self.bulk_errors = {"category": "Choose a category."}
            return None
        return await self._categorise(self._chosen_ids(), id_of(chosen, "category"))

    @event
    async def start_quick(self, transaction_id: str) -> Any:
        """Turn a row's category into a picker."""
        self.quick_id = transaction_id if transaction_id in self._ids_on_page() else ""

    @event
    async def quick_categorise(self, transaction_id: str, category_id: str) -> Any:
        """Give one row the category that was picked in it."""
        self.quick_id = ""
        if not category_id or category_id == self._category_of(transaction_id):
            return None
        return await self._categorise([id_of(transaction_id)], id_of(category_id, "category"))

    @event
    async def set_payee_of_selected(self, form: dict[str, Any]) -> Any:
        """Give the selected rows one payee."""
        name = text_of(form_of(form).get("bulk_payee_text"), "payee", most=300).strip()
        if not name:
            self.bulk_errors = {"payee": "Choose or enter a payee."}
            return None
        ids = self._chosen_ids()

        def change(w: Work) -> tuple[int, list[tuple[str, list[str], str]]]:
            before = get_transactions(w, ids)
            return set_payee_of_transactions(w, ids, name), _steps("payee", before, lambda one: one.payee)

        return await self._change(change, lambda count: f"Payee set on {_transactions(count)}")

    @event
    async def tag_selected(self, form: dict[str, Any]) -> Any:
        """Add tags to the selected rows."""
        names = split_names(text_of(form_of(form).get("bulk_tags"), "tags", most=1200))
        if not names:
            self.bulk_errors = {"tags": "Enter a tag."}
            return None
        ids = self._chosen_ids()
        added = {name.lstrip("#").casefold() for name in names}

        def change(w: Work) -> tuple[int, list[tuple[str, list[str], str]]]:
            def missing(one: TransactionView) -> str:
                return ",".join(sorted(added - {tag.casefold() for tag in one.tags}))

            before = get_transactions(w, ids)
            return tag_transactions(w, ids, names), _steps("untag", before, missing)

        return await self._change(change, lambda count: f"Tagged {_transactions(count)}")

    @event
    async def delete_selected(self) -> Any:
        """Delete the selected rows; the toast brings them back."""
        ids = self._chosen_ids()
        if not ids:
            return None

        def change(w: Work) -> tuple[int, list[tuple[str, list[str], str]]]:
            return delete_transactions(w, ids), [("restore", [str(one) for one in ids], "")]

        return await self._change(change, lambda count: f"{_transactions(count).capitalize()} deleted")

    @event
    async def make_rule(self) -> Any:
        """Write a rule that does to entries like the selected ones what was done to them.

        Of several the payee and category that most of them have are taken.
        """
        ids = self._chosen_ids()
        if not ids:
            return None

        def read(w: Work) -> str:
            views = get_transactions(w, ids)
            if not views:
                return ""
            alike = Counter((one.payee, one.category_id) for one in views).most_common(1)[0][0]
            return rule_address(next(one for one in views if (one.payee, one.category_id) == alike))

        target = await in_work(self, read, read_only=True)
        return rx.redirect(target) if target else None

    @event
    async def merge_selected(self) -> Any:
        """Make one transfer of the two selected rows; the toast splits it again."""
        ids = self._chosen_ids()
        if len(ids) != 2:
            return rx.toast.info("Select the two entries of the transfer.")

        def change(w: Work) -> tuple[int, list[tuple[str, list[str], str]]]:
            merged = merge_transfer(w, ids[0], ids[1])
            return 1, [("split", [str(merged.id)], "")]

        return await self._change(change, lambda _: "One transfer now")

    @event
    async def undo(self, token: str = "") -> Any:
        """Take the last change back; a toast of an older one does nothing any more."""
        if not self._undo_steps or (token and token != self._undo_token):
            return rx.toast.info("There is nothing to undo here any more.")
        steps = [(kind, [UUID(one) for one in ids], value) for kind, ids, value in self._undo_steps]
        self._undo_steps, self._undo_token, self.can_undo = [], "", False

        def revert(w: Work) -> None:
            for kind, ids, value in steps:
                _revert(w, kind, ids, value)

        await in_work(self, revert)
        return [*await self._draw_anew(), rx.toast.success("Undone")]

    # ---- Inside ----------------------------------------------------------------------------------

    def _ids_on_page(self) -> list[str]:
        raise NotImplementedError

    def _category_of(self, transaction_id: str) -> str:
        raise NotImplementedError

    async def _show_page(self, query: dict[str, str]) -> Any:
        raise NotImplementedError

    async def _draw_anew(self) -> list[Any]:
        followed = await self._show_page(dict(self.router.url.query_parameters))
        return [] if followed is None else [followed]

    def _chosen_ids(self) -> list[UUID]:
        return [id_of(one) for one in self.selected]

    def _clear_selection(self) -> None:
        if self.selected:
            self.selected = []
        self.selection_text, self.all_selected, self.quick_id, self.bulk_shown = "", False, "", ""

    async def _sum_selection(self) -> None:
        page = self._ids_on_page()
        self.all_selected = bool(page) and set(page) <= set(self.selected)
        ids = self._chosen_ids()
        if not ids:
            self.selection_text = ""
            return

        def read(w: Work) -> str:
            say = formatter_of(w)
            sums = [say.money(one.net, one.currency, plus=True) for one in selection_totals(w, ids)]
            return " · ".join([f"{len(ids)} selected", *sums])

        self.selection_text = await in_work(self, read, read_only=True)

    async def _categorise(self, ids: list[UUID], category_id: UUID) -> Any:
        def change(w: Work) -> tuple[int, list[tuple[str, list[str], str]]]:
            before = [
                one
                for one in get_transactions(w, ids)
                if one.shape == "simple" and one.category_id != category_id
            ]
            count = categorise_transactions(w, ids, category_id)
            self._last_category = get_category(w, category_id).name
            return count, _steps("category", before, lambda one: str(one.category_id))

        left_out = len(ids)

        def say(count: int) -> str:
            kept = left_out - count
            text = f"{_transactions(count).capitalize()} moved to {self._last_category}"
            return f"{text}; {kept} stayed as they were" if kept else text

        return await self._change(change, say)

    async def _change(
        self,
        change: Callable[[Work], tuple[int, list[tuple[str, list[str], str]]]],
        say: Callable[[int], str],
    ) -> Any:
        """Make a change to several rows, remember how to take it back, and draw the page anew."""
        self.bulk_errors = {}
        try:
            count, steps = await in_work(self, change)
        except ValidationFailed as error:
            if not self.bulk_shown:
                raise
            self.bulk_errors = {self.bulk_shown: error.message}
            return None
        self._clear_selection()
        self._undo_token, self._undo_steps, self.can_undo = new_id().hex, steps, True
        action = ToastAction(label="Undo", on_click=type(self).undo(self._undo_token))
        followed = await self._draw_anew()
        return [*followed, rx.toast.success(say(count), action=action, duration=UNDO_MILLISECONDS)]


def _steps(
    kind: str, before: Sequence[TransactionView], value: Callable[[TransactionView], str]
) -> list[tuple[str, list[str], str]]:
    """Return what takes a change back: the rows that had the same value go together."""
    groups: dict[str, list[str]] = {}
    for one in before:
        groups.setdefault(value(one), []).append(str(one.id))
    return [(kind, ids, former) for former, ids in groups.items()]


def _revert(w: Work, kind: str, ids: list[UUID], value: str) -> None:
    if kind == "category":
        categorise_transactions(w, ids, UUID(value))
    elif kind == "payee":
        set_payee_of_transactions(w, ids, value)
    elif kind == "untag":
        if value:
            tag_transactions(w, ids, [], value.split(","))
    elif kind == "split":
        for one in ids:
            split_transfer(w, one)
    else:
        for one in ids:
            restore_transaction(w, one)


def _transactions(count: int) -> str:
    return f"{count} transaction{'' if count == 1 else 's'}"
