"""camt.052, 053 and 054: the sample day, real banks' files where they are at hand, dialects, and what is no such file at all."""

import io
import json
import os
import re
import tracemalloc
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.remittances import Fault
from ims_ingest.domain.statement_lines import Held, new_lines
from ims_ingest.formats import Format, detect, inspect
from ims_ingest.formats.detection import FORMATS
from ims_ingest.formats.records import Entry, Record, StatementBegins, StatementEnds, Whole
from ims_ingest.formats.text import pence
from ingest.ingest_world import SAMPLES, statement

REAL = Path(os.environ.get("IMS_REAL_FILES", Path(__file__).parents[3] / "shared/real-files"))
MESSAGES = {
    "camt052": ("BkToCstmrAcctRpt", "Rpt"),
    "camt053": ("BkToCstmrStmt", "Stmt"),
    "camt054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}
ACCOUNT = "20201555555555"
IBAN = "<IBAN>GB33BUKB20201555555555</IBAN>"
DAY = date(2026, 3, 18)

PLAIN = """<?xml version="1.0" encoding="UTF-8"?>
<Document>
<BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-18T23:00:00Z</CreDtTm></GrpHdr>
<Stmt>
<Id>S1</Id>
<Acct><Id><IBAN>GB33BUKB20201555555555</IBAN></Id><Ccy>GBP</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="GBP">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-17</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="GBP">137.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-18</Dt></Dt></Bal>
<Ntry>
<Amt Ccy="GBP">50.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd>
<Sts>BOOK</Sts>
<BookgDt><Dt>2026-03-18</Dt></BookgDt>
<ValDt><Dt>2026-03-19</Dt></ValDt>
<AcctSvcrRef>BC1</AcctSvcrRef>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>FPAY</SubFmlyCd></Fmly></Domn><Prtry><Cd>FPI</Cd></Prtry></BkTxCd>
<NtryDtls><TxDtls>
<Refs><EndToEndId>770000123</EndToEndId></Refs>
<RltdPties><Dbtr><Nm>MR CAFÉ</Nm></Dbtr><DbtrAcct><Id><IBAN>GB33BUKB20201512345678</IBAN></Id></DbtrAcct>
<Cdtr><Nm>ANYTOWN</Nm></Cdtr></RltdPties>
<RmtInf><Ustrd>77 000</Ustrd><Ustrd>0123</Ustrd></RmtInf>
</TxDtls></NtryDtls>
<AddtlNtryInf>FASTER PAYMENT</AddtlNtryInf>
</Ntry>
<Ntry>
<Amt Ccy="GBP">12.50</Amt>
<CdtDbtInd>DBIT</CdtDbtInd>
<Sts>BOOK</Sts>
<BookgDt><Dt>2026-03-18</Dt></BookgDt>
</Ntry>
</Stmt>
</BkToCstmrStmt>
</Document>
"""

FIRST = Entry(
    line=10, amount_pence=5000, booked_on=DAY, value_on=date(2026, 3, 19), is_booked=True, bank_reference="BC1",
    transaction_code="PMNT-RCDT-FPAY", counterparty_name="MR CAFÉ", counterparty_account="20201512345678", reference="77 000 0123",
    narrative="FASTER PAYMENT 77 000 0123 770000123 MR CAFÉ",
)  # fmt: skip
DAY_ONLY = "<BookgDt><Dt>2026-03-18</Dt></BookgDt>"


def read(content: bytes | str, name: str | None = None) -> list[Record]:
    stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
    found = detect(stream, name)
    return list(found.read(stream)) if isinstance(found, Format) else [found]


def only(kind: type, records: list[Record]) -> list[Any]:
    return [each for each in records if isinstance(each, kind)]


def as_message(name: str, content: str = PLAIN) -> str:
    message, part = MESSAGES[name]
    return re.sub(r"(?<=[</:])Stmt>", f"{part}>", content.replace("BkToCstmrStmt", message))


def faults(content: bytes | str, name: str | None = None) -> list[tuple[int | None, str | None, str]]:
    return [(each.line, each.position, each.what) for each in only(Fault, read(content, name))]


@pytest.mark.parametrize(
    ("file", "format_name", "entries", "credits_pence", "debits_pence", "proved"),
    [
        ("camt053_v02.xml", "camt053", 19, 311504, 13300, True),
        ("camt053_v08.xml", "camt053", 19, 311504, 13300, True),
        ("camt054_v08_dd_batch.xml", "camt054", 1, 44400, 0, None),
    ],
)
def test_the_days_files_are_known_by_what_is_in_them(
    file: str, format_name: str, entries: int, credits_pence: int, debits_pence: int, proved: bool | None
) -> None:
    found = inspect(SAMPLES / file)
    assert found["faults"] == []
    assert (found["format"], found["entries"], found["proved"]) == (format_name, entries, proved)
    assert (found["credits_pence"], found["debits_pence"]) == (credits_pence, debits_pence)


def test_a_statements_balances_are_shown() -> None:
    found = inspect(SAMPLES / "camt053_v08.xml")
    assert (found["opening_pence"], found["closing_pence"], found["currency"]) == (1_000_000, 1_298_204, "GBP")
    assert found["statements"][0]["bank_account"] == ACCOUNT


def test_two_versions_of_a_statement_say_the_same() -> None:
    old, new = (only(Entry, read((SAMPLES / f"camt053_{version}.xml").read_bytes())) for version in ("v02", "v08"))
    assert [each._replace(line=0) for each in old] == [each._replace(line=0) for each in new]


def test_a_notice_of_a_batch_shows_the_statements_line_and_adds_none() -> None:
    statement_entries = only(Entry, read((SAMPLES / "camt053_v08.xml").read_bytes()))
    lines = [(each.booked_on, each.amount_pence, each.bank_reference) for each in statement_entries]
    (entry,) = only(Entry, read((SAMPLES / "camt054_v08_dd_batch.xml").read_bytes()))
    (batch,) = [each for each in lines if each[1] == 44400]
    held = [Held(booked_on, amount_pence, 1, reference) for booked_on, amount_pence, reference in lines]
    (seen,) = new_lines(held, [(entry.booked_on, entry.amount_pence, entry.bank_reference)])
    assert (seen.is_new, seen.bank_reference) == (False, batch[2])
    assert (entry.reference, entry.counterparty_name, entry.counterparty_account) == (None, None, None)
    assert "770000217" in entry.narrative


def real_files() -> list[str]:
    return sorted(f"{name}/{path.name}" for name in MESSAGES for path in (REAL / name).glob("*")) if REAL.exists() else []


# The second page of a statement, which need not prove alone; the facts are of the file as if it were whole.
PAGES = {"camt053/genkgo-camt053.v4.xml"}


@pytest.mark.skipif(not REAL.exists(), reason="the real files are not at hand")
@pytest.mark.parametrize("file", real_files())
def test_real_banks_files_are_read_as_other_programs_read_them(file: str) -> None:
    facts, found = json.loads((REAL / "expected.json").read_text())[file], inspect(REAL / file)
    if facts.get("must_reject"):
        assert found["faults"]
        return

    def minor(amount: str | None) -> int | None:
        return None if amount is None else pence(amount)

    wanted = [
        (
            s["entries"], minor(s["sum_credit"]), minor(s["sum_debit"]), minor(s["opening"]), minor(s["closing"]),
            None if file in PAGES else s["balances_prove"],
        )
        for s in facts["statements"]
    ]  # fmt: skip
    names = ("entries", "credits_pence", "debits_pence", "opening_pence", "closing_pence", "proved")
    assert found["faults"] == []
    assert found["format"] == facts["format"]
    assert [tuple(each[name] for name in names) for each in found["statements"]] == wanted


def namespaced(prefix: str) -> str:
    """The plain statement with a prefix on each of its elements."""
    body = re.sub(r"<(/?)(?=[A-Z])", rf"<\1{prefix}:", PLAIN)
    return body.replace(f"<{prefix}:Document>", f'<{prefix}:Document xmlns:{prefix}="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">')


DIALECTS = {
    "plain": PLAIN.encode(),
    "a namespace": PLAIN.replace("<Document>", '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.13">').encode(),
    "prefixes": namespaced("ns2").encode(),
    "a prefix with a hyphen": namespaced("camt-053.v2").encode(),
    "version 1": PLAIN.replace("BkToCstmrStmt", "BkToCstmrStmtV01").encode(),
    "no Document": PLAIN.replace("<Document>", "").replace("</Document>", "").encode(),
    "an envelope": PLAIN.replace("<Document>", "<Envelope><AppHdr><BizMsgIdr>B</BizMsgIdr></AppHdr><Document>")
    .replace("</Document>", "</Document></Envelope>").encode(),
    "statuses as codes": PLAIN.replace("<Sts>BOOK</Sts>", "<Sts><Cd>BOOK</Cd></Sts>").encode(),
    "statuses in the bank's own words": PLAIN.replace("<Sts>BOOK</Sts>", "<Sts><Prtry>BOOK</Prtry></Sts>").encode(),
    "no status": PLAIN.replace("<Sts>BOOK</Sts>", "<!-- -->").encode(),
    "times": PLAIN.replace("<Dt>2026-03-18</Dt>", "<DtTm>2026-03-18T23:59:59.999+00:00</DtTm>").encode(),
    "days with a zone": PLAIN.replace("<Dt>2026-03-18</Dt>", "<Dt>2026-03-18Z</Dt>").encode(),
    "five decimals": re.sub(r"(\.\d\d)</Amt>", r"\g<1>000</Amt>", PLAIN).encode(),
    "blanks around": re.sub(r">([^<>\n]+)<", r"> \1 <", PLAIN).encode(),
    "comments inside texts": PLAIN.replace("50.00", "5<!-- 9 -->0.00").replace("BC1", "B<!-- x -->C1").encode(),
    "processing instructions": PLAIN.replace("50.00", "5<?print 9?>0.00").replace("<Ntry>", "<?page?><Ntry>").encode(),
    "marked sections": PLAIN.replace("50.00", "<![CDATA[50.00]]>").encode(),
    "newer names": PLAIN.replace("<Dbtr><Nm>MR CAFÉ</Nm></Dbtr>", "<Dbtr><Pty><Nm>MR CAFÉ</Nm></Pty></Dbtr>").encode(),
    "other elements that say alike": PLAIN.replace(
        "<CdtDbtInd>DBIT",
        "<AmtDtls><InstdAmt><Amt Ccy='USD'>1.00</Amt></InstdAmt></AmtDtls><Chrgs><Amt Ccy='GBP'>2</Amt></Chrgs><CdtDbtInd>DBIT",
    ).encode(),
    "details right below": PLAIN.replace("<NtryDtls>", "").replace("</NtryDtls>", "").encode(),
    "an account as sort code and number": PLAIN.replace(IBAN, "<Othr><Id>20-20-15 55555555</Id></Othr>").encode(),
    "a sort code as the bank's": PLAIN.replace(IBAN, "<Othr><Id>55555555</Id></Othr>")
    .replace("</Acct>", "<Svcr><FinInstnId><ClrSysMmbId><MmbId>202015</MmbId></ClrSysMmbId></FinInstnId></Svcr></Acct>").encode(),
    "an account of version 1": PLAIN.replace(IBAN, "<PrtryAcct><Id>20201555555555</Id></PrtryAcct>").encode(),
    "line ends of Windows": PLAIN.replace("\n", "\r\n").encode(),
    "a mark of UTF-8": b"\xef\xbb\xbf" + PLAIN.encode(),
    "UTF-16": PLAIN.replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-16, the other way round": b"\xfe\xff" + PLAIN.replace("UTF-8", "UTF-16").encode("utf-16-be"),
    "Latin": PLAIN.replace("UTF-8", "ISO-8859-1").encode("latin-1"),
    "Windows' Western European": PLAIN.replace("UTF-8", "windows-1252").encode("cp1252"),
}  # fmt: skip


@pytest.mark.parametrize("content", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize("name", MESSAGES)
def test_every_dialect_is_the_same_statement(content: bytes, name: str) -> None:
    if name != "camt053":
        is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        codec = "utf-16" if is_wide else "latin-1"
        content = as_message(name, content.decode(codec)).encode(codec)
    stream = io.BytesIO(content)
    found = detect(stream)
    assert isinstance(found, Format)
    assert found.name == name
    begins, first, second, ends, whole = found.read(stream)
    assert isinstance(begins, StatementBegins)
    assert (begins.bank_account, begins.reference, begins.page, begins.is_last_page) == (ACCOUNT, "S1", 1, True)
    assert first == FIRST
    assert (second.amount_pence, second.booked_on, second.is_booked, second.line) == (-1250, DAY, True, 26)
    proved = True if name == "camt053" else None
    assert ends == StatementEnds(10000, 13750, date(2026, 3, 17), DAY, "GBP", proved)
    assert whole == Whole("S1", None, proved)


@pytest.mark.parametrize(
    ("header", "statement_part", "closed_on"),
    [
        ("<MsgId>M1</MsgId><CreDtTm>2026-03-18T07:00:00+01:00</CreDtTm>", "<Id>N1</Id>", DAY),
        ("<MsgId>M1</MsgId>", "<Id>N1</Id><CreDtTm>2026-03-18T07:00:00Z</CreDtTm>", DAY),
        ("", "<Id>N1</Id><FrToDt><FrDtTm>2026-03-01T00:00:00</FrDtTm><ToDtTm>2026-03-18T00:00:00</ToDtTm></FrToDt>", DAY),
        ("<MsgId>N1</MsgId>", "", date(2026, 3, 20)),
    ],
)
def test_a_notice_of_what_is_only_expected_has_the_day_it_was_made(header: str, statement_part: str, closed_on: date) -> None:
    content = (
        f"<BkToCstmrDbtCdtNtfctn><GrpHdr>{header}</GrpHdr><Ntfctn>{statement_part}<Ntry><Amt Ccy='EUR'>47.4</Amt>"
        "<CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>INFO</Cd></Sts><ValDt><Dt>2026-03-20</Dt></ValDt></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn>"
    )
    begins, entry, ends, whole = read(content)
    assert (begins.reference, begins.bank_account) == ("N1", "unnamed")
    assert (entry.amount_pence, entry.is_booked, entry.booked_on) == (4740, False, date(2026, 3, 20))
    assert (ends.closed_on, ends.currency, ends.is_proved, whole.is_proved) == (closed_on, "EUR", None, None)


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("<Ustrd>77 000</Ustrd><Ustrd>0123</Ustrd>", "<Strd><CdtrRefInf><Ref>RF18</Ref></CdtrRefInf></Strd>", {"reference": "RF18"}),
        ("<RmtInf><Ustrd>77 000</Ustrd><Ustrd>0123</Ustrd></RmtInf>", "", {"reference": "770000123"}),
        ("<EndToEndId>770000123</EndToEndId>", "<EndToEndId>NotProvided</EndToEndId>", {"narrative": "FASTER PAYMENT 77 000 0123 MR CAFÉ"}),
        ("BC1", "NONREF", {"bank_reference": None}),
        ("<AcctSvcrRef>BC1</AcctSvcrRef>", "<AcctSvcrRef/>", {"bank_reference": None}),
        ("<Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>FPAY</SubFmlyCd></Fmly></Domn>", "", {"transaction_code": "FPI"}),
        ("<ValDt><Dt>2026-03-19</Dt></ValDt>", "", {"value_on": DAY}),
        ("<Sts>BOOK</Sts>", "<Sts>PDNG</Sts>", {"is_booked": False}),
        ("<Sts>BOOK</Sts>", "<Sts><Cd>FUTR</Cd></Sts>", {"is_booked": False}),
        ("<Sts>BOOK</Sts>", "<Sts><Prtry>EXPECTED</Prtry></Sts>", {"is_booked": False}),
        ("<IBAN>GB33BUKB20201512345678</IBAN>", "<Othr><Id>NL56 AGDH 96</Id></Othr>", {"counterparty_account": "NL56AGDH96"}),
        ("<IBAN>GB33BUKB20201512345678</IBAN>", "<Othr><Id>12345678</Id></Othr>", {"counterparty_account": "12345678"}),
        # A reversal is not flipped again: it is what the direction says. Its parties are those of what it reverses.
        (
            "<Sts>BOOK</Sts>", "<RvslInd>true</RvslInd><Sts>BOOK</Sts>",
            {"counterparty_name": "ANYTOWN", "counterparty_account": None, "narrative": "FASTER PAYMENT 77 000 0123 770000123 ANYTOWN"},
        ),
        # A batch has no one payer, whether one of its payments is given or all.
        (
            "<NtryDtls>", "<NtryDtls><Btch><NbOfTxs>20</NbOfTxs></Btch>",
            {"counterparty_name": None, "counterparty_account": None, "reference": None},
        ),
    ],
)  # fmt: skip
def test_an_entry_is_what_the_bank_says_of_it(old: str, new: str, changed: dict[str, Any]) -> None:
    assert old in PLAIN
    entry = only(Entry, read(PLAIN.replace(old, new, 1)))[0]
    assert {name: getattr(entry, name) for name in changed} == changed
    kept = set(Entry._fields) - set(changed) - {"narrative"}
    assert {name: getattr(entry, name) for name in kept} == {name: getattr(FIRST, name) for name in kept}


