"""What officers' decisions, refunds and what goes back come to, told anew in as few words as can be: what the service is held against."""

from collections import Counter
from dataclasses import dataclass, field

type Shares = list[tuple[str, int]]
RELEASE, REALLOCATION, JOURNAL = 500000, 100000, 100000
"""What one person may move alone at Anytown, in pence."""


@dataclass
class Said:
    """A decision's share of one payment."""

    id: str
    to: Shares
    due: int
    seen: int
    """How much had gone back when it was decided."""
    before: dict[str, int]
    """Where the payment was then."""
    is_approved: bool = False


@dataclass
class Paid:
    """A payment, and all that was done to it."""

    pence: int
    home: str | None
    """Where rules put it; none: in suspense."""
    back: int = 0
    said: list[Said] = field(default_factory=list)
    """What was decided and is not undone; the last is in force."""

    @property
    def live(self) -> int:
        return self.pence - self.back

    def alone(self) -> dict[str, int]:
        """Where it was before the last decisions, that nobody else approved."""
        first = next((at for at in range(len(self.said), 0, -1) if self.said[at - 1].is_approved), 0)
        return self.said[first].before if self.said[first:] else self.placed()

    def placed(self) -> dict[str, int]:
        """Where its money is: what went back since it was decided comes off what was due, then suspense, then the accounts in turn; and
        what went back beyond all that is missing in suspense."""
        if not self.said:
            return held([(self.home if self.home and self.live > 0 else "suspended", self.live)])
        last = self.said[-1]
        rest = self.pence - last.seen - last.due - sum(pence for _, pence in last.to)
        off, left = self.back - last.seen, []
        for place, pence in [("refund_due", last.due), ("suspended", rest), *last.to]:
            some = max(0, min(off, pence))
            left.append((place, pence - some))
            off -= some
        return held([*left, ("suspended", -off)])


def held(places: Shares) -> dict[str, int]:
    in_all = Counter[str]()
    for place, pence in places:
        in_all[place] += pence
    return {place: pence for place, pence in in_all.items() if pence}


def shared(payments: list[Paid], to: Shares, due: int) -> list[tuple[Shares, int]]:
    """Which payment gives what: each is used up before the next is touched; what goes back comes last."""
    left, given = [each.live for each in payments], [(list[tuple[str, int]](), 0) for _ in payments]
    for account, pence in to:
        for at, there in enumerate(left):
            if some := min(there, pence):
                given[at][0].append((account, some))
                left[at] -= some
                pence -= some
    for at, there in enumerate(left):
        given[at] = given[at][0], min(there, due)
        due -= min(there, due)
    return given


def moved(paid: Paid, moves: list[tuple[str, str, int, int]]) -> tuple[Shares, int] | None:
    """A payment's accounts, and what is due back of it, after some of what is on one has gone to another, and some of that back to the
    payer; none where not so much is there."""
    there = paid.placed()
    for source, target, pence, back in moves:
        if pence > there.get(source, 0) or source not in there:
            return None
        for place, more in ((source, -pence), (target, pence - back), ("refund_due", back)):
            there[place] = there.get(place, 0) + more
    due = there.pop("refund_due", 0)
    return [(place, pence) for place, pence in there.items() if place != "suspended" and pence], due


def needs_another(payments: list[Paid], given: list[tuple[Shares, int]]) -> bool:
    """Whether so much is released or reallocated that another person has to approve."""
    released = reallocated = 0
    for paid, (to, due) in zip(payments, given, strict=True):
        if paid.live < 0:
            released -= paid.live
            continue
        after, most = Counter(held([*to, ("refund_due", due)])), (0, 0)
        for before in (Counter(paid.placed()), Counter(paid.alone())):
            freed = before.pop("suspended", 0) - (paid.live - after.total())
            most = max(most[0], freed), max(most[1], (before - after).total())
        released, reallocated = released + most[0], reallocated + most[1]
    return released > RELEASE or reallocated > REALLOCATION
