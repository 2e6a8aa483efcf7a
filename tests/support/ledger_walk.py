"""Random use of a ledger through the services, beside a plain Python model that must always agree with it."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from recaller.core.scope import Scope
from recaller.infra.work import Work, work
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.categories import list_categories
from recaller.services.imports import commit_import, start_import, undo_import
from recaller.services.starter import create_starter_accounts
from recaller.services.transactions import (
    EntryDraft,
    Part,
    TransferDraft,
    categorise_transactions,
    delete_transaction,
    edit_transaction,
    record_opening_balance,
    record_transaction,
    restore_transaction,
)
from recaller.services.transactions.drafts import Draft
from recaller.services.verify import verify_tenant

CURRENCIES = ("USD", "USD", "USD", "EUR", "JPY")
SUBTYPES = ("checking", "savings", "credit_card", "cash", "loan")
# Entered by hand in one year and imported in another, so that no row is taken for a hand-made twin.
BY_HAND = date(2025, 1, 1)
BY_BANK = date(2026, 1, 1)
MAX_ACCOUNTS = 12

Line = tuple[UUID, int, str]


@dataclass
class ModelTransaction:
    """A transaction as the model knows it: lines (account, amount, currency); `import_key` is the bank's."""

    lines: list[Line]
    simple: bool
    account: UUID
    batch: UUID | None = None
    import_key: tuple[object, ...] | None = None
    opening: bool = False


@dataclass
class Model:
    """The plain Python ledger."""

    accounts: dict[UUID, str] = field(default_factory=dict)
    transactions: dict[UUID, ModelTransaction] = field(default_factory=dict)
    deleted: dict[UUID, ModelTransaction] = field(default_factory=dict)
    committed: list[UUID] = field(default_factory=list)
    files: list[tuple[UUID, list[tuple[int, int, str]]]] = field(default_factory=list)

    def balances(self) -> dict[tuple[UUID, str], int]:
        """Sum every account's postings by currency, leaving out what was never touched."""
        sums: dict[tuple[UUID, str], int] = defaultdict(int)
        for transaction in self.transactions.values():
            for account, amount, currency in transaction.lines:
                sums[account, currency] += amount
        return dict(sums)

    def known_keys(self, account: UUID) -> set[tuple[object, ...]]:
        """The bank rows that the account has now."""
        return {
            transaction.import_key
            for transaction in self.transactions.values()
            if transaction.import_key is not None and transaction.account == account
        }


