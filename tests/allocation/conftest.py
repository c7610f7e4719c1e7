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
