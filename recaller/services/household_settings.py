"""A household's settings: hours of its daily work, its country, which outbound calls it allows."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from recaller.core.errors import ValidationFailed
from recaller.infra.work import Work
from recaller.services.daily_plan import replan_household

MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class HouseholdSettingsView:
    """Minutes after local midnight (tenant's zone); `country` as ISO 3166 alpha-2, None for no holidays."""

    country: str | None = None
    recurring_minute: int = 6 * 60
    reminder_minute: int = 8 * 60
    night_minute: int = 2 * 60 + 30
    fetch_rates: bool = False

    @property
    def minutes(self) -> dict[str, int]:
        """The minutes by the name of the hour, as daily work knows it."""
        return {
            "recurring": self.recurring_minute,
            "reminders": self.reminder_minute,
            "night": self.night_minute,
        }


def get_household_settings(w: Work) -> HouseholdSettingsView:
    """Return the settings, the defaults where nothing was set."""
    row = w.row(
        "SELECT country, recurring_minute, reminder_minute, night_minute, fetch_rates FROM household_settings"
    )
    return HouseholdSettingsView() if row is None else HouseholdSettingsView(**row._mapping)


def save_household_settings(w: Work, settings: HouseholdSettingsView) -> HouseholdSettingsView:
    """Keep the settings (administrators only); raise ValidationFailed naming the field that can't be right."""
    w.scope.require_admin()
    for field in ("recurring_minute", "reminder_minute", "night_minute"):
        if not 0 <= getattr(settings, field) < MINUTES_A_DAY:
            raise ValidationFailed(field, "Choose a time between 00:00 and 23:59.")
    country = settings.country
    if country is not None and not (len(country) == 2 and country.isascii() and country.isupper()):
        raise ValidationFailed("country", "Give the country as two letters, as in DE or US.")
    before = get_household_settings(w)
    w.run(
        "INSERT INTO household_settings (tenant_id, space_id, country, recurring_minute, reminder_minute,"
        " night_minute, fetch_rates) VALUES (:tenant, :space, :country, :recurring_minute, :reminder_minute,"
        " :night_minute, :fetch_rates) ON CONFLICT (tenant_id) DO UPDATE SET country = excluded.country,"
        " recurring_minute = excluded.recurring_minute, reminder_minute = excluded.reminder_minute,"
        " night_minute = excluded.night_minute, fetch_rates = excluded.fetch_rates",
        tenant=w.scope.tenant_id,
        space=w.scope.shared_space_id,
        **asdict(settings),
    )
    if settings.minutes != before.minutes:
        replan_household(w, settings.minutes)
    w.audit(
        "edit",
        "household settings",
        w.scope.tenant_id,
        space_id=w.scope.shared_space_id,
        before=asdict(before),
        after=asdict(settings),
    )
    return settings
