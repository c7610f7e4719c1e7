"""Every message that was ever told can still be read, and says what it said."""

import json
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from golden import CONTRACTS, example_files, examples
from ims_contracts import MESSAGES, Message
from ims_contracts.allocations import JournalPosted, PaymentAllocated, PaymentSuspended, PaymentUnallocated
from ims_contracts.documents import json_schema
from ims_contracts.payments import PaymentReceived, PaymentSubmitted
from ims_contracts.statements import SettlementMember, SettlementReceived

FILES = [(message, file) for message in MESSAGES.values() for file in example_files(message)]
each_example = pytest.mark.parametrize(("message", "file"), FILES, ids=[file.name for _, file in FILES])
each_message = pytest.mark.parametrize("message", MESSAGES.values(), ids=[message.__name__ for message in MESSAGES.values()])


@each_example
def test_an_example_read_and_told_again_is_the_same(message: type[Message], file: Path) -> None:
    example = message.model_validate_json(file.read_bytes())

    assert example.model_dump(mode="json", exclude_unset=True) == json.loads(file.read_bytes())
    assert message.model_validate_json(example.model_dump_json()) == example


@each_example
def test_what_is_none_need_not_be_told(message: type[Message], file: Path) -> None:
    example = message.model_validate_json(file.read_bytes())

    assert message.model_validate_json(example.model_dump_json(exclude_none=True)) == example


@each_example
def test_an_example_is_what_its_schema_says(message: type[Message], file: Path) -> None:
    Draft202012Validator(json_schema(message), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(json.loads(file.read_bytes()))


@each_example
def test_a_reader_ignores_what_a_later_teller_adds(message: type[Message], file: Path) -> None:
    example = json.loads(file.read_bytes())

    assert message.model_validate(_with_later_fields(example)) == message.model_validate(example)


@each_message
def test_a_message_has_an_example_of_all_its_fields_and_one_of_the_fewest(message: type[Message]) -> None:
    fields = [example.model_fields_set for example in examples(message)]

    assert message.model_fields.keys() in fields
    assert {name for name, field in message.model_fields.items() if field.is_required()} in fields


@each_message
def test_an_example_has_a_key_and_an_identity(message: type[Message]) -> None:
    for example in examples(message):
        assert example.key == f"E07999999/{getattr(example, message.keyed_by)}"
        assert example.event_id == type(example).model_validate_json(example.model_dump_json()).event_id


def test_two_facts_never_share_an_identity_however_their_parts_are_cut() -> None:
    example = examples(PaymentSubmitted)[0]
    one = example.model_copy(update={"source": "a:b", "source_payment_id": "c"})
    other = example.model_copy(update={"source": "a", "source_payment_id": "b:c"})
    assert one.event_id != other.event_id
    assert example.source_payment_id not in example.event_id


def test_every_example_belongs_to_a_message() -> None:
    assert set((CONTRACTS / "examples").rglob("*.json")) == {file for _, file in FILES}


@pytest.mark.parametrize("message", [PaymentAllocated, PaymentSuspended, PaymentUnallocated, JournalPosted])
def test_the_lines_of_an_example_sum_to_nothing(message: type[PaymentAllocated]) -> None:
    for example in examples(message):
        assert sum(line.amount_pence for line in example.lines) == 0


def test_an_allocated_payment_is_its_parts_and_what_is_due_back() -> None:
    for example in examples(PaymentAllocated):
        assert example.amount_pence == sum(part.amount_pence for part in example.parts) + example.refund_due_pence


def test_a_settlement_is_its_gross_less_its_fees_and_so_is_each_member() -> None:
    for example in examples(SettlementReceived):
        rows: list[SettlementReceived | SettlementMember] = [example, *example.members]
        for row in rows:
            assert row.net_pence == row.gross_pence - row.fee_pence


def test_an_instant_of_an_example_is_in_utc() -> None:
    instants = [example.paid_at for example in examples(PaymentReceived) if example.paid_at]

    assert instants
    assert all(instant.utcoffset() == UTC.utcoffset(None) for instant in instants)


def test_the_people_of_the_examples_are_invented() -> None:
    for file in (CONTRACTS / "examples").rglob("*.json"):
        for name, value in _words(json.loads(file.read_bytes())):
            if name == "email":
                assert value.endswith("@example.org"), file
            if name == "phone":
                assert value.startswith("07700900"), f"{file}: not of Ofcom's range for drama"
            if name == "council":
                assert value == "E07999999", f"{file}: no council has this code"


def _with_later_fields(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_later_fields(part) for name, part in value.items()} | {"of_a_later_version": {"x": [1]}}
    return [_with_later_fields(part) for part in value] if isinstance(value, list) else value


def _words(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for part in value:
            yield from _words(part)
    if isinstance(value, dict):
        for name, part in value.items():
            if isinstance(part, str):
                yield name, part
            else:
                yield from _words(part)
