"""A file that does not come on its day is one break, whether ingest misses it or reconcile does, until it comes."""

from datetime import date

import pytest

from ims_contracts import Message
from ims_contracts.reconciliations import BreakClosed, BreakOpened
from ims_contracts.remittances import Fault, RemittanceRefused
from ims_reconcile.domain import REFUSED as REFUSALS
from reconcile.anytown_bank import COUNCIL, DAY, file_of, late, line, member, named, payment, remittance, settlement, statement
from reconcile.reconcile_world import World

MON, TUE, THU, FRI = (date(2026, 3, day) for day in (16, 17, 19, 20))
REFUSED = RemittanceRefused(
    council=COUNCIL, remittance_id=named("r"), source="allpay", content_sha256="0", fault_count=1, faults=[], received_on=DAY
)
CAME = remittance("f", received_on=THU)
PAYOUT = [*settlement("po_1SYNTH", [member("a", 5000)]), payment("a", 5000), line("l", 5000, "STRIPE po_1SYNTH")]


async def end_of(world: World, facts: list[Message], seed: int) -> list[tuple[str, int]]:
    """What is open once all is heard, twice, in some order."""
    await world.hear_in_any_order(facts, seed)
    return await world.breaks()


@pytest.mark.parametrize(
    ("facts", "broken"),
    [
        ([late()], ["file-late"]),
        ([late(), remittance("f", received_on=TUE)], ["file-late"]),
        ([late(), remittance("f", "paypoint", received_on=THU)], ["file-late"]),
        ([late(), REFUSED], ["file-late", "remittance-refused"]),
        ([late(), CAME], []),
        ([late("stripe"), *PAYOUT], []),
        ([late("bank"), statement([], source="bank")], []),
        ([late("bank"), statement([], source="other bank")], ["file-late"]),
    ],
    ids=["none came", "one of before", "another's", "a refused one", "it came", "a settlement", "a statement", "another bank's"],
)
async def test_a_file_that_ingest_missed_is_a_break_until_its_source_sends_one(
    world: World, facts: list[Message], broken: list[str]
) -> None:
    for seed in range(3):
        assert [kind for kind, _ in await end_of(world, facts, seed)] == broken


@pytest.mark.parametrize("due", [TUE, DAY, THU], ids=["on its own day", "the day after", "two days after"])
async def test_a_file_missed_by_both_is_one_break(world: World, due: date) -> None:
    """Of Tuesday nothing came. Here its lateness is found at the bank; ingest's calendar may expect it up to two days later."""
    sources = [source.model_copy(update={"every": "working-day"} if source.name == "allpay" else {}) for source in world.pack.sources]
    world.pack = world.pack.model_copy(update={"sources": tuple(sources)})
    monday = file_of("mon", [100], business_on=MON, received_on=TUE if due > TUE else MON)
    wednesday = file_of("wed", [300], business_on=DAY, received_on=DAY if due > DAY else TUE)
    facts = [*monday, *wednesday, late(on=due), statement([], closed_on=FRI)]
    for seed in range(5):
        assert await end_of(world, facts, seed) == [("file-late", 0)]
        came = file_of("tue", [200], business_on=TUE, received_on=FRI)
        await world.hear(came)
        await world.settle()
        assert await world.breaks() == []
        assert {each.break_id for each in await world.told(BreakClosed)} == {each.break_id for each in await world.told(BreakOpened)}


@pytest.mark.parametrize(
    ("position", "broken"),
    [
        (None, ("remittance-refused", "the file was refused whole: its total is wrong")),
        ("currency", ("currency", "the file was refused whole: it is not in pounds")),
        ("name", ("file-conflict", REFUSALS["name"][2])),
    ],
)
async def test_a_file_that_was_refused_or_held_says_why_and_is_a_break_of_its_own_day(
    world: World, position: str | None, broken: tuple[str, str]
) -> None:
    why = Fault(position=position, what="its total is wrong", what_to_do="ask for it again")
    await world.hear([REFUSED.model_copy(update={"faults": [why]})])
    await world.settle()
    (told,) = await world.told(BreakOpened)
    assert (told.kind, told.explanation, told.opened_on) == (*broken, DAY)
