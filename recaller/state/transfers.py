"""Transfers that came as two entries: the review list, on its own page and under an import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import reflex as rx
from reflex_components_sonner.toast import ToastAction  # type: ignore[import-untyped]

from recaller.core.errors import RecallerError, Unauthenticated
from recaller.core.ids import parse_id
from recaller.infra.work import Work
from recaller.services.transfers import (
    TransferPairView,
    dismiss_transfer,
    find_transfers,
    merge_transfers,
    restore_transfer_proposal,
    split_transfer,
)
from recaller.state.base import event, id_of, in_work
from recaller.state.formatting import Formatter
from recaller.state.pickers import formatter_of, put

UNDO_MILLISECONDS = 10_000
MAX_SHOWN = 50


@dataclass(frozen=True)
class PairItem:
    """A proposed transfer as listed: from one account to another, each end with its date, text and link."""

    out_id: str
    in_id: str
    key: str
    title: str
    out_text: str
    in_text: str
    amount: str
    sure: bool
    out_href: str
    in_href: str
    why: str


class TransfersState(rx.State):
    """Pairs of entries that look like one transfer; under an import only those with an end from it."""

    loading: bool = True
    failure: str = ""
    pairs: list[PairItem] = []
    sure_count: int = 0
    sure_text: str = ""
    _batch: str = ""

    @event
    async def load(self) -> Any:
        """Show what waits for a decision: of the import that the URL names, else of the whole household."""
        path = self.router.url.path.rstrip("/")
        self._batch = path.rpartition("/")[2] if path.startswith("/import/") else ""
        await self._read()

    @event
    async def merge(self, out_id: str, in_id: str) -> Any:
        """Make one transfer of a pair."""
        return await self._merge([(id_of(out_id), id_of(in_id))])

    @event
    async def merge_sure(self) -> Any:
        """Make one transfer of each pair that fits nothing else."""
        pairs = [(parse_id(one.out_id), parse_id(one.in_id)) for one in self.pairs if one.sure]
        return await self._merge(pairs) if pairs else None

    @event
    async def dismiss(self, out_id: str, in_id: str) -> Any:
        """Say that a pair is no transfer; it doesn't come back."""
        out, into = id_of(out_id), id_of(in_id)
        await in_work(self, lambda w: dismiss_transfer(w, out, into))
        await self._read()
        again = ToastAction(label="Undo", on_click=TransfersState.bring_back(str(out), str(into)))
        return rx.toast("Kept as two entries", action=again, duration=UNDO_MILLISECONDS)

    @event
    async def bring_back(self, out_id: str, in_id: str) -> Any:
        """Propose a dismissed pair again."""
        out, into = id_of(out_id), id_of(in_id)
        await in_work(self, lambda w: restore_transfer_proposal(w, out, into))
        await self._read()

    @event
    async def undo(self, ids: list[str]) -> Any:
        """Split transfers that were merged just now."""
        chosen = [id_of(one) for one in ids[:MAX_SHOWN]] if isinstance(ids, list) else []

        def revert(w: Work) -> None:
            for one in chosen:
                split_transfer(w, one)

        await in_work(self, revert)
        await self._read()
        return rx.toast.success("Two entries again")

    async def _merge(self, pairs: list[tuple[UUID, UUID]]) -> Any:
        made = await in_work(self, lambda w: [str(one.id) for one in merge_transfers(w, pairs)])
        await self._read()
        word = "One transfer now" if len(made) == 1 else f"{len(made)} transfers now"
        again = ToastAction(label="Undo", on_click=TransfersState.undo(made))
        return rx.toast.success(word, action=again, duration=UNDO_MILLISECONDS)

    async def _read(self) -> None:
        claimed = self._batch

        def read(w: Work) -> list[PairItem]:
            batch = parse_id(claimed, "import") if claimed else None
            say = formatter_of(w)
            return [_item(one, say) for one in find_transfers(w, batch_id=batch, limit=MAX_SHOWN)]

        try:
            found = await in_work(self, read, read_only=True)
        except Unauthenticated:
            raise
        except RecallerError as error:
            put(self, failure=error.message, loading=False, pairs=[], sure_count=0)
            return
        sure = sum(1 for one in found if one.sure)
        put(
            self,
            pairs=found,
            sure_count=sure,
            sure_text=f"Merge the {sure} sure ones" if sure != 1 else "Merge the sure one",
            loading=False,
            failure="",
        )


def _item(pair: TransferPairView, say: Formatter) -> PairItem:
    out, into = pair.out, pair.into
    why = "Fits nothing else" if pair.sure else "Fits more than one entry"
    amount = say.money(into.amount, into.currency)
    if pair.expected is not None:
        amount = f"{say.money(-out.amount, out.currency)} → {amount}"
        why = f"Two currencies: about {say.money(pair.expected, into.currency)} at the rate of these days"
    elif not pair.sure and (out.category or into.category):
        why = f"Categorised as {' and '.join(filter(None, dict.fromkeys((out.category, into.category))))}"
    return PairItem(
        out_id=str(out.transaction_id),
        in_id=str(into.transaction_id),
        key=f"{out.transaction_id}-{into.transaction_id}",
        title=f"{out.account_name} → {into.account_name}",
        out_text=f"{say.full_date(out.date)} · {out.payee or out.text or 'No description'}",
        in_text=f"{say.full_date(into.date)} · {into.payee or into.text or 'No description'}",
        amount=amount,
        sure=pair.sure,
        out_href=f"/transactions?open={out.transaction_id}",
        in_href=f"/transactions?open={into.transaction_id}",
        why=why,
    )
