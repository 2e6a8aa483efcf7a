"""Accounts that hold money or debt: create, edit, close, and their numbers (encrypted at rest)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from recaller.core.errors import Conflict, NotFound, ValidationFailed
from recaller.core.ids import new_id
from recaller.core.money import check_currency, check_minor
from recaller.domain.account_kinds import REAL_KINDS, SUBTYPES, Kind, kind_of
from recaller.infra.crypto import decrypt, digest, digests, encrypt
from recaller.infra.work import Work

MAX_NAME = 120
MAX_NOTE = 2000
MAX_ACCOUNTS = 1000


@dataclass(frozen=True, slots=True)
class AccountDraft:
    """What a user enters for an account. `number` is the bank's account number in the clear."""

    name: str
    subtype: str
    currency: str
    institution: str = ""
    number: str = ""
    note: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class AccountView:
    """An asset or liability account. `number_masked` shows the last four characters only."""

    id: UUID
    kind: str
    subtype: str
    name: str
    currency: str
    institution: str
    note: str
    number_masked: str
    private: bool
    closed_on: date | None
    version: int


_COLUMNS = (
    "id, kind, subtype, name, currency, institution, note, number_encrypted, space_id, closed_on, version,"
    " position"
)


def list_accounts(w: Work, *, closed: bool = False) -> tuple[AccountView, ...]:
    """Return the asset and liability accounts in the user's order; closed ones only when asked for."""
    rows = w.rows(
        f"SELECT {_COLUMNS} FROM account WHERE kind IN ('asset', 'liability')"
        " AND (closed_on IS NULL OR :closed) ORDER BY position, name, id LIMIT :most",
        closed=closed,
        most=MAX_ACCOUNTS,
    )
    return tuple(_view(w, row) for row in rows)


def get_account(w: Work, account_id: UUID) -> AccountView:
    """Return one asset or liability account; raise NotFound when there is none in sight."""
    return _view(w, _row(w, account_id))


def create_account(w: Work, draft: AccountDraft, *, account_id: UUID | None = None) -> AccountView:
    """Create an account; raise ValidationFailed naming the wrong field, or Conflict when the name is taken."""
    draft = _checked(draft)
    kind = kind_of(draft.subtype)
    space = w.scope.default_space(draft.private)
    made = account_id or new_id()
    _refuse_same_name(w, made, draft.name, kind, space)
    position = w.row(
        "SELECT coalesce(max(position), 0) + 1 AS next FROM account WHERE kind IN ('asset', 'liability')"
    )
    assert position is not None
    w.run(
        "INSERT INTO account (tenant_id, space_id, id, kind, subtype, name, currency, institution, note,"
        " number_encrypted, number_digest, position) VALUES (:tenant, :space, :id, :kind, :subtype, :name, :currency,"
        " :institution, :note, :number_encrypted, :number_digest, :position)",
        tenant=w.scope.tenant_id,
        space=space,
        id=made,
        kind=str(kind),
        subtype=draft.subtype,
        name=draft.name,
        currency=draft.currency,
        institution=draft.institution,
        note=draft.note,
        position=position.next,
        **_number_columns(draft.number),
    )
    w.audit("create", "account", made, space_id=space, after=_audited(draft))
    return get_account(w, made)


def edit_account(w: Work, account_id: UUID, draft: AccountDraft, *, version: int) -> AccountView:
    """Change an account's description; an empty `number` keeps the stored one.

    The currency, the side of the ledger and the space can't change once postings exist. Raises Conflict when
    somebody else edited the account meanwhile.
    """
    draft = _checked(draft)
    row = _row(w, account_id)
    before = _view(w, row)
    used = _is_used(w, account_id)
    kind = kind_of(draft.subtype)
    space = w.scope.default_space(draft.private)
    if used and (draft.currency != before.currency or kind != before.kind):
        raise ValidationFailed(
            "currency", "An account with transactions keeps its currency and its side (asset or debt)."
        )
    if used and space != row.space_id:
        raise ValidationFailed("private", "An account with transactions stays where it is visible now.")
    _refuse_same_name(w, account_id, draft.name, kind, space)
    numbers = _number_columns(draft.number) if draft.number else {
        "number_encrypted": row.number_encrypted,
        "number_digest": w.rows("SELECT number_digest FROM account WHERE id = :id", id=account_id)[0][0],
    }  # fmt: skip
    done = w.run(
        "UPDATE account SET subtype = :subtype, kind = :kind, name = :name, currency = :currency, space_id = :space,"
        " institution = :institution, note = :note, number_encrypted = :number_encrypted,"
        " number_digest = :number_digest, version = version + 1 WHERE id = :id AND version = :version",
        subtype=draft.subtype,
        kind=str(kind),
        name=draft.name,
        currency=draft.currency,
        space=space,
        institution=draft.institution,
        note=draft.note,
        id=account_id,
        version=version,
        **numbers,
    )
    if done.rowcount == 0:
        raise Conflict(
            "This account was changed elsewhere meanwhile. Look at it again, then repeat your change."
        )
    after = get_account(w, account_id)
    w.audit("edit", "account", account_id, space_id=space, before=_plain(before), after=_plain(after))
    return after


def close_account(w: Work, account_id: UUID, on: date) -> AccountView:
    """Close an account as of a date: it leaves the lists and keeps its history. Its balance must be zero."""
    before = get_account(w, account_id)
    balance = w.row(
        "SELECT coalesce(sum(inflow + outflow), 0) AS total FROM account_month WHERE account_id = :id",
        id=account_id,
    )
    if balance is not None and balance.total != 0:
        raise Conflict("The account still has a balance: move it to another account, then close this one.")
    return _set_closed(w, before, on)


