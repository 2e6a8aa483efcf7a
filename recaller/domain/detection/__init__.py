"""Detection of recurring payments in a household's history: pure rules, no model, no clock."""

from recaller.domain.detection.finding import detect, window_start
from recaller.domain.detection.names import place_words, shown_name, words_of
from recaller.domain.detection.proposals import confidence_of, nearest_dates, recurrences_of
from recaller.domain.detection.rows import HistoryRow, Interval, Pattern, Rhythm

__all__ = [
    "HistoryRow",
    "Interval",
    "Pattern",
    "Rhythm",
    "confidence_of",
    "detect",
    "nearest_dates",
    "place_words",
    "recurrences_of",
    "shown_name",
    "window_start",
    "words_of",
]
