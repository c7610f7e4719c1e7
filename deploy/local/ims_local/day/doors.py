"""The ways in, as outsiders use them: files and events over HTTP, messages on the inbound topic."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer

from ims_contracts.message import Message
from ims_kit.relay import partition_of, producer_options
from ims_local.addresses import Addresses
from ims_local.faults import Fault

INBOUND = "ims.inbound.v1"


class Doors:
    """Open while the day is fed; each call returns when the door has answered."""

    def __init__(self, addresses: Addresses, council: str) -> None:
        self.addresses, self.council = addresses, council
        self.http = httpx.AsyncClient(
            base_url=addresses.http["ingest"], timeout=300, headers={"authorization": f"Bearer {addresses.token}"}, trust_env=False
        )
        self.producer = AIOKafkaProducer(bootstrap_servers=addresses.kafka, **producer_options())

    async def __aenter__(self) -> "Doors":
        await self.producer.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.producer.stop()
        await self.http.aclose()

    async def file(self, name: str, content: bytes, source: str | None = None, business_on: str | None = None) -> dict[str, Any]:
        """Hand in a file. Raises Fault with its faults if it is refused."""
        named = {"source": source, "business_on": business_on}
        asked = {"council": self.council} | {name: value for name, value in named.items() if value}
        answer = await self.http.post("/v1/files", params=asked, content=content)
        if answer.status_code >= 400:
            raise Fault(f"{name} was not taken in: {answer.text[:2000]}")
        told: dict[str, Any] = answer.json()
        return told

    async def event(self, body: bytes) -> None:
        """Deliver a GOV.UK Pay webhook, signed as Pay signs it."""
        signature = hmac.new(self.addresses.pay_secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"pay-signature": signature, "content-type": "application/json"}
        answer = await self.http.post(f"/v1/webhooks/govuk-pay/{self.council}", content=body, headers=headers)
        if answer.status_code >= 400:
            raise Fault(f"An event was not taken in: {answer.text[:500]}")

    async def publish(self, page: Sequence[Message]) -> int:
        """Tell a page of messages on the inbound topic, as another system of the council would; returns how many."""
        topic = self.addresses.topic_prefix + INBOUND
        partitions = len(await self.producer.partitions_for(topic))
        lanes = defaultdict(list)
        for message in page:
            lanes[partition_of(message.key, partitions)].append(message)
        for partition, lane in lanes.items():
            await self.send_lane(topic, partition, lane)
        return len(page)

    async def send_lane(self, topic: str, partition: int, lane: list[Message]) -> None:
        batch = self.producer.create_batch()
        for message in lane:
            fact = {"key": message.key.encode(), "value": body_of(message), "headers": headers_of(message), "timestamp": None}
            if not batch.append(**fact):
                await (await self.producer.send_batch(batch, topic, partition=partition))
                batch = self.producer.create_batch()
                batch.append(**fact)
        await (await self.producer.send_batch(batch, topic, partition=partition))


def body_of(message: Message) -> bytes:
    return message.model_dump_json(exclude_none=True).encode()


def headers_of(message: Message) -> list[tuple[str, bytes]]:
    told = {"ce_specversion": "1.0", "ce_type": message.type, "ce_id": message.event_id, "ce_source": "generated"}
    return [("content-type", b"application/json"), *((name, value.encode()) for name, value in told.items())]
