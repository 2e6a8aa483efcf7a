"""Times the bank-file readers: CSV rows a second, and OFX against ofxparse and ofxtools on the same bytes.

Run: python bench/parsers.py [--csv-rows N] [--ofx-rows N] [--others-rows N]
"""

from __future__ import annotations

import argparse
import io
import logging
import random
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path

import ofxparse
from ofxtools.Parser import OFXTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from recaller.domain.statements import detect, read_csv, read_ofx, sniff_csv

PAYEES = ("Grocer & Sons", "Bäckerei Grün", "City Power", "Rail Card", "Corner Café", "Rent", "Employer Ltd")


def make_csv(rows: int) -> bytes:
    """Return a bank's CSV: semicolons, decimal commas, German dates, balance and reference."""
    rng = random.Random(7)
    lines = ["Buchungsdatum;Wertstellung;Empfänger;Verwendungszweck;Betrag;Währung;Saldo;Referenz"]
    balance = 100_000
    for index in range(rows):
        amount = rng.randint(-90_000, 60_000)
        balance += amount
        day = f"{index % 28 + 1:02}.{index // 28 % 12 + 1:02}.{2000 + index // 336 % 25}"
        lines.append(
            f'{day};{day};{PAYEES[index % 7]} {index % 500};"Invoice {index}, thanks";{_comma(amount)};EUR;'
            f"{_comma(balance)};REF{index:08}"
        )
    return "\r\n".join(lines).encode()


def _comma(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100},{abs(minor) % 100:02}"


def make_ofx(rows: int) -> bytes:
    """Return an OFX 1 file with `rows` transactions."""
    rng = random.Random(7)
    head = (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\nCOMPRESSION:NONE\n"
        "OLDFILEUID:NONE\nNEWFILEUID:NONE\n\n<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS>"
        "<DTSERVER>20240101<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><TRNUID>0<STATUS><CODE>0"
        "<SEVERITY>INFO</STATUS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1<ACCTID>42<ACCTTYPE>CHECKING"
        "</BANKACCTFROM><BANKTRANLIST><DTSTART>20240101<DTEND>20241231\n"
    )
    body = "".join(
        f"<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>2024{index % 12 + 1:02}{index % 28 + 1:02}120000[-5:EST]"
        f"<TRNAMT>{rng.randint(-9000, 9000) / 100:.2f}<FITID>{index}<NAME>Payee {index % 500}<MEMO>Memo {index}"
        "</STMTTRN>\n"
        for index in range(rows)
    )
    return (
        head
        + body
        + "</BANKTRANLIST><LEDGERBAL><BALAMT>1.00<DTASOF>20241231</LEDGERBAL></STMTRS></STMTTRNRS>"
        "</BANKMSGSRSV1></OFX>\n"
    ).encode()


def timed(name: str, rows: int, action: Callable[[], int]) -> None:
    """Print CPU seconds and rows a second of one action that returns how many rows it read."""
    started = time.process_time()
    found = action()
    seconds = time.process_time() - started
    if found != rows:
        raise SystemExit(f"{name}: {found} rows instead of {rows}")
    print(f"{name:<34}{rows:>9,} rows {seconds:>8.2f} s CPU {rows / seconds:>12,.0f} rows/s", flush=True)


def _count(rows: object) -> int:
    return sum(1 for row in rows if row.status == "booked")  # type: ignore[attr-defined]


def _ofxtools(content: bytes) -> int:
    tree = OFXTree()
    tree.parse(io.BytesIO(content))
    return sum(len(statement.transactions) for statement in tree.convert().statements)


def _ofxparse(content: bytes) -> int:
    return len(ofxparse.OfxParser.parse(io.BytesIO(content)).account.statement.transactions)


def main() -> None:
    """Print all timings."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--csv-rows", type=int, default=100_000)
    options.add_argument("--ofx-rows", type=int, default=20_000)
    options.add_argument("--others-rows", type=int, default=2_000, help="rows for the other OFX parsers")
    chosen = options.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)

    content = make_csv(chosen.csv_rows)
    started = time.process_time()
    detect(content, "bench.csv")
    mapping = sniff_csv(content)
    print(f"CSV of {len(content):,} bytes; detect + sniff {time.process_time() - started:.2f} s CPU")
    timed("CSV, Recaller", chosen.csv_rows, lambda: _count(read_csv(content, mapping)))
    tracemalloc.start()
    for _ in read_csv(content, mapping):
        pass
    print(f"CSV, peak of Python memory beyond the file: {tracemalloc.get_traced_memory()[1] / 1e6:.1f} MB")
    tracemalloc.stop()

    large, small = make_ofx(chosen.ofx_rows), make_ofx(chosen.others_rows)
    timed("OFX, Recaller", chosen.ofx_rows, lambda: _count(read_ofx(large)))
    timed("OFX, Recaller", chosen.others_rows, lambda: _count(read_ofx(small)))
    timed("OFX, ofxtools", chosen.others_rows, lambda: _ofxtools(small))
    timed("OFX, ofxparse", chosen.others_rows, lambda: _ofxparse(small))


if __name__ == "__main__":
    main()