def test_a_payers_account_number_is_found_with_its_banks_sort_code() -> None:
    agent = "<RltdAgts><DbtrAgt><FinInstnId><ClrSysMmbId><MmbId>20-20-15</MmbId></ClrSysMmbId></FinInstnId></DbtrAgt></RltdAgts><RmtInf>"
    content = PLAIN.replace("<IBAN>GB33BUKB20201512345678</IBAN>", "<Othr><Id>12345678</Id></Othr>").replace("<RmtInf>", agent)
    assert only(Entry, read(content))[0].counterparty_account == "20201512345678"


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("<Amt Ccy=\"GBP\">12.50", "<Amt Ccy=\"GBP\">12.505", (26, "entry 2", "the amount cannot be read: a fraction of a penny")),
        ("<Amt Ccy=\"GBP\">12.50", "<Amt Ccy=\"GBP\">12,50", (26, "entry 2", "the amount cannot be read: not an amount")),
        ("<Amt Ccy=\"GBP\">12.50", "<Amt Ccy=\"GBP\">", (26, "entry 2", "the amount cannot be read: not an amount")),
        ("<Amt Ccy=\"GBP\">12.50", "<Amt Ccy=\"GBP\">-12.50", (26, "entry 2", "the amount is below nothing")),
        ("<Amt Ccy=\"GBP\">12.50", "<Amt Ccy=\"GBP\">999999999999.00", (26, "entry 2", "the amount cannot be read: an amount too large")),
        ("<Amt Ccy=\"GBP\">12.50", "<Amt Ccy=\"EUR\">12.50", (26, "entry 2", "the entry is not in GBP, the account's currency")),
        ("<CdtDbtInd>DBIT</CdtDbtInd>", "", (26, "entry 2", "the amount is neither credit nor debit")),
        ("<CdtDbtInd>DBIT</CdtDbtInd>", "<CdtDbtInd>D</CdtDbtInd>", (26, "entry 2", "the amount is neither credit nor debit")),
        ("<Dt>2026-03-19</Dt>", "<Dt>2026-02-30</Dt>", (10, "entry 1", "there is no such date")),
        ("137.50", "137.5O", (5, "balances", "the amount cannot be read: not an amount")),
        ("<Dt>2026-03-17</Dt>", "<Dt>yesterday</Dt>", (5, "balances", "there is no such date")),
        # Text that holds an element would be cut at it: 12.50 must not become 2.50.
        ("12.50", "1<b/>2.50", (27, None, "there is an element where only text can be")),
        ("</Ntry>\n</Stmt>", "</Stmt>", (31, None, "the XML is broken or cut short")),
        ("MR CAFÉ", "MR CAF&eacute;", (20, None, "the XML is broken or cut short")),
        ("MR CAFÉ", "MR \0", (20, None, "the XML is broken or cut short")),
    ],
)  # fmt: skip
def test_what_cannot_be_is_a_fault_with_its_line(old: str, new: str, wanted: tuple[int, str | None, str]) -> None:
    assert old in PLAIN
    assert faults(PLAIN.replace(old, new, 1)) == [wanted]


