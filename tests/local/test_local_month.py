"""The invented month: the same for the same seed, with a truth that hangs together."""

from collections import Counter
from random import Random

from ims_contracts import Message
from ims_contracts.payments import PaymentReceived
from ims_contracts.statements import SettlementReceived, StatementLineReceived
from ims_local.month.bank import named
from ims_local.month.calendar import month
from ims_local.month.cards import AGAIN, CARD, LOOSE
from ims_local.month.day import Desk
from ims_local.month.truth import TYPES
from ims_reconcile.domain import TYPES as BREAK_TYPES


class Few(Random):
    """As all payers of a month, but of a hundred references."""

    def randrange(self, start: int, *more: int) -> int:  # type: ignore[override]
        return super().randrange(100 if start == 10**7 else start, *more)


def made(seed: int = 1, chance: type[Random] = Random) -> tuple[Desk, list[Message]]:
    desk = Desk(5000, seed)
    desk.chance = chance(seed)
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


def test_a_payment_by_card_that_goes_wrong_is_alike_to_no_other() -> None:
    desk, facts = made(chance=Few)
    wrong = {each for fault in desk.truth.planted if fault.kind in (*CARD, *LOOSE) for each in fault.touches}
    payments = {fact.source_payment_id: fact for fact in facts if isinstance(fact, PaymentReceived) and fact.provider}
    rows = [row for fact in facts if isinstance(fact, SettlementReceived) for row in fact.members if row.kind == "charge"]
    names = {(each.source_payment_id, each.reference) for each in payments.values()}
    names |= {(row.member_reference.removesuffix(AGAIN), row.reference) for row in rows}
    shared = Counter(reference for _, reference in names)
    assert max(shared.values()) > 20
    assert {shared[reference] for name, reference in names if named(name) in wrong} == {1}
