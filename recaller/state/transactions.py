"""The transactions page: its filter lives in the URL, so that links, the back button and a reload all show the same."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx

from recaller.core.errors import RecallerError, Unauthenticated, ValidationFailed
from recaller.core.paging import Page
from recaller.domain.filters import TransactionFilter
from recaller.infra.work import Work
from recaller.services.listing import Sort, TransactionRow, list_transactions, totals
from recaller.services.payees import suggest_payees
from recaller.services.recurring.marks import recurring_of_transactions
from recaller.state.base import event, in_work, text_of
from recaller.state.filter_chips import (
    PARAMETERS,
    FilterChip,
    address,
    known,
    minor_text,
    preset_dates,
    read_chips,
    with_value,
    without,
)
from recaller.state.formatting import Formatter
from recaller.state.pickers import Choice, formatter_of, open_choices, payee_choices, put
from recaller.state.refreshing import refresh_after_edit
from recaller.state.selection import SelectionState
from recaller.state.transaction_editor import TransactionEditorState
from recaller.state.transaction_rows import TotalItem, TransactionItem, total_items, transaction_item

PATH = "/transactions"
EXPORT = "/api/v1/transactions/export.csv"
PAGE = 50
FIRST_SORTS = {"date": Sort.NEWEST, "amount": Sort.LARGEST, "payee": Sort.PAYEE}


class TransactionsState(SelectionState, rx.State):
    """One page of transactions, display-ready, and what the filter panel shows."""

    loading: bool = True
    failure: str = ""
    rows: list[TransactionItem] = []
    sort: str = Sort.NEWEST.value
    search_text: str = ""
    chips: list[FilterChip] = []
    filtered: bool = False
    totals: list[TotalItem] = []
    has_newer: bool = False
    has_older: bool = False
    expanded: list[str] = []
    accounts: list[Choice] = []
    categories: list[Choice] = []
    tags: list[Choice] = []
    payees: list[Choice] = []
    filter_key: int = 0
    date_from: str = ""
    date_to: str = ""
    amount_min: str = ""
    amount_max: str = ""
    status: str = ""
    shape: str = ""
    only_uncategorised: bool = False
    filter_errors: dict[str, str] = {}
    _newer: str = ""
    _older: str = ""

    @event
    async def load(self) -> Any:
        """Show what the URL asks for; `new` and `open` in it open the editor."""
        query = dict(self.router.url.query_parameters)
        self._clear_selection()
        followed = await self._show_page(query)
        if "new" in query or "open" in query:
            opening = (
                TransactionEditorState.open_transaction(query["open"])
                if "open" in query
                else TransactionEditorState.open_new(query.get("account", "").partition(",")[0])
            )
            rest = {name: value for name, value in query.items() if name not in ("new", "open")}
            # Not a redirect: arriving anew would cancel what this arrival has begun, the opening too.
            tidy = rx.call_script(
                f"history.replaceState(history.state, '', {json.dumps(address(PATH, rest))})"
            )
            return [tidy, opening, *([] if followed is None else [followed])]
        return followed

    @event
    async def refresh(self) -> Any:
        """Read the page again after a change."""
        return await self._show_page(dict(self.router.url.query_parameters))

    @event
    async def load_totals(self) -> Any:
        """Add up the whole filter; after the rows, because a wide filter may take longer than one page."""
        query = dict(self.router.url.query_parameters)
        if not known(query):
            put(self, totals=[])
            return

        def read(w: Work) -> list[TotalItem]:
            return total_items(totals(w, TransactionFilter.from_query(query)), formatter_of(w))

        put(self, totals=await in_work(self, read, read_only=True))

    # ---- The filter ------------------------------------------------------------------------------

    @event
    async def search(self, text: str) -> Any:
        """Search while typing; the URL follows without filling the history."""
        self.search_text = text_of(text, "q", most=200)
        query = with_value(self.router.url.query_parameters, "q", self.search_text.strip())
        return self._go(query, replace=True)

    @event
    async def add_filter(self, parameter: str, value: str) -> Any:
        """Add one value of a filter (an account, a category, a payee, a tag) or set a single one."""
        name, chosen = text_of(parameter, "filter", most=20), text_of(value, "filter", most=100)
        if name not in PARAMETERS or (not chosen and name in ("account", "category", "payee", "tag")):
            return None
        return self._go(with_value(self.router.url.query_parameters, name, chosen))

    @event
    async def toggle_uncategorised(self) -> Any:
        """Show only what has no category yet, or everything again."""
        value = "" if self.only_uncategorised else "1"
        return self._go(with_value(self.router.url.query_parameters, "uncategorised", value))

    @event
    async def choose_period(self, preset: str) -> Any:
        """Show one of the ready-made periods."""
        chosen = text_of(preset, "preset", most=20)
        first, last = await in_work(self, lambda w: preset_dates(chosen, w.today), read_only=True)
        query = with_value(self.router.url.query_parameters, "from", first.isoformat())
        return self._go(with_value(query, "to", last.isoformat()))

    @event
    async def set_ranges(self, form: dict[str, Any]) -> Any:
        """Apply the typed dates and amounts of the panel."""
        typed = {name: text_of(form.get(name), name, most=100) for name in ("from", "to", "min", "max")}
        query = dict(self.router.url.query_parameters)

        def read(w: Work) -> dict[str, str]:
            unit, locale = query.get("currency", w.scope.base_currency), w.scope.locale
            return typed | {name: minor_text(typed[name], name, unit, locale) for name in ("min", "max")}

        self.filter_errors = {}
        try:
            values = await in_work(self, read, read_only=True)
            TransactionFilter.from_query(values)
        except ValidationFailed as error:
            self.filter_errors = {error.field: error.message}
            return None
        for name, value in values.items():
            query = with_value(query, name, value)
        return self._go(query)

    @event
    async def remove_filter(self, key: str) -> Any:
        """Take one chip's filter away."""
        return self._go(without(self.router.url.query_parameters, text_of(key, "filter", most=100)))

    @event
    async def clear_filters(self) -> Any:
        """Show everything again."""
        return self._go({})

    @event
    async def search_payees(self, text: str) -> Any:
        """Offer payees in the panel for the text typed so far."""
        typed = text_of(text, "payee", most=200)
        found = await in_work(self, lambda w: payee_choices(suggest_payees(w, typed)), read_only=True)
        put(self, payees=found)

    @event
    async def sort_by(self, column: str) -> Any:
        """Sort by a column, the other way round when it is sorted by already."""
        if column not in FIRST_SORTS:
            return None
        first = FIRST_SORTS[column].value
        other = first.removeprefix("-") if first.startswith("-") else f"-{first}"
        chosen = other if self.sort == first else first
        return self._go(known(self.router.url.query_parameters), sort=chosen)

    @event
    async def newer(self) -> Any:
        """Step to the page before."""
        return self._go(known(self.router.url.query_parameters), page=self._newer) if self._newer else None

    @event
    async def older(self) -> Any:
        """Step to the page after."""
        return self._go(known(self.router.url.query_parameters), page=self._older) if self._older else None

    @event
    async def toggle_parts(self, transaction_id: str) -> Any:
        """Unfold or fold a split's lines."""
        if transaction_id in self.expanded:
            self.expanded = [one for one in self.expanded if one != transaction_id]
        elif any(row.id == transaction_id for row in self.rows):
            self.expanded = [*self.expanded, transaction_id]

    @event
    async def export(self) -> Any:
        """Download everything that the filter shows as CSV."""
        query = known(self.router.url.query_parameters)
        return rx.download(url=f"{EXPORT}?{urlencode(query)}", filename="transactions.csv")

    # ---- Inside ----------------------------------------------------------------------------------

    def _go(self, query: dict[str, str], *, sort: str = "", page: str = "", replace: bool = False) -> Any:
        """Move to the address with these filters; arriving there loads it."""
        extra = {"sort": sort or (self.sort if self.sort != Sort.NEWEST.value else ""), "page": page}
        if extra["sort"] == Sort.NEWEST.value:
            extra["sort"] = ""
        target = address(PATH, known(query) | extra)
        if target == address(PATH, dict(self.router.url.query_parameters)):
            return None
        return rx.redirect(target, replace=replace)

    async def _show_page(self, query: dict[str, str]) -> Any:
        def read(w: Work) -> tuple[Any, ...]:
            wanted = TransactionFilter.from_query(query)
            sort = _sort_of(query)
            page = list_transactions(w, wanted, sort=sort, cursor=query.get("page") or None, limit=PAGE)
            say, base = formatter_of(w), w.scope.base_currency
            marks = frozenset(recurring_of_transactions(w, [row.id for row in page.items]))
            return wanted, sort, page, marks, read_chips(w, wanted, say), open_choices(w), say, base

        try:
            wanted, sort, page, marks, chips, choices, say, base = await in_work(self, read, read_only=True)
        except Unauthenticated:
            raise
        except RecallerError as error:
            put(self, loading=False, failure=error.message, rows=[], chips=[], totals=[], filtered=True)
            put(self, search_text=query.get("q", "")[:200], has_newer=False, has_older=False)
            return None
        self._show(wanted, sort, page, marks, say, base)
        accounts, categories, tags = choices
        put(self, chips=chips, accounts=accounts, categories=categories, tags=tags, loading=False, failure="")
        return TransactionsState.load_totals

    def _show(
        self,
        wanted: TransactionFilter,
        sort: Sort,
        page: Page[TransactionRow],
        marks: frozenset[UUID],
        say: Formatter,
        base: str,
    ) -> None:
        matched = bool(wanted.account_ids or wanted.category_ids or wanted.kinds or wanted.currency)
        rows = [transaction_item(row, say, matched=matched, recurring=row.id in marks) for row in page.items]
        put(self, rows=rows, sort=sort.value, filtered=wanted != TransactionFilter())
        put(self, search_text=wanted.text, has_newer=page.previous_cursor is not None)
        put(self, has_older=page.next_cursor is not None)
        self._newer, self._older = page.previous_cursor or "", page.next_cursor or ""
        shown = {row.id for row in rows}
        put(self, expanded=[one for one in self.expanded if one in shown])
        before = (self.date_from, self.date_to, self.amount_min, self.amount_max)
        unit = wanted.currency or base
        put(
            self,
            date_from=wanted.date_from.isoformat() if wanted.date_from else "",
            date_to=wanted.date_to.isoformat() if wanted.date_to else "",
            amount_min="" if wanted.amount_min is None else say.number(wanted.amount_min, unit),
            amount_max="" if wanted.amount_max is None else say.number(wanted.amount_max, unit),
            status=wanted.status or "",
            shape=wanted.shape or "",
            only_uncategorised=wanted.uncategorised,
            filter_errors={},
        )
        if before != (self.date_from, self.date_to, self.amount_min, self.amount_max):
            # The panel's fields start anew from what holds now.
            self.filter_key += 1

    def _ids_on_page(self) -> list[str]:
        return [row.id for row in self.rows]

    def _category_of(self, transaction_id: str) -> str:
        return next((row.category_id for row in self.rows if row.id == transaction_id), "")


def _sort_of(query: dict[str, str]) -> Sort:
    try:
        return Sort(query.get("sort") or Sort.NEWEST.value)
    except ValueError as error:
        raise ValidationFailed("sort", f"{query['sort'][:20]!r} is no order of transactions.") from error


def filter_address(wanted: TransactionFilter) -> str:
    """Return the address of the page that lists what the filter asks for."""
    text = wanted.query_string()
    return f"{PATH}?{text}" if text else PATH


refresh_after_edit(PATH, TransactionsState.refresh)
