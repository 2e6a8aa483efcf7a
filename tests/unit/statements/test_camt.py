"""CAMT files: the shared ones to the cent, batches, versions, ZIPs and their traps, hostile XML."""

import datetime as dt
import io
import xml.etree.ElementTree as ET
import zipfile
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recaller.core.errors import RecallerError
from recaller.core.money import to_decimal
from recaller.domain.statements import (
    FileTooLarge,
    MalformedStatement,
    Statement,
    UnsafeFile,
    UnsupportedFormat,
    detect,
    limits,
    read_camt,
    read_rows,
)
from recaller.domain.statements.model import StatementRow
from tests.support.effort import within
from tests.unit.statements.shared_data import EXPECTED, content, names, needs_shared

DOCUMENT = (
    '<?xml version="1.0" encoding="{encoding}"?>'
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">'
    "<BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr>{statements}</BkToCstmrStmt></Document>"
)
STATEMENT = (
    "<Stmt><Id>{id}</Id><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>"
    "{balances}{entries}</Stmt>"
)
BALANCE = (
    '<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount}</Amt>'
    "<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>2024-01-31</Dt></Dt></Bal>"
)
ENTRY = (
    '<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>BOOK</Sts>'
    "<BookgDt><Dt>{day}</Dt></BookgDt><NtryDtls>{details}</NtryDtls></Ntry>"
)
DETAIL = (
    "<TxDtls><Refs><EndToEndId>{ref}</EndToEndId></Refs>{amount}<RltdPties><Cdtr><Nm>{name}</Nm></Cdtr></RltdPties>"
    "<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
)


def entry(
    amount: str = "1.00",
    side: str = "DBIT",
    day: str = "2024-01-02",
    details: str = "",
    currency: str = "EUR",
):
    return ENTRY.format(amount=amount, side=side, day=day, details=details, currency=currency)


def statement(
    entries: str, *, id: str = "S1", iban: str = "DE1", currency: str = "EUR", balances: str = ""
) -> str:
    return STATEMENT.format(id=id, iban=iban, currency=currency, balances=balances, entries=entries)


def camt(*statements: str, version: str = "02", encoding: str = "utf-8") -> bytes:
    return DOCUMENT.format(statements="".join(statements), version=version, encoding=encoding).encode(
        encoding
    )


def archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return out.getvalue()


def read(data: bytes, name: str = "x.xml") -> tuple[list[StatementRow], list[Statement]]:
    statements: list[Statement] = []
    assert detect(data, name).format == "camt"
    return list(read_rows(data, name, statements=statements)), statements


def expected_statements(name: str) -> list[tuple[int, int | None, str, list[str]]]:
    figures = EXPECTED[name]["expected"]
    if "statements" in figures:
        return [(s["entries"], s["txdtls"], s["total"], s["balances"]) for s in figures["statements"]]
    return [tuple(one) for inside in figures.values() for one in inside]


@needs_shared
@pytest.mark.parametrize("name", names("camt"))
def test_figures_are_as_expected(name):
    rows, statements = read(content(name), name)
    figures = expected_statements(name)
    assert len(statements) == len(figures)
    start = 0
    for statement, (entries, details, total, balances) in zip(statements, figures, strict=True):
        own, start = rows[start : start + entries], start + entries
        assert statement.booked_count == entries == len(own)
        assert sum(len(row.parts) or 1 for row in own) == details
        currency = statement.currency
        assert statement.booked_total == {currency: sum(row.amount for row in own)}
        assert to_decimal(statement.booked_total[currency], currency) == Decimal(total)
        found = {"OPBD": statement.opening_balance, "CLBD": statement.closing_balance}
        assert [
            f"{code}={to_decimal(minor, currency)}{currency}" for code, minor in found.items()
        ] == balances
        opening, closing = found.values()
        difference = closing - opening - statement.booked_total[currency]
        told = [w.message for w in statement.warnings if w.code == "does_not_reconcile"]
        assert bool(told) == bool(difference)
        assert all(str(to_decimal(abs(difference), currency)) in message for message in told)
    assert start == len(rows)


@needs_shared
@pytest.mark.parametrize("name", [name for name in names("camt") if name.endswith(".xml")])
def test_agrees_with_a_plain_walk_over_the_tree(name):
    rows, _ = read(content(name))
    theirs = []
    for node in ET.fromstring(content(name)).iter():
        if node.tag.endswith("}Ntry"):
            found = {child.tag.rpartition("}")[2]: child for child in node}
            sign = -1 if found["CdtDbtInd"].text == "DBIT" else 1
            day = found["BookgDt"][0].text
            theirs.append((sign * Decimal(found["Amt"].text), found["Amt"].get("Ccy"), day))
    assert [(to_decimal(r.amount, r.currency), r.currency, str(r.date)) for r in rows] == theirs


