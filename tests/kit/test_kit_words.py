"""What the kit says of errors, and what it makes of tables, without servers."""

import re
import uuid

import asyncpg
import pytest
from aiokafka.errors import KafkaConnectionError
from httpx import ASGITransport, AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import MetaData
from sqlmodel import Field, SQLModel

from ims_kit import Insert, Refused, Service, ServiceSettings
from ims_kit.errors import Fenced, describe, is_accident
from ims_kit.relay import partition_of

SECRET = "Mrs Example, 770001478"


@pytest.mark.parametrize(
    ("error", "accident"),
    [
        (ConnectionRefusedError(SECRET), True),
        (KafkaConnectionError(), True),
        (Fenced("x"), True),
        (asyncpg.PostgresConnectionError(SECRET), True),
        (asyncpg.DeadlockDetectedError(SECRET), True),
        (asyncpg.UniqueViolationError(SECRET), False),
        (asyncpg.DataError(SECRET), False),
        (asyncpg.exceptions._base.InterfaceError(SECRET), True),
        (ValueError(SECRET), False),
        (ZeroDivisionError(SECRET), False),
        (Refused("why"), False),
    ],
)
def test_an_accident_is_told_from_a_records_fault(error: Exception, accident: bool) -> None:
    assert is_accident(error) is accident


@pytest.mark.parametrize("error", [ValueError(SECRET), asyncpg.UniqueViolationError(SECRET), KeyError(SECRET), OSError(SECRET)])
def test_what_is_said_of_an_error_never_quotes_it(error: Exception) -> None:
    assert SECRET not in describe(error)
    assert type(error).__name__ in describe(error)


class Row(SQLModel, table=True):
    __tablename__ = "row_of_test"
    metadata = MetaData()
    payment_id: uuid.UUID = Field(primary_key=True)
    amount_pence: int
    words: str | None = None


def test_an_insert_is_made_from_the_tables_declaration() -> None:
    insert = Insert(Row, "payment_id amount_pence words", returning="payment_id")
    assert insert.sql == (
        "INSERT INTO row_of_test (payment_id, amount_pence, words) "
        "SELECT * FROM unnest($1::UUID[], $2::INTEGER[], $3::VARCHAR[]) ON CONFLICT DO NOTHING RETURNING payment_id"
    )


async def test_an_insert_of_nothing_asks_nothing() -> None:
    assert await Insert(Row, "payment_id")(None, []) == []


@given(st.text(max_size=40), st.integers(1, 64))
def test_a_key_always_lies_in_one_partition(key: str, partitions: int) -> None:
    assert 0 <= partition_of(key, partitions) < partitions
    assert partition_of(key, partitions) == partition_of(key, partitions)


async def test_the_page_of_the_doors_loads_nothing_from_elsewhere() -> None:
    settings = ServiceSettings(kafka_bootstrap="localhost:9", database_url=SecretStr("postgresql://localhost:9/none"))
    transport = ASGITransport(app=Service("small", settings, asyncapi={}).api)
    async with AsyncClient(transport=transport, base_url="http://small") as client:
        page = (await client.get("/docs")).text
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert loaded
        assert all(address.startswith("/") for address in loaded)
        assert all([(await client.get(address)).status_code == 200 for address in loaded])
