"""Files for back offices, as layouts describe them: what is written reads back to the same lines and totals."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ims_notify.domain.facts import NUMBER_LETTERS
from ims_notify.domain.outgoing import Layout
from ims_notify.domain.postings import Line, line_code
from ims_notify.domain.writing import Head, Unfit, Writer, Written
from ims_notify.layout_files import LayoutWrong, read_layout

SAMPLE = Path(__file__).parents[2] / "samples" / "backoffice_posting.txt"
GOLDEN = Path(__file__).parent / "golden"
HEAD = Head(52, date(2026, 3, 18), "E07999999", "revenues", False)
WAYS = {"DD": "direct-debit", "AP": "allpay", "CD": "card", "DW": "dwp", "CQ": "cheque", "FP": "bank-transfer"}
REASONS = {"UD": "direct-debit-returned", "DI": "direct-debit-indemnity", "RF": "refund"}
OVERPUNCHED = {mark: (sign, digit) for sign, marks in ((1, "{ABCDEFGHI"), (-1, "}JKLMNOPQR")) for digit, mark in enumerate(marks)}


def line(number: int = 1, **changes: Any) -> Line:
    plain = Line(
        uuid5(UUID(int=0), str(number)), "23", "770000123", 14200, "direct-debit", "moved", "account", None, date(2026, 3, 18),
        uuid5(UUID(int=1), str(number)), date(2026, 3, 17), "direct-debit", None,
    )  # fmt: skip
    return plain._replace(**changes)


def back(number: int, of: Line, **changes: Any) -> Line:
    """What takes a line back."""
    return line(number, amount_pence=-of.amount_pence, reason="refund", undoes=of.line_id, balance_pence=3500, **changes)


def write(layout: Layout, lines: list[Line], head: Head = HEAD) -> Written:
    writer = Writer(layout, head)
    for each in lines:
        writer.take(each)
    return writer.written()


def layout(text: str, **more: Any) -> Layout:
    return Layout.model_validate(yaml.safe_load(text) | more)


def one_field(written: str, kind: str = "fixed", **more: Any) -> Layout:
    return layout(f"name: one\nkind: {kind}\ndetail: {{fields: {{it: {{{written}}}}}}}", **more)


def test_a_code_is_fifteen_letters_that_can_be_read_out() -> None:
    assert line_code(UUID(int=2**128 - 1)) == "Z" * 15
    assert len({line_code(uuid5(UUID(int=0), str(number))) for number in range(1000)}) == 1000


def test_the_sample_of_the_formats_is_written_to_the_byte() -> None:
    """`samples/backoffice_posting.txt` read back into lines by its columns, and written again."""
    if not SAMPLE.exists():
        pytest.skip("no samples")
    lines = []
    for text in SAMPLE.read_text().splitlines()[1:-1]:
        bits = sum(NUMBER_LETTERS.index(letter) << shift for letter, shift in zip(text[49:64], range(70, -1, -5), strict=True))
        amount, code = int(text[46] + text[35:46]), text[47:49]
        said = {"method_of_payment": WAYS.get(code, "card"), "reason": REASONS.get(code, "moved")}
        lines.append(line(
            line_id=UUID(int=bits << 53), account_reference=text[7:27].rstrip(), amount_pence=amount,
            paid_on=date.fromisoformat(text[27:35]), **said,
        ))  # fmt: skip

    written = write(read_layout("generic", Layout), lines)

    assert written.content == SAMPLE.read_bytes()
    assert (written.totals.line_count, written.totals.net_pence) == (19, 84380)


DAY: list[Line] = [
    line(1), line(2, amount_pence=5, account_reference="770000217", method_of_payment="card", channel="web", fund="24"),
    back(3, line(1)), line(4, amount_pence=123456, method_of_payment="payroll", account_reference="7700012", payment_id=None),
]  # fmt: skip


@pytest.mark.parametrize("name", ["generic", "parking", "revenues", "housing", "finance"])
def test_each_example_is_written_as_it_was(name: str) -> None:
    assert write(read_layout(name, Layout), DAY).content == (GOLDEN / f"{name}.txt").read_bytes()


LINES = st.lists(
    st.builds(
        lambda number, pence, way: line(number, amount_pence=pence, account_reference=f"77{number:07}", method_of_payment=way),
        st.integers(0, 10**6), st.integers(-10**7, 10**7).filter(bool), st.sampled_from(["direct-debit", "card", "unheard-of"]),
    ),
    max_size=20,
)  # fmt: skip


def overpunched(text: str) -> int:
    sign, digit = OVERPUNCHED[text[-1]]
    return sign * int(f"{text[:-1]}{digit}")


@given(LINES)
def test_a_fixed_file_with_signs_in_digits_reads_back(lines: list[Line]) -> None:
    head, *detail, end = write(read_layout("revenues", Layout), lines).content.decode("ascii").splitlines()

    assert {len(each) for each in (head, *detail, end)} == {48}
    assert (head[:2], head[8:13], head[13]) == ("00", "00052", "P")
    read = [(int(each[2:8]), each[8:20].lstrip("0"), overpunched(each[20:29])) for each in detail]
    assert read == [(number, each.account_reference, each.amount_pence) for number, each in enumerate(lines, 1)]
    amounts = [each.amount_pence for each in lines]
    assert int(end[2:8]) == len(lines)
    assert int(end[8:19]) == sum(pence for pence in amounts if pence > 0)
    assert int(end[19:30]) == -sum(pence for pence in amounts if pence < 0)
    assert overpunched(end[30:41]) == sum(amounts)
    assert int(end[41:48]) == sum(int(each.account_reference) for each in lines) % 10**7


@given(LINES, st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=9))
def test_a_delimited_file_reads_back_whatever_its_texts_hold(lines: list[Line], fund: str) -> None:
    lines = [each._replace(fund=fund) for each in lines]
    rows = list(csv.reader(io.StringIO(write(read_layout("finance", Layout), lines).content.decode("latin-1")), delimiter=";"))

    *detail, end = rows[1:]
    read = [(int(row[1]), row[2], row[3], pounds(row[7]) - pounds(row[6])) for row in detail]
    assert read == [(number, each.account_reference, fund, each.amount_pence) for number, each in enumerate(lines, 1)]
    assert (end[0], int(end[1]), pounds(end[3]) - pounds(end[2])) == ("TOTAL", len(lines), sum(each.amount_pence for each in lines))


def pounds(text: str) -> int:
    whole, part = text.split(".")
    return int(whole) * 100 + int(part)


@pytest.mark.parametrize(
    ("field", "changes", "text"),
    [
        ("of: amount, type: pence, sign: trailing, length: 8", {"amount_pence": -14200}, "0014200-"),
        ("of: amount, type: pence, sign: trailing, plus: ' ', length: 8", {}, "0014200 "),
        ("of: amount, type: pence, sign: leading, length: 8", {"amount_pence": -5}, "-0000005"),
        ("of: amount, type: pence, sign: leading, fill: ' ', length: 8", {"amount_pence": -5}, "      -5"),
        ("of: amount, type: pounds, sign: leading, plus: '', length: 8", {}, "00142.00"),
        ("of: amount, type: pounds, sign: leading, length: 8", {"amount_pence": -5}, "-0000.05"),
        ("of: amount, type: pence, sign: overpunch, length: 4", {"amount_pence": 10}, "001{"),
        ("of: amount, type: pence, sign: overpunch, length: 4", {"amount_pence": -10}, "001}"),
        ("of: amount, type: pence, sign: overpunch, length: 4", {"amount_pence": -19}, "001R"),
        ("of: absolute, type: pence, length: 5", {"amount_pence": -19}, "00019"),
        ("of: account_reference, length: 12", {}, "770000123   "),
        ("of: account_reference, length: 12, align: right, fill: '0'", {}, "000770000123"),
        ("of: posted_on, type: date, format: DD-MM-YY, length: 8", {}, "18-03-26"),
        ("of: channel, length: 3", {"channel": None}, "   "),
        ("of: balance, type: pence, length: 3", {}, "   "),
        ("of: balance, type: pence, length: 3", {"balance_pence": 0}, "000"),
        ("of: fund, length: 3, codes: {'23': CT}, otherwise: XX", {}, "CT "),
        ("of: fund, length: 3, codes: {'24': CT}, otherwise: XX", {}, "XX "),
        ("of: mode, length: 4", {}, "live"),
    ],
)  # fmt: skip
def test_a_field_is_written_so(field: str, changes: dict, text: str) -> None:
    assert write(one_field(field), [line(**changes)]).content.decode() == f"{text}\n"


@pytest.mark.parametrize(
    ("field", "changes", "why"),
    [
        ("of: account_reference, length: 8", {}, "it: is longer than 8"),
        ("of: amount, type: pence, length: 4", {}, "it: is longer than 4"),
        ("of: amount, type: pence, sign: trailing, length: 5", {}, "it: is longer than 5"),
        ("of: amount, type: pence, length: 9", {"amount_pence": -1}, "it: is below nothing, and has no sign"),
        ("of: channel, needed: true, length: 9", {"channel": None}, "it: there is nothing to write"),
        ("of: fund, length: 2, codes: {'24': CT}", {}, "it: has no code"),
        ("of: account_reference, length: 9", {"account_reference": "7700\n0123"}, "it: has a control character"),
        ("of: account_reference, length: 9", {"account_reference": "77é000123"}, "cannot be written in ascii"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_a_fault_that_quotes_nothing_and_leaves_the_rest(field: str, changes: dict, why: str) -> None:
    writer = Writer(one_field(field), HEAD)

    with pytest.raises(Unfit) as unfit:
        writer.take(line(**changes))

    assert why in str(unfit.value)
    assert "7700" not in str(unfit.value)
    assert writer.written().totals.line_count == 0


def test_a_separator_in_a_text_without_quotes_is_a_fault() -> None:
    with pytest.raises(Unfit, match="separator"):
        write(one_field("of: fund", "delimited", quoted=False), [line(fund="2,3")])


@pytest.mark.parametrize(
    ("field", "kind", "why"),
    [
        ("of: amount, type: pence", "fixed", "detail.fields.it.length: is missing"),
        ("of: amonut, type: pence, length: 3", "fixed", "there is no amonut in a detail"),
        ("of: net, type: pence, length: 3", "fixed", "there is no net in a detail"),
        ("of: amount, type: integer", "delimited", "amount is written as pence or pounds"),
        ("of: amount, constant: A", "delimited", "give either of or constant"),
        ("of: posted_on, type: date", "delimited", "a date has a format"),
        ("of: posted_on, type: date, format: DDMM", "delimited", "once each"),
        ("of: fund, sign: leading", "delimited", "only pence and pounds have a sign"),
        ("of: fund, fill: ' '", "delimited", "needs a length"),
        ("of: fund, otherwise: A", "delimited", "otherwise is for"),
        ("of: fund, codes: {'23': CTAX}, length: 3", "fixed", "a text that is longer than 3"),
        ("of: fund, width: 3", "delimited", "Extra inputs"),
    ],
)
def test_a_layout_that_does_not_hold_together_says_why(tmp_path: Path, field: str, kind: str, why: str) -> None:
    (tmp_path / "own.yaml").write_text(f"name: own\nkind: {kind}\ndetail: {{fields: {{it: {{{field}}}}}}}")

    with pytest.raises(LayoutWrong, match=why):
        read_layout("own", Layout, tmp_path)


@pytest.mark.parametrize(
    ("text", "why"), [("name: a\nname: b", "name is given twice"), ("a: [", "is no YAML"), ("kind: fixed", "detail: Field required")]
)
def test_a_file_that_is_no_layout_says_why(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "own.yaml").write_text(text)

    with pytest.raises(LayoutWrong, match=why):
        read_layout("own", Layout, tmp_path)
    with pytest.raises(LayoutWrong, match="there is no layout other"):
        read_layout("other", Layout, tmp_path)
