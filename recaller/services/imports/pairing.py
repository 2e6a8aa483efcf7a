"""Finds the two ends of transfers within one file, so that each becomes one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

from recaller.domain.transfers import Move, pair_moves
from recaller.infra.work import Work

_MOVES = """
SELECT row_number, account_id, counter_id, date, amount, currency, extra FROM import_row
 WHERE batch_id = :batch AND state = 'new' AND extra IS NOT NULL AND account_id IS NOT NULL
   AND (counter_id IS NOT NULL OR extra ->> 'kind' = 'transfer'
        OR jsonb_path_exists(extra, '$.parts[*][0] ? (@ starts with "[")'))
 ORDER BY row_number
"""


def pair_rows(w: Work, batch_id: UUID, accounts: dict[str, UUID | None]) -> int:
    """Note for each transfer within the file which row is its other end; returns how many were found.

    `accounts` are the accounts of the names that stand in brackets in splits.
    """
    moves = list(_moves(w, batch_id, {name.casefold(): found for name, found in accounts.items()}))
    pairs: dict[int, int] = {}
    legs: dict[int, dict[str, int]] = {}
    for out, into in pair_moves(moves):
        lead, leg = (out, into) if into.part is None else (into, out)
        pairs[leg.row] = lead.row
        if lead.part is None:
            pairs[lead.row] = leg.row
        else:
            legs.setdefault(lead.row, {})[str(lead.part)] = leg.row
    if pairs:
        w.run(
            "UPDATE import_row r SET pair_row = v.pair FROM unnest(CAST(:rows AS integer[]), CAST(:pairs AS integer[]))"
            " AS v(row, pair) WHERE r.batch_id = :batch AND r.row_number = v.row",
            batch=batch_id,
            rows=list(pairs),
            pairs=list(pairs.values()),
        )
    if legs:
        w.run(
            "UPDATE import_row r SET extra = r.extra || jsonb_build_object('legs', CAST(v.legs AS jsonb))"
            " FROM unnest(CAST(:rows AS integer[]), CAST(:legs AS varchar[])) AS v(row, legs)"
            " WHERE r.batch_id = :batch AND r.row_number = v.row",
            batch=batch_id,
            rows=list(legs),
            legs=[json.dumps(one) for one in legs.values()],
        )
    return len(pairs)


def _moves(w: Work, batch_id: UUID, accounts: dict[str, UUID | None]) -> Iterator[Move]:
    for row in w.rows(_MOVES, batch=batch_id):
        if row.counter_id is not None or row.extra.get("kind") == "transfer":
            yield Move(
                row.row_number, None, row.account_id, row.counter_id, row.date, row.amount, row.currency or ""
            )
        for at, (name, amount, _) in enumerate(row.extra.get("parts", ())):
            counter = accounts.get(name[1:-1].casefold()) if (name or "").startswith("[") else None
            if counter is not None:
                yield Move(row.row_number, at, row.account_id, counter, row.date, amount, row.currency or "")
