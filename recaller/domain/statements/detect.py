"""What a file is, told by its content: the ending may lie, archives may be bombs, most kinds aren't bank
files.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePath

from recaller.domain.statements import limits
from recaller.domain.statements.csv_vocabulary import keyword_hits
from recaller.domain.statements.encoding import choose_encoding, is_binary, marked_encoding
from recaller.domain.statements.errors import EmptyFile, UnsafeFile, UnsupportedFormat
from recaller.domain.statements.model import Detection
from recaller.domain.statements.names import display_name
from recaller.domain.statements.ofx_tokens import ofx_encoding

_MAGIC = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel workbook (.xls)"),
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
_MT940 = re.compile(r"^:20:", re.MULTILINE)
_MT940_BALANCE = re.compile(r"^:(?:60[FM]|61|25):", re.MULTILINE)
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
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        _refuse_archive(content, name)
    for magic, kind in _MAGIC:
        if content.startswith(magic) and (len(magic) > 2 or is_binary(content)):
            raise _unsupported(name, kind)
    if is_binary(content):
        raise _unsupported(name, "binary file")
    head = content[:262_144].decode(marked_encoding(content) or "latin-1", errors="replace")
    if _OFX.search(head):
        return Detection("ofx", ofx_encoding(content), 1.0)
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
    if _QIF.search(head[:4096]):
        return "QIF file"
    if _MT940.search(head) and _MT940_BALANCE.search(head):
        return "MT940 statement"
    if _MARKUP.match(head.lstrip("\ufeff")):
        if "camt.05" in head[:4096]:
            return "CAMT statement (ISO 20022)"
        return "HTML page" if re.search(r"<html|<!doctype html|<table", head[:4096], re.I) else "XML file"
    if start[:1] in "{[" and re.match(r"[\[{]\s*[\[{\"\]}]", start):
        return "JSON file"
    if start.startswith(("BEGIN:VCARD", "BEGIN:VCALENDAR")):
        return "contact or calendar file"
    return None


def _unsupported(name: str, kind: str) -> UnsupportedFormat:
    article = "an" if kind[0] in "aeioAEIO" or kind.startswith(("MT", "XML", "RTF", "HTML")) else "a"
    return UnsupportedFormat(
        f"{name} looks like {article} {kind}, which can't be imported yet. Ask the bank for CSV or OFX.", kind
    )


def _refuse_archive(content: bytes, name: str) -> None:
    """Raise UnsafeFile for archive bombs, UnsupportedFormat for honest archives; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise _unsupported(name, "damaged ZIP archive") from error
    unpacked = sum(entry.file_size for entry in entries)
    if (
        len(entries) > limits.MAX_ARCHIVE_FILES
        or unpacked > limits.MAX_FILE_BYTES
        or unpacked > limits.MAX_ARCHIVE_RATIO * max(len(content), 1)
    ):
        raise UnsafeFile(
            f"{name} is an archive that would unpack to {unpacked:,} bytes; it is refused unopened."
        )
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" in names:
        raise _unsupported(name, "Excel workbook (.xlsx)")
    if "content.xml" in names and "mimetype" in names:
        raise _unsupported(name, "OpenDocument file")
    raise _unsupported(name, "ZIP archive")
