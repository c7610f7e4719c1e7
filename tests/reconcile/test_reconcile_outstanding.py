"""What is left of each payment is found quickly, from sums and what came since: the same as from everything that was ever heard."""

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ims_contracts import Message
from ims_contracts.statements import SettlementMember
from ims_kit import begin
from ims_reconcile.store import clearing, outstanding, reports
from reconcile.anytown_bank import COUNCIL, file_of, line, member, named, payment, refund, reversal, settlement
from reconcile.reconcile_world import ANNE, World

OTHER_COUNCIL = "E07000001"
ON = date(2026, 3, 16)
CARD = {"method_of_payment": "card-smartpay"}


def row(name: str, pence: int, kind: str = "charge", **changes: Any) -> SettlementMember:
    """A row that names no payment."""
    return member(name, pence, 0, kind, **{"payment_id": None, "occurred_on": ON} | changes)


TYPED = {"merchant_reference": "770001630", "reference": "770001630", "provider_reference": "PSP1"}
RETURNED = reversal("arudd:1", 100, payment_id=named("f:1"))
FACTS: dict[str, list[Message]] = {
    "a payment": [payment("a", 5000)],
    "the same, corrected": [payment("a", 5000, revision=2, source="portal", paid_on=date(2026, 3, 14))],
    "another council's of the same id": [payment("a", 5000, council=OTHER_COUNCIL)],
    "its refund": [refund("a:1", "a", 900)],
    "its payout": [*settlement("po_1SYNTH", [member("a", 5000, 75), member("r", -900, 0, "refund", "a"), member("untold", 700)])],
    "the payout at the bank": [line("p", 4725, "STRIPE po_1SYNTH")],
    "a payment known by what was typed": [payment("t", 6000, provider="govuk-pay", reference="770001630", **CARD)],
    "its payout, that names nobody": [
        *settlement("TX77XT", [row("c", 6000, **TYPED), row("d", -250, "refund", **TYPED)], source="adyen", **CARD)],
    "that payout at the bank": [line("q", 5750, "adyen TX77XT")],
    "a file": file_of("f", [100, 200]),
    "the file at the bank": [line("l", 300, "ALLPAY LTD")],
    "one of it, returned": [RETURNED],
    "a return of nobody's": [reversal("alone", 4500)],
    "what only the bank knows": [line("b", 77, "SOMEBODY")],
}  # fmt: skip
"""Each goes to one topic, and may be heard at any time, or twice."""
ACTS = ("look", "sweep", "un-match")


async def sweep(world: World) -> None:
    async with begin(world.pool) as work:
        await outstanding.sweep(work.connection, 0)


async def un_match(world: World, client: httpx.AsyncClient) -> None:
    """Whatever match is in force, by the smallest id."""
    found = await world.pool.fetchval("""SELECT min(match_id::text)::uuid FROM match m WHERE undoes IS NULL AND why <> 'bank-line'
      AND NOT EXISTS (SELECT FROM match u WHERE u.undoes = m.match_id)""")
    if found:
        await client.post(f"/v1/matches/{found}/un-match", json={"reason": "wrong one"}, headers=ANNE)


async def do(world: World, client: httpx.AsyncClient, act: str) -> None:
    match act:
        case "look":
            await world.settle()
        case "sweep":
            await sweep(world)
        case "un-match":
            await un_match(world, client)
        case _:
            await world.hear(FACTS[act])


async def left_of_all(pool: Any) -> dict[UUID, int]:
    """Of each payment of Anytown what was told less what was proved: by hand."""
    left: Counter[UUID] = Counter()
    for each in await pool.fetch("SELECT * FROM expectation WHERE council = $1", COUNCIL):
        left[each["payment_id"] or each["subject_id"]] += each["amount_pence"]
    of_row = {each["member_id"]: each["payment_id"] for each in await pool.fetch("SELECT member_id, payment_id FROM member")}
    for each in await pool.fetch("SELECT * FROM reconciled WHERE council = $1", COUNCIL):
        left[each["payment_id"] or of_row.get(each["subject_id"]) or each["subject_id"]] -= each["gross_pence"]
    return {id_: pence for id_, pence in left.items() if pence}


