"""MT940 and MT942: the banks' dialects, what proves and what does not, and the same figures as another program reads."""

import io
import json
import os
import re
from collections import Counter
from datetime import date
from pathlib import Path

import mt940
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_contracts.remittances import Fault
from ims_contracts.statements import StatementLineReceived, StatementReceived
from ims_ingest.domain.cards import redacted
from ims_ingest.formats import Format, detect, inspect
from ims_ingest.formats.mt940 import MT940
from ims_ingest.formats.records import Entry, StatementBegins, StatementEnds, Whole
from ims_ingest.formats.text import LINE_MAX, Unreadable, lines, pence
from ingest.ingest_world import SAMPLES, Ingest

REAL = Path(os.environ.get("IMS_REAL_FILES", Path(__file__).parents[3] / "shared/real-files"))
SAMPLE = (SAMPLES / "mt940.sta").read_bytes()
HEADER = ":20:STM\n:25:20201555555555\n:28C:00052/001"


def read(content: bytes | str) -> list:
    stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
    found = detect(stream)
    return list(found.read(stream)) if isinstance(found, Format) else [found]


def of(kind: type, content: bytes | str) -> list:
    return [record for record in read(content) if isinstance(record, kind)]


def statement(*fields: str, opening: str = "C260317GBP100,00", closing: str = "C260318GBP100,00", header: str = HEADER) -> str:
    return "\n".join([header, f":60F:{opening}", *fields, f":62F:{closing}", "-", ""])


def faults(content: bytes | str) -> list[tuple[int | None, str]]:
    return [(fault.line, fault.what) for fault in of(Fault, content)]


def money(records: list) -> Counter:
    account = next(record.bank_account for record in records if isinstance(record, StatementBegins))
    return Counter((account, each.booked_on, each.amount_pence, each.bank_reference) for each in records if isinstance(each, Entry))


def test_the_day_is_the_same_money_as_in_camt() -> None:
    here, there = read(SAMPLE), read((SAMPLES / "camt053_v08.xml").read_bytes())
    assert money(here) == money(there)
    assert len(of(Entry, SAMPLE)) == 19
    assert (here[-2].opening_pence, here[-2].closing_pence, here[-2].is_proved) == (there[-2].opening_pence, there[-2].closing_pence, True)
    assert [each.reference for each in here if isinstance(each, Entry)] == [each.reference for each in there if isinstance(each, Entry)]


async def test_the_day_in_both_formats_is_nineteen_lines(ingest: Ingest) -> None:
    for name in ("mt940.sta", "camt053_v08.xml", "mt940.sta"):
        assert (await ingest.sample(name)).status_code in (200, 201)
    assert len(await ingest.told(StatementLineReceived)) == 19
    assert {each.format: each.is_proved for each in await ingest.told(StatementReceived)} == {"mt940": True, "camt053": True}


def test_a_statement_is_known_by_its_number_and_page() -> None:
    assert of(StatementBegins, SAMPLE) == [StatementBegins("20201555555555", "52", 1, True, 52)]


def real_files() -> list[str]:
    return sorted(path.name for path in (REAL / "mt940").glob("*")) if REAL.exists() else []


@pytest.mark.skipif(not REAL.exists(), reason="the real files are not at hand")
@pytest.mark.parametrize("file", real_files())
def test_real_banks_statements_are_read_as_other_programs_read_them(file: str) -> None:
    facts = json.loads((REAL / "expected.json").read_text())[f"mt940/{file}"]
    found = inspect(REAL / "mt940" / file)
    sums = ("sum_credit", "sum_debit", "opening", "closing")
    wanted = [(each["entries"], *(None if each[name] is None else pence(each[name]) for name in sums)) for each in facts["statements"]]
    names = ("entries", "credits_pence", "debits_pence", "opening_pence", "closing_pence")
    assert [tuple(each[name] for name in names) for each in found["statements"]] == wanted
    for each, fact in zip(found["statements"], facts["statements"], strict=True):
        assert fact["balances_prove"] is None or each["proved"] == fact["balances_prove"]


