"""How fast a receiver is spoken to, by a clock of the test's own."""

import pytest

from ims_notify.channels import pace as page
from ims_notify.channels.pace import Pace

PER_SECOND, BURST, CONNECTIONS = 50, 100, 20


def test_a_process_that_stood_still_does_not_go_beyond_what_it_may_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(page.time, "monotonic", lambda: now)
    pace = Pace(PER_SECOND, BURST, CONNECTIONS)
    now += 60
    while pace.take() == 0:
        pass
    late = 1 + sum(pace.take() > 0 for _ in range(CONNECTIONS - 1))  # they wait for their moment, and it passes
    now += 60
    at_once = 0
    while pace.take() == 0:
        at_once += 1
    assert late + at_once == BURST
