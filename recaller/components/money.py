"""Amounts on screen: display-ready text from the server, with a tone and the privacy blur."""

from __future__ import annotations

from typing import Literal

import reflex as rx

from recaller.components.base import Text, classes, joined

MoneyTone = Literal["neutral", "positive", "negative", "muted"]


def money(amount_text: Text, tone: MoneyTone | Text = "neutral", strong: bool = False) -> rx.Component:
    """Draw an amount that is already formatted, sign included (U+2212 for minus, + for income).

    `tone` only adds colour to what the sign says: positive (money in), negative (an overdrawn or owed
    figure), neutral (ordinary spending) or muted. `money("+2,400.00", "positive")`, `money(row.amount, row.tone)`.
    """
    toned = joined("rc-money--", tone)
    return rx.el.span(
        amount_text, class_name=classes("rc-money private", toned, "rc-money--strong" if strong else "")
    )
