"""The dashboard: every figure with the address of the transactions that it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

import reflex as rx

from recaller.domain.filters import TransactionFilter
from recaller.infra.work import Work
from recaller.services.demo import DEMO_JOB
from recaller.services.jobs import get_job, list_jobs
from recaller.services.reports import DashboardView, dashboard
from recaller.state import dashboard_view as shown
from recaller.state.base import event, in_work, text_of
from recaller.state.charting import ChartRow
from recaller.state.formatting import Formatter
from recaller.state.pickers import Choice
from recaller.state.transaction_rows import TransactionItem

# As many months as a report may have; months before the first figure are left out.
ALL_MONTHS = 120
PERIODS = {"6m": 6, "1y": 12, "3y": 36, "all": ALL_MONTHS}
DEFAULT_PERIOD = "1y"
_MOST_QUERY = 2000


@dataclass(frozen=True)
class DemoProgress:
    """How far filling with demo data is, in percent; -1 when it isn't under way."""

    percent: int
    message: str


class DashboardState(rx.State):
    """What the dashboard shows, display-ready. The period, month and currency stand in the page's address."""

    loading: bool = True
    is_new: bool = False
    period: str = DEFAULT_PERIOD
    currency: str = ""
    currencies: list[Choice] = []
    uncategorised_words: str = ""
    uncategorised_href: str = ""
    stats: shown.Stats = shown.NO_STATS
    net_worth: dict[str, Any] = {}
    net_worth_rows: list[ChartRow] = []
    net_worth_summary: str = ""
    cash_flow: dict[str, Any] = {}
    cash_flow_rows: list[ChartRow] = []
    cash_flow_summary: str = ""
    spending: list[shown.Share] = []
    spending_rest: str = ""
    spending_total: str = ""
    spending_href: str = ""
    spending_month: str = ""
    spending_months: list[Choice] = []
    groups: list[shown.Group] = []
    recent: list[TransactionItem] = []
    demo_percent: int = -1
    demo_message: str = ""

    @event
    async def load(self) -> Any:
        """Show the figures that the address asks for."""
        query = dict(self.router.url.query_parameters)
        period = query.get("period", DEFAULT_PERIOD)
        period = period if period in PERIODS else DEFAULT_PERIOD
        month = _month_of(query.get("month"))
        currency = query.get("currency") or None

        def read(w: Work) -> tuple[DashboardView, Formatter, date, Any]:
            view = dashboard(w, months=PERIODS[period], currency=currency, spending_month=month)
            job = None
            if not view.account_groups:
                job = next((one for one in list_jobs(w, limit=5) if one.kind == DEMO_JOB and one.open), None)
            return view, Formatter(w.scope.locale, w.scope.time_zone), w.today, job

        view, say, today, job = await in_work(self, read, read_only=True)
        self.period = period
        self._show(view, say, today)
        return self._follow_demo(job) if job is not None else None

    @event
    async def choose_period(self, period: str) -> Any:
        """Show another period."""
        return self._go("period", text_of(period, "period", most=10), DEFAULT_PERIOD)

    @event
    async def choose_month(self, month: str) -> Any:
        """Show the spending of another month (any day of it)."""
        return self._go("month", text_of(month, "month", most=10), "")

    @event
    async def choose_currency(self, currency: str) -> Any:
        """Show the figures of another currency."""
        return self._go("currency", text_of(currency, "currency", most=3), "")

    @event
    async def open_point(self, query: str) -> Any:
        """Go to the transactions behind a point of a chart; `query` is that of the point's filter."""
        asked = dict(parse_qsl(text_of(query, "filter", most=_MOST_QUERY)))
        wanted = TransactionFilter.from_query(asked).query_string()
        return rx.redirect(f"/transactions?{wanted}") if wanted else None

    @event
    async def load_demo(self) -> Any:
        """Fill the new household with demo data, in a worker."""

        def start(w: Work) -> Any:
            running = next((one for one in list_jobs(w, limit=5) if one.kind == DEMO_JOB and one.open), None)
            return running or get_job(w, w.enqueue(DEMO_JOB, {}))

        return self._follow_demo(await in_work(self, start))

    @event
    async def poll_demo(self, _waited: Any = None) -> Any:
        """Show how far the demo data is; load the dashboard once it is there."""

        def read(w: Work) -> Any:
            return next((one for one in list_jobs(w, limit=5) if one.kind == DEMO_JOB), None)

        job = await in_work(self, read, read_only=True)
        if job is not None and job.open:
            return self._follow_demo(job)
        self.demo_percent, self.demo_message = -1, ""
        if job is not None and job.status == "failed":
            return rx.toast.error(job.error or "The demo data could not be added.")
        return DashboardState.load

    def _follow_demo(self, job: Any) -> Any:
        self.demo_percent = 100 * job.progress // job.total if job.total else 2
        self.demo_message = job.message or "Waiting for a worker"
        return rx.call_script(
            "new Promise((done) => setTimeout(() => done(''), 600))", callback=DashboardState.poll_demo
        )

    def _go(self, name: str, value: str, default: str) -> Any:
        query = {key: text for key, text in self.router.url.query_parameters.items() if key != name}
        if value != default:
            query[name] = value
        return rx.redirect(f"/?{urlencode(query)}" if query else "/", replace=True)

    def _show(self, view: DashboardView, say: Formatter, today: date) -> None:
        self.loading = False
        self.is_new = not view.account_groups and not view.recent
        self.currency = view.currency
        self.currencies = shown.currency_choices(view)
        self.uncategorised_words = shown.uncategorised_words(view.uncategorised_count)
        self.uncategorised_href = shown.href(view.uncategorised_filter)
        self.stats = shown.stats_of(view, say)
        first = shown.first_month(view)
        net, flow = view.net_worth[first:], view.cash_flow[first:]
        self.net_worth, self.net_worth_rows = shown.net_worth_chart(net, say)
        self.net_worth_summary = shown.net_worth_words(net, say)
        self.cash_flow, self.cash_flow_rows = shown.cash_flow_chart(flow, say)
        self.cash_flow_summary = shown.cash_flow_words(view, say)
        self.spending, self.spending_rest = shown.spending_shares(view, say)
        self.spending_total = say.money(-view.spending_total.minor, view.currency)
        self.spending_href = shown.href(view.spending_total.filter)
        self.spending_month = view.spending_month.isoformat()
        self.spending_months = shown.month_choices(view, today, say)
        self.groups = shown.account_groups(view, say, today)
        self.recent = shown.recent_items(view, say)


def _month_of(text: str | None) -> date | None:
    """Return the month that the address names; None, for the current one, for anything else."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
