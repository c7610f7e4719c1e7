"""A mask: what may stand at each position of a reference."""

from collections.abc import Callable
from dataclasses import dataclass

from ims_allocation.domain.check_digits import CheckDigit

CHECK = "@"
KINDS: dict[str, Callable[[str], bool]] = {
    "$": str.isalpha,
    "#": str.isdecimal,
    "?": lambda sign: sign.isalpha() or sign.isdecimal(),
    "*": lambda sign: sign.isalpha() or sign.isdecimal() or sign in " /-",
    CHECK: str.isalnum,
}
"""`$` a letter, `#` a digit, `?` either, `*` either or space, slash, hyphen, `@` the check digit; anything else is itself."""


@dataclass(frozen=True, slots=True)
class Mask:
    """The shape of a fund's references, and how the check digit in it is reckoned."""

    signs: str
    check_digit: CheckDigit | None = None

    def fits(self, reference: str) -> bool:
        """Whether a reference has this shape, capitals or not, and its check digit is right.

        A tail of `*` may be left out, for free text; nothing else may. (The predecessor passed a reference that stopped anywhere.)
        """
        reference = reference.upper()
        if not self.length_min <= len(reference) <= len(self.signs) or not self.signs:
            return False
        return all(
            self.is_right(reference, at) if sign == CHECK else admits(sign, character)
            for at, (sign, character) in enumerate(zip(self.signs, reference, strict=False))
        )

    @property
    def length_min(self) -> int:
        return len(self.signs.rstrip("*"))

    def is_right(self, reference: str, at: int) -> bool:
        """Whether the check digit at a position is the one that belongs there. A mask without a scheme can never say so."""
        scheme = self.check_digit
        return scheme is not None and scheme.of(scheme.body(reference, at)) == reference[at]


def admits(sign: str, character: str) -> bool:
    """Whether a mask's sign lets a character stand where it stands."""
    return KINDS[sign](character) if sign in KINDS else sign == character
