"""A tolerant tokeniser for OFX 1 (SGML) and OFX 2 (XML): (tag, value) pairs from bytes, in bounded memory.

It knows no schema, expands no entities, reads no DOCTYPE, and looks at each character a bounded number of
times.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from recaller.domain.statements import limits
from recaller.domain.statements.encoding import marked_encoding, utf8_errors
from recaller.domain.statements.errors import FileTooLarge

_TAG = re.compile(
    r"<(/?[A-Za-z][A-Za-z0-9._\-]{0,63}(?::[A-Za-z][A-Za-z0-9._\-]{0,63})?)(?:\s[^<>]{0,500})?/?>"
)
_CHARSET = re.compile(
    rb"CHARSET:\s*([A-Za-z0-9_\-]{1,20})|<\?xml[^>]{0,200}encoding=[\"']([A-Za-z0-9_\-]{1,20})", re.I
)
_CHUNK_BYTES = 128 * 1024
_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_COMMENT, _COMMENT_END = "<!--", "-->"


def ofx_encoding(content: bytes) -> str:
    """Return the encoding: what the bytes show (mark, NULs, valid UTF-8) before what the header claims."""
    marked = marked_encoding(content)
    if marked:
        return marked
    broken, good = utf8_errors(content)
    if not broken or good > 20 * broken:
        return "utf-8"
    declared = _CHARSET.search(content[:4096])
    if declared:
        name = (declared[1] or declared[2]).decode("ascii").lower()
        name = {"none": "cp1252", "usascii": "cp1252", "us-ascii": "cp1252"}.get(name, name)
        name = f"cp{name}" if name.isdecimal() else name
        try:
            found = codecs.lookup(name)
        except LookupError:
            return "cp1252"
        # A multi-byte Unicode claim was tried above; codecs that aren't text encodings don't count.
        if found._is_text_encoding and not found.name.startswith(("utf", "ascii", "idna", "punycode")):
            return found.name
    return "cp1252"


def tokens(content: bytes, encoding: str, filename: str) -> Iterator[tuple[str, str]]:
    """Yield (upper-case tag, raw text up to the next tag); a closing tag starts with '/'.

    Raises FileTooLarge when a value is longer than MAX_OFX_VALUE_CHARS.
    """
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    rest = ""
    for start in range(0, len(content), _CHUNK_BYTES):
        chunk = content[start : start + _CHUNK_BYTES]
        final = start + _CHUNK_BYTES >= len(content)
        text = rest + decoder.decode(chunk, final)
        if "<!" in text:
            text = _without_comments_and_cdata(text, final)
        if final:
            rest = ""
        else:
            cut = _last_tag(text)
            rest = text[cut:]
            text = text[:cut]
            if len(rest) > limits.MAX_OFX_VALUE_CHARS + _CHUNK_BYTES:
                raise FileTooLarge(
                    f"{filename}: a value is longer than {limits.MAX_OFX_VALUE_CHARS:,} characters."
                )
        parts = _TAG.split(text)
        for position in range(1, len(parts), 2):
            value = parts[position + 1]
            if len(value) > limits.MAX_OFX_VALUE_CHARS:
                raise FileTooLarge(
                    f"{filename}: the value of <{parts[position]}> is longer than "
                    f"{limits.MAX_OFX_VALUE_CHARS:,} characters."
                )
            yield parts[position].upper(), value


def _last_tag(text: str) -> int:
    """Return where the last opening tag starts, so that its value may go on in the next chunk."""
    held = len(text)
    for marker, end in ((_CDATA, _CDATA_END), (_COMMENT, _COMMENT_END)):
        start = text.rfind(marker)
        if start >= 0 and text.find(end, start) < 0:
            held = min(held, start)
    cut = held
    while True:
        cut = text.rfind("<", 0, cut)
        if cut < 0:
            return 0
        if _TAG.match(text, cut):
            return cut
        if held - cut > limits.MAX_OFX_VALUE_CHARS:
            return cut


def _without_comments_and_cdata(text: str, final: bool) -> str:
    """Drop comments and turn CDATA into escaped text; an unfinished one at the end of a chunk is left for
    later.
    """
    pieces: list[str] = []
    position = 0
    while True:
        start = text.find("<!", position)
        if start < 0:
            break
        if text.startswith(_CDATA, start):
            end = text.find(_CDATA_END, start)
            if end < 0:
                break
            inside = text[start + len(_CDATA) : end]
            pieces += (text[position:start], inside.replace("&", "&amp;").replace("<", "&lt;"))
            position = end + len(_CDATA_END)
        elif text.startswith(_COMMENT, start):
            end = text.find(_COMMENT_END, start)
            if end < 0:
                if final:
                    pieces.append(text[position:start])
                    position = len(text)
                break
            pieces.append(text[position:start])
            position = end + len(_COMMENT_END)
        else:
            pieces.append(text[position : start + 2])
            position = start + 2
    pieces.append(text[position:])
    return "".join(pieces)
