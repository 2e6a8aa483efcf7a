"""The words of banks in many languages: column names, money in and out, states of a row, balances around a
table.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


# Per role, the likeliest names first: an earlier name wins over a later one when several columns claim a role.
HEADERS: dict[str, str] = {
    "date": """
        booking date|transaction date|date processed|posting date|posted date|posted on
        |completed date|date posted|trans date|operation date|date operation|buchungsdatum
        |buchungstag|buchung|datum|date|transaction time|created|date de l operation|date comptable
        |date de comptabilisation|boekdatum|boekingsdatum|transactiedatum|datum transactie|fecha
        |fecha operacion|fecha de operacion|fecha contable|data|data do movimento|data lancamento
        |data mov|data movimento|data operazione|data contabile|data operacji|data transakcji
        |data ksiegowania|data zaksiegowania|tranzakcio datuma|tranzakcio idopontja|konyveles datuma
        |konyvelesi datum|konyveles napja|operacijos data|atlikimo data|datum zauctovani
        |datum provedeni|datum transakce|datum splatnosti|bokforingsdag|bokforingsdatum
        |transaktionsdatum|transaktionsdag|bogforingsdato|dato|bokfort dato|kirjauspaiva
        |tapahtumapaiva|started date|umsatzdatum|valuta|kuupaev|datums|islem tarihi|tarih
        |data wykonania|日付|取引日|交易日期|日期|date transaction""",
    "value_date": """
        value date|valuta date|wertstellung|valutadatum|valuta|wertstellungsdatum|date de valeur
        |date valeur|rentedatum|fecha valor|data valor|data valuta|data waluty|ertekknap|erteknap
        |datum valuty|valutadag|rentedato|valutapaiva|arvopaiva|data do balancete|valor""",
    "amount": """
        net|netto|net amount|amount|transaction amount|betrag|umsatz|betrag in eur|betrag eur
        |amount eur|amount gbp|amount usd|montant|montant de l operation|bedrag|bedrag eur
        |transactiebedrag|importe|importe eur|importo|valor|montante|quantia|kwota|kwota operacji
        |kwota transakcji|kwota w walucie rachunku|osszeg|tranzakcio osszege|terheles joviras|suma
        |castka|objem|belopp|belob|belop|summa|maara|iznos|tutar|value|gross|brutto|brut|bruto
        |amount local|saldo mutatie|paid|charge amount|sum""",
    "gross": "gross|brutto|brut|bruto",
    "net": "net|netto|net amount",
    "debit": """
        debit|debit amount|withdrawals|withdrawal|withdrawal amount|money out|paid out|debits|soll
        |belastung|lastschrift|ausgabe|ausgaben|ausgang|debit euros|debet|af|uit|cargo|cargos|debito
        |saida|addebiti|addebito|uscite|dare|obciazenia|obciazenie|wydatki|terheles|kiadas|debetas
        |vydaj|vydaje|uttag|ut|out|spent|debe|salidas|出金金額|出金金額 円|お引出し|支出|出金""",
    "credit": """
        credit|credit amount|deposits|deposit|deposit amount|money in|paid in|credits|haben
        |gutschrift|einnahme|einnahmen|eingang|credit euros|bij|in|abono|abonos|credito|entrada
        |accrediti|accredito|entrate|avere|uznania|uznanie|wplywy|joviras|bevetel|kreditas|prijem
        |prijmy|insattning|inn|received|haber|ingresos|entradas|入金金額|入金金額 円|お預入れ|收入|入金""",
    "direction": """
        transaction type|type|debit credit|credit debit|dr cr|cr dr|d k|k d|d c|c d|dc|soll haben
        |s h|sh|auswirkung auf guthaben|balance impact|af bij|bevetel kiadas|sens|direction
        |debet credit|mutatiesoort|umsatztyp|transaction direction|in out|credit debit indicator
        |debit credit indicator|tipo|typ""",
    "fee": "fee|fees|gebuhr|frais|kosten|comision|commissione|prowizja|dij|poplatek|avgift|taxa|entgelt",
    "currency": """
        currency|wahrung|devise|munt|valuta|munteenheid|moneda|divisa|moeda|divisas|waluta
        |tranzakcio devizaneme|devizanem|penznem|valiuta|mena|waehrung|currency code|monnaie|curr
        |para birimi|valuuta""",
    "balance": """
        balance|running balance|残高|残高 円|余额|差引残高|saldo|saldo nach buchung|kontostand|solde
        |saldo na trn|saldo na mutatie|saldo po operacji|saldo contabile|bokfort saldo|egyenleg
        |konyvelt egyenleg|likutis|zustatek|balance after|guthaben|account balance|saldo despues
        |saldo disponible|bakiye|ledger balance|saldi|beholdning""",
    "reference": """
        transaction id|id|transaction reference|transaktionscode|transactiereferentie|volgnr
        |reference no|record id|reference number|fitid|transaktions id|transactionid|unique id
        |reference id|operation number|numero operation|num operacion|numer transakcji|referencia
        |numero do documento|identifiant|tranzakcio azonosito|entry reference|archive id
        |arkivreferens|id transakce|id operace|id pohybu""",
    "related": "zugehoriger transaktionscode|reference txn id|related transaction|related transaction id",
    "category": "category|kategorie|categorie|categoria|kategoria|kategori|kategorija|subcategory|kategoriya",
    "account": """
        account name|account|account number|account no|konto|kontonummer|iban kontoinhaber
        |auftragskonto|compte|rekening|rekeningnummer|iban bban|cuenta|conta|conto|rachunek
        |numer rachunku|szamlaszam|saskaita|saskaitos nr|ucet|cislo uctu|kontonavn|eigenes konto
        |iban auftragskonto|account iban|own account|ordering account""",
    "tags": "tags|labels|label s|etiketten|etiquettes|etiquetas|tagi|cimkek|stitky|taggar|schlagworte",
    "status": "status|state|estado|stato|etat|stan|allapot|busena|stav|transaction status|buchungsstatus",
    "check_number": "check number|cheque number|check no|cheque no|check|schecknummer|numero de cheque",
    "foreign_amount": """
        local amount|original amount|oorspr bedrag|foreign amount|montant devise
        |betrag in fremdwahrung|originalbetrag|fremdwahrungsbetrag|amount foreign currency
        |betrag originalwahrung|kwota oryginalna""",
    "foreign_currency": """
        local currency|original currency|oorspr munt|foreign currency|originalwahrung|fremdwahrung
        |type foreign currency|waluta oryginalna""",
    "payer": "zahlungspflichtige r|zahlungspflichtiger|payer|auftraggeber|absender",
    "payee": """
        zahlungsempfanger in|payee|payee name|counter party|moketojo arba gavejo pavadinimas
        |moketojas gavejas|beneficiary|merchant|merchant name|counterparty|counterparty name
        |name tegenpartij|naam tegenpartij|tegenpartij|zahlungsempfanger|empfanger
        |beguenstigter zahlungspflichtiger|begunstigter zahlungspflichtiger|auftraggeber empfanger
        |auftraggeber begunstigter|name zahlungsbeteiligter|name|recipient|partner neve|partner name
        |partner|beneficiaire|tiers|nom|naam|naam omschrijving|beneficiario|destinatario|controparte
        |kontrahent|nadawca odbiorca|nazwa odbiorcy|odbiorca|gavejas|moketojas|protistrana
        |nazev protiuctu|mottagare|modtager|avsandare|saaja|supplier|description|to from|vendor
        |empfanger in|ontvanger""",
    "memo": """
        memo|details|reference|description|operazione|movimiento|ref|摘要|内容|original description|note
        |notes|purpose|payment purpose|reference text|verwendungszweck|buchungstext|umsatztext|transaction description
        |narrative|particulars|payment reference|libelle|label|detail|motif|communication
        |omschrijving|omschrijving 1|omschrijving 2|omschrijving 3|mededelingen|betalingskenmerk
        |concepto|descripcion|observaciones|historico|descricao|descritivo|descrizione|causale
        |dettagli|tytul|tytulem|opis|opis operacji|szczegoly|opis transakcji|kozlemeny|leiras
        |megjegyzes|reszletek|paskirtis|mokejimo paskirtis|zprava|zprava pro prijemce|poznamka|popis
        |text|meddelande|beskrivelse|beskrivning|forklaring|viesti|selitys|hinweis|betreff
        |artikelbezeichnung|vorgang|aciklama|explanation|transaction details|remarks|message
        |additional information|rubrik""",
}  # fmt: skip
IN_WORDS = word_set(
    """credit c cr crdt k h haben inflow in bij einnahme eingang income kredit gutschrift credito uznanie
    uznania joviras bevetel prijem deposit incoming entrada entrate kreditas haber abono credited
    received inn"""
)
OUT_WORDS = word_set(
    """debit d dr dbit s soll outflow out af ausgabe ausgang expense debet lastschrift debito obciazenie
    obciazenia terheles kiadas vydaj db withdrawal outgoing saida uscite debetas debe cargo debited
    spent ut"""
)
PENDING_VALUES = (
    "Pending", "Ausstehend", "Vorgemerkt", "Offen", "In Bearbeitung", "En attente", "En cours",
    "In behandeling", "Pendiente", "Pendente", "In sospeso", "Non contabilizzato", "Oczekująca",
    "Oczekujące", "Nierozliczona", "Függőben", "Laukiama", "Čeká na zaúčtování", "Reserverat",
    "Reserveret", "Avventer", "Katevaraus", "Authorised", "Authorized", "Authorization", "Uncleared",
    "Processing", "On hold", "Unposted",
)  # fmt: skip
SKIPPED_VALUES = (
    "Failed", "Declined", "Reverted", "Cancelled", "Canceled", "Denied", "Rejected", "Refused",
    "Voided", "Expired", "Abgelehnt", "Storniert", "Fehlgeschlagen", "Abgebrochen", "Refusé", "Annulé",
    "Geweigerd", "Geannuleerd", "Rechazado", "Cancelado", "Rifiutato", "Annullato", "Odrzucona",
    "Anulowana", "Elutasítva", "Zamítnuto",
)  # fmt: skip
OPENING_LABELS = (
    "Opening balance", "Balance at start of period", "Balance brought forward", "Brought forward",
    "Starting balance", "Previous balance", "Anfangssaldo", "Alter Kontostand", "Alter Saldo",
    "Saldovortrag", "Solde initial", "Solde précédent", "Ancien solde", "Beginsaldo", "Saldo inicial",
    "Saldo anterior", "Saldo iniziale", "Saldo początkowe", "Nyitó egyenleg", "Pradinis likutis",
    "Likutis pradžiai", "Počáteční zůstatek", "Ingående saldo", "Primosaldo", "Inngående saldo",
    "Alkusaldo",
)  # fmt: skip
CLOSING_LABELS = (
    "Closing balance", "Balance at end of period", "Balance carried forward", "Carried forward",
    "Ending balance", "Ledger balance", "Current balance", "Final balance", "Endsaldo",
    "Neuer Kontostand", "Neuer Saldo", "Kontostand vom", "Kontostand am", "Kontostand", "Solde final",
    "Nouveau solde", "Solde au", "Eindsaldo", "Saldo final", "Saldo actual", "Saldo do dia",
    "Saldo finale", "Saldo końcowe", "Záró egyenleg", "Galutinis likutis", "Likutis pabaigai",
    "Konečný zůstatek", "Utgående saldo", "Ultimosaldo", "Loppusaldo",
)  # fmt: skip
TURNOVER_LABELS = (
    "Turnover", "Total", "Totals", "Subtotal", "Grand total", "Summe", "Gesamtsumme", "Total général",
    "Totaal", "Totale", "Suma", "Razem", "Összesen", "Forgalom", "Apyvarta", "Iš viso", "Obrat",
    "Celkem", "Omsättning", "Summa", "Yhteensä", "Total debit", "Total credit", "Umsatz gesamt",
)  # fmt: skip


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return the text without case, accents and punctuation: `Betrag (€)` and `betrag` compare equal."""
    text = (
        text[:200].replace("ß", "ss").replace("ł", "l").replace("Ł", "l").replace("ø", "o").replace("Ø", "o")
    )
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(
        char if char.isalnum() else " " for char in decomposed if not unicodedata.combining(char)
    )
    return " ".join(letters.split())


