"""Layouts: every file that ships is one, each of its fields is tried, and whatever is written by a layout is read back to the penny."""

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_contracts.payments import PaymentReceived, PaymentReversed
from ims_contracts.remittances import Fault, RemittanceReceived
from ims_ingest.app import build
from ims_ingest.formats import FORMATS, Format, detect, formats_with, inspect
from ims_ingest.formats.layout import format_of
from ims_ingest.formats.layout_files import SHIPPED, read_layout
from ims_ingest.formats.layout_model import Layout
from ims_ingest.formats.records import Row, Whole
from ims_ingest.formats.yaml_files import FileWrong
from ingest import ingest_world
from ingest.ingest_world import SAMPLES, Ingest

WRITTEN = {path.stem: path for path in sorted((Path(__file__).parent / "layouts").iterdir())}
NAMES = sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def read(name: str, content: bytes) -> list[Any]:
    return list(FORMATS[name].read(io.BytesIO(content)))


def faults(records: list[Any]) -> list[tuple[int | None, str | None, str]]:
    return [(each.line, each.position, each.what) for each in records if isinstance(each, Fault)]


@pytest.mark.parametrize("name", NAMES)
def test_every_layout_holds_together_and_is_known_by_its_own_files_alone(name: str) -> None:
    assert read_layout(SHIPPED / f"{name}.yaml").name == name
    for path in [*WRITTEN.values(), *(path for path in SAMPLES.iterdir() if path.is_file())]:
        is_own = path.stem == name or (name == "allpay" and path.stem.startswith("allpay"))
        assert FORMATS[name].looks_like(path.read_bytes()[:65_536]) == is_own, path.name


@pytest.mark.parametrize(
    ("name", "amounts", "reference", "business_on"),
    [
        ("allpay", [6000, 6000, 5000, 3500, 3500, 7000, 2500, 9240], "335:2026-03-17", "2026-03-17"),
        ("paypoint", [6000, 9240, -6000], "ANYTOWN:417:2026-03-18", "2026-03-18"),
        ("post_office", [4500, 8803, -4500], "ANYTWN:417:2026-03-18", "2026-03-18"),
        ("payroll", [9240, 108800, -1000], "Anytown Works:2026-03", "2026-03-25"),
        ("agent_remittance", [11500, 7000, -2500], "Bailey Enforcement:R118", "2026-03-19"),
        ("bulk_credits", [3500, 107000, -500], "FLEET-77", "2026-03-18"),
    ],
)
def test_each_contracts_file_is_its_payments_and_its_name(name: str, amounts: list[int], reference: str, business_on: str) -> None:
    with WRITTEN[name].open("rb") as stream:
        found = detect(stream)
    assert isinstance(found, Format)
    *rows, whole = read(name, WRITTEN[name].read_bytes())
    assert found.name == name
    assert [row.amount_pence for row in rows] == amounts
    assert all((row.reversal_reason is not None) == (row.amount_pence < 0) for row in rows)
    assert whole == Whole(reference, date.fromisoformat(business_on), True)


def test_a_council_reference_is_a_slice_of_a_card_number() -> None:
    assert [row.reference for row in read("paypoint", WRITTEN["paypoint"].read_bytes())[:-1]] == ["770000547", "61100000123", "770000547"]


def test_one_clients_references_lose_what_their_cards_carry_before_them() -> None:
    assert read("allpay", ingest_world.allpay(["BERN770000547 1.00 T 18/03/2026"]))[0].reference == "770000547"


