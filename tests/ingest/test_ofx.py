"""OFX: SGML and XML, several accounts in a file, and what accounting programs do to it."""

import io
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.remittances import Fault
from ims_ingest.domain.cards import redacted
from ims_ingest.formats import Format, detect, inspect
from ims_ingest.formats.ofx import OFX, amount
from ims_ingest.formats.records import Entry, StatementBegins, StatementEnds, Whole
from ims_ingest.formats.text import pence

REAL = Path(os.environ.get("IMS_REAL_FILES", Path(__file__).parents[3] / "shared/real-files"))
HEADER = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nCHARSET:1252\n\n"
DAYS = "<DTSTART>20260317<DTEND>20260318"
ACCOUNT = "<BANKACCTFROM><BANKID>202015<ACCTID>55555555<ACCTTYPE>CHECKING</BANKACCTFROM>"
BALANCE = "<LEDGERBAL><BALAMT>1298.20<DTASOF>20260318170000</LEDGERBAL><AVAILBAL><BALAMT>5.00<DTASOF>20260318</AVAILBAL>"
ENTRY = "<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260318120000[-5:EST]<TRNAMT>150.25<FITID>F1<NAME>MRS A EXAMPLE<MEMO>770001012</STMTTRN>"


def read(content: bytes | str) -> list:
    stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
    found = detect(stream)
    return list(found.read(stream)) if isinstance(found, Format) else [found]


def of(kind: type, content: bytes | str) -> list:
    return [record for record in read(content) if isinstance(record, kind)]


def faults(content: bytes | str) -> list[str]:
    return [fault.what for fault in of(Fault, content)]


def statement(*entries: str, account: str = ACCOUNT, currency: str = "GBP", balance: str = BALANCE) -> str:
    listed = f"<BANKTRANLIST>{DAYS}\n" + "\n".join(entries) + "\n</BANKTRANLIST>"
    return f"<STMTTRNRS><TRNUID>0\n<STMTRS><CURDEF>{currency}\n{account}\n{listed}\n{balance}</STMTRS></STMTTRNRS>"


def file(*statements: str) -> str:
    signed_on = "<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20260319</SONRS></SIGNONMSGSRSV1>"
    return f"{HEADER}<OFX>{signed_on}<BANKMSGSRSV1>{''.join(statements)}</BANKMSGSRSV1></OFX>"


def as_xml(content: str) -> str:
    """Every value with its end, as version 2 has it."""
    groups = ("OFX", "V1", "RS", "FROM", "STATUS", "LIST", "TRN", "BAL")
    pieces = []
    for piece in content.removeprefix(HEADER).split("<"):
        name = piece.partition(">")[0]
        is_value = name and not name.startswith("/") and not name.endswith(groups)
        pieces.append(f"{piece.rstrip()}</{name}>" if is_value else piece)
    return '<?xml version="1.0"?>\n<?OFX OFXHEADER="200" VERSION="203"?>\n' + "<".join(pieces)


def as_it_is(content: str) -> str:
    return content


@pytest.mark.parametrize(
    "change",
    [
        as_it_is,
        as_xml,
        str.lower,
        lambda content: content.replace("\n", ""),
        lambda content: content.replace("\n", "\r\n"),
        lambda content: content.replace("<", "\n  <"),
        lambda content: content.removeprefix(HEADER),
        lambda content: "\ufeff\n\n" + content,
        lambda content: content.replace("<STMTTRN>", "<STMTTRN><CHECKNUM><REFNUM></REFNUM><SIC/>"),
        lambda content: content.replace("<CURDEF>", "<!-- of March --><CURDEF>"),
        lambda content: content.replace("</STMTTRN>", ""),
        lambda content: as_xml(content).replace("770001012", "<![CDATA[770001012]]>"),
        lambda content: as_xml(content).replace("<", "<ofx:").replace("<ofx:/", "</ofx:").replace("<ofx:?", "<?"),
    ],
)
def test_it_is_read_however_it_is_written(change: Callable[[str], str]) -> None:
    records = read(change(file(statement(ENTRY, ENTRY.replace("150.25", "-20").replace("F1", "F2").replace("CREDIT", "DEBIT")))))
    begins, first, second, ends, whole = records
    assert begins == StatementBegins("20201555555555", "20260317..20260318", 1, True, None)
    assert (first.amount_pence, first.booked_on, first.value_on) == (15025, date(2026, 3, 18), date(2026, 3, 18))
    assert (first.bank_reference.upper(), first.transaction_code.upper(), first.is_booked) == ("F1", "CREDIT", True)
    assert (first.counterparty_name.upper(), first.reference, first.narrative.upper()) == (
        "MRS A EXAMPLE",
        "770001012",
        "MRS A EXAMPLE 770001012",
    )
    assert second.amount_pence == -2000
    assert ends == StatementEnds(None, 129820, date(2026, 3, 17), date(2026, 3, 18), "GBP", None)
    assert whole == Whole("20260317..20260318", None, None)


