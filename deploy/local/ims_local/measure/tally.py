"""What was right, what wrong, and what was left to a person; and how sure one may be of that."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from math import exp
from typing import Any

SAID = (0, 500_000, 900_000, 990_000, 999_000, 999_900, 999_990)
"""Probabilities, out of a million, by which decisions are grouped to see whether what was said came true."""


@dataclass
class Tally:
    """What became of all transfers."""

    count: int = 0
    weighed: int = 0
    automatic: int = 0
    decidable: int = 0
    decidable_automatic: int = 0
    wrong: int = 0
    doubt: int = 0
    """What was missing to certainty of each that was weighed and automatic, out of a million, in all."""
    seconds: dict[str, float] = field(default_factory=lambda: {"exact": 0.0, "weighed": 0.0})
    ways: Counter[tuple[str, bool]] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    missed: Counter[tuple[str, str]] = field(default_factory=Counter)
    said: Counter[tuple[int, bool]] = field(default_factory=Counter)
    mistakes: list[dict[str, Any]] = field(default_factory=list)

    def found(self) -> dict[str, Any]:
        """The figures."""
        low, high = interval(self.wrong)
        per = 100_000 / self.count
        return {
            "payments": self.count,
            "automatic_percent": round(100 * self.automatic / self.count, 2),
            "decidable_percent": round(100 * self.decidable / self.count, 2),
            "automatic_of_decidable_percent": round(100 * self.decidable_automatic / max(1, self.decidable), 2),
            "wrong": self.wrong,
            "wrong_per_100000": round(self.wrong * per, 2),
            "wrong_per_100000_between": [round(low * per, 2), round(high * per, 2)],
            "wrong_per_100000_by_what_was_said": round(self.doubt * per / 1_000_000, 2),
            "ways": {way: {"right": self.ways[way, True], "wrong": self.ways[way, False]} for way in sorted({w for w, _ in self.ways})},
            "held": dict(self.held.most_common()),
            "decidable_held": {f"{how}: {why}": count for (how, why), count in self.missed.most_common() if count},
            "calibration": [calibrated(at, self.said) for at in range(len(SAID))],
            "microseconds": {
                "exact": round(1e6 * self.seconds["exact"] / max(1, self.count - self.weighed)),
                "weighed": round(1e6 * self.seconds["weighed"] / max(1, self.weighed)),
            },
            "mistakes": self.mistakes[:20],
        }


def calibrated(at: int, said: Counter[tuple[int, bool]]) -> dict[str, Any]:
    right, wrong = said[at, True], said[at, False]
    least, most = SAID[at] / 10_000, SAID[at + 1] / 10_000 if at + 1 < len(SAID) else 100
    return {"said_percent": [least, most], "count": right + wrong, "right_percent": round(100 * right / max(1, right + wrong), 3)}


def interval(count: int) -> tuple[float, float]:
    """The 95 % interval of a count of rare events (Garwood's, exact)."""
    low = solve(lambda mean: 1 - at_most(count - 1, mean), 0.025) if count else 0.0
    return low, solve(lambda mean: -at_most(count, mean), -0.025)


def at_most(count: int, mean: float) -> float:
    """The chance of no more than so many events."""
    return exp(-mean) * sum(accumulate(range(1, count + 1), lambda term, n: term * mean / n, initial=1.0))


def solve(rising: Any, wanted: float) -> float:
    low, high = 0.0, 1_000.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return low
