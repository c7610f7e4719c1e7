"""Anytown's day: what becomes of each payment, refund and reversal, as its finance officer wrote it down beforehand."""

from typing import Any

import pytest

from allocation.anytown import COUNCIL, end, name, rows, sample_accounts, sample_event, story
from ims_allocation.domain import Change

DAY = rows("expected_outcomes.csv")
RECEIVED = [row for row in DAY if int(row["amount_pence"]) > 0]
BACK = [row for row in DAY if int(row["amount_pence"]) < 0]


@pytest.fixture(scope="module")
def changes() -> list[Change]:
    return story(sample_accounts(), *map(sample_event, RECEIVED))


@pytest.mark.parametrize("row", RECEIVED, ids=[f"{row['event']} {row['case']}" for row in RECEIVED])
def test_every_payment_of_the_day_ends_where_it_should(row: dict[str, str], changes: list[Change]) -> None:
    placed = end(changes)[COUNCIL, name(row["event"])]
    assert (placed.reason or placed.outcome) == row["outcome"]
    assert placed.allocated_pence == int(row["allocated_pence"])
    assert placed.suspended_pence == int(row["suspended_pence"])
    assert placed.refund_due_pence == int(row["refund_due_pence"])
    assert [part.account_reference for part in placed.parts] == ([row["account"]] if int(row["allocated_pence"]) else [])


def test_the_whole_day_adds_up_to_its_totals() -> None:
    placed = end(story(sample_accounts(), *map(sample_event, DAY))).values()
    assert {
        "allocated": sum(p.allocated_pence for p in placed),
        "suspended": sum(p.suspended_pence for p in placed),
        "refund_due": sum(p.refund_due_pence for p in placed),
    } == {"allocated": 290715, "suspended": 22410, "refund_due": 7500}


@pytest.mark.parametrize("row", BACK, ids=[row["event"] for row in BACK])
def test_what_went_back_is_taken_off_its_account(row: dict[str, str]) -> None:
    with_it = lines_on(story(sample_accounts(), *map(sample_event, DAY)), row["account"])
    without = lines_on(story(sample_accounts(), *(sample_event(r) for r in DAY if r is not row)), row["account"])
    assert with_it - without == -int(row["allocated_pence"])


def lines_on(changes: list[Change], reference: str) -> Any:
    return sum(line.amount_pence for change in changes for line in change.lines if line.account_reference == reference)
