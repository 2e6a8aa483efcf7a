"""Tables, one file per aggregate; importing this package registers all of them."""

from recaller.models.account import Account
from recaller.models.base import metadata
from recaller.models.identity import AppUser, Credential, Invitation, Membership, Space, Tenant
from recaller.models.operations import AuditEvent, AuditHead, IdempotencyKey, Job
from recaller.models.statement_import import ImportBatch, ImportProfile, ImportRow
from recaller.models.transaction import (
    AccountMonth,
    ExchangeRate,
    Payee,
    Posting,
    Tag,
    Transaction,
    TransactionTag,
)

__all__ = [
    "Account",
    "AccountMonth",
    "AppUser",
    "AuditEvent",
    "AuditHead",
    "Credential",
    "ExchangeRate",
    "IdempotencyKey",
    "ImportBatch",
    "ImportProfile",
    "ImportRow",
    "Invitation",
    "Job",
    "Membership",
    "Payee",
    "Posting",
    "Space",
    "Tag",
    "Tenant",
    "Transaction",
    "TransactionTag",
    "metadata",
]
