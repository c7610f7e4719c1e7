"""One database for all of notify's tests, emptied before each: making one takes longer than most tests."""

import pytest

from conftest import MakeMigrated


@pytest.fixture(scope="session")
async def notify_url(migrated: MakeMigrated) -> str:
    return await migrated("ims_notify")
