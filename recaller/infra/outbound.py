"""What leaves the house: the words in which sending ends, and a guard that keeps calls off private addresses."""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Callable
from typing import Any

# Called just before the other side is given the message; whatever it raises stops the sending there.
BeforeHandingOver = Callable[[], None]


class NotSent(Exception):
    """The other side certainly hasn't got the message; `permanent` when trying again won't help."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent


class PerhapsSent(Exception):
    """The message was on its way when sight of it was lost: it may have arrived, or not."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


# Hosts that were refused, once this process may call public addresses only.
_refused: list[str] | None = None


def call_public_addresses_only() -> list[str]:
    """Let this whole process, all of its threads, connect to public addresses only, for good.

    Returns the hosts that were refused, a list that grows. Look-ups leave private addresses out, and every connection
    is checked once more as it is made: whichever way a library chooses, and a name that changes its address between
    check and use gains nothing.
    """
    global _refused  # noqa: PLW0603 - one fact about this process
    if _refused is None:
        _refused = []
        socket.getaddrinfo = _guarded_look_up
        sys.addaudithook(_watch_connections)
    return _refused


def is_public(address: str) -> bool:
    """Whether an IP address may belong to anybody on the internet: not this host, this network, or a special use."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or _translated(found)
        if inner is not None:
            return is_public(str(inner))
        if found.teredo is not None:
            return False
    return found.is_global and not found.is_multicast


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    # RFC 6052, section 2.1: an IPv4 address behind a translator.
    if address in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


_look_up = socket.getaddrinfo


def _guarded_look_up(host: Any, *args: Any, **options: Any) -> Any:
    found = _look_up(host, *args, **options)
    public = [one for one in found if is_public(str(one[4][0]))]
    if not public:
        _refuse(host)
        raise socket.gaierror(socket.EAI_FAIL, "private addresses are not called from here")
    return public


def _watch_connections(event: str, args: tuple[Any, ...]) -> None:
    if event not in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        return
    address = args[1]
    if address is not None and not (isinstance(address, tuple) and is_public(str(address[0]))):
        _refuse(address[0] if isinstance(address, tuple) else address)
        raise ConnectionRefusedError("private addresses are not called from here")


def _refuse(host: Any) -> None:
    if _refused is not None:
        _refused.append(str(host))
