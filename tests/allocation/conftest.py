"""A migrated allocation database for every test that needs one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from allocation.doors import empty
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
    """The same, emptied."""
    await empty(kept_pool)
    return kept_pool
