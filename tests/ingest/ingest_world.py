"""Ingest as its tests see it: its doors over HTTP, its topic's handler, and what it told, on a real PostgreSQL."""

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import uvicorn

from databases import empty
from ims_contracts import MESSAGES
from ims_contracts.message import Message
from ims_contracts.payments import PaymentSubmitted
from ims_ingest.app import build
from ims_ingest.handlers.submissions import on_submissions
from ims_ingest.settings import Settings
from ims_kit import Service, begin
from ims_kit.service import Server

COUNCIL, OTHER_COUNCIL = "E07999999", "E08999999"
SAMPLES = Path(__file__).parents[2] / "samples"
TOKEN, OTHER_TOKEN, SECRET, OLD_SECRET = "a-token", "another-token", "webhook_test_signing_secret", "the-secret-before"
SOURCES = ["portal", "allpay", "council", "bank", "stripe", "dwp", "ereturn", "bacs-dd", "bacs-arudd", "bacs-arucs", "bacs-ddica",
           "bacs-addacs", "bacs-auddis", "bacs-input-report", "govuk-pay", "paypoint", "by-hand"]  # fmt: skip


def settings(url: str, **more: Any) -> Settings:
    def publisher(token: str, council: str, sources: list[str]) -> dict[str, Any]:
        return {"token_sha256": hashlib.sha256(token.encode()).hexdigest(), "council": council, "sources": sources}

    return Settings.model_validate({
        "kafka_bootstrap": "127.0.0.1:1",
        "database_url": url,
        "publishers": {"office": publisher(TOKEN, COUNCIL, SOURCES), "parking": publisher(OTHER_TOKEN, OTHER_COUNCIL, ["parking"])},
        "govuk_pay_secrets": {COUNCIL: [SECRET, OLD_SECRET]},
    } | more)


def submitted(number: int = 1, **strange: Any) -> PaymentSubmitted:
    """A payment as a portal submits it; one keyword away from a strange one."""
    plain = {
        "council": COUNCIL, "source": "portal", "source_payment_id": f"P{number}", "channel": "web", "method_of_payment": "card-stripe",
        "amount_pence": 3500, "paid_on": date(2026, 3, 18), "received_on": date(2026, 3, 18), "reference": "BJ90001186",
    }  # fmt: skip
    return PaymentSubmitted.model_validate(plain | strange)


class Ingest:
    """One service without Kafka: its HTTP side, its doors and its handler."""

    def __init__(self, service: Service, http: httpx.AsyncClient) -> None:
        self.service, self.http = service, http

    async def empty(self) -> None:
        await empty(self.service.pool)

    async def hear(self, *messages: Message) -> None:
        async with begin(self.service.pool) as work:
            await on_submissions(list(messages), work)  # type: ignore[arg-type]

    async def told(self, kind: type[Message] | None = None) -> list[Message]:
        """What was told, in its order; of one kind, where one is named."""
        found = await self.service.pool.fetch("SELECT headers, body FROM told ORDER BY id")
        facts = [MESSAGES[json.loads(row["headers"])["ce_type"]].model_validate_json(row["body"]) for row in found]
        return [fact for fact in facts if kind is None or isinstance(fact, kind)]

    async def names_told(self) -> dict[str, int]:
        return dict(Counter(type(fact).__name__ for fact in await self.told()))

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.service.pool.fetch(sql)]

    async def file(self, content: bytes, source: str | None = None, council: str = COUNCIL) -> httpx.Response:
        asked = {"council": council} | ({"source": source} if source else {})
        return await self.http.post("/v1/files", params=asked, content=content)

    async def sample(self, name: str) -> httpx.Response:
        return await self.file((SAMPLES / name).read_bytes())

    async def pays(self, body: dict[str, Any], key: str = "k1", **headers: str) -> httpx.Response:
        return await self.http.post("/v1/payments", json=body, headers={"idempotency-key": key} | headers)

    async def event(self, body: bytes, secret: str = SECRET, council: str = COUNCIL) -> httpx.Response:
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return await self.http.post(f"/v1/webhooks/govuk-pay/{council}", content=body, headers={"pay-signature": signature})


