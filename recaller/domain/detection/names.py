"""Tells which rows name the same payee, however the bank writes it: numbers, dates, cities and cut-off ends aside."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import log

from recaller.core.text import fold

MAX_TEXT = 160
MAX_WORDS = 8
# Two writings are one payee when this share of the weight of the shorter one is in both.
_ALIKE = 0.62
# A word shared by more different writings than this says nothing; it isn't used to look for alike ones.
_MAX_BLOCK = 400
_CUT = 4
# What stands between the words of a name, as in "Barnes & Noble".
_JOINERS = frozenset("&+")
MAX_NAME = 100
# What only places and forms have in common is too light to make two writings one payee.
_LEAST_SHARED = 0.5
# A word behind so many different first words is a place.
_PLACE = 4

_WORD = re.compile(r"[^\W_]+(?:['&+][^\W_]+)*")
# Words of bank forms, legal forms, places of the web and months: they name no payee.
_FORM = frozenset(
    """pos purchase purch checkcard check card visa mastercard maestro debit credit dda pur pymt pymts pmt pmts payment
    payments payt recurring recurng recur autopay bill billing ref reference direct dep deposit dd dir so bp bgc ppd ccd
    ach web id des indn co
    lastschrift gutschrift kartenzahlung dauerauftrag ueberweisung uberweisung echtzeituberweisung sepa basislastschrift
    folgelastschrift wiederholend end to mandatsref glaubiger rg nr rgnr kd kdnr incasso betaling pasvolgnr
    overboeking bea gea sq sumup tst zettle iz pp the and und of for von le la de at
    gmbh ag kg ohg ug eg ev mbh se ltd limited plc llc inc corp bv nv sa sarl srl spa ab oy
    www com net org co.uk
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec
    januar februar maerz marz mai juni juli oktober dezember januari februari maart mei augustus okt dez""".split()
)
# A letter and a digit are a card's number ("K1"), but for these.
_SHORT_BRANDS = frozenset({"o2", "3m", "m6"})
# Those who pass a payment on: the payee proper stands behind them or in the memo.
_BETWEEN = frozenset({"paypal", "klarna", "stripe", "adyen", "mollie", "worldline", "sumup"})


@lru_cache(maxsize=65_536)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words that may name a payee: folded, without numbers, codes, dates and words of forms."""
    found = (word for word in _WORD.findall(fold(text[:MAX_TEXT])) if not _volatile(word))
    return tuple(dict.fromkeys(found))[:MAX_WORDS]


def _volatile(word: str) -> bool:
    """Tell whether a word changes from row to row, or says nothing: a number, a date, a code, a word of forms."""
    if word in _FORM:
        return True
    if word in _SHORT_BRANDS:
        return False
    digits = sum(map(str.isdigit, word))
    if digits == 0:
        return len(word) == 1 or len(word) > 24
    letters = len(word) - digits
    return letters == 0 or digits >= 3 or (digits == 2 and len(word) > 4) or (letters == 1 and digits == 1)


def shown_name(payee: str) -> str:
    """Return a payee to show, without the numbers, codes and signs that change from row to row.

    A payee of nothing else stays as it is; at most MAX_NAME characters.
    """
    parts, kept = payee.split(), list[str]()
    for part in parts:
        joins = part in _JOINERS and kept and kept[-1] not in _JOINERS
        if joins or (any(map(str.isalnum, part)) and sum(map(str.isdigit, part)) <= 2):
            kept.append(part)
    if kept and kept[-1] in _JOINERS:
        kept.pop()
    return " ".join(kept or parts)[:MAX_NAME]


def group_names(texts: Sequence[tuple[str, str]]) -> list[tuple[int, tuple[str, ...]]]:
    """Return for each (payee, memo) the number of its payee and its telling words, from all of them together.

    Words that occur once are taken for codes where others stand beside them; words in many different writings
    (cities, forms of the bank) weigh little; a word cut off at the end counts as its beginning. Time grows with the
    number of rows, plus that of different writings which share an uncommon word.
    """
    raw = [_telling(payee, memo) for payee, memo in texts]
    seen = Counter(word for words in raw for word in words)
    shapes = [
        tuple(word for place, word in enumerate(words) if place == 0 or seen[word] > 1) for words in raw
    ]
    distinct = list(dict.fromkeys(shapes))
    number_of = dict(zip(distinct, _number(distinct), strict=True))
    return [(number_of[shape], shape) for shape in shapes]


