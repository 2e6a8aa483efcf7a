"""A scripted attacker's tools: a victim full of marked rows, requests made up from the API's own description, leaks.

Every request is built from the OpenAPI document, so that a new route is attacked without anybody thinking of it;
a parameter that can't be made up fails loudly (`CantFill`).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from recaller.infra.work import Work, work
from recaller.jobs.daily import DAILY
from recaller.models import metadata
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.categories import create_category
from recaller.services.daily_plan import PlannedKind, plan_household
from recaller.services.household_settings import get_household_settings
from recaller.services.imports import commit_import, start_import
from recaller.services.rates import save_rate
from recaller.services.rules import suggest_rules
from recaller.services.transactions import (
    EntryDraft,
    Part,
    categorise_transactions,
    delete_transaction,
    record_transaction,
)
from tests.support.full_household import DAY, fill_every_table
from tests.support.households import Household
from tests.support.recurring import make_recurring

# Stands in every text of the victim's; the attacker may search for a piece of it, but never sends it.
MARK = "quokka"
PIECE = "quokk"
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

# What the ids of a parameter or body field point at; a new name must be added here, or the attack fails.
KINDS = {
    "account_id": "account", "source_id": "account", "target_id": "account", "accounts": "account",
    "account": "account", "category_id": "category", "parent_id": "category", "category": "category",
    "payee_id": "payee", "into_id": "other payee", "payee": "payee", "transaction_id": "transaction",
    "ids": "transaction", "import_id": "import", "batch": "import", "job_id": "job",
    "invitation_id": "invitation", "user_id": "user", "tenant_id": "tenant", "x-tenant-id": "tenant", "tag": "tag",
    "session_id": "session", "budget_id": "budget", "line_id": "budget line", "from_line_id": "budget line",
    "to_line_id": "other budget line", "line_ids": "budget line",
    "transaction_ids": "transaction",
    "move_id": "budget move", "account_ids": "account",
    "notification_id": "notification", "delivery_id": "delivery", "channel_id": "channel",
    "out_id": "paying end", "in_id": "receiving end", "transfer_id": "paying end", "keep": "transaction",
    "rate_id": "rate", "rule_id": "rule", "run_id": "rule run", "suggestion_id": "suggestion", "rule_ids": "rule",
    # What one operation alone means by a name.
    "PUT /rules/order ids": "rule",
    "GET /imports/{import_id}/balances import_id": "balanced import",
    "POST /imports/{import_id}/balances import_id": "balanced import",
    "POST /rules/suggestions/accept payee_id": "habit", "POST /rules/suggestions/dismiss payee_id": "other habit",
    "recurring_id": "recurring",
}  # fmt: skip
HABITS = ("habit", "other habit")
# A statement whose closing balance isn't the ledger's.
BALANCED = (
    b"<OFX><STMTRS><CURDEF>EUR<BANKTRANLIST><STMTTRN><DTPOSTED>20260307<TRNAMT>-1.00<FITID>1<NAME>Somebody</STMTTRN>"
    b"</BANKTRANLIST><LEDGERBAL><BALAMT>99.00<DTASOF>20260308</LEDGERBAL></STMTRS></OFX>"
)


class CantFill(AssertionError):
    """The attack doesn't know what to send here: teach it."""


@dataclass(frozen=True)
class Loot:
    """One household's ids by kind, and what must never be seen of it."""

    household: Household
    ids: Mapping[str, str]
    every_id: frozenset[str]

    def leaks(self, answer: str, sent: str) -> list[str]:
        """Return what an answer tells of this household that the request didn't say itself."""
        folded = answer.casefold()
        found = [
            one for one in set(UUIDS.findall(folded)) if one in self.every_id and one not in sent.casefold()
        ]
        return [MARK, *found] if MARK in folded else found


