"""Which few amounts make a total, where there is one way only; never beyond the limits within which that says anything."""

from collections.abc import Sequence

# With more candidates or a longer sum, one solution by accident is too likely (formats.md 4.3, measured).
CANDIDATES_MAX, PARTS_MAX = 8, 3
NODES_MAX = 200_000


def sole_subset[Kind](total: int, amounts: Sequence[tuple[int, Kind]], parts_max: int = PARTS_MAX) -> list[int] | None:
    """The places of the two or more amounts (in pence, above nothing) that make the total, if they are the only ones that do.

    What is alike in amount and kind counts as one choice, and the first of them are taken. None: there is no such sum, there are
    two, there are too many candidates, or the search took too long.
    """
    if not 2 <= len(amounts) <= CANDIDATES_MAX or any(pence <= 0 for pence, _ in amounts):
        return None
    order = sorted(range(len(amounts)), key=lambda place: (-amounts[place][0], str(amounts[place][1]), place))
    found: list[list[int]] = []
    nodes = 0

    def search(start: int, left: int, taken: list[int]) -> bool:
        """False if there is nothing to be gained by looking on."""
        nonlocal nodes
        nodes += 1
        if left == 0:
            if len(taken) >= 2:
                found.append(list(taken))
            return len(found) < 2
        if len(taken) == parts_max:
            return True
        for at in range(start, len(order)):
            # Of things alike the first is tried: another in its place would be the same choice.
            if at > start and amounts[order[at]] == amounts[order[at - 1]]:
                continue
            pence = amounts[order[at]][0]
            if pence <= left and (nodes > NODES_MAX or not search(at + 1, left - pence, [*taken, order[at]])):
                return False
        return True

    search(0, total, [])
    return sorted(found[0]) if len(found) == 1 and nodes <= NODES_MAX else None
