"""Vectors: the predecessor's behaviour, run against our own, and judged fairly."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ims_local.cli import main
from ims_local.faults import Fault
from ims_local.vectors import SUITES, Case, Tally, read_cases, run
from ims_local.vectors.running import OnPurpose, Suite, Unsupported

PREDECESSOR = Path(__file__).parents[3] / "shared" / "cases" / "predecessor.json"

GIVEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "check_digit": (
        {
            "config": {
                "type": "weighted_sum",
                "modulus": 11,
                "source_substitutions": "05",
                "weightings": "9,8,7,6,5,4,3,2,1, 0",
                "result_substitutions": "10:A",
                "apply_subtraction": False,
            },
            "reference": "bj9951434A",
            "check_digit": "A",
        },
        {"valid": True},
    ),
    "amount_limits": (
        {"fund_maximum": "500", "mop_maximum": None, "mop_minimum": None, "amount": "500.01"},
        {"valid": False, "error": "above_fund_maximum:500"},
    ),
    "basket": (
        {"user_is_finance_or_cheque": False, "items": [{"account": "A", "amount": "1.005"}, {"account": "A", "amount": "1"}]},
        {"valid": False, "total": "2.005", "error": "more_than_two_decimals,duplicate_account_reference"},
    ),
    "vat_amount": ({"gross": "9.99", "rate": "0.2"}, {"vat_amount": "1.66"}),
    "fee": ({"fee": "12.22", "mop_incurs_fee": True, "processed_lines": []}, {"valid": False, "error": "payment_not_processed_yet"}),
    "rule_operator": ({"kind": "decimal", "operator": "be_less_than", "field_value": "0.9", "value": "1"}, {"result": True}),
    "transaction_journal": (
        {"original": {"amount": "12.00", "fund": "31", "vat_code": "W0", "account": "A0"}, "items": [["5", "X", "12.00", "N0", ""]]},
        {
            "result": "ok", "net": "0.00", "vat_net": "-2.00",
            "lines": [
                {"fund": "5", "account": "X", "amount": "12.00", "vat_code": "N0", "vat": "0.00"},
                {"fund": "31", "account": "A0", "amount": "-12.00", "vat_code": "W0", "vat": "-2.00"},
            ],
        },
    ),
    "suspense_line_count": ({"suspense_items": 2, "journals": 1, "credit_notes": 1}, {"processed_transactions": 4}),
    "amount_available": (
        {
            "lines": [["T1", "a", "5", "60.00"], ["T2", "a", "5", "40.00"]], "pending_refunds": [], "journals_out": [],
            "processed_refunds": [["a", "5", "-10.00"]], "query_line": "T2",
        },
        {"header": "90.00", "line": "40.00", "refund_enabled": True},
    ),
    "refund": (
        {
            "original_lines": [{"ref": "T1", "psp": "P1", "amount": "10.00", "mop": "90"}], "requests": [["T1", "6.00"], ["T1", "6.00"]],
            "reason": "r", "provider_says_success": True,
        },
        {"status": "Error", "amount": None, "sent_to_provider": None, "pending": [], "error": "refund_exceeds_remaining"},
    ),
    "transfer_validation": ({"sources": ["10"], "targets": ["100"]}, {"valid": False, "error": "total_exceeds_available:100.00>10.00"}),
    "allpay_file": ({"files": [["too short"]]}, {"success": False, "rows_posted_per_file": [0], "errors": ["line_too_short"]}),
    "dwp_row": (
        {"column_F_account_reference": "77 123 4567", "column_L_amount_pence": "1050", "column_M_sign": "-"},
        {"account_reference": "771234567", "fund_code": "23", "vat_code": "N0", "mop_code": "27", "amount": "-10.5"},
    ),
    "csv_row": (
        {"row": "a,b,c,d,18/03/2026,18/03/2026,e,1,13,11,6.66,W0,0.2,1.11,x"},
        {
            "reference": "a", "account_reference": "e", "fund_code": "13", "transaction_date": "2026-03-18", "amount": "6.66",
            "narrative": "x",
        },
    ),
    "import_processing": (
        {
            "rows": [{"account": "A1", "fund": "5", "amount": "2.50", "narrative": ""}], "import_type": "Transaction",
            "rule": None, "importer_errors": None, "declared_row_count": 1,
        },
        {"api_success": True, "posted": 1, "to_suspense": 0, "total_import_value": "£2.50", "rows_reported": 1},
    ),
    "payment_events": (
        {"pending": [{"fund": "31", "amount": "2.00"}], "fee": "0", "psp_reference": "P", "events": ["REFUSED"]},
        {
            "steps": [
                {"event": "REFUSED", "success": True, "pending_status": ["2"], "posted_count": 0, "posted_total": "0.00", "posted_mops": []}
            ]
        },
    ),
    "ereturn_transition": ({"action": "authorise", "status": "Submitted"}, {"allowed": True, "new_status": "Authorised"}),
}


def outcome(case: Case, suites: dict[str, Suite | str] | None = None) -> str:
    [told] = run([case], SUITES if suites is None else suites)
    return told.outcome


@pytest.mark.parametrize("suite", GIVEN)
def test_a_case_of_each_kind_passes_and_its_contrary_fails(suite: str) -> None:
    given, expected = GIVEN[suite]
    [first] = list(expected)[:1]
    contrary = expected | {first: not expected[first] if isinstance(expected[first], bool) else "another"}
    assert outcome(Case(suite, "1", given, expected)) == "passed"
    assert outcome(Case(suite, "2", given, contrary)) == "failed"


def echo(**how: Any) -> dict[str, Suite | str]:
    return {"s": Suite(lambda given: given, **how)}


@pytest.mark.parametrize(
    ("expected", "defect", "recommended", "became"),
    [
        ({"valid": True}, None, None, "passed"),
        ({"valid": False}, None, None, "failed"),
        ({"valid": True}, "wrong", {"valid": False}, "failed"),  # we imitate it
        ({"valid": False}, "wrong", {"valid": True}, "different"),
        ({"valid": False}, "wrong", "something better", "different"),
        ({"valid": False}, "wrong", {"valid": True, "error": "none"}, "failed"),  # neither the one nor the other
    ],
)
def test_a_defect_is_not_imitated_and_what_is_recommended_is_done(
    expected: dict[str, Any], defect: str | None, recommended: Any, became: str
) -> None:
    assert outcome(Case("s", "1", {"valid": True}, expected, defect, recommended), echo()) == became


@pytest.mark.parametrize(
    ("ours", "theirs", "became"),
    [
        ("known", "known", "passed"),
        ("known:2", "known:3", "failed"),
        ("other", "known", "failed"),
        ("other", "never-heard-of", "passed"),
        (None, "never-heard-of", "failed"),
    ],
)
def test_an_error_of_a_name_we_do_not_know_must_only_be_an_error(ours: str | None, theirs: str, became: str) -> None:
    assert outcome(Case("s", "1", {"error": ours}, {"error": theirs}), echo(labels=frozenset({"known"}))) == became


def test_what_has_no_counterpart_is_not_compared() -> None:
    assert outcome(Case("s", "1", {"a": 1}, {"a": 1, "b": 2}), echo(ignores={"b": "why"})) == "passed"
    assert outcome(Case("s", "1", {"a": 1}, {"a": 1, "b": 2}), echo()) == "failed"


def test_what_differs_on_purpose_says_why_and_only_where_it_differs() -> None:
    suites: dict[str, Suite | str] = {"s": Suite(lambda given: OnPurpose({"a": 1}, "our rule"))}
    same, other = run([Case("s", "1", {}, {"a": 1}), Case("s", "2", {}, {"a": 2})], suites)
    suites["s"] = Suite(lambda given: OnPurpose({"a": 1, "b": 1}, "our rule", frozenset({"b"})))
    assert outcome(Case("s", "1", {}, {"a": 1, "b": 2}), suites) == "different"
    assert outcome(Case("s", "1", {}, {"a": 2, "b": 2}), suites) == "failed"
    assert (same.outcome, other.outcome, other.reason) == ("passed", "different", "our rule")


def test_what_is_not_supported_says_why() -> None:
    def no(given: Any) -> Any:
        raise Unsupported("not this one")

    told = [*run([Case("s", "1", {}, {}), Case("t", "2", {}, {}), Case("u", "3", {}, {})], {"s": Suite(no), "t": "never"})]
    assert [each.outcome for each in told] == ["not_supported"] * 3
    assert [each.reason for each in told] == ["not this one", "never", "There is no such suite here."]


def test_a_case_that_cannot_be_run_fails_and_the_rest_goes_on() -> None:
    told = [*run([Case("vat_amount", "1", {"gross": "ten"}, {}), Case("vat_amount", "2", *GIVEN["vat_amount"])], SUITES)]
    assert [each.outcome for each in told] == ["failed", "passed"]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "cannot be read as JSON"),
        ("[]", "no list called `cases`"),
        ('{"cases": 3}', "no list called `cases`"),
        ('{"cases": [{"suite": "s", "id": "1", "input": {}}]}', "case 1 has no `expected`"),
        ('{"cases": ["s"]}', "case 1 has no `suite` and no `id`"),
        ('{"cases": [{"suite": "s", "id": "1", "input": [], "expected": {}}]}', "`input` of case 1 is of the wrong kind"),
    ],
)
def test_a_file_of_another_shape_is_a_fault_that_says_where(written: str, says: str, tmp_path: Path) -> None:
    (file := tmp_path / "vectors.json").write_text(written)
    with pytest.raises(Fault, match=says):
        read_cases(file)


def ims(monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["ims", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code or 0


def write(file: Path, *cases: tuple[str, dict[str, Any], dict[str, Any]]) -> Path:
    told = [{"suite": s, "id": f"{s}-{at}", "input": given, "expected": expected} for at, (s, given, expected) in enumerate(cases)]
    file.write_text(json.dumps({"cases": told}))
    return file


def test_the_command_counts_by_suite_and_fails_if_a_case_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    given, expected = GIVEN["vat_amount"]
    wrong = "vat_amount", given, {"vat_amount": "1.67"}
    file = write(tmp_path / "v.json", ("vat_amount", given, expected), wrong, ("user_expiry", {}, {}))
    assert ims(monkeypatch, "vectors", file, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["suites"]["vat_amount"] == {"passed": 1, "failed": 1, "different": 0, "not_supported": 0}
    assert told["suites"]["user_expiry"] == {"passed": 0, "failed": 0, "different": 0, "not_supported": 1}
    assert list(told["cases"]["failed"]) == ["vat_amount-1"]
    assert ims(monkeypatch, "vectors", file, "--suite", "user_expiry") == 0
    assert "not supported: user_expiry" in capsys.readouterr().out
    assert ims(monkeypatch, "vectors", file, "--suite", "nope") == 1
    assert capsys.readouterr().err == "ims: v.json has no suite 'nope'. It has user_expiry, vat_amount.\n"


@pytest.mark.skipif(not PREDECESSOR.exists(), reason="the predecessor's cases are not here")
def test_nothing_of_the_predecessors_behaviour_fails_but_its_defects() -> None:
    tally = Tally([*run(read_cases(PREDECESSOR), SUITES)])
    assert not tally.of("failed")
    assert len(tally.of("passed")) > 450
    assert {each.case.suite for each in tally.told} <= SUITES.keys()
    assert all(each.reason for each in (*tally.of("different"), *tally.of("not_supported")))
