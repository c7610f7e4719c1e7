"""The control sheet as a pure function: its sums hold for whatever was received and settled, and fail where a penny is lost."""

from datetime import date, timedelta
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ims_reconcile.domain.control_sheet import (
    BEGINNING,
    Before,
    Broken,
    Counted,
    Due,
    Late,
    Lines,
    Received,
    Settled,
    Stated,
    ToDate,
    canonical,
    chained,
    objections,
    sheet_of,
)

DAY = date(2026, 3, 18)
PENCE = st.integers(-(10**9), 10**9)
SOURCES = st.sampled_from(["allpay", "stripe", "bank"])
FACTS = st.lists(st.tuples(SOURCES, st.integers(0, 40), PENCE, PENCE, st.integers(0, 99)), max_size=12)


def counted(facts: list[tuple[str, int, int, int, int]], opening: int = 0, before: Before | None = None) -> Counted:
    """What the store would find of payments (source, days ago, pence, pence settled, fee)."""
    due, received, settled, lines = [], [], [], []
    for source, ago, pence, proved, fee in facts:
        left = pence - proved
        due.append(Due(source, DAY - timedelta(ago), 0, pence, proved, 0, int(left != 0), left))
        received.append(Received(source, "card", "payment", 1, pence))
        settled.append(Settled(False, source, "card", 1, proved, 0, fee, proved - fee))
        lines.append(Lines(False, "matched", source, 1, proved - fee, proved - fee))
    closing = opening + sum(each.pence for each in lines)
    stated = [Stated(DAY, DAY, opening, closing)]
    return Counted("E07999999", "20201555555555", DAY, before, stated, lines, received, settled, due, [], [])


@given(FACTS, PENCE)
def test_all_sums_hold_of_what_is_whole(facts: list[tuple[str, int, int, int, int]], opening: int) -> None:
    found = sheet_of(counted(facts, opening))
    assert not any(each["difference_pence"] for each in found["sums"])
    assert objections(found) == []
    assert sum(row["pence"] for row in found["unsettled"]) == found["movement"][0]["carried_forward_pence"]


@given(FACTS.filter(bool), st.integers(1, 10**6))
def test_a_penny_lost_anywhere_is_a_sum_that_does_not_hold(facts: list[tuple[str, int, int, int, int]], lost: int) -> None:
    whole = counted(facts)
    forged = [
        whole._replace(received=[whole.received[0]._replace(pence=whole.received[0].pence + lost), *whole.received[1:]]),
        whole._replace(settled=[whole.settled[0]._replace(net_pence=whole.settled[0].net_pence + lost), *whole.settled[1:]]),
        whole._replace(due=[whole.due[0]._replace(left_pence=whole.due[0].left_pence + lost), *whole.due[1:]]),
        whole._replace(lines=[whole.lines[0]._replace(proved_pence=whole.lines[0].proved_pence + lost), *whole.lines[1:]]),
        whole._replace(statements=[Stated(DAY, DAY, 0, whole.statements[0].closing_pence + lost)]),
    ]
    for each in forged:
        assert objections(sheet_of(each)), each


@given(FACTS, st.randoms(use_true_random=False))
def test_the_same_facts_in_any_order_make_the_same_bytes(facts: list[tuple[str, int, int, int, int]], random: Random) -> None:
    mixed = list(facts)
    random.shuffle(mixed)
    assert canonical(sheet_of(counted(mixed))) == canonical(sheet_of(counted(facts)))


def test_what_was_closed_is_brought_forward() -> None:
    before = Before(date(2026, 3, 17), 500, ToDate(900, 700, 50))
    late = Due("allpay", date(2026, 3, 16), 1000, 1000, 700, 50, 1, 250)
    found = sheet_of(counted([], 500, before)._replace(due=[late], settled=[Settled(True, "allpay", "cash", 1, 700, 0, 0, 700)]))
    movement = found["movement"][0]
    assert (movement["brought_forward_pence"], movement["late_pence"], movement["carried_forward_pence"]) == (150, 100, 250)
    assert not any(each["difference_pence"] for each in found["sums"])


def test_a_difference_with_its_code_is_no_objection() -> None:
    whole = counted([], 100)._replace(statements=[Stated(DAY, DAY, 100, 103)], late=[Late("line", UUID(int=1), DAY, 3)])
    for code, count in ((None, 2), ("bank-error", 0)):
        assert len(objections(sheet_of(whole._replace(breaks=[Broken("balance", code, True, 1, 3)])))) == count
    assert objections(sheet_of(whole._replace(breaks=[Broken("file-late", None, False, 1, 0)]))) != []


def test_a_chain_depends_on_every_day_before() -> None:
    assert chained(BEGINNING, "{}") != chained(chained(BEGINNING, "{}"), "{}")
