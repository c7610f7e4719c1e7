"""The model office's scenarios for files, webhooks, payouts and power cuts, as journeys; each number is the scenario's."""

import asyncio
import csv
import io
import json
import os
from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from ims_contracts.payments import PaymentSubmitted
from ims_ingest.domain.identity import payment_id
from ims_local.day.doors import body_of
from ims_local.day.generated import COLUMNS, PAID_ON, SETTLED_ON, Generated, fee_of, pounds
from ims_local.day.quiet import Watch
from ims_local.day.run import events
from ims_local.faults import Fault
from ims_local.laws import check
from ims_local.settings import COUNCIL
from journeys.crash import Accidents
from journeys.office import COUNCIL_TAX, Office, at, day_of

MARCH = date(2026, 3, 2)
HELD = "SELECT count(*) FROM payment WHERE body LIKE '%' || $1 || '%'"


def allpay(rows: list[tuple[str, int, date]], total_pence: int | None = None) -> bytes:
    """What the agents took, as AllPay writes it; its trailer may be made to say another total."""
    lines = [f"{' 335   '}{reference:<16}{pounds(pence):>9}P{day:%d/%m/%Y}" for reference, pence, day in rows]
    said = sum(pence for _, pence, _ in rows) if total_pence is None else total_pence
    lines += ["", f"{'Total Amount Updated onto System:':<34}{pounds(said):>17}"]
    lines += [f"{'Total Transactions updated onto System:':<40}{len(rows):>17}"]
    return "\r\n".join([*lines, ""]).encode()


async def test_21_a_file_whose_trailer_is_wrong_is_held_whole_and_nothing_is_posted(office: Office) -> None:
    one, other = await office.penalty(MARCH), await office.penalty(MARCH)
    rows = [(one, 3500, day_of(MARCH, 3)), (other, 3500, day_of(MARCH, 3))]
    with pytest.raises(Fault, match="refused whole"):
        await office.doors.file("wrong trailer", allpay(rows, total_pence=6900))
    assert [await office.value("ingest", HELD, each) for each in (one, other)] == [0, 0]

    async def broken() -> bool:
        return any(each["kind"] == "remittance-refused" for each in await office.asked("reconcile", "/v1/breaks"))

    await office.until(broken)
    assert (await office.doors.file("put right", allpay(rows)))["payments_pence"] == 7000

    async def both_paid() -> bool:
        return [await office.paid_on(one), await office.paid_on(other)] == [3500, 3500]

    async def mended() -> bool:
        return not await broken()

    await office.until(both_paid)
    await office.until(mended)


async def test_22_the_same_file_sent_twice_has_no_effect_and_the_answer_says_so(office: Office) -> None:
    one, other = await office.penalty(MARCH), await office.penalty(MARCH)
    rows = [(one, 3500, day_of(MARCH, 4)), (other, 3500, day_of(MARCH, 4))]
    assert (await office.doors.file("first", allpay(rows)))["state"] == "received"
    assert (await office.doors.file("again", allpay(rows)))["state"] == "known"
    assert (await office.doors.file("again, in another order", allpay(rows[::-1])))["state"] == "known"
    assert [await office.value("ingest", HELD, each) for each in (one, other)] == [1, 1]
    async with Watch(office.addresses) as watch:
        await watch.until_quiet(60)
    assert [await office.paid_on(one), await office.paid_on(other)] == [3500, 3500]


def pay_events(provider_id: str, reference: str, pence: int) -> tuple[bytes, bytes]:
    """What GOV.UK Pay tells of one payment: that it succeeded, and that it was captured."""
    captured, succeeded = [json.loads(each) for each in events() if b"hu20sqlact5260q2nanm0q8u94" in each][:2]
    for each in (captured, succeeded):
        each["webhook_message_id"] += provider_id
        each["resource_id"] = each["resource"]["payment_id"] = provider_id
        each["resource"] |= {"reference": reference, "amount": pence, "email": f"{provider_id}@example.org"}
    return json.dumps(succeeded).encode(), json.dumps(captured).encode()


