"""A day of Anytown's bank, and the steps by which two officers close it."""

from datetime import date
from typing import Any

import httpx

from ims_contracts import Message
from reconcile.anytown_bank import ACCOUNT, COUNCIL, DAY, line, member, payment, settlement, statement
from reconcile.reconcile_world import ANNE, BEN

NEXT = date(2026, 3, 19)
PAYOUT: list[Message] = [payment("a", 5000), payment("b", 3000), *settlement("po_1SYNTH", [member("a", 5000, 75), member("b", 3000, 45)])]
LINES = [line("l", 7880, "STRIPE po_1SYNTH"), line("x", 500, "770001012")]
FACTS = [*PAYOUT, statement(LINES), *LINES]


async def sheet(client: httpx.AsyncClient, day: date = DAY, **asked: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/days/{ACCOUNT}/{day}", params={"council": COUNCIL, **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def prepared(client: httpx.AsyncClient, day: date = DAY, by: dict[str, str] = ANNE) -> dict[str, Any]:
    answer = await client.post(f"/v1/days/{ACCOUNT}/{day}/prepare", headers=by)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def signed(client: httpx.AsyncClient, sha256: str, day: date = DAY, by: dict[str, str] = BEN) -> httpx.Response:
    return await client.post(f"/v1/days/{ACCOUNT}/{day}/close", json={"evidence_sha256": sha256}, headers=by)


async def closed(client: httpx.AsyncClient, day: date = DAY) -> str:
    ready = await prepared(client, day)
    answer = await signed(client, ready["evidence_sha256"], day)
    assert answer.status_code == 200, answer.text
    found: str = ready["evidence_sha256"]
    return found


def holds(found: dict[str, Any]) -> bool:
    return all(not each["difference_pence"] for each in found["sums"])
