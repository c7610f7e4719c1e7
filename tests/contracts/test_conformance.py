"""What a supplier's messages are told of themselves, before any door sees them."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden import CONTRACTS
from ims_contracts.conformance import Finding, check

TODAY = date(2026, 3, 18)
COUNCIL = "E07999999"
PAYMENT_TYPE = "ims.inbound.payment-submitted.v1"
CARD = "4111 1111 1111 1111"
ACCOUNT = {"fund": "11", "account_reference": "1", "revision": 1}


def payment(number: int = 1, **strange: Any) -> dict[str, Any]:
    plain = {
        "source_payment_id": f"P{number}", "channel": "web", "method_of_payment": "card-stripe", "amount_pence": 3500,
        "paid_on": "2026-03-18", "received_on": "2026-03-18", "reference": "BJ90001186",
    }  # fmt: skip
    return plain | strange


def event(**strange: Any) -> dict[str, Any]:
    own = payment(council=COUNCIL, source="portal")
    return {"specversion": "1.0", "id": "1", "source": "/portal", "type": PAYMENT_TYPE, "data": own} | strange


def record(body: Any = None, **headers: str) -> dict[str, Any]:
    plain = {"ce_specversion": "1.0", "ce_type": PAYMENT_TYPE, "ce_source": "portal", "ce_id": "1", "content-type": "application/json"}
    own = payment(council=COUNCIL, source="portal") if body is None else body
    return {"headers": plain | {name.replace("content_type", "content-type"): value for name, value in headers.items()}, "body": own}


def found(*messages: Any) -> list[tuple[int, bool, str, str]]:
    """What is found in messages, one a line: the message, whether it is a fault, the field and what."""
    report = check("\n".join(map(json.dumps, messages)).encode(), TODAY)
    assert all(each.line == each.number for each in report.findings)
    return [(each.number, each.is_fault, each.field, each.what) for each in report.findings]


def fields(is_fault: bool, *messages: Any) -> list[str]:
    judged = found(*messages)
    assert all(each[1] == is_fault for each in judged), judged
    return [each[2] for each in judged]


GOOD = [
    payment(),
    event(),
    record(),
    record() | {"key": f"{COUNCIL}/P1"},
    record(json.dumps(payment(council=COUNCIL, source="portal"))),
    record(event(), content_type="application/cloudevents+json; charset=utf-8"),
    event(data=[payment(1, council=COUNCIL, source="portal"), payment(2, council=COUNCIL, source="portal")]),
    ACCOUNT,
    {
        "source_reversal_id": "R1", "reason": "chargeback-lost", "amount_pence": 1, "reversed_on": "2026-03-18",
        "method_of_payment": "card", "original_source": "portal", "original_source_payment_id": "P1",
    },
]  # fmt: skip


@pytest.mark.parametrize("message", GOOD)
def test_a_message_of_any_shape_that_keeps_to_the_contract_passes(message: Any) -> None:
    assert found(message) == []


@pytest.mark.parametrize("text", [json.dumps(GOOD), json.dumps(GOOD, indent=2), "\n".join(map(json.dumps, GOOD)) + "\n"])
def test_an_array_is_as_lines(text: str) -> None:
    report = check(text.encode(), TODAY)
    assert (report.messages, report.findings) == (len(GOOD) + 1, [])


def test_the_golden_examples_keep_to_the_contract() -> None:
    examples = sorted((CONTRACTS / "examples" / "ims.inbound.v1").glob("*.json"))
    report = check(b"\n".join(path.read_bytes() for path in examples), date(2026, 12, 31))
    assert (report.messages, report.failed) == (len(examples), 0)


@pytest.mark.parametrize(
    ("message", "wrong"),
    [
        (payment(amount_pence="35.00"), ["amount_pence"]),
        (payment(amount_pence=35.5), ["amount_pence"]),
        (payment(amount_pence=0, paid_on="18/03/2026", channel=None), ["channel", "amount_pence", "paid_on"]),
        (payment(paid_on="2026-03-20"), ["paid_on"]),
        (payment(basket=[{"fund": "11", "amount_pence": 1}, {"amount_pence": -1}]), ["basket.1.amount_pence", "basket.1", "basket"]),
        (payment(basket=[]), ["basket"]),
        (payment(source_payment_id="4111111111111111"), ["source_payment_id"]),
        (payment(source_payment_id="a\tb"), ["source_payment_id"]),
        (payment(council="Anytown"), ["council"]),
        (payment(payer={"email": 5}), ["payer.email"]),
        (payment(narrative="x" * 70_000), ["the body"]),
        (event(id=None), ["id"]),
        (event(type="parking.paid"), ["type"]),
        (event(data=None), ["the body"]),
        (event(data=[5]), ["the body"]),
        (record(payment()), ["council", "source"]),
        (record(ce_type=""), ["ce_type"]),
        (record("{"), ["body"]),
        (record(payment(council=COUNCIL, source="portal", narrative="\0")), ["the body"]),
        (record([], content_type="application/cloudevents+json"), ["body"]),
        (record(event(data=[payment()]), content_type="application/cloudevents+json"), ["data"]),
        ({"headers": 1, "body": {}}, ["headers"]),
        (5, ["the message"]),
        ({"source_reversal_id": CARD}, ["reason", "amount_pence", "reversed_on", "method_of_payment"]),
        (ACCOUNT | {"stop_reason": "\0"}, ["the body"]),
    ],
)
def test_what_would_be_refused_is_a_fault(message: Any, wrong: list[str]) -> None:
    assert fields(True, message) == wrong


@pytest.mark.parametrize(
    ("message", "unwise"),
    [
        (payment(refernce="1"), ["refernce"]),
        (payment(payer={"nmae": "A"}), ["payer.nmae"]),
        (payment(reference=None, basket=[{"fund": "11", "amount_pence": 3500, "cost_center": "A"}]), ["basket.0.cost_center"]),
        (payment(reference=" "), ["reference"]),
        (payment(narrative=f"card {CARD}"), ["narrative"]),
        (payment(payer={"name": CARD, "bank_account": "4111111111111111"}), ["payer.name"]),
        (payment(narrative="a\nb"), ["narrative"]),
        (payment(received_on="2026-03-19"), ["received_on"]),
        (payment(value_on="2026-04-01"), ["value_on"]),
        (payment(received_on="2026-03-17"), ["received_on"]),
        (payment(provider="govuk-pay"), ["provider"]),
        (event(data=payment()), ["data"]),
        (record() | {"key": "P1"}, ["key"]),
        (record(ce_id=""), ["ce_id"]),
        (ACCOUNT | {"schedule": [{"stage": "full", "amount_pence": 1, "x": 1}]}, ["schedule.0.x"]),
    ],
)
def test_what_is_taken_in_but_unwise_is_a_warning(message: Any, unwise: list[str]) -> None:
    assert fields(False, message) == unwise


def test_messages_that_contradict_each_other_are_warned_of() -> None:
    assert fields(False, payment(), payment(), payment(amount_pence=1)) == ["source_payment_id"]
    assert fields(False, payment(), payment(source_payment_id="p1")) == ["source_payment_id"]
    assert fields(False, payment(), payment(source="b"), payment(source_payment_id="P2")) == []
    own = payment(2, council=COUNCIL, source="portal")
    assert fields(False, event(), event(data=own)) == ["id"]


def test_more_than_one_request_takes_is_warned_of() -> None:
    report = check(json.dumps([payment(number) for number in range(10_001)]).encode(), TODAY)
    assert (report.failed, report.warnings) == (0, 1)


def test_a_fault_is_shown_where_it_is() -> None:
    text = json.dumps([payment(), payment(2, payer={"name": "A", "email": 5})], indent=2)
    (fault,) = check(text.encode(), TODAY).findings
    assert text.splitlines()[fault.line - 1][fault.column - 1 :].startswith('"email": 5')
    assert fault.number == 2


@pytest.mark.parametrize(
    ("content", "line", "messages"),
    [
        (b'{"a": 1}\n\n{broken\n{"a": 1}\n', 3, 3),
        (b'[{"a": 1},\n{"a": 1}\n{"a": 1}]', 3, 3),
        (b'[{"a": 1},\n', 2, 2),
        (b'[{"a": 1},\n]', 2, 2),
        (b'[{"a": 1}]\n]', 2, 2),
        (b"[]\n5", 2, 1),
        (b"[\n", 2, 1),
        (b"\n\xff", 2, 0),
        (b"\xef\xbb\xbf{}", 1, 0),
        (b"", 1, 0),
        (b"[" * 100_000, 1, 1),
        (b'{"a":' * 100_000, 1, 1),
        (b'\n"\\ud800"', 2, 1),
    ],
)
def test_a_file_that_breaks_is_told_where(content: bytes, line: int, messages: int) -> None:
    report = check(content, TODAY)
    broken = [each for each in report.findings if each.field in ("the file", "the message")]
    assert ([each.line for each in broken], report.messages, report.failed > 0) == ([line], messages, True)


@given(st.binary(max_size=200) | st.builds(lambda a, b: json.dumps(GOOD).encode()[a:b], st.integers(0, 900), st.integers(900, 2500)))
def test_whatever_is_in_a_file_it_is_judged(content: bytes) -> None:
    assert all(isinstance(each, Finding) and each.line > 0 and each.column > 0 for each in check(content, TODAY).findings)


@given(st.text(alphabet="0123456789", min_size=9, max_size=9))
def test_a_finding_never_quotes_what_was_there(secret: str) -> None:
    strange = payment(amount_pence=secret, payer={"email": [secret]}, narrative={"x": secret}, paid_on=secret, council=secret)
    assert secret not in repr(check(json.dumps(strange).encode(), TODAY).findings)