async def test_23_webhooks_twice_and_out_of_order_and_before_the_portals_own_word_make_one_payment(office: Office) -> None:
    penalty, provider_id = await office.penalty(date(2026, 3, 10)), "journey23sqlact5260q2nanm0"
    succeeded, captured = pay_events(provider_id, penalty, 3500)
    for event in (captured, succeeded, captured):
        await office.doors.event(event)
    told = PaymentSubmitted(
        council=COUNCIL, source="portal", source_payment_id="BASKET-23", provider="govuk-pay", provider_payment_id=provider_id,
        channel="web", method_of_payment="card-stripe", amount_pence=3500, paid_at=at(date(2026, 3, 16), 11), paid_on=date(2026, 3, 16),
        received_on=date(2026, 3, 16), reference=penalty,
    )  # fmt: skip
    for _ in range(2):
        answer = await office.doors.http.post("/v1/payments", content=body_of(told), headers={"idempotency-key": "BASKET-23"})
        assert (answer.status_code, answer.json()["payment_id"]) == (200, str(payment_id(COUNCIL, told)))
    await office.doors.publish([told])
    await office.doors.event(succeeded)

    paid = payment_id(COUNCIL, told)
    await office.outcome_of(paid, "discount")
    async with Watch(office.addresses) as watch:
        await watch.until_quiet(60)
    assert await office.value("ingest", HELD, penalty) == 1
    assert await office.paid_on(penalty) == 3500
    assert await office.ledger_of(paid) == {"clearing:card-stripe": 3500, "fund:11": -3500}
    assert [each["amount_pence"] for each in await office.told_to_parking(paid)] == [3500]
    assert "£35.00" in await office.receipt_of(paid)


def payout(name: str, provider_ids: list[str], pence: int, dispute_fee_pence: int) -> tuple[bytes, int, int]:
    """Stripe's report of one payout, of payments alike, the first of which was disputed and lost; its fees and net, in pence."""
    fees = [fee_of(pence)] * len(provider_ids) + [dispute_fee_pence]
    members = [("charge", each, pence) for each in provider_ids] + [("dispute", provider_ids[0], -pence)]
    report = io.StringIO()
    rows = csv.writer(report, lineterminator="\n")
    rows.writerow(COLUMNS)
    for number, ((kind, provider_id, gross), fee) in enumerate(zip(members, fees, strict=True)):
        money = [pounds(gross), pounds(fee), pounds(gross - fee)]
        made = [f"{name}_{number}", f"ch_{provider_id}", f"pi_{provider_id}"]
        rows.writerow([name, f"{SETTLED_ON} 00:00:00", f"txn_{name}_{number}", f"{PAID_ON} 12:00:00", f"{SETTLED_ON} 00:00:00", "gbp",
                       *money, kind, *made, "Pay a parking penalty", provider_id])  # fmt: skip
    return report.getvalue().encode(), sum(fees), sum(gross for _, _, gross in members) - sum(fees)


async def test_24_a_payout_net_of_fees_and_a_lost_dispute_is_its_bank_line_and_the_disputed_penalty_owes_again(office: Office) -> None:
    provider_ids = [f"journey24{each}sqlact5260q2nan" for each in "abc"]
    penalties = [await office.penalty(date(2026, 3, 10)) for _ in provider_ids]
    paid = [
        await office.pays_by_card(penalty, 3500, at(PAID_ON), provider_payment_id=provider_id)
        for penalty, provider_id in zip(penalties, provider_ids, strict=True)
    ]
    for each in paid:
        await office.outcome_of(each, "discount")
    report, fees, net = payout("po_journey24", provider_ids, 3500, dispute_fee_pence=2000)
    assert (fees, net) == (2159, 4841)
    await office.doors.file("payout", report)
    await office.doors.file("statement", Generated(0, seed=24).statement([("po_journey24", net)], 0))

    await office.outcome_of(paid[0], "reversed")
    assert await office.ledger_of(paid[0]) == {}
    settled, opened = await office.told_to_parking(paid[0], 2)
    assert (settled["amount_pence"], opened["amount_pence"]) == (3500, -3500)
    assert (opened["outcome"], opened["balance_pence"]) == ("chargeback-lost", 3500)
    assert [await office.paid_on(penalty) for penalty in penalties] == [0, 3500, 3500]
    await is_proved(office, paid, {"gross_pence": 7000, "fee_pence": 2159, "net_pence": 4841})


