"""Bankline Direct: the sample day, its trailers, and what must be refused."""

import io
import json
import os
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from bankline_parser.data_services import parse
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.remittances import Fault
from ims_ingest.formats import detect, inspect
from ims_ingest.formats.bankline_direct import BANKLINE_DIRECT
from ims_ingest.formats.camt053 import CAMT053
from ims_ingest.formats.records import Entry, StatementBegins, StatementEnds, Whole
from ingest.ingest_world import SAMPLES

REAL = Path(os.environ.get("IMS_REAL_FILES", Path(__file__).parents[3] / "shared/real-files"))
SAMPLE = (SAMPLES / "bankline_direct.txt").read_bytes()
VOLUME = f"VOL1BURQ66{'':27}****830000{'':32}3"
HEADERS = [f"HDR1 A606005Z0001{'':22}F{'':5}01 26078{'':14}260780", f"UHL1 26078202015{'':4}00000000{'':9}000{'':14}{'ANYTOWN':26}"]
OWN = "20201555555555"
CREDITS, DEBITS = ["86", "90", "93", "99", "Z4", "Z5", "RA"], ["01", "03", "11", "17", "18", "19", "U1", "U7", "U8", "U9"]


def record(code: str, pence: int, name: str = "", reference: str = "770001012", *, other: str = "0" * 18, day: str = " 26077") -> str:
    return f"{OWN}0{code}{other}{pence:011}{name:18}{reference:18}{'':18}{day}"


def balance(pence: int, day: str = " 26077") -> str:
    figure = f"{abs(pence):015}{'D' if pence < 0 else 'C'}"
    return f"{OWN}0Y1{'':19}{figure * 4}{day}"


def trailer(debits: int, credits: int, debit_count: int, credit_count: int, balances: int = 0) -> str:
    return f"UTL1{debits:013}{credits:013}{debit_count:07}{credit_count:07}{balances:07}"


def a_file(*sections: list[str]) -> str:
    return "\n".join([VOLUME, *(line for section in sections for line in [*HEADERS, *section])])


def read(content: bytes | str) -> list:
    return list(BANKLINE_DIRECT.read(io.BytesIO(content.encode() if isinstance(content, str) else content)))


def of(kind: type, records: list) -> list:
    return [each for each in records if isinstance(each, kind)]


def proofs(records: list) -> list[bool | None]:
    return [each.is_proved for each in of(StatementEnds, records)]


def faults(content: bytes | str) -> list[tuple[int | None, str]]:
    return [(each.line, each.what) for each in of(Fault, read(content))]


ONE = [record("99", 1000), trailer(0, 1000, 0, 1)]


def test_the_day_is_the_same_day_as_in_camt() -> None:
    def told(records: list) -> tuple:
        ends, account = of(StatementEnds, records)[0], of(StatementBegins, records)[0].bank_account
        # Of a debit, camt names the debtor, who is the account's own holder; Bankline's column has it all the same.
        lines = Counter(
            (each.booked_on, each.amount_pence, (each.counterparty_name or "")[:18] if each.amount_pence > 0 else "")
            for each in of(Entry, records)
        )
        return account, lines, ends.closing_pence, ends.closed_on, ends.currency

    ours = read(SAMPLE)
    assert told(ours) == told(list(CAMT053.read(io.BytesIO((SAMPLES / "camt053_v08.xml").read_bytes()))))
    assert (of(Fault, ours), proofs(ours), ours[-1]) == ([], [None], Whole("BURQ66:2026-03-19", None, True))


def test_another_reader_finds_the_same_in_the_sample() -> None:
    theirs = parse(SAMPLE.decode().splitlines())
    assert theirs.is_valid()
    rows = [(row.transaction_code.value, row.amount) for row in theirs.account.records if not row.is_balance()]
    assert rows == [(each.transaction_code, abs(each.amount_pence)) for each in of(Entry, read(SAMPLE))]