TRIED = [
    # layout        what is changed in its file                       line, position, what is wrong
    ("allpay", ("  60.00T", "  6O.00T"), 1, "24-32", "the amount cannot be read"),
    ("allpay", ("  60.00T", "   0.00T"), 1, "24-32", "the amount is nothing"),
    ("allpay", ("  60.00T", "  60.00Q"), 1, "24-32", "the amount's sign does not go with the way it was paid"),
    ("allpay", ("00T17", "00?17"), 1, "33", "the way it was paid is none that is known"),
    ("allpay", ("T17/03", "T31/02"), 1, "34-43", "the paid on is no such date"),
    ("allpay", ("427.40", "427.41"), 11, None, "the file says total 42741p, but the value of its rows is 42740p"),
    ("allpay", ("      8\n", "      9\n"), 11, None, "the file says count 9, but the count of its rows is 8"),
    ("paypoint", ("H,ANYTOWN", "H,"), 1, "column 2", "the header's client is missing"),
    ("paypoint", (",417,", ",4l7,"), 1, "column 3", "the header's file number cannot be read"),
    ("paypoint", ("20260318\n", "20260332\n"), 1, "column 4", "the header's business day is no such date"),
    ("paypoint", ("H,ANY", "X,ANY"), 1, None, "the line is of no kind that is known"),
    ("paypoint", ("9826120007700005472", "9826120007700005473"), 2, "column 2", "the card number fails its check digit"),
    ("paypoint", ("9826120007700005472", "9826140007700005478"), 2, "column 2", "the card number begins as none of this contract does"),
    ("paypoint", (",6000,", ",60.00,"), 2, "column 3", "the amount cannot be read"),
    ("paypoint", (",6000,", ",-6000,"), 2, "column 3", "the amount cannot be read"),
    ("paypoint", ("20260317181530", "2026031718"), 2, "column 4", "the paid on is no such date"),
    ("paypoint", (",PP0001,S", ",,S"), 2, "column 6", "the transaction is missing"),
    ("paypoint", (",S,", ",X,"), 2, "column 3", "the amount has a sign that is none that is known: type"),
    ("paypoint", (",PP0001,S,", ",PP0001"), 2, None, "the row has 6 columns, fewer than 8"),
    ("paypoint", ("T,3", "T,4"), 5, None, "the file says count 4, but the count of its rows is 3"),
    ("paypoint", ("T,3,9240", ""), 4, None, "the file has no trailer with its count and total"),
    ("paypoint", ("T,3", "H,A,1,20260318\nT,3"), 5, None, "the header is not the file's first line, or comes twice"),
    ("paypoint", ("T,3", "T,3,9240\nT,3"), 6, None, "the trailer comes twice: it may be two files in one"),
    ("paypoint", (',"News', ',"News"x'), 2, None, "the file cannot be read on: ',' expected after '\"'"),
    ("post_office", ("{170326", "5170326"), 2, "23-31", "the amount has no sign in its last digit"),
    ("post_office", ("{170326", "{310226"), 2, "32-37", "the paid on is no such date"),
    ("post_office", ("20000001HIGH", "2000OOO1HIGH"), 2, "38-45", "the slip cannot be read"),
    ("post_office", ("18032699999999", "180326999"), 4, None, "the line has 40 characters, fewer than 45"),
    ("post_office", ("00000013303", "00000013304"), 5, None, "the file says credits 13304p, but the value of its credits is 13303p"),
    ("post_office", ("00000004500", "00000004501"), 5, None, "the file says debits 4501p, but the value of its debits is 4500p"),
    ("post_office", ("000002\n", "000003\n"), 5, None, "the file says hash 3, but the hash of its rows is 2"),
    ("payroll", (",Reference", ",Ref"), 1, None, "the first line does not name the columns Reference"),
    ("payroll", ("Works,2026-03,1001", "Works,,1001"), 2, "Period", "the period is missing"),
    ("payroll", (",1001,", ",,"), 2, "Employee number", "the employee is missing"),
    ("payroll", (",RENT,", ",,"), 2, "Deduction code", "the code is missing"),
    ("payroll", ("25/03/2026", "25.03.2026"), 2, "Pay day", "the paid on is no such date"),
    ("payroll", ("92.40", "92.405"), 2, "Amount", "the amount cannot be read"),
    ("payroll", ("1,088.00", "10,88.00"), 3, "Amount", "the amount cannot be read"),
    ("payroll", ("92.40", "92.40,extra"), 2, None, "the row has 8 columns, the header 7"),
    ("agent_remittance", ("|160.00", "|160.01"), 4, None, "the file says total 16001p, but the value of its rows is 16000p"),
    ("agent_remittance", ("|C-1|", "||"), 2, "column 2", "the case number is missing"),
    ("agent_remittance", ("25.00-", "-25.00"), 4, "column 4", "the amount has a sign where none is expected"),
    ("agent_remittance", ("REMITTANCE|", "REM|"), 1, None, "the file does not begin with its header"),
    ("bulk_credits", (";DR", ";OD"), 4, "Amount", "the amount has a sign that is none that is known: mark"),
    ("bulk_credits", ("FLEET-77", ""), 2, "Remittance", "the remittance is missing"),
    ("bulk_credits", ("Debits;;;5.00;", ""), 5, None, "the file has no trailer with its debits"),
]


