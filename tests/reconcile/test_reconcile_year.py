"""A year is cut off by two officers on what its closed days come to; what comes after is in transit or the prior year's."""

import asyncio
import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from ims_contracts import Message
from ims_contracts.reconciliations import YearClosed
from ims_kit import begin
from ims_reconcile.domain.chain import Signature, canonical, chained
from ims_reconcile.domain.year_sheet import Year
from reconcile.anytown_bank import ACCOUNT, COUNCIL, DAY, line, member, named, payment, settlement, statement
from reconcile.reconcile_world import ANNE, BEN, World
from reconcile.two_officers import FACTS, closed, sheet

END, APRIL = date(2026, 3, 31), date(2026, 4, 2)
PATH = f"/v1/years/{ACCOUNT}/2026"
NO_ENTRIES = [statement([], "end", opening=1_008_380, closed_on=END)]
IN_TRANSIT: list[Message] = [payment("t", 700, paid_on=date(2026, 3, 30), received_on=date(2026, 3, 30))]


def paid_over() -> list[Message]:
    """What was in transit comes in April."""
    line_of_april = line("april", 693, "STRIPE po_2SYNTH", booked_on=APRIL, value_on=APRIL, statement_id=named("april"))
    stated = statement([line_of_april], "april", opening=1_009_280, closed_on=APRIL)
    return [*settlement("po_2SYNTH", [member("t", 700, 7)], paid_on=APRIL), line_of_april, stated]


