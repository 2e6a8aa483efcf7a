"""A bank row's identity within its account, so that a file read twice adds nothing and twins are both kept."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b

from recaller.domain.statements import StatementRow


class RowIdentity:
    """Gives each booked row of a file its import id, unique per account.

    With a reference of the bank's the id is that reference. Without one it is a digest of what the row says,
    with a number that counts identical rows from the top of the file: the n-th twin of today's file is the n-th
    twin of yesterday's. A reference that comes again counts in the same way.
    """

    def __init__(self, file_format: str) -> None:
        self._prefix = file_format
        self._seen: Counter[bytes] = Counter()

    def of(self, row: StatementRow, account_key: str) -> str:
        """Return the import id of a booked row of the account named by `account_key`."""
        said = f"{row.date}\x1f{row.amount}\x1f{row.currency}"
        if row.reference and self._prefix != "ofx":
            # A column of numbers may repeat from file to file (a document number): the row's figures belong to it.
            key = f"{row.reference}\x1f{said}"
            return f"{self._prefix}:{row.reference[:80]}:{_digest(key)}:{self._count(f'{account_key}{chr(31)}{key}')}"
        if row.reference:
            # Some banks give one reference to several bookings of one order: what differs is told apart.
            key = f"{row.reference}\x1f{said}"
            shown = f"{self._prefix}:{row.reference[:80]}"
            first = self._count(f"{account_key}\x1f{row.reference}")
            if first == 1:
                self._count(f"{account_key}\x1f{key}")
                return shown
            return f"{shown}:{_digest(key)}:{self._count(f'{account_key}{chr(31)}{key}')}"
        key = f"{said}\x1f{row.payee}\x1f{row.memo}\x1f{row.check_number}"
        return f"{self._prefix}#{_digest(key)}:{self._count(f'{account_key}{chr(31)}{key}')}"

    def _count(self, key: str) -> int:
        digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=12).digest()
        self._seen[digest] += 1
        return self._seen[digest]


def _digest(key: str) -> str:
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
