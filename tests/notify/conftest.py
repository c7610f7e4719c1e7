"""One database for all of notify's tests, emptied before each: making one takes longer than most tests."""

import pytest

from ims_kit import migrate


@pytest.fixture(scope="session")
async def notify_url(database) -> str:
    url = await database()
    await migrate(url, "ims_notify.migrations")
    return url