async def year(client: httpx.AsyncClient, **asked: str) -> dict[str, Any]:
    answer = await client.get(PATH, params={"council": COUNCIL, **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def prepared(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.post(f"{PATH}/prepare", headers=ANNE)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def signed(client: httpx.AsyncClient, sha256: str, by: dict[str, str] = BEN) -> httpx.Response:
    return await client.post(f"{PATH}/close", json={"evidence_sha256": sha256}, headers=by)


async def year_of_two_days(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(FACTS)
    await world.settle()
    await closed(client)
    await world.hear([*IN_TRANSIT, *NO_ENTRIES])
    await world.settle()
    await closed(client, END)


async def cut_off(world: World, client: httpx.AsyncClient) -> str:
    await year_of_two_days(world, client)
    ready = await prepared(client)
    assert ready["objections"] == []
    assert (await signed(client, ready["evidence_sha256"])).status_code == 200
    sha256: str = ready["evidence_sha256"]
    return sha256


async def test_a_year_is_the_sum_of_its_days_and_says_what_is_in_transit(world: World, client: httpx.AsyncClient) -> None:
    await year_of_two_days(world, client)
    found, days = await year(client), [await sheet(client, day) for day in (DAY, END)]
    assert (found["statement"][0]["opening_pence"], found["statement"][0]["closing_pence"]) == (1_000_000, 1_008_380)
    assert sum(row["pence"] for row in found["received"]) == sum(row["pence"] for each in days for row in each["received"])
    assert sum(row["net_pence"] for row in found["settled"]) == sum(row["net_pence"] for each in days for row in each["settled"])
    assert [(row["source"], row["pence"], row["oldest_on"]) for row in found["in_transit"] if row["pence"]] == [
        ("govuk-pay", 700, "2026-03-30")
    ]
    assert found["movement"][0]["in_transit_pence"] == 700
    assert not any(each["difference_pence"] for each in found["sums"])
    assert (found["cut_off"][0]["day_count"], found["cut_off"][0]["is_chain_whole"]) == (2, True)


async def test_what_is_settled_or_heard_after_the_cut_off_changes_nothing_of_it_and_is_reported(
    world: World, client: httpx.AsyncClient
) -> None:
    await cut_off(world, client)
    before = await year(client)
    late_line = line("late", 900, "770001020", statement_id=named("late"))
    await world.hear([*paid_over(), payment("late", 400), late_line, statement([late_line], "late", opening=1_008_380, closed_on=END)])
    await world.settle()
    after = await year(client)
    assert {**after, "since": [], "prior_year": []} == {**before, "since": [], "prior_year": []}
    assert [(row["source"], row["settled_since_pence"], row["left_pence"]) for row in after["since"]] == [("govuk-pay", 700, 400)]
    late = {(row["kind"], row["source"], row["pence"]) for row in after["prior_year"]}
    assert late >= {("statement", "camt.053", 900), ("line", "bank", 900), ("payments", "govuk-pay", 400)}
    opened = await sheet(client, APRIL)
    assert opened["movement"][0]["late_pence"] == 400 + 900, "it is posted in the open day, once"
    await closed(client, APRIL)
    assert {(row["kind"], row["source"], row["pence"]) for row in (await year(client))["prior_year"]} == late
    assert await world.broken_laws() == []


async def test_what_was_explained_when_a_day_was_closed_is_no_objection_to_its_year(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(FACTS)
    await world.settle()
    await closed(client)
    await world.hear([NO_ENTRIES[0].model_copy(update={"closing_pence": 1_008_480})])
    await world.settle()
    (found,) = [each for each in (await client.get("/v1/breaks", params={"council": COUNCIL})).json() if each["kind"] == "balance"]
    await client.post(f"/v1/breaks/{found['break_id']}/explanation", json={"code": "bank-error"})
    await closed(client, END)
    assert (await prepared(client))["objections"] == []
    stated = (await year(client))["statement"][0]
    assert (stated["explained_pence"], stated["difference_pence"]) == (100, 0)


async def test_a_year_is_cut_off_by_two_and_once(world: World, client: httpx.AsyncClient) -> None:
    await year_of_two_days(world, client)
    assert (await year(client))["sign_off"] == [{"state": "open"}]
    sha256 = (await prepared(client))["evidence_sha256"]
    assert (await prepared(client))["evidence_sha256"] == sha256
    said = (await year(client))["sign_off"][0]
    assert (said["state"], said["prepared_by"], said["is_as_prepared"]) == ("prepared", "anne", True)
    assert (await signed(client, sha256, by=ANNE)).status_code == 403
    answers = await asyncio.gather(*(signed(client, sha256) for _ in range(3)))
    assert sorted(each.json()["is_new"] for each in answers) == [False, False, True]
    (told,) = await world.told(YearClosed)
    assert (told.ended_on, told.opening_pence, told.closing_pence, told.in_transit_pence) == (END, 1_000_000, 1_008_380, 700)
    assert told.evidence_sha256 == sha256
    assert (await client.post(f"{PATH}/prepare", headers=ANNE)).status_code == 409
    with pytest.raises(asyncpg.RaiseError):
        await world.pool.execute("UPDATE year_closed SET closed_by = 'eve'")


async def test_the_database_refuses_one_officer(world: World, client: httpx.AsyncClient) -> None:
    await year_of_two_days(world, client)
    await prepared(client)
    with pytest.raises(asyncpg.CheckViolationError):
        await world.pool.execute(
            """INSERT INTO year_closed SELECT council, bank_account, year, evidence_sha256, previous_sha256, prepared_by, prepared_by,
              now(), '' FROM year_prepared"""
        )


async def test_what_was_closed_is_listed(world: World, client: httpx.AsyncClient) -> None:
    sha256 = await cut_off(world, client)
    asked = {"council": COUNCIL}
    assert (await client.get("/v1/days", params=asked)).json() == [{"bank_account": ACCOUNT, "stated_on": str(END), "closed_on": str(END)}]
    days = (await client.get(f"/v1/days/{ACCOUNT}", params=asked)).json()
    assert [(each["day"], each["prepared_by"], each["closed_by"]) for each in days] == [(str(day), "anne", "ben") for day in (END, DAY)]
    assert (await client.get(f"/v1/days/{ACCOUNT}", params={**asked, "before": str(END)})).json() == days[1:]
    (year,) = (await client.get(f"/v1/years/{ACCOUNT}", params=asked)).json()
    assert (year["year"], year["evidence_sha256"]) == (2026, sha256)
    assert (await client.get(f"/v1/years/{ACCOUNT}", params={**asked, "before": 2026})).json() == []


async def test_a_year_waits_for_its_last_working_day_and_goes_on_from_it(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(FACTS)
    await world.settle()
    await closed(client)
    early = await prepared(client)
    assert early["objections"] == ["Close 2026-03-31 first: it is the last working day of the year."]
    assert (await signed(client, early["evidence_sha256"])).status_code == 409
    await world.hear(NO_ENTRIES)
    await world.settle()
    await closed(client, END)
    assert "was closed since this was prepared" in (await signed(client, early["evidence_sha256"])).json()["detail"]
    assert (await signed(client, "0" * 64)).status_code == 404
    found = await prepared(client)
    assert (await signed(client, found["evidence_sha256"])).status_code == 200
    frozen = await year(client)
    (said,), _, _ = frozen.pop("sign_off"), frozen.pop("since"), frozen.pop("prior_year")
    assert chained((await sheet(client, END))["sign_off"][0]["signed_sha256"], canonical(frozen)) == said["evidence_sha256"]
    times = [datetime.fromisoformat(said[name]) for name in ("prepared_at", "closed_at")]
    assert Signature(said["evidence_sha256"], "anne", times[0], "ben", times[1]).sha256 == said["signed_sha256"]


@pytest.mark.parametrize("forged", [
    "UPDATE year_closed SET closed_by = 'eve'",
    "UPDATE year_prepared SET evidence = replace(evidence, '700', '701')",
    "UPDATE year_closed SET previous_sha256 = repeat('1', 64)",
])  # fmt: skip
async def test_whatever_is_forged_of_a_year_is_found(world: World, client: httpx.AsyncClient, forged: str) -> None:
    await cut_off(world, client)
    assert await world.broken_laws() == []
    async with begin(world.pool) as work:
        await work.connection.execute("SET LOCAL session_replication_role = replica")
        await work.connection.execute(forged)
    assert [law["law"] for law in await world.broken_laws()] == ["years that are cut off are what was signed"]


async def test_a_forged_day_keeps_its_year_open(world: World, client: httpx.AsyncClient) -> None:
    await year_of_two_days(world, client)
    async with begin(world.pool) as work:
        await work.connection.execute("SET LOCAL session_replication_role = replica")
        await work.connection.execute("UPDATE day_closed SET closed_by = 'eve' WHERE day = $1", DAY)
    assert any("not a chain" in each for each in (await prepared(client))["objections"])


async def test_no_day_of_a_year_that_is_cut_off_is_closed_any_more(world: World, client: httpx.AsyncClient) -> None:
    """A year whose 31 March is a Sunday ends with its Friday: the Sunday cannot be slipped in afterwards."""
    friday, sunday = date(2024, 3, 28), date(2024, 3, 31)
    assert Year(COUNCIL, ACCOUNT, 2024).last_working_day == friday, "the 29th was Good Friday"
    await world.hear([statement([], "friday", opening=5, closed_on=friday), statement([], "sunday", opening=5, closed_on=sunday)])
    await world.settle()
    await closed(client, friday)
    slipped = (await client.post(f"/v1/days/{ACCOUNT}/{sunday}/prepare", headers=ANNE)).json()["evidence_sha256"]
    path = PATH.replace("2026", "2024")
    sha256 = (await client.post(f"{path}/prepare", headers=ANNE)).json()["evidence_sha256"]
    assert (await client.post(f"{path}/close", json={"evidence_sha256": sha256}, headers=BEN)).status_code == 200
    assert (await client.post(f"/v1/days/{ACCOUNT}/{sunday}/prepare", headers=ANNE)).status_code == 409
    body = {"evidence_sha256": slipped}
    assert (await client.post(f"/v1/days/{ACCOUNT}/{sunday}/close", json=body, headers=BEN)).status_code == 409
    assert (await client.post(f"/v1/days/{ACCOUNT}/{sunday + timedelta(1)}/prepare", headers=ANNE)).status_code == 200


async def test_a_year_prints_and_exports(world: World, client: httpx.AsyncClient) -> None:
    await cut_off(world, client)
    for form, begins in (("html", b"<!DOCTYPE html>"), ("pdf", b"%PDF-"), ("parquet", b"PAR1")):
        answer = await client.get(PATH, params={"council": COUNCIL, "format": form})
        assert answer.content.startswith(begins)
    exported = await client.get(PATH, params={"council": COUNCIL, "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(exported.text)))
    assert [row["value"] for row in rows if (row["section"], row["name"]) == ("movement", "in_transit_pence")] == ["700"]
    assert (await client.get(PATH.replace("2026", "26"), params={"council": COUNCIL})).status_code == 422
