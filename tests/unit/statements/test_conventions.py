"""Single conventions of banks: markers, references, petrol stations, directions of time, legacy encodings."""

import zipfile
from io import BytesIO

import pytest

from recaller.domain.statements import CsvMapping, UnsafeFile, detect, limits, read_csv, read_rows, sniff_csv
from recaller.domain.statements.amounts import BadAmount, parse_amount
from recaller.domain.statements.dates import parse_date
from recaller.domain.statements.encoding import choose_encoding


@pytest.mark.parametrize(
    ("text", "mark", "minor"),
    [
        ("1,234.56", ".", 123456), ("1.234,56", ",", 123456), ("1 234,56", ",", 123456), ("1'234.56", ".", 123456),
        ("12,34,567.00", ".", 123456700), ("-5", ".", -500), ("5-", ".", -500), ("(5.10)", ".", -510), ("+5", ",", 500),
        ("−5,00 €", ",", -500), ("£1,183.23", ".", 118323), ("EUR 3,1", ",", 310), ("R$ 1.000,00", ",", 100000),
        (".5", ".", 50), ("5.", ".", 500), ("2\xa0500,00 Kč", ",", 250000), ("0.125", ".", 12), ("0.135", ".", 14),
        ("1234567890.12", ".", 123456789012),
    ],
)  # fmt: skip
def test_amounts(text, mark, minor):
    assert parse_amount(text, mark, 2).minor == minor


@pytest.mark.parametrize(
    "text", ["", "abc", "1.234.56", "12,34", "1,2345", "--1", "5 6", "1.5.2024", "9" * 20]
)
def test_no_amounts(text):
    with pytest.raises(BadAmount):
        parse_amount(text, ".", 2)


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2024-02-29", "YMD", "2024-02-29"), ("29.02.2024", "DMY", "2024-02-29"), ("2/29/2024", "MDY", "2024-02-29"),
        ("29.2.24", "DMY", "2024-02-29"), ("2019.04.19.", "YMD", "2019-04-19"), ("12-Dec-2019", "DMY", "2019-12-12"),
        ("Dec 12, 2019", "MDY", "2019-12-12"), ("12 déc. 2019", "DMY", "2019-12-12"),
        ("5. März 2024", "DMY", "2024-03-05"),
        ("20240229", "YMD", "2024-02-29"), ("29022024", "DMY", "2024-02-29"),
        ("2024-02-29T10:11:12Z", "DMY", "2024-02-29"),
        ("2018-02-25 12:34:56 +0000", "YMD", "2018-02-25"), ("29/02/2024 10:11", "DMY", "2024-02-29"),
        ("31.12.71", "DMY", "1971-12-31"), ("2024年2月29日", "YMD", "2024-02-29"),
        ("30.02.2024", "DMY", None), ("13/13/2024", "MDY", None), ("Pending", "DMY", None), ("1234.56", "DMY", None),
    ],
)  # fmt: skip
def test_dates(text, order, day):
    found = parse_date(text, order)
    assert (str(found) if found else None) == day


def test_credit_and_debit_markers_in_the_amount():
    content = b"date,memo,amount\n2024-01-01,a,12.34 CR\n2024-01-02,b,5.00 DR\n2024-01-03,c,7.00 Dr\n"
    assert [row.amount for row in read_rows(content, "x.csv")] == [1234, -500, -700]


def test_total_is_also_a_petrol_station():
    content = b"date;payee;memo;amount\n2024-01-01;Total;;-40,00\n2024-01-02;Shop;Total;-5,00\n"
    assert [(row.status, row.payee, row.amount) for row in read_rows(content, "x.csv")] == [
        ("booked", "Total", -4000),
        ("booked", "Shop", -500),
    ]


def test_one_id_for_several_rows_is_no_reference():
    rows = "".join(f"2024-01-{day:02},shop,{day}.00,77,{day}\n" for day in range(13, 29))
    mapping = sniff_csv(f"date,payee,amount,transaction id,id\n{rows}".encode())
    assert mapping.reference == 4