def test_every_account_in_a_file_is_a_statement() -> None:
    card = (
        statement(ENTRY, account="<CCACCTFROM><ACCTID>4111111111111111</CCACCTFROM>")
        .replace("STMT", "CCSTMT")
        .replace("CCSTMTTRN>", "STMTTRN>")
    )
    content = file(statement(ENTRY), statement(account=ACCOUNT.replace("55555555", "66666666")), card)
    assert [each.bank_account for each in of(StatementBegins, content)] == ["20201555555555", "20201566666666", "************1111"]
    assert [type(each) for each in read(content)].count(StatementEnds) == 3
    assert len(of(Entry, content)) == 2
    assert faults(content) == []


@pytest.mark.parametrize(
    ("account", "name"),
    [
        ("<BANKID>202015<ACCTID>55555555", "20201555555555"),
        ("<BANKID>20-20-15<ACCTID>55555555", "20201555555555"),
        ("<BANKID>202015<ACCTID>20201555555555", "20201555555555"),
        ("<BANKID>BUKBGB22<ACCTID>GB33 BUKB 2020 1555 5555 55", "20201555555555"),
        ("<BANKID>5472369148<ACCTID>1452687~7", "1452687~7"),
        ("<BANKID>160000100<BRANCHID>00<ACCTID>12300 000012345678", "12300000012345678"),
        ("<BANKID>1", "unnamed"),
    ],
)
def test_an_account_is_the_same_account_however_it_is_written(account: str, name: str) -> None:
    content = file(statement(account=f"<BANKACCTFROM>{account}</BANKACCTFROM>"))
    assert [each.bank_account for each in of(StatementBegins, content)] == [name]


def test_a_bank_account_that_looks_like_a_card_is_kept_and_a_card_is_not() -> None:
    content = file(statement(account="<BANKACCTFROM><ACCTID>30000112345602</BANKACCTFROM>")).encode()
    assert redacted(content) == content
    card = file(statement(account="<CCACCTFROM><ACCTID>4111111111111111</CCACCTFROM>"))
    assert of(StatementBegins, card) == of(StatementBegins, redacted(card.encode()))


def test_entries_with_one_id_are_all_kept() -> None:
    assert [each.bank_reference for each in of(Entry, file(statement(ENTRY, ENTRY)))] == ["F1", "F1"]


@pytest.mark.parametrize(
    ("text", "pence"),
    [
        ("12.50", 1250),
        ("-12,5", -1250),
        ("+.5", 50),
        ("-0", 0),
        ("1,234.56", 123456),
        ("-1,234,567.00", -123456700),
        ("5442.09000", 544209),
        ("1,234", None),  # thousands, or a fraction of a penny?
        ("1.234,56", None),
        ("$120", None),
        ("1.005", None),
        ("1E3", None),
        ("", None),
        (".", None),
        ("-", None),
    ],
)
def test_an_amount_is_read_to_the_penny_or_not_at_all(text: str, pence: int | None) -> None:
    if pence is None:
        with pytest.raises(ValueError, match=r"amount|penny"):
            amount(text)
    else:
        assert amount(text) == pence


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("<TRNAMT>150.25", "<TRNAMT>$120"), ["the entry's amount or day cannot be read: not an amount"]),
        (("<TRNAMT>150.25", ""), ["the entry's amount or day cannot be read: not an amount"]),
        (("<DTPOSTED>20260318", "<DTPOSTED>20260231"), ["the entry's amount or day cannot be read: day is out of range for month"]),
        (("<CURDEF>GBP", ""), []),
        (("<MEMO>", "<CURRENCY><CURRATE>1<CURSYM>EUR</CURRENCY><MEMO>"), ["the entry is not in GBP, the account's currency"]),
        (("<MEMO>", "<ORIGCURRENCY><CURRATE>1<CURSYM>EUR</ORIGCURRENCY><MEMO>"), []),
        (("1298.20", " "), []),
        (("1298.20", "x"), ["the balance or its day cannot be read: not an amount"]),
        (("</STMTRS>", "</STMTRS><STATUS><CODE>2000<SEVERITY>ERROR</STATUS>"), ["the bank answered with an error instead of a statement"]),
        (("<BANKMSGSRSV1>", "<INVSTMTRS></INVSTMTRS>"), ["a statement of investments is not a bank's"]),
        (("<BANKMSGSRSV1>", "<!DOCTYPE x>"), ["the file declares a document type, which no statement needs"]),
        (("</OFX>", ""), ["the file is cut short"]),
        (("<STMTTRNRS>", "</OFX>\x00<X>"), ["there are NUL characters after line 1: the file is not text, or damaged"]),
        (("<NAME>", "<NAME>" + "x" * 200_000), ["line 10 has a value longer than 65536 characters"]),
    ],
)
def test_what_cannot_be_read_is_a_fault(change: tuple[str, str], found: list) -> None:
    assert faults(file(statement(ENTRY)).replace(*change, 1)) == found


