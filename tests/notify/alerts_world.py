"""Officers who are told of alerts: what notify hears for them, the watch, and a chat channel that answers as it is told."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

import httpx
import uvicorn

from ims_contracts.reconciliations import BreakClosed, BreakOpened
from ims_contracts.remittances import Fault, RemittanceLate, RemittanceReceived, RemittanceRefused
from ims_kit import begin
from ims_notify.alert_courier import AlertCourier
from ims_notify.alert_hearing import on_breaks, on_moved, on_remittances, on_statements
from ims_notify.alert_pack import AlertEntry, alerting
from ims_notify.alert_watch import Watch, Watched
from ims_notify.channels.chat import ChatChannel
from ims_notify.domain.alert_words import slack
from notify.notify_world import COUNCIL, DAY, Notify, Quiet

TOKEN = "a token of an officer"
OFFICERS = {
    "ann": {"token_sha256": hashlib.sha256(TOKEN.encode()).hexdigest(), "council": COUNCIL},
    "bob": {"token_sha256": hashlib.sha256(b"bob").hexdigest(), "council": "E07000001"},
}
TEAM = {"name": "team", "by": "slack"}
TABLES = (
    "alert_said alert_message alert_acknowledged alarm alert file_arrival known_break suspense_move suspense_heard service_wait heard"
    " set_aside click click_heard"
)


def named(name: str) -> UUID:
    return uuid5(UUID(int=1), name)


def late(source: str = "allpay", on: date = DAY) -> RemittanceLate:
    return RemittanceLate(council=COUNCIL, source=source, expected_on=on, looked_at=datetime(2026, 3, 16, 12, tzinfo=UTC))


def came(source: str = "allpay", on: date = DAY) -> RemittanceReceived:
    return RemittanceReceived(
        council=COUNCIL, remittance_id=named(f"{source} {on}"), source=source, format="allpay", source_reference="1", content_sha256="1",
        payment_count=1, payments_pence=1, business_on=on, received_on=on,
    )  # fmt: skip


def refused(name: str = "one", source: str = "allpay", on: date | None = None) -> RemittanceRefused:
    return RemittanceRefused(
        council=COUNCIL, remittance_id=named(name), source=source, content_sha256="1", fault_count=1,
        faults=[Fault(what="a total", what_to_do="ask")], received_on=on or datetime.now(UTC).date(),
    )  # fmt: skip


def opened(name: str = "one", revision: int = 1, kind: str = "balance", on: date = DAY, pence: int = 500) -> BreakOpened:
    return BreakOpened(
        council=COUNCIL, break_id=named(name), revision=revision, kind=kind, amount_pence=pence, source="bank", subject_id=named("s"),
        opened_on=on, explanation="it is so",
    )  # fmt: skip


def closed(name: str = "one", revision: int = 2) -> BreakClosed:
    return BreakClosed(council=COUNCIL, break_id=named(name), revision=revision, closed_on=DAY, reason="mended")


async def hear(notify: Notify, *facts: Any) -> None:
    """Each in a transaction of its own."""
    handlers = {"ims.remittances.v1": on_remittances, "ims.statements.v1": on_statements, "ims.reconciliations.v1": on_breaks}
    for fact in facts:
        async with begin(notify.pool) as work:
            await handlers.get(fact.topic, on_moved)([fact], work)


async def empty(notify: Notify) -> None:
    await notify.empty()
    for table in TABLES.split():
        await notify.pool.execute(f"DELETE FROM {table}")


def watch(receivers: list[dict[str, Any]] | None = None, **entry: Any) -> Watch:
    """Of one council, whose officers are told at once."""
    told = [TEAM] if receivers is None else receivers
    facts = {"council": COUNCIL, "group_minutes": 0, "suspense": {}, "breaks": {}, "receivers": told} | entry
    council = alerting({COUNCIL: "Anytown"}, [AlertEntry(**facts)])[COUNCIL]
    return Watch(Watched([council], council.receivers, [], ""))


async def later(notify: Notify, minutes: int) -> None:
    """As if all of it had been so much earlier."""
    for table, columns in (
        ("alarm", ["raised_at", "ended_at"]), ("alert", ["began_at"]), ("alert_said", ["said_at"]), ("alert_message", ["since", "due_at"]),
        ("service_wait", ["since"]),
    ):  # fmt: skip
        moves = ", ".join(f"{column} = {column} - make_interval(mins => {minutes})" for column in columns)
        await notify.pool.execute(f"UPDATE {table} SET {moves}")


async def said(notify: Notify) -> list[list[str]]:
    """What each message said, in order."""
    rows = await notify.rows("SELECT content FROM alert_message ORDER BY since, receiver")
    return [[each["title"] for each in json.loads(content)["notices"]] for (content,) in rows]


class Chat:
    """A channel's webhook."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.bodies: list[dict[str, Any]] = []
        self.url = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        self.bodies.append(json.loads(body))
        status = self.answers.pop(0) if self.answers else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})


@contextlib.asynccontextmanager
async def chatting() -> AsyncIterator[Chat]:
    chat = Chat()
    server = Quiet(uvicorn.Config(chat, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    chat.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/hook"
    yield chat
    server.should_exit = True
    await serving


def courier(url: str, name: str = "team") -> AlertCourier:
    return AlertCourier(name, ChatChannel(url, slack), 5)


async def deliver(notify: Notify, sender: AlertCourier) -> None:
    while await sender.deliver(notify.service):
        pass


@contextlib.asynccontextmanager
async def client(notify: Notify, token: str = TOKEN) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(notify.service.api)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://notify", headers=headers) as asking:
        yield asking
