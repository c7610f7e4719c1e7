"""The service put together: what it does in the background, and what it answers over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest_asyncio

from ims_contracts.payments import PaymentSubmitted
from ims_contracts.reconciliations import PaymentReconciled
from ims_kit import Service
from ims_reconcile.app import build
from reconcile.anytown_bank import COUNCIL, anytown_day, line, named
from reconcile.reconcile_world import ANNE, NOBODY, TWO_OFFICERS, World

SETTINGS = TWO_OFFICERS.model_copy(update={"match_pause_seconds": 0.01})
NOTE_HEARD = "INSERT INTO heard (reader, topic, partition, next_offset, cluster_id) VALUES ('reconcile', 'ims.statements.v1', 0, 1, 'c')"


@pytest_asyncio.fixture(loop_scope="session")
async def service(world: World) -> Service:
    made = build(SETTINGS)
    made.pool = world.pool
    return made


async def test_the_matcher_looks_at_the_start_and_whenever_something_was_heard(world: World, service: Service) -> None:
    async def submitted(count: int) -> None:
        async with asyncio.timeout(10):
            while len(await world.told(PaymentSubmitted)) < count:
                await asyncio.sleep(0.01)

    await world.hear([line("a", 500, "770001012")])
    running = asyncio.ensure_future(service.work_behind["match"](service))
    try:
        await submitted(1)
        await world.hear([line("b", 700, "770001012")])
        await world.pool.execute(NOTE_HEARD)
        await submitted(2)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await world.pool.execute("DELETE FROM heard")


@pytest_asyncio.fixture(loop_scope="session")
async def client(service: Service) -> Any:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.api), base_url="http://reconcile", headers=ANNE) as opened:
        yield opened


async def test_the_day_can_be_asked_for(world: World, client: httpx.AsyncClient) -> None:
    await world.hear([*anytown_day(), line("charge", -300, "BANK CHARGES")])
    await world.settle()
    totals = (await client.get("/v1/totals", params={"council": COUNCIL})).json()
    assert totals["reconciled"] == {"count": 43, "gross_pence": 298_825, "fee_pence": 621, "net_pence": 298_204}
    assert totals["unsettled"] == {"count": 5, "pence": 21_800}
    assert totals["breaks"] == {"count": 1, "pence": 300}
    (broken,) = (await client.get("/v1/breaks", params={"council": COUNCIL})).json()
    assert (broken["kind"], broken["amount_pence"], broken["subject_id"]) == ("bank-debit-unexplained", -300, str(named("charge")))
    assert (broken["type"], broken["working_days"]) == ("UNIDENTIFIED", "31+")
    lines = (await client.get("/v1/lines", params={"council": COUNCIL, "state": "from-bank"})).json()
    assert len(lines) == 10
    unsettled = (await client.get("/v1/unsettled", params={"council": COUNCIL})).json()
    assert {(each["source"], each["count"], each["pence"]) for each in unsettled} == {("allpay", 4, 18_800), ("govuk-pay", 1, 3_000)}
    assert all(law["holds"] for law in (await client.get("/v1/laws")).json())


async def test_a_match_says_why_and_of_what_it_is_made(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(anytown_day())
    await world.settle()
    payout = next(page for page in await world.told(PaymentReconciled) if page.settlement_id == named("po_1SYNTH"))
    found = (await client.get(f"/v1/matches/{payout.match_id}")).json()
    assert (found["why"], found["net_pence"], len(found["payments"])) == ("settlement-net", 11_805, 3)
    assert (await client.get(f"/v1/matches/{named('nothing')}")).status_code == 404


async def test_bank_lines_are_found_page_by_page_with_their_matches(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(anytown_day())
    await world.settle()
    every = (await client.get("/v1/lines", params={"council": COUNCIL})).json()
    seen, path = [], f"/v1/lines?council={COUNCIL}&most=4"
    while path:
        answer = await client.get(path)
        seen += answer.json()
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert seen == every
    payout = next(page for page in await world.told(PaymentReconciled) if page.settlement_id == named("po_1SYNTH"))
    (found,) = [each for each in every if each["line_id"] == str(payout.statement_line_id)]
    assert found["match_ids"] == [str(payout.match_id)]
    await client.post(f"/v1/matches/{payout.match_id}/un-match", json={"reason": "another day's"})
    for query, count in (
        ("state=open", 1), ("source=stripe", 1), ("first_on=2026-03-19", 0), ("last_on=2026-03-18", 19), ("bank_account=1", 0),
    ):  # fmt: skip
        assert len((await client.get(f"/v1/lines?council={COUNCIL}&{query}")).json()) == count, query
    assert [each["match_ids"] for each in (await client.get(f"/v1/lines?council={COUNCIL}&state=open")).json()] == [[]]


async def test_another_council_sees_nothing_of_it(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(anytown_day())
    await world.settle()
    assert (await client.get("/v1/unsettled", params={"council": "E08000016"})).json() == []
    days = ("days", "days/1", "days/1/2026-03-18", "years/1", "years/1/2026")
    for asked in ("breaks", "lines", "clearing", "at-risk", "plots/unsettled", *days):
        assert (await client.get(f"/v1/{asked}", params={"council": "E08000016"})).status_code == 403
        assert (await client.get(f"/v1/{asked}", params={"council": COUNCIL}, headers=NOBODY)).status_code == 401
    assert (await client.get("/v1/totals", params={"council": "Anytown"})).status_code == 422
