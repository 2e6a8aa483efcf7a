"""Counts requests in Redis, so that all servers together keep each limit.

While Redis is away each process counts for itself: a limit is then at most as many times looser as there are
processes, but nobody is locked out and nothing is unlimited.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from recaller.core.errors import RateLimited
from recaller.infra import redis_outage
from recaller.settings import get_settings


@dataclass(frozen=True, slots=True)
class Limit:
    """A named number of calls in a time; `exact` keeps each call's time, else two counters estimate it."""

    name: str
    item: RateLimitItem
    exact: bool = True


SIGN_IN_ACCOUNT_AND_ADDRESS = Limit("sign-in-account-address", RateLimitItemPerMinute(5))
SIGN_IN_ADDRESS = Limit("sign-in-address", RateLimitItemPerMinute(30))
# Many addresses guessing at one account; high enough that nobody is locked out by a few jokes.
SIGN_IN_ACCOUNT = Limit("sign-in-account", RateLimitItemPerHour(100))
SIGN_UP_ADDRESS = Limit("sign-up-address", RateLimitItemPerMinute(10))
PASSWORD_CHANGE = Limit("password-change", RateLimitItemPerMinute(5))
REFRESH_ADDRESS = Limit("refresh-address", RateLimitItemPerMinute(60))
INVITATION_ADDRESS = Limit("invitation-address", RateLimitItemPerMinute(30))
# Calendar programs come a few times an hour; many households may share a provider's address.
FEED_TRIES = Limit("feed-tries", RateLimitItemPerMinute(120))
FEED_ADDRESS = Limit("feed-address", RateLimitItemPerHour(120))


def api_limit() -> Limit:
    """Return the general limit of one user's API calls."""
    return Limit("api", RateLimitItemPerMinute(get_settings().api_requests_per_minute), exact=False)


@lru_cache(maxsize=8)
def _limiter(url: str, exact: bool) -> RateLimiter:
    options: dict[str, Any] = {}
    if not url.startswith("memory"):
        options = {
            "socket_connect_timeout": 1,
            "socket_timeout": 2,
            "retry": Retry(NoBackoff(), 0),
            "key_prefix": "recaller:limits",
        }
    storage = storage_from_string(url, wrap_exceptions=True, **options)
    return (MovingWindowRateLimiter if exact else SlidingWindowCounterRateLimiter)(storage)


def check_limit(limit: Limit, *subjects: str) -> None:
    """Count one call of the subject; raise RateLimited with the wait.

    Subjects (addresses, e-mails) are kept as hashes only.
    """
    keys = (limit.name, *(hashlib.sha256(subject.encode()).hexdigest()[:32] for subject in subjects))
    reset, counted = None, False
    if redis_outage.may_ask():
        try:
            reset, counted = _count(get_settings().limits_storage_url, limit, keys), True
            redis_outage.end()
        except (StorageError, RedisError):
            redis_outage.begin()
    if not counted:
        reset = _count("memory://", limit, keys)
    if reset is None:
        return
    wait = max(1, math.ceil(reset - time.time()))
    raise RateLimited(f"Too many tries. Try again in {wait} seconds.", wait)


def forget_local_counts() -> None:
    """Begin anew with what this process counted by itself."""
    _limiter.cache_clear()


def _count(url: str, limit: Limit, keys: tuple[str, ...]) -> float | None:
    """Count one call; returns None, or when the window opens again (seconds since the epoch) if it is full."""
    limiter = _limiter(url, limit.exact)
    if limiter.hit(limit.item, *keys):
        return None
    return limiter.get_window_stats(limit.item, *keys).reset_time


def network_of(ip: str) -> str:
    """Return what one caller has for itself: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