@contextlib.asynccontextmanager
async def ingesting(url: str, **more: Any) -> AsyncIterator[Ingest]:
    service = build(settings(url, **more))
    service.pool = await asyncpg.create_pool(url, min_size=0, max_size=8)
    doors = [asyncio.ensure_future(door.run()) for door in service.doors]
    transport = httpx.ASGITransport(app=service.api)
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://ingest", headers=headers) as http:
        yield Ingest(service, http)
    for door in doors:
        door.cancel()
    await asyncio.gather(*doors, return_exceptions=True)
    await service.pool.close()


@contextlib.asynccontextmanager
async def served(ingest: Ingest) -> AsyncIterator[str]:
    """Its address, where others than its own client reach it."""
    server = Server(uvicorn.Config(ingest.service.api, host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


def events() -> list[bytes]:
    """The sample day's GOV.UK Pay events, in the order they came."""
    return [json.loads(line)["body"].encode() for line in (SAMPLES / "govukpay_webhooks.jsonl").read_text().splitlines()]


def pay_event(kind: str, payment: str = "pay1", at: str = "2026-03-16T10:00:05.000Z", **resource: Any) -> bytes:
    """A GOV.UK Pay event; `kind` is the last word of its type."""
    plain = {
        "payment_id": payment, "amount": 5000, "state": {"status": "success", "finished": True}, "reference": "770001478",
        "payment_provider": "stripe", "created_date": "2026-03-16T09:58:00.000Z", "moto": False,
        "refund_summary": {"amount_submitted": 0}, "settlement_summary": {"capture_submit_time": "2026-03-16T10:00:00.000Z"},
    }  # fmt: skip
    event = {
        "webhook_message_id": f"{payment}-{kind}-{at}", "created_date": at, "resource_id": payment, "resource_type": "PAYMENT",
        "event_type": f"card_payment_{kind}", "resource": plain | resource,
    }  # fmt: skip
    return json.dumps(event).encode()


def refunded(in_all_pence: int, at: str = "2026-03-17T10:00:00.000Z") -> bytes:
    return pay_event("refunded", at=at, refund_summary={"amount_submitted": in_all_pence})


def allpay(rows: list[str], total: str | None = None, count: int | None = None) -> bytes:
    """An AllPay file; a row is `reference amount letter day`, the trailer right unless it is given."""
    lines, pence = [], 0
    for row in rows:
        reference, amount, letter, day = row.split()
        pence += round(float(amount) * 100)
        lines.append(f" 335   {reference:<16}{amount:>9}{letter}{day}")
    trailer = [
        f"{'Total Amount Updated onto System:':<34}{total or f'{pence / 100:.2f}':>17}",
        f"{'Total Transactions updated onto System:':<40}{len(rows) if count is None else count:>17}",
    ]
    return "\r\n".join([*lines, "", *trailer, ""]).encode()


def statement(entries: list[str], opening: str = "0.00", closing: str | None = None, name: str = "S1", day: str = "2026-03-18") -> bytes:
    """A camt.053 statement of the council's account; an entry is `amount` or `amount reference`, a debit below nothing."""
    pence, lines = round(float(opening) * 100), []
    for entry in entries:
        amount, *reference = entry.split()
        pence += round(float(amount) * 100)
        mark = "DBIT" if amount.startswith("-") else "CRDT"
        bank = f"<AcctSvcrRef>{reference[0]}</AcctSvcrRef>" if reference else ""
        lines.append(
            f'<Ntry><Amt Ccy="GBP">{amount.lstrip("-")}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
            f"<BookgDt><Dt>{day}</Dt></BookgDt>{bank}</Ntry>"
        )

    def balance(kind: str, amount: str) -> str:
        mark = "DBIT" if amount.startswith("-") else "CRDT"
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"GBP\">{amount.lstrip('-')}</Amt>"
            f"<CdtDbtInd>{mark}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        )

    balances = balance("OPBD", opening) + balance("CLBD", closing or f"{pence / 100:.2f}")
    account = "<Acct><Id><IBAN>GB33BUKB20201555555555</IBAN></Id><Ccy>GBP</Ccy></Acct>"
    return f"<Document><BkToCstmrStmt><Stmt><Id>{name}</Id>{account}{balances}{''.join(lines)}</Stmt></BkToCstmrStmt></Document>".encode()
