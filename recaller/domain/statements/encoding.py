"""Which encoding a bank file is in: marks and valid UTF-8 first, then charset-normalizer and the letters'
company.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SINGLE_BYTE = (
    "cp1252", "cp1250", "cp1257", "cp1251", "cp1253", "cp1254", "cp852", "cp850", "iso8859_2", "koi8_r",
    "mac_roman",
)  # fmt: skip
_MULTI_BYTE = ("gb18030", "shift_jis", "euc_jp", "euc_kr", "big5")
_OFFERED = frozenset((*_SINGLE_BYTE, *_MULTI_BYTE, "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32",
                      "latin-1", "iso8859_1", "iso8859_15", "cp437", "cp1255", "cp1256", "ascii"))  # fmt: skip
ALPHABETS = tuple(
    frozenset(letters + letters.upper())
    for letters in (
        "äöüß", "éèàçêâîïôùûœë", "áéíóúñüªº", "ãõáâàéêíóôúç", "àèéìíòóù", "éëïöüáóíè", "åäöé", "æøåé", "ąćęłńóśźż",
        "áéíóöőúüű", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "čšžćđ", "ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž",
        "ăâîșşțţ", "çğıİöşü", "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў", "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώςϊϋ",
    )
)  # fmt: skip
_SAMPLE_BYTES = 24 * 1024
_CHUNK_BYTES = 64 * 1024


def known_encoding(name: str) -> bool:
    """Tell whether a mapping may name this encoding."""
    return name in _OFFERED


def marked_encoding(content: bytes) -> str | None:
    """Return the encoding that a byte order mark or the pattern of NUL bytes shows."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name
    head = content[:4096]
    if len(head) >= 8 and b"\0" in head:
        even, odd = head[0::2].count(0) / len(head[0::2]), head[1::2].count(0) / len(head[1::2])
        if odd > 0.7 and even < 0.2:
            return "utf-16-le"
        if even > 0.7 and odd < 0.2:
            return "utf-16-be"
    return None


def utf8_errors(content: bytes) -> tuple[int, int]:
    """Return how many sequences are broken UTF-8 and how many are well-formed beyond ASCII (at most 1,000
    broken).
    """
    good = broken = start = 0
    while start < len(content) and broken < 1_000:
        chunk = content[start : start + _CHUNK_BYTES]
        try:
            good += len(chunk) - len(chunk.decode("utf-8"))
            start += len(chunk)
        except UnicodeDecodeError as error:
            good += error.start - len(chunk[: error.start].decode("utf-8"))
            cut = error.reason == "unexpected end of data" and start + len(chunk) < len(content)
            broken += not cut
            start += error.start if cut else error.end
    return broken, good


def choose_encoding(content: bytes, keyword_hits: Callable[[str], int] | None = None) -> tuple[str, float]:
    """Return the encoding and the confidence in it.

    `keyword_hits` counts known words in a decoded sample: a header that reads in some language settles the
    case.
    """
    marked = marked_encoding(content)
    if marked:
        return marked, 1.0
    if content.isascii():
        return "utf-8", 1.0
    broken, good = utf8_errors(content)
    if not broken:
        return "utf-8", 1.0
    if good > 20 * broken:
        return "utf-8", 0.8
    sample = _telling_sample(content)
    ranked = [match.encoding for match in from_bytes(sample, cp_isolation=[*_SINGLE_BYTE, *_MULTI_BYTE])]
    candidates = [*_SINGLE_BYTE, *(name for name in ranked if name in _MULTI_BYTE)]
    scored: list[tuple[float, str]] = []
    texts: set[str] = set()
    for position, name in enumerate(candidates):
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        if text in texts:
            continue
        texts.add(text)
        score = _company_score(text) + (2.0 * keyword_hits(text) if keyword_hits else 0.0)
        score += 0.1 if ranked and text == sample.decode(ranked[0], errors="replace") else 0.0
        scored.append((score - position * 0.01, name))
    if not scored:
        return "cp1252", 0.3
    scored.sort(reverse=True)
    lead = scored[0][0] - scored[1][0] if len(scored) > 1 else 1.0
    return scored[0][1], 0.9 if lead > 0.5 else 0.6


def _telling_sample(content: bytes) -> bytes:
    """Return the first line and the first lines with bytes beyond ASCII."""
    lines: list[bytes] = []
    size = start = 0
    while start < len(content) and size < _SAMPLE_BYTES:
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end + 1
        line = content[start : min(end, start + 4096)]
        if not lines or not line.isascii():
            lines.append(line)
            size += len(line)
        start = end
    return b"".join(lines)


def _company_score(text: str) -> float:
    """Score how well the letters beyond ASCII keep company: one language's alphabet, case, no signs inside
    words.
    """
    foreign = [(index, char) for index, char in enumerate(text) if char > "\x7f"]
    if not foreign:
        return 0.0
    letters = [char for _, char in foreign if char.isalpha()]
    best = max(sum(char in alphabet for char in letters) for alphabet in ALPHABETS) if letters else 0
    strange = 0
    for index, char in foreign:
        before = text[index - 1] if index else " "
        after = text[index + 1] if index + 1 < len(text) else " "
        if "\x80" <= char <= "\x9f":
            strange += 3
        elif not char.isalpha():
            strange += (before.isalpha() or after.isalpha()) and char not in "\u00a0´’–“”„…€£°·«»"
        elif char.isupper() and before.islower():
            strange += 1
    alien = len(letters) - best
    return 3.0 * (best - strange - 2 * alien) / len(foreign)


def is_binary(content: bytes) -> bool:
    """Tell whether the content holds bytes that no text file has (NUL without UTF-16, many control
    characters).
    """
    head = content[:65_536]
    if marked_encoding(content):
        return False
    controls = len(re.findall(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]", head))
    return controls > 0 and (controls * 100 > len(head) or head.count(0) * 200 > len(head))