@needs_shared
def test_the_batch_keeps_its_details():
    rows, _ = read(content("camt/oca_camt053_v2.xml"))
    assert [row.payee for row in rows] == ["INSURANCE COMPANY TESTX", "Test Customer", "3rd party Media"]
    text = "Test Customer: Direct Debit S14 0410"
    assert rows[1].parts == ((None, -56405, text), (None, -10000, text))
    assert rows[1].memo == f"2 transactions: {text} -564.05; {text} -100.00"
    assert (rows[0].reference, rows[0].kind) == ("435005714488-ABNO33052620", "PMNT RDDT ESDD")


def test_a_batch_without_amounts_of_its_own_is_listed_only():
    details = "".join(
        DETAIL.format(ref=at, amount="", name=f"Shop {at}", text=f"Bill {at}") for at in range(3)
    )
    (row,), _ = read(camt(statement(entry("3.00", details=details))))
    assert row.parts == ()
    assert (row.payee, row.memo) == ("", "3 transactions: Shop 0: Bill 0; Shop 1: Bill 1; Shop 2: Bill 2")


def test_details_that_do_not_sum_are_no_parts():
    amount = '<AmtDtls><TxAmt><Amt Ccy="EUR">1.00</Amt></TxAmt></AmtDtls>'
    details = "".join(DETAIL.format(ref=at, amount=amount, name="A", text="b") for at in range(2))
    (row,), _ = read(camt(statement(entry("3.00", details=details))))
    assert (row.parts, row.amount) == ((), -300)
    (row,), _ = read(camt(statement(entry("2.00", details=details))))
    assert [part[1] for part in row.parts] == [-100, -100]


def test_newer_versions_name_parties_and_states_one_level_deeper():
    body = (
        '<Ntry><NtryRef>N77</NtryRef><Amt Ccy="EUR">12.30</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        "<BookgDt><DtTm>2024-01-02T23:30:00+01:00</DtTm></BookgDt><AcctSvcrRef>BANK-1</AcctSvcrRef><NtryDtls><TxDtls>"
        '<Amt Ccy="EUR">12.30</Amt><CdtDbtInd>CRDT</CdtDbtInd><AmtDtls><InstdAmt><Amt Ccy="USD">13.40</Amt></InstdAmt>'
        "</AmtDtls><RltdPties><Dbtr><Pty><Nm>Jane &amp; Co</Nm></Pty></Dbtr></RltdPties><RmtInf><Strd><CdtrRefInf>"
        "<Ref>RF18</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls></Ntry>"
        '<Ntry><Amt Ccy="EUR">1</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts><ValDt><Dt>2024-01-03</Dt>'
        "</ValDt></Ntry>"
    )
    (row, pending), (found,) = read(camt(statement(body), version="08"))
    assert (row.date, row.amount, row.payee, row.memo) == (dt.date(2024, 1, 2), 1230, "Jane & Co", "RF18")
    assert (row.reference, row.foreign_amount, row.foreign_currency) == ("BANK-1", 1340, "USD")
    assert (pending.status, pending.date, found.pending_total) == (
        "pending",
        dt.date(2024, 1, 3),
        {"EUR": -100},
    )


def test_prefixes_reports_and_files_without_namespace():
    data = camt(statement(entry())).decode()
    prefixed = data.replace("</", "</n:").replace("<", "<n:").replace("<n:/n:", "</n:").replace("<n:?", "<?")
    assert len(read(prefixed.replace("xmlns=", "xmlns:n=").encode())[0]) == 1
    bare = data.replace(' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"', "")
    assert len(read(bare.encode())[0]) == 1
    report = (
        data.replace("BkToCstmrStmt", "BkToCstmrAcctRpt")
        .replace("Stmt>", "Rpt>")
        .replace("camt.053", "camt.052")
    )
    assert len(read(report.encode())[0]) == 1
    with pytest.raises(UnsupportedFormat, match=r"CAMT\.054 notification"):
        detect(data.replace("camt.053", "camt.054").replace("BkToCstmrStmt", "X").encode(), "x.xml")


def test_currencies_of_one_account_number_stay_apart():
    rows, statements = read(
        camt(
            statement(entry(), id="1"),
            statement(entry(currency="USD"), id="2", currency="USD"),
            statement(entry(), id="3"),
        )
    )
    assert [s.account_hint for s in statements] == ["DE1", "DE1 USD", "DE1"]
    assert [row.account_hint for row in rows] == ["DE1", "DE1 USD", "DE1"]


