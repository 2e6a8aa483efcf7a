"""The household's exchange rates: entered, imported, fetched only when allowed, used for one honest total."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from recaller.core.clock import utc_now
from recaller.core.errors import NotFound, ValidationFailed
from recaller.core.scope import Scope
from recaller.domain.rates import BadRates
from recaller.infra import rate_source
from recaller.infra.db import engines
from recaller.infra.rate_source import RatesUnavailable, forget_fetched
from recaller.infra.work import work
from recaller.jobs.daily import DAILY
from recaller.jobs.daily_running import run_one
from recaller.services.accounts import AccountDraft, create_account
from recaller.services.daily import ErrorLog
from recaller.services.household_settings import get_household_settings
from recaller.services.rates import (
    convert,
    delete_rate,
    fetch_rates_daily,
    import_rates,
    list_rates,
    prepare_rates,
    rate_book,
    save_rate,
    set_fetching,
    total_in,
)
from recaller.services.starter import create_starter_accounts
from recaller.settings import Settings, override_settings
from tests.support.fill_daily import plan_with
from tests.support.households import Household, make_household
from tests.unit.test_rates import CSV, XML

DAY = date(2026, 1, 2)


@pytest.fixture
def scope(household: Household) -> Scope:
    with work(household.scope) as w:
        create_starter_accounts(w)
        create_account(w, AccountDraft("Euros", "savings", "EUR"))
    return household.scope


def test_a_rate_is_entered_corrected_listed_and_removed(scope: Scope) -> None:
    with work(scope) as w:
        save_rate(w, "usd", "EUR", DAY, "0.9")
        kept = save_rate(w, "USD", "EUR", DAY, "0.92")
        turned = save_rate(w, "EUR", "USD", DAY, "1.25")
        (only,) = list_rates(w).items
        assert (only.id, only.price, only.source) == (turned.id, "1.25", "hand")
        assert kept.price == "0.92"
        delete_rate(w, only.id)
        assert list_rates(w).items == ()
        with pytest.raises(NotFound):
            delete_rate(w, only.id)
        for wrong in (("USD", "USD", DAY, "1"), ("USD", "XX", DAY, "1"), ("USD", "EUR", DAY, "zero"),
                      ("USD", "EUR", utc_now().date() + timedelta(9), "1")):  # fmt: skip
            with pytest.raises(ValidationFailed):
                save_rate(w, *wrong)


def test_a_reference_file_brings_what_is_used_and_leaves_what_was_entered(scope: Scope) -> None:
    with work(scope) as w:
        save_rate(w, "EUR", "USD", DAY, "1.5")
        found = import_rates(w, CSV)
        assert (found.added, found.currencies, found.left_out) == (1, ("USD",), 2)
        assert import_rates(w, XML).added == 0
        assert {(one.date.day, one.price, one.source) for one in list_rates(w).items} == {
            (2, "1.5", "hand"),
            (5, "1.1", "ecb"),
        }
        with pytest.raises(BadRates):
            import_rates(w, b"Date,JPY\n2026-01-02,160\n")


def test_the_latest_rate_on_or_before_the_day_counts(scope: Scope) -> None:
    with work(scope) as w:
        import_rates(w, CSV)
        before, then = (
            convert(w, 10931, "USD", "EUR", date(2026, 1, 4)),
            convert(w, 11000, "USD", "EUR", DAY + timedelta(9)),
        )
        assert before is not None
        assert then is not None
        assert (before.minor, before.on, then.minor, then.on) == (10000, DAY, 10000, date(2026, 1, 5))
        assert convert(w, 100, "USD", "EUR", date(2025, 12, 31)) is None
        total = total_in(w, {"USD": 10931, "EUR": 1}, "EUR", DAY)
        assert total is not None
        assert total.minor == 10001
        assert total_in(w, {"USD": 1, "GBP": 1}, "EUR", DAY) is None


def test_pages_of_rates_follow_each_other(scope: Scope) -> None:
    with work(scope) as w:
        for days in range(5):
            save_rate(w, "EUR", "USD", DAY + timedelta(days), "1.1")
        first = list_rates(w, limit=3)
        second = list_rates(w, cursor=first.next_cursor, limit=3)
        assert [one.date.day for one in (*first.items, *second.items)] == [6, 5, 4, 3, 2]
        assert list_rates(w, currency="GBP").items == ()


def test_rates_stay_in_their_household(scope: Scope) -> None:
    with work(scope) as w:
        kept = save_rate(w, "EUR", "USD", DAY, "1.1")
    with work(make_household("Stranger").scope) as w:
        assert list_rates(w).items == ()
        assert rate_book(w, DAY, currencies=("USD",)).rate("EUR", "USD") is None
        with pytest.raises(NotFound):
            delete_rate(w, kept.id)


class _Source(BaseHTTPRequestHandler):
    asked = 0
    answer: tuple[int, bytes, dict[str, str]] = (200, XML, {})
    delay_seconds = 0.0
    drips = False
    dripped_all = False

    def do_GET(self) -> None:
        type(self).asked += 1
        time.sleep(type(self).delay_seconds)
        if type(self).drips:
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                for _ in range(300):
                    self.wfile.write(b"x")
                    time.sleep(0.1)
                type(self).dripped_all = True
            return
        status, body, headers = type(self).answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def source(database: Settings) -> Iterator[type[_Source]]:
    server = HTTPServer(("127.0.0.1", 0), _Source)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _Source.asked, _Source.answer = 0, (200, XML, {})
    _Source.delay_seconds, _Source.drips, _Source.dripped_all = 0.0, False, False
    forget_fetched()
    settings = database.model_copy(
        update={"ecb_rates_url": f"http://127.0.0.1:{server.server_port}/rates.xml"}
    )
    with override_settings(settings):
        yield _Source
    server.shutdown()
    server.server_close()
    forget_fetched()


def fetch(scope: Scope) -> dict[str, int]:
    """What daily work does: download with no transaction open, then take the rates in."""
    prepare_rates(scope)
    with work(scope) as w:
        return dict(fetch_rates_daily(w, ErrorLog()))


def allow(scope: Scope) -> None:
    with work(scope) as w:
        assert set_fetching(w, allowed=True)


def test_nothing_is_fetched_before_an_administrator_allows_it(scope: Scope, source: type[_Source]) -> None:
    assert fetch(scope) == {"rates": 0}
    assert source.asked == 0
    allow(scope)
    with work(scope) as w:
        assert get_household_settings(w).fetch_rates
    assert fetch(scope) == {"rates": 2}
    assert fetch(scope) == {"rates": 0}
    assert source.asked == 1  # the households of one night share a download


def test_the_processes_of_one_night_share_a_download(scope: Scope, source: type[_Source]) -> None:
    allow(scope)
    assert fetch(scope) == {"rates": 2}
    # Another process remembers nothing, and finds it in Redis.
    rate_source._here.clear()
    assert fetch(scope) == {"rates": 0}
    assert source.asked == 1


def test_two_at_once_download_once(scope: Scope, source: type[_Source]) -> None:
    allow(scope)
    source.delay_seconds = 1.0
    rate_source._here.clear()
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda _: prepare_rates(scope), range(3)))
    assert source.asked == 1


def test_a_source_that_drips_is_given_up_and_not_asked_again_at_once(
    scope: Scope, source: type[_Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_source, "TIMEOUT_SECONDS", 8.0)
    allow(scope)
    source.drips = True
    for _ in range(3):
        with pytest.raises(RatesUnavailable):
            fetch(scope)
        # As another process would.
        rate_source._here.clear()
    assert source.asked == 1
    assert not source.dripped_all


def test_no_transaction_is_open_while_it_downloads(
    scope: Scope, source: type[_Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(scope)
    connections: list[int] = []

    def download() -> bytes:
        connections.append(engines.writer().pool.checkedout())  # type: ignore[attr-defined]
        return XML

    monkeypatch.setattr(rate_source, "_download", download)
    rates = next(one for one in DAILY if one.kind == "rates")
    household = Household(scope, "")
    plan_with(household, rates, utc_now() - timedelta(days=2))
    assert run_one(scope, rates, utc_now) == "done"
    assert connections == [0]
    with work(scope) as w:
        assert [dict(row.counts) for row in w.rows("SELECT counts FROM daily_run")] == [{"rates": 2}]


@pytest.mark.parametrize(
    "answer",
    [
        (503, b"", {}),
        (302, b"", {"Location": "http://127.0.0.1:1/other"}),
        (200, b"x" * 6_000_000, {}),
    ],
)
def test_a_source_that_misbehaves_changes_nothing(
    scope: Scope, source: type[_Source], answer: tuple[int, bytes, dict[str, str]]
) -> None:
    source.answer = answer
    allow(scope)
    with pytest.raises(RatesUnavailable):
        fetch(scope)
    with work(scope) as w:
        assert list_rates(w).items == ()