@pytest.mark.parametrize(
    ("line", "amount_pence", "booked_on", "value_on", "code", "bank_reference"),
    [
        ("2603180318C444,00NTRFFPS1//BC1", 44400, "2026-03-18", "2026-03-18", "NTRF", "BC1"),
        ("260318D444,00NTRFFPS1", -44400, "2026-03-18", "2026-03-18", "NTRF", None),
        ("2603180318RC5,NTRFNONREF//NONREF", -500, "2026-03-18", "2026-03-18", "NTRF", None),
        ("2603180318RD5,5NTRFNONREF", 550, "2026-03-18", "2026-03-18", "NTRF", None),
        ("2603180318RCR61,07NRTINONREF", -6107, "2026-03-18", "2026-03-18", "NRTI", None),
        ("2603180318CR80,NTRFRun 9 OF DAY//07", 8000, "2026-03-18", "2026-03-18", "NTRF", "07"),
        ("260318    DD47,11NMSCNONREF//", -4711, "2026-03-18", "2026-03-18", "NMSC", None),
        ("2603180318C75NTRF18-03 09:15//B4", 7500, "2026-03-18", "2026-03-18", "NTRF", "B4"),
        ("2603180318D 9,N192NONREF", -900, "2026-03-18", "2026-03-18", "N192", None),
        ("260318C000000000019,00N699700001      A NAME", 1900, "2026-03-18", "2026-03-18", "N699", None),
        ("2603180318DF31,00S   X", -3100, "2026-03-18", "2026-03-18", "S", None),
        ("2601020102D8,04NOV NONREF", -804, "2026-01-02", "2026-01-02", "NOV", None),
        ("2512310102C1,NTRF", 100, "2026-01-02", "2025-12-31", "NTRF", None),  # an entry day has no year
        ("2601021231C1,NTRF", 100, "2025-12-31", "2026-01-02", "NTRF", None),
        ("1602300301DR6,00N024NONREF", -600, "2016-03-01", "2016-02-29", "N024", None),  # interest counts 30 days a month
        ("991231C1,NTRF", 100, "1999-12-31", "1999-12-31", "NTRF", None),
        ("2603180000C1,NTRF", 100, "2026-03-18", "2026-03-18", "NTRF", None),
        ("2603180318C0000000000000003,15NTRF1//0011/07", 315, "2026-03-18", "2026-03-18", "NTRF", "0011/07"),
        ("2603180318CR\n30,00N062NONREF", 3000, "2026-03-18", "2026-03-18", "N062", None),  # wrapped
        ("2603180318C12\n345,00NTRFNONREF", 1234500, "2026-03-18", "2026-03-18", "NTRF", None),
        ("2603180318C12,34\n345,00NTRFNONREF", 1234, "2026-03-18", "2026-03-18", None, None),
    ],
)
def test_an_entrys_figures(
    line: str, amount_pence: int, booked_on: str, value_on: str, code: str | None, bank_reference: str | None
) -> None:
    (entry,) = of(Entry, statement(f":61:{line}"))
    assert (entry.amount_pence, str(entry.booked_on), str(entry.value_on)) == (amount_pence, booked_on, value_on)
    assert (entry.transaction_code, entry.bank_reference, entry.is_booked) == (code, bank_reference, True)


@pytest.mark.parametrize(("line", "amount_pence"), [("260318EC5,NTRF", 500), ("260318ED5,NTRF", -500), ("260318CD0,00NDEF", 0)])
def test_what_is_only_expected_or_only_said_takes_no_part_in_the_balance(line: str, amount_pence: int) -> None:
    content = statement(f":61:{line}")
    assert [(each.amount_pence, each.is_booked) for each in of(Entry, content)] == [(amount_pence, False)]
    assert of(StatementEnds, content)[0].is_proved is True


