"""The model office's scenarios, as journeys through the whole running system; each number is the scenario's."""

import asyncio
import os
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from ims_contracts.accounts import Stage
from ims_local.day.generated import Generated, pounds
from ims_local.day.run import events
from ims_local.faults import Fault
from ims_local.laws import check
from journeys.crash import Accidents, value
from journeys.office import Office, step_of

MARCH = date(2026, 3, 2)


def on(day: date, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def day_of(served: date, number: int) -> date:
    """The number-th day of a period that begins with the day of service."""
    return served + timedelta(days=number - 1)


CERTIFICATE = Stage(stage="charge-certificate", amount_pence=10500, from_on=date(2026, 4, 20))
REGISTERED = Stage(stage="registered", amount_pence=11500, from_on=date(2026, 5, 20))


async def test_01_the_discount_holds_until_the_last_minute_of_day_fourteen(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    paid = await office.pays(penalty, 3500, on(day_of(MARCH, 14), 23, 59))
    story = await office.outcome(paid, "discount")
    assert step_of(story)["balance_pence"] == 0
    (told,) = await office.told_to_parking(paid)
    assert (told["outcome"], told["amount_pence"]) == ("discount", 3500)


async def test_02_half_past_midnight_in_summer_time_is_day_fifteen_though_it_is_still_day_fourteen_in_utc(office: Office) -> None:
    served = date(2026, 4, 1)
    penalty = await office.penalty(served)
    paid = await office.pays(penalty, 3500, on(day_of(served, 14), 23, 30))  # 00:30 British Summer Time on day 15
    assert step_of(await office.outcome(paid, "late-discount"))["balance_pence"] == 3500


async def test_03_a_camera_penalty_has_its_discount_for_twenty_one_days(office: Office) -> None:
    penalty = await office.penalty(MARCH, days=21)
    await office.outcome(await office.pays(penalty, 3500, on(day_of(MARCH, 21))), "discount")


async def test_04_the_discount_amount_on_day_twenty_pays_part(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    story = await office.outcome(await office.pays(penalty, 3500, on(day_of(MARCH, 20))), "late-discount")
    assert step_of(story)["balance_pence"] == 3500


async def test_05_the_full_amount_after_the_notice_to_owner_closes_it(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    assert step_of(await office.outcome(await office.pays(penalty, 7000, on(day_of(MARCH, 40))), "full"))["balance_pence"] == 0


async def test_06_the_old_amount_after_the_charge_certificate_pays_part(office: Office) -> None:
    penalty = await office.penalty(MARCH, later=[CERTIFICATE])
    assert step_of(await office.outcome(await office.pays(penalty, 7000, on(date(2026, 4, 25))), "part"))["balance_pence"] == 3500


async def test_07_the_registered_amount_with_the_court_fee_closes_it(office: Office) -> None:
    penalty = await office.penalty(MARCH, later=[CERTIFICATE, REGISTERED])
    assert step_of(await office.outcome(await office.pays(penalty, 11500, on(date(2026, 5, 25))), "full"))["balance_pence"] == 0


async def test_08_a_penalty_paid_twice_within_three_minutes_is_paid_once_and_the_other_is_due_back(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    first = await office.pays(penalty, 3500, on(day_of(MARCH, 5), 14, 19))
    second = await office.pays(penalty, 3500, on(day_of(MARCH, 5), 14, 22))
    await office.outcome(first, "discount")
    assert step_of(await office.outcome(second, "duplicate"))["refund_due_pence"] == 3500


@pytest.mark.parametrize(("number", "write"), [
    (14, lambda reference: reference.lower()[:6] + " " + reference[6:]),
    (15, lambda reference: reference[:2] + reference[2:].replace("0", "O").replace("1", "I")),
])  # fmt: skip
async def test_14_and_15_a_transfer_finds_its_penalty_however_the_payer_typed_it(office: Office, number: int, write) -> None:
    penalty = await office.penalty(MARCH)
    paid = await office.bank_credit(write(penalty), 3500, day_of(MARCH, 10))
    await office.outcome(paid, "discount")


async def test_17_one_transfer_for_two_penalties_is_shared_when_it_is_what_both_owe(office: Office) -> None:
    one, other = await office.penalty(MARCH), await office.penalty(MARCH)
    paid = await office.bank_credit(f"{one} {other}", 7000, day_of(MARCH, 10))
    story = await office.until(lambda: shared(office, paid))
    assert {part["account_reference"]: part["amount_pence"] for part in step_of(story)["parts"]} == {one: 3500, other: 3500}


async def shared(office: Office, paid):
    story = await office.story(paid)
    return story if story and len(step_of(story)["parts"]) == 2 else None


async def test_19_a_penalty_paid_to_another_department_is_held_with_the_right_account_suggested(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    paid = await office.pays(penalty, 3500, on(day_of(MARCH, 3)), fund="19")
    await office.outcome(paid, "wrong-fund")
    waiting = await office.asked("allocation", "/v1/suspense", count_max=500)
    (item,) = [each for each in waiting if each["payment_id"] == str(paid)]
    assert item["suggestions"][0]["account_reference"] == penalty


async def test_20_a_penalty_paid_before_it_is_known_is_settled_when_it_comes(office: Office) -> None:
    penalty = office.new_reference()
    paid = await office.pays(penalty, 3500, on(day_of(MARCH, 2)))
    await office.outcome(paid, "account-awaited")
    await office.penalty(MARCH, reference=penalty)
    await office.outcome(paid, "discount")


def allpay(rows: list[tuple[str, int, date]], total: int | None = None) -> bytes:
    lines = [f"{' 335   '}{reference:<16}{pounds(pence):>9}P{day:%d/%m/%Y}" for reference, pence, day in rows]
    said = total if total is not None else sum(pence for _, pence, _ in rows)
    lines += ["", f"{'Total Amount Updated onto System:':<34}{pounds(said):>17}"]
    lines += [f"{'Total Transactions updated onto System:':<40}{len(rows):>17}"]
    return "\r\n".join([*lines, ""]).encode()


async def test_21_a_file_whose_trailer_is_wrong_is_held_whole_and_nothing_is_posted(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    before = await office.asked("allocation", "/v1/balances")
    with pytest.raises(Fault, match="refused whole"):
        await office.doors.file("wrong trailer", allpay([(penalty, 3500, day_of(MARCH, 3))], total=3400))
    assert (await office.asked("allocation", "/v1/balances"))["received"] == before["received"]


async def test_22_the_same_file_sent_twice_has_no_effect_and_the_answer_says_so(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    file = allpay([(penalty, 3500, day_of(MARCH, 4))])
    await office.doors.file("first", file)
    assert (await office.doors.file("again", file))["state"] == "known"
    kept = await value(office.stack, "ingest", f"SELECT count(*) FROM payment WHERE body LIKE '%{penalty}%'")
    assert kept == 1


async def test_23_webhooks_twice_and_out_of_order_and_before_the_portals_own_word_make_one_payment(office: Office) -> None:
    told = [event for event in events() if b"hu20sqlact5260q2nanm0q8u94" in event]
    assert len(told) > 1
    for event in [*reversed(told), *told]:
        await office.doors.event(event)
    again = await office.pays("770001559", 8000, on(date(2026, 3, 16), 11), provider_payment_id="hu20sqlact5260q2nanm0q8u94")

    async def heard():
        return await office.story(again)

    story = await office.until(heard)
    assert story["amount_pence"] == 8000
    assert await value(office.stack, "ingest", f"SELECT count(*) FROM payment WHERE payment_id = '{again}'") == 1


async def test_24_a_payout_net_of_fees_and_a_lost_dispute_is_its_bank_line_to_the_penny(office: Office) -> None:
    generated = Generated(4, seed=2400)
    await office.doors.publish(list(generated.payments()))
    (name, report, net), = generated.settlements()
    dispute = report.decode().splitlines()[1].split(",")
    amount = generated.payment(0).amount_pence
    dispute[2], dispute[9], dispute[10] = "txn_dispute", "dispute", "du_1"
    dispute[6:9] = [pounds(-amount), "20.00", pounds(-amount - 2000)]
    net -= amount + 2000
    if net < 0:
        pytest.fail("the invented payments must be worth more than the dispute")
    await office.doors.file(name, report + ",".join(dispute).encode() + b"\n")
    await office.doors.file("statement", generated.statement([(name, net)], 0))

    async def proved():
        lines = await office.asked("reconcile", "/v1/lines", state="matched", most=5000)
        return any(line["amount_pence"] == net for line in lines)

    await office.until(proved)


async def test_25_a_payment_after_the_warrant_is_taken_and_marked_for_the_agent(office: Office) -> None:
    penalty = await office.penalty(MARCH, later=[CERTIFICATE, REGISTERED], status="with-agent", is_stopped=True)
    paid = await office.pays(penalty, 11500, on(date(2026, 6, 10)))
    await office.outcome(paid, "with-agent")
    (told,) = await office.told_to_parking(paid)
    assert told["outcome"] == "with-agent"


async def test_27_a_cheque_that_bounces_opens_the_penalty_again_and_parking_hears_of_it(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    how = {"provider": None, "provider_payment_id": None, "channel": "cheque", "method_of_payment": "cheque", "paid_at": None}
    day = day_of(MARCH, 30)
    paid = await office.pays(penalty, 7000, on(day), source_payment_id="CHEQUE-27", value_on=day, **how)
    await office.outcome(paid, "full")
    await office.cheque_bounces(None, "CHEQUE-27", 7000, day + timedelta(days=3))
    await office.outcome(paid, "reversed")

    async def both():
        told = await office.told_to_parking(paid)
        return told if len(told) > 1 else None

    told = await office.until(both)
    assert [each["amount_pence"] for each in told] == [7000, -7000]


LINES = 100_000 if os.environ.get("IMS_LONG") else 5_000


@pytest.mark.timeout(900)
async def test_30_services_killed_in_the_middle_of_a_large_file_change_no_total(office: Office) -> None:
    rows = [(f"LONG{number:08d}", 100 + number % 900, day_of(MARCH, 6)) for number in range(LINES)]
    file, pence = allpay(rows), sum(pence for _, pence, _ in rows)
    before = await office.asked("allocation", "/v1/balances")
    accidents = Accidents(office.stack, 30, 1)
    sending = asyncio.ensure_future(office.doors.file("large", file))
    for name in ("ingest", "allocation"):
        await asyncio.sleep(0.7)
        await asyncio.to_thread(accidents.kill, name)
    try:
        await sending
    except (httpx.HTTPError, Fault):
        await office.until(lambda: answers(office), 60)
        await office.doors.file("large", file)

    async def all_there():
        now = await office.asked("allocation", "/v1/balances")
        return now if now and now["received"]["count"] >= before["received"]["count"] + LINES else None

    now = await office.until(all_there, 300)
    assert now["received"]["pence"] - before["received"]["pence"] == pence
    assert (await check(office.addresses))["broken"] == []


async def answers(office: Office) -> bool:
    try:
        return await office.asked("ingest", "/health/ready") is not None
    except httpx.HTTPError:
        return False
