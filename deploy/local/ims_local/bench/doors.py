"""How long the doors take: a large file until all of it is committed and in Kafka, webhooks at a steady rate until each is answered."""

import asyncio
import hashlib
import hmac
import io
import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ims_contracts.payments import PaymentSubmitted
from ims_local.addresses import Addresses
from ims_local.bench import cpu
from ims_local.bench.large_files import Kind
from ims_local.bench.run import Quiet
from ims_local.day.doors import Doors
from ims_local.day.generated import Generated
from ims_local.day.quiet import BEHIND, Watch
from ims_local.faults import Fault
from ims_local.progress import Steps
from ims_local.settings import COUNCIL

WARM_UP = 20
CONNECTIONS = 50


class DoorsBench:
    """A stack of its own, measured and thrown away. Everything is on this machine's loopback, the asking too."""

    def __init__(self, home: Path, steps: Steps) -> None:
        self.stack, self.steps = Quiet(home), steps

    async def run(self, kind: Kind, rows: int, seconds: int, per_second: int) -> dict[str, Any]:
        """Webhooks on an idle system, then a file."""
        await asyncio.to_thread(self.stack.up, self.steps)
        addresses = self.stack.addresses()
        async with Doors(addresses, COUNCIL) as doors, Watch(addresses) as watch:
            with self.steps.step("Webhooks"):
                bodies = [event(payment) for payment in Generated(WARM_UP + seconds * per_second, seed=9).payments()]
                await webhooks(addresses, bodies[:WARM_UP], per_second)
                alone = await webhooks(addresses, bodies[WARM_UP:], per_second)
            with self.steps.step(f"A file of {rows:,} rows"):
                file = await self.file(doors, watch, written(kind, rows))
            await watch.until_quiet()
        return {"file": {"format": kind.format, "rows": rows, **file}, "webhooks": {"per_second": per_second, **alone}}

    async def file(self, doors: Doors, watch: Watch, content: bytes) -> dict[str, Any]:
        """Seconds until the answer, when all is committed, and until all that it told is acknowledged by Kafka; and CPU seconds."""
        loop, before = asyncio.get_running_loop(), cpu.used(self.stack.pids())
        began = loop.time()
        await doors.file("large", content)
        committed = loop.time()
        while await watch.databases["ingest"].fetchval(BEHIND):
            await asyncio.sleep(0.05)  # another process's table: there is no event to wait for
        in_kafka, after = loop.time(), cpu.used(self.stack.pids())
        return {
            "mib": round(len(content) / (1 << 20), 1),
            "committed_seconds": round(committed - began, 1),
            "in_kafka_seconds": round(in_kafka - began, 1),
            "cpu_seconds": {name: round(after[name] - before[name], 1) for name in after},
        }


def written(kind: Kind, rows: int) -> bytes:
    stream = io.BytesIO()
    kind.write_to(stream, rows)
    return stream.getvalue()


async def webhooks(addresses: Addresses, bodies: list[bytes], per_second: int) -> dict[str, Any]:
    """Milliseconds from the instant at which a webhook was due until its answer: one that is late delays no other, and counts as late."""
    loop, lines = asyncio.get_running_loop(), asyncio.Queue[Line]()
    for _ in range(CONNECTIONS):
        lines.put_nowait(await Line.open(addresses))
    began = loop.time()

    async def one(place: int, body: bytes) -> float:
        due = began + place / per_second
        await asyncio.sleep(due - loop.time())
        line = await lines.get()
        await line.deliver(body)
        lines.put_nowait(line)
        return (loop.time() - due) * 1000

    taken = await asyncio.gather(*(one(place, body) for place, body in enumerate(bodies)))
    while not lines.empty():
        lines.get_nowait().writer.close()
    cuts = statistics.quantiles(taken, n=100)
    return {"count": len(taken), "p50_ms": round(cuts[49], 1), "p99_ms": round(cuts[98], 1), "most_ms": round(max(taken), 1)}


@dataclass(frozen=True)
class Line:
    """A connection that is kept, by the barest means: what asks must not take more of the machine than what answers."""

    addresses: Addresses
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @staticmethod
    async def open(addresses: Addresses) -> "Line":
        url = urlsplit(addresses.http["ingest"])
        return Line(addresses, *await asyncio.open_connection(url.hostname, url.port))

    async def deliver(self, body: bytes) -> None:
        """A GOV.UK Pay webhook, signed as Pay signs it. Raises Fault if it is not taken in."""
        signature = hmac.new(self.addresses.pay_secret.encode(), body, hashlib.sha256).hexdigest()
        head = f"POST /v1/webhooks/govuk-pay/{COUNCIL} HTTP/1.1\r\nHost: 127.0.0.1\r\nPay-Signature: {signature}\r\n"
        self.writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.partition(b"content-length:")[2].partition(b"\r\n")[0])
        told = await self.reader.readexactly(length)
        if b" 200 " not in answer.partition(b"\r\n")[0]:
            raise Fault(f"A webhook was not taken in: {told[:500].decode()}")


def event(payment: PaymentSubmitted) -> bytes:
    """GOV.UK Pay's news that a payment was captured."""
    assert payment.paid_at is not None
    at = payment.paid_at.isoformat().replace("+00:00", ".000Z")
    resource = {
        "payment_id": payment.provider_payment_id,
        "amount": payment.amount_pence,
        "state": {"status": "success", "finished": True},
        "description": "Pay your council tax",
        "reference": payment.reference,
        "email": "payer@example.org",
        "payment_provider": "stripe",
        "created_date": at,
        "settlement_summary": {"capture_submit_time": at},
    }
    told = {
        "webhook_message_id": f"message-{payment.source_payment_id}",
        "created_date": at,
        "resource_id": payment.provider_payment_id,
        "resource_type": "PAYMENT",
        "event_type": "card_payment_captured",
        "resource": resource,
    }
    return json.dumps(told).encode()
