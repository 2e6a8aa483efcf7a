"""The transaction editor: a drawer that records, changes and deletes one transaction, on any page that lists some."""

from __future__ import annotations

from collections.abc import Container
from typing import Any
from uuid import UUID

import reflex as rx
from reflex_components_sonner.toast import ToastAction  # type: ignore[import-untyped]

from recaller.core.errors import Conflict
from recaller.core.ids import new_id, parse_id
from recaller.infra.work import Work
from recaller.services.accounts import list_accounts
from recaller.services.categories import get_category
from recaller.services.payees import usual_category
from recaller.services.recurring import record_by_hand
from recaller.services.recurring.marks import recurring_of_transactions
from recaller.services.transactions import (
    TransactionView,
    delete_transaction,
    edit_transaction,
    get_transaction,
    origins_of,
    restore_transaction,
)
from recaller.state.base import event, id_of, in_work, text_of
from recaller.state.editor_form import (
    EXPENSE,
    TRANSFER,
    FormValues,
    PlainLine,
    editable_shape,
    read_form,
    values_of,
)
from recaller.state.entry_editing import EntryEditing, category_names
from recaller.state.formatting import foreign_text
from recaller.state.forms import Fields, form_event
from recaller.state.payments import payment_toasts
from recaller.state.pickers import formatter_of
from recaller.state.refreshing import refresh_for
from recaller.state.rule_marks import SetByItem, rule_address, set_by

SOURCES = {
    "import": "Imported",
    "api": "Recorded through the API",
    "recurring": "Recorded by a recurring item",
    "ai": "Proposed by the assistant",
}
READ_ONLY = {
    "opening": "This is an account's opening balance. Change it in the account's settings.",
    "journal": "This entry has more parts than this form can show. It can be deleted here, not changed.",
}
HIDDEN = "A part of this transaction lies in another member's private account; only they can change it."


_SHOWN_FIELDS = frozenset(
    {"date", "account", "to_account", "payee", "category", "amount", "to_amount", "note", "tags", "splits"}
)


