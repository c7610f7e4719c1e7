"""A migrated allocation database for every test that needs one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from ims_kit import migrate, open_pool


@pytest.fixture
async def pool(database: Callable[[], Awaitable[str]]) -> AsyncIterator[Any]:
    url = await database()
    await migrate(url, "ims_allocation.migrations")
    pool = await open_pool(url)
    yield pool
    await pool.close()


@pytest.fixture(scope="module")
async def kept_pool(database: Callable[[], Awaitable[str]]) -> AsyncIterator[Any]:
    """One migrated database for all tests of a module that do not break it."""
    url = await database()
    await migrate(url, "ims_allocation.migrations")
    pool = await open_pool(url)
    yield pool
    await pool.close()


@pytest.fixture
async def clean_pool(kept_pool: Any) -> Any:
    """The same, emptied: triggers that forbid it do not see what a replica does."""
    tables = [row[0] for row in await kept_pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    emptied = ", ".join(each for each in tables if not each.startswith("alembic"))
    await kept_pool.execute(f"SET session_replication_role = replica; TRUNCATE {emptied} CASCADE; RESET session_replication_role")
    return kept_pool