def test_one_bad_entry_does_not_hide_the_next() -> None:
    content = PLAIN.replace("<Amt Ccy=\"GBP\">50.00", "<Amt>x").replace("<CdtDbtInd>DBIT", "<CdtDbtInd>?")
    assert [position for _, position, _ in faults(content)] == ["entry 1", "entry 2"]
    assert only(StatementEnds, read(content))[0].is_proved is False


SUMMARY = (
    "<TxsSummry><TtlNtries><NbOfNtries>{}</NbOfNtries><Sum>{}</Sum></TtlNtries>"
    "<TtlDbtNtries><Sum>{}</Sum></TtlDbtNtries></TxsSummry><Ntry>"
)
CREDIT = "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-18</Dt>"


@pytest.mark.parametrize(
    ("old", "new", "proved"),
    [
        ("137.50", "137.51", False),
        ("BOOK", "PDNG", False),
        ("OPBD", "PRCD", True),
        ("OPBD", "ITBD", None),
        ("CLBD", "CLAV", None),
        ("<CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry>", "<Cd>CLBD</Cd>", True),  # version 1
        (CREDIT, "<Dt><Dt>2026-03-18</Dt>", True),  # some banks give balances no direction
        (CREDIT, CREDIT.replace("CRDT", "DBIT"), False),
        ('<Amt Ccy="GBP">137.50', '<Amt Ccy="SEK">137.50', False),
        ("<Ntry>", SUMMARY.format(2, "62.50", "12.50"), True),  # credits and debits added, not netted
        ("<Ntry>", SUMMARY.format(2, "62.50000", "12.5"), True),
        ("<Ntry>", SUMMARY.format(2, "37.50", "12.50"), False),
        ("<Ntry>", SUMMARY.format(3, "62.50", "12.50"), False),
        ("<Ntry>", SUMMARY.format(2, "62.50", "12.51"), False),
        ("<Ntry>", SUMMARY.format(2, "62.50", "?"), False),
        ("<MsgId>", "<MsgPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></MsgPgntn><MsgId>", True),
    ],
)
def test_a_statement_proves_by_its_booked_entries_and_the_banks_own_sums(old: str, new: str, proved: bool | None) -> None:
    records = read(PLAIN.replace(old, new, 1))
    assert only(Fault, records) == []
    assert only(StatementEnds, records)[0].is_proved is proved
    assert only(Whole, records)[0].is_proved is proved
    assert len(only(Entry, records)) == 2


