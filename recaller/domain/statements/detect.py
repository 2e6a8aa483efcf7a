"""What a file is, told by its content: the ending may lie, archives may be bombs, most kinds aren't bank
files.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from recaller.domain.statements import limits
from recaller.domain.statements.camt_archive import entries_of, holds_camt, is_archive, looks_like_camt
from recaller.domain.statements.csv_vocabulary import keyword_hits
from recaller.domain.statements.encoding import choose_encoding, is_binary, marked_encoding
from recaller.domain.statements.errors import EmptyFile, UnsupportedFormat
from recaller.domain.statements.model import Detection
from recaller.domain.statements.names import display_name
from recaller.domain.statements.ofx_tokens import ofx_encoding

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC = (
    (b"%PDF", "PDF document"),
    (b"\x1f\x8b", "gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (b"Rar!", "RAR archive"),
    (b"BZh", "bzip2 archive"),
    (b"\xfd7zXZ", "xz archive"),
    (b"\x89PNG", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF8", "GIF image"),
    (b"SQLite format 3", "SQLite database"),
    (b"MZ", "Windows program"),
    (b"\x7fELF", "Linux program"),
    (b"{\\rtf", "RTF document"),
)
_OFX = re.compile(r"OFXHEADER|<OFX[\s>]|<STMTTRNRS>|<STMTTRN>", re.IGNORECASE)
_MT940 = re.compile(r"(?:^|[\r\n])[\x01\x02 ]{0,4}:20:")
_MT940_BALANCE = re.compile(r"[\r\n][\x01\x02 ]{0,4}:(?:60[FM]|61|25):")
_QIF = re.compile(r"^\s*!(?:Type|Account|Option|Clear)\b", re.MULTILINE | re.IGNORECASE)
_MARKUP = re.compile(r"\s*<[!?A-Za-z]")


def detect(content: bytes, filename: str) -> Detection:
    """Return what the file is, by its content.

    Raises EmptyFile, FileTooLarge, UnsafeFile (archive bombs) or UnsupportedFormat (naming what it looks
    like).
    """
    name = display_name(filename)
    limits.check_size(content, name)
    if not content.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise EmptyFile(f"{name} is empty.")
    if is_archive(content):
        return _archive(content, name)
    if content.startswith(OLE_MAGIC):
        return Detection("xls", "utf-8", 1.0)
    for magic, kind in _MAGIC:
        if content.startswith(magic) and (len(magic) > 2 or is_binary(content)):
            raise _unsupported(name, kind)
    head = content[:262_144].decode(marked_encoding(content) or "latin-1", errors="replace")
    # Some banks frame their MT940 in control characters, as lines to a terminal were.
    mt940 = _MT940.search(head) is not None and _MT940_BALANCE.search(head) is not None
    if is_binary(content) and not (mt940 and "\0" not in head):
        raise _unsupported(name, "binary file")
    if _OFX.search(head):
        return Detection("ofx", ofx_encoding(content), 1.0)
    if _QIF.search(head[:4096]):
        return Detection("qif", *choose_encoding(content))
    if mt940:
        return Detection("mt940", *choose_encoding(content))
    if _MARKUP.match(head.lstrip("\ufeff")) and looks_like_camt(head[:4096]):
        return Detection("camt", "xml", 1.0)
    text_kind = _named_text_kind(head)
    if text_kind:
        raise _unsupported(name, text_kind)
    limits.check_line_lengths(content, name)
    encoding, confidence = choose_encoding(content, keyword_hits)
    note = None
    ending = PurePath(name).suffix.lower()
    if ending not in (".csv", ".txt", ".tsv", ".tab", ""):
        note = f"The name ends in {ending}, and the content is a table of text (CSV)."
    return Detection("csv", encoding, confidence, note)


def _named_text_kind(head: str) -> str | None:
    start = head.lstrip("\ufeff \t\r\n")
    if _MARKUP.match(head.lstrip("\ufeff")):
        if "camt.054" in head[:4096]:
            return "CAMT.054 notification"
        return "HTML page" if re.search(r"<html|<!doctype html|<table", head[:4096], re.I) else "XML file"
    if start[:1] in "{[" and re.match(r"[\[{]\s*[\[{\"\]}]", start):
        return "JSON file"
    if start.startswith(("BEGIN:VCARD", "BEGIN:VCALENDAR")):
        return "contact or calendar file"
    return None


def _unsupported(name: str, kind: str) -> UnsupportedFormat:
    article = "an" if kind[0] in "aeioAEIO" or kind.startswith(("MT", "XML", "RTF", "HTML")) else "a"
    return UnsupportedFormat(
        f"{name} looks like {article} {kind}, which can't be imported. Ask the bank for CSV, Excel, OFX, QIF,"
        " MT940 or CAMT.053.",
        kind,
    )


def _archive(content: bytes, name: str) -> Detection:
    """Recognise a workbook or a ZIP of CAMT files; raise UnsafeFile for bombs, UnsupportedFormat for the rest."""
    entries = entries_of(content, name)
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" in names:
        return Detection("xlsx", "utf-8", 1.0)
    if "content.xml" in names and "mimetype" in names:
        raise _unsupported(name, "OpenDocument file")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise _unsupported(name, "ZIP archive with a password")
    if not holds_camt(content, entries):
        raise _unsupported(name, "ZIP archive")
    return Detection("camt", "xml", 1.0)