def fill_household(household: Household, mark: str) -> None:
    """Fill every table, and every text that the services take with the mark."""
    fill_every_table(household)
    with work(household.scope) as w:
        account = create_account(
            w,
            AccountDraft(f"{mark} account", "checking", "EUR", f"{mark} bank", "5550001234", f"{mark} note"),
        ).id
        private = create_account(w, AccountDraft(f"{mark} private", "savings", "EUR", private=True)).id
        category = create_category(w, f"{mark} category", "expense").id
        for where in (account, private):
            parts = (Part(category, -400, f"{mark} memo"), Part(None, -100))
            record_transaction(
                w, EntryDraft(DAY, where, -500, f"{mark} payee", parts, f"{mark} note", tags=(f"{mark} tag",))
            )
        for where, amount in ((account, -904), (private, 904)):
            record_transaction(w, EntryDraft(DAY, where, amount, f"{mark} moved"))
        for on in (DAY, date(2026, 1, 2)):
            save_rate(w, "EUR", "USD", on, "1.25")
        delete_transaction(w, record_transaction(w, EntryDraft(DAY, account, -7, f"{mark} deleted")).id)
        csv = f"Date,Payee,Amount,Memo\n2026-03-05,{mark} shop,-1.00,{mark} memo\n".encode()
        commit_import(w, start_import(w, f"{mark}.csv", csv, account_id=account).id)
        start_import(w, f"{mark} later.csv", csv.replace(b"-03-", b"-05-"), account_id=account)
        commit_import(w, start_import(w, f"{mark}.ofx", BALANCED, account_id=account).id)
        _have_habits(w, mark, account, category)
        make_recurring(
            w,
            account,
            "FREQ=MONTHLY",
            DAY,
            amount=-500,
            name=f"{mark} bill",
            payee=f"{mark} payee",
            mode="confirm",
        )
        w.run("UPDATE job SET message = :mark", mark=f"{mark} message")
        w.run("UPDATE notification SET title = :mark", mark=f"{mark} notice")
        w.run(
            "INSERT INTO invitation (tenant_id, id, email, role, token_hash, expires_at)"
            " VALUES (:tenant, gen_random_uuid(), :email, 'user', :token, now() + interval '1 day')",
            tenant=w.scope.tenant_id,
            email=f"{mark}@example.org",
            token=household.user_id.bytes,
        )
        planned = [PlannedKind(one.kind, one.hour, one.label) for one in DAILY]
        plan_household(w, planned, get_household_settings(w).minutes)


def _have_habits(w: Work, mark: str, account: UUID, category: UUID) -> None:
    """Choose one category by hand for all that came of two payees, so that rules are suggested."""
    rows = [f"2026-06-0{day},{mark} {habit},-2.00" for habit in HABITS for day in (1, 2, 3)]
    csv = "\n".join(["Date,Payee,Amount", *rows, ""]).encode()
    commit_import(w, start_import(w, f"{mark} habits.csv", csv, account_id=account).id)
    came = w.rows("SELECT id FROM transaction WHERE date >= '2026-06-01' AND source = 'import'")
    assert categorise_transactions(w, [row.id for row in came], category) == len(rows)
    assert len(suggest_rules(w)) == len(HABITS)


def loot_of(household: Household, connection: psycopg.Connection[Any], mark: str = MARK) -> Loot:
    """Collect the ids of a filled household: of each kind one whose content carries the mark, and all there are."""
    like = f"{mark}%"
    with work(household.scope) as w:
        one = {
            "account": "SELECT id FROM account WHERE name = :account",
            "category": "SELECT id FROM account WHERE name = :category",
            "payee": "SELECT id FROM payee WHERE name LIKE :like ORDER BY id LIMIT 1",
            "other payee": "SELECT id FROM payee WHERE name = 'Shop'",
            "habit": "SELECT id FROM payee WHERE name = :habit",
            "other habit": "SELECT id FROM payee WHERE name = :other_habit",
            "deleted transaction": "SELECT entity_id FROM audit_event WHERE action = 'delete' LIMIT 1",
            "transaction": "SELECT id FROM transaction WHERE shape = 'split' ORDER BY id LIMIT 1",
            "paying end": "SELECT id FROM transaction WHERE amount = -904",
            "receiving end": "SELECT id FROM transaction WHERE amount = 904",
            "rate": "SELECT id FROM exchange_rate WHERE transaction_id IS NULL ORDER BY id LIMIT 1",
            "rule": "SELECT id FROM rule ORDER BY id LIMIT 1",
            "rule run": "SELECT id FROM rule_run ORDER BY id LIMIT 1",
            "suggestion": "SELECT id FROM recurring_suggestion ORDER BY id LIMIT 1",
            "import": "SELECT id FROM import_batch WHERE filename LIKE :like AND status = 'ready' ORDER BY id LIMIT 1",
            "committed import": "SELECT id FROM import_batch WHERE status = 'committed' ORDER BY id LIMIT 1",
            "balanced import": "SELECT id FROM import_batch WHERE filename LIKE :ofx",
            "job": "SELECT id FROM job ORDER BY id LIMIT 1",
            "notification": "SELECT id FROM notification WHERE title LIKE :like ORDER BY id LIMIT 1",
            "delivery": "SELECT id FROM notification_delivery ORDER BY id LIMIT 1",
            "channel": "SELECT id FROM notification_channel WHERE kind = 'account' ORDER BY id LIMIT 1",
            "tag": "SELECT id FROM tag WHERE name LIKE :like ORDER BY id LIMIT 1",
            "budget": "SELECT id FROM budget ORDER BY id LIMIT 1",
            "budget line": "SELECT id FROM budget_line ORDER BY position LIMIT 1",
            "other budget line": "SELECT id FROM budget_line ORDER BY position DESC LIMIT 1",
            "budget move": "SELECT id FROM budget_move ORDER BY id LIMIT 1",
            "invitation": "SELECT id FROM invitation WHERE email LIKE :like ORDER BY id LIMIT 1",
            "recurring": "SELECT id FROM recurring WHERE name LIKE :like ORDER BY id LIMIT 1",
        }
        names = {
            "account": f"{mark} account",
            "category": f"{mark} category",
            "like": like,
            "ofx": f"{mark}%.ofx",
        }
        names |= {habit.replace(" ", "_"): f"{mark} {habit}" for habit in HABITS}
        ids = {
            kind: str(
                w.rows(query, **{key: value for key, value in names.items() if f":{key}" in query})[0][0]
            )
            for kind, query in one.items()
        }
    scope = household.scope
    ids |= {
        "user": str(household.user_id),
        "tenant": str(scope.tenant_id),
        "space": str(scope.private_space_id),
    }
    rows = " ".join(line for lines in snapshot(household, connection).values() for line in lines)
    return Loot(household, ids, frozenset(UUIDS.findall(rows)))