@pytest.mark.parametrize(
    ("pages", "page", "is_last"),
    [
        ("<GrpHdr><MsgPgntn><PgNb>2</PgNb><LastPgInd>false</LastPgInd></MsgPgntn></GrpHdr><Stmt>", 2, False),
        ("<GrpHdr><MsgPgntn><PgNb>1</PgNb><LastPgInd>true</LastPgInd></MsgPgntn></GrpHdr><Stmt>", 1, True),
        # Newer versions number the pages of each statement, whatever page of the message it is on.
        ("<Stmt><StmtPgntn><PgNb>3</PgNb><LastPgInd>0</LastPgInd></StmtPgntn>", 3, False),
    ],
)
def test_a_page_of_a_longer_statement_need_not_prove_alone(pages: str, page: int, is_last: bool) -> None:
    records = read(PLAIN.replace("<Stmt>", pages).replace("137.50", "200.00"))
    begins, ends = only(StatementBegins, records)[0], only(StatementEnds, records)[0]
    assert (begins.page, begins.is_last_page) == (page, is_last)
    assert ends.is_proved is (False if (page, is_last) == (1, True) else None)


def test_statements_of_several_accounts_and_currencies_stay_apart() -> None:
    one = PLAIN[PLAIN.index("<Stmt>") : PLAIN.index("</BkToCstmrStmt>")]
    other = one.replace("GBP", "EUR").replace("20201555555555", "20201566666666").replace("S1", "S2").replace("50.00", "150.00")
    empty = "<Stmt><Id>S3</Id><CreDtTm>2026-03-18T00:00:00</CreDtTm></Stmt>"
    records = read(PLAIN.replace(one, one + other + empty))
    ends = [(each.currency, each.closing_pence, each.is_proved) for each in only(StatementEnds, records)]
    assert ends == [("GBP", 13750, True), ("EUR", 13750, False), ("GBP", None, None)]
    assert [each.bank_account for each in only(StatementBegins, records)] == [ACCOUNT, "20201566666666", "unnamed"]
    assert records[-1] == Whole("S1+S2+S3", None, False)


