"""What is written off leaves nothing on the clearing and bank accounts, is told once, and is taken apart like any match."""

from collections import Counter
from datetime import date
from typing import Any

import httpx
import pytest

from ims_contracts import Message
from ims_contracts.reconciliations import PaymentReconciled
from ims_reconcile.store.turns import heard_so_far
from reconcile.anytown_bank import COUNCIL, file_of, line, member, named, payment, settlement, statement
from reconcile.reconcile_world import ANNE, BEN, World

LATER = statement([], "later", opening=0, closed_on=date(2026, 4, 30))
BAG = file_of("500123", [3000, 2000], "ereturn")
PAYOUT: list[Message] = [payment("a", 5000), *settlement("po_1SYNTH", [member("a", 5000, 75)])]

OTHER_PENCE = [*file_of("AP180326", [700]), line("l", 701, "ALLPAY LTD AP180326")]

# What was heard, which break that is, what is told of the match (gross, fees with what was written off, net), and on which account
# what was written off is.
CASES: list[tuple[str, list[Message], tuple[str, int], tuple[int, int, int], str]] = [
    ("cash short", [*BAG, line("l", 4500, "CASH 500123")], ("cash-difference", -500), (5000, 500, 4500), "cash"),
    ("cash over", [*BAG, line("l", 5001, "CASH 500123")], ("cash-difference", 1), (5000, -1, 5001), "cash"),
    ("a fee that nobody told of", [*PAYOUT, line("l", 4900, "STRIPE po_1SYNTH")], ("fee-differs", -25), (5000, 100, 4900), "fees"),
    ("a file of other pence", OTHER_PENCE, ("amount-differs", 1), (700, -1, 701), "written-off"),
    ("the bank's charges", [line("l", -300, "BANK CHARGES")], ("bank-debit-unexplained", -300), (0, 300, -300), "written-off"),
]  # fmt: skip


async def broken(world: World, client: httpx.AsyncClient, facts: list[Message]) -> dict[str, Any]:
    await world.hear([*facts, LATER])
    await world.settle()
    (found,) = (await client.get("/v1/breaks", params={"council": COUNCIL})).json()
    one: dict[str, Any] = found
    return one


async def left(client: httpx.AsyncClient) -> list[Any]:
    found: list[Any] = (await client.get("/v1/clearing", params={"council": COUNCIL})).json()["items"]
    return found


async def given_up(world: World) -> Counter[str]:
    """What was told of each account of the ledger that is not a provider's fees."""
    told: Counter[str] = Counter()
    for page in await world.told(PaymentReconciled):
        told[page.fee_account] += page.fee_pence
    del told[None]
    return told


@pytest.mark.parametrize(("facts", "kind", "wanted", "account"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
async def test_what_is_written_off_leaves_nothing_behind(
    world: World, client: httpx.AsyncClient, facts: list[Message], kind: tuple[str, int], wanted: tuple[int, int, int], account: str
) -> None:
    found = await broken(world, client, facts)
    assert (found["kind"], found["amount_pence"]) == kind
    at_rest = await heard_so_far(world.pool)
    for _ in range(2):
        answer = await client.post(f"/v1/breaks/{found['break_id']}/write-off", json={"reason": "it is so"}, headers=ANNE)
        assert answer.json()["code"] == "written-off"
    assert await heard_so_far(world.pool) != at_rest, "the matcher looks now, and tells it"
    await world.hear(facts)
    await world.settle()
    assert (await world.proved())[named("l")] == wanted
    assert await given_up(world) == {f"differences:{account}": -kind[1]}
    assert await world.breaks() == []
    assert await left(client) == []
    assert await world.broken_laws() == []


@pytest.mark.parametrize(
    ("code", "account"), [("rounding", "differences:rounding"), ("fee", "fees:own"), ("timing", "differences:written-off")]
)
async def test_a_difference_goes_to_the_account_of_its_explanation(
    world: World, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, code: str, account: str
) -> None:
    own = world.pack.model_copy(update={"differences": {"fee": "fees:own"}})
    monkeypatch.setattr(client._transport.app.state, "pack", own)  # type: ignore[attr-defined]
    found = await broken(world, client, OTHER_PENCE)
    for each in ("cash-over", code):
        await client.post(f"/v1/breaks/{found['break_id']}/explanation", json={"code": each})
    await client.post(f"/v1/breaks/{found['break_id']}/write-off", json={"reason": "it is so"})
    await world.settle()
    assert await given_up(world) == {account: -1}


async def test_above_the_limit_it_counts_when_another_approves(world: World, client: httpx.AsyncClient) -> None:
    found = await broken(world, client, [*file_of("500123", [9000], "ereturn"), line("l", 4500, "CASH 500123")])
    await client.post(f"/v1/breaks/{found['break_id']}/write-off", json={"reason": "stolen"}, headers=ANNE)
    await world.settle()
    assert await world.proved() == {}
    await client.post(f"/v1/breaks/{found['break_id']}/write-off/approve", headers=BEN)
    await world.settle()
    pages = await world.told(PaymentReconciled)
    assert [(each.gross_pence, each.fee_pence, each.net_pence, each.pages) for each in pages] == [(9000, 0, 9000, 2), (0, 4500, -4500, 2)]
    match = (await client.get(f"/v1/matches/{pages[0].match_id}")).json()
    assert (match["rule"], match["matched_by"]) == ("written-off", "ben")
    assert await left(client) == []


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
async def test_taken_apart_it_is_as_before_and_stays_so(world: World, client: httpx.AsyncClient, case: Any) -> None:
    found = await broken(world, client, case[1])
    before = await left(client)
    await client.post(f"/v1/breaks/{found['break_id']}/write-off", json={"reason": "it is so"}, headers=ANNE)
    await world.settle()
    match_id = (await world.told(PaymentReconciled))[0].match_id
    assert (await client.post(f"/v1/matches/{match_id}/un-match", json={"reason": "it was found"}, headers=BEN)).status_code == 200
    for _ in range(2):
        await world.settle()
        await client.post(f"/v1/breaks/{found['break_id']}/write-off", json={"reason": "once more"}, headers=ANNE)
    assert await left(client) == before
    assert (await world.proved())[named("l")] == (0, 0, 0)
    assert not any((await given_up(world)).values())
    assert await world.broken_laws() == []


async def test_a_line_whose_file_may_come_yet_stays_open(world: World, client: httpx.AsyncClient) -> None:
    found = await broken(world, client, [line("l", -9300, "UNPAID DD 123456")])
    await client.post(f"/v1/breaks/{found['break_id']}/write-off", json={"reason": "it is so"}, headers=ANNE)
    await client.post(f"/v1/breaks/{found['break_id']}/write-off/approve", headers=BEN)
    await world.settle()
    assert await world.proved() == {}