@pytest.mark.parametrize(
    "content",
    [
        SAMPLE.replace(b"\n", b"\r\n"),
        SAMPLE.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + SAMPLE,
        SAMPLE + b"\r\n\x1a",
        SAMPLE.replace(b"UTL1", b"EOF1\nUTL1"),
        b"\n".join(line.ljust(150) for line in SAMPLE.splitlines()),
        SAMPLE.replace(b" 26077\n", b"  26077\n"),  # a column too far right, as real files have it
    ],
)
def test_a_dialect_says_the_same(content: bytes) -> None:
    assert detect(io.BytesIO(content)) is BANKLINE_DIRECT
    records, plain = read(content), read(SAMPLE)
    assert [each._replace(line=0) for each in of(Entry, records)] == [each._replace(line=0) for each in of(Entry, plain)]
    assert of(StatementEnds, records) == of(StatementEnds, plain)
    assert (of(Fault, records), records[-1].is_proved) == ([], True)


@pytest.mark.parametrize(("code", "amount"), [(code, 100) for code in CREDITS] + [(code, -100) for code in DEBITS])
def test_the_transaction_code_gives_the_direction(code: str, amount: int) -> None:
    found = of(Entry, read(a_file([record(code, 100), trailer(0, 0, 0, 0)])))
    assert [(each.transaction_code, each.amount_pence) for each in found] == [(code, amount)]


@pytest.mark.parametrize(
    ("lines", "proved"),
    [
        ([record("99", 70), record("03", 20), trailer(20, 70, 1, 1)], None),
        ([record("99", 70), record("54", 70), trailer(0, 70, 0, 1)], None),  # total records not counted
        ([record("99", 70), record("54", 70), trailer(0, 140, 0, 2)], None),  # counted
        ([record("03", 70), record("44", 70), trailer(140, 0, 2, 0)], None),
        ([record("99", 70), f"UTL1{0:013}{70:013}"], None),  # counts left out
        ([record("99", 70), balance(5), f"UTL1{0:013}{70:013}{'':14}{1:07}"], None),
        ([record("99", 70), trailer(0, 71, 0, 1)], False),
        ([record("99", 70), trailer(70, 0, 0, 1)], False),
        ([record("99", 70), trailer(0, 70, 0, 2)], False),
        ([record("99", 70), record("54", 70), trailer(0, 70, 0, 2)], False),
        ([record("99", 70), trailer(0, 70, 0, 1, 1)], False),
        ([record("99", 70), "UTL1"], False),
    ],
)
def test_a_trailer_that_disagrees_leaves_the_statement_unproved_and_is_no_fault(lines: list[str], proved: bool | None) -> None:
    records = read(a_file(lines))
    assert (of(Fault, records), proofs(records), records[-1].is_proved) == ([], [proved], proved is None)


@pytest.mark.parametrize(
    ("lines", "closing", "closed_on"),
    [
        ([balance(1298204)], 1298204, date(2026, 3, 18)),
        ([balance(-7)], -7, date(2026, 3, 18)),
        ([balance(7, "")], 7, date(2026, 3, 19)),  # the header's day
        ([record("99", 70, day=" 26076")], None, date(2026, 3, 17)),
        ([balance(7, " 24366")], 7, date(2024, 12, 31)),
    ],
)
def test_the_ledger_balance_closes_the_statement_and_nothing_opens_it(lines: list[str], closing: int | None, closed_on: date) -> None:
    (ends,) = of(StatementEnds, read(a_file([*lines, trailer(0, 0, 0, 0)])))
    assert (ends.opening_pence, ends.opened_on, ends.closing_pence, ends.closed_on) == (None, None, closing, closed_on)


@pytest.mark.parametrize(
    ("other", "account"),
    [
        ("0" * 18, None),
        (" " * 18, None),
        ("089999663749580000", "08999966374958"),
        ("070093000000000000", "07009300000000"),  # a building society
        ("000000000500050000", "00000000050005"),
    ],
)
def test_the_other_account_is_absent_where_all_of_it_is_zeros(other: str, account: str | None) -> None:
    (found,) = of(Entry, read(a_file([record("99", 70, other=other), trailer(0, 70, 0, 1)])))
    assert found.counterparty_account == account