@pytest.mark.parametrize(("name", "change", "line", "position", "what"), TRIED)
def test_what_is_wrong_is_named_with_its_line_and_position(
    name: str, change: tuple[str, str], line: int, position: str | None, what: str
) -> None:
    text = WRITTEN[name].read_bytes().decode().replace("\r\n", "\n")
    assert change[0] in text
    records = read(name, text.replace(*change, 1).encode())
    assert (line, position, what) in faults(records)
    assert not isinstance(records[-1], Whole) or records[-1].is_proved is False


def test_every_fault_of_a_row_and_of_every_row_is_named() -> None:
    content = WRITTEN["post_office"].read_bytes().replace(b"{170326", b"5310226").replace(b"C180326", b"C320326")
    assert [(line, position) for line, position, _ in faults(read("post_office", content))] == [(2, "23-31"), (2, "32-37"), (3, "32-37")]


def test_no_fault_says_what_a_row_says() -> None:
    for name, change, *_ in TRIED:
        content = WRITTEN[name].read_bytes().decode().replace("\r\n", "\n").replace(*change, 1)
        for _, _, what in faults(read(name, content.encode())):
            assert not any(word in what for word in ("77000", "61100", "BJ9", "1001", "C-1", "6O.00"))


# One amount, and every way to write it.
PLAIN = {
    "name": "plain", "source": "plain", "sender": "nobody", "kind": "delimited", "key": ["reference"], "identity": ["reference"],
    "constants": {"channel": "agent", "method_of_payment": "plain"}, "negative": {"reason": "taken-back"},
}  # fmt: skip


def amount(**field: Any) -> Format:
    fields = {"amount": {"column": 1} | field, "mark": {"column": 2}, "reference": {"column": 3}}
    return format_of(Layout.model_validate(PLAIN | {"separator": ";", "detail": {"fields": fields}}))


BY_MARK = {"field": "mark", "minus": ["R"]}


@pytest.mark.parametrize(
    ("field", "written", "pence"),
    [
        ({"type": "pence"}, "1250", 1250),
        ({"type": "pence"}, "12.50", None),
        ({"type": "pence"}, "-1", None),
        ({"type": "pence"}, "١", None),
        ({"type": "pence"}, "9" * 14, None),
        ({"type": "pence", "sign": "leading"}, "-1250", -1250),
        ({"type": "pence", "sign": "leading"}, "--1", None),
        ({"type": "pence", "sign": "leading"}, "- 12", -12),
        ({"type": "pence", "sign": "trailing"}, "1250-", -1250),
        ({"type": "pence", "sign": "trailing"}, "1250+", 1250),
        ({"type": "pence", "sign": "trailing"}, "-1250", None),
        ({"type": "pence", "sign": "overpunch"}, "00125{", 1250),
        ({"type": "pence", "sign": "overpunch"}, "00125}", -1250),
        ({"type": "pence", "sign": "overpunch"}, "00125J", -1251),
        ({"type": "pence", "sign": "overpunch"}, "00125I", 1259),
        ({"type": "pence", "sign": "overpunch"}, "00125R", -1259),
        ({"type": "pence", "sign": "overpunch"}, "001250", None),
        ({"type": "pence", "sign": "overpunch"}, "", None),
        ({"type": "pence", "sign": BY_MARK}, "1250;R", -1250),
        ({"type": "pence", "sign": BY_MARK}, "1250;anything", 1250),
        ({"type": "pence", "sign": BY_MARK | {"plus": ["S"]}}, "1250;anything", None),
        ({"type": "pounds"}, "12.50", 1250),
        ({"type": "pounds"}, "12", 1200),
        ({"type": "pounds"}, "12.505", None),
        ({"type": "pounds"}, "1,250.00", None),
        ({"type": "pounds", "thousands": True}, "1,250.00", 125000),
        ({"type": "pounds", "thousands": True}, "1250.00", 125000),
        ({"type": "pounds", "thousands": True, "sign": "leading"}, "-1,250.00", -125000),
        ({"type": "pounds", "thousands": True}, "12,50", None),
        ({"type": "pounds", "scale": 0}, "12", 1200),
        ({"type": "pounds", "scale": 2}, "0001250", 1250),
        ({"type": "pounds", "scale": 4}, "00125000", 1250),
        ({"type": "pounds", "scale": 4}, "00125001", None),
        ({"type": "pounds", "scale": 2, "sign": "overpunch"}, "00125}", -1250),
    ],
)
def test_an_amount_is_read_as_its_layout_says_or_not_at_all(field: dict[str, Any], written: str, pence: int | None) -> None:
    line = written if ";" in written else f"{written};"
    first = next(amount(**field).read(io.BytesIO(f"{line};77\n".encode())))
    assert first.amount_pence == pence if pence is not None else isinstance(first, Fault)


