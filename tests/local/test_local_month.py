"""The invented month: the same for the same seed, with a truth that hangs together."""

from collections import Counter

from ims_contracts import Message
from ims_contracts.statements import StatementLineReceived
from ims_local.month.calendar import month
from ims_local.month.day import Desk
from ims_local.month.truth import TYPES
from ims_reconcile.domain import TYPES as BREAK_TYPES


def made(seed: int = 1) -> tuple[Desk, list[Message]]:
    desk = Desk(5000, seed)
    return desk, [fact for _, facts in month(desk) for fact in facts]


def test_the_same_seed_is_the_same_month_and_another_is_another() -> None:
    (_, first), (_, again), (_, other) = made(), made(), made(2)
    assert first == again
    assert first != other


def test_every_line_is_announced_or_the_bank_s_alone_or_planted() -> None:
    desk, facts = made()
    lines = Counter(fact.statement_line_id for fact in facts if isinstance(fact, StatementLineReceived))
    assert set(lines.values()) == {1}
    known = desk.truth.told_lines | desk.truth.bank_only | set(desk.truth.by_touch())
    assert set(lines) <= known
    assert not desk.truth.told_lines & desk.truth.bank_only


def test_the_month_has_forty_sources_and_plants_types_that_breaks_have() -> None:
    desk, _ = made()
    assert len(desk.council.pack.sources) == 40
    assert set(TYPES.values()) <= set(BREAK_TYPES)
