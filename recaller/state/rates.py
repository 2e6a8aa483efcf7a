"""The page of exchange rates: what is known, a rate by hand, a reference file, the nightly download's switch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex_components_sonner.toast import ToastAction  # type: ignore[import-untyped]

from recaller.core.errors import RecallerError, Unauthenticated, ValidationFailed
from recaller.core.scope import Role
from recaller.infra.work import Work
from recaller.services.household_settings import get_household_settings
from recaller.services.rates import (
    MAX_RATES_FILE_BYTES,
    RateView,
    delete_rate,
    import_rates,
    list_rates,
    save_rate,
    set_fetching,
)
from recaller.state.base import date_of, event, form_of, id_of, identity_of, in_work, text_of
from recaller.state.formatting import Formatter
from recaller.state.imports import read_upload
from recaller.state.paged import Paged
from recaller.state.pickers import formatter_of, put
from recaller.state.region import common_currencies, with_current

MAX_FILE_BYTES = MAX_RATES_FILE_BYTES
UPLOAD = "rates-file"
PAGE = 30
SOURCES = {"hand": "By hand", "ecb": "Central bank"}


@dataclass(frozen=True)
class RateItem:
    """A rate as listed."""

    id: str
    pair: str
    price: str
    on: str
    source: str
    by_hand: bool


class RatesState(Paged, rx.State):
    """What /rates shows."""

    loading: bool = True
    failure: str = ""
    items: list[RateItem] = []
    base: str = ""
    quote: str = "EUR"
    today: str = ""
    currencies: list[dict[str, str]] = []
    errors: dict[str, str] = {}
    form_key: int = 0
    fetching: bool = False
    may_administer: bool = False
    uploading: bool = False
    percent: int = 0
    error: str = ""
    _removed: list[str] = []

    @event
    async def load(self) -> Any:
        """Show the newest rates."""
        put(self, _cursors=[], errors={}, error="", uploading=False, percent=0)
        await self._read()

    @event
    async def add(self, form: dict[str, Any]) -> Any:
        """Keep a rate that was entered."""
        fields = form_of(form)
        self.errors = {}
        try:
            on = date_of(fields.get("date"), "date")
            base, quote, price = (
                text_of(fields.get(name), name, most=30) for name in ("base", "quote", "rate")
            )
            kept = await in_work(self, lambda w: save_rate(w, base, quote, on, price.replace(",", ".")))
        except ValidationFailed as error:
            self.errors = {error.field: error.message}
            return None
        put(self, form_key=self.form_key + 1, _cursors=[])
        await self._read()
        return rx.toast.success(f"1 {kept.base} = {kept.price} {kept.quote} kept")

    @event
    async def remove(self, rate_id: str) -> Any:
        """Remove a rate; the toast brings it back."""
        identity = id_of(rate_id)
        gone = await in_work(self, lambda w: delete_rate(w, identity))
        self._removed = [gone.base, gone.quote, gone.date.isoformat(), gone.price]
        await self._read()
        again = ToastAction(label="Undo", on_click=RatesState.bring_back)
        return rx.toast(f"Rate of {gone.base} and {gone.quote} removed", action=again)

    @event
    async def bring_back(self) -> Any:
        """Put back the rate that was removed last."""
        if len(self._removed) != 4:
            return None
        base, quote, day, price = self._removed
        self._removed = []
        await in_work(self, lambda w: save_rate(w, base, quote, date_of(day), price))
        await self._read()
        return rx.toast.success("The rate is back")

    @event
    async def allow_fetching(self, allowed: bool) -> Any:
        """Allow or stop the nightly download; for administrators."""
        wanted = allowed is True
        self.fetching = await in_work(self, lambda w: set_fetching(w, allowed=wanted))
        return rx.toast.success(
            "Rates are fetched each night" if self.fetching else "Nothing is fetched any more"
        )

    @event
    async def progressed(self, progress: dict[str, Any]) -> None:
        """Show how much of the file is up."""
        share = form_of(progress).get("progress")
        if isinstance(share, int | float) and not isinstance(share, bool) and 0 <= share <= 1:
            put(self, uploading=self.uploading or share < 1, percent=round(share * 100))

    @event
    async def receive(self, files: list[rx.UploadFile]) -> Any:
        """Take a reference file in."""
        await identity_of(self)
        put(self, error="")
        try:
            if not isinstance(files, list) or len(files) != 1:
                raise ValidationFailed("file", "Choose one file at a time.")
            content = await read_upload(files[0], MAX_FILE_BYTES)
            found = await in_work(self, lambda w: import_rates(w, content))
        except Unauthenticated:
            raise
        except RecallerError as error:
            put(self, uploading=False, percent=0, error=error.message)
            return rx.clear_selected_files(UPLOAD)
        put(self, uploading=False, percent=0, _cursors=[])
        await self._read()
        told = f"{found.added:,} rates of {', '.join(found.currencies)} added"
        return [rx.clear_selected_files(UPLOAD), rx.toast.success(told)]

    async def _read(self) -> None:
        cursor = self._cursor()

        def read(w: Work) -> tuple[list[RateItem], str | None, bool, bool, str, str]:
            page = list_rates(w, cursor=cursor, limit=PAGE)
            say = formatter_of(w)
            fetching = get_household_settings(w).fetch_rates
            admin = w.scope.role is Role.ADMIN
            base = w.scope.base_currency
            return (
                [_item(one, say) for one in page.items],
                page.next_cursor,
                fetching,
                admin,
                base,
                str(w.today),
            )

        try:
            items, following, fetching, admin, base, today = await in_work(self, read, read_only=True)
        except Unauthenticated:
            raise
        except RecallerError as error:
            put(self, failure=error.message, loading=False)
            return
        put(
            self,
            items=items,
            fetching=fetching,
            may_administer=admin,
            base=base,
            quote="EUR" if base != "EUR" else "USD",
            today=today,
            currencies=with_current(common_currencies(), base),
            failure="",
            loading=False,
        )
        self._turned(following)


def _item(rate: RateView, say: Formatter) -> RateItem:
    return RateItem(
        id=str(rate.id),
        pair=f"{rate.base} → {rate.quote}",
        price=f"1 {rate.base} = {rate.price} {rate.quote}",
        on=say.full_date(rate.date),
        source=SOURCES.get(rate.source, rate.source),
        by_hand=rate.source == "hand",
    )
