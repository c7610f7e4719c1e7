"""Each point of the delivery promise by itself, on a real Kafka and a real PostgreSQL."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import UnknownTopicOrPartitionError
from faststream import AckPolicy

from ims_kit import Door, Refused, Stop, aside, begin
from ims_kit.relay import Relay, producer_options
from ims_kit.telling import resend
from ims_kit.upkeep import PURGE_TOLD, purge
from kit.small_world import ECHOES, NOTES, Echo, Note, World, keep, make_world, until


@pytest.fixture
async def world(database, kafka_bootstrap, topics):
    world = await make_world(await database(), kafka_bootstrap, await topics({NOTES: 3, ECHOES: 2}))
    yield world
    await world.pool.close()


async def heard_all(world: World, count: int) -> None:
    await until(lambda: world.value("SELECT count(*) = $1 FROM note", count))


async def echoes(world: World, count: int) -> list:
    """Every record on the echoes' topic, once there are so many."""
    consumer = AIOKafkaConsumer(bootstrap_servers=world.bootstrap, auto_offset_reset="earliest", isolation_level="read_committed")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(world.prefix + ECHOES, number) for number in range(2)])
        found: list = []
        deadline = asyncio.get_running_loop().time() + 15
        while len(found) < count and asyncio.get_running_loop().time() < deadline:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += records
        return found
    finally:
        await consumer.stop()


async def test_what_was_heard_is_kept_told_and_relayed_once_though_it_comes_twice(world: World) -> None:
    await world.publish([Note(number=number) for number in range(50)] * 2)
    async with world.relaying() as relay, world.reading(wake=relay.woken.set):
        found = await echoes(world, 50)
        await heard_all(world, 50)
    assert sorted(int(record.key) for record in found) == list(range(50))
    assert await world.value("SELECT count(*) FROM told") == 50


async def test_the_cause_and_the_trace_go_on_with_what_is_told(world: World) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = {"ce_type": Note.type, "ce_id": "outside-7", "ce_correlationid": "journey-1", "traceparent": trace}
    await world.publish([(headers, b'{"number": 7}')])
    async with world.relaying() as relay, world.reading(wake=relay.woken.set):
        (found,) = await echoes(world, 1)
    told = {name: value.decode() for name, value in found.headers}
    assert told == {
        "ce_specversion": "1.0", "ce_source": "ims/small", "content-type": "application/json", "ce_type": Echo.type,
        "ce_id": "echoed:7", "ce_causationid": "outside-7", "ce_correlationid": "journey-1", "traceparent": trace,
        "ce_time": told["ce_time"],
    }
    assert json.loads(found.value) == {"number": 7, "amount": 1, "words": ""}


BAD = [
    # headers                                      body                                    reason begins
    ({"ce_type": Note.type},                       b"{not json",                           "json_invalid"),
    ({"ce_type": Note.type},                       b'{"number": "Mrs Example"}',           "int_parsing at number"),
    ({"ce_type": Note.type},                       b'{"number": 1, "words": "\\u0000"}',   "a NUL character"),
    ({},                                           b'{"number": 1}',                       "no ce_type header"),
    ({"ce_type": Note.type},                       b'{"number": 99999999999999999999}',    "DataError"),
    ({"ce_type": Note.type},                       b'{"number": 1, "amount": 13}',         "CheckViolationError 23514"),
    ({"content-type": "application/cloudevents+json"}, b"[]",                              "a structured-mode event without data"),
    ({"ce_type": Note.type},                       b"\xff\xfe",                            "json_invalid"),
]  # fmt: skip


async def test_a_poisonous_record_is_set_aside_alone_and_its_reason_quotes_nothing(world: World) -> None:
    good = [Note(number=number) for number in range(100, 140)]
    await world.publish([*good[:20], *((headers, body) for headers, body, _ in BAD), *good[20:]])
    async with world.reading():
        await heard_all(world, 40)
        await until(lambda: world.value("SELECT count(*) = $1 FROM set_aside", len(BAD)))
    rows = await world.pool.fetch("SELECT reason, body FROM set_aside")
    reasons = {row["body"]: row["reason"] for row in rows}
    for _, body, reason in BAD:
        assert reasons[body].startswith(reason), reasons[body]
        assert "Example" not in reasons[body]


