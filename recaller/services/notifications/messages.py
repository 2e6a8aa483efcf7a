"""What a message says: an e-mail in HTML and plain text, or a few lines for a service; dates as the receiver writes.

Titles and bodies are plain text of whoever made them: the templates escape them, and headers hold one line only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from uuid import UUID, uuid5

from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from recaller.domain.locales import known_locale
from recaller.infra.mail import mail_host
from recaller.services.notifications.delivering import Parcel, Told
from recaller.services.notifications.kinds import KINDS
from recaller.services.notifications.wording import plain
from recaller.settings import get_settings

# Message ids are names in this space, made from those of the deliveries: the same message has the same id.
_MESSAGES = UUID("6f5a1a52-3f0e-4c55-9c6e-0f4b1f2f9d11")
SETTINGS_PATH = "/settings/notifications"


@dataclass(frozen=True, slots=True)
class Words:
    """A message for a service: one line, and some more."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class _Line:
    label: str
    date: str
    title: str
    body: str
    url: str


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("recaller.services.notifications"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def compose_mail(parcel: Parcel, now: datetime) -> EmailMessage:
    """Return the e-mail of a parcel; `now` (UTC) stands in its Date."""
    lines = _lines(parcel.told, parcel.locale)
    digest = len(lines) > 1
    subject = f"{len(lines)} notices from {parcel.household}" if digest else lines[0].title
    values = {
        "lines": lines,
        "digest": digest,
        "subject": subject,
        "name": parcel.name,
        "household": parcel.household,
        "home_url": get_settings().base_url,
        "settings_url": get_settings().base_url + SETTINGS_PATH,
        "language": known_locale(parcel.locale).language,
    }
    return _mail(
        parcel.target.address,
        subject,
        _templates().get_template("notices.txt").render(values),
        _templates().get_template("notices.html").render(values),
        identity=uuid5(_MESSAGES, " ".join(map(str, parcel.ids))),
        now=now,
    )


def compose_words(parcel: Parcel) -> Words:
    """Return a parcel's few lines for a service."""
    lines = _lines(parcel.told, parcel.locale)
    if len(lines) == 1:
        return Words(lines[0].title, "\n".join(part for part in (lines[0].body, lines[0].url) if part))
    listed = "\n".join(f"• {line.title} ({line.date})" for line in lines)
    return Words(
        f"{len(lines)} notices from {parcel.household}", f"{listed}\n{get_settings().base_url}/notifications"
    )


def compose_code(address: str, name: str, code: str, identity: UUID, now: datetime) -> EmailMessage:
    """Return the e-mail that brings the code by which an address is confirmed."""
    values = {"name": name, "code": code, "home_url": get_settings().base_url, "language": "en"}
    return _mail(
        address,
        f"{code} confirms this address for Recaller",
        _templates().get_template("code.txt").render(values),
        _templates().get_template("code.html").render(values),
        identity=identity,
        now=now,
    )


def _lines(told: Sequence[Told], locale: str) -> list[_Line]:
    return [
        _Line(
            label=KINDS[one.kind].label if one.kind in KINDS else "Test",
            date=long_date(one.day, locale),
            title=one.title,
            body=one.body,
            url=get_settings().base_url + one.href,
        )
        for one in told
    ]


def _mail(
    recipient: str, subject: str, text: str, html: str, *, identity: UUID, now: datetime
) -> EmailMessage:
    name, address = parseaddr(get_settings().smtp_from or "")
    message = EmailMessage()
    message["From"] = formataddr((name or "Recaller", address))
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = plain(subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{identity}@{mail_host()}>"
    # Automatic answers (out of office) would be read by nobody: RFC 3834.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def long_date(day: date, locale: str) -> str:
    """Return a date in words, as people of that locale write it."""
    return format_date(day, "full", locale=known_locale(locale))
