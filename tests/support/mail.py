"""A real mail server on loopback: keeps what it was given, and can be told to hold or refuse at a point."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from recaller.settings import Settings


@dataclass
class MailServer:
    """What arrived, and how the server behaves.

    `hold_at` ('RCPT' or 'DATA') makes it wait there until `go_on` is set, with `reached` telling that somebody came;
    at DATA the message is kept before it waits, but not acknowledged. `refuse` is the answer to the message.
    """

    host: str = ""
    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    hold_at: str = ""
    refuse: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def settings(self, settings: Settings) -> Settings:
        """Return the settings of a Recaller that sends through this server."""
        return settings.model_copy(
            update={
                "smtp_host": self.host,
                "smtp_port": self.port,
                "smtp_security": "none",
                "smtp_from": "Recaller <recaller@example.org>",
            }
        )

    @property
    def subjects(self) -> list[str]:
        """The subjects of what arrived."""
        return [str(message["Subject"]) for message in self.messages]

    def sent_to(self, address: str) -> list[EmailMessage]:
        """What arrived for one address: others may get their mail meanwhile."""
        return [message for message in self.messages if address in str(message["To"])]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        await self._hold(server, "RCPT")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.refuse:
            return self.refuse
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients += envelope.rcpt_tos
        await self._hold(server, "DATA")
        return "250 OK"

    async def _hold(self, server: SMTP, point: str) -> None:
        if self.hold_at == point:
            self.reached.set()
            await server.loop.run_in_executor(None, self.go_on.wait, 60)


@contextmanager
def running_mail_server(**options: Any) -> Iterator[MailServer]:
    """Run a mail server on a free port of loopback; `options` are aiosmtpd's (TLS, log-in)."""
    mail = MailServer()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        mail.host, mail.port = probe.getsockname()
    controller = Controller(mail, hostname=mail.host, port=mail.port, **options)
    controller.start()
    try:
        yield mail
    finally:
        mail.go_on.set()
        controller.stop()


def text_of_mail(message: EmailMessage, kind: str) -> str:
    """Return the plain (`plain`) or HTML (`html`) part of a message."""
    part = message.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content
