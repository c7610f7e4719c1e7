"""What is really so in the invented month: which line is what, and which faults were planted."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

# One in so many chances is made to go wrong, the first of them half-way; no two alike, so that faults do not fall together.
EVERY = {
    "no-event": 487, "other-amount": 491, "settled-twice": 499, "refund-untold": 11, "never-settled": 503,
    "loose-no-event": 211, "unknown-original": 13, "unexplained-debit": 397, "single-missing": 101, "twin-cheques": 17,
    "bag-missing": 89, "bag-counted": 83, "bag-late": 97, "bag-elsewhere": 101, "bag-twice": 103, "bag-unsaid": 107,
    "missing": 97, "amount": 151, "fee": 101, "late": 61, "elsewhere": 107, "twice": 79, "failed": 71, "wrong-total": 73,
    "short": 29, "refused": 31, "foreign": 37, "contradicted": 27, "repeated": 25, "unsaid": 33, "late-file": 23,
}  # fmt: skip
# A bag is some twenty payments that cannot be proved without each other. In a large month those that go wrong are rarer, so that fewer
# than one payment in two hundred cannot be matched by anybody: 99.5 % are asked to be.
RARER = {"bag-missing", "bag-counted", "bag-late", "bag-elsewhere", "bag-twice", "bag-unsaid"}
TYPES = {
    "no-event": "MISSING_IN_SOURCE", "other-amount": "AMOUNT_DIFF", "settled-twice": "DUPLICATE_SUSPECT",
    "refund-untold": "REVERSAL_UNMATCHED", "never-settled": "MISSING_AT_BANK", "loose-no-event": "MISSING_IN_SOURCE",
    "unknown-original": "REVERSAL_UNMATCHED", "unexplained-debit": "UNIDENTIFIED", "single-missing": "MISSING_AT_BANK",
    "twin-cheques": "AMBIGUOUS", "bag-missing": "MISSING_AT_BANK", "bag-counted": "CASH_DIFFERENCE",
    "bag-late": "DATE_OUT_OF_WINDOW", "bag-elsewhere": "WRONG_ACCOUNT", "bag-twice": "DUPLICATE_SUSPECT",
    "bag-unsaid": "MISSING_IN_SOURCE", "missing": "MISSING_AT_BANK", "amount": "AMOUNT_DIFF", "fee": "FEE_DIFF",
    "late": "DATE_OUT_OF_WINDOW", "elsewhere": "WRONG_ACCOUNT", "twice": "DUPLICATE_SUSPECT", "failed": "PAYOUT_FAILED",
    "wrong-total": "BATCH_BREAK", "short": "BATCH_BREAK", "refused": "TRAILER_BREAK", "foreign": "CURRENCY",
    "contradicted": "FILE_CONFLICT", "repeated": "DUPLICATE_SUSPECT", "unsaid": "MISSING_IN_SOURCE", "late-file": "FILE_LATE",
    "balance": "BALANCE_BREAK", "sequence": "SEQUENCE_GAP",
}  # fmt: skip


class Planted(NamedTuple):
    """A fault: how it was made, of which type of break it is, and all that it touches."""

    kind: str
    type: str
    touches: frozenset[UUID]


class Truth:
    """Kept while the month is made, and looked at when it has been matched."""

    def __init__(self, payments: int) -> None:
        self.rarer = 1 + payments // 1_000_000
        self.lines_of: dict[UUID, frozenset[UUID]] = {}
        """By file, payout or single: the lines that it is at the bank."""
        self.payments_of: dict[UUID, int] = {}
        self.told_lines: set[UUID] = set()
        """Lines that somebody told of, but for those that were made to go wrong."""
        self.bank_only: set[UUID] = set()
        self.loose: dict[UUID, str] = {}
        """By settlement, the name of a payout whose rows name no payment."""
        self.over: set[UUID] = set()
        """What would be missed if the month went on: it does not."""
        self.planted: list[Planted] = []
        self.chances: Counter[str] = Counter()

    def is_due(self, kind: str) -> bool:
        """Whether this chance is one to go wrong."""
        self.chances[kind] += 1
        every = EVERY[kind] * (self.rarer if kind in RARER else 1)
        return self.chances[kind] % every == every // 2

    def first_due(self, kinds: Iterable[str]) -> str | None:
        """The kind by which this goes wrong, if it does; each has had its chance."""
        return next(iter([kind for kind in kinds if self.is_due(kind)]), None)

    def plant(self, kind: str, *touches: UUID) -> None:
        self.planted.append(Planted(kind, TYPES[kind], frozenset(touches)))

    def unprovable(self, item_id: UUID, payments: int) -> None:
        """No line of the bank can prove these payments: it has none of them, or nobody told of them whole."""
        self.payments_of[item_id] = payments

    def at_bank(self, item_id: UUID, payments: int, lines: Iterable[UUID]) -> None:
        """So many payments are these lines, together with nothing else or with other items."""
        self.payments_of[item_id] = payments
        self.lines_of[item_id] = frozenset(lines)
        self.told_lines |= self.lines_of[item_id]

    def touched(self) -> int:
        """How many payments the faults touch: all of a batch that one touches, or else one."""
        return sum(max([self.payments_of.get(each, 1) for each in fault.touches]) for fault in self.planted)

    def by_touch(self) -> dict[UUID, list[Planted]]:
        """The faults by what they touch."""
        found: dict[UUID, list[Planted]] = defaultdict(list)
        for fault in self.planted:
            for each in fault.touches:
                found[each].append(fault)
        return found
