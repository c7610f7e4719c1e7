"""Each day of an invented council is closed on the evening it is over: with delays, fees, returns and planted faults all sums hold."""

from datetime import date

import httpx
import pytest

from ims_local.month.calendar import month
from ims_local.month.day import Desk
from ims_local.month.engine import Engine
from reconcile.reconcile_world import ANNE, BEN, World

EXPLAIN = """INSERT INTO break_work (break_id, council, kind, said, amount_pence, officer)
  SELECT break_id, council, 'explanation', 'investigating', amount_pence, 'anne' FROM worked_break WHERE is_open AND code IS NULL"""
UNTIL = date(2026, 3, 12)


async def test_every_day_can_be_closed_and_the_chain_holds(
    world: World, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(1500, 3)
    engine, account, closed = Engine(world.pool, desk.council.pack), desk.council.accounts["main"], 0
    monkeypatch.setattr(client._transport.app.state, "pack", desk.council.pack)  # type: ignore[attr-defined]
    for day, facts in month(desk):
        if day > UNTIL:
            break
        await engine.hear(facts)
        await engine.settle()
        if not await world.pool.fetchval("SELECT count(*) FROM statement WHERE (bank_account, closed_on) = ($1, $2)", account, day):
            continue
        await world.pool.execute(EXPLAIN)
        ready = (await client.post(f"/v1/days/{account}/{day}/prepare", headers=ANNE)).json()
        assert ready["objections"] == [], day
        signed = {"evidence_sha256": ready["evidence_sha256"]}
        assert (await client.post(f"/v1/days/{account}/{day}/close", json=signed, headers=BEN)).status_code == 200
        closed += 1
    assert closed == 9
    assert await world.pool.fetchval("SELECT count(*) FROM expectation WHERE kind = 'reversal'") > 0
    assert await world.broken_laws() == []
