# ruff: noqa: ARG001 (all ways of writing have one signature)
"""What banks write into a row: payees by country, and the ways in which their texts vary from row to row."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random

# (what it is, names it goes by). Names after the first are what the same payee is called by another bank or later.
BILLS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "US": {
        "rent": ("GREYSTAR PROPERTIES", "OAKWOOD APARTMENTS", "CEDAR RIDGE PROPERTY MGMT", "Zillow Rent"),
        "mortgage": ("WELLS FARGO HOME MTG", "ROCKET MORTGAGE LOAN PYMT", "CHASE MORTGAGE"),
        "salary": ("ACME CORP PAYROLL", "STATE OF OHIO DIRECT DEP", "GLOBEX INC DIR DEP", "INITECH PAYROLL"),
        "utility": ("CON EDISON", "PG&E WEB ONLINE", "DUKE ENERGY", "CITY OF AUSTIN UTILITIES", "NATIONAL GRID"),
        "telecom": ("VERIZON WIRELESS", "T-MOBILE RECURNG PMT", "COMCAST XFINITY", "AT&T MOBILITY"),
        "subscription": (
            "NETFLIX.COM", "SPOTIFY USA", "HULU", "DISNEY PLUS", "ADOBE CREATIVE CLOUD", "NYTIMES", "AUDIBLE US",
            "DROPBOX", "GOOGLE *YouTubePremium", "PLANET FITNESS", "Peloton", "OPENAI *CHATGPT SUBSCR",
        ),
        "insurance": ("GEICO AUTO", "STATE FARM INSURANCE", "PROGRESSIVE INS", "METLIFE"),
        "yearly": ("COSTCO ANNUAL RENEWAL", "GODADDY.COM", "AAA MEMBERSHIP", "NAMECHEAP", "NORTON AUTORENEWAL"),
        "lesson": ("MUSIC ACADEMY OF MUSIC", "MARIA G CLEANING SVC", "LITTLE SWIMMERS", "ZELLE TO ANNA PIANO"),
        "fee": ("MONTHLY SERVICE FEE", "SAFE DEPOSIT BOX FEE"),
        "charity": ("DOCTORS W/O BORDERS", "WIKIMEDIA FOUNDATION", "NPR STATION PLEDGE"),
        "tax": ("IRS USATAXPYMT", "COUNTY PROPERTY TAX"),
        "saving": ("ONLINE TRANSFER TO SAV", "VANGUARD BUY INVESTMENT"),
    },
    "GB": {
        "rent": ("FOXTONS LETTINGS", "J SMITH RENT", "OPENRENT LTD"),
        "mortgage": ("NATIONWIDE MORTGAGE", "HALIFAX MTG", "SANTANDER MORTGAGES"),
        "salary": ("BARTS NHS TRUST", "TESCO STORES PAYROLL", "UNIVERSITY OF LEEDS SALARY", "ARUP GROUP LTD"),
        "utility": ("BRITISH GAS", "OCTOPUS ENERGY", "EDF ENERGY", "THAMES WATER", "SCOTTISH POWER"),
        "telecom": ("EE LIMITED", "VODAFONE LTD", "SKY DIGITAL", "VIRGIN MEDIA PYMTS", "GIFFGAFF"),
        "subscription": (
            "NETFLIX.COM", "Spotify UK", "AMAZON PRIME*", "DISNEY PLUS", "APPLE.COM/BILL", "NOWTV.COM/BILLINGHELP",
            "THE GYM GROUP", "PURE GYM LTD", "The Guardian", "AUDIBLE UK", "Google Storage",
        ),
        "insurance": ("AVIVA INSURANCE", "DIRECT LINE INS", "ROYAL LONDON INSURANCE", "ADMIRAL INSURANCE"),
        "yearly": ("DVLA VEHICLE TAX", "NATIONAL TRUST", "RAC MOTORING SERVIC", "TV LICENCE MBP", "RSPB"),
        "lesson": ("HAPPY FEET NURSERY", "MRS K JONES PIANO", "GREEN CLEANERS", "SWIM SCHOOL LDN"),
        "fee": ("ACCOUNT FEE", "CLUB LLOYDS FEE"),
        "charity": ("OXFAM", "CANCER RESEARCH UK", "SAVE THE CHILDREN"),
        "tax": ("LB HACKNEY COUNCIL TAX", "HMRC SELF ASSESSMENT"),
        "saving": ("TO SAVINGS POT", "VANGUARD INVESTMENTS UK"),
    },
    "DE": {
        "rent": ("Hausverwaltung Müller GmbH", "Wohnbau Genossenschaft eG", "Vonovia SE", "Petra Schneider"),
        "mortgage": ("Sparkasse Musterstadt Darlehen", "ING-DiBa Baufinanzierung", "DSL Bank"),
        "salary": ("Siemens AG", "Stadt Nürnberg", "Landesamt für Besoldung", "K.MICHEL GMBH"),
        "utility": ("Stadtwerke München GmbH", "E.ON Energie Deutschland", "Vattenfall Europe Sales", "TEAG"),
        "telecom": ("Telekom Deutschland GmbH", "Vodafone GmbH", "1&1 Telecom GmbH", "Telefonica Germany O2"),
        "subscription": (
            "Netflix International B.V.", "Spotify AB", "AMZNPrime DE", "Disney DSS", "McFIT GmbH", "DAZN Limited",
            "Urban Sports GmbH", "ZEIT Verlag", "Apple Services", "1x1 Mail & Media GmbH GMX", "Audible GmbH",
        ),
        "insurance": ("HUK-COBURG", "Allianz Versicherungs-AG", "HanseMerkur Krankenversicherung AG", "Debeka"),
        "yearly": ("ADAC e.V.", "STRATO AG", "Kfz-Steuer Bundeskasse", "Bund Naturschutz e.V.", "BahnCard Service"),
        "lesson": ("Musikschule Fürth", "Reinigung Kowalski", "Tanzstudio Rhythmus", "Nachhilfe Weber"),
        "fee": ("Kontoführung", "Entgeltabschluss"),
        "charity": ("Aerzte ohne Grenzen", "UNICEF Deutschland", "Aktion Mensch e.V."),
        "tax": ("Finanzamt Nürnberg", "Rundfunk ARD, ZDF, DRadio", "Stadtkasse Grundsteuer"),
        "saving": ("Trade Republic Sparplan", "Tagesgeld Umbuchung", "LBS Bausparkasse"),
    },
    "NL": {
        "rent": ("Woningstichting Eigen Haard", "Vesteda Residential", "Familie de Vries"),
        "mortgage": ("RENTE LENING", "Obvion Hypotheken", "ABN AMRO Hypotheken"),
        "salary": ("Philips Electronics NL", "Gemeente Utrecht", "ASML Netherlands B.V."),
        "utility": ("Eneco Services", "Vattenfall Klantenservice", "Greenchoice", "Waternet"),
        "telecom": ("KPN B.V.", "Ziggo Services BV", "Odido Netherlands", "Simyo"),
        "subscription": (
            "Netflix International B.V.", "Spotify by Adyen", "Videoland", "Basic-Fit Nederland", "NRC Media",
            "Bol Select", "Storytel", "Swapfiets", "Disney Plus", "Google Payment Ireland",
        ),
        "insurance": ("Zilveren Kruis", "CZ Zorgverzekeringen", "Centraal Beheer", "Univé Schade"),
        "yearly": ("ANWB B.V.", "Museumkaart", "TransIP BV", "Natuurmonumenten"),
        "lesson": ("Muziekles Jansen", "Kinderopvang De Boom", "Schoonmaak Plus"),
        "fee": ("Kosten Oranjepakket", "Rabo DirectPakket"),
        "charity": ("KWF Kankerbestrijding", "Greenpeace Nederland", "Nederlandse Loterij"),
        "tax": ("Belastingdienst", "Gemeente Utrecht Belastingen", "Hoogheemraadschap"),
        "saving": ("Naar Oranje Spaarrekening", "Brand New Day Sparen", "Naar Bunq"),
    },
}  # fmt: skip
SHOPS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "US": {
        "groceries": ("WHOLEFDS HOU", "TRADER JOE'S", "KROGER", "SAFEWAY", "WM SUPERCENTER", "UNION MARKET"),
        "coffee": ("STARBUCKS STORE", "DUNKIN", "BLUE BOTTLE COFFEE"),
        "fuel": ("SHELL OIL", "CHEVRON", "EXXONMOBIL"),
        "eating": ("PRUNE", "TAKAHACHI RESTAURANT", "CHIPOTLE", "JEFFREY'S", "SHAKE SHACK", "DOORDASH", "SWEETGREEN"),
        "market": ("AMZN Mktp US", "AMAZON.COM", "EBAY O"),
        "apps": ("APPLE.COM/BILL", "GOOGLE *PLAY"),
        "cash": ("ATM WITHDRAWAL", "NON-CHASE ATM WITHDRAW"),
        "hair": ("SUPERCUTS", "JOE THE BARBER"),
        "fares": ("MTA*NYCT PAYGO", "UBER   *TRIP", "CLIPPER TRANSIT"),
        "shops": ("TARGET", "BEST BUY", "HOME DEPOT", "CVS/PHARMACY", "IKEA", "ETSY.COM", "REI", "WALGREENS", "LOWES"),
        "people": ("ZELLE TO SAM LEE", "VENMO PAYMENT", "CASH APP*JORDAN"),
    },
    "GB": {
        "groceries": ("TESCO STORES", "SAINSBURYS S/MKT", "LIDL GB", "WAITROSE", "ALDI", "CO-OP GROUP"),
        "coffee": ("PRET A MANGER", "COSTA COFFEE", "GREGGS"),
        "fuel": ("SHELL", "BP CONNECT", "ESSO TESCO EXTRA"),
        "eating": ("DELIVEROO.CO.UK", "NANDOS", "L'OLILO", "WAGAMAMA", "DISHOOM", "JUST EAT", "PIZZA EXPRESS"),
        "market": ("AMZNMktplace", "AMAZON.CO.UK", "EBAY"),
        "apps": ("APPLE.COM/BILL", "GOOGLE PLAY"),
        "cash": ("LNK CASH WITHDRAWAL", "CASH NATWEST"),
        "hair": ("TONI & GUY", "KINGS BARBERS"),
        "fares": ("TFL TRAVEL CH", "TRAINLINE", "UBER   *TRIP"),
        "shops": ("BOOTS", "NEXT DIRECTORY", "SPACE NK LTD", "V & A MUSEUM SALES", "IKEA", "ARGOS", "B & Q", "PRIMARK"),
        "people": ("A PATEL", "MONZO-SARAH", "T WILLIAMS"),
    },
    "DE": {
        "groceries": ("REWE SAGT DANKE", "EDEKA Center", "ALDI SUED", "LIDL DIENSTLEISTUNG", "PENNY DANKT",
                      "dm-drogerie"),
        "coffee": ("Backwerk", "Baeckerei Der Beck", "Tchibo"),
        "fuel": ("SCORE-SB-STATION", "ARAL AG", "JET TANKSTELLE"),
        "eating": ("Pizzeria Da Marco", "Lieferando", "VAPIANO", "Sushi Bar", "Gasthaus Krone", "McDonalds", "Nordsee"),
        "market": ("AMAZON EU S.A R.L.", "AMAZON PAYMENTS EUROPE", "eBay S.a.r.l."),
        "apps": ("Apple Services", "Google Payment"),
        "cash": ("BARGELDAUSZAHLUNG", "GA NR"),
        "hair": ("Friseur Haarscharf", "Klier"),
        "fares": ("VGN Nuernberg", "DB Vertrieb GmbH", "Parkhaus"),
        "shops": ("MediaMarkt", "Hornbach Baumarkt", "H+M", "IKEA", "Zalando", "Thalia", "OBI", "Apotheke am Markt"),
        "people": ("Christian Mustermann", "Erika Musterfrau", "PayPal Freunde"),
    },
    "NL": {
        "groceries": ("Albert Heijn", "JUMBO", "LIDL", "PLUS Supermarkt", "Dirk vd Broek"),
        "coffee": ("Coffeecompany", "Bakker Bart", "AH to go"),
        "fuel": ("SHELL STATION", "TINQ", "TANGO"),
        "eating": ("Thuisbezorgd.nl", "New York Pizza", "FEBO", "Cafe Olivier", "Loetje", "Eetcafe de Hoek"),
        "market": ("bol.com", "Amazon NL", "Marktplaats"),
        "apps": ("Apple.com/bill", "Google Play"),
        "cash": ("Geldmaat", "ING Geldautomaat"),
        "hair": ("Kapsalon Mooi", "Barbier Utrecht"),
        "fares": ("NS GROEP", "OV-chipkaart", "Q-Park"),
        "shops": ("HEMA", "Action", "Kruidvat", "IKEA", "Coolblue", "Etos", "Gamma", "Blokker"),
        "people": ("W. Koelewijn", "Tikkie", "F. Bakker"),
    },
}  # fmt: skip
CITIES: Mapping[str, tuple[str, ...]] = {
    "US": ("NEW YORK NY", "AUSTIN TX", "SEATTLE WA", "COLUMBUS OH", "SAN FRANCISCO CA"),
    "GB": ("LONDON", "LEEDS", "MANCHESTER", "BRISTOL", "SHAFTESBURY"),
    "DE": ("Nuernberg", "München", "Berlin", "GANDERKESEE", "Köln"),
    "NL": ("UTRECHT", "AMSTERDAM", "ROTTERDAM", "DEN HAAG"),
}
CURRENCIES = {"US": "USD", "GB": "GBP", "DE": "EUR", "NL": "EUR"}
_ONE_OFF = (
    ("GOLDEN", "BLUE", "OLD", "GREEN", "ROYAL", "CITY", "NORTH", "LITTLE", "GRAND", "HARBOUR", "ALPEN", "SONNEN",
     "PARK"),
    ("LION", "MUSEUM", "HOTEL", "TOYS", "GARDEN CENTRE", "CAFE", "OPTIK", "CYCLES", "BOOKS", "VETS", "DENTAL", "CINEMA",
     "TICKETS", "HARDWARE", "SHOES", "FLOWERS", "AIRWAYS", "TAXI"),
    ("", "", "LTD", "GMBH", "LLC", "BV", "& SONS", "SHOP"),
)  # fmt: skip
_MONTHS = ("Januar", "Februar", "Maerz", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
           "November", "Dezember")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Writing:
    """How one payee's rows are written at one bank: what goes around the name, fixed for the payee."""

    style: str
    city: str
    store: str
    mandate: str
    width: int


