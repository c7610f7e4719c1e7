"""The page for suppliers is true: its commands are run against a real ingest, its programs too, and answer as it says."""

import asyncio
import hashlib
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from golden import CONTRACTS
from ims_contracts import MESSAGES
from ims_ingest.settings import Publisher
from ingest.ingest_world import COUNCIL, Ingest, served

FENCE = re.compile(r"^```(\w+)\n(.*?)^```\n\n*(?:```(json|text)\n(.*?)^```)?", re.MULTILINE | re.DOTALL)
INBOUND = "ims.inbound.v1"


class Example(NamedTuple):
    """Something to type or to run, and what it answers."""

    language: str
    code: str
    kind: str
    answer: str


def examples() -> list[Example]:
    page = (CONTRACTS / "PUBLISHING.md").read_text(encoding="utf-8")
    return [Example(*found) for found in FENCE.findall(page) if not found[1].startswith("export ")]


@pytest.fixture
async def supplier(ingest: Ingest, kafka_bootstrap: str, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """The environment of a supplier that the council knows as `parking`."""
    publisher = Publisher(token_sha256=hashlib.sha256(b"the-token").hexdigest(), council=COUNCIL, sources=["parking"])
    ingest.service.settings = ingest.service.settings.model_copy(update={"publishers": {"supplier": publisher}})
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    async with served(ingest) as address:
        yield os.environ | {"INGEST": address, "TOKEN": "the-token", "BROKERS": kafka_bootstrap, "PATH": path, "PWD": str(tmp_path)}


async def run(example: Example, environment: dict[str, str]) -> str:
    command = ["bash", "-c", example.code] if example.language == "sh" else [sys.executable, "-c", example.code]
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, cwd=environment["PWD"], stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert not err, err.decode()
    return out.decode()


def agrees(said: Any, written: Any) -> bool:
    """Whether an answer is what the page says; `…` stands for any text."""
    if isinstance(written, dict):
        return isinstance(said, dict) and said.keys() == written.keys() and all(agrees(said[name], written[name]) for name in written)
    if isinstance(written, list):
        return isinstance(said, list) and len(said) == len(written) and all(map(agrees, said, written))
    return bool(said == written or (written == "…" and isinstance(said, str)))


async def make_topic(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(INBOUND, 2, 1)])
    except TopicAlreadyExistsError:
        pass
    finally:
        await admin.close()


async def test_every_example_of_the_page_answers_as_it_says(ingest: Ingest, supplier: dict[str, str]) -> None:
    await make_topic(supplier["BROKERS"])
    consumer = AIOKafkaConsumer(INBOUND, bootstrap_servers=supplier["BROKERS"], auto_offset_reset="latest")
    await consumer.start()
    try:
        await consumer.seek_to_end()
        for example in examples():
            said = await run(example, supplier)
            if example.kind == "json":
                assert agrees(json.loads(said), json.loads(example.answer)), f"{example.code}\n{said}"
            else:
                assert said == example.answer, example.code
        records = [await asyncio.wait_for(consumer.getone(), 20) for _ in range(2)]
    finally:
        await consumer.stop()
    sent = [MESSAGES[dict(record.headers)["ce_type"].decode()].model_validate_json(record.value) for record in records]
    assert sorted(type(each).__name__ for each in sent) == ["PaymentSubmitted", "ReversalSubmitted"]
    told = await ingest.names_told()
    assert told == {"PaymentReceived": 7, "PaymentRefused": 2, "PaymentReversed": 1, "AccountChanged": 1}


def test_every_example_has_its_answer() -> None:
    found = examples()
    assert {example.language for example in found} == {"sh", "python"}
    assert sum("curl" in example.code for example in found) >= 8
    assert all(example.answer for example in found)


@pytest.mark.parametrize(
    ("said", "written", "is_so"),
    [
        ({"a": "x", "b": [1]}, {"a": "…", "b": [1]}, True),
        ({"a": 1}, {"a": "…"}, False),
        ({"a": "x"}, {"a": "y"}, False),
        ({"a": "x", "b": 1}, {"a": "x"}, False),
        ([1, 2], [1], False),
    ],
)
def test_an_answer_that_is_another_is_seen(said: Any, written: Any, is_so: bool) -> None:
    assert agrees(said, written) == is_so
