"""Where PostgreSQL stands in each partition: the only truth about what has been heard."""

from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from ims_kit.errors import Fenced, Stop

type Moves = dict[TopicPartition, tuple[int, int]]
"""Of each partition: polled from, polled to."""

START = """INSERT INTO heard (reader, topic, partition, next_offset, cluster_id) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (reader, topic, partition) DO UPDATE SET reader = excluded.reader RETURNING next_offset, cluster_id"""
ADVANCE = """UPDATE heard SET next_offset = m.after, moved_at = now()
  FROM unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[]) AS m (topic, partition, before, after)
  WHERE reader = $1 AND heard.topic = m.topic AND heard.partition = m.partition AND next_offset = m.before"""


async def cluster_of(bootstrap: str) -> str:
    """The id of the Kafka cluster that answers there."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return str((await admin.describe_cluster())["cluster_id"])
    finally:
        await admin.close()


async def take_places(
    pool: Any, reader: str, cluster: str, starts: dict[TopicPartition, int], ends: dict[TopicPartition, int]
) -> dict[TopicPartition, int]:
    """Where PostgreSQL stands of each partition; without a place there, where the log begins.
    Raises Stop where that place is of another cluster, or not in the log any more: nothing is skipped by itself."""
    places = {}
    for tp, start in starts.items():
        at, known = await pool.fetchrow(START, reader, tp.topic, tp.partition, start, cluster)
        if known != cluster:
            raise Stop(f"{tp.topic}/{tp.partition}: PostgreSQL's place is of Kafka cluster {known}, this is {cluster}")
        if not start <= at <= ends[tp]:
            raise Stop(f"{tp.topic}/{tp.partition}: PostgreSQL stands at {at}, the log has {start} to {ends[tp]}")
        places[tp] = at
    return places


async def advance(connection: Any, reader: str, moves: Moves) -> None:
    """Move on by compare-and-set: a batch must have been polled from exactly where PostgreSQL stands. Raises Fenced."""
    rows = [(tp.topic, tp.partition, *move) for tp, move in sorted(moves.items())]
    if await connection.execute(ADVANCE, reader, *zip(*rows, strict=True)) != f"UPDATE {len(rows)}":
        raise Fenced(f"not at {rows}")
