"""Check digits: a sum over a reference that one mistyped character changes."""

from collections.abc import Iterator
from dataclasses import dataclass, field


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
        digits = list(self.digits(body))
        if not self.weights or any(at >= len(self.weights) for at, _ in digits):
            return None
        remainder = sum(self.worth(at, digit) for at, digit in digits) % self.modulus
        if self.subtract:
            remainder = self.modulus - remainder
        written = self.results.get(remainder, str(remainder % self.modulus))
        return written if len(written) == 1 else None

    def digits(self, body: str) -> Iterator[tuple[int, int]]:
        """Each digit and its position; other characters keep theirs and count nothing."""
        body = self.leading + body[len(self.leading) :]
        for letters, digits in self.letters.items():
            if body.startswith(letters):
                body = digits + body[len(letters) :]
        return ((at, int(sign)) for at, sign in enumerate(body) if sign.isdecimal())

    def worth(self, at: int, digit: int) -> int:
        if not self.doubles:
            return digit * self.weights[at]
        if at % 2:
            return digit
        product = digit * self.weights[at]
        return (product - 10 if product > 10 else product) + (digit > 4)
