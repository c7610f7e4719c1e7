"""How soon a back office is told of a card payment, alone and while another receiver that is slow and fails has thousands to take."""

import asyncio
import json
import random
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import batched, islice
from pathlib import Path
from typing import Any

import httpx
import yaml

from ims_contracts.payments import PaymentSubmitted
from ims_local.addresses import Addresses
from ims_local.bench.run import OUTSIDE
from ims_local.day.doors import Doors
from ims_local.day.generated import OF_25, PARKING, RUNNING, Generated
from ims_local.day.quiet import Watch
from ims_local.faults import Fault
from ims_local.progress import Steps
from ims_local.settings import COUNCIL
from ims_local.whole import WholeStack

FAST, SLOW = "parking", "slow"
WARM_UP, SINGLES = 10, 200
NOT_TOLD_AFTER_SECONDS = 30
LEFT = "SELECT count(*) FROM delivery WHERE destination = $1 AND state = 'due'"
TOLD = "SELECT count(*) FROM delivery WHERE destination = $1 AND state = 'delivered'"


@dataclass
class Receiver:
    """A back office on the loopback, by the barest means: takes a posting, thinks for a while, says yes or, now and then, 500."""

    seconds: float = 0.0
    failing: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(5))  # noqa: S311 - which answers fail
    told: dict[str, asyncio.Event] = field(default_factory=dict)
    asked = failed = taken_of_backlog = 0
    """What it took until it had been asked of each once: what failed is asked again later, when there is little else to do."""
    first_at = last_new_at = 0.0
    """Seconds, by the loop's clock: of its first answer, and of its latest to something it had not been asked before."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
                body = json.loads(await reader.readexactly(length))
                await asyncio.sleep(self.seconds)
                self.asked += 1
                now = asyncio.get_running_loop().time()
                self.first_at = self.first_at or now
                fails = self.chance.random() < self.failing
                self.failed += fails
                told = self.of(body["data"]["payment_id"])
                if not told.is_set():
                    self.last_new_at, self.taken_of_backlog = now, self.asked - self.failed
                writer.write(b"HTTP/1.1 500 Not Now\r\nContent-Length: 0\r\n\r\n" if fails else b"HTTP/1.1 204 No Content\r\n\r\n")
                told.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def of(self, payment_id: str) -> asyncio.Event:
        """Whether it was told of this payment."""
        return self.told.setdefault(payment_id, asyncio.Event())

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Its address."""
        async with await asyncio.start_server(self.serve, "127.0.0.1", 0) as server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/postings"


class Posting(WholeStack):
    """A stack whose notify posts to receivers of ours, and writes no letters."""

    def __init__(self, home: Path, connections: int) -> None:
        super().__init__(home)
        self.connections, self.receivers = connections, dict[str, str]()

    def environment(self, service: str) -> dict[str, str]:
        known = super().environment(service)
        if service != "notify":
            return known
        told = {
            name: {"url": url, "secret": self.parking_secret, "connections": self.connections} for name, url in self.receivers.items()
        }
        own = {"IMS_COUNCIL_PACK": str(self.pack()), "IMS_DESTINATIONS": json.dumps(told)}
        return {name: value for name, value in known.items() if name not in OUTSIDE} | own

    def pack(self) -> Path:
        """The example council's, with a second receiver of webhooks in the place of files."""
        held = yaml.safe_load(files("ims_notify").joinpath("packs/anytown.yaml").read_text("utf-8"))
        others = [fund for fund, *_ in RUNNING]
        held["destinations"] = [
            {"name": FAST, "council": COUNCIL, "funds": [PARKING]},
            {"name": SLOW, "council": COUNCIL, "funds": others},
        ]
        path = self.home / "postings.yaml"
        path.write_text(yaml.safe_dump(held))
        return path