@pytest.mark.parametrize(
    ("format", "written", "day"),
    [
        ("DD/MM/YYYY", "18/03/2026", "2026-03-18"),
        ("YYYYMMDD", "20260318", "2026-03-18"),
        ("YYYYMMDD", "20260318235959", "2026-03-18"),
        ("DDMMYY", "180326", "2026-03-18"),
        ("YYYY-MM-DD", "2026-03-18T09:00:00Z", "2026-03-18"),
        ("DD/MM/YYYY", "18/03/2026 23:59", "2026-03-18"),
        ("DD/MM/YYYY", "18-03-2026", None),
        ("DD/MM/YYYY", "18/03/26", None),
        ("DDMMYY", "18032026", None),
        ("DDMMYY", "310226", None),
        ("YYYYMMDD", "", None),
    ],
)
def test_a_date_is_read_as_its_layout_says_or_not_at_all(format: str, written: str, day: str | None) -> None:
    paid_on = {"column": 3, "type": "date", "format": format}
    fields = {"amount": {"column": 1, "type": "pence"}, "reference": {"column": 2}, "paid_on": paid_on}
    layout = Layout.model_validate(PLAIN | {"detail": {"fields": fields}})
    first = next(format_of(layout).read(io.BytesIO(f"1,77,{written}\n".encode())))
    assert first.paid_on == date.fromisoformat(day) if day else isinstance(first, Fault)


WRONG = [
    ("name: paypoint", "name: Pay Point", "name: String should match"),
    ("kind: delimited", "kind: delimited\nkinds: 1", "kinds: Extra inputs are not permitted"),
    ("kind: delimited", "kind: delimited\nkind: fixed", "kind is given twice"),
    ("kind: delimited", "kind: excel", "kind: Input should be 'fixed' or 'delimited'"),
    ("kind: delimited", "kind: fixed", "detail.fields.amount: a field of a fixed layout has start and length, and no column"),
    ("source: paypoint", "source: 5", "source: Input should be a valid string"),
    ("format: YYYYMMDD}\ndetail", "format: YYYYMM}\ndetail", "header.fields.business_day: Value error, a date's format has DD, MM"),
    ("{column: 3, type: integer}", "{column: 3, type: number}", "header.fields.file_number.type: Input should be"),
    ("{column: 3, type: integer}", "{column: 0, type: integer}", "header.fields.file_number.column: columns are counted from 1"),
    ("{column: 3, type: integer}", "{column: No, type: integer}", "header.fields.file_number.column"),
    ("{column: 3, type: integer}", "{column: File, type: integer}", "header.fields.file_number.column: columns have no names here"),
    ("{column: 3, type: integer}", "{start: 3, length: 2}", "header.fields.file_number: a field of a delimited layout has column"),
    ("{column: 3, type: integer}", "{column: 3, type: integer, codes: {A: b}}", "only a text has codes"),
    ("amount: {", "amounts: {", "detail.fields.amount: is missing"),
    ("field: type, minus", "field: kind, minus", "detail.fields.amount.sign.field: there is no field kind beside it"),
    ("method_of_payment: paypoint", "fund: '23'", "detail.fields.method_of_payment: is missing, and so is constants.method_of_payment"),
    ("key: [transaction]", "key: [transactions]", "key: there is no field transactions"),
    ("identity: [client", "identity: [clients", "identity: there is no field clients"),
    ("business_on: business_day", "business_on: client", "client: is text, but has to be date"),
    ("undoes: [original]", "undoes: [origin]", "negative.undoes: there is no field origin"),
    ("reason: collection-reversed, ", "", "negative: Value error, give either reason, or field and reasons"),
    ("said: count,", "said: counts,", "totals.0.said: there is no field counts"),
    ("said: total, of: value", "said: count, of: value", "totals.1.said: count is integer, but has to be pence or pounds"),
    ("of: count", "of: hash", "totals.0: Value error, a hash is of a field"),
    ("  - where: {column: 1, starts: T}\n    fields", "  - fields", "trailers.0.where: is missing; only the detail can be every"),
    ("{column: 1, starts: D}", "{at: 1, starts: D}", "detail.where.at: is not for a delimited layout"),
    ("{column: 1, starts: D}", "{column: 1, matches: '('}", "detail.where: Value error, is no regular expression"),
    ("{column: 1, starts: D}", "{column: 1}", "detail.where: Value error, give either starts or matches"),
    ("count: {column: 2", "client: {column: 2", "two records that are no rows have a field client"),
    ("kind: delimited", "kind: [", "is no YAML"),
]


