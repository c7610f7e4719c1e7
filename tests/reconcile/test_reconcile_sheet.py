"""The control sheet as a pure function: its sums hold for whatever was received and settled, and fail where a penny is lost."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ims_reconcile.domain.chain import BEGINNING, Signature, canonical, chained
from ims_reconcile.domain.control_sheet import ends, objections, sheet_of
from ims_reconcile.domain.counted import Before, Broken, Counted, Due, Late, Lines, Placed, Received, Settled, Stated, ToDate

DAY = date(2026, 3, 18)
PENCE = st.integers(-(10**9), 10**9)
SOURCES = st.sampled_from(["allpay", "stripe", "bank"])
FACTS = st.lists(st.tuples(SOURCES, st.integers(0, 40), PENCE, PENCE, st.integers(0, 99)), max_size=12)


def counted(facts: list[tuple[str, int, int, int, int]], opening: int = 0, before: Before | None = None) -> Counted:
    """What the store would find of payments (source, days ago, pence, pence settled, fee)."""
    due, received, settled, lines = [], [], [], []
    sources = {source: sum(pence for one, _, pence, *_ in facts if one == source) for source, *_ in facts}
    placed = [Placed(source, "card", pence, pence - 3, 0, 2) for source, pence in sources.items()]
    for source, ago, pence, proved, fee in facts:
        left = pence - proved
        due.append(Due(source, DAY - timedelta(ago), 0, pence, proved, 0, int(left != 0), left))
        received.append(Received(source, "card", "payment", 1, pence))
        settled.append(Settled(False, source, "card", 1, proved, 0, fee, proved - fee))
        lines.append(Lines(False, "matched", source, 1, proved - fee, proved - fee))
    closing = opening + sum(each.pence for each in lines)
    stated = [Stated(False, DAY, DAY, opening, closing)]
    return Counted("E07999999", "20201555555555", DAY, before, stated, lines, received, placed, settled, due, [], [])


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
        whole._replace(placed=[whole.placed[0]._replace(received_pence=whole.placed[0].received_pence + lost), *whole.placed[1:]]),
        whole._replace(settled=[whole.settled[0]._replace(net_pence=whole.settled[0].net_pence + lost), *whole.settled[1:]]),
        whole._replace(due=[whole.due[0]._replace(left_pence=whole.due[0].left_pence + lost), *whole.due[1:]]),
        whole._replace(lines=[whole.lines[0]._replace(proved_pence=whole.lines[0].proved_pence + lost), *whole.lines[1:]]),
        whole._replace(statements=[Stated(False, DAY, DAY, 0, whole.statements[0].closing_pence + lost)]),
    ]
    for each in forged:
        assert objections(sheet_of(each)), each


@given(FACTS, st.randoms(use_true_random=False))
def test_the_same_facts_in_any_order_make_the_same_bytes(facts: list[tuple[str, int, int, int, int]], random: Random) -> None:
    mixed = list(facts)
    random.shuffle(mixed)
    assert canonical(sheet_of(counted(mixed))) == canonical(sheet_of(counted(facts)))


def test_what_was_closed_is_brought_forward() -> None:
    before = Before(date(2026, 3, 17), 500, [ToDate("allpay", 900, 700, 50)], [Placed("allpay", "cash", 900, 900)])
    late = Due("allpay", date(2026, 3, 16), 1000, 1000, 700, 50, 1, 250)
    found = sheet_of(counted([], 500, before)._replace(
        due=[late], placed=[Placed("allpay", "cash", 1000, 900, 0, 60)], settled=[Settled(True, "allpay", "cash", 1, 700, 0, 0, 700)],
    ))  # fmt: skip
    movement = found["movement"][0]
    assert (movement["brought_forward_pence"], movement["late_pence"], movement["carried_forward_pence"]) == (150, 100, 250)
    assert [(row["kind"], row["source"], row["pence"]) for row in found["late"]] == [("payments", "allpay", 100)]
    assert not any(each["difference_pence"] for each in found["sums"])
    (moved,), (held,) = found["placed"], found["held"]
    assert (moved["received_pence"], moved["allocated_pence"], moved["suspended_pence"], moved["unplaced_pence"]) == (100, 0, 60, 40)
    assert (held["suspended_pence"], held["unplaced_pence"]) == (60, 40)


def test_a_difference_with_its_code_is_no_objection() -> None:
    whole = counted([], 100)._replace(statements=[Stated(False, DAY, DAY, 100, 103)], late=[Late("line", UUID(int=1), "", DAY, 3)])
    for code, count in ((None, 2), ("bank-error", 0)):
        assert len(objections(sheet_of(whole._replace(breaks=[Broken("balance", code, True, 1, 3)])))) == count
    assert objections(sheet_of(whole._replace(breaks=[Broken("file-late", None, False, 1, 0)]))) != []


def test_a_chain_depends_on_every_day_before() -> None:
    assert chained(BEGINNING, "{}") != chained(chained(BEGINNING, "{}"), "{}")


@given(st.lists(st.sampled_from([-50, 0, 50, 100]), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_statements_of_one_day_end_where_their_entries_lead_in_whatever_order_they_are(moves: list[int], random: Random) -> None:
    balance, statements = 100, []
    for move in moves:
        statements.append(Stated(False, DAY, DAY, balance, balance + move))
        balance += move
    random.shuffle(statements)
    assert ends(statements, 100) == (100, balance)


def test_an_opening_that_does_not_follow_is_an_objection_until_it_is_explained() -> None:
    before = Before(date(2026, 3, 17), 500)
    whole = counted([], 510, before)
    assert len(objections(sheet_of(whole))) == 1
    assert objections(sheet_of(whole._replace(breaks=[Broken("opening", "bank-error", True, 1, 10)]))) == []


def test_a_late_line_of_the_day_before_moves_the_opening() -> None:
    came_late = Lines(True, "matched", "allpay", 1, 10, 10)
    whole = counted([], 510, Before(date(2026, 3, 17), 500))
    assert objections(sheet_of(whole._replace(lines=[came_late]))) == []
    assert objections(sheet_of(whole._replace(lines=[came_late._replace(pence=9, proved_pence=9)]))) != []


def test_a_signature_is_of_everything_that_the_page_says_of_it() -> None:
    at = datetime(2026, 3, 19, 9, tzinfo=UTC)
    signed = Signature("0" * 64, "anne", at, "ben", at)
    others = [signed._replace(**{name: "x"}) for name in ("evidence_sha256", "prepared_by", "closed_by")]
    others += [signed._replace(**{name: at + timedelta(microseconds=1)}) for name in ("prepared_at", "closed_at")]
    assert len({each.sha256 for each in (signed, *others)}) == 6


def test_a_statement_of_the_week_beside_that_of_the_day_moves_nothing() -> None:
    week, day = Stated(False, date(2026, 3, 16), DAY, 100, 200), Stated(False, DAY, DAY, 180, 200)
    for statements in ([week, day], [day, week]):
        assert ends(statements, 180) == (180, 200)
    assert ends([week], 100) == (100, 200)
