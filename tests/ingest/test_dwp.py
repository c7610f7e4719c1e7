"""The DWP's schedule: as CSV and as a spreadsheet the same; each pence is whole; nothing in it can hurt, and nobody is named."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from ims_contracts.payments import PaymentReceived, PaymentReversed
from ims_contracts.remittances import Fault, RemittanceReceived
from ims_ingest.domain.planning import Plan
from ims_ingest.domain.proving import Proof
from ims_ingest.domain.rows import FileHead
from ims_ingest.formats import FORMATS, Format, detect
from ims_ingest.formats.records import Row, Whole
from ingest.ingest_world import SAMPLES, Ingest

SAMPLE = (SAMPLES / "dwp_counciltax.csv").read_bytes()
HEADER, FIRST, *_ = SAMPLE.decode().splitlines()


def read(content: bytes) -> list[Any]:
    found = detect(io.BytesIO(content))
    assert isinstance(found, Format), found.what
    assert found.name == "dwp"
    return list(found.read(io.BytesIO(content)))


def rows(*changed: dict[str, str], header: str = HEADER) -> bytes:
    """A schedule of rows like the sample's first, each with other values in some columns."""
    names = HEADER.split(",")
    plain = dict(zip(names, FIRST.split(","), strict=True))
    return "\n".join([header, *(",".join((plain | each)[name] for name in names) for each in changed)]).encode()


def workbook(lines: list[list[Any]]) -> bytes:
    book, content = Workbook(), io.BytesIO()
    for line in lines:
        book.active.append(line)
    book.create_sheet("Notes").append(["not", "read"])
    book.save(content)
    return content.getvalue()


def as_workbook(content: bytes, **typed: Any) -> bytes:
    """The same schedule in cells; `typed` makes the text of a column what a spreadsheet makes of it."""
    header, *lines = csv.reader(content.decode().splitlines())
    return workbook([header, *([typed[name](value) if name in typed else value for name, value in zip(header, line, strict=True)]
                               for line in lines)])  # fmt: skip


TYPED: dict[str, Any] = {
    "PaymentDate": lambda text: datetime(*map(int, reversed(text.split("/")))),  # noqa: DTZ001 - a cell has no zone
    "Amount": float,
    "CreditorRef": int,
    "CustomerReference": lambda text: int(text.replace(" ", "")),
}


def test_the_days_schedule_is_its_deductions() -> None:
    *found, whole = read(SAMPLE)
    assert [(row.reference, row.amount_pence) for row in found] == [("770001889", 405), ("770001960", 405), ("770002037", 445)]
    assert {(row.channel, row.method_of_payment, row.paid_on) for row in found} == {("benefit-deduction", "dwp", date(2026, 3, 18))}
    assert whole == Whole("123:UC:2026-03-18", date(2026, 3, 18), None)


@pytest.mark.parametrize("names", [(), ("Amount",), ("PaymentDate",), tuple(TYPED)])
def test_a_spreadsheet_says_the_same_however_its_cells_are_typed(names: tuple[str, ...]) -> None:
    assert read(as_workbook(SAMPLE, **{name: TYPED[name] for name in names})) == read(SAMPLE)


def test_nobody_is_named_in_what_a_row_says() -> None:
    said = str(read(SAMPLE)) + str(read(rows({"Amount": "x"}, {"PaymentDate": "x"}, {"Sign": "x"}, {"CustomerReference": "7.7E+08"})))
    assert not [each for each in ("QQ123456A", "PLOVER", "DUNLIN", "KNOT") if each in said]


