"""What endpoints ask for: who calls, in which household, from where; checked anew on each call."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from recaller.core.errors import Forbidden, Unauthenticated
from recaller.core.scope import Scope, Source
from recaller.infra.limits import api_limit, check_limit
from recaller.services import identity
from recaller.services.identity import Client, Identity
from recaller.settings import get_settings

CSRF_HEADER = "X-Recaller-CSRF"
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

_bearer = HTTPBearer(
    auto_error=False, scheme_name="bearer", description="An access token of POST /auth/sign-in."
)
# For the documentation only: over https the cookie's name carries a prefix, so it is read from the header.
_cookie = APIKeyCookie(
    name="recaller_session",
    auto_error=False,
    scheme_name="cookie",
    description=f"The browser's session. Calls that change something also need the header {CSRF_HEADER}: 1.",
)


class CsrfRefused(Forbidden):
    """A call with the browser's cookie that another site could have made."""

    code = "csrf_refused"

    def __init__(self) -> None:
        super().__init__(f"Calls with a cookie that change something need an Origin and {CSRF_HEADER}: 1.")


def check_csrf(request: Request) -> None:
    """Raise CsrfRefused / OriginRefused unless one of our own pages sent this.

    No form and no image can set the header, and a script of another origin would need our CORS permission to.
    """
    if request.headers.get(CSRF_HEADER) != "1" or "origin" not in request.headers:
        raise CsrfRefused()
    identity.check_origin(request.headers["origin"])


def client_of(request: Request) -> Client:
    """Return where the call comes from; X-Forwarded-For counts as far as the settings trust proxies."""
    address = request.client.host if request.client else ""
    hops = get_settings().trusted_proxy_hops
    if hops:
        forwarded = [
            part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()
        ]
        if forwarded:
            address = forwarded[max(0, len(forwarded) - hops)]
    return Client(ip=address[:64], user_agent=request.headers.get("user-agent", "")[:200])


def current_identity(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    _documented: Annotated[str | None, Depends(_cookie)],
) -> Identity:
    """Return who calls, by bearer token or else by cookie; raise Unauthenticated, CsrfRefused, RateLimited."""
    if bearer is not None:
        who = identity.resolve_access_token(bearer.credentials)
    elif "authorization" in request.headers:
        raise Unauthenticated("Only bearer tokens are accepted here.")
    else:
        who = identity.resolve_cookie(request.headers.get("cookie"))
        if request.method not in _SAFE_METHODS:
            check_csrf(request)
    check_limit(api_limit(), str(who.user_id))
    request.state.user_id = str(who.user_id)
    return who


def current_scope(
    request: Request,
    who: Annotated[Identity, Depends(current_identity)],
    x_tenant_id: Annotated[
        UUID | None, Header(description="Which of your households this call is for; else the session's own.")
    ] = None,
) -> Scope:
    """Return the key to the household that the call is for; raise NotAMember, NoHousehold."""
    scope = who.scope(
        x_tenant_id,
        source=Source.API if "authorization" in request.headers else Source.MANUAL,
        request_id=request.state.request_id,
    )
    request.state.tenant_id = str(scope.tenant_id)
    return scope


Caller = Annotated[Identity, Depends(current_identity)]
CurrentScope = Annotated[Scope, Depends(current_scope)]
FromClient = Annotated[Client, Depends(client_of)]
