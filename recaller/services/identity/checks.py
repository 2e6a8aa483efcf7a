"""Checks on what people type about themselves and their household."""

from __future__ import annotations

import unicodedata

from babel import Locale, UnknownLocaleError
from email_validator import EmailNotValidError, validate_email

from recaller.core.errors import ValidationFailed

MAX_NAME = 100
THEMES = ("system", "light", "dark")


def check_email(text: str, field: str = "email") -> str:
    """Return the address in lower case, its domain in ASCII; raise ValidationFailed for none."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except (EmailNotValidError, ValueError) as error:
        raise ValidationFailed(field, "This is not an e-mail address.") from error
    if found.ascii_email is None:
        raise ValidationFailed(field, "This is not an e-mail address that can be used here.")
    return found.ascii_email.lower()


def check_name(text: str, field: str) -> str:
    """Return the name without stray spaces; raise ValidationFailed when empty, too long or unprintable."""
    name = " ".join(text.split())
    if not 1 <= len(name) <= MAX_NAME:
        raise ValidationFailed(field, f"Use 1 to {MAX_NAME} characters.")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Co") for character in name):
        raise ValidationFailed(field, "The name holds characters that can't be shown.")
    return name


def check_locale(text: str, field: str = "locale") -> str:
    """Return the locale as `en_US`; raise ValidationFailed when there is none of that name."""
    try:
        return str(Locale.parse(text.replace("-", "_")))
    except (UnknownLocaleError, ValueError, TypeError) as error:
        raise ValidationFailed(field, f"{text[:30]!r} is not a known locale.") from error


def check_theme(text: str, field: str = "theme") -> str:
    """Return the theme; raise ValidationFailed for an unknown one."""
    if text not in THEMES:
        raise ValidationFailed(field, f"Use one of {', '.join(THEMES)}.")
    return text


def check_weekday(day: int, field: str = "first_weekday") -> int:
    """Return the weekday (0 = Monday); raise ValidationFailed for anything else."""
    if not 0 <= day <= 6:
        raise ValidationFailed(field, "Use 0 (Monday) to 6 (Sunday).")
    return day