def test_an_entry_in_another_currency_is_seen_and_refused() -> None:
    records = read(PLAIN.replace('<Amt Ccy="GBP">12.50', '<Amt Ccy="EUR">12.50'))
    assert len(only(Entry, records)) == 2
    assert [each.position for each in only(Fault, records)] == ["entry 2"]


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_of_another_kind_has_no_statement_in_it(name: str) -> None:
    for other in set(MESSAGES) - {name}:
        assert faults(as_message(other), name) == [(1, None, "there is no statement in the file")]


def test_a_batch_of_many_payments_is_one_entry_in_little_memory() -> None:
    details = PLAIN[PLAIN.index("<TxDtls>") : PLAIN.index("</NtryDtls>")]
    content = PLAIN.replace(details, details * 8_000).encode()
    tracemalloc.start()
    stream = io.BytesIO(content)
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    entries = only(Entry, list(FORMATS["camt053"].read(stream)))
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert [(each.amount_pence, each.counterparty_name) for each in entries] == [(5000, None), (-1250, None)]
    assert peak < len(content) // 2 < 3 << 20


@pytest.mark.parametrize("path", ["<Ustrd>77 000</Ustrd>", "<Nm>MR CAFÉ</Nm>", "<EndToEndId>770000123</EndToEndId>"])
def test_a_long_text_is_cut_to_what_fits(path: str) -> None:
    name = path[: path.index(">") + 1]
    entry = only(Entry, read(PLAIN.replace(path, f"{name}{'long ' * 50_000}{name.replace('<', '</')}")))[0]
    assert entry.amount_pence == 5000
    assert max(len(each) for each in entry if isinstance(each, str)) <= 500


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
DOCTYPE = "the file declares a document type, which no statement needs"
LONG = "a text, tag or comment is far longer than any of a statement"
STRANGE = "it has more names, or more levels, than any statement"
BROKEN = "the XML is broken or cut short"
ENCODING = "the file's encoding is none that is read here"
HOSTILE = [
    ("an entity bomb", PLAIN.replace("<Document>", f"{BOMB}<Document>").replace("MR", "&b;").encode(), DOCTYPE),
    ("the same after a mark", b"\xef\xbb\xbf" + PLAIN.replace("<Document>", f"{BOMB}<Document>").encode(), DOCTYPE),
    ("the same in UTF-16", PLAIN.replace("UTF-8", "UTF-16").replace("<Document>", f"{BOMB}<Document>").encode("utf-16"), DOCTYPE),
    ("a type elsewhere", PLAIN.replace("<Document>", '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><Document>').encode(), DOCTYPE),
    ("a file that is read by an entity", PLAIN.replace("<Document>", '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><Document>')
     .replace("MR", "&f;").encode(), DOCTYPE),
    ("a type after 100,000 blanks", PLAIN.replace("<Document>", " " * 100_000 + f"{BOMB}<Document>").encode(), DOCTYPE),
    ("a huge text", PLAIN.replace("MR", "M" * 5_000_000).encode(), LONG),
    ("a huge text that nobody reads", PLAIN.replace("<MsgId>", f"<X>{'M' * 5_000_000}</X><MsgId>").encode(), LONG),
    ("a huge name", PLAIN.replace("<MsgId>", f"<{'M' * 5_000_000}/><MsgId>").encode(), LONG),
    ("a huge comment", PLAIN.replace("<MsgId>", f"<!--{'M' * 5_000_000}--><MsgId>").encode(), LONG),
    ("a huge attribute", PLAIN.replace("<MsgId>", f"<X a='{'M' * 5_000_000}'/><MsgId>").encode(), LONG),
    ("a million attributes", PLAIN.replace("<MsgId>", "<X" + "".join(f" a{n}=''" for n in range(200_000)) + "/><MsgId>").encode(), LONG),
    ("many names", PLAIN.replace("<MsgId>", "".join(f"<a{n}/>" for n in range(100_000)) + "<MsgId>").encode(), STRANGE),
    ("deep nesting", PLAIN.replace("<MsgId>", "<a>" * 100_000).encode(), STRANGE),
    ("statements in statements", b"<BkToCstmrStmt>" + b"<Stmt>" * 100_000, STRANGE),
    ("a few statements in statements", b"<BkToCstmrStmt>" + b"<Stmt>" * 50, BROKEN),
    ("NULs", b"<BkToCstmrStmt>" + bytes(100_000), BROKEN),
    ("bytes that are not UTF-8", PLAIN.encode("latin-1"), BROKEN),
    ("an encoding nobody knows", PLAIN.replace("UTF-8", "EBCDIC-X").encode(), ENCODING),
    ("an encoding of several bytes", PLAIN.replace("UTF-8", "shift_jis").encode(), ENCODING),
    ("an encoding that is none", PLAIN.replace("UTF-8", "rot13").encode(), ENCODING),
    ("nothing in it", b"<BkToCstmrStmt/>", "there is no statement in the file"),
    ("an entry without a statement", b"<Ntry><BkToCstmrStmt/></Ntry>", "there is no statement in the file"),
    ("two documents", (PLAIN + PLAIN).encode(), BROKEN),
]  # fmt: skip


