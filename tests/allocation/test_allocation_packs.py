"""A council's pack as it is written: read whole, or refused with every fault and its line."""

import json
import re
from contextlib import suppress
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_allocation.domain.editions.bookkeeping import books_on
from ims_allocation.domain.editions.differences import differences, dropped
from ims_allocation.domain.editions.edition import Edition, edition_of
from ims_allocation.domain.editions.reading import DEPTH_MAX, PackFault, read
from ims_allocation.settings import ANYTOWN, read_editions

FILES = {file.name: file.read_text(encoding="utf-8") for file in sorted((ANYTOWN / "anytown").glob("*.yaml"))}
[EDITION] = read_editions(ANYTOWN)
DAY = date(2026, 3, 18)
BAND = "band outside-london-higher from 2008-03-31"


def written(file: str, old: str, new: str) -> dict[str, str]:
    """Anytown's files, with something in one of them written otherwise."""
    assert old in FILES[file], "what is changed must be there"
    return FILES | {file: FILES[file].replace(old, new, 1)}


def edited(file: str, old: str, new: str) -> Edition:
    return edition_of(written(file, old, new))


def faults_of(files: dict[str, str]) -> list[str]:
    with pytest.raises(PackFault) as refused:
        edition_of(files)
    return refused.value.faults


def test_anytown_has_every_line_of_business_and_the_five_codes_of_vat() -> None:
    lines = {fund.line_of_business for fund in EDITION.written.funds.values()}
    assert lines == {
        "parking", "council-tax", "business-rates", "rent", "sundry-debts", "benefit-overpayments", "social-care", "planning",
        "garden-waste", "licences", "libraries", "markets", "leisure", "card-fees",
    }  # fmt: skip
    assert set(EDITION.written.vat.codes) == {"S", "R", "Z", "E", "O"}


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("council.yaml", "name: Anytown", "nmae: Anytown", r"council.yaml, line \d+: nmae is not known here"),
        ("council.yaml", "version: anytown-2026-03", "version: a/b", r"line \d+: version String should match"),
        ("council.yaml", "council: E07999999", "council: Anytown", r"line 3: council String should match"),
        ("funds.yaml", "name: Housing rent", "name: Housing rent\n    colour: red", r"funds.yaml, line \d+: funds.05.colour is not known"),
        ("funds.yaml", "vat_code: O\n    ledger_code: HRA", "vat_code: Q\n    ledger_code: HRA", r"funds.05.vat_code Q is no VAT"),
        ("funds.yaml", "modulus: 10, weights: [0, 0, 9", "modulus: 1, weights: [0, 0, 9", r"funds.05.check_digit.modulus"),
        ("funds.yaml", 'masks: ["BJ#######@"]', 'masks: "BJ"', r"line \d+: funds.11.masks"),
        ("funds.yaml", 'masks: ["LEISURE"]', 'masks: ["LEISURE@"]', r"funds.13.masks has the sign @"),
        ("funds.yaml", '"9#########"]', '"77######@"]', r"funds.19.masks has the sign @"),
        ("funds.yaml", 'masks: ["LEISURE"]', 'masks: ["MK/TAKINGS"]', r"funds.52.masks.0 is a mask of fund 13 at the same time"),
        ("funds.yaml", 'masks: ["LEISURE"]', 'masks: ["LEISURE"]\n    reference: {pattern: "(A+)+"}', r"pattern could take for ever"),
        ("funds.yaml", 'masks: ["LEISURE"]', 'masks: ["LEISURE"]\n    reference: {characters: numeric}', r"asks for characters"),
        ("funds.yaml", 'masks: ["LEISURE"]', 'masks: ["LEISURE"]\n    reference: {pattern: "("}', r"no regular expression"),
        ("funds.yaml", 'credit_note_funds: ["19"]', 'credit_note_funds: ["99"]', r"credit_note_funds.0 99 is no fund"),
        ("funds.yaml", 'credit_note_funds: ["19"]', "credit_note_funds: [19]", r"credit_note_funds.0 must be text. Put it in quotes"),
        ("funds.yaml", "    amount_max_pence: 10000", '    amount_max_pence: "10000"', r"must be a whole number, without quotes"),
        ("funds.yaml", "    name: Libraries", "    from: 2026-04-01\n    until: 2026-03-01\n    name: L", r"ends before"),
        ("funds.yaml", "    name: Libraries", "    from: 2026-02-30\n    name: L", r"funds.51.from"),
        ("funds.yaml", '  "05":', '  "11":', r"11 is there twice"),
        ("vat.yaml", "{percent: 17.5, from: 2010-01-01, until: 2011-01-03}", "{percent: 17.5, from: 2010-01-01}", r"two of these hold"),
        ("vat.yaml", "rates: [{percent: 5}]", "rates: [{percent: five}]", r"vat.codes.R.rates.0.percent"),
        ("vat.yaml", "rates: [{percent: 0}]", "rates: [{percent: 1}]", r"vat.codes.Z box Z has no rate but nought"),
        ("tariffs.yaml", 'fund: "11"', 'fund: "23"', r"tariffs.fund 23 is no fund of penalties"),
        ("tariffs.yaml", "band: outside-london-higher ", "band: nowhere ", r"tariffs.band nowhere is none of the bands"),
        ("tariffs.yaml", 'lower: ["04"', 'lower: ["01", "04"', r"01 is of the higher level as well"),
        ("tariffs.yaml", ", until: 2025-04-06}", "}", r"tariffs.bands two of these hold on the same day"),
        ("channels.yaml", "decided_by: value_on, is_free", "decided_by: whenever, is_free", r"channels.bank-transfer.decided_by"),
        ("offices.yaml", "offices:", "funds: {}\noffices:", r"offices.yaml, line 2: funds is in another file"),
        ("offices.yaml", "S: {name: Civic centre}", "S: &a {name: Civic centre}\n  T: *a", r"offices.yaml, line 4: an alias"),
        ("offices.yaml", "S: {name: Civic centre}", "S: {name: [}", r"offices.yaml, line 3"),
        ("offices.yaml", "S: {name: Civic centre}", "S: " + "[" * 99, r"offices.yaml, line 3: nested deeper"),
        ("offices.yaml", "offices:", "[1, 2]: 3\noffices:", r"a name is expected"),
        ("offices.yaml", "Civic centre", "\x07", r"a character that YAML does not allow"),
    ],
)  # fmt: skip
def test_a_fault_says_what_and_on_which_line(file: str, old: str, new: str, fault: str) -> None:
    found = faults_of(written(file, old, new))
    assert any(re.search(fault, each) for each in found), found


