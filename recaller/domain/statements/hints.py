"""Names for the accounts of a file, so that several currencies under one account number stay apart."""

from __future__ import annotations


class AccountHints:
    """Gives each (number, currency) its hint: the number alone for the first currency, 'NUMBER EUR' for others."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def of(self, number: str | None, currency: str | None) -> str | None:
        """Return the hint of an account in one currency; None when the file names neither.

        The first currency keeps the bare number, as that is what a household knows its account by.
        """
        if not currency:
            return number
        if self._first.setdefault(number or "", currency) == currency:
            return number
        return f"{number} {currency}" if number else currency
