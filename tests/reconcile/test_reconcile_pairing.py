"""What the machine leaves to people, a person matches: to the penny, once, and it can be taken apart again."""

from datetime import date
from typing import Any

import httpx
import pytest

from ims_contracts import Message
from ims_contracts.payments import ReversalSubmitted
from ims_contracts.reconciliations import PaymentReconciled
from reconcile.anytown_bank import COUNCIL, file_of, line, member, named, payment, refund, settlement, statement
from reconcile.reconcile_world import BEN, NOBODY, World

LATER = statement([], "later", opening=0, closed_on=date(2026, 4, 30))
TWINS: list[Message] = [
    *file_of("f", [100, 200]), *file_of("g", [300]), line("l", 300, "ALLPAY LTD"), line("m", 300, "ALLPAY LTD", bank_reference="2"),
]  # fmt: skip


async def matched(client: httpx.AsyncClient, lines: list[str], items: list[str], **asked: Any) -> httpx.Response:
    body = {"line_ids": [str(named(each)) for each in lines], "item_ids": [str(named(each)) for each in items], "reason": "slip 7 says so"}
    return await client.post("/v1/matches", json=body, **asked)


async def left(client: httpx.AsyncClient) -> list[Any]:
    found: list[Any] = (await client.get("/v1/clearing", params={"council": COUNCIL})).json()["items"]
    return found


async def test_lines_and_files_alike_are_told_apart_by_a_person(world: World, client: httpx.AsyncClient) -> None:
    await world.hear([*TWINS, LATER])
    await world.settle()
    assert [kind for kind, _ in await world.breaks()].count("ambiguous") == 2
    found = (await client.get(f"/v1/lines/{named('m')}/candidates")).json()
    assert {(each["item_id"], each["amount_pence"]) for each in found} == {(str(named("f")), 300), (str(named("g")), 300)}
    answers = [await matched(client, ["m"], ["f"]) for _ in range(2)]
    assert [each.json()["is_new"] for each in answers] == [True, False]
    assert (await matched(client, ["l"], ["g"])).json()["is_new"]
    await world.settle()
    assert await world.breaks() == []
    assert await left(client) == []
    told = await world.told(PaymentReconciled)
    assert {(page.statement_line_id, page.remittance_id, page.why) for page in told} == {
        (named("m"), named("f"), "remittance-total"), (named("l"), named("g"), "remittance-total")
    }  # fmt: skip
    (match_id,) = answers[0].json()["match_ids"]
    shown = (await client.get(f"/v1/matches/{match_id}")).json()
    assert (shown["rule"], shown["matched_by"], shown["evidence"]) == ("person", "anne", "slip 7 says so")
    assert await world.broken_laws() == []


@pytest.mark.parametrize(
    ("facts", "lines", "items"),
    [
        ([*file_of("f", [100, 200]), line("l", 300, "ALLPAY LTD", booked_on=date(2026, 4, 20))], ["l"], ["f"]),
        ([*file_of("f", [100]), *file_of("g", [200], "paypoint"), line("l", 300, "ALLPAY AND PAYPOINT")], ["l"], ["f", "g"]),
        ([payment("a", 900), *settlement("po_1", [member("a", 900, 9)]), line("l", 500, "STRIPE"),
          line("m", 391, "STRIPE", booked_on=date(2026, 3, 19))], ["l", "m"], ["po_1"]),
        ([*file_of("f", [700]), refund("r", "f:1", 400, method_of_payment="bank-transfer"),
          line("l", -400, "REFUND", booked_on=date(2026, 3, 2))], ["l"], ["r"]),
    ],
    ids=["out of its window", "two sources in a line", "a payout in two lines", "a refund before its day"],
)  # fmt: skip
async def test_what_no_rule_would_match_a_person_may(
    world: World, client: httpx.AsyncClient, facts: list[Message], lines: list[str], items: list[str]
) -> None:
    await world.hear(facts)
    await world.settle()
    assert await world.proved() == {}
    before = await left(client)
    answer = await matched(client, lines, items)
    assert answer.status_code == 200, answer.text
    await world.settle()
    assert sum(net for _, _, net in (await world.proved()).values()) == sum(each.amount_pence for each in facts if named_in(each, lines))
    for match_id in answer.json()["match_ids"]:
        await client.post(f"/v1/matches/{match_id}/un-match", json={"reason": "it was another"}, headers=BEN)
    await world.settle()
    assert await left(client) == before
    assert (await matched(client, lines, items)).status_code == 409, "what was taken apart stays so"
    assert await world.broken_laws() == []


def named_in(fact: Any, lines: list[str]) -> bool:
    return getattr(fact, "statement_line_id", None) in {named(each) for each in lines}


async def test_a_payment_that_only_the_bank_knew_is_taken_back_for_the_file_that_a_person_says_it_is(
    world: World, client: httpx.AsyncClient
) -> None:
    await world.hear([line("l", 300, "GOVERNMENT CREDIT")])
    await world.settle()
    await world.hear(file_of("f", [100, 200]))
    await world.settle()
    assert not await world.told(ReversalSubmitted)
    for _ in range(2):
        assert (await matched(client, ["l"], ["f"])).status_code == 200
        await world.settle()
    assert len(await world.told(ReversalSubmitted)) == 1
    assert (await world.proved())[named("l")] == (300, 0, 300)
    assert await left(client) == []
    assert await world.broken_laws() == []


@pytest.mark.parametrize(
    ("lines", "items", "asked", "status"),
    [
        (["l"], ["f", "g"], {}, 409),
        (["l", "m"], ["f"], {}, 409),
        (["l"], ["no such"], {}, 404),
        (["no such"], ["f"], {}, 404),
        (["theirs"], ["f"], {}, 404),
        (["l"], ["their file"], {}, 404),
        (["l"], ["f"], {"headers": NOBODY}, 401),
    ],
    ids=["more than the line", "less than the lines", "no item", "no line", "another's line", "another's file", "nobody"],
)
async def test_what_may_not_be_matched_is_not(
    world: World, client: httpx.AsyncClient, lines: list[str], items: list[str], asked: Any, status: int
) -> None:
    other = {"council": "E06999999"}
    theirs = [each.model_copy(update=other) for each in file_of("their file", [300])]
    await world.hear([*TWINS, *theirs, line("theirs", 300, "ALLPAY LTD", **other)])
    answer = await matched(client, lines, items, **asked)
    assert (answer.status_code, "pence" in answer.text, "£3.00" in answer.text) == (status, False, status == 409), answer.text
    assert await world.pool.fetchval("SELECT count(*) FROM match") == 0
