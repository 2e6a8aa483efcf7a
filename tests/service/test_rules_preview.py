"""Preview equals apply, and both equal a naive reference: random rules over random rows, field by field."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from recaller.core.ids import new_id
from recaller.core.scope import Scope
from recaller.infra.work import Work, work
from recaller.jobs.entry import run_job
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.categories import list_categories
from recaller.services.daily import ErrorLog
from recaller.services.recurring import post_recurring
from recaller.services.rules import (
    ChangeView,
    ContentView,
    active_rules,
    apply_rules,
    get_run,
    preview_rules,
    reverse_run,
    run_changes,
)
from recaller.services.starter import create_starter_accounts
from tests.support.households import Household
from tests.support.recurring import make_recurring
from tests.support.rule_reference import Bill, Entry, links, walk
from tests.support.ruled_household import make_rule

# Long by nature: on a busy machine longer than the usual limit for one test.
pytestmark = [pytest.mark.timeout(3600), pytest.mark.usefixtures("nothing_drifts")]

ROWS = 10_000
RULES = 50
PAYEES = (
    "REWE Markt",
    "Rewé City",
    "Lidl",
    "ALDI Süd",
    "Café Müller",
    "Shell 042",
    "Netflix",
    "",
    "Amazon",
    "ÅSA",
)
WORDS = ("card", "POS 123", "straße", "rent", "Gehalt", "kauf 9", "ref", "zürich")
TAGS = ("food", "Trip", "été", "work", "kids")
NOTES = ("", "", "", "note one", "Über\nzwei", "note one\nby rule")


@pytest.fixture
def scope(household: Household) -> Scope:
    with work(household.scope) as w:
        create_starter_accounts(w)
        create_account(w, AccountDraft("Checking", "checking", "USD"))
        create_account(w, AccountDraft("Savings", "savings", "USD"))
        create_account(w, AccountDraft("Euros", "checking", "EUR"))
    return household.scope


def load(w: Work, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    """Write rows by COPY and one INSERT (which the wall and the balance check want)."""
    every = f"tenant_id, space_id, {columns}"
    w.run(f"CREATE TEMP TABLE fresh ON COMMIT DROP AS SELECT {every} FROM {table} LIMIT 0")
    with w.connection.connection.cursor().copy(f"COPY fresh ({every}) FROM STDIN") as copy:  # type: ignore[attr-defined]
        for row in rows:
            copy.write_row(row)
    w.run(f"INSERT INTO {table} ({every}) SELECT {every} FROM fresh")
    w.run("DROP TABLE fresh")


class World:
    """A household of random transactions, and makers of random rules."""

    def __init__(self, w: Work, seed: int) -> None:
        self.dice = random.Random(seed)
        self.linking = random.Random(-seed)
        self.w = w
        self.categories = [one.id for one in list_categories(w)]
        self.accounts = {row.name: (row.id, row.currency) for row in w.rows(
            "SELECT id, name, currency FROM account WHERE name IN ('Checking', 'Savings', 'Euros')")}  # fmt: skip
        # Bills of which none is paid yet: a monthly and a weekly one, and one whose dates come nowhere near.
        checking, euros = self.accounts["Checking"][0], self.accounts["Euros"][0]
        bills = (
            ("Rent", checking, -100, "FREQ=MONTHLY", date(2026, 1, 5), None),
            ("Pay", euros, 2500, "FREQ=WEEKLY", date(2026, 1, 7), None),
            ("Old", checking, -1, "FREQ=MONTHLY", date(2020, 1, 5), date(2020, 6, 5)),
        )
        self.recurring = [
            make_recurring(w, account, rule, start, amount=amount, name=name, mode="confirm", until=until).id
            for name, account, amount, rule, start, until in bills
        ]
        post_recurring(w, ErrorLog())

    def fill(self, count: int) -> None:
        """Write transactions straight into the tables: simple ones, splits and transfers; some fields set by hand."""
        w, dice = self.w, self.dice
        tenant, space = w.scope.tenant_id, w.scope.shared_space_id
        payees = {name: new_id() for name in PAYEES if name}
        tags = {name: new_id() for name in TAGS}
        w.connection.exec_driver_sql(
            "INSERT INTO payee (tenant_id, space_id, id, name, folded) VALUES (%s, %s, %s, %s, '')",
            [(tenant, space, one, name) for name, one in payees.items()],
        )
        w.connection.exec_driver_sql(
            "INSERT INTO tag (tenant_id, space_id, id, name) VALUES (%s, %s, %s, %s)",
            [(tenant, space, one, name) for name, one in tags.items()],
        )
        transactions, postings, labels, hand = [], [], [], []
        for _ in range(count):
            identity, day = new_id(), date(2026, 1, 1) + timedelta(dice.randrange(300))
            account, currency = dice.choice(list(self.accounts.values()))
            amount = dice.choice((-1, 1)) * dice.choice((1, 2, 3, 99, 100, 1001, 2500, 99_999))
            kind = dice.choices(("simple", "split", "transfer"), (8, 1, 1))[0]
            if kind == "transfer" and currency == "EUR":
                kind = "simple"
            category, counter = None, None
            lines = [(account, amount)]
            if kind == "simple":
                category = dice.choice(self.categories)
                lines.append((category, -amount))
            elif kind == "split":
                first = dice.randrange(-50, 50)
                lines += [
                    (dice.choice(self.categories), -first),
                    (dice.choice(self.categories), first - amount),
                ]
            else:
                counter = next(one for one, its in self.accounts.values() if one != account and its == "USD")
                lines.append((counter, -amount))
            text = " ".join(dice.choices(WORDS, k=dice.randrange(3)))
            transactions.append(
                (tenant, space, identity, day, payees.get(dice.choice(PAYEES)), dice.choice(NOTES), text, "import",
                 kind, account, counter, category, amount, currency)
            )  # fmt: skip
            postings += [
                (tenant, space, identity, number, one, day, share, currency)
                for number, (one, share) in enumerate(lines)
            ]
            labels += [
                (tenant, space, identity, tags[name]) for name in dice.sample(TAGS, dice.choice((0, 0, 1, 2)))
            ]
            marked = [one for one in ("category", "payee", "note", "tags") if dice.random() < 0.05]
            marked += ["recurring"] if self.linking.random() < 0.05 else []
            hand += [(tenant, space, identity, one) for one in marked]
        load(
            w, "transaction", "id, date, payee_id, note, bank_text, source, shape, account_id, counter_account_id,"
            " category_id, amount, currency", transactions,
        )  # fmt: skip
        load(w, "posting", "transaction_id, line, account_id, date, amount, currency", postings)
        load(w, "transaction_tag", "transaction_id, tag_id", labels)
        load(w, "field_origin", "transaction_id, field", hand)

    def condition(self) -> dict[str, Any]:
        dice = self.dice
        field = dice.choice(("payee", "payee", "bank_text", "note", "amount", "size", "account", "direction",
                             "category", "tag", "day", "weekday", "month", "date"))  # fmt: skip
        made: dict[str, Any] = {"field": field, "not": dice.random() < 0.2}
        if field in ("payee", "bank_text", "note"):
            words = (
                PAYEES if field == "payee" else WORDS if field == "bank_text" else ("note", "by rule", "uber")
            )
            op = dice.choice(("contains", "equals", "starts_with", "ends_with", "one_of", "matches", "empty"))
            value: Any = dice.choice([word for word in words if word])
            if op == "one_of":
                value = dice.sample([word for word in words if word], 2)
            if op == "matches":
                value = dice.choice((r"^re.e\b", r"\d{3}", "m(u|ü)ller$", "rew[ée] c", "a.*o|lid", "^$"))
            return made | {"op": op} | ({} if op == "empty" else {"value": value})
        if field in ("amount", "size"):
            op = dice.choice(("equals", "below", "above", "between"))
            value = dice.choice((1, 3, 100, 1001))
            made |= {"op": op, "value": value, "currency": dice.choice(("USD", "USD", "EUR"))}
            return made | ({"to": value + 2000} if op == "between" else {})
        if field == "account":
            return made | {"op": "one_of", "value": [str(dice.choice(list(self.accounts.values()))[0])]}
        if field == "direction":
            return made | {"op": "equals", "value": dice.choice(("in", "out"))}
        if field == "category":
            if dice.random() < 0.3:
                return made | {"op": "empty"}
            return made | {"op": "one_of", "value": [str(one) for one in dice.sample(self.categories, 5)]}
        if field == "tag":
            return made | dice.choice(({"op": "empty"}, {"op": "one_of", "value": [dice.choice(TAGS)]}))
        if field == "day":
            return made | {"op": "between", "value": 5, "to": dice.randrange(6, 31)}
        if field == "date":
            return made | {"op": "between", "value": "2026-03-01", "to": dice.choice((None, "2026-06-30"))}
        return made | {"op": "one_of", "value": [dice.randrange(1, 8), dice.randrange(1, 8)]}

    def group(self, depth: int = 1) -> dict[str, Any]:
        items = [
            self.group(depth + 1) if depth < 3 and self.dice.random() < 0.25 else self.condition()
            for _ in range(self.dice.randrange(1, 4))
        ]
        return {"match": self.dice.choice(("all", "all", "any", "none")), "of": items}

    def actions(self) -> list[dict[str, Any]]:
        dice = self.dice
        side: dict[str, Any] = dice.choice(
            (
                {"do": "set_category", "category_id": str(dice.choice(self.categories))},
                {"do": "set_category", "category_id": str(dice.choice(self.categories))},
                {"do": "make_transfer", "account_id": str(self.accounts["Savings"][0])},
                {
                    "do": "split",
                    "parts": [
                        {
                            "category_id": str(dice.choice(self.categories)),
                            "basis_points": 3334,
                            "memo": "one",
                        },
                        {"category_id": str(dice.choice(self.categories)), "basis_points": 3333},
                    ],
                    "rest_category_id": str(dice.choice(self.categories)),
                },
                {
                    "do": "split",
                    "parts": [{"category_id": str(dice.choice(self.categories)), "amount": 50}],
                    "rest_category_id": str(dice.choice(self.categories)),
                    "currency": "USD",
                },
            )
        )
        others: list[dict[str, Any]] = [
            {"do": "set_payee", "payee": dice.choice(("Rewe", "Someone New", "Lidl"))},
            {"do": "add_tags", "tags": dice.sample((*TAGS, "FOOD", "fresh"), 2)},
            {"do": "remove_tags", "tags": [dice.choice(TAGS)]},
            {"do": "set_note", "text": dice.choice(("", "set", "Über"))},
            {"do": "append_note", "text": "by rule"},
        ]
        chosen = dice.sample(others, dice.randrange(1, 3))
        made = [side, *chosen] if dice.random() < 0.4 else chosen
        if self.linking.random() < 0.3:
            made.append({"do": "link_recurring", "recurring_id": str(self.linking.choice(self.recurring))})
        return made


def entries(w: Work) -> dict[UUID, Entry]:
    """Read the ledger without any of the rules' own code."""
    parts: dict[UUID, list[tuple[UUID, int, str]]] = {}
    for row in w.rows(
        "SELECT transaction_id, account_id, amount, memo FROM posting WHERE line > 0 ORDER BY 1, line"
    ):
        parts.setdefault(row.transaction_id, []).append((row.account_id, -row.amount, row.memo))
    settled = {
        row.transaction_id: (row.recurring_id, row.due_date)
        for row in w.rows("SELECT * FROM occurrence WHERE transaction_id IS NOT NULL")
    }
    hand: dict[UUID, set[str]] = {}
    for row in w.rows("SELECT transaction_id, field FROM field_origin WHERE rule_id IS NULL"):
        hand.setdefault(row.transaction_id, set()).add(row.field)
    return {
        row.id: Entry(
            row.id, row.date, row.amount, row.currency, row.account_id, row.payee, row.bank_text, row.note,
            frozenset(row.tags), row.shape, row.category_id, row.counter_account_id,
            tuple(parts[row.id]) if row.shape == "split" else (), frozenset(hand.get(row.id, ())),
            settles=settled.get(row.id),
        )
        for row in w.rows(
            "SELECT t.*, coalesce(y.name, '') AS payee, ARRAY(SELECT g.name FROM transaction_tag x JOIN tag g"
            " ON g.id = x.tag_id WHERE x.transaction_id = t.id) AS tags"
            " FROM transaction t LEFT JOIN payee y ON y.id = t.payee_id"
        )
    }  # fmt: skip


