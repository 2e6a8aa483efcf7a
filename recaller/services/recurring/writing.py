"""How a draft becomes a template's rows: checked like a transaction, with the lines that its transactions will have."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from recaller.core.errors import ValidationFailed
from recaller.core.ids import new_id
from recaller.core.money import check_minor, share_out
from recaller.domain.account_kinds import REAL_KINDS
from recaller.domain.business_days import countries
from recaller.domain.journal import summarise
from recaller.domain.recurrence import end_of, rule_of
from recaller.infra.work import Work
from recaller.services.payees import find_or_create_payee
from recaller.services.recurring.views import RecurringDraft
from recaller.services.tags import check_tags
from recaller.services.transactions import EntryDraft, Part, TransferDraft
from recaller.services.transactions.drafts import Draft, check_draft
from recaller.services.transactions.postings import lines_of, search_text, space_of

MAX_NAME = 100
MAX_LEAD_DAYS = 60
MAX_LEADS = 5
STALE = (
    "This recurring transaction was changed elsewhere meanwhile. Look at it again, then repeat your change."
)

_COLUMNS = (
    "space_id", "name", "shape", "account_id", "target_id", "payee_id", "note", "amount", "target_amount",
    "entry_shape", "counter_account_id", "category_id", "effect", "currency", "search_text", "amount_kind",
    "tolerance_minor", "tolerance_percent", "mode", "lead_days", "rule", "start_on", "until", "times", "shift",
    "country", "last_due", "next_due",
)  # fmt: skip


def check_recurring(draft: RecurringDraft) -> RecurringDraft:
    """Return the draft tidied; raise ValidationFailed for what needs no database to be seen wrong."""
    name = " ".join((draft.name or draft.payee).split())
    if not 1 <= len(name) <= MAX_NAME or "\0" in name:
        raise ValidationFailed("name", f"A name has 1 to {MAX_NAME} characters.")
    if draft.amount_kind not in ("fixed", "estimated"):
        raise ValidationFailed("amount_kind", "An amount is either fixed or estimated.")
    if draft.mode not in ("auto", "confirm"):
        raise ValidationFailed("mode", "It is either posted by itself or waits for confirmation.")
    if check_minor(draft.tolerance_minor, "tolerance_minor") < 0:
        raise ValidationFailed("tolerance_minor", "A tolerance can't be negative.")
    if not 0 <= draft.tolerance_percent <= 100:
        raise ValidationFailed("tolerance_percent", "A tolerance is 0 to 100 percent.")
    leads = draft.lead_days
    if leads is not None:
        leads = tuple(sorted(set(leads), reverse=True))
        if len(leads) > MAX_LEADS or any(not 0 <= lead <= MAX_LEAD_DAYS for lead in leads):
            raise ValidationFailed(
                "lead_days", f"Choose at most {MAX_LEADS} reminders, 0 to {MAX_LEAD_DAYS} days before."
            )
    country = draft.recurrence.country
    if country is not None and country not in countries():
        raise ValidationFailed("country", f"The holidays of {country} are not known here.")
    check_minor(draft.amount)
    check_draft(transaction_draft(draft, draft.recurrence.start))
    return replace(draft, name=name, lead_days=leads, tags=check_tags(draft.tags))


def transaction_draft(
    draft: RecurringDraft, on: date, *, amount: int | None = None, target_amount: int | None = None
) -> Draft:
    """Return what one transaction of the template is, on a day; another amount is shared out like the template's."""
    total = draft.amount if amount is None else amount
    if draft.target_id is not None:
        arriving = draft.target_amount if target_amount is None else target_amount
        return TransferDraft(
            date=on,
            source_id=draft.account_id,
            target_id=draft.target_id,
            amount=total,
            target_amount=arriving,
            payee=draft.payee,
            note=draft.note,
            tags=draft.tags,
        )
    return EntryDraft(
        date=on,
        account_id=draft.account_id,
        amount=total,
        payee=draft.payee,
        parts=shared_parts(draft.parts, draft.amount, total),
        note=draft.note,
        tags=draft.tags,
    )


def shared_parts(parts: tuple[Part, ...], planned: int, total: int) -> tuple[Part, ...]:
    """Return the parts of `planned` with shares of another total in the same proportion."""
    if total == planned:
        return parts
    shares = share_out(total, [part.amount for part in parts])
    return tuple(replace(part, amount=share) for part, share in zip(parts, shares, strict=True))


