"""Likeness of two texts about one payment."""

from __future__ import annotations

from recaller.domain.likeness import ALIKE, assign_twins, likeness, words_of


def test_a_shortened_text_is_alike_and_another_shop_is_not() -> None:
    long, short = words_of("POS Purchase SUPERMARKET Nord 4711 Oslo"), words_of("supermarket nord")
    assert likeness(long, short) == 1000
    assert likeness(long, words_of("SUPERMARKE NOR")) >= ALIKE
    assert likeness(long, words_of("Pharmacy Sun")) == 0
    assert likeness(words_of(""), words_of("Baker")) == 0


def test_accents_and_case_do_not_matter() -> None:
    assert likeness(words_of("Café Zoë"), words_of("CAFE ZOE 12")) == 1000


def test_twins_go_to_the_likest_entry_and_the_rest_in_order() -> None:
    rows = {7: "KIOSK", 3: "baker", 9: "unknown"}
    assert assign_twins(rows, ["Baker Street", "Kiosk 24"]) == {7: 1, 3: 0}
    assert assign_twins({1: "x", 2: "x"}, ["x"]) == {1: 0}
