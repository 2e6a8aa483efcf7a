"""Hashes and checks passwords with argon2id: a bounded number at a time, and as slowly for nobody as for somebody."""

from __future__ import annotations

import os
import re
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import Type

from recaller.core.errors import Unavailable, ValidationFailed

MIN_LENGTH = 10
MAX_LENGTH = 200

# 46 MiB and two passes on one lane: above OWASP's minimum for argon2id, some 60 ms on a small server.
_HASHER = PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1, hash_len=32, type=Type.ID)

# Each hash holds its 46 MiB and a core, so that a burst of sign-ins can't take all of either.
PARALLEL = max(2, min(4, os.cpu_count() or 2))
WAIT_SECONDS = 10
_slots = threading.BoundedSemaphore(PARALLEL)

# What guessers try first, without the digits and marks that people put around such a word.
_COMMON_WORDS = """
password passwort motdepasse contrasena senha passw0rd p@ssword p@ssw0rd qwertyuiop qwertzuiop
azertyuiop asdfghjkl qwerty qwertz azerty letmein iloveyou princess sunshine football baseball
basketball superman batman welcome welcometo administrator admin changeme trustno1 whatever
starwars dragon monkey shadow master michael jennifer liverpool manchester chelsea barcelona
computer internet samsung pokemon minecraft default secret mysecret mypassword thepassword
passwordpassword recaller household 1q2w3e4r5t 1qaz2wsx3edc qazwsxedc zaq12wsx q1w2e3r4t5
abcdefghij abcdefghijk correcthorsebatterystaple
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_SEQUENCES = (
    "01234567890123456789",
    "98765432109876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
)


def check_new_password(password: str, email: str, field: str = "password") -> str:
    """Return the password as it is hashed; raise ValidationFailed naming `field` for one easily guessed."""
    normal = _normal(password)
    if len(normal) < MIN_LENGTH:
        raise ValidationFailed(field, f"Use at least {MIN_LENGTH} characters.")
    if len(normal) > MAX_LENGTH:
        raise ValidationFailed(field, f"Use at most {MAX_LENGTH} characters.")
    folded = normal.casefold()
    core = re.sub(r"^[\d\W_]+|[\d\W_]+$", "", folded)
    guessable = (
        len(set(folded)) < 5
        or folded in _COMMON
        or core in _COMMON
        or any(folded in sequence for sequence in _SEQUENCES)
        or folded in (email.casefold(), email.casefold().partition("@")[0])
    )
    if guessable:
        raise ValidationFailed(field, "This password is among the first that are guessed; use another one.")
    return normal


def hash_password(password: str) -> str:
    """Return the argon2id hash in its PHC string form; raise Unavailable when too many wait already."""
    with _slot():
        return _HASHER.hash(_normal(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Tell whether the password fits; with `stored` None the same work is done, and the answer is no."""
    candidate = _normal(password)[: MAX_LENGTH + 1]
    if stored is None or not stored.startswith("$argon2"):
        _matches(_dummy_hash(), candidate)
        return False
    return _matches(stored, candidate)


def needs_rehash(stored: str) -> bool:
    """Tell whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _matches(stored: str, candidate: str) -> bool:
    with _slot():
        try:
            return _HASHER.verify(stored, candidate)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> str:
    # Keyboards write the same character in different ways (NIST SP 800-63B, 5.1.1.2).
    return unicodedata.normalize("NFKC", password)


@lru_cache(maxsize=1)
def _dummy_hash() -> str:
    with _slot():
        return _HASHER.hash(secrets.token_urlsafe(32))


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("Too many sign-ins at once; try again in a moment.")
    try:
        yield
    finally:
        _slots.release()