def test_a_statement_that_comes_twice_is_read_once():
    one = camt(statement(entry(), id="A"))
    rows, statements = read(
        archive({"a.xml": one, "again.xml": one, "b.xml": camt(statement(entry(), id="B"))})
    )
    assert [row.status for row in rows] == ["booked", "skipped", "booked"]
    assert [w.code for w in statements[1].warnings] == ["repeated"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("1.00", "1,2,3"), "'1,2,3'"),
        (("DBIT", "SOMETHING"), "credit or a debit"),
        (("2024-01-02", "2024-02-30"), "no date (BookgDt, ValDt)"),
        (('<Amt Ccy="EUR">1.00</Amt>', ""), "no amount"),
    ],
)
def test_broken_entries_are_error_rows(change, reason):
    data = camt(statement(entry().replace(*change)))
    (row,), (found,) = read(data)
    assert (row.status, found.error_count) == ("error", 1)
    assert reason in row.reason
    (row,), _ = read(archive({"in.xml": data}))
    assert row.reason.startswith("In in.xml:")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252", "cp1250"])
def test_encodings(encoding):
    details = DETAIL.format(ref="1", amount="", name="Bäcker Größe", text="ü")
    (row,), _ = read(camt(statement(entry(details=details)), encoding=encoding))
    assert row.payee == "Bäcker Größe"


def test_latin_bytes_in_a_file_that_claims_utf8():
    details = DETAIL.format(ref="1", amount="", name="Bäcker", text="ü")
    data = camt(statement(entry(details=details))).decode().encode("latin-1")
    (row,), _ = read(data)
    assert row.payee == "Bäcker"


def test_archives_say_what_they_left_out_and_name_the_file():
    good = camt(statement(entry()))
    rows, statements = read(
        archive({"folder/a.xml": good, "note.pdf": b"%PDF-1.7", "__MACOSX/._a.xml": b"x"}), "x.zip"
    )
    assert len(rows) == 1
    assert [w.message for w in statements[0].warnings] == [
        "Left out, as they are no CAMT.053 statements: note.pdf."
    ]
    with pytest.raises(MalformedStatement, match=r"x\.zip, b\.xml, line 1: this is no readable XML"):
        read(archive({"a.xml": good, "b.xml": good[:-20]}), "x.zip")


def test_traps_in_archives():
    good = camt(statement(entry()))
    with pytest.raises(UnsafeFile, match="an archive within the archive"):
        read(archive({"a.xml": good, "b.zip": archive({"c.xml": good})}), "x.zip")
    with pytest.raises(UnsafeFile, match="would unpack to"):
        detect(archive({"a.xml": good, "b.xml": good + b" " * 30_000_000}), "x.zip")
    with pytest.raises(UnsafeFile, match="would unpack to"):
        detect(archive({f"{at}.xml": b"" for at in range(limits.MAX_ARCHIVE_FILES + 1)}), "x.zip")
    locked = bytearray(archive({"a.xml": good}))
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnsupportedFormat, match="password"):
        detect(bytes(locked), "x.zip")
    lying = archive({"a.xml": good * 50})
    at = lying.index(b"PK\x01\x02") + 24
    lying = lying[:at] + (len(good)).to_bytes(4, "little") + lying[at + 4 :]
    with pytest.raises(RecallerError, match=r"a\.xml"):
        list(read_camt(lying, "x.zip"))


def test_doctypes_and_entities_are_refused():
    laughs = b'<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    external = b'<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    for doctype in (laughs, external, b'<!DOCTYPE d SYSTEM "http://127.0.0.1/x.dtd">'):
        data = camt(statement(entry())).replace(b"?><Document", b"?>" + doctype + b"<Document")
        with pytest.raises(UnsafeFile, match=r"x\.xml has a DOCTYPE"):
            read(data)
    with pytest.raises(MalformedStatement, match="line 1"):
        read(camt(statement(entry())).replace(b"1.00", b"&b;"))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (camt("<a>" * 200_000), FileTooLarge),
        (camt(statement("<Ntry>" + "<a/>" * 200_000)), FileTooLarge),
        (camt(statement("<Ntry><a b='" + "x" * 3_000_000)), FileTooLarge),
        (camt(statement("<Ntry><!--" + "x" * 3_000_000)), FileTooLarge),
        (camt(statement("<Ntry><Amt>" + "9" * 3_000_000)), MalformedStatement),
        (camt("<Stmt>" * 50), MalformedStatement),
        (camt("<Stmt></Stmt>" * 2_000), FileTooLarge),
        (camt(), MalformedStatement),
        (b"<Document xmlns='camt.053'>" + b"<" * 100_000, MalformedStatement),
        (camt(statement(entry()), encoding="utf-8").replace(b'"utf-8"', b'"rot13"'), MalformedStatement),
        (camt(statement(entry()), encoding="utf-8").replace(b'"utf-8"', b'"nonsense"'), MalformedStatement),
    ],
    ids=[
        "deep",
        "wide",
        "attribute",
        "comment",
        "number",
        "cut",
        "statements",
        "none",
        "angles",
        "rot13",
        "nonsense",
    ],
)
def test_hostile_xml_is_refused_soon(data, error):
    def refused() -> None:
        with pytest.raises(error, match=r"x\.xml"):
            read(data)

    within(3, refused)


