"""What can go wrong around users, sessions and households."""

from __future__ import annotations

from recaller.core.errors import Conflict, Forbidden, NotFound, Unauthenticated


class SignInFailed(Unauthenticated):
    """Unknown e-mail, wrong password or a blocked user: never said which."""

    code = "sign_in_failed"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


class SessionEnded(Unauthenticated):
    """The session has ended: signed out here or elsewhere, run out, or its user was blocked."""

    code = "session_ended"

    def __init__(self) -> None:
        super().__init__("You are signed out. Sign in again.")


class RefreshReused(Unauthenticated):
    """A refresh token came back after its successor was in use: somebody else may hold it."""

    code = "refresh_reused"

    def __init__(self) -> None:
        super().__init__("This refresh token was used before; the session was ended. Sign in again.")


class OriginRefused(Forbidden):
    """The call comes from a page of another site, or of an address that isn't listed."""

    code = "origin_refused"

    def __init__(self, origin: str | None) -> None:
        shown = (origin or "none")[:100]
        super().__init__(
            f"Calls from the origin {shown} are refused; the operator can list it in the settings."
        )


class SignUpClosed(Forbidden):
    """Sign-up is by invitation only."""

    code = "sign_up_closed"

    def __init__(self) -> None:
        super().__init__("Sign-up is by invitation here. Ask an administrator for one.")


class NotAMember(Forbidden):
    """The user doesn't belong to the household that was asked for."""

    code = "not_a_member"

    def __init__(self) -> None:
        super().__init__("You don't belong to this household.")


class NoHousehold(Forbidden):
    """The user belongs to no household (any more)."""

    code = "no_household"

    def __init__(self) -> None:
        super().__init__("You belong to no household now. Create one or ask for an invitation.")


class EmailTaken(Conflict):
    """There is a user of this e-mail address already."""

    code = "email_taken"

    def __init__(self) -> None:
        super().__init__("There is an account with this e-mail address already: sign in instead.")


class LastAdmin(Conflict):
    """A household always keeps one administrator."""

    code = "last_admin"

    def __init__(self) -> None:
        super().__init__("A household needs an administrator: give another member that role first.")


class InvitationInvalid(NotFound):
    """The invitation doesn't exist, was used or withdrawn, has run out, or is for another e-mail address."""

    code = "invitation_invalid"

    def __init__(self) -> None:
        super().__init__("invitation", "")
        self.message = "This invitation is not valid (any more), or it is for another e-mail address."
