"""Settings of the household: its name and currency, members and invitations, and further households."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import reflex as rx

from recaller.core.errors import ValidationFailed
from recaller.core.scope import Role
from recaller.infra.work import Work
from recaller.services import identity
from recaller.services.identity import HouseholdChange, MemberChange, NewHousehold
from recaller.state.base import event, form_of, id_of, identity_of, in_thread, in_work, text_of
from recaller.state.formatting import Formatter
from recaller.state.forms import Fields, FormState, form_event
from recaller.state.region import common_currencies, with_current
from recaller.state.session import SessionState, initials_of

INVITE_FORM = "invite-form"
HOUSEHOLD_DIALOG = "new-household"


@dataclass(frozen=True)
class MemberItem:
    """A member as listed."""

    id: str
    name: str
    email: str
    initials: str
    is_admin: bool
    active: bool
    is_me: bool


@dataclass(frozen=True)
class InvitationItem:
    """An open invitation as listed."""

    id: str
    email: str
    detail: str


class HouseholdState(FormState, rx.State):
    """The household's part of the settings page. `invite_link` is shown once, right after inviting."""

    loading: bool = True
    has_household: bool = False
    may_administer: bool = False
    name: str = ""
    base_currency: str = ""
    currencies: list[dict[str, str]] = []
    time_zone: str = ""
    members: list[MemberItem] = []
    invitations: list[InvitationItem] = []
    invite_link: str = ""
    invite_email: str = ""
    removing: str = ""
    removing_name: str = ""

    @event
    async def load(self) -> None:
        """Show the household, its members and, to administrators, the open invitations."""
        who = await identity_of(self)
        self.has_household = who.tenant_id is not None
        self._begin_form()
        self.invite_link = ""
        if self.has_household:
            await self._read()
        self.currencies = with_current(common_currencies(), self.base_currency)
        self.loading = False

    @event
    async def save_household(self, form: dict[str, Any]) -> Any:
        """Keep the household's name, currency and time zone; for administrators."""
        fields = form_of(form)
        change = HouseholdChange(
            name=text_of(fields.get("name"), "name", most=400),
            base_currency=text_of(fields.get("base_currency"), "base_currency", most=10),
            time_zone=text_of(fields.get("household_time_zone"), "time_zone", most=80),
        )
        await in_work(self, lambda w: identity.update_household(w, change))
        return [SessionState.load, HouseholdState.load, rx.toast("Saved.")]

    @event
    async def invite(self, form: dict[str, Any]) -> Any:
        """Invite somebody by e-mail address, and show the link to hand over."""
        fields = form_of(form)
        email = text_of(fields.get("invite_email"), "invite_email", most=300)
        role = _role(fields.get("invite_role"))
        try:
            made = await in_work(self, lambda w: identity.invite_member(w, email, role))
        except ValidationFailed as error:
            raise ValidationFailed("invite_email", error.message) from error
        await self._read()
        self.form_errors = {}
        self.invite_email, self.invite_link = made.email, f"{self._origin()}/join#{made.token}"
        return rx.call_script(f"document.getElementById('{INVITE_FORM}').reset()")

    @event
    async def withdraw_invitation(self, invitation_id: str) -> Any:
        """Make an open invitation worthless."""
        wanted = id_of(invitation_id)
        await in_work(self, lambda w: identity.withdraw_invitation(w, wanted))
        self.invite_link = ""
        await self._read()
        return rx.toast("The invitation is withdrawn.")

    @event
    async def change_role(self, user_id: str, role: str) -> Any:
        """Make a member an administrator (`admin`) or an ordinary member (`user`)."""
        member, wanted = id_of(user_id), _role(role)
        await in_work(self, lambda w: identity.change_member(w, member, MemberChange(role=wanted)))
        await self._read()
        return [SessionState.load, rx.toast("The role is changed.")]

    @event
    async def set_active(self, user_id: str, active: bool) -> Any:
        """Shut a member out, losing nothing, or let them in again."""
        member, wanted = id_of(user_id), active is True
        await in_work(self, lambda w: identity.change_member(w, member, MemberChange(active=wanted)))
        await self._read()
        return rx.toast("The member may enter again." if wanted else "The member is shut out.")

    @event
    async def ask_to_remove(self, user_id: str) -> None:
        """Ask before a member is removed."""
        await identity_of(self)
        wanted = str(id_of(user_id))
        self.removing = wanted
        self.removing_name = next((one.name for one in self.members if one.id == wanted), "")

    @event
    async def stop_removing(self) -> None:
        """Keep the member."""
        await identity_of(self)
        self.removing = ""

    @event
    async def remove_member(self) -> Any:
        """Take the member that was asked about out of the household."""
        member = id_of(self.removing)
        self.removing = ""
        await in_work(self, lambda w: identity.remove_member(w, member))
        await self._read()
        return rx.toast("The member is removed.")

    @form_event
    async def create_household(self, fields: Fields) -> Any:
        """Create another household of the user's own, and go there."""
        who = await identity_of(self)
        household = NewHousehold(
            text_of(fields.get("household_name"), "household_name", most=400),
            text_of(fields.get("new_currency"), "new_currency", most=10),
            who.preferences.time_zone,
        )
        await in_thread(lambda: identity.create_household(who, household))
        return rx.call_script("location.assign('/')")

    async def _read(self) -> None:
        def read(w: Work) -> tuple[Any, ...]:
            is_admin = w.scope.role is Role.ADMIN
            invitations = identity.list_invitations(w) if is_admin else ()
            return w.scope, identity.read_household(w), identity.list_members(w), invitations

        scope, household, members, invitations = await in_work(self, read, read_only=True)
        say = Formatter(scope.locale, scope.time_zone)
        self.may_administer = scope.role is Role.ADMIN
        self.name, self.base_currency, self.time_zone = (
            household.name, household.base_currency, household.time_zone,
        )  # fmt: skip
        self.members = [
            MemberItem(
                id=str(one.user_id),
                name=one.display_name,
                email=one.email,
                initials=initials_of(one.display_name),
                is_admin=one.role is Role.ADMIN,
                active=one.active,
                is_me=one.user_id == scope.user_id,
            )
            for one in members
        ]
        self.invitations = [
            InvitationItem(
                str(one.id),
                one.email,
                f"{'Administrator' if one.role is Role.ADMIN else 'Member'} · until {say.moment(one.expires_at)}",
            )
            for one in invitations
        ]

    def _origin(self) -> str:
        # Checked against the allowed ones with each event.
        parts = urlsplit(self.router.headers.origin)
        return f"{parts.scheme}://{parts.netloc}"


def _role(value: object) -> Role:
    try:
        return Role(text_of(value, "role", most=20))
    except ValueError as error:
        raise ValidationFailed("role", "Choose a role.") from error
