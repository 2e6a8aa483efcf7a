"""Makes and reads what clients carry: session secrets, access tokens (JWT), refresh and invitation tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import jwt

from recaller.core.errors import Unauthenticated
from recaller.settings import get_settings

ISSUER = "recaller"
AUDIENCE = "recaller-api"
ALGORITHM = "HS256"
_REFRESH_PREFIX = "rr1"
# Covers clocks of several servers that differ a little.
LEEWAY_SECONDS = 5


class InvalidToken(Unauthenticated):
    """The token is not ours, is damaged or has run out; sign in or refresh again."""

    code = "invalid_token"


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What an access token says; everything in it is checked again against the session."""

    user_id: UUID
    session_id: str
    tenant_id: UUID | None


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """Which session a refresh token belongs to, and the how-manieth of its family it is."""

    session_id: str
    generation: int


def _key(purpose: str) -> bytes:
    """Derive one key per purpose, so that a signature made for one never fits another."""
    return hmac.new(get_settings().signing_key, purpose.encode(), hashlib.sha256).digest()


def new_session_secret() -> str:
    """Return a fresh secret of 256 bits for a browser's cookie."""
    return secrets.token_urlsafe(32)


def session_id_of(secret: str) -> str:
    """Return the id under which the session of a browser's secret is kept; it doesn't reveal the secret."""
    return hashlib.sha256(secret.encode()).hexdigest()[:40]


def new_session_id() -> str:
    """Return an id for a session without a browser secret; no secret is known to hash to it."""
    return secrets.token_hex(20)


def issue_access_token(claims: AccessClaims, now: datetime) -> str:
    """Sign an access token that lives `access_token_seconds`."""
    payload = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(claims.user_id),
        "sid": claims.session_id,
        "tenant": None if claims.tenant_id is None else str(claims.tenant_id),
        "iat": now,
        "exp": now + timedelta(seconds=get_settings().access_token_seconds),
        "jti": secrets.token_hex(8),
    }
    return jwt.encode(payload, _key("access token"), algorithm=ALGORITHM)


def read_access_token(token: str) -> AccessClaims:
    """Check signature, issuer, audience and times; raise InvalidToken for anything out of order."""
    try:
        payload = jwt.decode(
            token,
            _key("access token"),
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "sub", "sid", "jti"]},
        )
        tenant = payload.get("tenant")
        return AccessClaims(
            UUID(payload["sub"]), str(payload["sid"]), None if tenant is None else UUID(tenant)
        )
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
        raise InvalidToken("The access token is not valid or has run out.") from error


def issue_refresh_token(claims: RefreshClaims, seed: str) -> str:
    """Return the one refresh token of this generation; `seed` is the session's own and stays on the server.

    It can be computed again, so that two tabs that refresh at once are given the same successor.
    """
    return f"{_REFRESH_PREFIX}.{claims.session_id}.{claims.generation}.{_refresh_mac(claims, seed)}"


def read_refresh_token(token: str) -> RefreshClaims:
    """Return what the token claims, not yet checked; raise InvalidToken when it isn't of our form."""
    parts = token.split(".")
    if len(token) > 200 or len(parts) != 4 or parts[0] != _REFRESH_PREFIX or not parts[2].isdecimal():
        raise InvalidToken("The refresh token is not valid.")
    if not parts[2].isascii() or not parts[1].isalnum():
        raise InvalidToken("The refresh token is not valid.")
    return RefreshClaims(parts[1], int(parts[2]))


def is_genuine_refresh(token: str, claims: RefreshClaims, seed: str) -> bool:
    """Tell whether this server issued the token (for whichever generation it claims)."""
    return hmac.compare_digest(token.rpartition(".")[2].encode(), _refresh_mac(claims, seed).encode())


def _refresh_mac(claims: RefreshClaims, seed: str) -> str:
    message = f"{claims.session_id}\0{claims.generation}\0{seed}".encode()
    digest = hmac.new(_key("refresh token"), message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def new_invitation_token() -> str:
    """Return a fresh secret of 256 bits for an invitation link."""
    return secrets.token_urlsafe(32)


def hash_invitation_token(token: str) -> bytes:
    """Return what is stored of an invitation's secret (which is random: a plain hash is enough)."""
    return hashlib.sha256(token.encode()).digest()