async def is_proved(office: Office, payments: list[UUID], figures: dict[str, int]) -> None:
    """These payments are all of what the bank has proved, to the penny, in reconcile's books and in the ledger; nothing is broken."""

    async def proved() -> bool:
        return bool((await office.asked("reconcile", "/v1/totals"))["reconciled"]["net_pence"] == figures["net_pence"])

    await office.until(proved)
    assert (await office.asked("reconcile", "/v1/totals"))["reconciled"] == figures | {"count": len(payments) + 1}
    assert [line["amount_pence"] for line in await office.asked("reconcile", "/v1/lines", state="matched")] == [figures["net_pence"]]
    kinds = [each["kind"] for each in await office.asked("reconcile", "/v1/breaks") if each["source"] == "stripe"]
    assert kinds == []
    left = """SELECT sum(amount_pence) - (SELECT sum(gross_pence) FROM reconciled WHERE payment_id = ANY($1))
      FROM expectation WHERE payment_id = ANY($1)"""
    assert await office.value("reconcile", left, payments) == 0

    posted = "SELECT coalesce(sum(amount_pence), 0)::bigint FROM ledger_line WHERE ledger_account LIKE $1"

    async def at_the_bank() -> bool:
        return bool(await office.value("allocation", posted, "bank:%") == figures["net_pence"])

    await office.until(at_the_bank)
    assert await office.value("allocation", posted, "fees:%") == figures["fee_pence"]


LINES = 100_000 if os.environ.get("IMS_LONG") else 6_000
ACCOUNTS = 200


async def kill_in_the_middle(office: Office, watch: Watch, accounts: list[str]) -> None:
    """A power cut for ingest once a part of the file is told, and for allocation once more is: neither is through with it."""
    accidents = Accidents(office.stack, 30, 1)
    ingest, allocation = watch.databases["ingest"], watch.databases["allocation"]
    placed = "SELECT count(DISTINCT payment_id) FROM ledger_line WHERE account_reference = ANY($1)"

    async def lines_told() -> int:
        return 1000 * (await ingest.fetchval("SELECT max(chunks_told) FROM file WHERE state = 'reading'") or 0)

    async def half_is_told() -> bool:
        return await lines_told() >= LINES // 2

    await office.until(lines_told, 120)
    await asyncio.to_thread(accidents.kill, "ingest")
    assert 0 < await lines_told() < LINES, "ingest was killed too late to prove anything"
    await office.until(half_is_told, 120)
    await asyncio.to_thread(accidents.kill, "allocation")
    assert await allocation.fetchval(placed, accounts) < LINES, "allocation was killed too late to prove anything"


async def send_until_taken(office: Office, file: bytes) -> dict[str, Any]:
    """Send a file as an operator does: once more, when the line went dead."""

    async def taken() -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = await office.doors.file("large", file)
        except httpx.TransportError:
            return None
        return answer

    found: dict[str, Any] = await office.until(taken, 600)
    return found


@pytest.mark.timeout(900)
async def test_30_ingest_and_allocation_killed_in_the_middle_of_a_large_file_change_no_total(office: Office) -> None:
    accounts = await office.council_tax_accounts(ACCOUNTS)
    rows = [(accounts[number % ACCOUNTS], 100 + number % 977, day_of(MARCH, 6)) for number in range(LINES)]
    pence = sum(amount for _, amount, _ in rows)
    async with Watch(office.addresses) as watch:
        await watch.until_quiet(60)
        before = await office.asked("allocation", "/v1/balances")
        sending = asyncio.ensure_future(send_until_taken(office, allpay(rows)))
        await kill_in_the_middle(office, watch, accounts)
        assert (await sending)["payments"] == LINES
        await watch.until_quiet(600)
    after = await office.asked("allocation", "/v1/balances")
    whats = ("received", "allocated", "suspended", "reversed", "refund_due")
    gained = {what: after[what]["pence"] - before[what]["pence"] for what in whats}
    assert gained == {"received": pence, "allocated": pence, "suspended": 0, "reversed": 0, "refund_due": 0}
    assert after["received"]["count"] - before["received"]["count"] == LINES
    due: Counter[str] = Counter()
    for reference, amount, _ in rows:
        due[reference] += amount
    assert {each: await office.paid_on(each, COUNCIL_TAX) for each in accounts} == due
    assert (await check(office.addresses))["broken"] == []