@pytest.mark.parametrize(("content", "what"), [each[1:] for each in HOSTILE], ids=[each[0] for each in HOSTILE])
@pytest.mark.parametrize("name", MESSAGES)
def test_a_hostile_file_is_one_fault(content: bytes, what: str, name: str) -> None:
    if not content.startswith(b"\xff\xfe"):
        content = as_message(name, content.decode("latin-1")).encode("latin-1")
    assert [each[2] for each in faults(content, name)] == [what]


@pytest.mark.parametrize("name", MESSAGES)
def test_an_empty_statement_has_a_fault_for_each_thing_that_it_lacks(name: str) -> None:
    content = as_message(name, "<Document><BkToCstmrStmt><Stmt><Bal/><Ntry/><Ntry><Amt/></Ntry></Stmt></BkToCstmrStmt></Document>")
    unread = "the amount cannot be read: not an amount"
    assert faults(content) == [(1, "entry 1", unread), (1, "entry 2", unread), (1, "balances", "the statement has no date")]


@pytest.mark.parametrize("at", range(0, len(PLAIN), 97))
def test_a_file_that_is_cut_short_is_refused(at: int) -> None:
    assert faults(PLAIN.encode()[:at], "camt053")


PIECES = st.sampled_from([
    b"<Ntry>", b"</Ntry>", b"<Stmt>", b"</Stmt>", b"<Amt>", b"1.00", b"</Amt>", b"<Bal/>", b"<TxDtls/>", b"<Sts>", b"DBIT", b"9",
    b"<!DOCTYPE x>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"&lt;", b"&x;", b'"', b"\x00", b"\xff",
])  # fmt: skip
CONTENTS = [PLAIN.encode(), DIALECTS["UTF-16"], *(path.read_bytes()[:8_000] for path in sorted(SAMPLES.glob("camt*")))]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A file with some bytes gone, or some put in, in up to three places."""
    content = draw(st.sampled_from(CONTENTS))
    for _ in range(draw(st.integers(1, 3))):
        at, cut = draw(st.integers(0, len(content))), draw(st.integers(0, 40))
        content = content[:at] + b"".join(draw(st.lists(PIECES, max_size=3))) + content[at + cut :]
    return content


@given(damaged(), st.sampled_from([None, *MESSAGES]))
def test_a_damaged_file_never_raises(content: bytes, name: str | None) -> None:
    records = read(content, name)
    assert len(only(Whole, records)) + bool(only(Fault, records)) > 0


@given(st.binary(max_size=300), st.sampled_from(list(MESSAGES)))
def test_any_bytes_are_a_fault(content: bytes, name: str) -> None:
    assert faults(content, name)


ENTRIES = st.lists(st.integers(-(10**12), 10**12).filter(bool), max_size=30)


@given(ENTRIES, st.integers(-(10**12), 10**12), st.booleans())
def test_a_statement_proves_unless_a_penny_is_missing(amounts: list[int], opening: int, is_short: bool) -> None:
    def pounds(amount: int) -> str:
        return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02}"

    closing = opening + sum(amounts) + is_short
    records = read(statement([f"{pounds(each)} R{number}" for number, each in enumerate(amounts)], pounds(opening), pounds(closing)))
    assert only(Fault, records) == []
    assert [each.amount_pence for each in only(Entry, records)] == amounts
    (ends,) = only(StatementEnds, records)
    assert (ends.opening_pence, ends.closing_pence, ends.is_proved) == (opening, closing, not is_short)