def with_mirrors(every: dict[UUID, Entry]) -> dict[UUID, Entry]:
    """Say of each entry which accounts have its money already, looking at all pairs of opposite amounts."""
    money: dict[tuple[int, str], list[Entry]] = {}
    for one in every.values():
        if one.shape == "simple":
            money.setdefault((one.amount, one.currency), []).append(one)
    return {
        identity: replace(
            entry,
            mirrored=frozenset(
                other.account_id
                for other in money.get((-entry.amount, entry.currency), ())
                if other.account_id != entry.account_id and abs((other.date - entry.date).days) <= 5
            ),
        )
        for identity, entry in every.items()
    }


def shown(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.shape, entry.category_id, entry.counter_id, entry.parts, entry.payee, entry.note, entry.settles,
        entry.tags,
    )  # fmt: skip


def previewed(content: ContentView) -> tuple[Any, ...]:
    parts = tuple((part.category_id, part.amount, part.memo) for part in content.parts)
    return (
        content.shape, content.category_id, content.counter_id, parts, content.payee, content.note,
        (content.recurring_id, content.due_date) if content.recurring_id else None, frozenset(content.tags),
    )  # fmt: skip


def open_bills(w: Work) -> list[Bill]:
    """Read what is not paid yet; a week has a window of two days here, a month one of seven."""
    return [
        Bill(
            row.recurring_id, row.due_date, row.posted_on, row.expected_amount, row.currency, row.account_id,
            {"Pay": 2, "Rent": 7, "Old": 7}[row.name],
        )
        for row in w.rows(
            "SELECT o.*, r.name, r.currency, r.account_id FROM occurrence o JOIN recurring r ON r.id = o.recurring_id"
            " WHERE o.state = 'due'"
        )
    ]  # fmt: skip


