"""How a draft becomes rows: its postings, the space it is visible in, its transaction row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from recaller.core.errors import NotFound, ValidationFailed
from recaller.core.ids import new_id
from recaller.core.text import fold
from recaller.domain.account_kinds import CATEGORY_KINDS, REAL_KINDS, Kind, conversion_name
from recaller.domain.journal import Line, conversion_lines, entry_lines, summarise, transfer_lines
from recaller.infra.work import Work
from recaller.services.payees import find_or_create_payee
from recaller.services.starter import system_account, uncategorised
from recaller.services.tags import check_tags
from recaller.services.transactions.drafts import Draft, EntryDraft, TransferDraft


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What writing a posting needs to know of its account."""

    id: UUID
    kind: Kind
    currency: str | None
    space_id: UUID
    closed: bool
    name: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What an edit must not lose of an account's posting."""

    cleared: bool = False
    reconciled: bool = False
    import_id: str | None = None


def account_facts(w: Work, ids: Iterable[UUID]) -> dict[UUID, AccountFacts]:
    """Return the facts of these accounts; raise NotFound for one that is not in sight."""
    wanted = list(dict.fromkeys(ids))
    rows = w.rows(
        "SELECT id, kind, currency, space_id, closed_on IS NOT NULL AS closed, name FROM account"
        " WHERE id = ANY(CAST(:ids AS uuid[]))",
        ids=wanted,
    )
    found = {
        row.id: AccountFacts(row.id, Kind(row.kind), row.currency, row.space_id, row.closed, row.name)
        for row in rows
    }
    for account_id in wanted:
        if account_id not in found:
            raise NotFound("account", account_id)
    return found


def write_postings(
    w: Work,
    transaction_id: UUID,
    on: date,
    lines: Sequence[Line],
    accounts: dict[UUID, AccountFacts],
    transaction_space: UUID,
    marks: dict[UUID, Marks] | None = None,
) -> None:
    """Write all postings of a transaction in one statement, as the balance trigger wants it.

    A real account's posting is visible where the account is, a category's where the transaction is.
    """
    kept = dict(marks or {})
    # Marks belong to one posting: the first of their account.
    used = [kept.pop(line.account_id, Marks()) for line in lines]
    w.run(
        "INSERT INTO posting (tenant_id, space_id, transaction_id, line, account_id, date, amount, currency, memo,"
        " cleared, reconciled, import_id) SELECT :tenant, s, :id, l, a, :date, m, c, e, k, r, i FROM"
        " unnest(CAST(:spaces AS uuid[]), CAST(:numbers AS smallint[]), CAST(:accounts AS uuid[]),"
        " CAST(:amounts AS bigint[]), CAST(:currencies AS varchar[]), CAST(:memos AS varchar[]),"
        " CAST(:cleared AS boolean[]), CAST(:reconciled AS boolean[]), CAST(:imports AS varchar[]))"
        " AS v(s, l, a, m, c, e, k, r, i)",
        tenant=w.scope.tenant_id,
        id=transaction_id,
        date=on,
        spaces=[
            accounts[line.account_id].space_id
            if accounts[line.account_id].kind in REAL_KINDS
            else transaction_space
            for line in lines
        ],
        numbers=list(range(len(lines))),
        accounts=[line.account_id for line in lines],
        amounts=[line.amount for line in lines],
        currencies=[line.currency for line in lines],
        memos=[line.memo for line in lines],
        cleared=[mark.cleared for mark in used],
        reconciled=[mark.reconciled for mark in used],
        imports=[mark.import_id for mark in used],
    )


def search_text(bank_text: str, note: str, memos: Iterable[str]) -> str:
    """Return the folded text that searching looks through."""
    return fold(" ".join(part for part in (bank_text, note, *memos) if part))


def lines_of(
    w: Work, draft: Draft, keep: frozenset[UUID] = frozenset()
) -> tuple[list[Line], dict[UUID, AccountFacts]]:
    """Return the draft's postings and their accounts; closed accounts only where they were before (`keep`)."""
    if isinstance(draft, TransferDraft):
        lines, accounts = _transfer(w, draft)
    else:
        lines, accounts = _entry(w, draft)
    for account in accounts.values():
        if account.closed and account.id not in keep:
            raise ValidationFailed("account", f"{account.name!r} is closed.")
    check_tags(draft.tags)
    return lines, accounts


