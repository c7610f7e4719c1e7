"""What every service promises whoever made it: nothing lost, nothing twice, in whatever order, and whenever it is killed.

Each is started as a process and judged by what it tells on its topics (see `part.py`, which also says how to try another's)."""

import asyncio
import random
import zlib
from collections import defaultdict

import pytest

from ims_contracts import STREAMS, Message
from promises.conftest import PARTITIONS, Quiet, Starts
from promises.part import TRACE, Record
from promises.worlds import WORLDS

every_service = pytest.mark.parametrize("name", WORLDS)


def facts_of(records: list[Record]) -> list[Message]:
    """Each fact once, however often it was told; every time in the same words, in the partition of its key."""
    told: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        told[record.id].append(record)
    for again in told.values():
        assert len({record.value for record in again}) == 1
    return [again[0].fact() for again in told.values()]


@every_service
async def test_a_quiet_day_is_told_as_the_contract_says(name: str, quiet: Quiet) -> None:
    records = await quiet(name)
    assert facts_of(records)
    assert len(records) == len({record.id for record in records}), "told once, as nothing was in the way"
    for record in records:
        fact = record.fact()
        assert record.topic == fact.topic
        assert name in STREAMS[fact.topic].told_by
        assert record.headers["ce_specversion"] == b"1.0"
        assert record.headers["ce_source"]
        assert record.id == fact.event_id
        assert record.key == fact.key.encode()
        assert record.partition == zlib.crc32(record.key) % PARTITIONS


@every_service
async def test_what_follows_names_its_cause_and_carries_its_trace(name: str, quiet: Quiet) -> None:
    """What a service tells of itself, as that a file never came, has none."""
    causes = {fact.event_id for fact in WORLDS[name]().heard}
    caused = [record.headers for record in await quiet(name) if "ce_causationid" in record.headers]
    assert caused
    for headers in caused:
        assert headers["ce_causationid"].decode() in causes
        assert headers["traceparent"] == TRACE


@every_service
async def test_any_order_and_twice_ends_the_same_though_it_is_killed(name: str, starts: Starts, quiet: Quiet) -> None:
    """And though there are records among them that nobody can read."""
    world, chance = WORLDS[name](), random.Random(name)
    heard = world.heard * 2
    chance.shuffle(heard)
    half, wanted = len(heard) // 2, world.end(facts_of(await quiet(name)))
    async with starts(name) as part:
        await part.put(unreadable(world.heard[0]))
        await part.hear(heard[:half])
        await asyncio.sleep(chance.random() * 0.3)
        await part.kill()
        await part.hear(heard[half:])
        await part.start()
        told = await part.told_until(lambda records: world.end(facts_of(records)) == wanted)
        assert world.end(facts_of(told)) == wanted


def unreadable(like: Message) -> list[tuple[str, str, bytes, list[tuple[str, bytes]]]]:
    """Records that are no message, in every partition of a topic that is heard."""
    known = [("ce_specversion", b"1.0"), ("ce_id", b"x"), ("ce_type", like.type.encode())]
    bad = [
        (b"", known), (b"not JSON", known), (b"[]", known), (b'{"council": "\\u0000"}', known), (b"\xff\xfe", known),
        (b"[" * 100_000, known), (b"{}", []), (b"{}", [*known[:2], ("ce_type", b"\xff")]),
        (b"{}", [*known[:2], ("ce_type", b"ims.nobody.knows.v9")]),
    ]  # fmt: skip
    return [(like.topic, f"{n}/{lane}", body, headers) for n, (body, headers) in enumerate(bad) for lane in range(2 * PARTITIONS)]
