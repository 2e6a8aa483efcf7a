"""Encryption at rest and keyed digests; keys come from the settings, the first encrypts, all decrypt."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from recaller.core.errors import RecallerError
from recaller.settings import get_settings


class UndecryptableSecret(RecallerError):
    """Stored bytes that none of the configured keys opens."""

    code = "undecryptable"


@lru_cache(maxsize=4)
def _cipher(keys: tuple[bytes, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def _keys() -> tuple[bytes, ...]:
    return get_settings().encryption_key_bytes


def encrypt(plain: bytes) -> bytes:
    """Encrypt with the newest key (Fernet: AES-128-CBC with HMAC-SHA256, time-stamped)."""
    return _cipher(_keys()).encrypt(plain)


def decrypt(token: bytes) -> bytes:
    """Decrypt with whichever configured key fits; raise UndecryptableSecret when none does."""
    try:
        return _cipher(_keys()).decrypt(token)
    except InvalidToken as error:
        raise UndecryptableSecret("A stored secret can't be opened with the configured keys.") from error


def rotate(token: bytes) -> bytes:
    """Encrypt again under the newest key; raise UndecryptableSecret when no configured key opens it."""
    try:
        return _cipher(_keys()).rotate(token)
    except InvalidToken as error:
        raise UndecryptableSecret("A stored secret can't be opened with the configured keys.") from error


def digest(text: str, purpose: str) -> bytes:
    """Return a keyed digest for equality look-ups (HMAC-SHA256 under the newest key)."""
    return digests(text, purpose)[0]


def digests(text: str, purpose: str) -> list[bytes]:
    """Return the digest under each configured key, newest first: rows not yet rotated match one of them."""
    message = f"{purpose}\0{text}".encode()
    return [hmac.new(key, message, hashlib.sha256).digest() for key in _keys()]
