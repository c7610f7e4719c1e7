"""One database for all of ingest's tests, emptied before each."""

from collections.abc import AsyncIterator

import pytest

from conftest import MakeMigrated
from ingest.ingest_world import Ingest, ingesting, served


@pytest.fixture(scope="session")
async def ingest_url(migrated: MakeMigrated) -> str:
    return await migrated("ims_ingest")


@pytest.fixture
async def ingest(ingest_url: str) -> AsyncIterator[Ingest]:
    async with ingesting(ingest_url) as ingest:
        await ingest.empty()
        yield ingest


@pytest.fixture
async def ingest_address(ingest: Ingest) -> AsyncIterator[str]:
    """Ingest as others reach it, over a port."""
    async with served(ingest) as address:
        yield address
