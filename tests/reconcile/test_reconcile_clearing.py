"""What stays on the clearing and bank accounts is all that is not proved, in any order, and goes to zero when it is."""

import csv
import io
from random import Random
from typing import Any

import httpx
import pytest

from reconcile.anytown_bank import COUNCIL, anytown_day, file_of, line, member, named, payment, refund, settlement
from reconcile.reconcile_world import ANNE, World


async def clearing(client: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await client.get("/v1/clearing", params={"council": COUNCIL, **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_what_stays_is_what_is_unsettled_and_what_is_unmatched(world: World, client: httpx.AsyncClient) -> None:
    await world.hear([*anytown_day(), line("charge", -300, "BANK CHARGES"), line("awaiting", 777, "ALLPAY LTD 200326")])
    await world.settle()
    found = await clearing(client)
    unsettled = (await client.get("/v1/unsettled", params={"council": COUNCIL})).json()
    held = [each for each in found["balances"] if each["account"] == "clearing"]
    assert [(each["source"], each["working_days"], each["item_count"], each["pence"]) for each in held] == [
        (each["source"], each["working_days"], each["count"], each["pence"]) for each in unsettled
    ]
    bank = {(each["id"], each["pence"]) for each in found["items"] if each["account"] == "bank"}
    assert bank == {(str(named("charge")), -300), (str(named("awaiting")), 777)}
    for account in ("clearing", "bank"):
        items = sum(each["pence"] for each in found["items"] if each["account"] == account)
        assert items == sum(each["pence"] for each in found["balances"] if each["account"] == account)
    assert await world.broken_laws() == []


async def test_accounts_go_to_zero(world: World, client: httpx.AsyncClient) -> None:
    payout = settlement("po_1SYNTH", [member("a", 5000, 75), member("r", -1000, 0, "refund", "a")])
    await world.hear([*file_of("f", [100, 200]), payment("a", 5000), refund("a:1", "a", 1000), *payout])
    await world.settle()
    assert sum(each["pence"] for each in (await clearing(client))["items"]) == 4300
    await world.hear([line("l", 300, "ALLPAY LTD 190326"), line("p", 3925, "STRIPE po_1SYNTH")])
    await world.settle()
    assert await clearing(client) | {"as_of": ""} == {"as_of": "", "balances": [], "items": []}


async def test_money_that_nobody_told_of_stays_below_nothing_until_somebody_does(world: World, client: httpx.AsyncClient) -> None:
    await world.hear([*settlement("po_1SYNTH", [member("a", 5000, 75)]), line("l", 4925, "STRIPE po_1SYNTH")])
    await world.settle()
    (item,) = (await clearing(client))["items"]
    assert (item["account"], item["why"], item["source"], item["pence"]) == ("clearing", "untold", "stripe", -5000)
    assert await world.broken_laws() == []
    await world.hear([payment("a", 5000)])
    await world.settle()
    assert (await clearing(client))["items"] == []


@pytest.mark.parametrize("seed", range(3))
async def test_in_any_order_and_at_any_moment_nothing_is_lost_from_the_list(world: World, client: httpx.AsyncClient, seed: int) -> None:
    random = Random(seed)
    facts = [*anytown_day(), *settlement("po_9", [member("untold", 5000, 75)]), line("l9", 4925, "STRIPE po_9")] * 2
    random.shuffle(facts)
    for start in range(0, len(facts), 20):
        await world.hear(facts[start : start + 20])
        assert await world.broken_laws() == [], "before anything was looked at"
        await world.settle()
        assert await world.broken_laws() == []
    match_id = await world.pool.fetchval("SELECT match_id FROM match WHERE settlement_id = $1 AND undoes IS NULL", named("po_1SYNTH"))
    assert (await client.post(f"/v1/matches/{match_id}/un-match", json={"reason": "wrong one"}, headers=ANNE)).status_code == 200
    assert await world.broken_laws() == []


async def test_filters_and_pages_find_each_item_once(world: World, client: httpx.AsyncClient) -> None:
    await world.hear([*file_of("f", [100, 200, 300]), *file_of("g", [100, 500], "dwp"), line("l", 77, "ALLPAY LTD")])
    await world.settle()
    every = (await clearing(client))["items"]
    seen: list[Any] = []
    path = f"/v1/clearing?council={COUNCIL}&most=2"
    while path:
        answer = await client.get(path)
        seen += answer.json()["items"]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert seen == every
    assert len(every) == 6
    for asked, count in (({"account": "bank"}, 1), ({"source": "dwp"}, 2), ({"working_days": "31+"}, 6), ({"working_days": "0-2"}, 0)):
        assert len((await clearing(client, **asked))["items"]) == count, asked
    assert (await client.get(f"/v1/clearing?council={COUNCIL}&after=nonsense")).status_code == 400


async def test_it_exports(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(file_of("f", [100, 200]))
    answer = await client.get("/v1/clearing", params={"council": COUNCIL}, headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert sorted((row["account"], row["source"], row["pence"]) for row in rows) == [
        ("clearing", "allpay", "100"),
        ("clearing", "allpay", "200"),
    ]
