"""Notifications: telling people once, over the channels and at the times that they chose.

Others tell with `notify` (see `notices.py`); the surfaces use the rest. What is due is sent by `sending.send_due`.
"""

from recaller.services.notifications.centre import (
    DeliveryView,
    NotificationView,
    count_unread,
    forget_old_notifications,
    list_notifications,
    mark_all_read,
    mark_read,
)
from recaller.services.notifications.channels import (
    ChannelChange,
    ChannelOffer,
    ChannelView,
    add_channel,
    change_channel,
    channel_offer,
    confirm_channel,
    get_channel,
    list_channels,
    remove_channel,
)
from recaller.services.notifications.delivering import send_again
from recaller.services.notifications.kinds import KINDS, NoticeKind
from recaller.services.notifications.notices import Notice, fact_notice, lead_days_of, notify, notify_all
from recaller.services.notifications.preferences import (
    PreferenceChange,
    PreferenceView,
    get_schedule,
    list_preferences,
    save_preference,
    save_schedule,
)
from recaller.services.notifications.testing import TrialView, try_channel
from recaller.services.notifications.wording import (
    BillDue,
    BillMissed,
    BillsBooked,
    BillToConfirm,
    BookedBill,
    BudgetReached,
    PriceChanged,
)

__all__ = [
    "KINDS",
    "BillDue",
    "BillMissed",
    "BillToConfirm",
    "BillsBooked",
    "BookedBill",
    "BudgetReached",
    "ChannelChange",
    "ChannelOffer",
    "ChannelView",
    "DeliveryView",
    "Notice",
    "NoticeKind",
    "NotificationView",
    "PreferenceChange",
    "PreferenceView",
    "PriceChanged",
    "TrialView",
    "add_channel",
    "change_channel",
    "channel_offer",
    "confirm_channel",
    "count_unread",
    "fact_notice",
    "forget_old_notifications",
    "get_channel",
    "get_schedule",
    "lead_days_of",
    "list_channels",
    "list_notifications",
    "list_preferences",
    "mark_all_read",
    "mark_read",
    "notify",
    "notify_all",
    "remove_channel",
    "save_preference",
    "save_schedule",
    "send_again",
    "try_channel",
]