def reopen_account(w: Work, account_id: UUID) -> AccountView:
    """Bring a closed account back; raise Conflict when its name was given away meanwhile."""
    before = get_account(w, account_id)
    row = _row(w, account_id)
    _refuse_same_name(w, account_id, before.name, Kind(before.kind), row.space_id)
    return _set_closed(w, before, None)


def delete_account(w: Work, account_id: UUID) -> None:
    """Delete an account that never had a posting; raise Conflict for any other (close it instead)."""
    row = _row(w, account_id)
    if _is_used(w, account_id):
        raise Conflict(
            "This account has transactions, or recurring ones: close it instead, so that its history stays."
        )
    w.run("DELETE FROM import_profile WHERE account_id = :id", id=account_id)
    w.run("UPDATE import_batch SET account_id = NULL WHERE account_id = :id", id=account_id)
    w.run("DELETE FROM account WHERE id = :id", id=account_id)
    w.audit("delete", "account", account_id, space_id=row.space_id, before=_plain(_view(w, row)))


def find_by_number(w: Work, number: str) -> UUID | None:
    """Return the account whose bank number this is (spaces and dashes don't count), or None."""
    wanted = digests(bare_number(number), "account number")
    row = w.row(
        "SELECT id FROM account WHERE number_digest = ANY(:wanted) AND closed_on IS NULL LIMIT 1",
        wanted=wanted,
    )
    return None if row is None else UUID(str(row.id))


def remember_number(w: Work, account_id: UUID, number: str) -> None:
    """Store the bank's number of an account that has none yet (learnt from an imported statement)."""
    if not bare_number(number):
        return
    w.run(
        "UPDATE account SET number_encrypted = :number_encrypted, number_digest = :number_digest"
        " WHERE id = :id AND number_digest IS NULL",
        id=account_id,
        **_number_columns(number),
    )


def bare_number(number: str) -> str:
    """Return a bank's account number without spaces and dashes, as it is compared."""
    return "".join(character for character in number if character.isalnum()).upper()


def _number_columns(number: str) -> dict[str, bytes | None]:
    bare = bare_number(number)
    if not bare:
        return {"number_encrypted": None, "number_digest": None}
    return {
        "number_encrypted": encrypt(number.strip().encode()),
        "number_digest": digest(bare, "account number"),
    }


def _checked(draft: AccountDraft) -> AccountDraft:
    name = " ".join(draft.name.split())
    if not 1 <= len(name) <= MAX_NAME:
        raise ValidationFailed("name", f"Give the account a name of at most {MAX_NAME} characters.")
    if len(draft.note) > MAX_NOTE:
        raise ValidationFailed("note", f"The note may have at most {MAX_NOTE} characters.")
    if len(draft.number) > 64:
        raise ValidationFailed("number", "An account number has at most 64 characters.")
    if len(draft.institution) > MAX_NAME:
        raise ValidationFailed("institution", f"The bank's name may have at most {MAX_NAME} characters.")
    kind_of(draft.subtype)
    return replace(
        draft, name=name, currency=check_currency(draft.currency), institution=draft.institution.strip()
    )


def _refuse_same_name(w: Work, account_id: UUID, name: str, kind: Kind, space: UUID) -> None:
    taken = w.row(
        "SELECT 1 FROM account WHERE lower(name) = lower(:name) AND kind = :kind AND space_id = :space"
        " AND closed_on IS NULL AND parent_id IS NULL AND id <> :id",
        name=name,
        kind=str(kind),
        space=space,
        id=account_id,
    )
    if taken:
        raise Conflict(f"There is already an account named {name!r}.")


def _set_closed(w: Work, before: AccountView, on: date | None) -> AccountView:
    w.run("UPDATE account SET closed_on = :on, version = version + 1 WHERE id = :id", on=on, id=before.id)
    after = get_account(w, before.id)
    w.audit(
        "close" if on else "reopen",
        "account",
        before.id,
        space_id=_row(w, before.id).space_id,
        before=_plain(before),
        after=_plain(after),
    )
    return after


def _is_used(w: Work, account_id: UUID) -> bool:
    return (
        w.row(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM posting WHERE account_id = :id)"
            " OR EXISTS (SELECT 1 FROM recurring_line WHERE account_id = :id)",
            id=account_id,
        )
        is not None
    )


def _row(w: Work, account_id: UUID) -> Row[Any]:
    row = w.row(f"SELECT {_COLUMNS} FROM account WHERE id = :id", id=account_id)
    if row is None or row.kind not in REAL_KINDS:
        raise NotFound("account", account_id)
    return row


def _view(w: Work, row: Row[Any]) -> AccountView:
    number = decrypt(row.number_encrypted).decode() if row.number_encrypted else ""
    return AccountView(
        id=row.id,
        kind=row.kind,
        subtype=row.subtype,
        name=row.name,
        currency=row.currency,
        institution=row.institution,
        note=row.note,
        number_masked=f"•••• {bare_number(number)[-4:]}" if number else "",
        private=row.space_id != w.scope.shared_space_id,
        closed_on=row.closed_on,
        version=row.version,
    )


def _plain(view: AccountView) -> dict[str, Any]:
    return {key: value for key, value in asdict(view).items() if key != "id"}


def _audited(draft: AccountDraft) -> dict[str, Any]:
    return {key: value for key, value in asdict(draft).items() if key != "number"}


def subtype_label(subtype: str) -> str:
    """Return a subtype's label in English, the message key for translations."""
    return SUBTYPES[subtype][1]


def check_opening(amount: int) -> int:
    """Return an opening balance that fits a posting; raise ValidationFailed naming the field otherwise."""
    return check_minor(amount, "opening_balance")