@pytest.mark.parametrize(
    ("change", "amount_pence"),
    [
        ({"Amount": "405"}, 405),
        ({"Amount": "405.0"}, 405),
        ({"Amount": "405.00"}, 405),
        ({"Amount": "4.05"}, "amount"),
        ({"Amount": "405.5"}, "amount"),
        ({"Amount": "-405"}, "amount"),
        ({"Amount": ""}, "amount"),
        ({"Amount": "4E2"}, "amount"),
        ({"Sign": "-"}, -405),
        ({"Sign": ""}, 405),
        ({"Sign": "CR"}, "sign"),
        ({"PaymentDate": "2026-03-18"}, 405),
        ({"PaymentDate": "18.03.2026"}, 405),
        ({"PaymentDate": "18/03/26"}, "payment date"),
        ({"PaymentDate": "31/02/2026"}, "payment date"),
        ({"PaymentDate": ""}, "payment date"),
        ({"CustomerReference": "7.70001889E+08"}, "reference"),
        ({"CustomerReference": ""}, 405),
    ],
)
def test_a_row_is_read_in_whole_pence_or_not_at_all(change: dict[str, str], amount_pence: int | str) -> None:
    first, _, whole = read(rows(change, {}))
    assert (first.amount_pence if isinstance(first, Row) else first.position) == amount_pence
    assert isinstance(first, Row) or first.line == 2
    assert isinstance(whole, Whole)


def test_a_deduction_that_was_recovered_goes_back() -> None:
    taken, back, _ = read(rows({}, {"Sign": "-"}))
    assert (back.amount_pence, back.reversal_reason, back.reference) == (-405, "deduction-recovered", taken.reference)
    assert back.key != taken.key


def test_a_deduction_of_nothing_is_no_payment() -> None:
    assert [type(each) for each in read(rows({"Amount": "0"}, {}))] == [Row, Whole]


def test_columns_are_found_by_name_wherever_they_are_and_else_by_their_place() -> None:
    moved = "Sign,Amount,Payment Date,Customer Reference,Benefit,Creditor Ref\n+,405,18/03/2026,770 001 889,UC,00123\n"
    unnamed = rows({}, header="A,B,C,D,E,F,G,H,I,J,K,L,M")
    assert read(moved.encode())[0]._replace(line=0) == read(unnamed)[0]._replace(line=0) == read(SAMPLE)[0]._replace(line=0)


def test_a_schedule_without_a_column_says_which() -> None:
    content = as_workbook("\n".join(line.rpartition(",")[0] for line in SAMPLE.decode().splitlines()).encode())
    assert [each.what for each in read(content)] == ["the header has no column for sign"]


def test_schedules_of_one_day_and_creditor_are_two_if_their_benefits_differ() -> None:
    names = [read(rows({"Benefit": benefit}))[-1].source_reference for benefit in ("UC", "ESA")]
    assert names == ["123:UC:2026-03-18", "123:ESA:2026-03-18"]
    assert read(rows({"Benefit": "IS"}, {"PaymentDate": "20/03/2026", "CreditorRef": "00456"}))[-1] == Whole(
        "123+456:IS+UC:2026-03-18..2026-03-20", date(2026, 3, 20), None
    )


def bomb(name: str, size: int) -> bytes:
    """A workbook with a part that unpacks to so much."""
    content = io.BytesIO(as_workbook(SAMPLE))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w", force_zip64=True) as part:
        for _ in range(size >> 20):
            part.write(b"\x20" * (1 << 20))
    return content.getvalue()


LAUGHS = "<!DOCTYPE sst [" + '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {each} "{f"&{before};" * 20}">' for before, each in zip("abcdefgh", "bcdefghi", strict=True)) + "]>"  # fmt: skip


STRINGS = '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{}+xml"/>'


