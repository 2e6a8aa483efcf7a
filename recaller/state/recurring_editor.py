"""The editor of recurring transactions: a drawer that makes and changes one, on the pages that show some."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from typing import Any
from uuid import UUID

import reflex as rx

from recaller.core.ids import new_id, parse_id
from recaller.infra.work import Work
from recaller.services.accounts import list_accounts
from recaller.services.household_settings import get_household_settings
from recaller.services.recurring import (
    RecurringDraft,
    RecurringView,
    change_recurring_from,
    create_recurring,
    delete_recurring,
    draft_of,
    edit_recurring,
    get_recurring,
)
from recaller.services.recurring.suggestions import confirm_suggestion, drafts_of_suggestion
from recaller.services.transactions import get_transaction
from recaller.state.base import date_of, event, id_of, in_work, text_of
from recaller.state.editor_form import EXPENSE, KINDS, FormValues, editable_shape, values_of
from recaller.state.entry_editing import EntryEditing, category_names
from recaller.state.forms import Fields, form_event
from recaller.state.occurrence import UNDO_MILLISECONDS, undo_action
from recaller.state.pickers import formatter_of
from recaller.state.recurrence_editing import RecurrenceEditing
from recaller.state.recurrence_form import FIELDS, PatternItem, pattern_from, pattern_of, weekday_items
from recaller.state.recurring_form import (
    AMOUNT_KINDS,
    MODES,
    REMINDERS,
    PlanValues,
    form_values,
    plan_values,
    read_draft,
    start_after,
)
from recaller.state.refreshing import refresh_for
from recaller.state.session import SessionState
from recaller.state.transaction_editor import TransactionEditorState

_SHOWN_FIELDS = frozenset(
    {"name", "amount", "account", "to_account", "to_amount", "payee", "category", "note", "tags", "splits", "tolerance",
     "percent", "lead_days", "from_on", *FIELDS}
)  # fmt: skip


class RecurringEditorState(EntryEditing, RecurrenceEditing, rx.State):
    """The drawer and its form. Fields start from the vars here and come back once, on submit.

    `form_key` changes whenever the fields must start anew; the recurrence follows each change, so that its words and
    next dates are seen while it is made.
    """

    title: str = "New recurring transaction"
    from_here: bool = False
    from_on: str = ""
    plan: PlanValues = PlanValues()
    amount_kind: str = "fixed"
    reminders: str = "own"
    _suggestion: str = ""
    _previous: RecurringDraft | None = None

    # ---- Opening and closing ---------------------------------------------------------------------

    @event
    async def open_new(self, kind: str = EXPENSE) -> None:
        """Show an empty form."""
        wanted = text_of(kind, "kind", most=20)
        await self._first_weekday()

        def read(w: Work) -> None:
            self._prepare(w)
            first = next(iter(self._currencies), "")
            values = FormValues(
                kind=wanted if wanted in KINDS else EXPENSE, date=w.today.isoformat(), account_id=first
            )
            self._start(values, PlanValues(), pattern_from(w.today), [w.today.weekday()])

        await in_work(self, read, read_only=True)
        self._is_new("New recurring transaction")

    @event
    async def open_from(self, transaction_id: str) -> Any:
        """Show a form that repeats a stored transaction from its next date on."""
        identity = id_of(transaction_id)
        await self._first_weekday()

        def read(w: Work) -> bool:
            view = get_transaction(w, identity)
            if not editable_shape(view):
                return False
            self._prepare(w)
            values = values_of(view, category_names(w), formatter_of(w))
            pattern = replace(pattern_from(view.date), start=start_after(view.date, w.today).isoformat())
            self._start(values, PlanValues(name=view.payee), pattern, [view.date.weekday()])
            return True

        if not await in_work(self, read, read_only=True):
            return rx.toast.info("This transaction has more parts than a recurring one can have.")
        self._is_new("Make recurring")
        return TransactionEditorState.close

    @event
    async def open_recurring(self, recurring_id: str) -> None:
        """Show a stored one, to change all that is to come."""
        await self._load(id_of(recurring_id))
        self.from_here, self.shown = False, True

    @event
    async def open_suggestion(self, suggestion_id: str) -> None:
        """Show what confirming a suggestion would make, to be edited first."""
        identity = id_of(suggestion_id)
        await self._first_weekday()

        def read(w: Work) -> None:
            draft = drafts_of_suggestion(w, identity)[0]
            self._show_draft(w, draft, None)

        await in_work(self, read, read_only=True)
        self._is_new("Confirm what recurs")
        self._suggestion, self._warns, self.past_words = str(identity), False, ""

    @event
    async def open_from_here(self, recurring_id: str, on: str = "") -> None:
        """Show a stored one, to change what comes from a date on; what was before keeps its own terms."""
        first = date_of(on, "from_on") if on else None
        await self._load(id_of(recurring_id))
        self.title, self.from_here = "Change from here on", True
        self.from_on = self._today if first is None else first.isoformat()
        self.shown = True

    @event
    async def reload(self) -> None:
        """Show what is stored now, after somebody else changed it."""
        if self._identity:
            from_here, from_on = self.from_here, self.from_on
            await self._load(parse_id(self._identity))
            self.from_here, self.from_on = from_here, from_on

    @event
    async def close(self) -> None:
        """Leave without saving."""
        self.shown = False

    # ---- While the form is filled in -------------------------------------------------------------

    @event
    async def choose_category(self, category_id: str) -> None:
        """Remember the category, for the first line of a split."""
        self.category_id = text_of(category_id, "category", most=36)

    @event
    async def choose_option(self, name: str, value: str) -> None:
        """Follow a choice that other fields depend on."""
        known = {"amount_kind": AMOUNT_KINDS, "mode": MODES, "reminders": REMINDERS}
        if name in known and value in known[name]:
            setattr(self, name, value)
            if name == "mode" and self._today:
                self._follow()

    # ---- Saving ----------------------------------------------------------------------------------

    @form_event
    async def submit(self, fields: Fields) -> Any:
        """Make or change the recurring transaction; wrong fields are named under them."""
        self.conflict = False
        identity, version, kind, splits = self._identity, self._version, self.kind, list(self.splits)
        from_here, mine, suggestion = self.from_here, self._recurrence, self._suggestion

        def save(w: Work) -> tuple[RecurringView, RecurringDraft | None]:
            currencies = {str(one.id): one.currency for one in list_accounts(w, closed=True)}
            draft = read_draft(fields, kind, splits, currencies, formatter_of(w), mine())
            if suggestion:
                return confirm_suggestion(w, parse_id(suggestion), draft=draft)[0], None
            if not identity:
                return create_recurring(w, draft, recurring_id=new_id()), None
            known = parse_id(identity)
            if from_here:
                on = date_of(fields.get("from_on"), "from_on")
                return change_recurring_from(w, known, on, draft, version=version), None
            before = draft_of(get_recurring(w, known))
            return edit_recurring(w, known, draft, version=version), before

        saved, before = await in_work(self, save)
        self.shown, self._previous = False, before
        if suggestion:
            return [*refresh_for(self.router.url.path), rx.toast.success(f"{saved.name} recurs now")]
        return self._said(saved, identity, from_here)

    @event
    async def undo_create(self, recurring_id: str) -> Any:
        """Take a recurring transaction away again that was just made."""
        identity = id_of(recurring_id)
        await in_work(self, lambda w: delete_recurring(w, identity))
        return [*refresh_for(self.router.url.path), rx.toast.success("Taken back")]

    @event
    async def undo_edit(self, recurring_id: str, version: int) -> Any:
        """Put back what was there before the last change, unless somebody changed it since."""
        identity, before = id_of(recurring_id), self._previous
        if before is None or not isinstance(version, int):
            return rx.toast.info("There is nothing to undo any more.")
        await in_work(self, lambda w: edit_recurring(w, identity, before, version=version))
        self._previous = None
        return [*refresh_for(self.router.url.path), rx.toast.success("The change is undone")]

    # ---- Inside ----------------------------------------------------------------------------------

    def _said(self, saved: RecurringView, identity: str, from_here: bool) -> Any:
        known = str(saved.id)
        if from_here:
            return [
                rx.redirect(f"/recurring/{known}"),
                rx.toast.success(f"{saved.name} changes from then on"),
            ]
        if identity:
            undo, words = RecurringEditorState.undo_edit(known, saved.version), f"{saved.name} saved"
        else:
            undo, words = RecurringEditorState.undo_create(known), f"{saved.name} added"
        toast = rx.toast.success(words, action=undo_action(undo), duration=UNDO_MILLISECONDS)
        return [*refresh_for(self.router.url.path), toast]

    async def _first_weekday(self) -> None:
        session = await self.get_state(SessionState)
        self.weekdays = weekday_items(session.first_weekday, (), session.locale or "en_US")

    def _prepare(self, w: Work) -> None:
        """Read what the pickers offer, and what a recurrence needs to know."""
        self._offer(w)
        self._country = get_household_settings(w).country
        self._own_country = None
        self._today = w.today.isoformat()

    def _show_draft(self, w: Work, draft: RecurringDraft, payee_id: UUID | None) -> None:
        """Let the form start from a draft; its accounts can be chosen even if they are closed."""
        self._prepare(w)
        say = formatter_of(w)
        self._offer_closed(w, {draft.account_id, draft.target_id})
        self._own_country = draft.recurrence.country
        self._start(
            form_values(draft, payee_id, category_names(w), self._currencies, say),
            plan_values(draft, self._currencies.get(str(draft.account_id), ""), say),
            pattern_of(draft.recurrence),
            draft.recurrence.weekdays,
        )

    def _is_new(self, title: str) -> None:
        self.is_new, self.from_here, self.title = True, False, title
        self._identity, self._version, self._warns, self.shown = "", 0, True, True
        self._follow()

    async def _load(self, identity: Any) -> None:
        await self._first_weekday()

        def read(w: Work) -> None:
            view = get_recurring(w, identity)
            self._show_draft(w, draft_of(view), view.payee_id)
            self.title, self.is_new = f"Edit {view.name}", False
            self._identity, self._version, self._warns = str(view.id), view.version, False
            self._follow()

        await in_work(self, read, read_only=True)

    def _start(self, values: FormValues, plan: PlanValues, pattern: PatternItem, weekdays: Any) -> None:
        """Let every field start from these values."""
        self._begin_entry(values)
        self.plan, self.pattern = plan, pattern
        self.amount_kind, self.mode, self.reminders = plan.amount_kind, plan.mode, plan.reminders
        self._choose_weekdays(weekdays)
        self._suggestion = ""

    def _shown_fields(self) -> Container[str]:
        return _SHOWN_FIELDS