def write_template(
    w: Work,
    recurring_id: UUID,
    draft: RecurringDraft,
    *,
    next_due: date | None,
    created: bool,
    replaces: UUID | None = None,
) -> UUID:
    """Write a template with its lines and tags; returns its space. The ledger must be locked."""
    one = draft.recurrence
    entry = transaction_draft(draft, one.start)
    lines, accounts = lines_of(w, entry)
    summary = summarise(lines, {account.id: account.kind for account in accounts.values()})
    space = space_of(w, lines, accounts)
    values = {
        "space_id": space,
        "name": draft.name,
        "shape": "entry" if draft.target_id is None else "transfer",
        "account_id": draft.account_id,
        "target_id": draft.target_id,
        "payee_id": find_or_create_payee(w, draft.payee, space) if draft.payee.strip() else None,
        "note": draft.note,
        "amount": draft.amount,
        "target_amount": draft.target_amount,
        "entry_shape": summary.shape,
        "counter_account_id": summary.counter_account_id,
        "category_id": summary.category_id,
        "effect": summary.amount,
        "currency": summary.currency,
        "search_text": search_text("", draft.note, (line.memo for line in lines)),
        "amount_kind": draft.amount_kind,
        "tolerance_minor": draft.tolerance_minor,
        "tolerance_percent": draft.tolerance_percent,
        "mode": draft.mode,
        "lead_days": None if draft.lead_days is None else list(draft.lead_days),
        "rule": rule_of(one),
        "start_on": one.start,
        "until": one.until,
        "times": one.count,
        "shift": one.shift.value,
        "country": one.country,
        "last_due": end_of(one),
        "next_due": next_due,
    }
    names = ", ".join(_COLUMNS)
    places = ", ".join(f":{name}" for name in _COLUMNS)
    if created:
        w.run(
            f"INSERT INTO recurring (tenant_id, id, replaces_id, created_by, created_at, {names})"
            f" VALUES (:tenant, :id, :replaces, :user, :now, {places})",
            tenant=w.scope.tenant_id,
            id=recurring_id,
            replaces=replaces,
            user=w.scope.user_id,
            now=w.now,
            **values,
        )
    else:
        w.run(
            f"UPDATE recurring SET ({names}) = ROW({places}), version = version + 1,"
            " state = CASE WHEN CAST(:next_due AS date) IS NULL THEN 'ended' ELSE 'active' END WHERE id = :id",
            id=recurring_id,
            **values,
        )
        w.run("DELETE FROM recurring_line WHERE recurring_id = :id", id=recurring_id)
        w.run("DELETE FROM recurring_tag WHERE recurring_id = :id", id=recurring_id)
        w.run(
            "UPDATE occurrence SET space_id = :space WHERE recurring_id = :id AND space_id <> :space",
            id=recurring_id,
            space=space,
        )
    w.run(
        "INSERT INTO recurring_line (tenant_id, space_id, recurring_id, line, account_id, amount, currency, memo)"
        " SELECT :tenant, s, :id, l, a, m, c, e FROM unnest(CAST(:spaces AS uuid[]), CAST(:numbers AS smallint[]),"
        " CAST(:accounts AS uuid[]), CAST(:amounts AS bigint[]), CAST(:currencies AS varchar[]),"
        " CAST(:memos AS varchar[])) AS v(s, l, a, m, c, e)",
        tenant=w.scope.tenant_id,
        id=recurring_id,
        spaces=[
            accounts[line.account_id].space_id if accounts[line.account_id].kind in REAL_KINDS else space
            for line in lines
        ],
        numbers=list(range(len(lines))),
        accounts=[line.account_id for line in lines],
        amounts=[line.amount for line in lines],
        currencies=[line.currency for line in lines],
        memos=[line.memo for line in lines],
    )
    if draft.tags:
        _write_tags(w, recurring_id, draft.tags, space)
    return space


def _write_tags(w: Work, recurring_id: UUID, names: tuple[str, ...], space: UUID) -> None:
    w.run(
        "WITH made AS (INSERT INTO tag (tenant_id, space_id, id, name) SELECT :tenant, :space, i, n"
        " FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS varchar[])) AS v(i, n)"
        " ON CONFLICT (tenant_id, space_id, lower(name)) DO UPDATE SET name = tag.name RETURNING id)"
        " INSERT INTO recurring_tag (tenant_id, space_id, recurring_id, tag_id)"
        " SELECT :tenant, :space, :id, id FROM made",
        tenant=w.scope.tenant_id,
        space=space,
        id=recurring_id,
        ids=[new_id() for _ in names],
        names=list(names),
    )


def update_expected(w: Work, recurring_id: UUID) -> None:
    """Let occurrences that are not in the ledger expect the template's present amount."""
    w.run(
        "UPDATE occurrence o SET expected_amount = r.effect FROM recurring r WHERE r.tenant_id = o.tenant_id"
        " AND r.id = o.recurring_id AND r.id = :id AND o.transaction_id IS NULL",
        id=recurring_id,
    )