async def assert_quick_is_slow(world: World) -> None:
    every = clearing.Wanted(COUNCIL, "clearing", None, date.min, date.max)
    async with world.pool.acquire() as connection:
        items = await clearing.items(connection, every, None, 1000)
    assert {each["id"]: each["pence"] for each in items} == await left_of_all(world.pool)
    assert len(items) == len({each["id"] for each in items})
    told = await world.pool.fetch("SELECT sum(gross_pence)::bigint FROM reconciled WHERE council = $1", COUNCIL)
    assert (await reports.totals(world.pool, COUNCIL))["reconciled"]["gross_pence"] == (told[0][0] or 0)
    assert await world.broken_laws() == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from([*FACTS, *ACTS * 3]), min_size=4, max_size=25))
async def test_whatever_is_heard_matched_and_swept_nothing_else_is_left(world: World, client: httpx.AsyncClient, acts: list[str]) -> None:
    await world.clear()
    for act in acts:
        await do(world, client, act)
        await assert_quick_is_slow(world)


async def test_what_is_even_is_not_kept(world: World, client: httpx.AsyncClient) -> None:
    for act in FACTS:
        await world.hear(FACTS[act])
        await sweep(world)
    await world.settle()
    await sweep(world)
    kept = await world.pool.fetch("SELECT id, pence FROM outstanding WHERE council = $1", COUNCIL)
    assert {each["id"]: each["pence"] for each in kept} == await left_of_all(world.pool)
    assert {each["id"] for each in kept} == {named("untold"), named("t"), named("f:1"), named("alone")}
    assert await world.pool.fetchval("SELECT count(*) FROM unswept") == 0
    await assert_quick_is_slow(world)


async def test_a_row_that_is_tied_after_it_was_swept_is_its_payments(world: World) -> None:
    for act in ("its payout, that names nobody", "that payout at the bank"):
        await world.hear(FACTS[act])
    await world.settle()
    await sweep(world)
    await world.hear(FACTS["a payment known by what was typed"])
    await sweep(world)
    await world.settle()
    await sweep(world)
    await assert_quick_is_slow(world)
    kept = {each["id"]: each["pence"] for each in await world.pool.fetch("SELECT * FROM outstanding")}
    assert kept == {named("t"): 250}


async def test_a_sweep_leaves_what_is_not_committed(world: World) -> None:
    async with begin(world.pool) as slow:
        await world.hear_in(slow, FACTS["a payment"])
        await world.hear(FACTS["a file"])
        await sweep(world)
    await assert_quick_is_slow(world)
    await sweep(world)
    await assert_quick_is_slow(world)
    assert await world.pool.fetchval("SELECT count(*) FROM outstanding") == 3


async def test_little_waits_for_more(world: World) -> None:
    await world.hear(FACTS["a payment"])
    await world.settle()
    assert await world.pool.fetchval("SELECT count(*) FROM outstanding") == 0
    assert await world.pool.fetchval("SELECT count(*) FROM unswept") > 0


SWEEP = outstanding.SWEEP


@pytest.mark.parametrize(
    ("name", "mutant"),
    [
        ("SWEEP", SWEEP.replace("DELETE FROM unswept RETURNING lot", "SELECT lot FROM unswept")),
        ("SWEEP", SWEEP.replace("-gross_pence", "gross_pence")),
        ("SWEEP", "DELETE FROM unswept"),
        ("TIED", "SELECT $1::uuid[]"),
    ],
    ids=["sums twice", "adds what was proved", "sums nothing", "does not follow ties"],
)
async def test_a_wrong_sweep_is_found(world: World, monkeypatch: pytest.MonkeyPatch, name: str, mutant: str) -> None:
    monkeypatch.setattr(outstanding, name, mutant)
    for act in ("a file", "the file at the bank", "its payout, that names nobody", "that payout at the bank"):
        await world.hear(FACTS[act])
    await world.settle()
    await sweep(world)
    await world.hear(FACTS["a payment known by what was typed"])
    await world.settle()
    with pytest.raises(AssertionError):
        await assert_quick_is_slow(world)
