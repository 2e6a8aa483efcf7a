"""Fills the notification tables of a household, for the isolation tests."""

from __future__ import annotations

from recaller.infra.crypto import encrypt
from recaller.infra.work import Work
from recaller.services.notifications import Notice, notify
from tests.support.households import Household


def fill_notifications(w: Work, household: Household) -> None:
    """Leave a notification with its delivery, a channel, a preference and a schedule."""
    day = w.today
    notify(w, Notice("bill.reminder", "bill:1:0", day, "Rent is due", "900.00", "/", w.scope.shared_space_id))
    own = {"tenant": w.scope.tenant_id, "space": w.scope.private_space_id, "user": household.user_id}
    w.run(
        "INSERT INTO notification_channel (tenant_id, space_id, id, user_id, kind, label, address_encrypted, masked)"
        " VALUES (:tenant, :space, gen_random_uuid(), :user, 'email', 'Other', :address, 'a@…')",
        **own,
        address=encrypt(b"a@example.org"),
    )
    w.run(
        "INSERT INTO notification_delivery (tenant_id, space_id, id, user_id, notification_id, channel_id, kind, thing,"
        " day, next_at) SELECT n.tenant_id, n.space_id, gen_random_uuid(), n.user_id, n.id, c.id, n.kind, n.thing,"
        " n.day, now() FROM notification n JOIN notification_channel c ON c.user_id = n.user_id AND c.kind = 'email'"
    )
    w.run(
        "INSERT INTO notification_preference (tenant_id, space_id, user_id, kind)"
        " VALUES (:tenant, :space, :user, 'bill.posted')",
        **own,
    )
    w.run(
        "INSERT INTO notification_schedule (tenant_id, space_id, user_id, quiet_from, quiet_to)"
        " VALUES (:tenant, :space, :user, 1320, 420)",
        **own,
    )
