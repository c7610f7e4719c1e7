"""A person takes a match apart: everything is as it was before, and the machine does not pair the same again."""

import hashlib
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from ims_contracts import Message
from ims_contracts.reconciliations import PaymentReconciled
from ims_reconcile.app import build
from ims_reconcile.settings import Officer, Settings
from ims_reconcile.store import reports
from reconcile.anytown_bank import COUNCIL, anytown_day, file_of, line, member, named, payment, settlement
from reconcile.reconcile_world import NOBODY, World

OFFICER = {"Authorization": "Bearer a-token"}
SETTINGS = Settings(
    kafka_bootstrap="127.0.0.1:1", database_url=SecretStr("postgresql://unused"), grace_seconds=0,
    officers={"A. Officer": Officer(token_sha256=hashlib.sha256(b"a-token").hexdigest(), council=COUNCIL)},
)  # fmt: skip
PAYOUT: list[Message] = [payment("a", 5000), payment("b", 3000), *settlement("po_1SYNTH", [member("a", 5000, 75), member("b", 3000, 45)])]
SECOND: list[Message] = [payment("c", 700), *settlement("po_2SYNTH", [member("c", 700, 7)])]
CASES: list[tuple[str, list[Message]]] = [
    ("one and one", [*PAYOUT, line("l", 7880, "STRIPE po_1SYNTH")]),
    ("split at the bank", [*PAYOUT, line("l", 7000, "STRIPE po_1SYNTH"), line("m", 880, "STRIPE po_1SYNTH")]),
    ("merged at the bank", [*PAYOUT, *SECOND, line("l", 8573, "STRIPE po_1SYNTH po_2SYNTH")]),
    ("a file", [*file_of("f", [100, 200]), line("l", 300, "ALLPAY LTD")]),
]


@pytest_asyncio.fixture(loop_scope="session")
async def client(world: World) -> Any:
    service = build(SETTINGS)
    service.pool = world.pool
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.api), base_url="http://reconcile", headers=OFFICER) as opened:
        yield opened


async def taken_apart(client: httpx.AsyncClient, match_id: Any, reason: str = "paired with the wrong day") -> httpx.Response:
    return await client.post(f"/v1/matches/{match_id}/un-match", json={"reason": reason}, headers=OFFICER)


@pytest.mark.parametrize("facts", [case[1] for case in CASES], ids=[case[0] for case in CASES])
async def test_what_is_taken_apart_is_as_it_was_and_stays_apart(world: World, client: httpx.AsyncClient, facts: list[Message]) -> None:
    await world.hear(facts)
    before = await reports.totals(world.pool, COUNCIL)
    await world.settle()
    matched = await world.told(PaymentReconciled)
    answer = await taken_apart(client, matched[0].match_id)
    assert (answer.status_code, answer.json()["is_new"]) == (200, True)
    after = await reports.totals(world.pool, COUNCIL)
    assert after["reconciled"] == {"count": 0, "gross_pence": 0, "fee_pence": 0, "net_pence": 0}
    assert (after["unsettled"], after["lines"]) == (before["unsettled"], before["lines"])
    await world.settle()
    told = await world.told(PaymentReconciled)
    assert [sum(getattr(page, each) for page in told) for each in ("gross_pence", "fee_pence", "net_pence")] == [0, 0, 0]
    assert {page.why for page in told[len(matched) :]} == {"un-matched"}
    assert (await reports.totals(world.pool, COUNCIL))["reconciled"]["count"] == 0
    assert await world.broken_laws() == []


async def test_a_line_taken_from_one_file_may_be_another_and_the_file_another_line(world: World, client: httpx.AsyncClient) -> None:
    await world.hear([*file_of("f", [100]), line("l", 100, "ALLPAY LTD")])
    await world.settle()
    (wrong,) = await world.told(PaymentReconciled)
    await taken_apart(client, wrong.match_id)
    await world.hear([*file_of("g", [100]), line("m", 100, "ALLPAY LTD")])
    await world.settle()
    pairs = {(page.statement_line_id, page.remittance_id) for page in await world.told(PaymentReconciled)} - {(named("l"), named("f"))}
    assert pairs == {(named("l"), named("g")), (named("m"), named("f"))}
    assert (await reports.totals(world.pool, COUNCIL))["unsettled"]["pence"] == 0
    assert await world.broken_laws() == []


async def test_it_says_who_and_why_once(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(CASES[0][1])
    await world.settle()
    (matched,) = await world.told(PaymentReconciled)
    first, again = [(await taken_apart(client, matched.match_id)).json() for _ in range(2)]
    assert (again["undone_by"], again["is_new"]) == (first["undone_by"], False)
    found = (await client.get(f"/v1/matches/{first['undone_by'][0]}")).json()
    assert (found["undoes"], found["matched_by"], found["evidence"]) == (str(matched.match_id), "A. Officer", "paired with the wrong day")
    assert (await taken_apart(client, first["undone_by"][0])).status_code == 409


async def test_what_was_made_of_the_line_itself_is_not_taken_apart_here(world: World, client: httpx.AsyncClient) -> None:
    await world.hear([line("l", 500, "770001012")])
    await world.settle()
    (made,) = await world.told(PaymentReconciled)
    answer = await taken_apart(client, made.match_id)
    assert (answer.status_code, "Take the payment back" in answer.text) == (409, True)


@pytest.mark.parametrize(("headers", "status"), [(NOBODY, 401), ({"Authorization": "Bearer another"}, 401), (OFFICER, 404)])
async def test_only_an_officer_of_the_council_may(world: World, client: httpx.AsyncClient, headers: dict[str, str], status: int) -> None:
    answer = await client.post(f"/v1/matches/{named('nothing')}/un-match", json={"reason": "it is wrong"}, headers=headers)
    assert answer.status_code == status


async def test_the_whole_day_taken_apart_proves_nothing(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(anytown_day())
    await world.settle()
    for row in await world.pool.fetch("SELECT match_id FROM match WHERE why <> 'bank-line'"):
        assert (await taken_apart(client, row["match_id"])).status_code == 200
    await world.settle()
    left = await world.pool.fetchval("SELECT count(*) FROM match WHERE why <> 'bank-line' AND undoes IS NULL")
    assert left == 9
    assert (await reports.totals(world.pool, COUNCIL))["reconciled"]["net_pence"] == 122_185
    assert await world.broken_laws() == []
