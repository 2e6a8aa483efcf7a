"""A household's calendar feed, for tests that need every table filled."""

from __future__ import annotations

from recaller.infra.work import Work
from recaller.services.feeds import open_feed


def fill_feeds(w: Work) -> None:
    """Leave a calendar address of the acting member's."""
    open_feed(w)