def _telling(payee: str, memo: str) -> tuple[str, ...]:
    words = words_of(payee)
    if not words or (words[0] in _BETWEEN and len(words) < 3):
        words = tuple(dict.fromkeys(words + words_of(memo)))[:MAX_WORDS]
    return words


def _number(shapes: Sequence[tuple[str, ...]]) -> list[int]:
    """Number the payees: shapes with mostly the same weight of words are one."""
    spread = Counter(word for shape in shapes for word in shape)
    total = len(shapes) + 1
    # A place name follows many different first words; what follows one or two belongs to their name.
    firsts: defaultdict[str, set[str]] = defaultdict(set)
    for shape in shapes:
        for word in shape:
            firsts[word].add(shape[0])

    def weight(word: str) -> float:
        common = len(firsts[word]) if word in firsts else 1
        return log(total / spread[word]) / (1 + 0.5 * max(0, common - 2)) + 0.05

    weights = {word: weight(word) for word in spread}
    blocks: defaultdict[str, list[int]] = defaultdict(list)
    for place, shape in enumerate(shapes):
        for key in _keys(shape, weights):
            blocks[key].append(place)
    leader = list(range(len(shapes)))

    def find(place: int) -> int:
        while leader[place] != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    for members in blocks.values():
        if len(members) > _MAX_BLOCK:
            continue
        for index, first in enumerate(members):
            for second in members[index + 1 :]:
                one, other = find(first), find(second)
                if one != other and alike(shapes[first], shapes[second], weights):
                    leader[max(one, other)] = min(one, other)
    return [find(place) for place in range(len(shapes))]


def _keys(shape: tuple[str, ...], weights: dict[str, float]) -> Iterable[str]:
    """Return what a shape is looked up by: the beginnings of its two weightiest words and of its first."""
    heavy = sorted(shape, key=lambda word: (-weights[word], word))[:2]
    return dict.fromkeys(word[:_CUT] for word in (*heavy, *shape[:1]))


def alike(one: Sequence[str], other: Sequence[str], weights: dict[str, float]) -> bool:
    """Tell whether two shapes name one payee."""
    if not one or not other:
        return False
    if min(len(one), len(other)) == 1 and one[0] != other[0] and not _cut_off(one, other, 0):
        return False  # the only word of one is a place behind the other's name
    shared = 0.0
    for place, word in enumerate(one):
        if word in other:
            shared += weights.get(word, 1.0)
        elif place < len(other) and _cut_off(one, other, place):
            shared += min(weights.get(word, 1.0), weights.get(other[place], 1.0))
    least = min(sum(weights.get(w, 1.0) for w in one), sum(weights.get(w, 1.0) for w in other))
    return shared >= max(_ALIKE * least, _LEAST_SHARED)


def _cut_off(one: Sequence[str], other: Sequence[str], place: int) -> bool:
    """Tell whether at this place one of the shapes was cut off by a narrow column: it ends there, within the word."""
    word, match = one[place], other[place]
    if match.startswith(word):
        ends = place == len(one) - 1
    elif word.startswith(match):
        ends = place == len(other) - 1
    else:
        return False
    return ends and (place > 0 or min(len(word), len(match)) >= _CUT)


def place_words(texts: Iterable[str]) -> frozenset[str]:
    """Return the words that stand in many different payees behind their own first word: cities, forms of the bank."""
    firsts: defaultdict[str, set[str]] = defaultdict(set)
    for text in texts:
        words = words_of(text)
        for word in words[1:]:
            firsts[word].add(words[0])
    return frozenset(word for word, first in firsts.items() if len(first) >= _PLACE)
