"""One whole system for all journeys of a session: real servers, four service processes, a letter box, a parking system."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from ims_local.day.doors import Doors
from ims_local.settings import COUNCIL
from ims_local.whole import WholeStack
from journeys.office import Office


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[WholeStack]:
    with tempfile.TemporaryDirectory(prefix="ims-journey-", ignore_cleanup_errors=True) as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        stack = WholeStack(Path(folder) / "stack")
        try:
            await asyncio.to_thread(stack.up)
            yield stack
        finally:
            await asyncio.to_thread(stack.down)
            await asyncio.to_thread(stack.delete)


@pytest.fixture(scope="session")
async def office() -> AsyncIterator[Office]:
    async with (
        running() as stack, Doors(stack.addresses(), COUNCIL) as doors, httpx.AsyncClient(trust_env=False, timeout=30) as http
    ):
        yield Office(stack, doors, http)


@pytest.fixture
async def stack() -> AsyncIterator[WholeStack]:
    """A system that nothing else has used."""
    async with running() as stack:
        yield stack
