"""Hands one message to the operator's mail server, and says for certain where that went wrong.

Decision 7 tells why the conversation is led by hand: until DATA begins, nothing has left and anybody may start again.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from urllib.parse import urlsplit

from recaller.infra.outbound import BeforeHandingOver, NotSent, PerhapsSent
from recaller.settings import Settings, get_settings

# For each answer of the server, not for the whole conversation.
ANSWER_SECONDS = 20
_OK = 250
_OK_ELSEWHERE = 251
_PERMANENT = 500


def mail_host() -> str:
    """Return the name that our messages and their ids carry."""
    return urlsplit(get_settings().base_url).hostname or "localhost"


def send_mail(message: EmailMessage, recipient: str, before_handing_over: BeforeHandingOver) -> None:
    """Give the message to the mail server for one recipient.

    Raises NotSent when the server certainly hasn't taken it, PerhapsSent when the connection was lost after DATA.
    """
    settings = get_settings()
    sender = parseaddr(settings.smtp_from or "")[1]
    if not settings.mail_is_set_up:
        raise NotSent("The operator hasn't set up a mail server.", permanent=True)
    if not recipient.isascii():
        raise NotSent("This address can't be reached by mail.", permanent=True)
    content = message.as_bytes(policy=SMTP)
    try:
        server = _connect(settings)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"The mail server can't be used: {_words(error)}") from error
    try:
        _address(server, sender, recipient)
        before_handing_over()
        _hand_over(server, content)
    finally:
        # What the server took stays taken, however the farewell goes.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()
        server.close()


def _connect(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host or "", settings.smtp_port
    context = ssl.create_default_context()
    if settings.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port, mail_host(), timeout=ANSWER_SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(host, port, mail_host(), timeout=ANSWER_SECONDS)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        if settings.smtp_user is not None and settings.smtp_password is not None:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def _address(server: smtplib.SMTP, sender: str, recipient: str) -> None:
    try:
        code, answer = server.mail(sender)
        if code == _OK:
            code, answer = server.rcpt(recipient)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"The mail server broke off: {_words(error)}") from error
    if code not in (_OK, _OK_ELSEWHERE):
        raise NotSent(f"The mail server refused it: {code} {_text(answer)}", permanent=code >= _PERMANENT)


def _hand_over(server: smtplib.SMTP, content: bytes) -> None:
    try:
        code, answer = server.data(content)
    except smtplib.SMTPDataError as error:
        # The answer to DATA itself: the message wasn't asked for.
        words = _text(error.smtp_error)
        raise NotSent(
            f"The mail server refused it: {error.smtp_code} {words}", permanent=error.smtp_code >= _PERMANENT
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise PerhapsSent(
            f"The mail server fell silent while it took the message: {_words(error)}"
        ) from error
    if code != _OK:
        raise NotSent(f"The mail server refused it: {code} {_text(answer)}", permanent=code >= _PERMANENT)


def _text(answer: bytes | str) -> str:
    words = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return " ".join(words.split())[:200]


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return (str(error) or type(error).__name__)[:200]
