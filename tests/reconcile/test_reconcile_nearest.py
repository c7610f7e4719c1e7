"""What is nearest is found as if everything were compared with everything, and without doing so."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_reconcile.domain import Item, Line, match
from ims_reconcile.domain.board import Board, item_order, line_order
from ims_reconcile.domain.differences import by_elimination
from ims_reconcile.domain.naming import may_mean
from ims_reconcile.domain.nearest import is_akin
from reconcile.test_reconcile_stages import MONDAY, PACK, a_line, an_item

DAYS = st.integers(0, 8).map(lambda number: MONDAY + timedelta(days=number))
PENCE = st.one_of(st.integers(50, 70), st.integers(-55, -50))
WORDS = st.sampled_from(["SHOP", "SHOP ABC123", "SHOP 555123", "SHOP RUN00012 ABC124", "CARD po_1234", "UNPAID 160326", "BAG 7", "NOBODY"])
REFERENCES = st.sampled_from(["ABC123", "ABC999", "555123:1", "555123:2", "555777", "po_1234", "po_9999", "160326", "RUN 00012"])
SOURCES = st.sampled_from(["shop", "shop", "shop", "card", "bag", "unpaid"])


@st.composite
def lines(draw: Any) -> list[Line]:
    drawn = draw(st.lists(st.tuples(PENCE, WORDS, DAYS, st.sampled_from(["main", "main", "other"])), max_size=9))
    return [a_line(f"line {number}", *each) for number, each in enumerate(drawn)]


@st.composite
def items(draw: Any) -> list[Item]:
    drawn = draw(st.lists(st.tuples(REFERENCES, PENCE, SOURCES, DAYS), max_size=9))
    return [an_item(f"item {n}", pence, source, day)._replace(reference=name) for n, (name, pence, source, day) in enumerate(drawn)]


@given(lines(), items())
@settings(max_examples=400)
def test_it_is_what_comparing_all_with_all_finds(given_lines: list[Line], given_items: list[Item]) -> None:
    board = Board.of(given_lines, given_items, PACK)
    found = {(each.line.line_id, each.item.item_id) for each in by_elimination(board, list(board.lines.values())) if each.item}
    assert found == {(line.line_id, item.item_id) for line, item in compared(board)}


def compared(board: Board) -> list[tuple[Line, Item]]:
    """Each line and the item nearest to it of those that it may be, if it is the nearest to that."""
    edges: dict[Line, list[Item]] = {}
    for line, look in board.unnamed():
        free = [item for item in board.by_source.get((line.council, look.name), []) if board.is_unnamed(item)]
        edges[line] = [i for i in free if board.fits(line, i) and may_mean(line, i, look) and is_akin(line, i)]

    def apart(line: Line, item: Item) -> int:
        return abs(line.amount_pence - item.amount_pence)

    pairs = []
    for line, free in edges.items():
        if free:
            item = min(free, key=lambda each: (apart(line, each), item_order(each)))
            wanting = [other for other, others in edges.items() if item in others]
            if min(wanting, key=lambda each: (apart(each, item), line_order(each))) is line:
                pairs.append((line, item))
    return pairs


def test_a_line_costs_the_same_however_much_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, fits = [0], Board.fits

    def counted(board: Board, line: Line, item: Item) -> bool:
        asked[0] += 1
        return fits(board, line, item)

    monkeypatch.setattr(Board, "fits", counted)
    each = []
    for count in (100, 1000):
        asked[0] = 0
        open_lines = [a_line(f"line {n}", 10_000 + 7 * n, "SHOP") for n in range(count)]
        open_items = [an_item(f"item {n}", 10_001 + 7 * n) for n in range(count)]
        match(open_lines, open_items, PACK)
        each.append(asked[0] / count)
    assert each[1] <= each[0] * 1.1
