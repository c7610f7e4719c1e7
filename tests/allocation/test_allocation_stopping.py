"""An officer stops a way of placing without a person at once and alone; only another lets it go on."""

from typing import Any

import asyncpg
import pytest

from allocation.anytown import COUNCIL
from allocation.doors import Office, group, of, to
from allocation.test_allocation_payers import HOME, KEY, OTHER, TAX, say, teach, transfer

BY_PAYER: dict[str, Any] = {"fund": "23", "way": "by-payer", "reason": "three complaints today"}


@pytest.fixture
async def office(pool: Any) -> Office:
    """Where the payer of council tax is known, so that its payer alone places it."""
    office = Office(pool, name_key=KEY)
    await office.hear(TAX, OTHER, transfer())
    await pool.execute("UPDATE owing SET accounts = 100000 WHERE amount_pence = 0")
    await say(office, "confirm", (await teach(office))["learned"])
    return office


async def test_one_officer_stops_it_at_once_and_another_lets_it_go_on(office: Office) -> None:
    await office.hear(transfer("before"))
    stopped = await office.post("/v1/automatic/stop", BY_PAYER)
    assert stopped.status_code == 200
    [found] = stopped.json()
    assert (found["is_stopped"], found["stopped_by"]) == (True, "Ann")
    assert found["words"] == "placing by the payer alone for fund 23 is stopped: Ann stopped it: three complaints today"
    assert await office.get("/v1/automatic/stopped") == [found]
    await office.hear(transfer("meanwhile"))
    assert (await office.placed("before"), await office.placed("meanwhile")) == ({HOME: 9610}, {"suspended": 9610})
    [step] = (await office.story("meanwhile"))["steps"]
    assert step["evidence"]["held_by"].endswith("or an officer stopped it")
    assert (await office.post("/v1/automatic/resume", BY_PAYER)).status_code == 403
    assert (await office.post("/v1/automatic/resume", BY_PAYER, by="Bob")).json() == []
    await office.hear(transfer("after"))
    assert (await office.placed("after"), await office.placed("meanwhile")) == ({HOME: 9610}, {"suspended": 9610})
    await office.assert_lawful()


@pytest.mark.parametrize("another", [{"fund": "24"}, {"way": "repaired"}])
async def test_nothing_else_is_stopped_with_it(office: Office, another: dict[str, Any]) -> None:
    await office.post("/v1/automatic/stop", BY_PAYER | another)
    await office.hear(transfer("2"))
    assert await office.placed("2") == {HOME: 9610}


async def test_a_stop_that_comes_again_after_it_was_let_go_on_stops_nothing(office: Office) -> None:
    await office.post("/v1/automatic/stop", BY_PAYER, "k")
    for _ in range(2):  # the first word counts
        await office.post("/v1/automatic/stop", BY_PAYER | {"reason": "mine too"}, by="Bob")
    assert [each["stopped_by"] for each in await office.get("/v1/automatic/stopped")] == ["Ann"]
    for _ in range(2):
        assert (await office.post("/v1/automatic/resume", BY_PAYER, "r", by="Bob")).status_code == 200
    assert (await office.post("/v1/automatic/stop", BY_PAYER, "k")).json() == []
    assert (await office.post("/v1/automatic/resume", BY_PAYER, by="Cid")).status_code == 409
    assert [each["stopped_by"] for each in (await office.post("/v1/automatic/stop", BY_PAYER, by="Cid")).json()] == ["Cid"]
    assert len((await office.post("/v1/automatic/resume", BY_PAYER, "r", by="Bob")).json()) == 1  # what came before is not done again
    assert (await office.post("/v1/automatic/resume", BY_PAYER, by="Ann")).json() == []


async def test_a_fund_that_there_is_not_and_a_way_that_there_is_not_are_refused(office: Office) -> None:
    assert (await office.post("/v1/automatic/stop", BY_PAYER | {"fund": "77"})).status_code == 422
    assert (await office.post("/v1/automatic/stop", BY_PAYER | {"way": "all"})).status_code == 422
    assert await office.get("/v1/automatic/stopped") == []


async def test_the_database_lets_nobody_let_their_own_stop_go_on_and_keeps_what_was_said(office: Office) -> None:
    await office.post("/v1/automatic/stop", BY_PAYER)
    resume = """INSERT INTO automatic_resume (council, stop_id, resume_id, stopped_by, resumed_by, reason, resumed_at)
      SELECT council, stop_id, stop_id, stopped_by, $2, 'r', now() FROM automatic_stop WHERE council = $1"""
    with pytest.raises(asyncpg.CheckViolationError):
        await office.pool.execute(resume, COUNCIL, " ann ")
    with pytest.raises(asyncpg.RaiseError):
        await office.pool.execute("DELETE FROM automatic_stop")


async def test_what_was_found_wrong_is_told_beside_it(office: Office) -> None:
    await office.hear(transfer("2"))
    await office.decide(group(of("2"), to(("23/770001478", 9610))))
    [found] = await office.get("/v1/automatic/stopped")
    assert found["words"] == "placing by the payer alone for fund 23 is stopped: 1 of 1 within 30 days were wrong"
    [found] = (await office.post("/v1/automatic/stop", BY_PAYER)).json()
    assert found["words"].endswith("Ann stopped it: three complaints today; 1 of 1 within 30 days were wrong")