def test_row_limits(monkeypatch):
    monkeypatch.setattr(limits, "MAX_ROWS", 3)
    with pytest.raises(FileTooLarge, match="more than 3 entries"):
        read(camt(statement(entry() * 4)))


def test_twenty_thousand_entries_take_seconds_and_a_batch_of_thousands_is_listed():
    details = DETAIL.format(ref="1", amount="", name="A", text="b")
    data = camt(statement(entry(details=details) * 20_000))
    assert len(within(8, lambda: read(data))[0]) == 20_000
    (row,), _ = read(camt(statement(entry(details=details * 5_000))))
    assert row.memo.startswith("5,000 transactions: A: b; ")


lists = st.lists(
    st.tuples(
        st.dates(dt.date(1971, 1, 1), dt.date(2069, 12, 31)),
        st.integers(-(10**12), 10**12),
        st.text("abc äöß.,&<>'\"", max_size=60).map(str.strip),
    ),
    max_size=10,
)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(lists, st.sampled_from(["EUR", "JPY", "KWD"])), min_size=1, max_size=4), st.booleans()
)
def test_generated_files_come_back_and_reconcile(blocks, zipped):
    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;")

    made = []
    for at, (rows, currency) in enumerate(blocks):
        total = sum(row[1] for row in rows) + 700

        def balance(code: str, minor: int, currency: str = currency) -> str:
            side = "DBIT" if minor < 0 else "CRDT"
            return BALANCE.format(
                code=code, currency=currency, amount=f"{to_decimal(abs(minor), currency):f}", side=side
            )

        entries = "".join(
            entry(f"{to_decimal(abs(minor), currency):f}", "DBIT" if minor < 0 else "CRDT", day.isoformat(),
                  DETAIL.format(ref=at, amount="", name=escaped(text), text=""), currency)
            for day, minor, text in rows
        )  # fmt: skip
        balances = balance("OPBD", 700) + balance("CLBD", total)
        made.append(statement(entries, id=f"S{at}", currency=currency, balances=balances))
    data = archive({f"{at}.xml": camt(one) for at, one in enumerate(made)}) if zipped else camt(*made)
    found, statements = read(data)
    assert [s.warnings for s in statements] == [[]] * len(blocks)
    flat = [(day, minor, currency, text) for rows, currency in blocks for day, minor, text in rows]
    assert [(row.date, row.amount, row.currency, row.payee) for row in found] == flat
    assert len({s.account_hint for s in statements}) == len({currency for _, currency in blocks})


fragments = st.sampled_from(
    ["<Stmt>", "</Stmt>", "<Rpt>", "<Ntry>", "</Ntry>", '<Amt Ccy="EUR">', "</Amt>", "1.00",
     "<CdtDbtInd>DBIT</CdtDbtInd>", "<TxDtls>", "</TxDtls>", "<NtryDtls>", "</NtryDtls>",
     "<BookgDt><Dt>2024-01-02</Dt></BookgDt>", "<Bal>", "</Bal>",
     "<Acct><Id><IBAN>X</IBAN></Id></Acct>", "&amp;", "&x;", "<![CDATA[", "]]>", "<!--", "-->", "<a:b/>", "\x00", "é",
     "<Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp>", entry(), entry("x")]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(fragments, max_size=30), st.binary(max_size=40), st.booleans())
def test_hostile_files_end_in_rows_or_a_named_error(pieces, tail, close):
    body = "".join(pieces).encode() + tail
    data = camt("<Stmt>@</Stmt>" if close else "@").replace(b"@", body)
    statements: list[Statement] = []
    try:
        rows = list(read_camt(data, "x.xml", statements))
    except RecallerError:
        return
    for row in rows:
        assert row.status != "booked" or (row.date is not None and row.amount is not None)
        assert row.status == "booked" or row.reason
    assert sum(s.booked_count for s in statements) == sum(row.status == "booked" for row in rows)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_damaged_archives_end_in_rows_or_a_named_error(at, patch):
    data = archive({"a.xml": camt(statement(entry())), "b.xml": camt(statement(entry(), id="S2"))})
    at %= len(data)
    data = data[:at] + patch + data[at + len(patch) :]
    try:
        detect(data, "x.zip")
        list(read_camt(data, "x.zip"))
    except RecallerError:
        return