def _names(text: str) -> dict[str, int]:
    names = (" ".join(name.split()) for name in text.split("|"))
    return {name: rank for rank, name in reversed(list(enumerate(names)))}


ROLE_NAMES = {role: _names(text) for role, text in HEADERS.items()}
_ALL_NAMES = frozenset(name for names in ROLE_NAMES.values() for name in names)
_CELLS = re.compile(r"[;,\t|\r\n\"]+")


def role_rank(role: str, header: str) -> int | None:
    """Return how likely the column name means the role (0 is likeliest), or None."""
    name = plain(header)
    names = ROLE_NAMES[role]
    if name in names:
        return names[name]
    # "Withdrawals (SGD)", "Amount in EUR": the same name with a currency behind it.
    shorter = re.sub(r" (?:in )?[a-z]{3}$", "", name)
    return names[shorter] + 40 if shorter != name and shorter in names else None


def known_header(header: str) -> bool:
    """Tell whether the cell is a column name of any role."""
    name = plain(header)
    return name in _ALL_NAMES or re.sub(r" (?:in )?[a-z]{3}$", "", name) in _ALL_NAMES


def keyword_hits(text: str) -> int:
    """Count the column names with letters beyond ASCII among the cells of a sample's first lines."""
    cells = _CELLS.split(text[:4096])[:200]
    return sum(1 for cell in cells if not cell.isascii() and known_header(cell))
