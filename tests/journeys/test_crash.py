"""Any process may be killed at any instant: every penny is there, once, and every fact that follows exists once."""

import asyncio
import os

import pytest

from ims_local.day.doors import Doors
from ims_local.day.generated import Generated
from ims_local.day.outcome import outcome
from ims_local.laws import check
from ims_local.settings import COUNCIL
from ims_local.whole import WholeStack
from journeys.crash import Accidents, fed, feed, settle, told_and_lying, until_calm, value

# The long run is `make crash`: 20,000 payments, each service killed 20 times.
PAYMENTS = int(os.environ.get("IMS_CRASH_PAYMENTS", "1000"))
KILLS = int(os.environ.get("IMS_CRASH_KILLS", "2"))
SEED = int(os.environ.get("IMS_CRASH_SEED", "0")) or int.from_bytes(os.urandom(3))


@pytest.mark.timeout(3000)
async def test_every_penny_is_there_once_whatever_is_killed(stack: WholeStack) -> None:
    print(f"IMS_CRASH_SEED={SEED} replays this run")  # noqa: T201 - the reader of a failure needs it
    generated = Generated(PAYMENTS, SEED)
    async with Doors(stack.addresses(), COUNCIL) as doors:
        await doors.publish(list(generated.accounts())[1::2])  # the other half comes among the payments

    accidents = Accidents(stack, SEED, KILLS)
    busy = asyncio.ensure_future(accidents.run())
    await feed(stack, fed(generated, SEED), busy)
    await busy
    await until_calm(stack)
    await settle(stack, generated)
    await until_calm(stack)

    payments = list(generated.payments())
    pence = sum(payment.amount_pence for payment in payments)
    found = await outcome(stack.addresses(), COUNCIL)
    assert found["received"] == {"count": PAYMENTS, "pence": pence}, f"seed {SEED}"
    assert found["allocated"]["pence"] + found["suspended"]["pence"] + found["refund_due"]["pence"] == pence
    assert found["suspended_by_reason"].keys() <= {"unknown-reference", "no-reference"}
    assert found["reconciled"]["count"] == PAYMENTS
    assert found["breaks"]["count"] == 0
    assert (await check(stack.addresses()))["broken"] == []

    assert await value(stack, "ingest", "SELECT count(*) FROM refusal") == 0, f"seed {SEED}"
    assert await value(stack, "ingest", "SELECT count(*) FROM payment") == PAYMENTS
    assert await value(stack, "reconcile", "SELECT count(*) FROM expectation") == PAYMENTS
    assert await value(stack, "notify", "SELECT count(*) - count(DISTINCT payment_id) FROM delivery WHERE kind = 'receipt'") == 0
    for topic, (told, lies, _) in (await told_and_lying(stack)).items():
        assert told <= lies, f"{topic}: told, and not on the topic"
        if topic != "ims.inbound.v1":
            assert lies <= told, f"{topic}: on the topic, and not told"
    for service in ("ingest", "allocation", "reconcile", "notify"):
        assert await value(stack, service, "SELECT count(*) FROM set_aside") == 0, service
    assert accidents.none_stopped_itself() == []
    assert min(accidents.done[name] for name in ("ingest", "allocation", "reconcile", "notify")) >= KILLS