@pytest.mark.parametrize(
    ("fields", "name", "account", "reference", "narrative"),
    [
        (["86:770001012"], None, None, "770001012", "FPS1 770001012"),
        (["86:MRS A EXAMPLE", "770001012"], None, None, "MRS A EXAMPLE 770001012", "FPS1 MRS A EXAMPLE 770001012"),
        (["86:" + "X" * 63 + "77", "0001012"], None, None, "X" * 63 + "770001012", "FPS1 " + "X" * 63 + "770001012"),
        ([], None, None, "FPS1", "FPS1"),
        (["86:", "", "  text  of it"], None, None, "text of it", "FPS1 text of it"),
        (["86:ONE", "86:TWO"], None, None, "ONE TWO", "FPS1 ONE TWO"),
        (["86:paid", "- at 9", "-"], None, None, "paid - at 9", "FPS1 paid - at 9"),
        (["86:2026-03-18T16", ":25:37 and", ":28:10 or", ":20:15 too"], None, None, "2026-03-18T16 :25:37 and :28:10 or :20:15 too", None),
        (
            ["86:166?00CREDIT?100001?20EREF+E9 12 300?21 45006?22SVWZ+RENT OF MARCH 2026 FOR?23 FLAT 2?30BUKBGB22?31DE99100",
             "200?32ANNA?33 B"],
            "ANNA B", "DE99100200", "RENT OF MARCH 2026 FOR FLAT 2", None,
        ),
        (["86:008?00STANDING ORDER?20Rent of March?3020201500?31666777?32SPARROW"], "SPARROW", "666777", "Rent of March", None),
        (["86:116?00X?20EREF+NOTPROVIDED?21KREF+BATCH 9"], None, None, "BATCH 9", None),
        (["86:000>100555666777", ">20RENT>21 OF A SHOP>310222333444"], None, "0222333444", "RENT OF A SHOP", None),
        (
            ["86:/EREF/55501/ORDP//NAME/SAMPLE BAKERY LTD/ADDR/HIGH STRE", "ET 1/REMI/560000126 MARCH/ISDT/2026-03-18"],
            "SAMPLE BAKERY LTD", None, "560000126 MARCH", None,
        ),
        (
            ["86:/CNTP/NL00TEST0123456789/TESTNL2A/M Finch///REMI/USTD//18-03", "-2026 allotment/"],
            "M Finch", "NL00TEST0123456789", "18-03-2026 allotment", None,
        ),
        (
            ["86:/TRTP/SEPA TRANSFER/IBAN/NL00TEST0987001234/BIC/TESTNL2A/NAME/", "WREN/EREF/91/ORDP//ID/31"],
            "WREN", "NL00TEST0987001234", "91", None,
        ),
    ],
)  # fmt: skip
def test_what_the_bank_says_in_words(
    fields: list[str], name: str | None, account: str | None, reference: str, narrative: str | None
) -> None:
    text = "\n".join(":" + field if re.match(r"\d\d:", field) else field for field in fields)
    (entry,) = of(Entry, statement(":61:2603180318C1,00NTRFFPS1//BC1", *([text] if text else [])))
    assert (entry.counterparty_name, entry.counterparty_account, entry.reference) == (name, account, reference)
    assert narrative is None or entry.narrative == narrative


def test_the_second_line_of_an_entry_is_part_of_its_words_and_text_after_the_balance_is_not() -> None:
    content = statement(":61:2603180318C1,00NTRFNONREF", "Card transaction") + ":64:C260318GBP1,00\n:86:D000004C000002\n"
    assert [(each.reference, each.narrative) for each in of(Entry, content)] == [(None, "Card transaction")]


@pytest.mark.parametrize(
    ("written", "account"),
    [
        ("20201555555555", "20201555555555"),
        ("20-20-15 55555555", "20201555555555"),
        ("202015/55555555", "20201555555555"),
        ("BUKBGB22/20201555555555", "20201555555555"),
        ("BUKBGB22XXX/202015 55555555", "20201555555555"),
        ("/GB33BUKB20201555555555", "20201555555555"),
        ("GB33BUKB20201555555555 GBP", "20201555555555"),
        ("20201555555555GBP", "20201555555555"),
        ("20201555555555EUR", "20201555555555EUR"),
        ("7001.20.300GBP", "7001.20.300"),
        ("TESTHUHB/990011223344XYZ001/GBP", "TESTHUHB/990011223344XYZ001"),
        ("10020030/0123400056789", "10020030/0123400056789"),
        ("", "unnamed"),
    ],
)
def test_an_account_is_the_same_account_however_it_is_written(written: str, account: str) -> None:
    assert of(StatementBegins, statement(header=f":20:STM\n:25:{written}\n:28C:1"))[0].bank_account == account


@pytest.mark.parametrize("written", ["30000112345602", "LOYDGB2L/30000112345602", "/30000112345602"])
def test_a_bank_account_that_looks_like_a_card_is_kept(written: str) -> None:
    content = statement(header=f":20:STM\n:25:{written}\n:28C:1").encode()
    assert b"*" in redacted(content.replace(b":25:", b":21:").replace(b"LOYDGB2L", b"X"))
    assert redacted(content) == content


