"""What publishers were answered is let go after a set time; a key that comes again then still has no effect."""

import asyncio

import pytest

from ims_ingest.store.answers import PURGE
from ims_kit.upkeep import purge
from ingest.ingest_world import Ingest, submitted

PAYMENT = submitted().model_dump(mode="json", exclude={"council", "source"}, exclude_none=True)
OLD = "UPDATE answer SET answered_at = now() - interval '31 days' WHERE idempotency_key = '{}'"


async def let_go(ingest: Ingest) -> int:
    return await purge(ingest.service.pool, PURGE, 30)


async def test_only_old_answers_are_let_go_by_the_services_own_upkeep(ingest: Ingest) -> None:
    await ingest.pays(PAYMENT)
    await ingest.pays(PAYMENT | {"source_payment_id": "P2"}, key="k2")
    assert await let_go(ingest) == 0
    await ingest.service.pool.execute(OLD.format("k1"))
    assert await let_go(ingest) == 1
    assert await ingest.rows("SELECT idempotency_key FROM answer") == [("k2",)]
    assert (PURGE, 30) in ingest.service.purges


@pytest.mark.parametrize(
    ("again", "status", "state"),
    [({}, 200, "known"), ({"narrative": "more of it"}, 200, "enriched"), ({"amount_pence": 1}, 409, None)],
)
async def test_a_key_that_comes_again_afterwards_is_judged_by_the_payments_identity(
    ingest: Ingest, again: dict[str, object], status: int, state: str | None
) -> None:
    await ingest.pays(PAYMENT)
    await ingest.service.pool.execute(OLD.format("k1"))
    await let_go(ingest)
    answer = await ingest.pays(PAYMENT | again)
    assert (answer.status_code, answer.json().get("state")) == (status, state)
    assert await ingest.rows("SELECT count(*), sum(amount_pence) FROM payment") == [(1, 3500)]
    assert (await ingest.pays(PAYMENT | again)).text == answer.text


async def test_a_refusal_that_comes_again_afterwards_is_told_once(ingest: Ingest) -> None:
    for _ in range(2):
        assert (await ingest.pays(PAYMENT | {"paid_on": "2126-03-18"})).status_code == 422
        await ingest.service.pool.execute(OLD.format("k1"))
        await let_go(ingest)
    assert await ingest.names_told() == {"PaymentRefused": 1}


async def test_answers_that_are_asked_for_while_they_are_let_go_are_given(ingest: Ingest) -> None:
    keys = [f"k{number}" for number in range(12)]
    for _ in range(4):
        answers = await asyncio.gather(
            *(ingest.pays(PAYMENT | {"source_payment_id": key}, key=key) for key in keys for _ in range(2)), *(let_go(ingest) for _ in keys)
        )
        assert {each.status_code for each in answers[: -len(keys)]} <= {200, 201}
        await ingest.service.pool.execute("UPDATE answer SET answered_at = now() - interval '31 days'")
    assert await ingest.rows("SELECT count(*) FROM payment") == [(12,)]