class TransactionEditorState(EntryEditing, rx.State):
    """The drawer and its form. Fields start from the vars here and come back once, on submit.

    `form_key` changes whenever the fields must start anew; `form_errors` holds one message per field.
    """

    title: str = "New transaction"
    shown_id: str = ""
    recurring_id: str = ""
    set_by: list[SetByItem] = []
    rule_href: str = ""
    read_only: str = ""
    origin: str = ""
    bank_text: str = ""
    foreign: str = ""
    date: str = ""
    category_hint: str = ""
    pending: bool = False
    lines: list[PlainLine] = []
    _another: bool = False

    # ---- Opening and closing ---------------------------------------------------------------------

    @event
    async def open_new(self, account_id: str = "") -> Any:
        """Show an empty form; in an account's register that account is chosen already."""
        chosen = text_of(account_id, "account", most=36)
        today = await in_work(self, self._prepare, read_only=True)
        last = self.account_id if self.account_id in self._currencies else next(iter(self._currencies), "")
        first = chosen if chosen in self._currencies else last
        self._start(FormValues(kind=EXPENSE, date=today, account_id=first))
        self.is_new, self.title, self._identity, self._version = True, "New transaction", "", 0
        self.shown = True

    @event
    async def open_transaction(self, transaction_id: str) -> Any:
        """Show a stored transaction."""
        await self._load(id_of(transaction_id))
        self.shown = True

    @event
    async def reload(self) -> Any:
        """Show what is stored now, after somebody else changed it."""
        if self._identity:
            await self._load(parse_id(self._identity))

    @event
    async def close(self) -> Any:
        """Leave without saving."""
        self.shown, self._another = False, False

    # ---- While the form is filled in -------------------------------------------------------------

    @event
    async def choose_payee(self, payee_id: str) -> Any:
        """Propose the payee's usual category, unless one is chosen already."""
        if not payee_id or self.category_id or self.kind == TRANSFER or self.is_split:
            return
        chosen = id_of(payee_id, "payee")

        def propose(w: Work) -> tuple[str, str] | None:
            usual = usual_category(w, chosen)
            return None if usual is None else (str(usual), get_category(w, usual).path)

        found = await in_work(self, propose, read_only=True)
        if found is not None:
            self.category_id, self.category = found
            self.category_hint = "Usual for this payee"
            self.category_key += 1

    @event
    async def choose_category(self, category_id: str) -> Any:
        """Remember that a category was chosen by hand."""
        self.category_id, self.category_hint = text_of(category_id, "category", most=36), ""

    # ---- Saving and deleting ---------------------------------------------------------------------

    @event
    async def then_another(self, number: int | None = None) -> Any:
        """Note that saving the form of this number is followed by an empty one."""
        self._another = number in (None, self.form_key)

    @form_event
    async def submit(self, fields: Fields) -> Any:
        """Record or change the transaction; wrong fields are named under them."""
        another, self._another, self.conflict = self._another, False, False
        identity, version, kind, splits = self._identity, self._version, self.kind, list(self.splits)
        told: list[Any] = []
        if self.read_only:
            return None

        def save(w: Work) -> TransactionView:
            currencies = {str(one.id): one.currency for one in list_accounts(w, closed=True)}
            draft = read_form(fields, kind, splits, currencies, formatter_of(w))
            if identity:
                return edit_transaction(w, parse_id(identity), draft, version=version)
            recorded = record_by_hand(w, draft, transaction_id=new_id())
            told.extend(payment_toasts(recorded, formatter_of(w)))
            return recorded

        saved = await in_work(self, save)
        if another:
            self._start(FormValues(kind=kind, date=saved.date.isoformat(), account_id=str(saved.account_id)))
            self.is_new, self.title, self._identity, self._version = True, "New transaction", "", 0
        else:
            self.shown = False
        told = told or [rx.toast.success("Transaction saved" if identity else "Transaction added")]
        return [*refresh_for(self.router.url.path), *told]

    @event
    async def delete(self) -> Any:
        """Delete the transaction that is shown; the toast brings it back."""
        if not self._identity:
            return None
        identity, version = parse_id(self._identity), self._version
        try:
            await in_work(self, lambda w: delete_transaction(w, identity, version=version))
        except Conflict as error:
            self.form_error, self.conflict = error.message, True
            return None
        self.shown = False
        undo = ToastAction(label="Undo", on_click=TransactionEditorState.restore(str(identity)))
        return [
            *refresh_for(self.router.url.path),
            rx.toast.success("Transaction deleted", action=undo, duration=10_000),
        ]

    @event
    async def restore(self, transaction_id: str) -> Any:
        """Bring a deleted transaction back."""
        identity = id_of(transaction_id)
        await in_work(self, lambda w: restore_transaction(w, identity))
        return [*refresh_for(self.router.url.path), rx.toast.success("Transaction restored")]

    # ---- Inside ----------------------------------------------------------------------------------

    def _prepare(self, w: Work) -> str:
        """Read what the pickers offer; returns today's date in ISO form."""
        self._offer(w)
        return w.today.isoformat()

    async def _load(self, identity: UUID) -> None:
        def read(w: Work) -> None:
            view = get_transaction(w, identity)
            self._offer(w)
            self._show(w, view)

        await in_work(self, read, read_only=True)

    def _show(self, w: Work, view: TransactionView) -> None:
        say = formatter_of(w)
        self._offer_closed(w, {line.account_id for line in view.lines})
        if editable_shape(view):
            self._start(values_of(view, category_names(w), say))
        else:
            self._start(FormValues(kind=EXPENSE, date=view.date.isoformat()))
            self.read_only = READ_ONLY.get(view.shape, HIDDEN) if view.complete else HIDDEN
            self.lines = [
                PlainLine(line.account_name, say.money(line.amount, line.currency), line.memo)
                for line in view.lines
            ]
        self.title = "Edit transaction" if not self.read_only else (view.payee or "Transaction")
        self.origin, self.bank_text = SOURCES.get(view.source, ""), view.bank_text
        self.foreign = foreign_text(
            view.foreign_amount, view.foreign_currency, view.foreign_rate, view.currency, say
        )
        self.is_new, self._identity, self._version = False, str(view.id), view.version
        plan = recurring_of_transactions(w, [view.id]).get(view.id)
        self.shown_id, self.recurring_id = str(view.id), "" if plan is None else str(plan)
        self.set_by, self.rule_href = set_by(origins_of(w, view.id)), rule_address(view)

    def _start(self, values: FormValues) -> None:
        """Let every field start from these values."""
        self._begin_entry(values)
        self.date, self.pending, self.category_hint = values.date, values.pending, ""
        self.read_only, self.origin, self.bank_text, self.lines = "", "", "", []
        self.shown_id, self.recurring_id, self.foreign = "", "", ""
        self.set_by, self.rule_href = [], ""

    def _shown_fields(self) -> Container[str]:
        return _SHOWN_FIELDS