@pytest.mark.parametrize(
    ("number", "reference", "page", "sequence"),
    [
        ("28C:00052/001", "52", 1, 52),
        ("28C:00004/00002", "4", 2, 4),
        ("28:1", "1", 1, 1),
        ("28:1810118101", "1810118101", 1, 1810118101),
        ("28C:00000/00", "STM", 1, None),
        ("28C:0", "STM", 1, None),
        ("21:X", "STM", 1, None),
    ],
)
def test_a_statements_name(number: str, reference: str, page: int, sequence: int | None) -> None:
    begins = of(StatementBegins, statement(header=f":20:STM\n:25:20201555555555\n:{number}"))
    assert begins == [StatementBegins("20201555555555", reference, page, True, sequence)]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("", ""), []),
        (("C10,00N", "C10.00N"), [(5, "the entry cannot be read")]),
        (("C10,00N", "C1.200,00N"), [(5, "the entry cannot be read")]),
        (("C10,00N", "X10,00N"), [(5, "the entry cannot be read")]),
        (("C10,00N", "C10,005N"), [(5, "the entry's amount or day cannot be read: a fraction of a penny")]),
        (("2603180318C", "2613180318C"), [(5, "the entry's amount or day cannot be read: no such day")]),
        (("2603180318C", "2603181318C"), [(5, "the entry's amount or day cannot be read: no such day")]),
        (("60F:C26", "60F:X26"), [(4, "the balance cannot be read: not a balance")]),
        (("62F:", "64:"), [(1, "the statement has no closing balance, as if it were cut short")]),
        ((":86:ONE", ":25:1\n\x1a:20:STM2\n:61:2603180318C1,00NTRF\n:86:ONE"), [(7, "a control character hides the beginning of a field")]),
        (("-\n", ":61:2603180318C0,00NTRF\n"), [(8, "an entry stands after the closing balance")]),
        (("-\n", ":25:20201566666666\n"), [(8, "the statement names a second account")]),
    ],
)
def test_what_cannot_be_read_is_a_fault_with_its_line(change: tuple[str, str], found: list) -> None:
    content = statement(":61:2603180318C10,00NTRF", ":86:ONE", closing="C260318GBP110,00").replace(*change, 1 if change[0] else 0)
    assert faults(content) == found


def test_one_bad_entry_does_not_hide_the_next() -> None:
    content = statement(":61:bad", ":86:text", ":61:2603180318C10,00NTRF", ":61:", closing="C260318GBP110,00")
    assert [line for line, _ in faults(content)] == [5, 8]
    assert [each.amount_pence for each in of(Entry, content)] == [1000]
    assert of(StatementEnds, content)[0].is_proved is False


@pytest.mark.parametrize(
    ("entries", "opening", "closing", "proved"),
    [
        ("C10,00 D2,50", "C260317GBP100,00", "C260318GBP107,50", True),
        ("C10,00 D2,50", "C260317GBP100,00", "C260318GBP107,51", False),
        ("RC10,00 RD2,50", "C260317GBP5,00", "D260318GBP2,50", True),
        ("", "D260317GBP0000000000000001,00", "D260318GBP1,", True),
        ("C10,00", "C260317105000,00", "C260318GBP105010,00", True),
        ("C10,00", "C251131GBP 1,", "C260318GBP11", True),
    ],
)
def test_a_statement_proves_by_its_balances(entries: str, opening: str, closing: str, proved: bool) -> None:
    content = statement(*(f":61:260318{each}NTRF" for each in entries.split()), opening=opening, closing=closing)
    assert [each.is_proved for each in of(StatementEnds, content)] == [proved]
    assert of(Whole, content)[0].is_proved is proved


def page(number: str, opening: str, closing: str) -> str:
    return f":20:STM\n:25:20201555555555\n:28C:{number}\n:{opening}\n:61:260318C10,00NTRF\n:{closing}\n-\n"


@pytest.mark.parametrize(
    ("second", "proved"),
    [
        (page("4/2", "60M:C260317GBP110,00", "62F:C260318GBP120,00"), True),
        (page("4/2", "60M:C260317GBP111,00", "62F:C260318GBP121,00"), False),
        (page("5/2", "60M:C260317GBP111,00", "62F:C260318GBP121,00"), True),  # of another statement
        (page("4/3", "60M:C260317GBP111,00", "62F:C260318GBP121,00"), True),  # a page between is in another file
    ],
)
def test_a_page_goes_on_from_the_page_before(second: str, proved: bool) -> None:
    content = page("4/1", "60F:C260317GBP100,00", "62M:C260318GBP110,00") + second
    assert [(each.page, each.is_last_page) for each in of(StatementBegins, content)] == [(1, False), (int(second.split("/")[1][0]), True)]
    assert [each.is_proved for each in of(StatementEnds, content)] == [True, proved]


