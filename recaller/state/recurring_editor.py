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
from recaller.services.categories import list_categories
from recaller.services.household_settings import get_household_settings
from recaller.services.payees import suggest_payees
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
from recaller.state.editor_form import EXPENSE, KINDS, TRANSFER, FormValues, editable_shape, values_of
from recaller.state.forms import Fields, form_event
from recaller.state.occurrence import UNDO_MILLISECONDS, undo_action
from recaller.state.pickers import Choice, account_choices, category_choices, formatter_of, payee_choices, put
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
from recaller.state.split_editing import SplitEditing
from recaller.state.transaction_editor import TransactionEditorState

_SHOWN_FIELDS = frozenset(
    {"name", "amount", "account", "to_account", "to_amount", "payee", "category", "note", "tags", "splits", "tolerance",
     "percent", "lead_days", "from_on", *FIELDS}
)  # fmt: skip


class RecurringEditorState(SplitEditing, RecurrenceEditing, rx.State):
    """The drawer and its form. Fields start from the vars here and come back once, on submit.

    `form_key` changes whenever the fields must start anew; the recurrence follows each change, so that its words and
    next dates are seen while it is made.
    """

    shown: bool = False
    title: str = "New recurring transaction"
    is_new: bool = True
    from_here: bool = False
    from_on: str = ""
    kind: str = EXPENSE
    account_id: str = ""
    to_account_id: str = ""
    payee_id: str = ""
    payee: str = ""
    to_amount: str = ""
    to_currency: str = ""
    note: str = ""
    tags: str = ""
    plan: PlanValues = PlanValues()
    amount_kind: str = "fixed"
    reminders: str = "own"
    accounts: list[Choice] = []
    payees: list[Choice] = []
    _version: int = 0
    _currencies: dict[str, str] = {}
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
            names = {one.id: one.path for one in list_categories(w, hidden=True) if not one.system}
            values = values_of(view, names, formatter_of(w))
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
    async def choose_kind(self, kind: str) -> None:
        """Switch between expense, income and transfer; what was typed stays."""
        if kind in KINDS:
            self.kind = kind
            self.form_errors, self.form_error = {}, ""
            if kind == TRANSFER:
                self._set_splits([])

    @event
    async def choose_account(self, account_id: str) -> None:
        """Follow the chosen account's currency."""
        self.account_id = text_of(account_id, "account", most=36)
        self.currency = self._currencies.get(self.account_id, "")
        self._count_up()

    @event
    async def choose_to_account(self, account_id: str) -> None:
        """Follow the target account's currency: a second amount is asked for when it differs."""
        self.to_account_id = text_of(account_id, "to_account", most=36)
        self.to_currency = self._currencies.get(self.to_account_id, "")

    @event
    async def type_amount(self, text: str) -> None:
        """Show what the typed sum comes to."""
        self.amount = text_of(text, "amount", most=200)
        self._count_up()

    @event
    async def search_payees(self, text: str) -> None:
        """Offer payees for the text typed so far."""
        typed = text_of(text, "payee", most=200)
        found = await in_work(self, lambda w: payee_choices(suggest_payees(w, typed)), read_only=True)
        put(self, payees=found)

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
        """Read what the pickers offer."""
        accounts = list_accounts(w)
        self._currencies = {str(one.id): one.currency for one in accounts}
        self._say = (w.scope.locale, w.scope.time_zone)
        self._country = get_household_settings(w).country
        self._own_country = None
        self._today = w.today.isoformat()
        put(
            self,
            accounts=account_choices(accounts),
            categories=category_choices(list_categories(w)),
            payees=payee_choices(suggest_payees(w, "")),
        )

    def _show_draft(self, w: Work, draft: RecurringDraft, payee_id: UUID | None) -> None:
        """Let the form start from a draft; its accounts can be chosen even if they are closed."""
        self._prepare(w)
        say = formatter_of(w)
        held = {draft.account_id, draft.target_id}
        closed = [one for one in list_accounts(w, closed=True) if one.closed_on and one.id in held]
        if closed:
            self._currencies |= {str(one.id): one.currency for one in closed}
            self.accounts = [*self.accounts, *account_choices(closed)]
        names = {one.id: one.path for one in list_categories(w, hidden=True) if not one.system}
        self._own_country = draft.recurrence.country
        self._start(
            form_values(draft, payee_id, names, self._currencies, say),
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
        self._begin_form()
        self.kind = values.kind
        self.account_id, self.to_account_id = values.account_id, values.to_account_id
        self.payee_id, self.payee = values.payee_id, values.payee
        self.category_id, self.category = values.category_id, values.category
        self.amount, self.to_amount = values.amount, values.to_amount
        self.note, self.tags = values.note, values.tags
        self.currency = self._currencies.get(values.account_id, "")
        self.to_currency = self._currencies.get(values.to_account_id, "")
        self.plan, self.pattern = plan, pattern
        self.amount_kind, self.mode, self.reminders = plan.amount_kind, plan.mode, plan.reminders
        self._choose_weekdays(weekdays)
        self.conflict = False
        self._suggestion = ""
        self._lines_made = len(values.splits)
        self._set_splits(list(values.splits))

    def _shown_fields(self) -> Container[str]:
        return _SHOWN_FIELDS