class PostingsBench:
    """A stack of its own, measured and thrown away."""

    def __init__(self, home: Path, steps: Steps, connections: int) -> None:
        self.stack, self.steps = Posting(home, connections), steps

    async def run(self, slow: Receiver, postings: int) -> dict[str, Any]:
        """Milliseconds from a card payment's HTTP request to its posting; postings a minute to the slow receiver."""
        fast = Receiver()
        async with fast.listening() as fast_url, slow.listening() as slow_url:
            self.stack.receivers = {FAST: fast_url, SLOW: slow_url}
            await asyncio.to_thread(self.stack.up, self.steps)
            addresses = self.stack.addresses()
            async with Doors(addresses, COUNCIL) as doors, Watch(addresses) as watch:
                day = Generated(postings + 2 * 25 * (SINGLES + WARM_UP), seed=11)
                timed = penalties(day, postings)
                with self.steps.step("Accounts"):
                    for page in batched(day.accounts(), 1000):
                        await doors.publish(page)
                    await watch.until_quiet()
                with self.steps.step("Card payments, alone"):
                    alone = await told_after(addresses, fast, timed[::2])
                with self.steps.step("A slow receiver"):
                    for crowd in batched(islice(day.payments(), postings), 1000):
                        await doors.publish(crowd)
                    await watch.until_quiet()  # else it is the wait behind thousands of payments that is measured
                    beside = await told_after(addresses, fast, timed[1::2])
                    return {"alone_ms": alone, "beside_ms": beside} | await self.served(slow, watch)

    async def served(self, slow: Receiver, watch: Watch) -> dict[str, Any]:
        """How fast the slow receiver is told of all that it has to take."""
        notify = watch.databases["notify"]
        while await notify.fetchval(LEFT, SLOW):
            await asyncio.sleep(0.1)  # another process's table: there is no event to wait for
        seconds = slow.last_new_at - slow.first_at
        delivered = await notify.fetchval(TOLD, SLOW)
        return {
            "slow": {"delivered": delivered, "asked": slow.asked, "failed": slow.failed, "seconds": round(seconds, 1)},
            "slow_per_minute": round(slow.taken_of_backlog / seconds * 60),
        }


def penalties(day: Generated, first: int) -> list[PaymentSubmitted]:
    """The payments of a day from so many on that are for penalties, each as it should be."""
    for_penalties = [number for number in range(first, day.count) if number % 25 in OF_25]
    chosen = {number: day.chosen(number, random.Random(0)) for number in for_penalties}  # noqa: S311 - no chance in penalties
    return [
        day.payment(number).model_copy(update={"reference": reference, "amount_pence": pence})
        for number, (_, reference, pence) in chosen.items()
    ]


async def told_after(addresses: Addresses, receiver: Receiver, payments: list[PaymentSubmitted]) -> dict[str, float]:
    """Milliseconds from each request to its posting, ten a second. Raises Fault if one is not told."""
    headers = {"authorization": f"Bearer {addresses.token}"}
    async with httpx.AsyncClient(base_url=addresses.http["ingest"], headers=headers, trust_env=False, timeout=30) as http:

        async def one(payment: PaymentSubmitted, place: int) -> float:
            await asyncio.sleep(place / 10)
            began = asyncio.get_running_loop().time()
            body = payment.model_dump(mode="json", exclude_none=True, exclude={"council"})
            answer = await http.post("/v1/payments", json=body, headers={"idempotency-key": payment.source_payment_id})
            answer.raise_for_status()
            try:
                await asyncio.wait_for(receiver.of(answer.json()["payment_id"]).wait(), NOT_TOLD_AFTER_SECONDS)
            except TimeoutError:
                raise Fault(f"A card payment was not posted within {NOT_TOLD_AFTER_SECONDS} seconds.") from None
            return (asyncio.get_running_loop().time() - began) * 1000

        taken = (await asyncio.gather(*(one(payment, place) for place, payment in enumerate(payments))))[WARM_UP:]
    cuts = statistics.quantiles(taken, n=100)
    return {"count": len(taken), "p50": round(cuts[49], 1), "p99": round(cuts[98], 1)}