def test_every_fault_is_told_not_only_the_first() -> None:
    files = written("funds.yaml", "name: Housing rent", "nmae: Housing rent") | {"offices.yaml": "offices: {S: {}}"}
    assert len(faults_of(files)) == 3


def test_the_line_is_the_line() -> None:
    files = written("funds.yaml", "    name: Council tax", "    name: 7")
    [fault] = faults_of(files)
    line = files["funds.yaml"].splitlines().index("    name: 7") + 1
    assert fault == f"funds.yaml, line {line}: funds.23.name must be text. Put it in quotes."


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("05", "05"), ("5", 5), ("-5", -5), ("0", 0), ('"5"', "5"), ("yes", "yes"), ("no", "no"), ("NO", "NO"), ("true", True),
        ("2026-03-18", "2026-03-18"), ("1.5", "1.5"), ("1e3", "1e3"), ("0x1F", "0x1F"), ("12:30:00", "12:30:00"), ("null", None),
        ("٣", "٣"), ("9999999999999999999", "9999999999999999999"),
    ],
)  # fmt: skip
def test_what_is_not_quoted_is_a_number_only_where_it_is_written_as_one(text: str, value: Any) -> None:
    assert read({"a": f"x: {text}"}).said == {"x": value}


def test_a_pack_in_one_file_and_in_json_is_the_same_pack() -> None:
    together = edition_of({"all": "\n".join(FILES.values())})
    assert together.said == EDITION.said
    assert edition_of({"all": json.dumps(EDITION.said)}).said == EDITION.said


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_a_pack_that_is_mutilated_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FILES)))
    text = FILES[name]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 60)))
    files = FILES | {name: text[:start] + data.draw(st.text(max_size=6)) + text[end:]}
    with suppress(PackFault):
        edition_of(files)


@given(st.text(max_size=80))
def test_garbage_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(PackFault):
        edition_of({"garbage": text})