def test_one_bad_entry_does_not_hide_the_next() -> None:
    content = file(statement(ENTRY, ENTRY.replace("150.25", "x"), ENTRY, ENTRY.replace("<DTPOSTED>20260318", "")))
    assert len(of(Entry, content)) == 2
    assert [fault.line for fault in of(Fault, content)] == [11, 13]


@pytest.mark.parametrize("content", [HEADER + "<OFX></OFX>", file(), "<OFX><STMTTRN><TRNAMT>1</STMTTRN></OFX>"])
def test_a_file_without_a_statement_is_a_fault(content: str) -> None:
    assert faults(content) == ["there is no statement in the file"]


def test_an_entry_of_nothing_is_only_information() -> None:
    assert [each.is_booked for each in of(Entry, file(statement(ENTRY.replace("150.25", "0.00"))))] == [False]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"A &amp; B &lt;C&gt;", "A & B <C>"),
        (b"A < B", "A < B"),
        ("JÖRG".encode(), "JÖRG"),
        ("JÖRG".encode("cp1252"), "JÖRG"),
    ],
)
def test_names_are_read_in_any_encoding(raw: bytes, text: str) -> None:
    assert of(Entry, file(statement(ENTRY)).encode().replace(b"MRS A EXAMPLE", raw))[0].counterparty_name == text


def real_files() -> list[str]:
    return sorted(path.name for path in (REAL / "ofx").glob("*")) if REAL.exists() else []


@pytest.mark.skipif(not REAL.exists(), reason="the real files are not at hand")
@pytest.mark.parametrize("name", real_files())
def test_real_banks_statements_are_read_as_other_programs_read_them(name: str) -> None:
    facts = json.loads((REAL / "expected.json").read_text())[f"ofx/{name}"]
    found = [
        (each["entries"], each["credits_pence"], each["debits_pence"], each["closing_pence"], each["currency"])
        for each in inspect(REAL / "ofx" / name)["statements"]
    ]
    assert found == [
        (each["entries"], pence(each["sum_credit"]), pence(each["sum_debit"]), closing(each["ledger_balance"]), each["currency"])
        for each in facts["statements"]
    ]


def closing(text: str) -> int | None:
    return pence(text) if text else None


AMOUNTS = st.integers(-(10**9), 10**9)


@given(st.lists(AMOUNTS, max_size=20), st.sampled_from([as_it_is, as_xml]))
def test_any_statement_is_read_as_it_was_written(amounts: list[int], change: Callable[[str], str]) -> None:
    entries = [
        ENTRY.replace("150.25", f"{'-' if each < 0 else ''}{abs(each) // 100}.{abs(each) % 100:02}").replace("F1", f"F{number}")
        for number, each in enumerate(amounts)
    ]
    content = change(file(statement(*entries)))
    assert [(each.amount_pence, each.bank_reference) for each in of(Entry, content)] == [
        (each, f"F{number}") for number, each in enumerate(amounts)
    ]
    assert faults(content) == []


def test_memory_does_not_grow_with_the_file() -> None:
    stream = io.BytesIO(file(statement(*[ENTRY] * 5_000)).encode())
    assert isinstance(next(record for record in OFX.read(stream) if isinstance(record, Entry)), Entry)
    assert stream.tell() <= 65_536


WHOLE = file(statement(ENTRY, ENTRY)).encode()
PIECES = st.sampled_from([b"<STMTTRN>", b"</STMTTRN>", b"</STMTRS>", b"<OFX>", b"<", b">", b"</", b"<!", b"\x00", b"\xff", b"&#x110000;"])


@given(at=st.integers(0, len(WHOLE)), cut=st.integers(0, 90), put=st.lists(PIECES, max_size=4).map(b"".join))
def test_a_damaged_file_never_raises(at: int, cut: int, put: bytes) -> None:
    assert isinstance(list(OFX.read(io.BytesIO(WHOLE[:at] + put + WHOLE[at + cut :])))[-1], Whole | Fault)


@given(at=st.integers(0, len(WHOLE) - 2))
def test_a_file_cut_short_is_always_refused(at: int) -> None:
    assert [each for each in OFX.read(io.BytesIO(WHOLE[:at])) if isinstance(each, Fault)]


@pytest.mark.timeout(5)
@pytest.mark.parametrize("piece", ["<", "<OFX>", "<" + "a" * 60_000, "<a" * 30_000, "<STMTTRN>", "<a:" + "b:" * 30_000, "&lt;", " "])
def test_no_file_takes_long(piece: str) -> None:
    repeats = max(1, 300_000 // len(piece))
    assert isinstance(list(OFX.read(io.BytesIO(b"<OFX><STMTRS>" + (piece * repeats).encode())))[-1], Whole | Fault)
