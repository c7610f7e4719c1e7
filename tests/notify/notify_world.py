"""Payments, placements and accounts to tell notify of; a notify of its own database; real receivers on the loopback."""

import asyncio
import contextlib
import email
import email.policy
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import date
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid5

import uvicorn
from aiosmtpd.smtp import SMTP
from standardwebhooks import Webhook

from databases import empty
from ims_contracts.accounts import AccountChanged, Holder
from ims_contracts.allocations import JournalLine, Part, PaymentAllocated, PaymentSuspended, PaymentUnallocated
from ims_contracts.payments import Payer
from ims_kit import Service, begin, open_pool
from ims_notify.app import build, channels, reach_of, vault_of
from ims_notify.delivery import Courier, Rules
from ims_notify.domain.facts import Destination
from ims_notify.domain.received import Received
from ims_notify.handlers import on_accounts, on_allocations, on_payments
from ims_notify.pack import load
from ims_notify.settings import Settings
from ims_notify.store import notices
from ims_notify.store.deliveries import Opened

COUNCIL = "E07999999"
DAY = date(2026, 3, 16)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PARKING = Destination("parking", COUNCIL, frozenset({"11"}))


def payment_id(name: str = "one") -> UUID:
    return uuid5(UUID(int=0), name)


def payment(name: str = "one", *, to: str | None = "payer@example.org", **changes: Any) -> Received:
    facts: dict[str, Any] = {
        "council": COUNCIL, "payment_id": payment_id(name), "source": "portal", "source_payment_id": name, "channel": "web",
        "method_of_payment": "card", "amount_pence": 3500, "paid_on": DAY, "received_on": DAY, "reference": "BJ90001186",
        "payer": Payer(name="Ann Example", email=to) if to else None,
    }
    return Received(**facts | changes)


def allocated(name: str = "one", *, fund: str = "11", account: str = "BJ90001186", **changes: Any) -> PaymentAllocated:
    amount = changes.get("amount_pence", 3500)
    placed = amount - changes.get("refund_due_pence", 0)
    facts: dict[str, Any] = {
        "council": COUNCIL, "payment_id": payment_id(name), "revision": 1, "amount_pence": amount, "outcome": "discount",
        "parts": [Part(fund=fund, account_reference=account, amount_pence=placed)] if placed else [],
        "rule": "penalty", "rule_version": "1", "method_of_payment": "card", "decided_on": DAY, "posted_on": DAY, "balance_pence": 0,
        "lines": [JournalLine(ledger_account="clearing:card", amount_pence=amount)],
    }
    return PaymentAllocated(**facts | changes)


def suspended(name: str = "one", **changes: Any) -> PaymentSuspended:
    facts: dict[str, Any] = {
        "council": COUNCIL, "payment_id": payment_id(name), "revision": 1, "amount_pence": 3500, "reason": "unknown-reference",
        "method_of_payment": "card", "posted_on": DAY, "lines": [],
    }
    return PaymentSuspended(**facts | changes)


def unallocated(name: str = "one", *, fund: str = "11", account: str = "BJ90001186", **changes: Any) -> PaymentUnallocated:
    amount = changes.get("amount_pence", 3500)
    facts: dict[str, Any] = {
        "council": COUNCIL, "payment_id": payment_id(name), "revision": 2, "cause_id": payment_id(name + " taken back"),
        "reason": "chargeback-lost", "amount_pence": amount, "balance_pence": 7000, "posted_on": DAY, "lines": [],
        "parts": [Part(fund=fund, account_reference=account, amount_pence=amount)],
    }
    return PaymentUnallocated(**facts | changes)


def account(reference: str = "BJ90001186", *, to: str | None = "holder@example.org", **changes: Any) -> AccountChanged:
    facts: dict[str, Any] = {
        "council": COUNCIL, "fund": "11", "account_reference": reference, "revision": 1,
        "holder": Holder(name="Hal Older", email=to, language=changes.pop("language", "en")),
    }
    return AccountChanged(**facts | changes)


