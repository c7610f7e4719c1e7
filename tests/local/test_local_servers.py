"""The embedded Kafka and PostgreSQL are real, durable, and leave nothing behind."""

import os
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from ims_contracts import STREAMS
from ims_local import databases, topics
from ims_local.kafka import EmbeddedKafka
from ims_local.postgres import EmbeddedPostgres
from ims_local.processes import is_running
from ims_local.register import Register
from ims_local.stack import Stack
from ims_local.topics import Topic


def process_of(server: EmbeddedKafka | EmbeddedPostgres) -> psutil.Process:
    entry = server.register.entry(server.name)
    assert entry is not None
    assert entry.process is not None
    return psutil.Process(entry.process.pid)


async def told(bootstrap: str, topic: str) -> list[bytes]:
    """Every record of a topic of one partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        return [record.value for record in (await consumer.getmany(timeout_ms=5000)).get(place, [])]
    finally:
        await consumer.stop()


async def test_what_kafka_acknowledged_is_there_after_it_was_killed(kafka: EmbeddedKafka) -> None:
    kafka.start()
    before, cluster = kafka.bootstrap, (kafka.home / "kafka/data/meta.properties").read_text()
    await topics.create(kafka.bootstrap, [Topic(name="kept", partitions=1, replication=1, retention_days=7)])
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait("kept", b"a payment")

    process = process_of(kafka)
    process.kill()
    process.wait()
    kafka.start()

    assert kafka.bootstrap == before
    assert (kafka.home / "kafka/data/meta.properties").read_text() == cluster
    assert await told(kafka.bootstrap, "kept") == [b"a payment"]


async def test_what_postgresql_committed_is_there_after_it_was_killed(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    connection = await asyncpg.connect(postgres.url)
    await connection.execute("CREATE TABLE kept (amount_pence bigint); INSERT INTO kept VALUES (100)")

    server = process_of(postgres)
    family = [server, *server.children(recursive=True)]
    for member in family:
        member.kill()
    server.wait()
    psutil.wait_procs(family, timeout=5)
    postgres.start()

    connection = await asyncpg.connect(postgres.url)
    assert await connection.fetchval("SELECT amount_pence FROM kept") == 100
    await connection.close()


async def test_postgresql_is_durable_private_and_quotes_no_rows_in_its_log(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    connection = await asyncpg.connect(postgres.url)
    for setting, value in [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("max_connections", "200"),
        ("listen_addresses", "127.0.0.1"),
        ("password_encryption", "scram-sha-256"),
        ("log_error_verbosity", "terse"),
    ]:
        assert await connection.fetchval(f"SHOW {setting}") == value, setting
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("CREATE TABLE payer (name text UNIQUE); INSERT INTO payer VALUES ('Ann Payer'), ('Ann Payer')")
    await connection.close()

    assert "Ann Payer" not in postgres.log.read_text()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.url, password="guessed")


async def test_a_service_can_do_nothing_outside_its_own_database(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    await databases.create(postgres.url, {"ingest": "one's", "notify": "two"})
    await databases.create(postgres.url, {"ingest": "one's", "notify": "changed"})

    connection = await asyncpg.connect(databases.url_of("ingest", postgres.url, "one's"))
    await connection.execute("CREATE TABLE own (id int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("CREATE ROLE another")
    await connection.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(databases.url_of("ingest", postgres.url, "one's"), database="ims_notify")


async def test_two_stacks_run_side_by_side_and_a_stack_that_is_down_leaves_no_process(home: Path, servers: Stack) -> None:
    stack = Stack(home / "second")
    stack.up(servers_only=True)
    entries = stack.register.read().entries
    assert stack.kafka.bootstrap != servers.kafka.bootstrap
    assert stack.postgres.url != servers.postgres.url
    assert stack.register.path.stat().st_mode & 0o077 == 0, "it holds passwords"

    processes = [psutil.Process(entry.process.pid) for entry in entries.values() if entry.process]
    family = [member for process in processes for member in (process, *process.children(recursive=True))]
    stack.down()

    assert not [member for member in family if member.is_running()]
    assert servers.kafka.is_running()
    assert servers.postgres.is_running()


async def test_up_starts_what_died_and_leaves_alone_what_runs(home: Path) -> None:
    stack = Stack(home)
    stack.up(servers_only=True)
    try:
        before = stack.register.read().entries
        stack.postgres.kill()
        stack.up(servers_only=True)
        after = stack.register.read().entries
    finally:
        stack.down()

    assert after["kafka"] == before["kafka"]
    assert after["postgres"].process != before["postgres"].process
    assert after["postgres"].port == before["postgres"].port


@pytest.mark.skipif(os.getuid() != 0, reason="only root has folders that PostgreSQL's user cannot enter")
async def test_root_can_keep_a_stack_where_nobody_else_may_enter(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr("ims_local.postgres.OPEN_GROUND", home / "open")
    postgres = EmbeddedPostgres(closed / "stack", Register(closed / "stack"))
    postgres.start()
    try:
        connection = await asyncpg.connect(postgres.url)
        assert await connection.fetchval("SELECT true")
        await connection.close()
        assert home / "open" in postgres.folder.parents
    finally:
        postgres.stop()
    postgres.delete()
    assert not postgres.folder.exists()


async def test_the_topics_of_the_system_are_those_of_the_contract(kafka_bootstrap: str) -> None:
    listed = topics.listed()
    assert {topic.name for topic in listed} == set(STREAMS)
    assert len(listed) <= 10, "what a managed broker sells"
    assert {topic.retention_days for topic in listed} == {7}

    renamed = [topic.model_copy(update={"name": f"made-{os.getpid()}-{topic.name}"}) for topic in listed]
    assert await topics.create(kafka_bootstrap, renamed) == [topic.name for topic in renamed]
    assert await topics.create(kafka_bootstrap, renamed) == []


def test_a_process_is_only_ours_if_it_began_when_ours_did(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    entry = postgres.register.entry("postgres")
    assert entry is not None
    assert entry.process is not None
    someone_else = entry.process.model_copy(update={"created": entry.process.created - 3600})

    assert is_running(entry.process)
    assert not is_running(someone_else)
    postgres.register.keep("postgres", entry.model_copy(update={"process": someone_else}))
    postgres.stop()
    assert is_running(entry.process)

    postgres.register.keep("postgres", entry)
    postgres.stop()
    assert not is_running(entry.process)