async def test_a_header_that_is_not_text_stops_nobody(world: World) -> None:
    odd = ({"ce_type": Note.type, "ce_id": "odd", "x-odd": "?"}, Note(number=7).model_dump_json().encode())
    async with world.reading():
        await world.publish([Note(number=1), odd, Note(number=2)], broken="x-odd")
        await until(lambda: world.value("SELECT count(*) = 3 FROM note"))
    assert await world.value("SELECT count(*) FROM set_aside") == 0


async def test_a_type_that_nobody_here_hears_is_passed_over_and_counted(world: World) -> None:
    await world.publish([({"ce_type": "kit.notes.unheard-of.v9"}, b"{}"), Note(number=1)])
    async with world.reading() as reader:
        await heard_all(world, 1)
        await until(lambda: answer(sum(reader.unit.unheard.values()) == 1))
    assert await world.value("SELECT count(*) FROM set_aside") == 0


async def answer(value):
    return value


async def test_a_structured_mode_event_is_heard_like_any_other(world: World) -> None:
    event = {"specversion": "1.0", "id": "a", "source": "x", "type": Note.type, "data": {"number": 3}}
    await world.publish([({"content-type": "application/cloudevents+json; charset=utf-8"}, json.dumps(event).encode())])
    async with world.reading():
        await heard_all(world, 1)


async def test_what_was_set_aside_is_handled_once_it_can_be(world: World) -> None:
    refuses = True

    async def choosy(notes: list[Note], work) -> None:
        if refuses and any(note.number == 5 for note in notes):
            raise Refused("five is not known yet")
        await keep(notes, work)

    await world.publish([Note(number=number) for number in range(10)])
    async with world.reading(choosy) as reader:
        await heard_all(world, 9)
        (row,) = await aside.listed(world.pool)
        assert row["reason"] == "five is not known yet"
        assert await reader.unit.retry(row["id"]) == "five is not known yet"
        refuses = False
        assert await reader.unit.retry(row["id"]) == "handled"
        assert await reader.unit.retry(row["id"]) == "unknown"
    assert await world.value("SELECT count(*) FROM note") == 10
    assert await aside.listed(world.pool) == []


async def test_too_many_refused_in_a_row_stop_the_service_and_lose_nothing(world: World) -> None:
    async def bad_release(notes: list[Note], work) -> None:
        raise ZeroDivisionError

    await world.publish([Note(number=number) for number in range(20)])
    async with world.reading(bad_release, refused_max=5) as reader:
        with pytest.raises(Stop, match="more than 5 records in a row"):
            await asyncio.wait_for(asyncio.shield(reader.stopped), 20)
    assert await world.value("SELECT count(*) FROM set_aside") == 0
    async with world.reading():
        await heard_all(world, 20)


async def test_an_error_that_is_no_records_fault_stops_the_service(world: World) -> None:
    seen = []

    async def forgetful(notes: list[Note], work) -> None:
        seen.append(len(notes))
        if len(notes) > 1 or len(seen) == 1:
            raise ZeroDivisionError  # only ever in company

    await world.publish([Note(number=number) for number in range(4)])
    async with world.reading(forgetful) as reader:
        await until(lambda: answer(len(seen) > 4))
        assert not reader.stopped.done()


async def test_the_markers_of_transactions_are_progress_and_the_aborted_is_not_heard(world: World) -> None:
    for start in range(0, 60, 10):
        ending = "aborted" if start % 20 else "committed"
        await world.publish([Note(number=number) for number in range(start, start + 10)], transaction=ending)
    async with world.reading(records_max=7) as reader:
        await heard_all(world, 30)
        await until(lambda: answer(reader.state == "idle" and reader.behind() == 0))
    assert await world.value("SELECT sum(next_offset) FROM heard") > 60