def with_part(name: str, text: str) -> bytes:
    """The sample's workbook with another text in one of its parts, and with texts that cells share as Excel writes them."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_workbook(SAMPLE))) as before, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as after:
        parts = {each: before.read(each).decode() for each in before.namelist()}
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace("</Types>", STRINGS.format("sharedStrings") + "</Types>")
        parts["xl/sharedStrings.xml"] = SHARED.format("UC")
        sheet = parts["xl/worksheets/sheet1.xml"]
        parts["xl/worksheets/sheet1.xml"] = sheet.replace('t="inlineStr"><is><t>UC</t></is>', 't="s"><v>0</v>')
        for each, content_of_part in (parts | {name: text}).items():
            after.writestr(each, content_of_part)
    return content.getvalue()


SHARED = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{}</t></si></sst>'


def test_texts_that_cells_share_are_read() -> None:
    assert read(with_part("docProps/none.xml", "")) == read(SAMPLE)


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
FAR = "".join(f'<row r="{number}"><c r="XFD{number}"><v>1</v></c></row>' for number in range(1, 3000))


@pytest.mark.parametrize(
    "content",
    [
        bomb("xl/worksheets/sheet9.xml", 40 << 20),
        bomb("xl/media/image1.png", 20 << 20),
        with_part("xl/sharedStrings.xml", LAUGHS + SHARED.format("&i;")),
        with_part("xl/styles.xml", LAUGHS + "<styleSheet>&i;</styleSheet>"),
        with_part("xl/worksheets/sheet1.xml", LAUGHS + SHEET.format('<row r="1"><c r="A1" t="inlineStr"><is><t>&i;</t></is></c></row>')),
        with_part("xl/worksheets/sheet1.xml", SHEET.format(FAR)),
        with_part("xl/worksheets/sheet1.xml", SHEET.format('<row r="999999999"><c r="A999999999"><v>1</v></c></row>')),
        with_part("xl/worksheets/sheet1.xml", "<worksheet"),
        with_part("xl/workbook.xml", "<workbook/>"),
        with_part("[Content_Types].xml", ""),
        b"PK\x03\x04[Content_Types].xml",
        b"PK\x03\x04" + b"xl/" + b"\x00" * 100_000,
        as_workbook(SAMPLE)[:-30],
        as_workbook(SAMPLE)[:2000],
        workbook([[]]),
    ],
    ids=range(15),
)
def test_a_spreadsheet_that_is_made_to_hurt_is_a_fault(content: bytes) -> None:
    found = list(FORMATS["dwp"].read(io.BytesIO(content)))
    assert [type(each) for each in found] == [Fault]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 7000), st.integers(0, 40), st.binary(max_size=6))
def test_a_damaged_spreadsheet_never_raises(at: int, cut: int, put: bytes) -> None:
    whole = BOOK[:at] + put + BOOK[at + cut :]
    assert all(isinstance(each, Row | Fault | Whole) for each in FORMATS["dwp"].read(io.BytesIO(whole)))


BOOK = as_workbook(SAMPLE)
PIECES = st.sampled_from([b",", b"\n", b'"', b"\x00", b"\xff", b"-", b"9" * 20, b"x" * 600])


@given(st.integers(0, 350), st.integers(0, 60), st.lists(PIECES, max_size=3).map(b"".join))
def test_a_damaged_schedule_is_faults_or_deductions_that_can_be_told(at: int, cut: int, put: bytes) -> None:
    content = SAMPLE[:at] + put + SAMPLE[at + cut :]
    FORMATS["dwp"].looks_like(content)
    for each in FORMATS["dwp"].read(io.BytesIO(content)):
        assert isinstance(each, Row | Fault | Whole)
        assert not isinstance(each, Row) or (each.amount_pence and len(each.key) <= 130)


@given(st.lists(st.tuples(st.integers(1, 10**9), st.sampled_from("+-")), min_size=1, max_size=8))
def test_whatever_is_written_is_read_back_to_the_penny(amounts: list[tuple[int, str]]) -> None:
    *found, _ = read(rows(*({"Amount": f"{pence}.0", "Sign": sign} for pence, sign in amounts)))
    assert [row.amount_pence for row in found] == [pence if sign == "+" else -pence for pence, sign in amounts]


DAYS = ["11/03/2026", "18/03/2026", "25/03/2026"]


def of_days(*changed: dict[str, str]) -> bytes:
    return rows(*({"PaymentDate": day} | each for day in DAYS for each in changed or ({},)))


def test_each_payment_day_is_named_by_all_its_rows_wherever_they_stand() -> None:
    content = rows(
        {"PaymentDate": DAYS[1], "Benefit": "IS"}, {"PaymentDate": DAYS[0]}, {"PaymentDate": DAYS[1], "CreditorRef": "00456"}
    )
    assert [row.remittance for row in read(content)[:-1]] == ["123+456:IS+UC:2026-03-18", "123:UC:2026-03-11", "123+456:IS+UC:2026-03-18"]
    assert read(as_workbook(content, **TYPED)) == read(content)


def test_days_without_end_are_named_without_filling_memory() -> None:
    days = [date.fromordinal(700_000 + number).strftime("%d/%m/%Y") for number in range(1_500)]
    found = read(rows(*({"PaymentDate": day} for day in days)))[:-1]
    assert len({row.remittance for row in found}) == 1_500


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(DAYS), st.integers(1, 10**9), st.sampled_from("+-")), min_size=1, max_size=12))
def test_each_days_totals_are_those_that_were_written(written: list[tuple[str, int, str]]) -> None:
    head = FileHead(UUID(int=1), "E07999999", "dwp", "dwp", "x", datetime(2026, 4, 1, 6, tzinfo=UTC))
    proof, content = Proof(head, 1000), rows(*({"PaymentDate": day, "Amount": str(pence), "Sign": sign} for day, pence, sign in written))
    for record in read(content):
        proof.take(record)
    chunks = list(Plan(proof, set()).chunks(read(content)))
    told = {fact.business_on: fact for chunk in chunks for fact in chunk.facts if isinstance(fact, RemittanceReceived)}
    for day in DAYS:
        of_day = [pence if sign == "+" else -pence for each, pence, sign in written if each == day]
        fact = told.get(date(*map(int, reversed(day.split("/")))))
        assert (fact is not None) == bool(of_day)
        if fact:
            assert (fact.payments_pence - fact.reversals_pence, fact.payment_count + fact.reversal_count) == (sum(of_day), len(of_day))


async def test_a_file_of_several_payment_days_is_a_remittance_for_each(ingest: Ingest) -> None:
    assert (await ingest.file(of_days({}, {"Amount": "100", "Sign": "-"}))).status_code == 201
    remittances = await ingest.told(RemittanceReceived)
    told = [(fact.source_reference, fact.business_on.isoformat(), fact.payments_pence, fact.reversals_pence) for fact in remittances]
    assert told == [(f"123:UC:{day}", day, 405, 100) for day in ("2026-03-11", "2026-03-18", "2026-03-25")]
    ids = {fact.business_on: fact.remittance_id for fact in remittances}
    assert {ids[fact.paid_on] == fact.remittance_id for fact in await ingest.told(PaymentReceived)} == {True}
    assert all(law["holds"] for law in (await ingest.http.get("/v1/laws")).json())


async def test_a_day_that_comes_again_beside_another_counts_once(ingest: Ingest) -> None:
    await ingest.file(rows({"PaymentDate": DAYS[0]}, {"PaymentDate": DAYS[1]}))
    await ingest.file(rows({"PaymentDate": DAYS[1]}, {"PaymentDate": DAYS[2]}))
    assert await ingest.names_told() == {"PaymentReceived": 3, "RemittanceReceived": 3}
    assert all(law["holds"] for law in (await ingest.http.get("/v1/laws")).json())


async def test_a_schedule_is_told_once_whether_as_csv_or_as_a_spreadsheet(ingest: Ingest) -> None:
    content = SAMPLE + (FIRST + "\n").replace("+", "-").encode()
    assert (await ingest.file(content)).status_code == 201
    payments, (reversal,), (remittance,) = [await ingest.told(kind) for kind in (PaymentReceived, PaymentReversed, RemittanceReceived)]
    assert sum(fact.amount_pence for fact in payments) == remittance.payments_pence == 1255
    assert (reversal.amount_pence, reversal.reason, remittance.reversals_pence) == (405, "deduction-recovered", 405)
    assert (remittance.source, remittance.source_reference) == ("dwp", "123:UC:2026-03-18")
    answer = await ingest.file(as_workbook(content, **TYPED))
    assert (answer.status_code, answer.json()["state"]) == (200, "known")
    told = str(await ingest.rows("SELECT encode(body, 'escape') FROM told"))
    assert "QQ123456A" not in told
    assert "PLOVER" not in told