class LedgerWalk:
    """One household used at random; each step does one thing to the ledger and to the model."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.model = Model()
        self.done: Counter[str] = Counter()
        with work(scope) as w:
            create_starter_accounts(w)
            self.categories = [view.id for view in list_categories(w) if not view.system]
            self.uncategorised = {view.kind: view.id for view in list_categories(w) if view.system}
        self.equity: dict[str, UUID] = {}
        for _ in range(3):
            self.add_account(random.Random(0))

    STEPS = (
        ("add_account", 1), ("record_entry", 8), ("record_transfer", 4), ("edit", 6), ("delete", 3), ("restore", 2),
        ("categorise", 3), ("import_file", 3), ("import_again", 1), ("undo_import", 1), ("set_opening", 1),
    )  # fmt: skip

    def step(self, rng: random.Random) -> None:
        """Do one random thing."""
        names, weights = zip(*self.STEPS, strict=True)
        name = rng.choices(names, weights)[0]
        self.done[name] += 1
        getattr(self, name)(rng)

    def add_account(self, rng: random.Random) -> None:
        if len(self.model.accounts) >= MAX_ACCOUNTS:
            return
        currency = rng.choice(CURRENCIES)
        private = rng.random() < 0.2
        draft = AccountDraft(
            f"Account {len(self.model.accounts)}", rng.choice(SUBTYPES), currency, private=private
        )
        with work(self.scope) as w:
            self.model.accounts[create_account(w, draft).id] = currency

    def record_entry(self, rng: random.Random) -> None:
        draft = self._entry(rng)
        with work(self.scope) as w:
            view = record_transaction(w, draft)
        self.model.transactions[view.id] = self._expected(draft)

    def record_transfer(self, rng: random.Random) -> None:
        draft = self._transfer(rng)
        if draft is None:
            return
        with work(self.scope) as w:
            view = record_transaction(w, draft)
            self._learn_equity(w)
        self.model.transactions[view.id] = self._expected(draft)

    def edit(self, rng: random.Random) -> None:
        chosen = self._choose(rng)
        if chosen is None:
            return
        former = self.model.transactions[chosen]
        draft: Draft = self._transfer(rng) or self._entry(rng) if rng.random() < 0.3 else self._entry(rng)
        with work(self.scope) as w:
            row = w.rows("SELECT version FROM transaction WHERE id = :id", id=chosen)[0]
            edit_transaction(w, chosen, draft, version=row.version)
            self._learn_equity(w)
        now = self._expected(draft)
        now.batch = former.batch
        if former.import_key is not None and former.account in {line[0] for line in now.lines}:
            now.import_key, now.account = former.import_key, former.account
        self.model.transactions[chosen] = now

    def delete(self, rng: random.Random) -> None:
        chosen = self._choose(rng)
        if chosen is None:
            return
        with work(self.scope) as w:
            delete_transaction(w, chosen)
        self.model.deleted[chosen] = self.model.transactions.pop(chosen)

    def restore(self, rng: random.Random) -> None:
        if not self.model.deleted:
            return
        chosen = rng.choice(sorted(self.model.deleted))
        back = self.model.deleted[chosen]
        if back.import_key in self.model.known_keys(back.account):
            # The bank brought it again meanwhile: a second copy would rightly be taken for a hand-made twin.
            return
        del self.model.deleted[chosen]
        if back.batch not in self.model.committed:
            back.batch = None
        with work(self.scope) as w:
            restore_transaction(w, chosen)
        self.model.transactions[chosen] = back

    def categorise(self, rng: random.Random) -> None:
        chosen = rng.sample(
            sorted(self.model.transactions), min(len(self.model.transactions), rng.randint(1, 15))
        )
        if not chosen:
            return
        category = rng.choice(self.categories)
        with work(self.scope) as w:
            categorise_transactions(w, chosen, category)
        for one in chosen:
            transaction = self.model.transactions[one]
            if transaction.simple:
                real, (_, amount, currency) = transaction.lines
                transaction.lines = [real, (category, amount, currency)]

    def import_file(self, rng: random.Random) -> None:
        account = rng.choice(sorted(self.model.accounts))
        rows = [
            (rng.randint(0, 20), rng.randint(-5, 5) * 100 or 700, f"P{rng.randint(0, 3)}")
            for _ in range(rng.randint(1, 8))
        ]
        self._import(account, rows)
        self.model.files.append((account, rows))

    def import_again(self, rng: random.Random) -> None:
        if not self.model.files:
            return
        account, rows = rng.choice(self.model.files)
        extra = [(rng.randint(0, 20), 1300, "Late")] if rng.random() < 0.5 else []
        self._import(account, rows + extra)

    def undo_import(self, rng: random.Random) -> None:
        if not self.model.committed:
            return
        batch = self.model.committed.pop(rng.randrange(len(self.model.committed)))
        with work(self.scope) as w:
            undo_import(w, batch)
        for one in [key for key, value in self.model.transactions.items() if value.batch == batch]:
            del self.model.transactions[one]

    def set_opening(self, rng: random.Random) -> None:
        account = rng.choice(sorted(self.model.accounts))
        amount = rng.choice((0, rng.randint(-10_000, 10_000)))
        for one, value in list(self.model.transactions.items()):
            if value.opening and value.account == account:
                self.model.deleted.pop(one, None)
                del self.model.transactions[one]
        with work(self.scope) as w:
            view = record_opening_balance(w, account, amount, BY_HAND)
        if view is not None:
            lines = [(line.account_id, line.amount, line.currency) for line in view.lines]
            assert sum(amount for _, amount, _ in lines) == 0
            self.model.transactions[view.id] = ModelTransaction(
                lines, simple=False, account=account, opening=True
            )

    def check(self) -> None:
        """The ledger equals the model: balances from rollups, every posting, and nothing drifts."""
        with work(self.scope) as w:
            stored = {
                (row.account_id, row.currency): int(row.total)
                for row in w.rows(
                    "SELECT account_id, currency, sum(inflow + outflow) AS total FROM account_month GROUP BY 1, 2"
                )
            }
            expected = self.model.balances()
            for key in stored.keys() | expected.keys():
                assert stored.get(key, 0) == expected.get(key, 0), key
            postings: dict[UUID, list[Line]] = defaultdict(list)
            for row in w.rows("SELECT transaction_id, account_id, amount, currency FROM posting"):
                postings[row.transaction_id].append((row.account_id, row.amount, row.currency))
            assert set(postings) == set(self.model.transactions)
            for one, lines in postings.items():
                assert Counter(lines) == Counter(self.model.transactions[one].lines), one
            assert verify_tenant(w) == []

    def _import(self, account: UUID, rows: list[tuple[int, int, str]]) -> None:
        currency = self.model.accounts[account]
        digits = 0 if currency == "JPY" else 2
        lines = ["Date,Payee,Amount,Note"]
        lines += [
            f"{BY_BANK + timedelta(days=day)},{payee},{amount / 10**digits:.{digits}f},n"
            for day, amount, payee in rows
        ]
        # Four plain rows tell the reader what the columns are, whatever the random ones look like.
        with work(self.scope) as w:
            batch = start_import(w, "walk.csv", "\n".join(lines).encode(), account_id=account)
            if batch.status != "ready":
                raise AssertionError(batch.error)
            commit_import(w, batch.id)
            added = w.rows(
                "SELECT t.id, t.date, t.amount, y.name, p.import_id FROM transaction t"
                " JOIN posting p ON p.transaction_id = t.id AND p.line = 0 JOIN payee y ON y.id = t.payee_id"
                " WHERE t.batch_id = :id",
                id=batch.id,
            )
        known = self.model.known_keys(account)
        seen: Counter[tuple[object, ...]] = Counter()
        fresh: set[tuple[object, ...]] = set()
        for row in rows:
            seen[row] += 1
            key = (*row, seen[row])
            if key not in known:
                fresh.add(key)
        got = {
            ((row.date - BY_BANK).days, row.amount, row.name, int(row.import_id.rpartition(":")[2])): row.id
            for row in added
        }
        assert got.keys() == fresh, (sorted(got.keys() ^ fresh), batch.counts)
        for key, one in got.items():
            amount = int(str(key[1]))
            category = self.uncategorised["income" if amount > 0 else "expense"]
            self.model.transactions[one] = ModelTransaction(
                [(account, amount, currency), (category, -amount, currency)], True, account, batch.id, key
            )
        self.model.committed.append(batch.id)

    def _choose(self, rng: random.Random) -> UUID | None:
        candidates = sorted(key for key, value in self.model.transactions.items() if not value.opening)
        return rng.choice(candidates) if candidates else None

    def _day(self, rng: random.Random) -> date:
        return BY_HAND + timedelta(days=rng.randint(0, 300))

    def _entry(self, rng: random.Random) -> EntryDraft:
        account = rng.choice(sorted(self.model.accounts))
        shares = [rng.randint(-20_000, 20_000) or 1 for _ in range(rng.choice((1, 1, 1, 2, 3)))]
        if sum(shares) == 0:
            shares.append(500)
        categories = [rng.choice(self.categories) for _ in shares]
        parts = tuple(Part(category, share) for category, share in zip(categories, shares, strict=True))
        if len(parts) == 1 and rng.random() < 0.3:
            parts = ()
        return EntryDraft(
            self._day(rng),
            account,
            sum(shares),
            f"Payee {rng.randint(0, 9)}",
            parts,
            tags=("x",) * rng.randint(0, 1),
        )

    def _transfer(self, rng: random.Random) -> TransferDraft | None:
        source, target = rng.sample(sorted(self.model.accounts), 2)
        same = self.model.accounts[source] == self.model.accounts[target]
        return TransferDraft(
            self._day(rng), source, target, rng.randint(1, 50_000), None if same else rng.randint(1, 50_000)
        )

    def _expected(self, draft: Draft) -> ModelTransaction:
        if isinstance(draft, EntryDraft):
            currency = self.model.accounts[draft.account_id]
            fallback = self.uncategorised["income" if draft.amount > 0 else "expense"]
            parts = [(part.category_id or fallback, part.amount) for part in draft.parts] or [
                (fallback, draft.amount)
            ]
            lines = [
                (draft.account_id, draft.amount, currency),
                *((one, -share, currency) for one, share in parts),
            ]
            return ModelTransaction(lines, len(parts) == 1, draft.account_id)
        one, other = self.model.accounts[draft.source_id], self.model.accounts[draft.target_id]
        if one == other:
            lines = [(draft.source_id, -draft.amount, one), (draft.target_id, draft.amount, one)]
        else:
            through = self.equity["conversion:" + "/".join(sorted((one, other)))]
            assert draft.target_amount is not None
            lines = [
                (draft.source_id, -draft.amount, one),
                (through, draft.amount, one),
                (through, -draft.target_amount, other),
                (draft.target_id, draft.target_amount, other),
            ]
        return ModelTransaction(lines, False, draft.source_id)

    def _learn_equity(self, w: Work) -> None:
        self.equity = {
            row.system: row.id
            for row in w.rows("SELECT id, system FROM account WHERE system LIKE 'conversion:%'")
        }