async def test_a_batch_polled_from_elsewhere_is_fenced(world: World) -> None:
    await world.publish([Note(number=number) for number in range(30)])
    async with world.reading() as reader:
        await heard_all(world, 30)
        await world.pool.execute("UPDATE heard SET next_offset = next_offset + 1")  # as another process would
        await world.publish([Note(number=number) for number in range(30, 60)])
        await until(lambda: answer("Fenced" in reader.last_error))
        await world.pool.execute("UPDATE heard SET next_offset = next_offset - 1")
        await heard_all(world, 60)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE heard SET cluster_id = 'another'", "is of Kafka cluster another"),
        ("UPDATE heard SET next_offset = 1000000", "stands at 1000000"),
        ("UPDATE heard SET next_offset = -1", "stands at -1"),
    ],
)
async def test_a_place_that_is_not_in_this_log_stops_the_service(world: World, change: str, words: str) -> None:
    await world.publish([Note(number=1)])
    async with world.reading():
        await heard_all(world, 1)
    await world.pool.execute(change)
    async with world.reading() as reader:
        with pytest.raises(Stop, match=words):
            await asyncio.wait_for(asyncio.shield(reader.stopped), 20)
        assert reader.state == "stopped"


class Recorder(Relay):
    """A relay that keeps in memory what it would send."""

    sent: ClassVar[list[int]] = []

    async def send(self, producer, rows):
        self.sent += [row["id"] for row in rows]
        return len(rows), None


async def test_facts_become_visible_in_order_however_late_their_tellers_commit(world: World) -> None:
    Recorder.sent = []

    async def late(first: int) -> None:
        for number in range(first, first + 40):
            async with begin(world.pool) as work:
                await work.connection.execute("SELECT pg_sleep(random() * 0.004)")
                work.tell(Echo(number=number))

    async with world.relaying(Recorder):
        await asyncio.gather(*(late(first * 100) for first in range(8)))
        await until(lambda: answer(len(Recorder.sent) >= 320))
    assert Recorder.sent == sorted(Recorder.sent)
    assert len(set(Recorder.sent)) == 320


class Refusing(Relay):
    """A relay whose broker refuses one fact for a while."""

    refuses: ClassVar[set[str]] = set()

    async def send_lane(self, producer, topic, partition, lane):
        for place, (position, row) in enumerate(lane):
            if row["key"] in self.refuses:
                await super().send_lane(producer, topic, partition, lane[:place]) if place else None
                return position, UnknownTopicOrPartitionError()
        return await super().send_lane(producer, topic, partition, lane)


async def test_the_mark_never_passes_a_fact_that_the_broker_has_not_acknowledged(world: World) -> None:
    async with begin(world.pool) as work:
        for number in range(20):
            work.tell(Echo(number=number))
    Refusing.refuses = {"11"}
    async with world.relaying(Refusing):
        await until(lambda: world.value("SELECT id > 0 FROM relayed"))
        await asyncio.sleep(0.5)
        assert await world.value("SELECT id FROM relayed") == 11  # facts 0 to 10, told as rows 1 to 11
        Refusing.refuses = set()
        await until(lambda: world.value("SELECT id = 20 FROM relayed"))
        found = await echoes(world, 20)
    assert {int(record.key) for record in found} == set(range(20))


async def test_only_one_relay_works_and_another_takes_over_when_it_is_gone(world: World) -> None:
    async with world.relaying() as second_hand:
        await until(lambda: answer(second_hand.state == "idle"))
        async with world.relaying() as standing_by:
            await until(lambda: answer(standing_by.state == "standing-by"))
            await world.pool.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 2")
            await until(lambda: answer("idle" in (standing_by.state, second_hand.state)))
            async with begin(world.pool) as work:
                work.tell(Echo(number=1))
            await echoes(world, 1)


async def test_a_reader_goes_on_after_its_database_sessions_are_ended(world: World) -> None:
    await world.publish([Note(number=number) for number in range(20)])
    async with world.reading() as reader:
        await heard_all(world, 20)
        await world.pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await world.publish([Note(number=number) for number in range(20, 40)])
        await heard_all(world, 40)
        assert not reader.stopped.done()


async def test_a_fact_too_large_is_refused_when_it_is_told(world: World) -> None:
    with pytest.raises(ValueError, match="tell it in pages"):
        async with begin(world.pool) as work:
            work.tell(Echo(number=1, words="x" * 250_000))
    assert await world.value("SELECT count(*) FROM told") == 0