@pytest.mark.parametrize(("there", "instead", "what"), WRONG)
def test_a_layout_that_is_none_is_refused_with_its_file_and_key(tmp_path: Path, there: str, instead: str, what: str) -> None:
    text = (SHIPPED / "paypoint.yaml").read_text()
    assert there in text
    (tmp_path / "ours.yaml").write_text(text.replace(there, instead, 1))
    with pytest.raises(FileWrong) as error:
        formats_with(tmp_path)
    assert str(error.value).startswith("ours.yaml")
    assert what in str(error.value)


def test_a_councils_own_layout_is_read_and_takes_the_place_of_ours(tmp_path: Path) -> None:
    text = (SHIPPED / "paypoint.yaml").read_text()
    (tmp_path / "shops.yaml").write_text(text.replace("name: paypoint", "name: shops").replace("starts: H}", "starts: SHOPS}"))
    (tmp_path / "paypoint.yaml").write_text(text.replace("source: paypoint", "source: corner-shops"))
    own = tmp_path / "file"
    own.write_bytes(WRITTEN["paypoint"].read_bytes().replace(b"H,", b"SHOPS,"))
    formats = formats_with(tmp_path)
    assert (inspect(own, formats=formats)["format"], inspect(own)["format"]) == ("shops", None)
    assert (formats["paypoint"].source, FORMATS["paypoint"].source) == ("corner-shops", "paypoint")
    assert formats_with(None) == FORMATS


