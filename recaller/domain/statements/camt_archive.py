"""Opens ZIPs of CAMT files: sizes are checked before and while unpacking, archives in archives are refused."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from recaller.domain.statements import limits
from recaller.domain.statements.encoding import marked_encoding
from recaller.domain.statements.errors import MalformedStatement, UnsafeFile, UnsupportedFormat
from recaller.domain.statements.names import display_name

ARCHIVE_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_NESTED = (*ARCHIVE_MAGIC, b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ")
_HEAD_BYTES = 4096
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError, RuntimeError)
_CAMT = re.compile(r"camt\.05[23]|<(?:[A-Za-z][\w.\-]{0,20}:)?BkToCstmr(?:Stmt|AcctRpt)\b")


def is_archive(content: bytes) -> bool:
    """Tell whether the content is a ZIP."""
    return content.startswith(ARCHIVE_MAGIC)


def looks_like_camt(head: str) -> bool:
    """Tell whether the first characters of an XML file are those of a CAMT.053 statement or CAMT.052 report."""
    return _CAMT.search(head) is not None


def entries_of(content: bytes, name: str) -> list[zipfile.ZipInfo]:
    """Return the archive's files; raise UnsafeFile for bombs, UnsupportedFormat for what can't be opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except _BROKEN as error:
        raise UnsupportedFormat(f"{name} looks like a damaged ZIP archive.", "damaged ZIP archive") from error
    unpacked = sum(entry.file_size for entry in entries)
    if (
        len(entries) > limits.MAX_ARCHIVE_FILES
        or unpacked > limits.MAX_FILE_BYTES
        or unpacked > limits.MAX_ARCHIVE_RATIO * max(len(content), 1)
    ):
        raise UnsafeFile(
            f"{name} is an archive that would unpack to {unpacked:,} bytes; it is refused unopened."
        )
    return [
        entry for entry in entries if not entry.filename.endswith("/") and not _is_clutter(entry.filename)
    ]


def holds_camt(content: bytes, entries: list[zipfile.ZipInfo]) -> bool:
    """Tell whether one of the files is a CAMT statement, by its first bytes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return any(_is_camt(_head(archive, entry) or b"") for entry in entries)


def members(content: bytes, name: str, left_out: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of each CAMT file in the archive; other files' names go to `left_out`.

    Raises UnsafeFile for archives in archives, for password protection, and for files larger than they claim;
    MalformedStatement for damaged ones.
    """
    entries = entries_of(content, name)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in entries:
            inside = display_name(entry.filename)
            if entry.flag_bits & 0x1:
                raise UnsafeFile(f"{name}: {inside} is protected by a password; unpack it first.")
            head = _head(archive, entry)
            if head is None:
                raise MalformedStatement(f"{name}: {inside} is damaged and can't be unpacked.")
            if head.startswith(_NESTED) or inside.lower().endswith((".zip", ".gz", ".7z", ".rar")):
                raise UnsafeFile(f"{name}: {inside} is an archive within the archive, which is refused.")
            if not _is_camt(head):
                left_out.append(inside)
                continue
            yield inside, _content(archive, entry, name, inside)


def _is_clutter(path: str) -> bool:
    return (
        not path
        or path.startswith("__MACOSX/")
        or path.rpartition("/")[2]
        in (
            ".DS_Store",
            "Thumbs.db",
            "desktop.ini",
        )
    )


def _is_camt(head: bytes) -> bool:
    text = head.decode(marked_encoding(head) or "latin-1", errors="replace").lstrip("\ufeff \t\r\n")
    return text.startswith("<") and looks_like_camt(text)


def _head(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | None:
    """Return the first bytes of a file; None when it can't be unpacked."""
    if entry.compress_type not in _METHODS or entry.flag_bits & 0x1:
        return None
    try:
        with archive.open(entry) as stream:
            return stream.read(_HEAD_BYTES)
    except _BROKEN:
        return None


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, inside: str) -> bytes:
    try:
        with archive.open(entry) as stream:
            # Never more than the archive said, whatever it unpacks to.
            data = stream.read(entry.file_size + 1)
    except _BROKEN as error:
        raise MalformedStatement(f"{name}: {inside} is damaged and can't be unpacked.") from error
    if len(data) != entry.file_size:
        raise UnsafeFile(f"{name}: {inside} is not as large as the archive says.")
    return data