async def test_nobody_can_tell_without_the_lock(world: World) -> None:
    async with world.pool.acquire() as first, world.pool.acquire() as second, first.transaction():
        await first.execute("INSERT INTO told (topic, key, headers, body) VALUES ('t', 'k', '{}', '')")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await second.execute("SET lock_timeout = '100ms'; INSERT INTO told (topic, key, headers, body) VALUES ('t', 'k', '{}', '')")


async def test_what_was_told_is_told_again_with_the_same_ids(world: World) -> None:
    async with begin(world.pool) as work:
        work.tell(Echo(number=1))
    now = datetime.now(UTC)
    async with begin(world.pool) as work:
        assert await resend(work.connection, now - timedelta(hours=1), now + timedelta(hours=1)) == 1
    async with world.relaying():
        first, second = await echoes(world, 2)
    assert dict(first.headers)["ce_id"] == dict(second.headers)["ce_id"]


async def test_only_old_facts_that_were_sent_are_let_go(world: World) -> None:
    async with begin(world.pool) as work:
        for number in range(4):
            work.tell(Echo(number=number))
    await world.pool.execute("UPDATE told SET told_at = now() - interval '8 days' WHERE id <= 3")
    await world.pool.execute("UPDATE relayed SET id = 2")
    assert await purge(world.pool, PURGE_TOLD, 7) == 2
    assert await world.value("SELECT array_agg(id ORDER BY id) FROM told") == [3, 4]


async def test_a_bad_submission_does_not_spoil_those_that_share_its_transaction(world: World) -> None:
    door = Door(lambda: begin(world.pool), keep)
    submissions = [door.submit(Note(number=number, amount=13 if number == 4 else 1)) for number in range(10)]
    task = asyncio.ensure_future(door.run())
    results = await asyncio.gather(*submissions, return_exceptions=True)
    task.cancel()
    assert [result for result in results if isinstance(result, int)] == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert isinstance(results[4], asyncpg.CheckViolationError)
    assert await world.value("SELECT count(*) FROM note") == 9


async def test_two_that_meet_at_one_key_never_miss_each_other(world: World) -> None:
    await world.pool.execute("CREATE TABLE left_side (key text); CREATE TABLE right_side (key text); CREATE TABLE met (key text)")

    async def side(mine: str, other: str, key: str) -> None:
        async with begin(world.pool) as work:
            await work.lock([f"E07999999/{key}"])
            await work.connection.execute(f"INSERT INTO {mine} VALUES ($1)", key)
            if await work.connection.fetchval(f"SELECT count(*) FROM {other} WHERE key = $1", key):
                await work.connection.execute("INSERT INTO met VALUES ($1)", key)

    for number in range(100):
        await asyncio.gather(side("left_side", "right_side", str(number)), side("right_side", "left_side", str(number)))
    assert await world.value("SELECT count(DISTINCT key) FROM met") == 100
    assert await world.value("SELECT count(*) FROM met") == 100


async def test_each_unsafe_default_of_the_libraries_is_overridden(world: World) -> None:
    async with world.reading() as reader:
        assert reader.subscriber.ack_policy is AckPolicy.MANUAL
        consumer = reader.subscriber.consumer
        assert consumer._enable_auto_commit is False
        assert consumer._auto_offset_reset == "none"
        assert consumer._isolation_level == "read_committed"
        assert reader.subscriber.get_msg == reader.poll
        # A policy set on the broker would not reach a router's subscribers: the reader has one subscriber, made by itself.
        assert list(reader.broker.subscribers) == [reader.subscriber]
    options = producer_options()
    assert options["acks"] == "all"
    assert options["enable_idempotence"] is True
    assert options["linger_ms"] == 0


async def test_a_topic_that_does_not_exist_is_not_made_by_reading_it(world: World) -> None:
    stray = World(world.dsn, world.pool, world.bootstrap, "stray-" + world.prefix)

    async def read() -> None:
        async with stray.reading():
            await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(read(), 1)
    admin = AIOKafkaAdminClient(bootstrap_servers=world.bootstrap)
    await admin.start()
    try:
        assert stray.prefix + NOTES not in await admin.list_topics()
    finally:
        await admin.close()