def all_previewed(scope: Scope) -> dict[UUID, ChangeView]:
    """Page through the whole preview."""
    found: dict[UUID, ChangeView] = {}
    with work(scope, read_only=True) as w:
        rules = active_rules(w, scope.shared_space_id)
        cursor, total = None, None
        while True:
            page = preview_rules(w, scope.shared_space_id, rules, cursor=cursor, limit=200)
            total = page.changed if cursor is None else total
            assert not {row.transaction_id for row in page.rows} & found.keys(), "a row was shown twice"
            found |= {row.transaction_id: row for row in page.rows}
            cursor = page.next_cursor
            if cursor is None:
                assert len(found) == total
                return found


def lower_tags(content: tuple[Any, ...]) -> tuple[Any, ...]:
    """A space spells a tag one way; the reference knows nothing of spaces."""
    return (*content[:-1], frozenset(name.lower() for name in content[-1]))


@pytest.mark.parametrize(("seed", "rows"), [(1, ROWS), (2, 1000), (3, 1000)])
def test_preview_equals_apply_equals_the_reference(scope: Scope, seed: int, rows: int) -> None:
    with work(scope) as w:
        world = World(w, seed)
        world.fill(rows)
        # Random rules alone may link nothing.
        early = {"field": "weekday", "op": "one_of", "value": [1, 2, 3]}
        make_rule(
            w, [early], [{"do": "link_recurring", "recurring_id": str(world.recurring[0])}], name="link"
        )
        for number in range(RULES):
            make_rule(w, world.group(), world.actions(), name=str(number), stop=world.dice.random() < 0.1)
    promised = all_previewed(scope)
    with work(scope) as w:
        before = with_mirrors(entries(w))
        rules = list(active_rules(w, scope.shared_space_id))
        bills = open_bills(w)
        nothing = frozenset(row.id for row in w.rows("SELECT id FROM account WHERE system = 'uncategorised'"))
        run = apply_rules(w)[0]
    if run.status == "queued":
        assert run_job(str(scope.tenant_id), str(run.job_id)) == "done"
    with work(scope) as w:
        run = get_run(w, run.id)
        after = entries(w)
    assert run.problems == ()
    assert rows // 4 < run.changed == len(promised) < rows, (
        "rules that change nothing, or all, would prove little"
    )
    currencies = dict(world.accounts.values())
    walked = {identity: walk(entry, rules, nothing, currencies) for identity, entry in before.items()}
    linked = links({identity: wanted for identity, (_, wanted) in walked.items()}, before, bills)
    assert len(linked) >= 10, "bills that nothing pays would prove little"
    for identity, entry in before.items():
        expected = shown(replace(walked[identity][0], settles=linked.get(identity, entry.settles)))
        assert lower_tags(shown(after[identity])) == lower_tags(expected), entry
        if identity in promised:
            assert previewed(promised[identity].before) == shown(entry)
            assert previewed(promised[identity].after) == shown(after[identity])
        else:
            assert shown(after[identity]) == shown(entry)
    # What the run kept says the same as the preview did, and taking it back restores every row.
    with work(scope) as w:
        kept = run_changes(w, run.id, limit=200).items
        for row in kept:
            assert row.fields == promised[row.transaction_id].fields
        reverse_run(w, run.id)
        run = get_run(w, run.id)
    if run.status == "done":
        assert run_job(str(scope.tenant_id), str(run.job_id)) == "done"
    with work(scope) as w:
        done = get_run(w, run.id)
        assert (done.status, done.restored, done.conflicts) == ("reversed", run.changed, 0)
        restored = {identity: shown(entry) for identity, entry in entries(w).items()}
    assert restored == {identity: shown(entry) for identity, entry in before.items()}
