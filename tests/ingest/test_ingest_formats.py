"""The readers: the sample day's files, real banks' files where they are at hand, and what is no such file at all."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.remittances import Fault
from ims_ingest.formats import FORMATS, Format, detect, inspect
from ims_ingest.formats.records import Entry, Member, Row
from ims_ingest.formats.text import pence
from ingest.ingest_world import SAMPLES, allpay


def read(content: bytes, name: str | None = None) -> list:
    stream = io.BytesIO(content)
    found = detect(stream, name)
    return list(found.read(stream)) if isinstance(found, Format) else [found]


@pytest.mark.parametrize(
    ("file", "format_name", "entries", "credits_pence", "debits_pence", "proved"),
    [
        ("allpay.txt", "allpay", 8, 42740, 0, True),
        ("allpay_20260318.txt", "allpay", 4, 18800, 0, True),
        ("dwp_counciltax.csv", "dwp", 3, 1255, 0, None),
        ("ereturn.csv", "ereturn", 3, 42545, 0, None),
        ("accounts.csv", "accounts_csv", 25, None, None, None),
        ("pcns.csv", "pcns_csv", 16, None, None, None),
        ("pcns_late.csv", "pcns_csv", 2, None, None, None),
        ("stripe_payout_reconciliation.csv", "stripe_payout", 3, 12805, 1000, None),
        ("stripe_payout_reconciliation_parking.csv", "stripe_payout", 5, 19698, 0, None),
    ],
)
def test_the_days_files_are_known_by_what_is_in_them(
    tmp_path: Path, file: str, format_name: str, entries: int, credits_pence: int, debits_pence: int, proved: bool
) -> None:
    nameless = tmp_path / "nameless"
    nameless.write_bytes((SAMPLES / file).read_bytes())
    found = inspect(nameless)
    assert found["faults"] == []
    assert (found["format"], found["entries"], found["proved"]) == (format_name, entries, proved)
    assert (found["credits_pence"], found["debits_pence"]) == (credits_pence, debits_pence)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.50", 1250),
        ("-3", -300),
        ("0.07", 7),
        ("8.850", 885),
        ("5442.09000", 544209),
        ("+1.", 100),
        ("1.005", None),
        ("1,000.00", None),
        ("1e3", None),
        ("", None),
        (".5", None),
        ("£1", None),
        ("9" * 13, None),
        ("100000000000.00", 10**13),
        ("100000000000.01", None),
        ("-100000000000.01", None),
        ("-.50", None),
        ("--1.50", None),
        ("1²3.50", None),
        ("١٢.٥٠", None),
    ],
)
def test_amounts_are_read_to_the_penny_or_not_at_all(text: str, amount: int | None) -> None:
    if amount is None:
        with pytest.raises(ValueError, match=r"amount|penny"):
            pence(text)
    else:
        assert pence(text) == amount


@given(st.integers(-(10**13), 10**13))
def test_any_amount_is_read_as_it_is_written(amount: int) -> None:
    assert pence(f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02}") == amount


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ((b"\r\n", b"\n"), []),
        ((b"\r\n", b"\r"), []),
        ((b" 335", b"\xef\xbb\xbf 335", 1), []),
        ((b"Total Amount", b"Total A"), [(5, "the file has no trailer with its total")]),
        ((b"120.00", b"12O.00"), [(4, "the trailer's total cannot be read")]),
        ((b"T17", b"X17", 1), [(1, "the way it was paid is none that is known")]),
        ((b"  60.00P", b" -60.00P"), [(2, "the amount's sign does not go with the way it was paid")]),
        ((b"/2026\r\n 335   7", b"\r\n 335   7"), [(1, "the line has 38 characters, fewer than 43")]),
    ],
)
def test_an_allpay_file_is_read_whatever_its_lines_end_in_and_each_fault_is_named(change: tuple, faults: list) -> None:
    content = allpay(["770000547 60.00 T 17/03/2026", "770000712 60.00 P 17/03/2026"]).replace(*change)
    assert [(each.line, each.what) for each in read(content, "allpay") if isinstance(each, Fault)] == faults


def test_one_bad_row_does_not_hide_the_next() -> None:
    content = allpay([f"77000054{number} 60.00 T 17/03/2026" for number in range(9)]).replace(b"T17", b"?17", 4)
    assert [each.line for each in read(content) if isinstance(each, Fault)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("gross", "51.00", "gross less fee is not net"),
        ("fee", "x", "an amount or a time cannot be read"),
        ("created", "", "an amount or a time cannot be read"),
        ("balance_transaction_id", "", "the row has no id"),
    ],
)
def test_a_settlement_row_that_cannot_be_is_a_fault_with_its_line(column: str, value: str, what: str) -> None:
    header, first, *rest = (SAMPLES / "stripe_payout_reconciliation.csv").read_text().splitlines()
    values = first.split(",")
    values[header.split(",").index(column)] = value
    records = read("\n".join([header, ",".join(values), *rest]).encode())
    faults = [(each.line, each.what.split(":")[0]) for each in records if isinstance(each, Fault)]
    assert faults == [(2, what)]
    assert len([each for each in records if isinstance(each, Member)]) == 2


def test_a_payouts_own_row_proves_it() -> None:
    content = (SAMPLES / "stripe_payout_reconciliation.csv").read_text().rstrip("\n")
    payout = "\npo_1SYNTH,2026-03-18,txn_9,2026-03-18 00:00:00,2026-03-18,GBP,-{0},0.00,-{0},payout,po,,,,"
    assert read((content + payout.format("118.05")).encode())[-1].is_proved is True
    assert [each.what for each in read((content + payout.format("118.06")).encode()) if isinstance(each, Fault)] == [
        "payout po_1SYNTH is not the sum of its rows"
    ]


@pytest.mark.parametrize(
    ("file", "change", "position"),
    [
        ("accounts.csv", ("28400", "284.00"), None),
        ("accounts.csv", ("770000123", "7.7E+08"), "reference"),
        ("accounts.csv", ("770000123", ""), "account_reference"),
        ("pcns.csv", ("2026-03-03,2026-03-03", "03/03/2026,2026-03-03"), "issued_on"),
        ("pcns.csv", (",vehicle,2026-03-03", ",vehicle,extra,2026-03-03"), None),
    ],
)
def test_an_account_that_cannot_be_is_a_fault_with_its_line(file: str, change: tuple[str, str], position: str | None) -> None:
    records = read((SAMPLES / file).read_text().replace(*change, 1).encode())
    assert [(each.line, each.position) for each in records if isinstance(each, Fault)] == [(2, position)]


HOSTILE = [
    b"",
    b"\x00" * 100_000,
    b"," * 100_000,
    b"reference,fund,holder,balance_pence" + b",x" * 5_000 + b"\n1",
    b" 335   770000547           60.00T17/03/2026" + b"9" * 200_000,
]


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("name", [None, *FORMATS])
def test_a_hostile_file_is_a_fault_and_nothing_else(content: bytes, name: str | None) -> None:
    records = read(content, name)
    assert [each for each in records if isinstance(each, Fault)] or not [each for each in records if isinstance(each, Row | Member)]


PIECES = st.sampled_from([b"<Ntry>", b"</Ntry>", b"<Amt>", b"1.00", b"</Amt>", b",", b"\n", b'"', b"\x00", b"\xff", b"T17/03/2026", b"0"])
DAMAGED = st.builds(
    lambda path, at, cut, put: path.read_bytes()[:at] + put + path.read_bytes()[at + cut : 8000],
    path=st.sampled_from(sorted(SAMPLES.glob("*"))),
    at=st.integers(0, 4000),
    cut=st.integers(0, 60),
    put=st.lists(PIECES, max_size=4).map(b"".join),
)


@given(DAMAGED, st.sampled_from([None, *FORMATS]))
def test_a_damaged_file_never_raises(content: bytes, name: str | None) -> None:
    assert None not in read(content, name)


def test_a_damaged_line_far_down_a_block_is_named_and_those_before_it_are_read() -> None:
    header, *rows = (SAMPLES / "lloyds.csv").read_bytes().splitlines()
    content = b"\n".join([header, *rows, b"\x00", *rows])
    found = read(content, "lloyds_csv")
    assert [each.line for each in found if isinstance(each, Fault)] == [len(rows) + 1]
    assert len([each for each in found if isinstance(each, Entry)]) == len(rows)
