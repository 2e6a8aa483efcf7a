"""Who acts, in which tenant, and which spaces they see: resolved once per request, event or job."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from recaller.core.errors import Forbidden


class Role(StrEnum):
    """A user's role in one tenant."""

    USER = "user"
    ADMIN = "admin"


class Source(StrEnum):
    """Which surface a change came from; kept on transactions and in the audit trail."""

    MANUAL = "manual"
    IMPORT = "import"
    RECURRING = "recurring"
    API = "api"
    AI = "ai"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Scope:
    """The tenant wall's key: every unit of work is opened with one.

    `space_ids` are the spaces that may be seen: the shared one and, for a member, the own private one.
    `time_zone` (IANA) and `locale` are the acting user's; `base_currency` is the tenant's.
    """

    tenant_id: UUID
    user_id: UUID | None
    role: Role
    shared_space_id: UUID
    private_space_id: UUID | None
    space_ids: tuple[UUID, ...]
    base_currency: str = "USD"
    time_zone: str = "UTC"
    locale: str = "en_US"
    super_admin: bool = False
    session_id: str | None = None
    source: Source = Source.MANUAL
    request_id: str | None = None

    def require_admin(self) -> None:
        """Raise Forbidden unless the caller administers this tenant."""
        if self.role is not Role.ADMIN:
            raise Forbidden("Only an administrator of this household may do this.")

    def default_space(self, private: bool) -> UUID:
        """Return the space that a new row goes to; raise Forbidden when there is no private one."""
        if not private:
            return self.shared_space_id
        if self.private_space_id is None:
            raise Forbidden("There is no private space for this caller.")
        return self.private_space_id
