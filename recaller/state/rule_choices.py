"""What a rule can name: accounts, categories, recurring items and currencies, as the rule editor offers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recaller.infra.work import Work
from recaller.services.accounts import AccountView, list_accounts
from recaller.services.categories import list_categories
from recaller.services.recurring import list_recurring
from recaller.state.formatting import Formatter
from recaller.state.pickers import Choice, category_choices, formatter_of

GONE = "(gone)"


@dataclass(frozen=True)
class RuleChoices:
    """Display-ready choices. Conditions may look at closed accounts and hidden categories, actions may not use them.

    `names` has the name of everything that may be chosen, by id.
    """

    accounts: list[Choice]
    open_accounts: list[Choice]
    categories: list[Choice]
    open_categories: list[Choice]
    recurring: list[Choice]
    currencies: list[Choice]
    names: dict[str, str]
    base: str
    say: Formatter


def rule_choices(w: Work, stored: Mapping[str, Any] | None = None) -> RuleChoices:
    """Return the choices; what a stored rule acts with stays among them, be it closed or gone."""
    accounts, categories = list_accounts(w, closed=True), list_categories(w, hidden=True)
    items = list_recurring(w)
    names = {str(one.id): one.name for one in accounts} | {str(one.id): one.path for one in categories}
    names |= {str(one.id): one.name for one in items}
    used = _acted_with(stored or {})
    seen = {one.currency for one in accounts} | {w.scope.base_currency} | _currencies(stored or {})
    usable = [one for one in categories if not one.hidden]
    return RuleChoices(
        accounts=[_account(one) for one in accounts],
        open_accounts=_with(
            [_account(one) for one in accounts if not one.closed_on], used["make_transfer"], names
        ),
        categories=category_choices(categories),
        open_categories=_with(category_choices(usable), used["category"], names),
        recurring=_with(
            [Choice(str(one.id), one.name + (" (private)" if one.private else "")) for one in items],
            used["link_recurring"],
            names,
        ),
        currencies=[Choice(code, code) for code in sorted(seen)],
        names=names,
        base=w.scope.base_currency,
        say=formatter_of(w),
    )


def _account(one: AccountView) -> Choice:
    marks = [one.currency, *(["private"] if one.private else []), *(["closed"] if one.closed_on else [])]
    return Choice(str(one.id), f"{one.name} ({', '.join(marks)})")


def _with(choices: list[Choice], ids: Any, names: Mapping[str, str]) -> list[Choice]:
    """Return the choices with those that are used already but not on offer."""
    offered = {one.value for one in choices}
    more = [Choice(one, names.get(one, GONE)) for one in dict.fromkeys(ids) if one and one not in offered]
    return [*choices, *more]


def _acted_with(stored: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"category": [], "make_transfer": [], "link_recurring": []}
    for action in stored.get("actions", ()):
        match action["do"]:
            case "set_category":
                found["category"].append(str(action["category_id"]))
            case "split":
                found["category"] += [str(part["category_id"]) for part in action["parts"]]
                found["category"].append(str(action.get("rest_category_id") or ""))
            case "make_transfer":
                found["make_transfer"].append(str(action["account_id"]))
            case "link_recurring":
                found["link_recurring"].append(str(action["recurring_id"]))
    return found


def _currencies(stored: Mapping[str, Any]) -> set[str]:
    """Return the currencies that a stored rule's amounts are in."""
    found: set[str] = set()
    waiting = [stored.get("conditions", {}), *stored.get("actions", ())]
    while waiting:
        one = waiting.pop()
        waiting += one.get("of", ())
        if one.get("currency"):
            found.add(str(one["currency"]))
    return found
