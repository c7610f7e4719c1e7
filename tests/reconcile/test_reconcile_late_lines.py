"""A bank line of a closed day is a break until the next closed day has counted it."""

from datetime import date

import httpx

from ims_contracts.reconciliations import BreakClosed, BreakOpened
from reconcile.anytown_bank import ACCOUNT, COUNCIL, DAY, line, member, named, payment, reversal, settlement, statement
from reconcile.reconcile_world import ANNE, BEN, World

NEXT, OTHER = date(2026, 3, 19), "20201599999999"
ELSEWHERE = {"statement_id": named("a correction of the bank's")}
LINES = [line("payout", 4925, "STRIPE po_1SYNTH")]
FACTS = [payment("a", 5000), *settlement("po_1SYNTH", [member("a", 5000, 75)]), statement(LINES), *LINES]


async def closed(client: httpx.AsyncClient, day: date) -> None:
    """Anne prepares the day, and Ben signs it."""
    ready = (await client.post(f"/v1/days/{ACCOUNT}/{day}/prepare", headers=ANNE)).json()
    answer = await client.post(f"/v1/days/{ACCOUNT}/{day}/close", json={"evidence_sha256": ready["evidence_sha256"]}, headers=BEN)
    assert answer.status_code == 200, answer.text


async def test_a_line_of_a_closed_day_is_a_break_until_a_day_is_closed_that_counts_it(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(FACTS)
    await world.settle()
    await closed(client, DAY)
    late = [line("late", 900, "770001020", **ELSEWHERE), line("back", -900, "UNPAID CHEQUE 000101", **ELSEWHERE)]
    returned = reversal("back", 900, method_of_payment="cheque", payment_id=named("a"))
    on_time = line("next", 800, "770001020", booked_on=NEXT, statement_id=named("second"))
    await world.hear([returned, *late, line("other", 700, "770001020", bank_account=OTHER), on_time])
    for _ in range(2):
        await world.settle()
        assert await world.breaks() == [("late-line", -900), ("late-line", 900)]
    told = await world.told(BreakOpened)
    assert {(each.subject_id, each.opened_on) for each in told} == {(named("late"), DAY), (named("back"), DAY)}
    await world.hear([statement([on_time], "second", opening=1_004_925, closed_on=NEXT), *late])
    await world.settle()
    await closed(client, NEXT)
    await world.settle()
    assert await world.breaks() == []
    assert len(await world.told(BreakClosed)) == 2


async def test_a_day_that_opens_without_a_late_line_is_closed_once_that_is_explained(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(FACTS)
    await world.settle()
    await closed(client, DAY)
    late = line("late", 900, "770001020", **ELSEWHERE)
    correction = statement([late], "a correction of the bank's", opening=1_004_925)
    await world.hear([late, correction, statement([], "second", opening=1_004_925, closed_on=NEXT)])
    await world.settle()
    assert await world.breaks() == [("late-line", 900)]
    ready = (await client.post(f"/v1/days/{ACCOUNT}/{NEXT}/prepare", headers=ANNE)).json()
    assert ["late-line" in each for each in ready["objections"]] == [True]
    (broken,) = (await client.get("/v1/breaks", params={"council": COUNCIL})).json()
    await client.post(f"/v1/breaks/{broken['break_id']}/explanation", json={"code": "bank-error"}, headers=ANNE)
    await closed(client, NEXT)


async def test_what_was_counted_is_never_late(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(FACTS)
    await world.settle()
    await closed(client, DAY)
    await world.hear(FACTS * 2)
    await world.settle()
    assert await world.breaks() == []
