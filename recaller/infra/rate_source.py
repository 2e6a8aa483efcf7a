"""The European Central Bank's reference rates: one fixed address, asked once for all households, and not too long.

`provide_reference_rates` downloads outside of any transaction, in a process of its own (`rate_download`); the file, or
the failure, is shared through Redis for a while. `reference_rates` returns what was provided.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import Any

import structlog
from redis import Redis

from recaller.core.errors import RecallerError
from recaller.infra.child_process import ChildFailed, ChildTimedOut, run_child
from recaller.infra.queue import ask
from recaller.infra.rate_download import MAX_BYTES
from recaller.settings import get_settings

log = structlog.get_logger(__name__)

# For all of the download, however slowly it comes.
TIMEOUT_SECONDS = 40.0
KEEP_SECONDS = 3600
# A source that is away isn't asked again for so long.
FAILURE_SECONDS = 600
_POLL_SECONDS = 0.25
_FAILED = b"failed"


class RatesUnavailable(RecallerError):
    """The source of rates didn't answer as it should; the next night tries again."""

    code = "rates_unavailable"
    status = 503


@dataclass(frozen=True, slots=True)
class _Kept:
    content: bytes
    until: float


# What this process provided or saw, for the time that Redis is away.
_here: dict[str, _Kept] = {}


def provide_reference_rates() -> None:
    """See to it that the file (or the failure to get it) is there to be read; call it with no transaction open.

    Of several processes one downloads, the others wait for it.
    """
    key = _key()
    if _kept(key) is not None:
        return
    if _begin(key):
        _keep(key, _download())
        return
    until = time.monotonic() + TIMEOUT_SECONDS
    while _kept(key) is None and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)


def reference_rates() -> bytes:
    """Return the file at RECALLER_ECB_RATES_URL that was provided; raise RatesUnavailable when there is none."""
    content = _kept(_key())
    if content is None or content == _FAILED:
        raise RatesUnavailable("The source of exchange rates can't be reached now.")
    return content


def forget_fetched() -> None:
    """Drop what was downloaded, so that the next call asks anew."""
    _here.clear()
    ask(lambda redis: bool(redis.delete(_key(), f"{_key()}:lock")), False)


def _download() -> bytes:
    try:
        content = run_child(
            "recaller.infra.rate_download", get_settings().ecb_rates_url, given=b"", seconds=TIMEOUT_SECONDS
        )
    except (ChildFailed, ChildTimedOut) as error:
        log.warning("rates_not_fetched", error=type(error).__name__)
        return _FAILED
    return content if 0 < len(content) <= MAX_BYTES else _FAILED


def _key() -> str:
    return f"recaller:rates:{hashlib.sha256(get_settings().ecb_rates_url.encode()).hexdigest()[:32]}"


def _kept(key: str) -> bytes | None:
    here = _here.get(key)
    if here is not None and time.monotonic() < here.until:
        return here.content
    content: Any = ask(lambda redis: redis.get(key), None)
    return None if content is None else bytes(content)


def _begin(key: str) -> bool:
    """Tell whether this process is the one to download: while Redis is away, each does."""
    return ask(lambda redis: bool(redis.set(f"{key}:lock", 1, nx=True, ex=int(TIMEOUT_SECONDS) + 5)), True)


def _keep(key: str, content: bytes) -> None:
    seconds = FAILURE_SECONDS if content == _FAILED else KEEP_SECONDS
    _here[key] = _Kept(content, time.monotonic() + seconds)

    def share(redis: Redis) -> None:
        redis.set(key, content, ex=seconds)
        redis.delete(f"{key}:lock")

    ask(share, None)