@pytest.mark.parametrize(
    ("totals", "proved"),
    [
        (":90D:1GBP2,30\n:90C:2GBP3,", True),
        (":90D:1GBP2,31\n:90C:2GBP3,00", False),
        (":90D:2GBP2,30", False),
        (":90C:x", False),
        ("", None),
    ],
)
def test_a_report_during_the_day_proves_by_its_totals(totals: str, proved: bool | None) -> None:
    head = f"{HEADER}\n:34F:GBPD0,00\n:13D:2603181730+0000"
    content = f"{head}\n:61:2603180318C1,NTRF//1\n:86:A\n:61:260318C2,NTRF//2\n:61:260318D2,30NTRF//3\n{totals}\n-"
    stream = io.BytesIO(content.encode())
    assert getattr(detect(stream), "name", None) == "mt942"
    assert faults(content) == []
    assert of(StatementEnds, content) == [StatementEnds(None, None, None, date(2026, 3, 18), "GBP", proved)]


ONE, TWO = statement(":61:260318C0,NTRF"), statement(header=HEADER.replace("00052", "53"))


@pytest.mark.parametrize(
    "content",
    [
        ONE + TWO,
        (ONE + TWO).replace("\n", "\r\n"),
        (ONE + TWO).replace("\n", "\r"),
        "\ufeff" + ONE + TWO,
        "\n\x01\n" + ONE + "\x03\n" + TWO,
        "".join(f"{{1:F01BUKBGB22}}{{2:O940}}{{4:\n{each[:-2]}-}}{{5:}}\n" for each in (ONE, TWO)),
        "".join(f"{{1:F01BUKBGB22}}{{2:O940}}{{4:{each[:-2]}-}}\n" for each in (ONE, TWO)),
        "".join(f"ABNANL2A\n940\nABNANL2A\n{each}" for each in (ONE, TWO)),
        "".join(f"0000 01INGBNL2A\n940 00\n{each[:-2]}-XXX\n" for each in (ONE, TWO)),
        ":940:\n" + ONE.replace("-\n", "") + TWO.replace("-\n", ""),
        ONE.replace("-\n", "\n") + "$\n" + TWO,
        (ONE + TWO).replace(":20:STM\n", ""),
        (ONE + TWO).replace(":28C:", ":28:").replace("STM", "STM\n:21:NONREF\n:NS:22NAME\n23NAME"),
    ],
)
def test_messages_are_told_apart_whatever_is_around_them(content: str) -> None:
    assert faults(content) == []
    assert [(each.reference, each.bank_account) for each in of(StatementBegins, content)] == [
        ("52", "20201555555555"),
        ("53", "20201555555555"),
    ]
    assert len(of(Entry, content)) == 1


@pytest.mark.parametrize("raw", ["JÖRG".encode(), "JÖRG".encode("cp1252"), b"J\xa0RG"])
def test_any_encoding_is_read(raw: bytes) -> None:
    (entry,) = of(Entry, statement(":61:260318C1,NTRF", ":86:NAME").encode().replace(b"NAME", raw))
    assert entry.reference in ("JÖRG", "J RG")


def test_a_long_file_with_only_cr_is_cut_at_its_lines() -> None:
    entries = [f":61:260318C{number},00NTRF//{number:07}" for number in range(1, 5000)]
    content = statement(*entries, opening="C260317GBP0,00", closing=f"C260318GBP{sum(range(1, 5000))},00").replace("\n", "\r").encode()
    assert len(content) > 2 * LINE_MAX
    assert of(StatementEnds, content)[0].is_proved is True
    with pytest.raises(Unreadable):
        list(lines(io.BytesIO(b"a\r" + b"x" * 3 * LINE_MAX)))


def test_memory_does_not_grow_with_the_file() -> None:
    """The entries are told while the file is read, not at its end."""
    entries = [f":61:260318C1,00NTRF//{number:07}\n:86:TEXT" for number in range(5000)]
    stream = io.BytesIO(statement(*entries).encode())
    first = next(record for record in MT940.read(stream) if isinstance(record, Entry))
    assert first.bank_reference == "0000000"
    assert stream.tell() < 20_000