def writing(rng: Random, country: str, *, card: bool) -> Writing:
    """Choose how a payee is written in this household's bank."""
    if country in ("DE", "NL") and not card:
        style = rng.choice(("sepa", "sepa", "one-field", "plain", "period"))
    elif card:
        style = rng.choice(("city", "city", "store", "phone", "prefix", "terminal", "truncated", "plain"))
    else:
        style = rng.choice(("reference", "reference", "plain", "dated", "prefix", "truncated", "period"))
    return Writing(
        style,
        rng.choice(CITIES[country]),
        str(rng.randint(100, 9999)),
        _code(rng, 12),
        rng.choice((12, 18, 22, 25)),
    )


def write(rng: Random, name: str, how: Writing, on: date) -> tuple[str, str]:
    """Return (payee, memo) of one row as the bank would write it."""
    payee, memo = _STYLES[how.style](rng, name, how, on)
    if rng.random() < 0.06:
        payee = payee.upper() if rng.random() < 0.5 else payee.title()
    if rng.random() < 0.03:
        payee = payee.replace(" ", "  ", 1)
    return payee, memo


def one_off_name(rng: Random) -> str:
    """Return the name of a place that is seen once or a few times."""
    return " ".join(part for part in (rng.choice(words) for words in _ONE_OFF) if part)


