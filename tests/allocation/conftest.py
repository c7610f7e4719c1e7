"""One database for all of allocation's tests, emptied before each."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from conftest import MakeMigrated
from databases import empty
from ims_kit import open_pool


@pytest.fixture(scope="session")
async def allocation_url(migrated: MakeMigrated) -> str:
    return await migrated("ims_allocation")


@pytest.fixture(scope="module")
async def kept_pool(allocation_url: str) -> AsyncIterator[Any]:
    """The database as it is, for tests that empty it themselves."""
    pool = await open_pool(allocation_url)
    yield pool
    await pool.close()


@pytest.fixture
async def pool(kept_pool: Any) -> Any:
    """The same, emptied."""
    await empty(kept_pool)
    return kept_pool


@pytest.fixture
def clean_pool(pool: Any) -> Any:
    return pool