@pytest.mark.parametrize(
    ("name", "reference", "told"),
    [
        ("MR B SAMPLE", "770001012", ("MR B SAMPLE", "770001012", "MR B SAMPLE 770001012")),
        ("MR B SAMPLE", "", ("MR B SAMPLE", "MR B SAMPLE", "MR B SAMPLE")),
        ("", "CASH 500123", (None, "CASH 500123", "CASH 500123")),
        ("", "", (None, None, None)),
        ("TT- GGGGGGGG -2209", "WORLDPAY", ("TT- GGGGGGGG -2209", "WORLDPAY", "TT- GGGGGGGG -2209 WORLDPAY")),
    ],
)
def test_name_and_reference_are_what_their_columns_say(name: str, reference: str, told: tuple) -> None:
    (found,) = of(Entry, read(a_file([record("99", 70, name, reference), trailer(0, 70, 0, 1)])))
    assert (found.counterparty_name, found.reference, found.narrative) == told


def test_an_entry_of_nothing_is_never_booked() -> None:
    found = of(Entry, read(a_file([record("99", 0), record("99", 1), trailer(0, 1, 0, 2)])))
    assert [each.is_booked for each in found] == [False, True]


def test_each_section_is_a_statement() -> None:
    other = [line.replace(OWN, "12345667175315") for line in ONE]
    records = read(a_file(ONE, other, ONE))
    told = [(each.bank_account, each.reference) for each in of(StatementBegins, records)]
    assert told == [(OWN, "BURQ66:2026-03-19"), ("12345667175315", "BURQ66:2026-03-19"), (OWN, "BURQ66:2026-03-19/2")]
    assert (proofs(records), len(of(Fault, records))) == ([None] * 3, 0)


def test_a_section_without_records_is_a_statement_of_no_account() -> None:
    records = read(a_file([trailer(0, 0, 0, 0)]))
    assert [type(each) for each in records] == [StatementBegins, StatementEnds, Whole]
    assert records[0].bank_account == "unnamed"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([record("99", 1).replace("00000000001", "0000000000x"), record("99", 1, day="  "), record("XX", 1)],
         [(4, "the figure in columns 36-46 cannot be read"), (6, "the transaction code is none that is known")]),
        ([record("99", 1).replace("00000000001", " " * 11)], [(4, "the amount in columns 36-46 is missing")]),
        ([record("99", 1, day=" 26366")], [(4, "there is no such date")]),
        ([record("99", 1, day=" 26000")], [(4, "there is no such date")]),
        ([record("99", 1, day=" 2607")], [(4, "the date cannot be read")]),
        ([record("99", 1), record("99", 1).replace(OWN, "12345667175315")], [(5, "the record is of another account than its section")]),
        (["something", record("99", 1)], [(4, "the line is no record of this format")]),
        ([balance(1).replace("C", "X", 1)], [(4, "whether the balance in columns 37-52 is in credit cannot be read")]),
        ([balance(1).replace("000000000000001C", "999999999999999C", 1)], [(4, "the figure in columns 37-51 is larger than any can be")]),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_line(lines: list[str], found: list) -> None:
    assert faults(a_file([*lines, trailer(0, 0, 0, 0)])) == found


@pytest.mark.parametrize("lines", range(24))
def test_a_file_that_was_cut_short_is_refused(lines: int) -> None:
    assert len(SAMPLE.splitlines()) == 24
    assert faults(b"\n".join(SAMPLE.splitlines()[:lines]))


def test_a_section_that_was_cut_short_is_refused() -> None:
    assert faults(a_file(ONE[:1], ONE)) == [(5, "the account before this line has no trailer (UTL1): the file was cut short")]


