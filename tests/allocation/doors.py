"""Allocation's doors, and the officers who decide there."""

import hashlib
from collections.abc import Iterable
from itertools import count
from typing import Any

import httpx

from allocation.anytown import COUNCIL, PACKS, name
from databases import empty as empty
from ims_allocation.app import build
from ims_allocation.handlers import on_accounts, on_payments
from ims_allocation.settings import Settings
from ims_allocation.store import reports, taxes
from ims_contracts.accounts import AccountChanged
from ims_kit import Service, begin


def token(officer: str) -> str:
    return f"the token of {officer}"


OFFICERS: Any = {
    each: {"token_sha256": hashlib.sha256(token(each).encode()).hexdigest(), "council": COUNCIL} for each in ("Ann", "Bob", "Cid")
}
WITH_OFFICERS: Any = {"kafka_bootstrap": "nowhere:9", "database_url": "postgresql://nowhere/none", "officers": OFFICERS}
SETTINGS = Settings(**WITH_OFFICERS)
KEYS = map(str, count(1))


def client_of(service: Service, by: str | None = "Ann") -> httpx.AsyncClient:
    """An officer at the doors, or nobody."""
    headers = {"authorization": f"Bearer {token(by)}"} if by else {}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=service.api), base_url="http://allocation", headers=headers)


class Office:
    """Officers before the service: Ann, unless another is named."""

    def __init__(self, pool: Any, **settings: Any) -> None:
        service = build(Settings(**WITH_OFFICERS | settings))
        service.pool, self.names = pool, service.settings.names
        self.pool, self.http = pool, client_of(service)

    async def hear(self, *heard: Any) -> None:
        accounts = [each for each in heard if isinstance(each, AccountChanged)]
        others = [each for each in heard if not isinstance(each, AccountChanged)]
        async with begin(self.pool) as work:
            await on_accounts(accounts, work, packs=PACKS, names=self.names)
        async with begin(self.pool) as work:
            await on_payments(others, work, packs=PACKS, names=self.names)

    async def post(
        self, path: str, body: dict[str, Any] | None = None, key: str | None = None, by: str = "Ann", **headers: str
    ) -> httpx.Response:
        sent = {"idempotency-key": key or next(KEYS), "authorization": f"Bearer {token(by)}"} | headers
        return await self.http.post(path, json=body, headers=sent)

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.http.get(path, params={"council": COUNCIL} | params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def story(self, called: str) -> Any:
        return await self.get(f"/v1/payments/{name(called)}")

    async def decide(self, *groups: dict[str, Any], by: str = "Ann", key: str | None = None, **more: Any) -> httpx.Response:
        return await self.post("/v1/decisions", {"decisions": groups, "reason": "the payer rang"} | more, key, by)

    async def placed(self, called: str) -> dict[Any, int]:
        """Where a payment is, by account, and in pence."""
        story = await self.story(called)
        last = story["steps"][-1]
        there: dict[Any, int] = {f"{part['fund']}/{part['account_reference']}": part["amount_pence"] for part in last["parts"]}
        there |= {what: story[f"{what}_pence"] for what in ("suspended", "refund_due") if story[f"{what}_pence"]}
        assert sum(line["amount_pence"] for line in story["lines"]) == 0
        return there

    async def assert_lawful(self) -> None:
        broken = [law for law in [*await reports.laws(self.pool), *await taxes.laws(PACKS, self.pool)] if not law["holds"]]
        assert not broken, broken


def of(*called: str | tuple[str, int]) -> list[dict[str, Any]]:
    """Payments, each with the revision that was looked at: the first, if none is said."""
    pairs = [(each, 1) if isinstance(each, str) else each for each in called]
    return [{"payment_id": str(name(each)), "revision": revision} for each, revision in pairs]


def to(*accounts: tuple[str, int]) -> list[dict[str, Any]]:
    """Accounts as `fund/reference`, and what each gets."""
    return [{"fund": each.split("/")[0], "account_reference": each.split("/")[1], "amount_pence": pence} for each, pence in accounts]


def group(payments: list[dict[str, Any]], accounts: Iterable[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    return {"payments": payments, "to": list(accounts)} | more
