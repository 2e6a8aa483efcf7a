"""What people choose from: currencies, locales, time zones, weekdays; named in English."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale

from recaller.domain.locales import known_locale

# What most households use; another one can still be set through the API.
_COMMON = (
    "USD EUR GBP JPY CHF CAD AUD NZD CNY INR SEK NOK DKK PLN CZK HUF RON BGN TRY ILS ZAR BRL MXN ARS CLP COP "
    "KRW SGD HKD TWD THB IDR MYR PHP VND AED SAR EGP KES NGN UAH ISK KWD TND"
).split()
_LOCALES = (
    "en_US en_GB en_CA en_AU en_NZ en_IE en_IN en_ZA de_DE de_AT de_CH fr_FR fr_BE fr_CA fr_CH es_ES es_MX es_AR "
    "es_CO es_CL it_IT it_CH pt_PT pt_BR nl_NL nl_BE da_DK sv_SE nb_NO fi_FI is_IS pl_PL cs_CZ sk_SK hu_HU ro_RO "
    "bg_BG hr_HR sl_SI sr_RS el_GR tr_TR uk_UA lt_LT lv_LV et_EE ru_RU he_IL ar_EG ar_AE fa_IR hi_IN th_TH vi_VN "
    "id_ID ms_MY ko_KR ja_JP zh_CN zh_TW zh_HK"
).split()
WEEKDAYS = (
    ("0", "Monday"),
    ("1", "Tuesday"),
    ("2", "Wednesday"),
    ("3", "Thursday"),
    ("4", "Friday"),
    ("5", "Saturday"),
    ("6", "Sunday"),
)
THEMES = (("system", "As the system"), ("light", "Light"), ("dark", "Dark"))


@lru_cache
def common_currencies() -> tuple[tuple[str, str], ...]:
    """Return (code, label) of the currencies that most households use."""
    names = Locale.parse("en").currencies
    return tuple((code, f"{code} · {names.get(code, code)}") for code in _COMMON)


@lru_cache
def locales() -> tuple[tuple[str, str], ...]:
    """Return (locale, its name in English) in the order of the names."""
    named = ((name, known_locale(name).get_display_name("en") or name) for name in _LOCALES)
    return tuple(sorted(named, key=lambda choice: choice[1]))


@lru_cache
def time_zones() -> tuple[tuple[str, str], ...]:
    """Return (IANA name, the same for reading) of the zones that are named for a place, and UTC."""
    places = sorted(
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/"))
    )
    return (("UTC", "UTC"), *((name, name.replace("_", " ")) for name in places))


def with_current(choices: tuple[tuple[str, str], ...], value: str) -> list[dict[str, str]]:
    """Return the choices as a select takes them from a state, with the present value among them in any case."""
    shown = [{"value": key, "label": label} for key, label in choices]
    if value and all(key != value for key, _ in choices):
        shown.insert(0, {"value": value, "label": value})
    return shown
