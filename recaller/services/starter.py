"""What a new household starts with: system accounts, and categories that most people need."""

from __future__ import annotations

from uuid import UUID

from recaller.core.ids import new_id
from recaller.domain.account_kinds import SYSTEM_OPENING, SYSTEM_UNCATEGORISED, Kind
from recaller.infra.work import Work

# (group, icon, its categories); icons are names of the icon set of the user interface.
EXPENSES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Home", "house", ("Rent", "Mortgage payment", "Utilities", "Internet & phone", "Furnishing", "Repairs")),
    ("Food", "shopping-basket", ("Groceries", "Restaurants", "Coffee & snacks")),
    ("Transport", "car", ("Fuel", "Public transport", "Taxi & ride share", "Parking & tolls", "Car maintenance")),
    ("Health", "heart-pulse", ("Doctor", "Pharmacy", "Fitness")),
    ("Family", "baby", ("Childcare", "School", "Pets", "Gifts given")),
    ("Leisure", "clapperboard", ("Subscriptions", "Books & media", "Hobbies", "Going out", "Travel")),
    ("Shopping", "shopping-bag", ("Clothing", "Electronics", "Household goods", "Personal care")),
    ("Insurance", "umbrella", ("Home insurance", "Car insurance", "Health insurance", "Life insurance")),
    ("Finance", "landmark", ("Bank fees", "Interest paid", "Taxes", "Donations")),
)  # fmt: skip
INCOME: tuple[tuple[str, str], ...] = (
    ("Salary", "briefcase"),
    ("Interest & dividends", "percent"),
    ("Refunds", "rotate-ccw"),
    ("Gifts received", "gift"),
    ("Other income", "circle-plus"),
)

_INSERT = (
    "INSERT INTO account (tenant_id, space_id, id, kind, subtype, name, parent_id, system, icon, position)"
    " SELECT :tenant, :space, i, k, s, n, p, y, c, o"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS varchar[]), CAST(:subtypes AS varchar[]),"
    " CAST(:names AS varchar[]), CAST(:parents AS uuid[]), CAST(:systems AS varchar[]), CAST(:icons AS varchar[]),"
    " CAST(:positions AS integer[])) AS v(i, k, s, n, p, y, c, o)"
)


def create_starter_accounts(w: Work) -> None:
    """Create the system accounts and the starter categories in the shared space of a new household."""
    rows: list[tuple[UUID, str, str, str, UUID | None, str | None, str]] = [
        (new_id(), Kind.EXPENSE, "category", "Uncategorised", None, SYSTEM_UNCATEGORISED, "circle-help"),
        (new_id(), Kind.INCOME, "category", "Uncategorised", None, SYSTEM_UNCATEGORISED, "circle-help"),
        (new_id(), Kind.EQUITY, "opening", "Opening balances", None, SYSTEM_OPENING, "flag"),
    ]
    for name, icon in INCOME:
        rows.append((new_id(), Kind.INCOME, "category", name, None, None, icon))
    for group, icon, names in EXPENSES:
        parent = new_id()
        rows.append((parent, Kind.EXPENSE, "category", group, None, None, icon))
        rows += [(new_id(), Kind.EXPENSE, "category", name, parent, None, icon) for name in names]
    columns = list(zip(*rows, strict=True))
    w.run(
        _INSERT,
        tenant=w.scope.tenant_id,
        space=w.scope.shared_space_id,
        ids=list(columns[0]),
        kinds=[str(kind) for kind in columns[1]],
        subtypes=list(columns[2]),
        names=list(columns[3]),
        parents=list(columns[4]),
        systems=list(columns[5]),
        icons=list(columns[6]),
        positions=list(range(len(rows))),
    )
    w.audit(
        "create",
        "categories",
        None,
        space_id=w.scope.shared_space_id,
        after={"starter_categories": len(rows)},
    )


def system_account(w: Work, kind: Kind, system: str) -> UUID:
    """Return a system account's id, creating it in the shared space when it is first needed."""
    found = w.row(
        "SELECT id FROM account WHERE kind = :kind AND system = :system AND space_id = :space",
        kind=str(kind),
        system=system,
        space=w.scope.shared_space_id,
    )
    if found is not None:
        return UUID(str(found.id))
    w.run(
        "INSERT INTO account (tenant_id, space_id, id, kind, subtype, name, system)"
        " VALUES (:tenant, :space, :id, :kind, :subtype, :name, :system) ON CONFLICT DO NOTHING",
        tenant=w.scope.tenant_id,
        space=w.scope.shared_space_id,
        id=new_id(),
        kind=str(kind),
        subtype=system.partition(":")[0],
        name=system.replace("conversion:", "Conversion "),
        system=system,
    )
    return system_account(w, kind, system)


def uncategorised(w: Work, kind: Kind) -> UUID:
    """Return the category for what has none yet: expense for money out, income for money in."""
    return system_account(w, kind, SYSTEM_UNCATEGORISED)


def opening_balances(w: Work) -> UUID:
    """Return the equity account that opening balances come from."""
    return system_account(w, Kind.EQUITY, SYSTEM_OPENING)
