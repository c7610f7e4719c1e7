"""Every kind of money that goes back finds what it undoes, whichever is heard first, and ends in the same matches and breaks."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ims_contracts import Message
from ims_contracts.payments import PaymentDisputed
from ims_reconcile.domain import derived_id
from reconcile.anytown_bank import (
    COUNCIL,
    DAY,
    failed,
    file_of,
    line,
    member,
    named,
    payment,
    refund,
    remittance,
    reversal,
    settlement,
    statement,
)
from reconcile.reconcile_world import World

LATER = statement([], "later", closed_on=date(2026, 4, 30), opening=0, bank_account="20201599999999")
"""A final statement of another account, long after: all windows have passed."""
ON, BACK_ON = date(2026, 3, 16), date(2026, 3, 20)


class Case(NamedTuple):
    """Money that came, how it went back, and what is broken where both are heard, or only its going back."""

    came: list[Message]
    went: list[Message]
    broken: Sequence[tuple[str, int]] = ()
    without: Sequence[tuple[str, int]] = ()


def direct_debits(name: str) -> list[Message]:
    """A collection. Each of other pence: of twins that come one by one, order says which is which."""
    other = 2500 + int(name)
    collected = file_of(f"16031{name}", [4500, other], "bacs-dd", business_on=ON)
    return [*collected, line(f"in {name}", 4500 + other, f"123456 ANYTOWN DD 16031{name}", booked_on=ON)]


def taken_back(name: str, source: str, look: str, reason: str, of: str) -> list[Message]:
    held = remittance(name, source, reversal_count=1, reversals_pence=4500, business_on=BACK_ON)
    of_file = {"source": source, "reason": reason, "remittance_id": held.remittance_id, "reversed_on": BACK_ON}
    back = reversal(f"{name}:1", 4500, payment_id=named(of), **of_file)
    return [held, back, line(f"out {name}", -4500, look, booked_on=BACK_ON)]


def payout(name: str, *members: Any, **changes: Any) -> list[Message]:
    whole = settlement(name, list(members), **changes)
    return [*whole, line(f"of {name}", whole[0].net_pence, f"STRIPE ANYTOWN {name}")]


def disputed(state: str) -> PaymentDisputed:
    return PaymentDisputed(council=COUNCIL, payment_id=named("a"), dispute_id="dp_1", state=state, amount_pence=5000, disputed_on=DAY)


CARD = [payment("a", 5000, provider="govuk-pay"), *payout("po_1SYNTH", member("a", 5000, 75))]
OTHER = payment("b", 9000, provider="govuk-pay")
LOST = member("d", -5000, 1500, "dispute", "a")
CHARGE_BACK = reversal("d", 5000, source="stripe", reason="chargeback-lost", method_of_payment="card-stripe", payment_id=named("a"))
CREDIT = line("credit", 900, "770001020")
OF_CREDIT = derived_id("bank", named("credit"))
"""The payment that is made of the line."""

CASES: dict[str, Case] = {
    "a Direct Debit that the payer's bank returned": Case(
        direct_debits("8"), taken_back("arudd", "bacs-arudd", "UNPAID DD", "direct-debit-returned", "160318:1"),
        without=[("reversal-without-payment", -4500)]),
    "an indemnity claim": Case(
        direct_debits("7"), taken_back("ddica", "bacs-ddica", "DDIC 123456", "direct-debit-indemnity", "160317:1"),
        without=[("reversal-without-payment", -4500)]),
    "a cheque that bounced": Case(
        [*file_of("500123", [900, 100], "ereturn", business_on=ON), line("bag", 1000, "CASH 500123")],
        [reversal("c", 900, source="bank", method_of_payment="cheque", reason="cheque-returned", payment_id=named("500123:1")),
         line("cheque out", -900, "UNPAID CHEQUE 000101", booked_on=BACK_ON)],
        without=[("reversal-without-payment", -900)]),
    "a cheque that bounced, of which nobody told": Case(
        [*file_of("500123", [900, 100], "ereturn", business_on=ON), line("bag", 1000, "CASH 500123")],
        [line("cheque out", -900, "UNPAID CHEQUE 000101", booked_on=BACK_ON)],
        broken=[("bank-line-unexplained", -900)], without=[("bank-line-unexplained", -900)]),
    "a dispute that is open": Case(CARD, [disputed("open"), disputed("under-review")]),
    "a dispute that is lost": Case(
        CARD, [disputed("open"), disputed("lost"), CHARGE_BACK, OTHER, *payout("po_2SYNTH", member("b", 9000), LOST)],
        without=[("reversal-without-payment", -5000)]),
    "a dispute that only the settlement knows is lost": Case(
        CARD, [OTHER, *payout("po_2SYNTH", member("b", 9000), LOST)],
        broken=[("settlement-without-refund", -5000)], without=[("settlement-without-refund", -5000)]),
    "a dispute that took the money and gave it back": Case(
        CARD, [disputed("open"), disputed("won"), OTHER, *payout("po_2SYNTH", member("b", 9000), LOST),
               *payout("po_3SYNTH", member("w", 5000, 0, "dispute-reversal", "a"))]),
    "a dispute that was lost, and won after all": Case(
        CARD, [CHARGE_BACK, OTHER, *payout("po_2SYNTH", member("b", 9000), LOST),
               *payout("po_3SYNTH", member("w", 5000, 0, "dispute-reversal", "a"))],
        broken=[("dispute-won", 5000)], without=[("dispute-won", 5000), ("reversal-without-payment", -5000)]),
    "a bank transfer that was recalled": Case(
        [CREDIT], [reversal("r", 900, source="bank", reason="recalled", payment_id=OF_CREDIT, method_of_payment="bank-transfer"),
                   line("transfer out", -900, "FPS RECALL 770001020", booked_on=BACK_ON)],
        without=[("reversal-without-payment", -900)]),
    "a refund that is seen at the bank": Case(
        [CREDIT], [refund("r", "credit", 400, source="portal", payment_id=OF_CREDIT, method_of_payment="bank-transfer", sent_on=BACK_ON),
                   line("transfer out", -400, "REFUND 770001020", booked_on=BACK_ON)],
        without=[("reversal-without-payment", -400)]),
    "a card's refund that an officer sent by transfer": Case(
        CARD, [refund("FP26032001", "a", 700, source="by-hand", method_of_payment="bacs", sent_on=BACK_ON),
               line("card out", -700, "REFUND FP26032001 MRS EXAMPLE", booked_on=BACK_ON)],
        without=[("reversal-without-payment", -700)]),
    "a refund by cheque, paid in after two months": Case(
        [CREDIT], [refund("000123", "credit", 700, payment_id=OF_CREDIT, source="by-hand", method_of_payment="cheque", sent_on=BACK_ON),
               line("hand out", -700, "CHQ 000123", booked_on=date(2026, 5, 22))],
        without=[("reversal-without-payment", -700)]),
    "a refund at the bank that nobody told of": Case(
        [CREDIT], [line("transfer out", -400, "REFUND 770001020", booked_on=BACK_ON)],
        broken=[("bank-line-unexplained", -400)], without=[("bank-line-unexplained", -400)]),
    "a payout that failed": Case(
        CARD, [failed("po_1SYNTH", 4925), line("payout out", -4925, "STRIPE RETURN", booked_on=BACK_ON)],
        broken=[("payout-failed", -4925)], without=[("payout-failed", -4925)]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_what_goes_back_finds_what_it_undoes_whichever_is_first(world: World, case: Case) -> None:
    await world.hear([*case.went, LATER])
    await world.settle()
    assert await world.breaks() == list(case.without)
    await world.hear(case.came)
    await world.settle()
    assert await world.breaks() == list(case.broken)
    backwards = await world.state()
    await world.clear()
    for facts in (case.came, case.went, [LATER]):
        await world.hear(facts)
        await world.settle()
    assert await world.breaks() == list(case.broken)
    assert await world.state() == backwards
    assert await world.broken_laws() == []


def kind_of(name: str) -> str:
    """Cases of one kind are of the same money, so they are not told together."""
    kinds = {"card": "card", "dispute": "card", "payout": "card", "refund": "transfer", "transfer": "transfer", "cheque": "cheque"}
    return next((kind for word, kind in kinds.items() if word in name), name)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_the_same_facts_in_any_order_with_repeats_open_and_close_the_same_breaks(world: World, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(list(CASES)), min_size=1, max_size=3, unique_by=kind_of))
    broken = sorted(each for name in names for each in CASES[name].broken)
    facts = [*(fact for name in names for fact in (*CASES[name].came, *CASES[name].went)), LATER]
    heard = data.draw(st.permutations([*facts, *data.draw(st.lists(st.sampled_from(facts), max_size=5))]))
    looks = data.draw(st.sets(st.integers(0, len(heard))))
    await world.clear()
    for number, fact in enumerate(heard):
        await world.hear([fact])
        if number in looks:  # it may look at what is open at any moment
            await world.settle()
    await world.settle()
    end = await world.state()
    assert await world.breaks() == broken
    await world.clear()
    await world.hear(facts)
    await world.settle()
    assert await world.state() == end
    assert await world.broken_laws() == []


async def test_a_dispute_is_at_risk_while_it_is_open_in_any_order(world: World, client: httpx.AsyncClient) -> None:
    for states, shown in ((["open"], 1), (["under-review", "open"], 1), (["won", "open"], 0), (["under-review", "lost", "open"], 0)):
        await world.clear()
        for state in [*states, *states]:
            await world.hear([disputed(state)])
        await world.hear([*CARD])
        found = (await client.get("/v1/at-risk", params={"council": COUNCIL})).json()
        assert (found["count"], found["pence"]) == (shown, 5000 * shown)
        for row in found["disputes"]:
            assert (row["payment_id"], row["state"], row["source"]) == (str(named("a")), states[0], "govuk-pay")
