"""Users and households: signing up and in, sessions, members and invitations, profiles; who a caller is.

A surface asks `resolve_browser` (page events), `resolve_cookie` or `resolve_access_token` (REST) for the
`Identity`, takes `identity.scope()` and opens `work(scope)` with it. Nothing of it is kept between calls.
"""

from __future__ import annotations

from recaller.infra.sessions import SessionKind
from recaller.services.identity.access import close_access, list_households, open_access
from recaller.services.identity.joining import accept_invitation, read_invitation, sign_up_invited
from recaller.services.identity.members import (
    MemberChange,
    change_member,
    invite_member,
    list_invitations,
    list_members,
    remove_member,
    withdraw_invitation,
)
from recaller.services.identity.profile import (
    HouseholdChange,
    ProfileChange,
    read_household,
    read_profile,
    update_household,
    update_profile,
)
from recaller.services.identity.scopes import (
    check_origin,
    member_scope,
    resolve_access_token,
    resolve_browser,
    resolve_browser_scope,
    resolve_cookie,
    resolve_scope,
    session_cookie_name,
)
from recaller.services.identity.sessions import end_other_sessions, end_session, list_sessions, switch_tenant
from recaller.services.identity.sign_in import (
    change_password,
    issue_access_token,
    refresh_tokens,
    sign_in,
    sign_out,
)
from recaller.services.identity.sign_up import (
    NewHousehold,
    NewUser,
    SignUpOptions,
    create_household,
    create_user,
    sign_up,
    sign_up_options,
)
from recaller.services.identity.views import (
    Client,
    HouseholdView,
    Identity,
    InvitationOfferView,
    InvitationView,
    MembershipView,
    MemberView,
    Preferences,
    ProfileView,
    SessionView,
    SignedIn,
    TokenPair,
)

__all__ = [
    "Client", "HouseholdChange", "HouseholdView", "Identity", "InvitationOfferView", "InvitationView",
    "MemberChange", "MemberView", "MembershipView", "NewHousehold", "NewUser", "Preferences", "ProfileChange",
    "ProfileView", "SessionKind", "SessionView", "SignUpOptions", "SignedIn", "TokenPair", "accept_invitation",
    "change_member", "change_password", "check_origin", "close_access", "create_household", "create_user",
    "end_other_sessions", "end_session", "invite_member", "issue_access_token", "list_households",
    "list_invitations", "list_members", "list_sessions", "member_scope", "open_access", "read_household",
    "read_invitation", "read_profile", "refresh_tokens", "remove_member", "resolve_access_token", "resolve_browser",
    "resolve_browser_scope", "resolve_cookie", "resolve_scope", "session_cookie_name", "sign_in", "sign_out",
    "sign_up", "sign_up_invited", "sign_up_options", "switch_tenant", "update_household", "update_profile",
    "withdraw_invitation",
]  # fmt: skip
