"""What could not be handled: kept with its reason, listed, shown and tried again."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic_core import from_json, to_json

SET_ASIDE = """INSERT INTO set_aside (reader, topic, partition, "offset", reason, key, headers, body)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING"""
LIST = """SELECT id, reader, topic, partition, "offset", reason, length(body) AS bytes, set_aside_at, retried_at
  FROM set_aside WHERE retried_at IS NULL OR $1 ORDER BY id LIMIT $2"""


class Kept:
    """A record that was set aside, in the shape in which it came from the topic."""

    def __init__(self, row: Any) -> None:
        self.topic, self.partition, self.offset = row["topic"], row["partition"], row["offset"]
        self.key, self.value = row["key"], row["body"]
        self.headers = [(name, value.encode("latin-1")) for name, value in from_json(row["headers"])]


async def set_aside(connection: Any, reader: str, record: Any, reason: str, clean: Callable[[bytes], bytes]) -> None:
    """Keep a record, bytes and headers, as far as they may be kept, with the reason why it could not be handled."""
    # Latin-1 maps every byte to one character and back, whatever an outsider put into a header. PostgreSQL's text
    # takes no NUL; as JSON escapes it is only ever text to us, so the column is text, not jsonb.
    headers = to_json([(name, clean(value or b"").decode("latin-1")) for name, value in record.headers]).decode()
    key, value = (None if each is None else clean(each) for each in (record.key, record.value))
    await connection.execute(SET_ASIDE, reader, record.topic, record.partition, record.offset, reason, key, headers, value)


async def listed(connection: Any, with_retried: bool = False, most: int = 1000) -> Sequence[Any]:
    """What is set aside and not yet dealt with, oldest first: never the record itself."""
    rows: Sequence[Any] = await connection.fetch(LIST, with_retried, most)
    return rows


async def take(connection: Any, number: int) -> Kept | None:
    """A record set aside, to be tried again in this transaction; None if there is none, or it was dealt with."""
    row = await connection.fetchrow("SELECT * FROM set_aside WHERE id = $1 AND retried_at IS NULL FOR UPDATE", number)
    return Kept(row) if row else None


async def done(connection: Any, number: int) -> None:
    """This record has been handled after all."""
    await connection.execute("UPDATE set_aside SET retried_at = now() WHERE id = $1", number)
