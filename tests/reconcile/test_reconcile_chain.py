"""What two officers signed is one chain, whoever closes at the same moment, and whatever is forged of it is found."""

import asyncio
from datetime import datetime

import asyncpg
import httpx
import pytest

from ims_contracts.reconciliations import DayClosed
from ims_kit import begin
from ims_reconcile.domain.chain import BEGINNING, Signature, canonical, chained
from ims_reconcile.store import signing
from ims_reconcile.store.days import Day
from reconcile.anytown_bank import ACCOUNT, COUNCIL, DAY, statement
from reconcile.reconcile_world import ANNE, BEN, World
from reconcile.two_officers import FACTS, NEXT, closed, prepared, sheet, signed


async def test_officers_at_the_same_moment_close_a_day_once(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(FACTS)
    await world.settle()
    ready = await asyncio.gather(*(client.post(f"/v1/days/{ACCOUNT}/{DAY}/prepare", headers=by) for by in (ANNE, ANNE, BEN)))
    made = {each.json()["evidence_sha256"] for each in ready if each.status_code == 200}
    assert (len(made), {each.status_code for each in ready} <= {200, 503}) == (1, True)
    answers = await asyncio.gather(*(signed(client, *made, by=by) for by in (ANNE, BEN) * 3))
    assert sum(each.status_code == 200 and each.json()["is_new"] for each in answers) == 1
    assert len(await world.told(DayClosed)) == 1


async def test_what_was_prepared_before_another_day_was_closed_is_prepared_again(world: World, client: httpx.AsyncClient) -> None:
    await world.hear([*FACTS, statement([], "next", opening=1_008_380, closed_on=NEXT)])
    await world.settle()
    early = await prepared(client, NEXT)
    first = await closed(client)
    assert (await signed(client, early["evidence_sha256"], NEXT)).status_code == 409
    second = await closed(client, NEXT)
    chain = await world.pool.fetch("SELECT previous_sha256, evidence_sha256 FROM day_closed ORDER BY day")
    assert [tuple(row) for row in chain] == [("0" * 64, first), ((await sheet(client))["sign_off"][0]["signed_sha256"], second)]
    assert await world.broken_laws() == []


async def test_the_database_refuses_one_officer_and_every_change(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(FACTS)
    await world.settle()
    ready = await prepared(client)
    with pytest.raises(asyncpg.CheckViolationError):
        await world.pool.execute(
            """INSERT INTO day_closed SELECT council, bank_account, day, evidence_sha256, previous_sha256, prepared_by, prepared_by,
              now(), '' FROM day_prepared"""
        )
    assert (await signed(client, ready["evidence_sha256"])).status_code == 200
    for sql in ("UPDATE day_prepared SET evidence = ''", "DELETE FROM day_closed", "DELETE FROM day_line", "TRUNCATE day_match"):
        with pytest.raises(asyncpg.RaiseError):
            await world.pool.execute(sql)


CHAIN, COUNTED = "closed days are a chain of what was signed", "a closed day is what it counted"


@pytest.mark.parametrize(("forged", "laws"), [
    ("UPDATE day_prepared SET evidence = replace(evidence, '7880', '7881')", {CHAIN, COUNTED}),
    ("UPDATE day_prepared SET prepared_at = prepared_at - interval '1 day'", {CHAIN}),
    ("UPDATE day_closed SET closed_at = closed_at - interval '1 day'", {CHAIN}),
    ("UPDATE day_closed SET closed_by = 'eve'", {CHAIN}),
    ("UPDATE day_closed SET prepared_by = 'eve'", {CHAIN}),
    ("UPDATE day_closed SET previous_sha256 = repeat('1', 64)", {CHAIN}),
    ("DELETE FROM day_line", {COUNTED}),
    ("DELETE FROM day_match", {COUNTED}),
])  # fmt: skip
async def test_whatever_is_forged_of_a_closed_day_is_found(world: World, client: httpx.AsyncClient, forged: str, laws: set[str]) -> None:
    await world.hear(FACTS)
    await world.settle()
    await closed(client)
    async with begin(world.pool) as work:
        await work.connection.execute("SET LOCAL session_replication_role = replica")
        await work.connection.execute(forged)
    assert {law["law"] for law in await world.broken_laws()} == laws


async def test_whoever_has_the_sheets_can_check_the_chain(world: World, client: httpx.AsyncClient) -> None:
    await world.hear([*FACTS, statement([], "next", opening=1_008_380, closed_on=NEXT)])
    await world.settle()
    last = BEGINNING
    for day in (DAY, NEXT):
        await closed(client, day)
        found = await sheet(client, day)
        (said,) = found.pop("sign_off")
        assert chained(last, canonical(found)) == said["evidence_sha256"]
        prepared_at, closed_at = (datetime.fromisoformat(said[name]) for name in ("prepared_at", "closed_at"))
        last = Signature(said["evidence_sha256"], said["prepared_by"], prepared_at, said["closed_by"], closed_at).sha256
        assert last == said["signed_sha256"]


async def test_of_two_days_signed_at_the_same_moment_one_goes_on_from_the_other_or_is_refused(
    world: World, client: httpx.AsyncClient
) -> None:
    await world.hear([*FACTS, statement([], "next", opening=1_008_380, closed_on=NEXT)])
    await world.settle()
    ready = {day: (await prepared(client, day))["evidence_sha256"] for day in (DAY, NEXT)}
    answers = await asyncio.gather(*(signed(client, ready[day], day) for day in (DAY, NEXT) * 3))
    new = [each for each in answers if each.status_code == 200 and each.json()["is_new"]]
    assert len(new) == len(await world.told(DayClosed)) == 1
    assert {each.status_code for each in answers} == {200, 409}
    assert await world.broken_laws() == []


async def test_the_database_itself_lets_no_chain_fork(world: World, client: httpx.AsyncClient) -> None:
    """As if two officers came past every check of ours, each in a transaction that does not see the other's."""
    await world.hear([*FACTS, statement([], "next", opening=1_008_380, closed_on=NEXT)])
    await world.settle()
    ready = [(Day(COUNCIL, ACCOUNT, day), (await prepared(client, day))["evidence_sha256"]) for day in (DAY, NEXT)]

    async def close(asked: Day, sha256: str) -> None:
        async with begin(world.pool) as work:
            at = await work.connection.fetchval("SELECT prepared_at FROM day_prepared WHERE evidence_sha256 = $1", sha256)
            await signing.close(work.connection, asked, Signature(sha256, "anne", at, "ben", work.now))
            await asyncio.sleep(0.05)

    ends = await asyncio.gather(*(close(*each) for each in ready), return_exceptions=True)
    assert sorted(type(each) for each in ends if each) == [asyncpg.UniqueViolationError]
