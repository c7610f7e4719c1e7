"""A file that was refused, held or contradicted is a break until what puts it right is heard, in any order and with repeats."""

from datetime import date, timedelta
from typing import Any

import pytest

from ims_contracts import Message
from ims_contracts.reconciliations import BreakClosed
from ims_contracts.remittances import Fault, RemittanceDecided, RemittanceRefused, RemittanceReversed
from ims_kit import begin
from ims_kit.telling import Cause
from ims_reconcile.handlers import on_remittances
from reconcile.anytown_bank import ACCOUNT, COUNCIL, DAY, file_of, line, member, named, payment, remittance, settlement, statement
from reconcile.reconcile_world import World

EVE = date(2026, 3, 17)
TOTALS, NAME = (Fault(position=where, what="it is wrong", what_to_do="ask for it again") for where in ("trailer", "name"))
TAKEN_BACK = RemittanceReversed(
    council=COUNCIL, remittance_id=named("g"), payment_count=0, payments_pence=0, reversed_on=DAY, reason="wrong file"
)


def refused(why: Fault = TOTALS, **said: Any) -> RemittanceRefused:
    """A file of which nothing is counted; unless told, neither its name nor its day could be read."""
    fields: dict[str, Any] = {"source": "allpay", "content_sha256": "0" * 64, "fault_count": 1, "received_on": DAY}
    return RemittanceRefused(council=COUNCIL, remittance_id=named("refused"), faults=[why], **fields | said)


def decided(verdict: str = "rejected") -> RemittanceDecided:
    return RemittanceDecided(council=COUNCIL, remittance_id=named("refused"), verdict=verdict, decided_on=DAY)


GOOD = [*file_of("f", [100, 200]), line("l", 300, "ALLPAY LTD 190326")]
PAYOUT = [*settlement("po_1SYNTH", [member("a", 5000)]), payment("a", 5000), line("m", 5000, "STRIPE ANYTOWN po_1SYNTH")]
CASES: list[tuple[str, list[Message], list[str]]] = [
    ("nothing came", [refused(source_reference="f", business_on=EVE)], ["remittance-refused"]),
    ("it came again, whole", [refused(source_reference="f", business_on=EVE), *GOOD], []),
    ("it came the day before", [refused(source_reference="f", received_on=DAY + timedelta(1)), *GOOD], []),
    ("another came of its day", [refused(source_reference="g", business_on=EVE), *GOOD], ["remittance-refused"]),
    ("one came of its day, and it had no name", [refused(business_on=EVE), *GOOD], []),
    ("one came of another day", [refused(business_on=DAY), *GOOD], ["remittance-refused"]),
    ("another source's came", [refused(source="paypoint", source_reference="f"), *GOOD], ["remittance-refused"]),
    ("its number began again", [refused(source_reference="f", received_on=DAY - timedelta(32)), *GOOD], ["remittance-refused"]),
    ("nothing of it could be read", [refused(), *GOOD], ["remittance-refused"]),
    ("it was rejected", [refused(), *GOOD, decided()], []),
    ("only another was refused, too", [refused(source_reference="f"), refused(source_reference="f").model_copy(
        update={"remittance_id": named("again")})], ["remittance-refused", "remittance-refused"]),
    ("a payout came", [refused(source="stripe", source_reference="po_1SYNTH"), *PAYOUT], []),
    ("a statement came", [refused(source="bank", source_reference=f"{ACCOUNT} {DAY}"), statement([], source="bank")], []),
    ("another account's statement came", [refused(source="bank", source_reference=f"{ACCOUNT} {DAY}"),
        statement([], source="bank", bank_account="20201599999999")], ["remittance-refused"]),
    ("held, and its name is another's", [refused(NAME, source_reference="f", business_on=EVE), *GOOD], ["file-conflict"]),
    ("held, and accepted", [refused(NAME, source_reference="f"), *GOOD, decided("accepted")], []),
    ("held, and rejected", [refused(NAME, source_reference="f"), *GOOD, decided()], []),
    ("two of a name", [*GOOD[:3], *file_of("g", [400], source_reference="f")], ["file-conflict", "file-conflict"]),
    ("two of a name, of which one is empty", [*GOOD[:3], remittance("g", source_reference="f")], ["file-conflict"]),
    ("two of a name, and one was taken back", [*GOOD, remittance("g", source_reference="f"), TAKEN_BACK], []),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "broken"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
async def test_what_ends_a_files_break_ends_it_in_any_order(world: World, facts: list[Message], broken: list[str]) -> None:
    for seed in range(3):
        await world.hear_in_any_order(facts, seed)
        assert [kind for kind, _ in await world.breaks()] == broken
        assert await world.broken_laws() == []


@pytest.mark.parametrize(
    ("facts", "end", "reason"),
    [
        ([refused(source_reference="f")], remittance("f"), "a good file of the same name or day came"),
        ([refused(NAME)], decided("accepted"), "a person took the file in as it is"),
        ([refused()], decided(), "a person rejected the file: nothing of it is ever counted"),
        (
            [*file_of("f", [100, 200]), remittance("g", source_reference="f")],
            TAKEN_BACK,
            "the file that said otherwise was taken back",
        ),
    ],
    ids=["a good file", "accepted", "rejected", "taken back"],
)
async def test_the_break_closes_with_what_ended_it_as_its_cause(world: World, facts: list[Message], end: Any, reason: str) -> None:
    await world.hear(facts)
    await world.settle()
    async with begin(world.pool) as work:
        work.causes = {id(end): lambda: Cause("the-end", "a-story", f"00-{'1' * 32}-{'2' * 16}-01")}
        await on_remittances([end], work)
    await world.settle()
    assert await world.breaks() == []
    assert {each.reason for each in await world.told(BreakClosed)} == {reason}
    assert await world.pool.fetchval("SELECT array_agg(DISTINCT closed_because) FROM break") == [reason]
    causes = await world.pool.fetch(
        "SELECT DISTINCT headers::jsonb ->> 'ce_causationid' FROM told WHERE headers::jsonb ->> 'ce_type' LIKE '%break-closed%'"
    )
    assert [tuple(each) for each in causes] == [("the-end",)]
