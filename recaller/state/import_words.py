"""What the import pages say about a batch: its status, where it came from, what stands on each row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from recaller.domain.statements import APPS
from recaller.services.imports import ImportRowView, ImportView
from recaller.state.formatting import Formatter

# Status -> (words, tone of its badge).
STATUS = {
    "uploaded": ("Uploaded", "neutral"),
    "reading": ("Reading", "info"),
    "ready": ("Waiting for you", "accent"),
    "committing": ("Importing", "info"),
    "committed": ("Imported", "success"),
    "undone": ("Undone", "neutral"),
    "failed": ("Can't be read", "error"),
    "discarded": ("Discarded", "neutral"),
}
# Row state -> (words, tone, what it means).
STATES = {
    "new": ("New", "success", "New rows"),
    "duplicate": ("Duplicate", "neutral", "Already in the ledger"),
    "conflict": ("Conflict", "warning", "Look like something you have"),
    "pending": ("Pending", "info", "Not booked by the bank yet"),
    "skipped": ("Skipped", "neutral", "Balances and notices"),
    "error": ("Error", "error", "Can't be read"),
}
FORMATS = {
    "csv": "CSV", "ofx": "OFX / QFX", "camt": "CAMT (ISO 20022)", "xlsx": "Excel (.xlsx)", "xls": "Excel (.xls)",
}  # fmt: skip
DELIMITERS = {
    ",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", ":": "colon", "^": "caret", "~": "tilde",
}  # fmt: skip
DATE_ORDERS = {"YMD": "year, month, day", "DMY": "day, month, year", "MDY": "month, day, year"}
MARKS = {".": "point", ",": "comma"}
SIGNS = {"normal": "negative is spending", "inverted": "positive is spending"}


def size_text(size: int) -> str:
    """Return a file size for people."""
    if size < 1000:
        return f"{size} bytes"
    if size < 1_000_000:
        return f"{size / 1000:.0f} kB"
    return f"{size / 1_000_000:.1f}".removesuffix(".0") + " MB"


def rows_text(count: int) -> str:
    """Return a number of rows in words."""
    return "1 row" if count == 1 else f"{count:,} rows"


def transactions_text(count: int) -> str:
    """Return a number of transactions in words."""
    return "1 transaction" if count == 1 else f"{count:,} transactions"


def totals_text(totals: Mapping[str, Any], say: Formatter, fallback: str) -> str:
    """Return sums by currency (minor units), joined; an empty currency is the fallback's."""
    return ", ".join(
        say.money(int(minor), currency or fallback, plus=True) for currency, minor in sorted(totals.items())
    )


def summary_of(view: ImportView) -> str:
    """Return in one line what became of a file."""
    counts = view.counts
    if view.status == "committed":
        linked = int(counts.get("linked", 0))
        told = f"{transactions_text(int(counts.get('imported', 0)))} added"
        return told + (f", {linked} linked" if linked else "")
    if view.status == "ready":
        parts = [
            f"{int(counts[state]):,} {STATES[state][0].lower()}"
            for state in ("new", "duplicate", "conflict", "pending")
            if counts.get(state)
        ]
        return ", ".join(parts) or "No transactions"
    if view.status == "undone":
        return f"{transactions_text(int(counts.get('imported', 0)))} taken back"
    return view.error or ""


def facts_of(view: ImportView) -> list[tuple[str, str]]:
    """Return what was found out about the file, as label and value."""
    found = [("Format", FORMATS.get(view.format, view.format.upper()))]
    found.append(("Size", size_text(view.size_bytes)))
    app = APPS.get(str(view.options.get("app")))
    if app is not None:
        found.append(("Exported by", app.label))
    if view.options.get("sheet"):
        found.append(("Sheet", str(view.options["sheet"])))
    mapping = view.mapping
    if mapping is not None:
        found += [
            ("Encoding", encoding_label(str(mapping.get("encoding", "")))),
            ("Columns cut by", DELIMITERS.get(str(mapping.get("delimiter")), "")),
            ("Dates", DATE_ORDERS.get(str(mapping.get("date_order")), "")),
            ("Decimal mark", MARKS.get(str(mapping.get("decimal_mark")), "")),
            ("Sign", "" if app is not None else _sign_text(mapping)),
        ]
        if mapping.get("minor_units"):
            found.append(("Amounts", "in minor units"))
    currencies = sorted({str(one["currency"]) for one in view.statements if one.get("currency")})
    if currencies:
        found.append(("Currency", ", ".join(currencies)))
    return found


def encoding_label(encoding: str) -> str:
    """Return an encoding as people write it."""
    if encoding == "utf-8-sig":
        return "UTF-8 with mark"
    if encoding.startswith("cp12"):
        return f"Windows-{encoding[2:]}"
    return encoding.upper().replace("_", "-")


def _sign_text(mapping: Mapping[str, Any]) -> str:
    if mapping.get("debit") is not None or mapping.get("credit") is not None:
        return "columns for out and in"
    if mapping.get("direction") is not None:
        return "said by a column"
    return SIGNS.get(str(mapping.get("sign")), "")


def what_happens(row: ImportRowView) -> str:
    """Return the choice that a commit would follow for a row: import, skip or match."""
    return row.choice or ("import" if row.state == "new" else "skip")


def choosable(row: ImportRowView) -> bool:
    """Whether the user may decide about the row."""
    return row.state in ("new", "duplicate", "conflict") and row.date is not None and row.amount is not None


def tab_counts(counts: Mapping[str, Any]) -> Iterable[tuple[str, str, int]]:
    """Return (state, label, number) of each state that the file has, after all of them."""
    present = [(state, STATES[state][0], int(counts.get(state, 0))) for state in STATES if counts.get(state)]
    return [("", "All", sum(number for _, _, number in present)), *present]
