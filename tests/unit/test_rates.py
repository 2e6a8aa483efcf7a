"""Exchange rates: exact fractions, the bank's files, chains through the euro."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recaller.core.errors import ValidationFailed
from recaller.domain.rates import BadRates, Rate, RateBook, RateHistory, read_reference_rates, written_rate

DAY = date(2026, 1, 2)
CSV = b"Date,USD,JPY,BGN,\n2026-01-05,1.1000,162.50,N/A,\n2026-01-02,1.0931,160.34,1.9558,\n"
DAILY = b"Date, USD, JPY, \n2 January 2026, 1.0931, 160.34, \n"
XML = (
    b'<?xml version="1.0" encoding="UTF-8"?><gesmes:Envelope xmlns:gesmes="x"><Cube>'
    b"<Cube time='2026-01-02'><Cube currency='USD' rate='1.0931'/><Cube currency='JPY' rate='160.34'/></Cube>"
    b'<Cube time="2026-01-05"><Cube currency="USD" rate="1.1000"/></Cube></Cube></gesmes:Envelope>'
)


def zipped(content: bytes, name: str = "eurofxref-hist.csv") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def test_the_nearest_rate_of_a_history_counts_if_it_is_near_enough():
    def rate(quote: str, day: int, price: str) -> Rate:
        return written_rate("EUR", quote, date(2026, 1, day), price)

    history = RateHistory(
        [rate("USD", 10, "1.10"), rate("USD", 20, "1.20"), rate("GBP", 12, "0.88")], within_days=7
    )
    for day, price in ((3, "1.10"), (14, "1.10"), (16, "1.20"), (27, "1.20")):
        assert history.rate("EUR", "USD", date(2026, 1, day)) == Fraction(price)
    assert history.rate("USD", "EUR", date(2026, 1, 10)) == 1 / Fraction("1.10")
    assert history.rate("USD", "GBP", date(2026, 1, 11)) == Fraction("0.88") / Fraction("1.10")
    for base, quote, day in (("EUR", "USD", 2), ("EUR", "USD", 28), ("EUR", "GBP", 20), ("EUR", "JPY", 10)):
        assert history.rate(base, quote, date(2026, 1, day)) is None


def test_a_written_rate_is_kept_exactly() -> None:
    rate = written_rate("EUR", "JPY", DAY, "160.34")
    assert rate.price == Fraction(16034, 100)
    assert RateBook([rate]).convert(1000, "EUR", "JPY", DAY) is not None
    assert RateBook([rate]).convert(1000, "EUR", "JPY", DAY).minor == 1603  # type: ignore[union-attr]


@pytest.mark.parametrize("content", [CSV, DAILY, XML, zipped(CSV), zipped(XML, "rates.xml")])
def test_every_form_of_the_reference_file_is_read(content: bytes) -> None:
    found = {(rate.quote, rate.date): rate.price for rate in read_reference_rates(content)}
    assert found["USD", DAY] == Fraction(10931, 10000)
    assert found["JPY", DAY] == Fraction(16034, 100)
    assert ("BGN", date(2026, 1, 5)) not in found


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Date,Payee,Amount\n2026-01-02,Baker,-3.50\n",
        b"<html></html>",
        zipped(bytes(30_000_000)),
        zipped(b"x", "a.txt"),
        b"PK\x03\x04broken",
        b"Date,USD\n2026-01-02,none",
        b"<Cube time='2026-01-02'><Cube currency='USD' rate='0.0.0'/>",
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(BadRates):
        list(read_reference_rates(content))


@pytest.mark.parametrize("text", ["0", "-1", "x", "NaN", "1e400", "inf", "0." + "1" * 30])
def test_impossible_rates_are_refused(text: str) -> None:
    with pytest.raises(ValidationFailed):
        written_rate("EUR", "USD", DAY, text)


def test_the_chain_goes_through_the_euro_and_tells_its_oldest_day() -> None:
    book = RateBook([
        written_rate("EUR", "USD", date(2026, 1, 5), "1.10"),
        written_rate("EUR", "GBP", DAY, "0.88"),
    ])  # fmt: skip
    found = book.convert(110_00, "USD", "GBP", DAY)
    assert found is not None
    assert (found.minor, found.on) == (88_00, DAY)
    assert book.convert(100, "USD", "CHF", DAY) is None
    total = book.total({"USD": 11000, "GBP": 8800, "EUR": 100}, "EUR", date(2026, 1, 9))
    assert total is not None
    assert (total.minor, total.on) == (10000 + 10000 + 100, DAY)
    assert book.total({"CHF": 1}, "EUR", DAY) is None


@given(
    st.integers(1, 10**9),
    st.integers(1, 10**9),
    st.integers(-(10**12), 10**12),
    st.sampled_from(["USD", "JPY", "KWD"]),
)
def test_there_and_back_is_exact_in_fractions(base: int, quote: int, minor: int, code: str) -> None:
    book = RateBook([Rate("EUR", code, DAY, base, quote)])
    there, back = book.rate("EUR", code), book.rate(code, "EUR")
    assert there is not None
    assert back is not None
    assert minor * there[0] * back[0] == minor