def test_a_service_with_a_layout_that_is_none_does_not_start(tmp_path: Path) -> None:
    settings = ingest_world.settings("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(NotADirectoryError, match="no folder of layouts"):
        build(settings.model_copy(update={"layouts": tmp_path / "none"}))
    (tmp_path / "ours.yaml").write_text("name: ours")
    with pytest.raises(FileWrong, match=r"ours\.yaml: source: Field required"):
        build(settings.model_copy(update={"layouts": tmp_path}))


async def test_a_councils_own_layout_is_taken_in_at_the_door(ingest: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (SHIPPED / "paypoint.yaml").read_text()
    (tmp_path / "shops.yaml").write_text(text.replace("name: paypoint", "name: shops").replace("starts: H}", "starts: SHOPS}"))
    monkeypatch.setattr(ingest.service.api.state, "formats", formats_with(tmp_path))
    answer = await ingest.file(WRITTEN["paypoint"].read_bytes().replace(b"H,", b"SHOPS,"), source="portal")
    assert (answer.status_code, answer.json()["format"]) == (201, "shops")
    assert (await ingest.told(RemittanceReceived))[0].source_reference == "ANYTOWN:417:2026-03-18"


async def test_a_reversal_in_a_file_takes_back_the_payment_that_it_names(ingest: Ingest) -> None:
    content = WRITTEN["paypoint"].read_bytes()
    assert (await ingest.file(content, source="portal")).status_code == 201
    payments, (reversal,) = await ingest.told(PaymentReceived), await ingest.told(PaymentReversed)
    assert reversal.payment_id == payments[0].payment_id
    assert (reversal.amount_pence, reversal.reason) == (6000, "collection-reversed")


async def test_a_file_that_comes_again_with_another_amount_is_for_a_person(ingest: Ingest) -> None:
    content = WRITTEN["payroll"].read_bytes()
    assert (await ingest.file(content, source="portal")).status_code == 201
    before = await ingest.names_told()
    again = content.replace(b"92.40", b"93.40").replace(b"1,170.40", b"1,171.40")
    assert (await ingest.file(again, source="portal")).status_code == 409
    assert await ingest.names_told() == before | {"RemittanceRefused": 1}


def overpunched(pence: int) -> str:
    return f"{abs(pence) // 10}{('{ABCDEFGHI' if pence >= 0 else '}JKLMNOPQR')[abs(pence) % 10]}"


WRITERS: list[tuple[dict[str, Any], Callable[[int], tuple[str, str]]]] = [
    ({"type": "pence", "sign": "leading"}, lambda pence: (f"{pence:+d}", "")),
    ({"type": "pence", "sign": "trailing"}, lambda pence: (f"{abs(pence):013}{'-' if pence < 0 else ''}", "")),
    ({"type": "pence", "sign": "overpunch"}, lambda pence: (overpunched(pence), "")),
    ({"type": "pence", "sign": {"field": "mark", "minus": ["R"], "plus": ["S"]}}, lambda pence: (str(abs(pence)), "SR"[pence < 0])),
    ({"type": "pounds", "sign": "leading", "thousands": True}, lambda p: (f"{'-' * (p < 0)}{abs(p) // 100:,}.{abs(p) % 100:02}", "")),
    ({"type": "pounds", "sign": "leading", "scale": 3}, lambda pence: (f"{pence * 10}", "")),
]


def line_of(kind: str, *parts: str) -> str:
    mark, amount, sign, reference = parts
    return f"{mark}{amount:>20}{sign:1}{reference:12}" if kind == "fixed" else ",".join(f'"{each}"' for each in parts)


@settings(max_examples=40)
@given(st.data(), st.sampled_from(WRITERS), st.sampled_from(["fixed", "delimited"]), st.booleans())
def test_whatever_is_written_by_a_layout_is_read_back_to_the_penny(data: st.DataObject, writer: Any, kind: str, is_short: bool) -> None:
    field, write = writer
    amounts = data.draw(st.lists(st.integers(-(10**9), 10**9).filter(bool), max_size=8))
    places = [{"start": 2, "length": 20}, {"start": 22, "length": 1}, {"start": 23, "length": 12}]
    places = places if kind == "fixed" else [{"column": number} for number in (2, 3, 4)]
    fields = {"amount": places[0] | field, "mark": places[1], "reference": places[2]}
    total = places[0] | {"type": "pence", "sign": "leading"}
    layout = Layout.model_validate(PLAIN | {
        "kind": kind, "detail": {"where": {"starts": "D"}, "fields": fields},
        "trailers": [{"where": {"starts": "T"}, "fields": {"total": total}}], "totals": [{"said": "total", "of": "value"}],
    })  # fmt: skip
    lines = [line_of(kind, "D", *write(pence), f"R{number}") for number, pence in enumerate(amounts)]
    lines.append(line_of(kind, "T", f"{sum(amounts) + is_short}", "", ""))
    *rows, whole = format_of(layout).read(io.BytesIO("\r\n".join(lines).encode()))
    assert [(row.reference, row.amount_pence) for row in rows if isinstance(row, Row)] == [(f"R{n}", p) for n, p in enumerate(amounts)]
    assert whole.is_proved is not is_short  # type: ignore[union-attr]
    assert len(rows) == len(amounts) + is_short


SMALL = [b",", b"|", b";", b'"', b"\n", b"\r", b"\x00", b"\xff", b"T", b"D", b"-", b"9", b"}"]
PIECES = st.sampled_from([*SMALL, b"0" * 40, b" " * 200, b"x" * 600])
DAMAGED = st.builds(
    lambda path, at, cut, put: path.read_bytes()[:at] + put + path.read_bytes()[at + cut :],
    path=st.sampled_from(list(WRITTEN.values())),
    at=st.integers(0, 500),
    cut=st.integers(0, 60),
    put=st.lists(PIECES, max_size=4).map(b"".join),
)


@settings(max_examples=300)
@given(DAMAGED, st.sampled_from(NAMES))
def test_a_damaged_file_is_faults_or_payments_that_can_be_told(content: bytes, name: str) -> None:
    FORMATS[name].looks_like(content)
    for each in read(name, content):
        assert isinstance(each, Fault | Row | Whole)
        if isinstance(each, Row):
            assert each.amount_pence
            assert len(each.key) <= 130
            assert (each.reversal_reason is None) == (each.amount_pence > 0)
