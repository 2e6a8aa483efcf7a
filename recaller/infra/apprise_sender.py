"""Speaks to a service through Apprise; run as a process of its own, which ends with the message (`services_abroad`).

Input and output are JSON: the order (an address, which is a secret, title, body, whether private addresses may be
called), and how it went.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType

from recaller.infra.child_process import limit_this_process
from recaller.infra.outbound import call_public_addresses_only

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
# The interpreter and Apprise take about 60 MB; a service's answer is read whole.
MEMORY_BYTES = 384 * 1024 * 1024
# Should nobody end it before.
LIFE_SECONDS = 60.0


def service_at(url: str) -> Any:
    """Return Apprise's service at an address, with our limits; None when it can't read the address."""
    asset = AppriseAsset(secure_logging=True, async_mode=False, allow_templates=False, http_redirects=False)
    service = Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if service is not None:
        service.socket_connect_timeout, service.socket_read_timeout = CONNECT_SECONDS, READ_SECONDS
        service.retry = 0
    return service


class _Reasons(logging.Handler):
    """Keeps the first thing that Apprise complains about: its only way to say why something failed."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record's words, if it is the first."""
        if not self.text:
            self.text = " ".join(record.getMessage().split())[:300]


def send(order: dict[str, Any]) -> dict[str, Any]:
    """Send what was ordered; returns whether the service took it, and what is known about why not."""
    refused = [] if order["private"] else call_public_addresses_only()
    reasons = _Reasons()
    logging.getLogger("apprise").addHandler(reasons)
    service = service_at(order["url"])
    sent, defect = False, ""
    began = time.monotonic()
    try:
        sent = service is not None and bool(
            service.notify(
                body=order["body"],
                title=order["title"],
                notify_type=NotifyType.INFO,
                body_format=NotifyFormat.TEXT,
            )
        )
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; it is told to whoever started us
        defect = type(error).__name__
    return {
        "sent": sent,
        "defect": defect,
        "refused": bool(refused),
        "why": reasons.text,
        "seconds": time.monotonic() - began,
    }


def main() -> None:
    """Read an order from standard input, send it, and write how it went."""
    limit_this_process(memory_bytes=MEMORY_BYTES, seconds=LIFE_SECONDS)
    order = json.loads(sys.stdin.buffer.read())
    answer = sys.stdout
    # A plugin that prints must not speak in our place.
    sys.stdout = sys.stderr
    json.dump(send(order), answer)


if __name__ == "__main__":
    main()
