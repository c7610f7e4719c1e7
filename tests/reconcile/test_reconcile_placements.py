"""File totals are payments told are payments allocated or suspended; what is not is a break until it is. In any order."""

from datetime import date

import pytest

from ims_contracts import Message
from ims_contracts.payments import PaymentReceived
from ims_reconcile.handlers import Received
from reconcile.anytown_bank import DAY, allocated, file_of, line, named, payment, refund, remittance, reversal, statement, suspended
from reconcile.reconcile_world import World

LATER = statement([], "later", opening=0, closed_on=date(2026, 4, 30), bank_account="20201599999999")
FILE = [*file_of("f", [100, 200]), line("l", 300, "ALLPAY LTD 190326"), LATER]
ONE, TWO = allocated("f:1", 100), allocated("f:2", 200)
WHOLE = [*file_of("g", [100]), line("m", 100, "ALLPAY LTD 190326"), allocated("g:1", 100)]
"""Another file that is placed: allocation is heard."""


def back(of: str, pence: int) -> Message:
    return reversal(f"{of}:back", pence, payment_id=named(of), source="allpay", reason="cheque-returned", statement_line_id=named("l"))


def told_again(name: str, pence: int) -> list[Message]:
    """A payment that was known before its file told of it."""
    first = payment(name, pence, source="allpay", method_of_payment="allpay")
    return [first, PaymentReceived(**first.model_dump() | {"revision": 2, "remittance_id": named("h")})]


CASES: list[tuple[str, list[Message], list[int]]] = [
    ("allocated whole", [*FILE, ONE, TWO], []),
    ("allocated and suspended", [*FILE, ONE, suspended("f:2", 200)], []),
    ("part of a payment suspended, part due back", [*FILE, ONE, allocated("f:2", 150, refund_due_pence=50, suspended_pence=50)], []),
    ("one is not placed", [*FILE, ONE], [200]),
    ("none is, and allocation was heard", [*FILE, *WHOLE], [300]),
    ("none is, and allocation was never heard", FILE, []),
    ("less was placed", [*FILE, ONE, allocated("f:2", 150)], [50]),
    ("more was placed", [*FILE, ONE, allocated("f:2", 250)], [-50]),
    ("less and more", [*FILE, allocated("f:1", 50), allocated("f:2", 250)], [0]),
    ("the higher revision counts", [*FILE, ONE, allocated("f:2", 150), suspended("f:2", 200, 2)], []),
    ("money that went back before its payment was placed", [*FILE, ONE, allocated("f:2", 150), back("f:2", 50)], []),
    ("money that went back whole before its payment was placed", [*FILE, ONE, refund("r", "f:2", 200)], []),
    ("less was placed than is left", [*FILE, ONE, allocated("f:2", 100), back("f:2", 50)], [50]),
    ("another council's", [*FILE, ONE, allocated("f:2", 200, council="E06999999")], [200]),
    ("known before its file, placed when it was known of", [*FILE, ONE, TWO, *told_again("p", 500), allocated("p", 500),
     remittance("h", payment_count=1, payments_pence=500), line("n", 500, "ALLPAY LTD 190326")], []),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "broken"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
async def test_all_of_a_file_has_a_place_or_it_is_a_break(world: World, facts: list[Message], broken: list[int]) -> None:
    for seed in range(4):
        await world.hear_in_any_order(facts, seed)
        assert [pence for kind, pence in await world.breaks() if kind == "remittance-unplaced"] == broken


async def test_the_break_of_a_file_is_closed_when_the_last_of_it_is_placed(world: World) -> None:
    await world.hear([*FILE, ONE])
    await world.settle()
    assert await world.breaks() == [("remittance-unplaced", 200)]
    await world.hear([TWO])
    await world.settle()
    assert await world.breaks() == []


async def test_a_file_has_until_the_next_working_day_to_be_placed(world: World) -> None:
    await world.hear([*FILE[:-1], ONE, statement([], closed_on=DAY)])
    await world.settle()
    assert await world.breaks() == []
    await world.hear([statement([], "next", closed_on=date(2026, 3, 19), bank_account="20201599999999")])
    await world.settle()
    assert ("remittance-unplaced", 200) in await world.breaks()


async def test_what_came_in_no_file_is_not_kept_unless_it_is_placed_before_it_is_told(world: World) -> None:
    card = payment("card", 500, provider="govuk-pay")
    await world.hear([card, allocated("card", 500), *FILE, ONE, allocated("early", 700)])
    rows = await world.pool.fetch("SELECT payment_id FROM placed")
    assert {row[0] for row in rows} == {named("f:1"), named("early")}


@pytest.mark.parametrize("field", Received.model_fields)
def test_what_is_read_of_a_payment_is_what_the_contract_says(field: str) -> None:
    said, read = PaymentReceived.model_fields[field], Received.model_fields[field]
    assert (read.annotation, read.metadata, read.default) == (said.annotation, said.metadata, said.default)