def test_time_running_one_way_decides_the_date_order():
    days = ["01/12/2024", "02/11/2024", "03/10/2024"]
    content = "date,payee,amount\n" + "".join(f"{day},x,-1.00\n" for day in days)
    # Falling in days first; up and down in months first would need 12 January, 11 February, 10 March: rising.
    assert sniff_csv(content.encode()).doubts
    rising = ["01/02/2024", "12/02/2024", "05/03/2024", "06/03/2024"]
    for order, text in (("DMY", rising), ("MDY", ["/".join((d[3:5], d[:2], d[6:])) for d in rising])):
        for currency in ("EUR", "USD"):
            content = f"date,payee,amount ({currency})\n" + "".join(f"{day},x,-1.00\n" for day in text)
            assert sniff_csv(content.encode()).date_order == order, (order, currency)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Datum;Částka;Zpráva pro příjemce\n1.1.2024;5,00;Příjem z účtu, žádný šum", "cp1250"),
        ("Data;Kwota;Tytuł\n2024-01-01;5,00;Opłata za książkę, żółć", "cp1250"),
        ("Dátum;Összeg;Közlemény\n2024.01.01.;5;Fűtés és őrség", "cp1250"),
        ("Buchungstag;Betrag;Empfänger\n01.01.2024;5,00;Bäckerei Grün, Straße", "cp1252"),
        ("Date;Montant;Libellé\n01/01/2024;5,00;Crédit à la banque, reçu", "cp1252"),
        ("Data;Descrição;Montante\n01/01/2024;Cartão, serviços e pensões;5,00", "cp1252"),
        ("Datum;Belopp;Meddelande\n2024-01-01;5,00;Lön från jobbet, Åhléns", "cp1252"),
        ("Дата;Сумма;Описание\n01.01.2024;5,00;Оплата услуг", "cp1251"),
        ("Ημερομηνία;Ποσό;Περιγραφή\n01/01/2024;5,00;Πληρωμή λογαριασμού", "cp1253"),
    ],
)
def test_legacy_encodings_are_read_without_mojibake(text, encoding):
    found, _ = choose_encoding(text.encode(encoding))
    assert text.encode(encoding).decode(found) == text


def test_one_broken_byte_does_not_turn_a_utf8_file_into_mojibake():
    rows = "".join(f"2024-01-{day:02};Bäckerei Grün;-1,00\n" for day in range(1, 29))
    content = ("date;payee;amount\n" + rows).encode() + b"2024-01-30;caf\xe9;-1,00\n"
    mapping = sniff_csv(content)
    statements = []
    found = list(read_csv(content, mapping, statements=statements))
    assert mapping.encoding == "utf-8"
    assert (found[0].payee, found[-1].payee) == ("Bäckerei Grün", "caf�")
    assert [warning.code for warning in statements[0].warnings] == ["encoding"]


def test_large_archive_is_refused_by_its_size(monkeypatch):
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 10_000)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", bytes(range(256)) * 47)
    assert len(out.getvalue()) * limits.MAX_ARCHIVE_RATIO > 256 * 47
    with pytest.raises(UnsafeFile):
        detect(out.getvalue(), "a.zip")


def test_opening_and_closing_rows_frame_the_table():
    content = (
        b"Date;Text;Amount;Balance\n01.02.2024;Opening balance;;100,00\n13.02.2024;a;-30,00;70,00\n"
        b"14.02.2024;b;5,00;75,00\n14.02.2024;Closing balance;;76,00\n"
    )
    statements = []
    rows = list(read_rows(content, "x.csv", statements=statements))
    assert [row.status for row in rows] == ["skipped", "booked", "booked", "skipped"]
    assert "by 1.00" in statements[0].warnings[0].message


def test_inverted_sign_and_fee():
    mapping = CsvMapping(date=0, amount=1, fee=2, sign="inverted", default_currency="EUR")
    (row,) = read_csv(b"d,a,f\n2024-01-01,10.00,0.50\n", mapping)
    assert row.amount == -1050
