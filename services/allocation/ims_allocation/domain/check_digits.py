"""Check digits: a sum over a reference that one mistyped character changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import mul

COUNTS = bytes(sign - 48 if 48 <= sign <= 57 else 0 for sign in range(256))
"""What each ASCII character counts: a digit what it says, all else nothing."""


@dataclass(frozen=True, slots=True)
class CheckDigit:
    """A weighted sum over what stands before the check digit; weights align left."""

    modulus: int
    weights: tuple[int, ...]
    subtract: bool = False
    letters: dict[str, str] = field(default_factory=dict)
    """What leading letters count as."""
    results: dict[int, str] = field(default_factory=dict)
    """Remainders that are written as something else; as nothing, where such a number is never issued."""
    leading: str = ""
    """What the first characters count as, whatever they are."""
    doubles: bool = False
    """Every second digit, from the first, is multiplied and its tens are added to its units: Luhn's check, where the weights are
    2 and the digits before the check digit odd in number. The library systems' habit."""

    covers_all: bool = False
    """The weights go on over the check digit, and what follows it: the predecessor's way, with a weight of nought there."""

    def __post_init__(self) -> None:
        """Raises ValueError for a modulus that leaves nothing to tell numbers apart by."""
        if self.modulus < 2:
            raise ValueError("a check digit needs a modulus of 2 or more")

    def body(self, reference: str, at: int) -> str:
        """What of a reference is summed, if its check digit stands at this position."""
        if self.covers_all:
            return reference[:-1] if self.doubles else reference
        return reference[:at]

    def of(self, body: str) -> str | None:
        """The check digit that belongs to a body; none where the scheme never issues such a number."""
        counted = self.counted(body)
        beyond = counted[len(self.weights) :]
        if not self.weights or (beyond and any(sign.isdecimal() for sign in beyond)):
            return None
        remainder = self.total(counted) % self.modulus
        if self.subtract:
            remainder = self.modulus - remainder
        written = self.results.get(remainder, str(remainder % self.modulus))
        return written if len(written) == 1 else None

    def total(self, counted: str) -> int:
        """The weighted sum. Characters that are no digits keep their place and count nothing."""
        total: int
        if not self.doubles and counted.isascii():
            # As bytes, four times as fast as digit by digit: this is asked for every payment, and for every neighbour of a misread one.
            total = sum(map(mul, self.weights, counted.encode().translate(COUNTS)))
            return total
        digits = [int(sign) if sign.isdecimal() else 0 for sign in counted]
        total = sum(self.doubled(digits) if self.doubles else map(mul, self.weights, digits))
        return total

    def counted(self, body: str) -> str:
        """A body with the digits that stand for its first characters."""
        if self.leading:
            body = self.leading + body[len(self.leading) :]
        for letters, digits in self.letters.items():
            if body.startswith(letters):
                body = digits + body[len(letters) :]
        return body

    def doubled(self, digits: Iterable[int]) -> Iterator[int]:
        for at, (digit, weight) in enumerate(zip(digits, self.weights, strict=False)):
            product = digit * weight
            yield digit if at % 2 else (product - 10 if product > 10 else product) + (digit > 4)
