"""What people and messages do to one payment at once ends as if it had been done one after the other, whichever came first."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allocation.anytown import PACKS, name, payment, penalty, reversal, running_account
from allocation.doors import Office, empty, group, of, to
from allocation.test_allocation_decisions import heard
from allocation.test_allocation_refunds import failed, sent
from allocation.test_allocation_rejections import answer, rejected
from ims_allocation.handlers import on_acknowledgements
from ims_allocation.store import placements
from ims_kit import Work, begin
from ims_kit.errors import is_accident

TAX, OTHER_TAX, DEBT = "23/770001478", "23/770001559", "19/3000000123"
PENALTY = "11/BJ90012273"
WHERE = """SELECT DISTINCT ON (payment_id) payment_id, amount_pence, reversed_pence, refunded_pence, suspended_pence, refund_due_pence,
    coalesce(reason, '') AS reason, details -> 'placement' -> 'parts' AS parts, details -> 'placement' ->> 'decision_id' AS decision_id
  FROM placement ORDER BY payment_id, revision DESC"""
HOLDS = """SELECT ledger_account, coalesce(account_reference, ''), sum(amount_pence) FROM ledger_line
  GROUP BY 1, 2 HAVING sum(amount_pence) <> 0"""
GOES = """SELECT payment_id, origin, amount_pence, requested_by, approvals_needed, (SELECT array_agg(step || ' ' || given_by || ' '
    || coalesce(amount_pence::text, '') ORDER BY step, given_by) FROM refund_step s WHERE s.refund_id = r.refund_id) FROM refund r"""
SAID = "SELECT d.decision_id, kind, d.decided_by, verdict, given_by FROM decision d LEFT JOIN verdict v USING (council, decision_id)"
OWNED = "SELECT payment_id, amount_pence, reason, owner, area FROM suspense_item"


class Busy(Office):
    """An office with something of everything under way: a decision in force on `lost`, one on `big` that waits for approval, a refund
    of `tax` that is asked for, one that is approved, and what is too much of `fine` due back."""

    decided: str
    proposed: str
    asked: str
    due: str
    going: Any

    async def furnish(self) -> "Busy":
        await self.hear(
            running_account("770001478"), running_account("770001559"), running_account("3000000123", "19"), penalty("BJ90012273"),
            payment(None, 10000, called="lost"), payment(None, 5000, called="stray"), payment(None, 600000, called="big"),
            payment("770001478", 5000, called="tax"), payment("BJ90012273", 5000, date(2026, 3, 10), called="fine"),
        )  # fmt: skip
        self.decided = (await self.decide(group(of("lost"), to((TAX, 10000))), key="decided")).json()["decision_id"]
        self.proposed = (await self.decide(group(of("big"), to((TAX, 600000))), key="proposed")).json()["decision_id"]
        self.asked = (await self.refund(2000, "asked"))["refund_id"]
        self.due = (await self.get("/v1/refunds", payment_id=name("fine")))["refunds"][0]["refund_id"]
        self.going = await self.refund(1000, "going")
        await self.post(f"/v1/refunds/{self.going['refund_id']}/approve", {}, by="Bob")
        return self

    async def refund(self, pence: int, key: str) -> Any:
        body = {"payment_id": str(name("tax")), "revision": 1, "amount_pence": pence, "reason": "paid by mistake"}
        return (await self.post("/v1/refunds", body, key=key)).json()

    async def reject(self, *lines: Any) -> None:
        try:
            async with begin(self.pool) as work:
                await on_acknowledgements([answer(*lines)], work, packs=PACKS)
        except Exception as error:
            if not is_accident(error):
                raise
            await self.reject(*lines)

    async def state(self) -> dict[str, Any]:
        found = {"where": WHERE, "holds": HOLDS, "goes": GOES, "said": SAID, "owned": OWNED}
        return {what: sorted(str(tuple(row)) for row in await self.pool.fetch(query)) for what, query in found.items()}


type Act = Callable[[Busy], Awaitable[Any]]
ACTS: dict[str, Act] = {
    "Ann asks for a refund": lambda o: o.refund(2500, "another"),
    "Bob approves the refund": lambda o: o.post(f"/v1/refunds/{o.asked}/approve", {}, by="Bob"),
    "Cid approves a part of it": lambda o: o.post(f"/v1/refunds/{o.asked}/approve", {"amount_pence": 1500}, by="Cid"),
    "Cid cancels the refund": lambda o: o.post(f"/v1/refunds/{o.asked}/cancel", {"reason": "no"}, by="Cid"),
    "the refund is sent": lambda o: heard(o, sent(o.going)),
    "the refund fails": lambda o: heard(o, failed(o.going)),
    "the payment is charged back": lambda o: heard(o, reversal("tax", 3000)),
    "Bob reallocates the payment": lambda o: o.decide(group(of("tax"), to((DEBT, 5000))), by="Bob", key="reallocated"),
    "Cid gives it back": lambda o: o.decide(group(of("tax"), refund_due_pence=5000), by="Cid", key="given back"),
    "its back office rejects it": lambda o: o.reject(rejected("tax", TAX, 5000)),
    "Ann undoes": lambda o: o.post(f"/v1/decisions/{o.decided}/undo", {"reason": "no"}, key="undo"),
    "Bob undoes": lambda o: o.post(f"/v1/decisions/{o.decided}/undo", {"reason": "no"}, key="undo too", by="Bob"),
    "Bob decides anew": lambda o: o.decide(group(of(("lost", 2), "stray"), to((DEBT, 15000))), by="Bob", key="anew"),
    "Cid puts many to one": lambda o: o.decide(group(of("stray", ("lost", 2)), to((OTHER_TAX, 15000))), by="Cid", key="many"),
    "half of what was decided is charged back": lambda o: heard(o, reversal("lost", 5000)),
    "Bob approves the proposal": lambda o: o.post(f"/v1/decisions/{o.proposed}/approve", {}, by="Bob"),
    "Cid approves the proposal": lambda o: o.post(f"/v1/decisions/{o.proposed}/approve", {}, by="Cid"),
    "Ann withdraws the proposal": lambda o: o.post(f"/v1/decisions/{o.proposed}/undo", {"reason": "no"}, key="withdrawn"),
    "what is proposed of is charged back": lambda o: heard(o, reversal("big", 1)),
    "the penalty is cancelled": lambda o: heard(o, penalty("BJ90012273", revision=2, status="cancelled")),
    "the penalty is paid again": lambda o: heard(o, payment("BJ90012273", 3500, date(2026, 3, 9), called="fine too")),
    "Bob approves what is due back": lambda o: o.post(f"/v1/refunds/{o.due}/approve", {}, by="Bob"),
    "Bob keeps what is too much": lambda o: o.decide(group(of("fine"), to((PENALTY, 3500), (TAX, 1500))), by="Bob", key="kept"),
    "the penalty's payment is charged back": lambda o: heard(o, reversal("fine", 5000)),
    "the penalty is paid later": lambda o: heard(o, payment("BJ90012273", 3500, date(2026, 3, 11), called="fine later")),
    "Ann owns it": lambda o: o.post("/v1/suspense/actions", {"assign": [{"payment_id": str(name("stray")), "owner": "Ann"}]}, key="own"),
}  # fmt: skip
OF_TAX = list(ACTS)[:10]
OF_LOST, OF_BIG, OF_FINE = list(ACTS)[10:15], list(ACTS)[15:19], list(ACTS)[19:25]


async def end(office: Busy, acts: tuple[str, ...], at_once: bool) -> tuple[dict[str, Any], dict[str, int | None]]:
    """What some acts end in, and how each was answered."""
    await empty(office.pool)
    await office.furnish()
    answers = await asyncio.gather(*(ACTS[act](office) for act in acts)) if at_once else [await ACTS[act](office) for act in acts]
    await office.assert_lawful()
    answered = {act: getattr(each, "status_code", None) for act, each in zip(acts, answers, strict=True)}
    return await office.state(), answered


async def assert_as_if_in_order(pool: Any, acts: tuple[str, ...]) -> None:
    office = Busy(pool)
    both, orders = await end(office, acts, at_once=True), []
    for order in permutations(acts):
        orders.append(await end(office, order, at_once=False))
        if orders[-1][0] == both[0]:
            return
    raise AssertionError((both, orders))


@pytest.mark.parametrize(
    "acts",
    [
        ("Bob approves the refund", "Bob reallocates the payment", "the payment is charged back"),
        ("Cid approves a part of it", "Cid gives it back", "the refund is sent"),
        ("the refund fails", "Ann asks for a refund", "the payment is charged back"),
        ("its back office rejects it", "Bob reallocates the payment", "the refund is sent"),
        ("Ann undoes", "Bob undoes"),
        ("Bob decides anew", "Cid puts many to one", "half of what was decided is charged back"),
        ("Bob approves the proposal", "Cid approves the proposal", "Ann withdraws the proposal"),
        ("Bob keeps what is too much", "the penalty is cancelled", "the penalty's payment is charged back"),
        ("Bob approves what is due back", "Bob keeps what is too much", "the penalty is paid again"),
    ],
)
async def test_who_act_at_once_end_as_if_in_some_order(kept_pool: Any, acts: tuple[str, ...]) -> None:
    await assert_as_if_in_order(kept_pool, acts)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.sampled_from([OF_TAX, OF_LOST, OF_BIG, OF_FINE, list(ACTS)]).flatmap(
    lambda known: st.lists(st.sampled_from(known), min_size=2, max_size=3, unique=True)))  # fmt: skip
async def test_whatever_is_done_at_once_ends_as_if_in_some_order(kept_pool: Any, acts: list[str]) -> None:
    await assert_as_if_in_order(kept_pool, tuple(acts))


async def test_without_its_locks_the_service_does_not_hold_this(kept_pool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests can fail: of a penalty's two payments, written by transactions that do not see one another, both are sent back."""
    acts, meet, keep = ("the penalty is paid later", "the penalty's payment is charged back"), asyncio.Barrier(2), placements.keep

    async def lock_nothing(_work: Work, _keys: Any) -> None: ...

    async def keep_with_the_other(*changes: Any) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(meet.wait(), 0.5)
        await keep(*changes)

    with monkeypatch.context() as mutant:
        mutant.setattr(Work, "lock", lock_nothing)
        mutant.setattr(placements, "keep", keep_with_the_other)
        with pytest.raises(AssertionError, match=r"BJ90012273"):
            await assert_as_if_in_order(kept_pool, acts)
    await assert_as_if_in_order(kept_pool, acts)