def test_what_is_too_long_or_too_deep_is_refused_at_once() -> None:
    assert "longer than" in faults_of({"a": "x" * (1 << 20)})[0]
    assert faults_of({"a": "a: " + "[" * 50_000}) == [f"a, line 1: nested deeper than {DEPTH_MAX}"]


def test_a_closed_fund_reads_no_reference_and_is_still_known() -> None:
    edition = edited("funds.yaml", "    name: Council tax", "    until: 2026-03-17\n    name: Council tax")
    open_, closed = edition.on(date(2026, 3, 17)), edition.on(date(2026, 3, 18))
    assert open_.references.read("770001478", None).candidates == (("23", "770001478"),)
    assert closed.references.read("770001478", None).candidates == ()
    assert "23" in closed.funds
    assert "23" not in closed.rules
    assert edition.on(date(2026, 3, 19)) is closed


@pytest.mark.parametrize(
    ("code", "day", "rate"),
    [
        ("S", date(2008, 12, 1), Fraction(3, 20)), ("S", date(2009, 12, 31), Fraction(3, 20)), ("S", date(2010, 1, 1), Fraction(7, 40)),
        ("S", date(2011, 1, 3), Fraction(7, 40)), ("S", date(2011, 1, 4), Fraction(1, 5)), ("S", DAY, Fraction(1, 5)),
        ("S", date(2008, 11, 30), None), ("R", DAY, Fraction(1, 20)), ("Z", DAY, Fraction(0)), ("E", DAY, Fraction(0)),
        ("O", DAY, Fraction(0)), ("N0", DAY, None),
    ],
)  # fmt: skip
def test_a_rate_is_that_of_the_tax_point(code: str, day: date, rate: Fraction | None) -> None:
    assert EDITION.pack.tables.vat_rate(code, day) == rate


def test_the_books_of_a_day_have_its_rates() -> None:
    then, now = (books_on(day, EDITION.pack) for day in (date(2010, 6, 1), DAY))
    assert (then.rates["S"], now.rates["S"]) == (Fraction(7, 40), Fraction(1, 5))
    assert now.credit_note_funds == {"19"}


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("funds.yaml", "name: Housing rent", "name: Rent", ['fund 05, name: was "Housing rent", is "Rent"']),
        ("funds.yaml", "    amount_max_pence: 10000\n", "", ["fund 51, amount_max_pence is gone; it was £100.00"]),
        ("funds.yaml", "cost_centre: MK01", "cost_centre: MK02", ['fund 52, cost_centre: was "MK01", is "MK02"']),
        ("offices.yaml", "  PR: {name: Post room}\n", "", ['office PR is gone; it was {"name": "Post room"}']),
        ("tariffs.yaml", "higher_pence: 7000", "higher_pence: 8000", [f"tariffs, {BAND}, higher_pence: was £70.00, is £80.00"]),
        ("rules.yaml", "priority: 900", "priority: 901", ["rule large-without-reference, priority: was 900, is 901"]),
        ("council.yaml", "version: anytown-2026-03", "version: next", []),
    ],
)  # fmt: skip
def test_a_difference_is_told_in_words(file: str, old: str, new: str, words: list[str]) -> None:
    assert differences(EDITION.said, edited(file, old, new).said) == words


def test_a_fund_that_payments_may_be_on_cannot_be_taken_out() -> None:
    text = FILES["funds.yaml"]
    start, end = text.index('  "60":'), text.index('  "61":')
    without = edition_of(FILES | {"funds.yaml": text[:start] + text[end:]})
    assert dropped(EDITION.said, without.said) == [
        "fund 60 would be known no more, and payments may be on it: close it with `until` instead"
    ]
    assert dropped(without.said, EDITION.said) == []


def test_packs_are_found_in_a_file_a_folder_and_a_folder_of_folders(tmp_path: Path) -> None:
    one = tmp_path / "one.yaml"
    one.write_text("\n".join(FILES.values()).replace("E07999999", "E07000001", 1), encoding="utf-8")
    (tmp_path / "two").mkdir()
    for name, text in FILES.items():
        (tmp_path / "two" / name).write_text(text, encoding="utf-8")
    assert [each.council for each in read_editions(tmp_path)] == ["E07000001", "E07999999"]
    assert [each.council for each in read_editions(one)] == ["E07000001"]
    assert [each.council for each in read_editions(tmp_path / "two")] == ["E07999999"]
