"""Counts requests in Redis, so that all servers together keep each limit; without Redis nothing is let through."""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from dataclasses import dataclass
from functools import lru_cache

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from recaller.core.errors import RateLimited, Unavailable
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


def api_limit() -> Limit:
    """Return the general limit of one user's API calls."""
    return Limit("api", RateLimitItemPerMinute(get_settings().api_requests_per_minute), exact=False)


@lru_cache(maxsize=8)
def _limiter(url: str, exact: bool) -> RateLimiter:
    storage = storage_from_string(
        url, wrap_exceptions=True, socket_connect_timeout=2, socket_timeout=3, key_prefix="recaller:limits"
    )
    return (MovingWindowRateLimiter if exact else SlidingWindowCounterRateLimiter)(storage)


def check_limit(limit: Limit, *subjects: str) -> None:
    """Count one call of the subject; raise RateLimited with the wait, or Unavailable when nothing can count.

    Subjects (addresses, e-mails) are kept as hashes only.
    """
    keys = (limit.name, *(hashlib.sha256(subject.encode()).hexdigest()[:32] for subject in subjects))
    try:
        limiter = _limiter(get_settings().limits_storage_url, limit.exact)
        if limiter.hit(limit.item, *keys):
            return
        reset = limiter.get_window_stats(limit.item, *keys).reset_time
    except (StorageError, RedisError) as error:
        raise Unavailable(
            "This can't be answered just now: the rate counters (Redis) don't answer."
        ) from error
    wait = max(1, math.ceil(reset - time.time()))
    raise RateLimited(f"Too many tries. Try again in {wait} seconds.", wait)


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
