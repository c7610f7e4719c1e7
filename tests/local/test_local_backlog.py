"""New payments are matched beside what is open already, all of them."""

from collections.abc import Awaitable, Callable

import pytest

from ims_local.month.backlog import beside


@pytest.mark.parametrize("size", [0, 400])
async def test_all_that_is_new_is_matched_beside_whatever_is_open(size: int, database: Callable[[], Awaitable[str]]) -> None:
    found = await beside(size, 800, 3, await database())
    assert found["lines_matched"] == found["lines"] == 40
    assert found["microseconds_a_payment"] > 0