def snapshot(household: Household, connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """Return every row of a household in every table, as a superuser sees them, whatever the wall does."""
    found: dict[str, list[str]] = {}
    for table in metadata.tables.values():
        column, value = "tenant_id", household.tenant_id
        if "tenant_id" not in table.columns:
            column = "user_id" if "user_id" in table.columns else "id"
            value = household.tenant_id if table.name == "tenant" else household.user_id
        query = sql.SQL("SELECT to_jsonb(t)::text FROM {} t WHERE {} = %s ORDER BY 1")
        rows = connection.execute(query.format(sql.Identifier(table.name), sql.Identifier(column)), [value])
        found[table.name] = [row[0] for row in rows]
    return found


@dataclass(frozen=True)
class Call:
    """One made-up request."""

    method: str
    path: str
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None

    @property
    def sent(self) -> str:
        """Everything that the request says."""
        return f"{self.path} {self.query} {self.headers} {self.json}"


# Gives the id for a parameter or field of this name.
Choose = Callable[[str], str]


class Filler:
    """Makes up requests for one operation of the OpenAPI document."""

    def __init__(self, document: Mapping[str, Any], method: str, path: str) -> None:
        self.document, self.method, self.path = document, method.upper(), path
        self.operation = document["paths"][path][method]
        self._choose: Choose = str

    @property
    def label(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"

    def calls(self, choose: Choose) -> list[Call]:
        """Return the requests: with each body there is, and with each optional parameter alone."""
        self._choose = choose
        path, bodies = self._path(), self._bodies()
        calls = [Call(self.method, path, **body) for body in bodies]
        for parameter in self._parameters("query", "header"):
            for value in self._values(parameter["name"], parameter["schema"], loose=True):
                place = "query" if parameter["in"] == "query" else "headers"
                extra = {place: {parameter["name"]: value if place == "query" else str(value)}}
                calls.append(Call(self.method, path, **(copy.deepcopy(bodies[0]) | extra)))
        return calls

    def _parameters(self, *places: str) -> list[dict[str, Any]]:
        return [one for one in self.operation.get("parameters", []) if one["in"] in places]

    def _path(self) -> str:
        path = self.path
        for parameter in self._parameters("path"):
            value = self._values(parameter["name"], parameter["schema"])[0]
            path = path.replace("{" + parameter["name"] + "}", str(value))
        if "{" in path:
            raise CantFill(f"{self.label}: a part of the path isn't described")
        return path

    def _bodies(self) -> list[dict[str, Any]]:
        content = self.operation.get("requestBody", {}).get("content")
        if content is None:
            return [{}]
        bodies: list[dict[str, Any]] = []
        for media_type, description in content.items():
            if media_type == "application/json":
                bodies += [{"json": one} for one in self._values("body", description["schema"])]
            elif media_type in ("application/octet-stream", "multipart/form-data"):
                rows = b"Date,Payee,Amount\n2026-03-05,Somebody,-1.00\n"
                bodies.append({"content": rows, "headers": {"content-type": "application/octet-stream"}})
            else:
                raise CantFill(f"{self.label}: no way to make up {media_type}")
        return bodies

    def _values(self, name: str, schema: Mapping[str, Any], *, loose: bool = False) -> list[Any]:
        """Return values that the schema allows, at least one; `loose`: a free text may also hold an id."""
        if "$ref" in schema:
            return self._values(name, self._referred(schema["$ref"]), loose=loose)
        alternatives = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf")
        if alternatives:
            real = [one for one in alternatives if one.get("type") != "null"]
            return [value for one in real for value in self._values(name, one, loose=loose)]
        if "examples" in schema and _is_open(schema):
            return [self._example(name, one) for one in schema["examples"]]
        if "const" in schema or "enum" in schema:
            return [schema["const"]] if "const" in schema else list(schema["enum"][:3])
        kind = schema.get("type")
        if kind == "object" or "properties" in schema:
            return self._objects(name, schema)
        if kind == "array":
            return [[one] for one in self._values(name, schema["items"])]
        if kind == "boolean":
            return [True]
        if kind == "integer":
            return [int(max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 1, 1))]
        if kind == "string":
            return self._texts(name, schema, loose)
        if not kind:
            return ["anything"]
        raise CantFill(f"{self.label}: {name} is {schema}")

    def _texts(self, name: str, schema: Mapping[str, Any], loose: bool) -> list[str]:
        if schema.get("format") == "uuid" or name == "session_id":
            return [self._id(name)]
        if schema.get("format") == "date":
            return ["2026-03-01"]
        pattern = re.compile(schema.get("pattern", ""))
        wanted = [*schema.get("examples", []), "a fine long phrase", "ABC", "tag", "DE", "3", "2026-03-01"]
        fitting = [
            text
            for text in wanted
            if pattern.search(text)
            and schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", 10**6)
        ]
        if not fitting:
            raise CantFill(f"{self.label}: {name} is a text like {schema}")
        if loose:
            more = [self._id(name)] if name in KINDS else []
            return [fitting[0], PIECE, *more] if not schema.get("pattern") else [fitting[0]]
        return fitting[:1]

    def _objects(self, name: str, schema: Mapping[str, Any]) -> list[Any]:
        properties = schema.get("properties")
        if properties is None:
            inner = schema.get("additionalProperties")
            return [{"key": self._values(name, inner)[0]}] if isinstance(inner, dict) else [{}]
        required = set(schema.get("required", ()))
        options = {key: self._values(key, one) for key, one in properties.items()}
        full = {key: values[0] for key, values in options.items()}
        least = {key: value for key, value in full.items() if key in required}
        variants = [
            full,
            *(full | {key: value} for key, values in options.items() for value in values[1:]),
            least,
        ]
        # Some optional fields exclude each other: each also comes alone.
        variants += [least | {key: value} for key in full if key not in required for value in options[key]]
        unique: list[Any] = []
        for one in variants:
            if one not in unique:
                unique.append(one)
        return unique

    def _example(self, name: str, example: Any) -> Any:
        """Return an example of the description with the ids in it chosen anew, by the names of their keys."""
        if isinstance(example, dict):
            return {key: self._example(key, value) for key, value in example.items()}
        if isinstance(example, list):
            return [self._example(name, one) for one in example]
        return self._id(name) if isinstance(example, str) and UUIDS.fullmatch(example) else example

    def _referred(self, reference: str) -> Mapping[str, Any]:
        node: Any = self.document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
        return node  # type: ignore[no-any-return]

    def _id(self, name: str) -> str:
        here = f"{self.label} {name}"
        name = here if here in KINDS else name
        if name not in KINDS:
            raise CantFill(
                f"{self.label}: which kind of thing does {name!r} name? Tell tests/support/attack.py."
            )
        return self._choose(name)


def _is_open(schema: Mapping[str, Any]) -> bool:
    """Say whether a schema leaves the keys of its objects open: only its examples tell what fits."""
    inner = schema.get("items", schema)
    return (
        inner.get("type") == "object"
        and "properties" not in inner
        and inner.get("additionalProperties") is True
    )


def operations(document: Mapping[str, Any]) -> Iterator[Filler]:
    """Yield every operation: those that read first, and those that delete before those that could bring back."""
    order = ["get", "put", "patch", "delete", "post"]
    found = [(method, path) for path, methods in document["paths"].items() for method in methods]
    for method, path in sorted(found, key=lambda one: order.index(one[0])):
        yield Filler(document, method, path)