def _digits(rng: Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def _code(rng: Random, count: int) -> str:
    return "".join(rng.choice(string.ascii_uppercase + string.digits) for _ in range(count))


def _sepa(rng: Random, name: str, how: Writing, on: date) -> tuple[str, str]:
    return name, f"End-to-End-Ref.: {_digits(rng, 12)} Mandatsref: {how.mandate} RG-Nr. {_digits(rng, 9)}"


def _one_field(rng: Random, name: str, how: Writing, on: date) -> tuple[str, str]:
    text = f"Lastschrift ; {name} ; {how.mandate} ; {_digits(rng, 10)} {on:%m/%y} ; M-{how.mandate[:6]}"
    return text, ""


def _city(rng: Random, name: str, how: Writing, on: date) -> tuple[str, str]:
    return f"{name:<22} {how.city}", ""


def _store(rng: Random, name: str, how: Writing, on: date) -> tuple[str, str]:
    store = how.store if rng.random() < 0.7 else str(rng.randint(100, 9999))
    return f"{name} #{store} {how.city if rng.random() < 0.8 else ''}".strip(), ""


def _phone(rng: Random, name: str, how: Writing, on: date) -> tuple[str, str]:
    return f"{name} {how.store[:3]}-{_digits(rng, 3)}-{_digits(rng, 4)} {how.city[-2:]}", _digits(rng, 10)


def _prefix(rng: Random, name: str, how: Writing, on: date) -> tuple[str, str]:
    first = (
        rng.choice(("POS PURCHASE", "CHECKCARD", "VISA DDA PUR", "CARD PAYMENT TO"))
        if rng.random() < 0.8
        else ""
    )
    return f"{first} {on:%m%d} {name} {_digits(rng, 6)}".strip(), ""


def _terminal(rng: Random, name: str, how: Writing, on: date) -> tuple[str, str]:
    return (
        f"{name} {how.store} K{rng.randint(1, 2)} {on:%d.%m.} {rng.randint(8, 20)}:{rng.randint(10, 59)}",
        "",
    )


def _truncated(rng: Random, name: str, how: Writing, on: date) -> tuple[str, str]:
    return f"{name} {how.city}"[: how.width - rng.choice((0, 0, 0, 1))].strip(), ""


def _plain(rng: Random, name: str, how: Writing, on: date) -> tuple[str, str]:
    return name, ""


def _reference(rng: Random, name: str, how: Writing, on: date) -> tuple[str, str]:
    return f"{name} {rng.choice(('PMT', 'PYMT', 'PMT'))} {_code(rng, 8)} REF {_digits(rng, 7)}", how.mandate


def _dated(rng: Random, name: str, how: Writing, on: date) -> tuple[str, str]:
    return f"{name} {on:%d%b%y}".upper(), f"DD REF {how.mandate}"


def _period(rng: Random, name: str, how: Writing, on: date) -> tuple[str, str]:
    month = f"{on:%B}" if how.city in (*CITIES["US"], *CITIES["GB"]) else _MONTHS[on.month - 1]
    return name, f"{month} {on.year} KD {how.mandate[:7]}"


_Style = Callable[[Random, str, Writing, date], tuple[str, str]]
_STYLES: Mapping[str, _Style] = {
    "sepa": _sepa,
    "one-field": _one_field,
    "city": _city,
    "store": _store,
    "phone": _phone,
    "prefix": _prefix,
    "terminal": _terminal,
    "truncated": _truncated,
    "plain": _plain,
    "reference": _reference,
    "dated": _dated,
    "period": _period,
}
