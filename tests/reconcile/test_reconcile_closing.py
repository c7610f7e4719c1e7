"""A day is closed by two officers on evidence that nothing changes afterwards; what comes late is counted in the open day."""

from datetime import date
from random import Random

import httpx
import pytest

from ims_contracts import Message
from ims_contracts.reconciliations import DayClosed, PaymentReconciled
from ims_reconcile.packs import load_pack
from reconcile.anytown_bank import (
    ACCOUNT,
    COUNCIL,
    DAY,
    anytown_day,
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
from reconcile.reconcile_world import ANNE, BEN, NOBODY, World
from reconcile.two_officers import FACTS, LINES, NEXT, PAYOUT, closed, holds, prepared, sheet, signed

OTHER = "20201577777777"


async def test_a_sheet_says_what_came_what_is_settled_and_what_is_left(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(anytown_day())
    await world.settle()
    found = await sheet(client)
    stated = found["statement"][0]
    assert (stated["opening_pence"], stated["closing_pence"], stated["difference_pence"]) == (1_000_000, 1_298_204, 0)
    assert sum(row["net_pence"] for row in found["settled"]) == 298_204
    assert sum(row["fee_pence"] for row in found["settled"]) == 621
    assert {(row["source"], row["pence"]) for row in found["unsettled"]} == {("allpay", 18_800), ("govuk-pay", 3_000)}
    assert {row["kind"] for row in found["received"]} == {"payment", "reversal", "refund"}
    assert found["movement"][0]["carried_forward_pence"] == 21_800
    assert holds(found)


async def test_a_day_is_closed_by_two_and_told_once(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(FACTS)
    await world.settle()
    ready = await prepared(client)
    assert ready["objections"] == []
    assert (await prepared(client))["evidence_sha256"] == ready["evidence_sha256"]
    assert (await signed(client, ready["evidence_sha256"], by=ANNE)).status_code == 403
    answers = [(await signed(client, ready["evidence_sha256"])).json() for _ in range(2)]
    assert [each["is_new"] for each in answers] == [True, False]
    (told,) = await world.told(DayClosed)
    assert (told.opening_pence, told.closing_pence, told.evidence_sha256) == (1_000_000, 1_008_380, ready["evidence_sha256"])
    found = await sheet(client)
    assert (found["sign_off"][0]["prepared_by"], found["sign_off"][0]["closed_by"]) == ("anne", "ben")
    assert await world.broken_laws() == []


@pytest.mark.parametrize(("headers", "status"), [(NOBODY, 401), ({"Authorization": "Bearer eve"}, 401), (BEN, 404)])
async def test_only_an_officer_closes_and_only_what_was_prepared(client: httpx.AsyncClient, headers: dict[str, str], status: int) -> None:
    assert (await signed(client, "0" * 64, by=headers)).status_code == status


async def test_a_day_without_its_statement_or_with_a_difference_unexplained_stays_open(world: World, client: httpx.AsyncClient) -> None:
    await world.hear([*PAYOUT, *LINES])
    await world.settle()
    ready = await prepared(client)
    assert "No final statement" in (await signed(client, ready["evidence_sha256"])).json()["detail"]
    charge = line("charge", -300, "BANK CHARGES")
    await world.hear([charge, statement([*LINES, charge])])
    await world.settle()
    ready = await prepared(client)
    assert "money out that nobody explains (bank-debit-unexplained)" in (await signed(client, ready["evidence_sha256"])).json()["detail"]
    assert await world.told(DayClosed) == []
    (broken,) = (await client.get("/v1/breaks", params={"council": COUNCIL})).json()
    await client.post(f"/v1/breaks/{broken['break_id']}/explanation", json={"code": "fee"}, headers=ANNE)
    assert (await signed(client, ready["evidence_sha256"])).status_code == 409, "what was prepared does not say so"
    await closed(client)


LATE: list[Message] = [
    line("late", 900, "770001020"),
    line("late payout", 693, "STRIPE po_2SYNTH"), payment("c", 700), *settlement("po_2SYNTH", [member("c", 700, 7)]),
    *file_of("f", [100, 200], business_on=date(2026, 3, 16)), *FACTS,
]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_that_comes_after_changes_a_closed_day(world: World, client: httpx.AsyncClient, seed: int) -> None:
    random = Random(seed)
    await world.hear(FACTS)
    await world.settle()
    sha256 = await closed(client)
    before = await sheet(client)
    late = LATE * 2
    random.shuffle(late)
    for start in range(0, len(late), 5):
        await world.hear(late[start : start + 5])
        await world.settle()
        if random.random() < 0.5:
            await taken_apart(world, client)
        assert await sheet(client) == before
    opened = await sheet(client, NEXT)
    assert {(row["kind"], row["pence"]) for row in opened["late"] if row["kind"] == "line"} == {("line", 900), ("line", 693)}
    assert opened["movement"][0]["late_pence"] == 900 + 700 + 100 + 200
    assert [each["sum"] for each in opened["sums"] if each["difference_pence"]] == []
    assert sha256 == before["sign_off"][0]["evidence_sha256"]
    assert await world.broken_laws() == []


async def taken_apart(world: World, client: httpx.AsyncClient) -> None:
    payout = next(page for page in await world.told(PaymentReconciled) if page.settlement_id == named("po_1SYNTH"))
    answer = await client.post(f"/v1/matches/{payout.match_id}/un-match", json={"reason": "another day's"}, headers=ANNE)
    assert answer.status_code == 200


async def test_a_late_item_is_counted_once_in_the_next_day_and_no_more_in_the_one_after(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(FACTS)
    await world.settle()
    first = await closed(client)
    await taken_apart(world, client)
    await world.hear([payment("late", 400), statement([], "next", opening=1_008_380, closed_on=NEXT)])
    await world.settle()
    opened = await sheet(client, NEXT)
    assert [(row["kind"], row["source"], row["pence"]) for row in opened["late"]] == [
        ("un-match", "stripe", -7880), ("payments", "govuk-pay", 400),
    ]  # fmt: skip
    assert (opened["movement"][0]["late_pence"], opened["movement"][0]["settled_pence"]) == (400, 8000)
    assert opened["movement"][0]["carried_forward_pence"] == 8400
    assert holds(opened)
    ready = await prepared(client, NEXT)
    assert ready["evidence_sha256"] != first
    previous = await world.pool.fetchval("SELECT previous_sha256 FROM day_prepared WHERE day = $1", NEXT)
    assert previous == (await sheet(client))["sign_off"][0]["signed_sha256"]
    assert (await signed(client, ready["evidence_sha256"], NEXT)).status_code == 200
    assert (await sheet(client, date(2026, 3, 20)))["late"] == []
    assert await world.broken_laws() == []


async def test_a_closed_day_and_what_is_before_it_stay_closed(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(FACTS)
    await world.settle()
    await closed(client)
    for day in (DAY, date(2026, 3, 17)):
        answer = await client.post(f"/v1/days/{ACCOUNT}/{day}/prepare", headers=ANNE)
        assert answer.status_code == 409


async def test_a_late_statement_of_a_closed_day_is_listed_and_its_lines_move_the_opening(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(FACTS)
    await world.settle()
    await closed(client)
    late = line("late", 100, "770001099", statement_id=named("second"))
    second = statement([late], "second", opening=1_008_380)
    await world.hear([late, second, statement([], "next", opening=1_008_480, closed_on=NEXT)])
    await world.settle()
    opened = await sheet(client, NEXT)
    assert {(row["kind"], row["pence"]) for row in opened["late"]} >= {("statement", 100), ("line", 100)}
    assert opened["statement"][0]["opening_pence"] == 1_008_480
    assert holds(opened)
    await closed(client, NEXT)
    assert (await sheet(client, date(2026, 3, 20)))["late"] == []
    assert await world.broken_laws() == []


async def test_a_balance_that_does_not_follow_keeps_the_day_open_until_it_is_explained(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(FACTS)
    await world.settle()
    await closed(client)
    await world.hear([statement([], "next", opening=1_008_390, closed_on=NEXT)])
    await world.settle()
    ready = await prepared(client, NEXT)
    assert any("does not prove or follow" in each for each in ready["objections"])
    (broken,) = (await client.get("/v1/breaks", params={"council": COUNCIL, "kind": "opening"})).json()
    await client.post(f"/v1/breaks/{broken['break_id']}/explanation", json={"code": "bank-error"}, headers=ANNE)
    await closed(client, NEXT)


async def test_what_was_settled_on_a_closed_day_and_wholly_given_back_on_the_next_leaves_nothing(
    world: World, client: httpx.AsyncClient
) -> None:
    collected = [*file_of("260318", [4500], "bacs-dd", business_on=DAY), line("dd", 4500, "260318 DD")]
    await world.hear([*collected, statement(collected[-1:])])
    await world.settle()
    await closed(client)
    report = remittance("arudd", "bacs-arudd", reversal_count=1, reversals_pence=4500, business_on=NEXT)
    unpaid = reversal("arudd:1", 4500, remittance_id=report.remittance_id, payment_id=named("260318:1"), reversed_on=NEXT)
    back = line("back", -4500, "UNPAID DD", booked_on=NEXT, statement_id=named("next"))
    await world.hear([report, unpaid, back, statement([back], "next", opening=1_004_500, closed_on=NEXT)])
    await world.settle()
    opened = await sheet(client, NEXT)
    assert (opened["late"], opened["movement"][0]["late_pence"], opened["movement"][0]["carried_forward_pence"]) == ([], 0, 0)
    assert holds(opened)
    await closed(client, NEXT)


async def test_what_a_provider_pays_into_one_account_is_in_transit_to_no_other(
    world: World, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = load_pack()
    told = tuple(each.model_copy(update={"bank_account": OTHER}) if each.name == "stripe" else each for each in pack.sources)
    monkeypatch.setattr(client._transport.app.state, "pack", pack.model_copy(update={"sources": told}))  # type: ignore[attr-defined]
    await world.hear([*PAYOUT, payment("later", 900), refund("a:1", "a", 100), *file_of("f", [200])])
    await world.settle()
    assert {row["source"]: row["pence"] for row in (await sheet(client))["unsettled"]} == {"allpay": 200}
    there = await client.get(f"/v1/days/{OTHER}/{DAY}", params={"council": COUNCIL})
    assert {row["source"]: row["pence"] for row in there.json()["unsettled"]} == {"allpay": 200, "govuk-pay": 8800}
    assert holds(there.json())
