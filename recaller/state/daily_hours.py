"""The dialog on the page "Jobs" in which an administrator sets the household's hours."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

import reflex as rx

from recaller.core.errors import ValidationFailed
from recaller.domain.business_days import countries
from recaller.domain.locales import known_locale
from recaller.infra.work import Work
from recaller.services.household_settings import (
    HouseholdSettingsView,
    get_household_settings,
    save_household_settings,
)
from recaller.services.identity import read_household
from recaller.state.base import event, form_of, in_work, text_of
from recaller.state.job_words import clock_text
from recaller.state.jobs import JobsState
from recaller.state.pickers import put

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(:00)?")


@lru_cache(maxsize=32)
def country_choices(locale: str) -> tuple[dict[str, str], ...]:
    """Return the countries whose holidays are known, by their names in that locale."""
    names = known_locale(locale).territories
    named = sorted((str(names.get(code, code)), code) for code in countries() if len(code) == 2)
    return tuple({"value": code, "label": name} for name, code in named)


class DailyHoursState(rx.State):
    """The household's hours as the dialog shows them; times like 06:30 on the household's own clock."""

    open: bool = False
    zone: str = ""
    recurring: str = ""
    reminders: str = ""
    night: str = ""
    country: str = ""
    countries: list[dict[str, str]] = []
    fetch_rates: bool = False
    form_errors: dict[str, str] = {}

    @event
    async def load(self) -> None:
        """Read the hours."""
        await self._read()

    @event
    async def edit(self) -> None:
        """Open the dialog on what holds now."""
        await self._read()
        put(self, open=True, form_errors={})

    @event
    async def close(self) -> None:
        """Leave everything as it is."""
        put(self, open=False, form_errors={})

    @event
    async def save(self, form: dict[str, Any]) -> Any:
        """Keep what was set; what is planned moves to the new hours."""
        fields = form_of(form)
        asked = HouseholdSettingsView(
            country=text_of(fields.get("country"), "country", most=2) or None,
            recurring_minute=_minute(fields, "recurring"),
            reminder_minute=_minute(fields, "reminders"),
            night_minute=_minute(fields, "night"),
            fetch_rates=fields.get("fetch_rates") in (True, "on", "true"),
        )
        if asked.country is not None and asked.country not in countries():
            raise ValidationFailed("country", "The holidays of this country aren't known.")
        await in_work(self, lambda w: save_household_settings(w, replace(asked)))
        put(self, open=False, form_errors={})
        await self._read()
        return [JobsState.load, rx.toast("The hours are saved.")]

    async def _read(self) -> None:
        def read(w: Work) -> tuple[HouseholdSettingsView, str, str]:
            return get_household_settings(w), read_household(w).time_zone, w.scope.locale

        settings, zone, locale = await in_work(self, read, read_only=True)
        put(
            self,
            zone=zone.replace("_", " "),
            recurring=clock_text(settings.recurring_minute),
            reminders=clock_text(settings.reminder_minute),
            night=clock_text(settings.night_minute),
            country=settings.country or "",
            countries=list(country_choices(locale)),
            fetch_rates=settings.fetch_rates,
        )


def _minute(fields: Any, name: str) -> int:
    found = _CLOCK.fullmatch(text_of(fields.get(name), name, most=8))
    if found is None:
        raise ValidationFailed(name, "Choose a time between 00:00 and 23:59.")
    return 60 * int(found[1]) + int(found[2])