class Notify:
    """A notify without a broker: told of facts by hand, and its couriers run when asked."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self.service, self.pool, self.settings = service, service.pool, settings
        self.vault = vault_of(settings)
        self.reach = reach_of(settings, load(settings.council_pack))

    async def hears(self, *facts: Any) -> None:
        """One batch of each topic, each in a transaction of its own, in the order in which they are first given."""
        def topic(fact: Any) -> str:
            return str(fact.topic)

        for name, batch in itertools.groupby(facts, key=topic):
            async with begin(self.pool) as work:
                match name:
                    case "ims.payments.v1":
                        await on_payments(list(batch), work, self.reach, self.vault)
                    case "ims.accounts.v1":
                        await on_accounts(list(batch), work, self.reach, self.vault)
                    case "ims.allocations.v1":
                        await on_allocations(list(batch), work, [PARKING])

    def couriers(self, **changes: Any) -> list[Courier]:
        pack = load(self.settings.council_pack)
        rules = [(channel, Rules.of(self.settings, channel.queue)._replace(**changes)) for channel in channels(self.settings, pack)]
        return [Courier(channel, each, pack.manners, Opened(self.vault)) for channel, each in rules]

    @contextlib.asynccontextmanager
    async def delivering(self, **changes: Any) -> AsyncIterator[None]:
        """All couriers at work, until the block ends."""
        tasks = [asyncio.ensure_future(courier.run(self.service)) for courier in self.couriers(**changes)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.pool.fetch(sql, *values)]

    async def value(self, sql: str, *values: Any) -> Any:
        return await self.pool.fetchval(sql, *values)

    async def empty(self) -> None:
        await empty(self.pool)

    async def look(self) -> None:
        """As the service does each second: what notices are to be written now."""
        async with begin(self.pool) as work:
            await notices.look_anew(work)
            await notices.release(work)

    async def states(self) -> list[tuple[Any, ...]]:
        """Every delivery: its channel, revision and state."""
        return await self.rows("SELECT channel, revision, state FROM delivery ORDER BY channel, payment_id, revision")

    async def told(self) -> list[dict[str, Any]]:
        """What was told, in order: type and body."""
        rows = await self.rows("SELECT headers, body FROM told ORDER BY id")
        return [{"type": json.loads(headers)["ce_type"].split(".")[2], **json.loads(body)} for headers, body in rows]


async def sent(courier: Courier, notify: Notify) -> int:
    """A courier sends what there is room for, and is answered; that is not settled yet. How many it sent."""
    due = await courier.settle_and_claim(notify.service)
    courier.send(due)
    await courier.all_answers()
    if due:
        await courier.some_answers()
    return len(due)


@contextlib.asynccontextmanager
async def notifying(url: str, **settings: Any) -> AsyncIterator[Notify]:
    """A notify with what its database holds."""
    put = Settings(kafka_bootstrap="127.0.0.1:9", database_url=url, retry_seconds=0.05, **settings)
    service = build(put)
    service.pool = await open_pool(url)
    yield Notify(service, put)
    await service.pool.close()


async def until(holds: Callable[[], Coroutine[Any, Any, Any]], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < end, "it did not become so in time"
        await asyncio.sleep(0.02)


class Mailbox:
    """A real mail server: keeps what it takes, and answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.answers: list[str] = []
        """What is answered to the next messages, instead of taking them."""
        self.connections = 0
        self.after: Callable[[], None] = lambda: None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the server's name for it
        if self.answers:
            return self.answers.pop(0)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((envelope.rcpt_tos[0], mail))
        self.after()
        return f"250 2.0.0 Ok: queued as {len(self.mails):010X}"

    def connected(self) -> SMTP:
        self.connections += 1
        return SMTP(self, hostname="mail.example", enable_SMTPUTF8=True)


@contextlib.asynccontextmanager
async def mail_server() -> AsyncIterator[tuple[Mailbox, dict[str, Any]]]:
    """A mail server and the settings that lead to it."""
    mailbox = Mailbox()
    server = await asyncio.get_running_loop().create_server(mailbox.connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield mailbox, {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_from": "income@anytown.example"}
    server.close()


class BackOffice:
    """A real receiver of webhooks: verifies each as Standard Webhooks says, and answers as it is told."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = []
        """What is answered to the next messages, instead of taking them: status and headers."""
        self.seconds = 0.0
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.bodies: list[bytes] = []
        self.addresses: list[bytes] = []
        """Path and query of each, as they came."""
        self.taken: dict[str, dict[str, Any]] = {}
        """By webhook-id: what it took, once."""
        self.now, self.now_max = 0, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        self.now += 1
        self.now_max = max(self.now, self.now_max)
        await asyncio.sleep(self.seconds)
        self.now -= 1
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        said = Webhook(SECRET).verify(body, headers)
        self.heard.append((headers["webhook-id"], said))
        self.bodies.append(body)
        self.addresses.append(scope["raw_path"] + b"?" + scope["query_string"])
        status, more_headers = self.answers.pop(0) if self.answers else (204, {})
        if status < 300:
            self.taken.setdefault(headers["webhook-id"], said)
        given = [(name.encode(), value.encode()) for name, value in more_headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": given})
        await send({"type": "http.response.body", "body": b""})


class Quiet(uvicorn.Server):
    """A server that leaves the process's signals alone."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


@contextlib.asynccontextmanager
async def back_office() -> AsyncIterator[tuple[BackOffice, dict[str, Any]]]:
    """A receiver and the settings that lead to it."""
    office = BackOffice()
    server = Quiet(uvicorn.Config(office, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield office, {"destinations": {"parking": {"url": f"http://127.0.0.1:{port}/postings", "secret": SECRET}}}
    server.should_exit = True
    await serving