@pytest.mark.skipif(not REAL.exists(), reason="the real files are not at hand")
@pytest.mark.parametrize("file", sorted(path.name for path in (REAL / "bankline-direct").glob("*")))
def test_real_files_are_read_as_other_programs_read_them(file: str) -> None:
    facts = json.loads((REAL / "expected.json").read_text())[f"bankline-direct/{file}"]
    told = inspect(REAL / "bankline-direct" / file)
    wanted = [
        (a["credits"] + a["debits"], a["sum_credit_pence"], a["sum_debit_pence"], a.get("ledger_balance_pence")) for a in facts["accounts"]
    ]
    names = ("entries", "credits_pence", "debits_pence", "closing_pence")
    assert [tuple(each[name] for name in names) for each in told["statements"]] == wanted
    assert (told["faults"], told["proved"]) == ([], True)


ENTRIES = st.lists(
    st.tuples(st.sampled_from(CREDITS + DEBITS), st.integers(1, 10**11 - 1), st.text("ABC 019/-", max_size=18), st.integers(1, 366)),
    min_size=1,
    max_size=8,
)


@given(st.lists(ENTRIES, min_size=1, max_size=3), st.booleans())
def test_what_was_written_is_read_here_and_by_another_reader(sections: list, has_totals: bool) -> None:
    lines = []
    for entries in sections:
        sums = [sum(pence for code, pence, *_ in entries if code in codes) for codes in (DEBITS, CREDITS)]
        counts = [len([code for code, *_ in entries if code in codes]) for codes in (DEBITS, CREDITS)]
        totals = [record("44", sums[0] % 10**11), record("54", sums[1] % 10**11)] if has_totals else []
        if has_totals:  # the other reader knows only trailers that count them
            sums, counts = [pence + pence % 10**11 for pence in sums], [count + 1 for count in counts]
        lines.append([record(code, pence, name, name, day=f" 24{day:03}") for code, pence, name, day in entries])
        lines[-1] += [*totals, balance(7), trailer(*sums, *counts, 1)]
    content = a_file(*lines)
    records, theirs = read(content), parse(content.splitlines())
    wanted = [
        (code, pence if code in CREDITS else -pence, date.fromordinal(date(2023, 12, 31).toordinal() + day))
        for entries in sections
        for code, pence, _, day in entries
    ]
    found = of(Entry, records)
    assert [(each.transaction_code, each.amount_pence, each.booked_on) for each in found] == wanted
    assert (of(Fault, records), proofs(records), records[-1].is_proved) == ([], [None] * len(sections), True)
    assert theirs.is_valid()
    rows = [row for account in theirs.accounts for row in account.records if not row.is_total() and not row.is_balance()]
    assert [(row.amount, row.date.date()) for row in rows] == [(abs(amount), day) for _, amount, day in wanted]
    assert [" ".join((row.reference_number or "").split()) or None for row in rows] == [each.reference for each in found]


PIECES = ["HDR1", "UHL1", "UTL1", "VOL1", "Y1", "44", "\n", "\r", " ", "0", "-", "9" * 20, "\x00", "٣", OWN]


@given(st.integers(0, len(SAMPLE)), st.integers(0, 90), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_a_damaged_file_never_raises(at: int, cut: int, put: str) -> None:
    for content in (SAMPLE[:at] + put.encode() + SAMPLE[at + cut :], put.encode()):
        records = read(content)
        assert of(Fault, records) or isinstance(records[-1], Whole)


@pytest.mark.parametrize("content", [b"", b"VOL1", b"VOL1" + b" " * 200, b"VOL1123456\nHDR1A123456S  1", b"HDR1 A606005Z", b"a,b\n1,2\n"])
def test_what_is_no_bankline_file_is_not_taken_for_it(content: bytes) -> None:
    assert not BANKLINE_DIRECT.looks_like(content)


def test_a_bank_without_the_owners_number_is_known_by_the_files_name() -> None:
    content = a_file(ONE).replace("****830000", " " * 10).encode()
    assert detect(io.BytesIO(content)) is BANKLINE_DIRECT


@pytest.mark.parametrize("file", sorted(path.name for path in SAMPLES.glob("*")))
def test_no_other_sample_is_taken_for_it(file: str) -> None:
    with (SAMPLES / file).open("rb") as stream:
        assert (detect(stream) is BANKLINE_DIRECT) == (file == "bankline_direct.txt")
