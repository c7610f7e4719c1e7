"""Breaks are worked by people: owned, noted, explained, written off by two; found by filters, page by page."""

from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest

from ims_reconcile.domain import TYPE_OF, band_of, working_days_between
from ims_reconcile.domain.explaining import BAND_NAMES, opened_between
from ims_reconcile.domain.wording import BROKEN
from reconcile.anytown_bank import COUNCIL, DAY, line, statement
from reconcile.reconcile_world import ANNE, BEN, NOBODY, World


async def broken(world: World, client: httpx.AsyncClient, *pence: int) -> list[dict[str, Any]]:
    """A break for each debit that nobody explains."""
    lines = [line(f"charge {number}", -each, f"CHARGES {number}") for number, each in enumerate(pence)]
    await world.hear([*lines, statement(lines)])
    await world.settle()
    found: list[dict[str, Any]] = (await client.get("/v1/breaks", params={"council": COUNCIL})).json()
    return found


async def asked(client: httpx.AsyncClient, break_id: str, door: str, by: dict[str, str] = ANNE, **body: str) -> httpx.Response:
    return await client.post(f"/v1/breaks/{break_id}/{door}", json=body, headers=by)


async def test_who_owns_it_and_what_was_said_stay(world: World, client: httpx.AsyncClient) -> None:
    (found,) = await broken(world, client, 300)
    for door, body in (("owner", {"owner": "ben"}), ("notes", {"note": "asked the bank"}), ("explanation", {"code": "fee"})):
        assert (await asked(client, found["break_id"], door, **body)).status_code == 200
    now = (await client.get(f"/v1/breaks/{found['break_id']}")).json()
    assert (now["owner"], now["code"], now["type"]) == ("ben", "fee", "UNIDENTIFIED")
    assert [(each["kind"], each["said"], each["officer"]) for each in now["history"]] == [
        ("owner", "ben", "anne"), ("note", "asked the bank", "anne"), ("explanation", "fee", "anne"),
    ]  # fmt: skip
    with pytest.raises(asyncpg.RaiseError):
        await world.pool.execute("UPDATE break_work SET said = 'nothing'")


@pytest.mark.parametrize(("door", "body", "by", "answer"), [
    ("explanation", {"code": "because"}, ANNE, (422, "timing: it is on its way")),
    ("notes", {"note": " "}, ANNE, (422, "at least 3 characters")),
    ("notes", {"note": "it is so"}, NOBODY, (401, "Say who you are")),
    ("write-off/approve", {}, BEN, (409, "Nobody asked to write off -£3.00")),
])  # fmt: skip
async def test_what_is_refused_says_so_in_words_and_pounds(
    world: World, client: httpx.AsyncClient, door: str, body: dict[str, str], by: dict[str, str], answer: tuple[int, str]
) -> None:
    (found,) = await broken(world, client, 300)
    refused = await asked(client, found["break_id"], door, by, **body)
    assert (refused.status_code, answer[1] in refused.text) == (answer[0], True), refused.text


def test_every_kind_of_break_has_its_words() -> None:
    assert BROKEN.keys() == TYPE_OF.keys()


async def test_an_explanation_is_of_its_pence(world: World, client: httpx.AsyncClient) -> None:
    (found,) = await broken(world, client, 300)
    await asked(client, found["break_id"], "explanation", code="fee")
    await world.pool.execute("UPDATE break SET amount_pence = -301")
    assert (await client.get(f"/v1/breaks/{found['break_id']}")).json()["code"] is None


async def test_a_small_difference_is_written_off_by_one_and_a_large_one_by_two(world: World, client: httpx.AsyncClient) -> None:
    large, small = await broken(world, client, 1000, 1001)
    assert (large["amount_pence"], small["amount_pence"]) == (-1001, -1000)
    assert (await asked(client, small["break_id"], "write-off", reason="too small")).json()["code"] == "written-off"
    assert (await asked(client, large["break_id"], "write-off", reason="too old")).json()["code"] is None
    assert (await asked(client, large["break_id"], "write-off/approve", ANNE)).status_code == 403
    for _ in range(2):
        assert (await asked(client, large["break_id"], "write-off/approve", BEN)).json()["code"] == "written-off"
    with pytest.raises(asyncpg.CheckViolationError):
        await world.pool.execute(
            "INSERT INTO write_off_approved SELECT write_off_id, asked_by, asked_by, now() FROM write_off WHERE NOT needs_approval"
        )


async def test_filters_and_pages_find_each_break_once(world: World, client: httpx.AsyncClient) -> None:
    every = await broken(world, client, *range(100, 107))
    await asked(client, every[0]["break_id"], "owner", owner="ben")
    await asked(client, every[1]["break_id"], "explanation", code="fee")
    seen, path = [], f"/v1/breaks?council={COUNCIL}&most=3&type=UNIDENTIFIED"
    while path:
        answer = await client.get(path)
        seen += [each["break_id"] for each in answer.json()]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert seen == [each["break_id"] for each in every]
    for query, count in (
        ("owner=ben", 1), ("is_explained=false", 6), ("code=fee", 1), ("kind=opening", 0), ("type=FEE_DIFF&kind=bank-debit-unexplained", 0),
        ("working_days=31%2B", 7), ("working_days=0-2", 0), ("source=stripe", 0),
    ):  # fmt: skip
        assert len((await client.get(f"/v1/breaks?council={COUNCIL}&{query}")).json()) == count, query
    assert (await client.get(f"/v1/breaks?council={COUNCIL}&after=nonsense")).status_code == 400


@pytest.mark.parametrize("band", BAND_NAMES)
@pytest.mark.parametrize("today", [DAY, date(2026, 1, 5), date(2026, 4, 7)])
def test_a_band_is_the_days_whose_age_is_in_it(band: str, today: date) -> None:
    first, last = opened_between(band, today)
    for number in range(100):
        day = date.fromordinal(today.toordinal() - number)
        assert (first <= day <= last) is (band_of(working_days_between(day, today)) == band)
