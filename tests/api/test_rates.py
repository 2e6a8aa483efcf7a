"""Exchange rates over HTTP: the central bank's whole history goes in, and no other body is that large."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from starlette.testclient import TestClient

from recaller.core.ids import new_id
from recaller.services.rates import MAX_RATES_FILE_BYTES
from tests.support.households import Household
from tests.support.ledger_api import made, starter_client

RAW = {"Content-Type": "application/octet-stream"}
DAYS = 6000


@pytest.fixture
def client(household: Household) -> TestClient:
    return starter_client(household)


def history() -> bytes:
    """A reference file of more than a megabyte, as the bank's whole history is."""
    quotes = "".join(
        f"<Cube currency='{code}' rate='1.0{at}'/>" for at, code in enumerate(["USD", *"ABCDEF"])
    )
    days = (date(2009, 1, 5) + timedelta(at) for at in range(DAYS))
    return b"".join(f"<Cube time='{day}'>{quotes}</Cube>\n".encode() for day in days)


def test_the_whole_history_goes_in_and_larger_files_are_refused(client: TestClient) -> None:
    content = history()
    assert len(content) > 1_200_000
    brought = made(client.post("/exchange-rates/import", content=content, headers=RAW), 200)
    assert (brought["added"], brought["currencies"]) == (DAYS, ["USD"])
    assert made(client.post("/exchange-rates/import", files={"file": ("h.xml", content)}), 200)["added"] == 0
    more = b"<" * (MAX_RATES_FILE_BYTES + 200_000)
    assert client.post("/exchange-rates/import", content=more, headers=RAW).status_code == 413


def test_the_parts_of_an_import_take_no_such_body(client: TestClient) -> None:
    path = f"/imports/{new_id()}/rows"
    assert client.post(path, content=b"[" * 1_100_000, headers=RAW).status_code == 413
    assert client.post("/exchange-rates/convert", content=history(), headers=RAW).status_code == 413