def _entry(w: Work, draft: EntryDraft) -> tuple[list[Line], dict[UUID, AccountFacts]]:
    targets = [part.category_id for part in draft.parts if part.category_id is not None]
    accounts = account_facts(w, [draft.account_id, *targets])
    account = accounts[draft.account_id]
    if account.kind not in REAL_KINDS or account.currency is None:
        raise ValidationFailed("account", "Choose an account that holds money or debt.")
    for target in targets:
        other = accounts[target]
        if other.kind not in CATEGORY_KINDS and other.currency != account.currency:
            raise ValidationFailed("splits", f"{other.name!r} is not kept in {account.currency}.")
    if draft.amount == 0 and not draft.parts:
        raise ValidationFailed("amount", "The amount can't be zero.")
    fallback = uncategorised(w, Kind.INCOME if draft.amount > 0 else Kind.EXPENSE)
    accounts |= account_facts(w, [fallback])
    parts = [(part.category_id or fallback, part.amount, part.memo) for part in draft.parts]
    return (
        entry_lines(account.id, draft.amount, account.currency, parts or [(fallback, draft.amount, "")]),
        accounts,
    )


def _transfer(w: Work, draft: TransferDraft) -> tuple[list[Line], dict[UUID, AccountFacts]]:
    accounts = account_facts(w, [draft.source_id, draft.target_id])
    source, target = accounts[draft.source_id], accounts[draft.target_id]
    if source.currency is None or target.currency is None:
        raise ValidationFailed(
            "to_account", "A transfer moves money between two accounts that hold money or debt."
        )
    if source.currency == target.currency:
        if draft.target_amount not in (None, draft.amount):
            raise ValidationFailed(
                "to_amount", "Both accounts have the same currency, so both amounts must agree."
            )
        return transfer_lines(source.id, target.id, draft.amount, source.currency), accounts
    if draft.target_amount is None:
        raise ValidationFailed("to_amount", f"Give the amount that arrived, in {target.currency}.")
    through = system_account(w, Kind.EQUITY, conversion_name(source.currency, target.currency))
    accounts |= account_facts(w, [through])
    lines = conversion_lines(
        source.id, draft.amount, source.currency, target.id, draft.target_amount, target.currency, through
    )
    return lines, accounts


def space_of(w: Work, lines: Sequence[Line], accounts: dict[UUID, AccountFacts]) -> UUID:
    """A transaction is shared as soon as one real account of it is."""
    real = [
        accounts[line.account_id].space_id for line in lines if accounts[line.account_id].kind in REAL_KINDS
    ]
    if not real or w.scope.shared_space_id in real:
        return w.scope.shared_space_id
    return real[0]


def insert_transaction(
    w: Work,
    transaction_id: UUID,
    draft: Draft,
    lines: Sequence[Line],
    accounts: dict[UUID, AccountFacts],
    space: UUID,
    *,
    source: str | None = None,
    bank_text: str = "",
    batch_id: UUID | None = None,
) -> None:
    summary = summarise(lines, {account.id: account.kind for account in accounts.values()})
    w.run(
        "INSERT INTO transaction (tenant_id, space_id, id, date, payee_id, note, bank_text, search_text, status,"
        " source,"
        " batch_id, created_by, created_at, shape, account_id, counter_account_id, category_id, amount, currency)"
        " VALUES (:tenant, :space, :id, :date, :payee, :note, :bank_text, :search, :status, :source, :batch,"
        " :created_by, :now, :shape, :account, :counter, :category, :amount, :currency)",
        tenant=w.scope.tenant_id,
        space=space,
        id=transaction_id,
        date=draft.date,
        payee=find_or_create_payee(w, draft.payee, space) if draft.payee.strip() else None,
        note=draft.note,
        bank_text=bank_text,
        search=search_text(bank_text, draft.note, (line.memo for line in lines)),
        status=draft.status,
        source=source or w.scope.source.value,
        batch=batch_id,
        created_by=w.scope.user_id,
        now=w.now,
        shape=summary.shape,
        account=summary.account_id,
        counter=summary.counter_account_id,
        category=summary.category_id,
        amount=summary.amount,
        currency=summary.currency,
    )


def keep_rate(w: Work, transaction_id: UUID, on: date, lines: Sequence[Line], space: UUID) -> None:
    """Keep the rate of a conversion, as the two amounts that changed hands."""
    if len({line.currency for line in lines}) != 2:
        return
    sold, bought = lines[0], lines[-1]
    w.run(
        "INSERT INTO exchange_rate (tenant_id, space_id, id, base, quote, date, base_minor, quote_minor,"
        " transaction_id)"
        " VALUES (:tenant, :space, :id, :base, :quote, :date, :base_minor, :quote_minor, :transaction)",
        tenant=w.scope.tenant_id,
        space=space,
        id=new_id(),
        base=sold.currency,
        quote=bought.currency,
        date=on,
        base_minor=abs(sold.amount),
        quote_minor=abs(bought.amount),
        transaction=transaction_id,
    )
