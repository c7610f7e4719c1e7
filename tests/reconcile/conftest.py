"""Reconcile's database, once for all its tests, and empty for each."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest_asyncio

from conftest import MakeMigrated
from ims_reconcile.app import build
from reconcile.reconcile_world import ANNE, TWO_OFFICERS, World


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pool(migrated: MakeMigrated) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    async with asyncpg.create_pool(await migrated("ims_reconcile"), min_size=0, max_size=3) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def world(pool: "asyncpg.Pool[asyncpg.Record]") -> World:
    made = World(pool)
    await made.clear()
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The doors, with two officers of the council: Anne and Ben."""
    service = build(TWO_OFFICERS)
    service.pool = world.pool
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.api), base_url="http://reconcile", headers=ANNE) as opened:
        yield opened
