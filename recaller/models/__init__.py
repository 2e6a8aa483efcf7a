"""Tables, one file per aggregate; importing this package registers all of them."""

from recaller.models.account import Account
from recaller.models.base import metadata
from recaller.models.budget import Budget, BudgetAlert, BudgetAssignment, BudgetLine, BudgetMove
from recaller.models.calendar_feed import CalendarFeed
from recaller.models.daily import DailyRun, DailyWork, ItemError
from recaller.models.detection import ImportSettlement, RecurringSuggestion
from recaller.models.household import HouseholdSettings
from recaller.models.identity import AppUser, Credential, Invitation, Membership, SignInSession, Space, Tenant
from recaller.models.notification import (
    Notification,
    NotificationChannel,
    NotificationDelivery,
    NotificationPreference,
    NotificationSchedule,
)
from recaller.models.operations import AuditEvent, AuditHead, IdempotencyKey, Job
from recaller.models.recurring import Occurrence, Recurring, RecurringLine, RecurringTag
from recaller.models.rule import FieldOrigin, Rule, RuleChange, RuleRun, RuleSuggestionDismissal
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
from recaller.models.transfer import TransferDismissal, TransferMerge

__all__ = [
    "Account",
    "AccountMonth",
    "AppUser",
    "AuditEvent",
    "AuditHead",
    "Budget",
    "BudgetAlert",
    "BudgetAssignment",
    "BudgetLine",
    "BudgetMove",
    "CalendarFeed",
    "Credential",
    "DailyRun",
    "DailyWork",
    "ExchangeRate",
    "FieldOrigin",
    "HouseholdSettings",
    "IdempotencyKey",
    "ImportBatch",
    "ImportProfile",
    "ImportRow",
    "ImportSettlement",
    "Invitation",
    "ItemError",
    "Job",
    "Membership",
    "Notification",
    "NotificationChannel",
    "NotificationDelivery",
    "NotificationPreference",
    "NotificationSchedule",
    "Occurrence",
    "Payee",
    "Posting",
    "Recurring",
    "RecurringLine",
    "RecurringSuggestion",
    "RecurringTag",
    "Rule",
    "RuleChange",
    "RuleRun",
    "RuleSuggestionDismissal",
    "SignInSession",
    "Space",
    "Tag",
    "Tenant",
    "Transaction",
    "TransactionTag",
    "TransferDismissal",
    "TransferMerge",
    "metadata",
]