AMOUNTS = st.integers(0, 10**9)
MARKS = st.sampled_from(["C", "D", "RC", "RD", "CR", "DR", "CP", "RCR"])
ENTRIES = st.lists(st.tuples(MARKS, AMOUNTS, st.dates(date(2020, 1, 1), date(2039, 1, 1))))


def written(amount_pence: int) -> str:
    return f"{amount_pence // 100},{amount_pence % 100:02}"


def sign(mark: str) -> int:
    return -1 if mark[0] == "D" or mark.startswith("RC") else 1


def generated(entries: list, opening_pence: int = 0) -> str:
    closing_pence = opening_pence + sum(sign(mark) * amount for mark, amount, _ in entries)
    texts = [
        f":61:{day:%y%m%d%m%d}{mark}{written(amount)}NTRFFPS{number}//BC{number}\n:86:MR {number}"
        for number, (mark, amount, day) in enumerate(entries)
    ]
    ends = "D" if closing_pence < 0 else "C"
    return statement(*texts, opening=f"C260317GBP{written(opening_pence)}", closing=f"{ends}260318GBP{written(abs(closing_pence))}")


@given(ENTRIES, AMOUNTS)
def test_any_statement_is_read_as_it_was_written(entries: list, opening_pence: int) -> None:
    content = generated(entries, opening_pence)
    found = of(Entry, content)
    assert [(each.amount_pence, each.booked_on, each.bank_reference) for each in found] == [
        (sign(mark) * amount, day, f"BC{number}") for number, (mark, amount, day) in enumerate(entries)
    ]
    assert of(StatementEnds, content)[0].is_proved is True


@given(ENTRIES.filter(bool))
@settings(max_examples=40)
def test_another_program_reads_the_same(entries: list) -> None:
    """It counts a reversed credit as a credit unless it is told not to."""
    content = generated(entries)
    other = mt940.parse(content, options=mt940.Options(reversal_sign=True))
    assert [(int(each.data["amount"].amount * 100), each.data["entry_date"]) for each in other] == [
        (each.amount_pence, each.booked_on) for each in of(Entry, content)
    ]


def test_another_program_reads_the_sample_the_same() -> None:
    other = mt940.parse(SAMPLE.decode(), options=mt940.Options(reversal_sign=True))
    assert [(int(each.data["amount"].amount * 100), each.data["bank_reference"]) for each in other] == [
        (each.amount_pence, each.bank_reference) for each in of(Entry, SAMPLE)
    ]


TAGS = [b":61:", b":86:", b":20:", b":25:", b":62F:", b"-", b"?20"]
PIECES = st.sampled_from([*TAGS, b"\n", b"\r", b"\x00", b"\x1a", b"\xff", b",", b"9" * 30])


@given(at=st.integers(0, len(SAMPLE)), cut=st.integers(0, 90), put=st.lists(PIECES, max_size=4).map(b"".join))
def test_a_damaged_statement_never_raises_and_proves_only_if_its_figures_agree(at: int, cut: int, put: bytes) -> None:
    records = list(MT940.read(io.BytesIO(SAMPLE[:at] + put + SAMPLE[at + cut :])))
    assert isinstance(records[-1], Whole | Fault)
    booked_pence = 0
    for record in records:
        if isinstance(record, StatementBegins):
            booked_pence = 0
        elif isinstance(record, Entry):
            booked_pence += record.amount_pence if record.is_booked else 0
        elif isinstance(record, StatementEnds) and record.is_proved:
            assert (record.opening_pence or 0) + booked_pence == record.closing_pence


@given(st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=60).map(b"\n".join))
def test_rubbish_never_raises(content: bytes) -> None:
    assert isinstance(list(MT940.read(io.BytesIO(content)))[-1], Whole | Fault)


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "line",
    [
        ":62F:C260318" + " " * 60_000,
        ":61:260318" + " " * 60_000,
        ":61:260318C" + "1" * 60_000 + "?",
        ":86:166?" + "20?" * 20_000,
        ":86:/" + "ID/" * 20_000,
        ":86:x\n" * 50_000,
        "\n" * 200_000,
    ],
    ids=range(7),
)
def test_no_line_takes_long(line: str) -> None:
    assert isinstance(read(statement(":61:260318C1,00NTRF", line))[-1], Whole)
