"""What payments settle of a penalty, as a parking manager would write it down."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from allocation.anytown import COUNCIL, PACK, end, name, payment, penalty, refund, remembered, reversal, story
from ims_allocation.domain import Accounts, Change, Progress, known
from ims_allocation.domain import Stage as PenaltyStage
from ims_allocation.domain.penalties import grows_on, stage_on
from ims_contracts.accounts import Stage

REFERENCE = "BJ90012273"


def paid(*payments: tuple[str, int], **fields: Any) -> list[Any]:
    return [
        payment(REFERENCE, pence, date.fromisoformat(f"2026-{on}"), called=str(number), **fields)
        for number, (on, pence) in enumerate(payments, 1)
    ]


def outcomes(changes: list[Change]) -> list[tuple[str, int, int]]:
    placed = end(changes)
    return [(p.outcome, p.allocated_pence, p.refund_due_pence) for _, p in sorted(placed.items(), key=lambda item: numbers()[item[0][1]])]


def numbers() -> dict[Any, int]:
    return {name(str(number)): number for number in range(1, 9)}


@pytest.mark.parametrize(
    ("case", "payments", "expected"),
    [
        # day paid, pence                                     outcome, allocated, due back
        ("the discount on its last day", [("03-15", 3500)], [("discount", 3500, 0)]),
        ("the discount a day late", [("03-16", 3500)], [("late-discount", 3500, 0)]),
        ("the full amount, at once", [("03-03", 7000)], [("over", 3500, 3500)]),
        ("the full amount after the discount", [("03-20", 7000)], [("full", 7000, 0)]),
        ("the full amount, on the last day", [("04-30", 7000)], [("full", 7000, 0)]),
        ("the old amount after a charge certificate", [("05-01", 7000)], [("part", 7000, 0)]),
        ("the amount of the charge certificate", [("05-31", 10500)], [("full", 10500, 0)]),
        ("registered with the court fee", [("06-01", 11500)], [("full", 11500, 0)]),
        ("part, then the rest", [("03-20", 5000), ("03-21", 2000)], [("part", 5000, 0), ("full", 2000, 0)]),
        ("part within the discount, then the rest of it", [("03-05", 2000), ("03-06", 1500)], [("part", 2000, 0), ("discount", 1500, 0)]),
        ("part, then a charge certificate", [("04-20", 5000), ("05-02", 2000)], [("part", 5000, 0), ("part", 2000, 0)]),
        ("part, then too much", [("03-20", 5000), ("03-21", 7000)], [("part", 5000, 0), ("over", 2000, 5000)]),
        ("the same twice", [("03-10", 3500), ("03-10", 3500)], [("discount", 3500, 0), ("duplicate", 0, 3500)]),
        ("once settled it stays settled", [("03-10", 3500), ("06-10", 11500)], [("discount", 3500, 0), ("duplicate", 0, 11500)]),
        ("too much", [("03-20", 7500)], [("over", 7000, 500)]),
        ("a penny short", [("03-10", 3499)], [("part", 3499, 0)]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_paid_for_a_penalty(case: str, payments: list[tuple[str, int]], expected: list[tuple[str, int, int]]) -> None:
    # Of two on one day without a time, either may count as the first: so not in order.
    assert sorted(outcomes(story([penalty(REFERENCE)], *paid(*payments)))) == sorted(expected), case


@pytest.mark.parametrize(
    ("payments", "expected"),
    [
        ([("03-10", 3499)], [("discount", 3499, 0)]),
        ([("03-10", 3480)], [("discount", 3480, 0)]),
        ([("03-10", 3479)], [("part", 3479, 0)]),
        ([("03-20", 6980)], [("full", 6980, 0)]),
        ([("03-10", 3480), ("06-10", 11500)], [("discount", 3480, 0), ("duplicate", 0, 11500)]),
        ([("03-05", 2000), ("03-06", 1485)], [("part", 2000, 0), ("discount", 1485, 0)]),
        ([("03-10", 3501)], [("over", 3500, 1)]),
    ],
)
def test_a_penalty_paid_short_within_the_funds_tolerance_is_settled(
    payments: list[tuple[str, int]], expected: list[tuple[str, int, int]]
) -> None:
    funds = PACK.funds | {"11": replace(PACK.funds["11"], tolerance_pence=20)}
    pack = replace(PACK, funds=funds)
    facts = {(p.council, p.payment_id): known(p, PACK.references.read(p.reference, p.narrative), pack) for p in paid(*payments)}
    changes = Progress({}, Accounts([remembered(penalty(REFERENCE))]), {COUNCIL: pack}).hear(facts, {})
    assert sorted(outcomes(changes)) == sorted(expected)
    assert {p.balance_pence for p in end(changes).values() if p.outcome in ("discount", "full")} <= {0}


@pytest.mark.parametrize(
    ("status", "on", "pence", "expected"),
    [
        ("cancelled", "03-10", 3500, ("closed", 0, 3500)),
        ("closed", "03-10", 3500, ("discount", 3500, 0)),  # the back office says that it was paid: by this
        ("with-agent", "06-10", 11500, ("with-agent", 11500, 0)),
        ("with-agent", "06-10", 30000, ("with-agent", 30000, 0)),  # the agent knows what fees are due
        ("with-agent", "04-10", 5000, ("part", 5000, 0)),  # before there can have been a warrant
    ],
)
def test_what_the_state_of_a_penalty_does_to_a_payment(status: str, on: str, pence: int, expected: tuple[str, int, int]) -> None:
    assert outcomes(story([penalty(REFERENCE, status=status)], *paid((on, pence)))) == [expected]


@pytest.mark.parametrize(
    ("paid_at", "paid_on", "outcome"),
    [
        # Day 14 of 14 beginning on 18 March is the 31st: in summer time, an hour ahead of UTC.
        ("2026-03-31T22:59:00", "2026-03-31", "discount"),
        ("2026-03-31T23:30:00", "2026-04-01", "late-discount"),
    ],
)
def test_the_clock_that_counts_is_the_payers(paid_at: str, paid_on: str, outcome: str) -> None:
    stages = [
        Stage(stage="discount", amount_pence=3500, until_on=date(2026, 3, 31)),
        Stage(stage="full", amount_pence=7000),
    ]
    at = datetime.fromisoformat(paid_at).replace(tzinfo=UTC)
    changes = story([penalty(REFERENCE, schedule=stages)], payment(REFERENCE, 3500, date.fromisoformat(paid_on), paid_at=at))
    assert outcomes(changes)[0][0] == outcome


@pytest.mark.parametrize(
    ("channel", "value_on", "outcome"),
    [
        ("web", date(2026, 3, 17), "discount"),  # the payer's act
        ("agent", date(2026, 3, 17), "discount"),  # the day on the shop's own line
        ("bank-transfer", date(2026, 3, 15), "discount"),
        ("bank-transfer", date(2026, 3, 16), "late-discount"),  # the day of value
        ("cheque", date(2026, 3, 16), "late-discount"),  # the day of banking
    ],
)
def test_which_day_decides_is_a_rule_of_the_channel(channel: str, value_on: date, outcome: str) -> None:
    changes = story([penalty(REFERENCE)], payment(REFERENCE, 3500, date(2026, 3, 15), channel=channel, value_on=value_on))
    assert outcomes(changes)[0][0] == outcome


def test_of_two_within_minutes_the_later_is_the_duplicate() -> None:
    first, second = (datetime(2026, 3, 10, 14, minute, tzinfo=UTC) for minute in (19, 22))
    both = [
        payment(REFERENCE, 3500, date(2026, 3, 10), called="1", paid_at=second),
        payment(REFERENCE, 3500, date(2026, 3, 10), called="2", paid_at=first),
    ]
    assert outcomes(story([penalty(REFERENCE)], *both)) == [("duplicate", 0, 3500), ("discount", 3500, 0)]


def test_a_cheque_that_bounced_opens_its_penalty_again_at_the_stage_it_is_in() -> None:
    changes = story([penalty(REFERENCE)], *paid(("03-10", 3500)), reversal("1", 3500, date(2026, 5, 10)))
    assert outcomes(changes) == [("reversed", 0, 0)]
    assert changes[-1].owed_pence == 10500


def test_when_the_first_bounced_the_second_is_no_duplicate() -> None:
    changes = story([penalty(REFERENCE)], *paid(("03-10", 3500), ("03-12", 3500)), reversal("1", 3500))
    assert outcomes(changes) == [("reversed", 0, 0), ("discount", 3500, 0)]
    assert changes[-1].before.placement
    assert changes[-1].before.placement.outcome == "duplicate"


def test_a_refund_is_of_what_was_too_much_before_anything_else() -> None:
    changes = story([penalty(REFERENCE)], *paid(("03-20", 7500)), refund("1", 500))
    assert outcomes(changes) == [("over", 7000, 0)]


def test_a_refund_beyond_that_opens_the_penalty() -> None:
    changes = story([penalty(REFERENCE)], *paid(("03-20", 7500)), refund("1", 1500))
    assert outcomes(changes) == [("over", 6000, 0)]
    assert end(changes)[COUNCIL, name("1")].balance_pence == 1000


def test_money_that_went_back_twice_is_a_negative_item_for_a_person() -> None:
    changes = story([penalty(REFERENCE)], *paid(("03-20", 7000)), reversal("1", 7000), reversal("1", 7000, called="again"))
    placed = end(changes)[COUNCIL, name("1")]
    assert (placed.allocated_pence, placed.suspended_pence, placed.reason) == (0, -7000, "overdrawn")


def stages(*written: str) -> tuple[PenaltyStage, ...]:
    """`discount 3500 03-01 03-15`: stage, pence, first and last day, a dash for none."""
    days = [line.split() for line in written]
    return tuple(
        PenaltyStage(name_, int(pence), *(None if d == "-" else date.fromisoformat(f"2026-{d}") for d in (since, until)))
        for name_, pence, since, until in days
    )


RE_OFFERED = stages("discount 3500 - 03-15", "full 7000 - -", "discount 3500 04-10 04-24")
CUSTOMARY = stages("discount 3500 - 03-15", "full 7000 - 04-30", "charge-certificate 10500 - -")


@pytest.mark.parametrize(
    ("schedule", "day", "stage", "pence", "grows"),
    [
        (CUSTOMARY, "03-15", "discount", 3500, "03-16"),
        (CUSTOMARY, "03-16", "full", 7000, "05-01"),
        (CUSTOMARY, "05-01", "charge-certificate", 10500, None),
        (RE_OFFERED, "04-09", "full", 7000, None),
        (RE_OFFERED, "04-10", "discount", 3500, "04-25"),
        (RE_OFFERED, "04-25", "full", 7000, None),
        (stages("full 7000 05-01 -"), "03-01", "full", 7000, None),
        (stages("discount 3500 - 03-15"), "03-16", "discount", 3500, None),
    ],
)
def test_what_a_penalty_costs_on_a_day(schedule: Any, day: str, stage: str, pence: int, grows: str | None) -> None:
    on = date.fromisoformat(f"2026-{day}")
    assert stage_on(schedule, on)[:2] == (stage, pence)
    assert grows_on(schedule, on) == (date.fromisoformat(f"2026-{grows}") if grows else None)
