"""Sends a few words through one of the services that Apprise knows, if the operator allows it."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

from recaller.core.errors import ValidationFailed
from recaller.infra.apprise_sender import CONNECT_SECONDS, READ_SECONDS, service_at
from recaller.infra.child_process import ChildFailed, ChildTimedOut, run_child
from recaller.infra.outbound import BeforeHandingOver, NotSent, PerhapsSent
from recaller.settings import get_settings

# For the whole conversation, however slowly the other side talks, and the start of the process.
SECONDS = 30.0
MAX_URL = 1000
# Whatever the operator lists: these act on this machine itself, or read files of its disk.
NEVER = frozenset({
    "file", "dbus", "kde", "qt", "glib", "gio", "gnome", "macosx", "windows", "syslog", "rsyslog", "blink1", "growl",
    "fcm", "vapid", "deltachat", "deltachats", "signal", "signals",
})  # fmt: skip
# Options of an address that would read files or loosen what is kept here (time limits, TLS checks, repetitions).
_NO_OPTIONS = frozenset({
    "template", "keyfile", "key_file", "pgpkey", "pgp", "pgpkeyfile", "certificate", "cert", "attach", "attachment",
    "verify", "redirect", "rto", "cto", "retry", "wait", "subfile", "include", "image_path",
})  # fmt: skip


def allowed_schemes() -> tuple[str, ...]:
    """Return the services that people may be reached by here, as Apprise names them."""
    return tuple(scheme for scheme in get_settings().notify_schemes if scheme not in NEVER)


def check_service(url: str, field: str = "address") -> str:
    """Return the scheme of a service's address; raise ValidationFailed for one that can't or mustn't be used."""
    scheme = url.partition("://")[0].strip().lower()
    if "://" not in url or len(url) > MAX_URL or not url.isprintable():
        raise ValidationFailed(field, "This is not an address such as ntfys://ntfy.example.org/topic.")
    allowed = allowed_schemes()
    if scheme not in allowed:
        names = ", ".join(f"{name}://" for name in allowed) or "no services at all"
        raise ValidationFailed(field, f"The operator allows {names}.")
    # Apprise ignores a leading sign and the case of an option's name.
    options = {
        name.lstrip("+-: ").lower() for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)
    }
    if options & _NO_OPTIONS:
        raise ValidationFailed(field, f"The option {min(options & _NO_OPTIONS)!r} isn't allowed here.")
    if service_at(url) is None:
        raise ValidationFailed(field, "Apprise can't read this address; compare it with the service's page.")
    return scheme


def send_to_service(url: str, title: str, body: str, before_handing_over: BeforeHandingOver) -> None:
    """Send words to a service, from a process of its own that has SECONDS and a bound on its memory.

    Raises NotSent when the service said no or couldn't be reached, PerhapsSent when it didn't answer in time.
    """
    try:
        check_service(url)
    except ValidationFailed as error:
        raise NotSent(error.message, permanent=True) from error
    order = {"url": url, "title": title, "body": body, "private": get_settings().notify_private_addresses}
    before_handing_over()
    try:
        told = json.loads(
            run_child("recaller.infra.apprise_sender", given=json.dumps(order).encode(), seconds=SECONDS)
        )
    except ChildTimedOut as error:
        raise PerhapsSent(f"The service didn't answer within {SECONDS:g} seconds.") from error
    except (ChildFailed, ValueError) as error:
        raise PerhapsSent("The service's plugin failed, or its answer was too large.") from error
    if told["sent"]:
        return
    if told["defect"]:
        # At whatever point: nobody knows how far it came.
        raise PerhapsSent(f"The service's plugin failed: {told['defect']}")
    if told["refused"]:
        raise NotSent(
            "The service stands at a private address, which the operator doesn't allow.", permanent=True
        )
    why = told["why"] or "The service didn't take it."
    if told["seconds"] >= min(CONNECT_SECONDS, READ_SECONDS):
        raise PerhapsSent(f"The service didn't answer in time. {why}")
    raise NotSent(why)
