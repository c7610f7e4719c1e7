"""What a payer typed, read as the references it can mean: by mask and check digit, letters and digits told apart."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ims_allocation.domain.check_digits import CheckDigit
from ims_allocation.domain.masks import CHECK
from ims_allocation.domain.validation import ReferenceRule

TO_DIGITS = str.maketrans("OI", "01")
CONFUSED = {"0": "[0O]", "O": "[0O]", "1": "[1I]", "I": "[1I]"}
DIGITS, LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PIECES = re.compile(r"[A-Z]+|[0-9]+")
TOKENS = re.compile(r"[A-Z0-9]+")
# Two letters name the authority, eight characters follow: the common shape of a penalty charge notice.
PENALTY_SHAPE = re.compile(r"[A-Z]{2}[0-9]{7}[0-9A-Z]")
VEHICLE_SHAPE = re.compile(r"\b[A-Z]{2}[0-9]{2} ?[A-Z]{3}\b")
DIGITS_OF_A_REFERENCE_MIN = 5
SIGNS = frozenset(map(chr, range(128)))


class Scheme:
    """How one fund writes its references; `allowed` are the characters at each position."""

    def __init__(self, fund: str, mask: str, check_digit: CheckDigit | None, rule: ReferenceRule | None = None) -> None:
        """`rule` is what the fund asks beside the mask, whose signs are those of masks.py."""
        self.fund, self.mask, self.check_digit, self.rule = fund, mask, check_digit, rule
        self.check_at = mask.find(CHECK)
        ends = "".join(check_digit.results.values()) if check_digit else ""
        strict = {"#": "[0-9]", "$": "[A-Z]", "?": "[0-9A-Z]", "*": "[0-9A-Z /-]", "@": f"[0-9{ends}]"}
        lenient = strict | {"#": "[0-9OI]", "@": f"[0-9OI{ends}]"} | CONFUSED
        signs = {"#": DIGITS, "@": DIGITS + ends, "$": LETTERS, "?": DIGITS + LETTERS, "*": DIGITS + LETTERS}
        self.allowed = tuple(signs.get(sign, sign) for sign in mask)
        written = [strict.get(sign, re.escape(sign)) for sign in mask]
        self.strict = re.compile("".join(written))
        self.starts = frozenset(sign for sign in {*mask, *SIGNS} if written and re.fullmatch(written[0], sign))
        self.lenient = re.compile("".join(lenient.get(sign, re.escape(sign)) for sign in mask))

    def resolve(self, typed: str) -> str | None:
        """The reference as this fund writes it (letter O for nought and I for one put right); none if it has another shape."""
        if self.strict.fullmatch(typed):
            return typed
        if not self.lenient.fullmatch(typed):
            return None
        digits = typed.translate(TO_DIGITS)
        as_written = {"#": digits, "@": digits, "$": typed, "?": typed, "*": typed}
        return "".join(as_written.get(sign, self.mask)[at] for at, sign in enumerate(self.mask))

    @property
    def is_one(self) -> bool:
        """Whether the mask has no sign, so that there is but one reference."""
        return all(sign == allowed for sign, allowed in zip(self.mask, self.allowed, strict=True))

    def is_valid(self, reference: str) -> bool:
        """Whether a reference of this shape has the right check digit and is all else that its fund asks."""
        digit, at = self.check_digit, self.check_at
        if digit is not None and digit.of(digit.body(reference, at)) != reference[at]:
            return False
        return self.rule is None or self.rule.fault_before_mask(reference) is None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text can mean: valid references, or else what is nearly one, and why it is none."""

    candidates: tuple[tuple[str, str], ...] = ()
    """Fund and reference of each valid reference, in the order of the text."""
    misread: tuple[str, ...] = ()
    reason: str = ""
    """`unknown-reference` (of a fund's shape, its check digit wrong), `other-council`, `invalid-reference`, `no-reference`."""
    vehicle: str | None = None


class References:
    """All of a council's schemes, by the length of their references, and by the first sign of those as they are written."""

    def __init__(self, schemes: list[Scheme]) -> None:
        self.by_length: dict[int, list[Scheme]] = {}
        self.by_start: dict[tuple[int, str], list[Scheme]] = {}
        for scheme in schemes:
            self.by_length.setdefault(len(scheme.mask), []).append(scheme)
            for sign in scheme.starts:
                self.by_start.setdefault((len(scheme.mask), sign), []).append(scheme)
        self.length_max = max(self.by_length, default=0)

    def read(self, reference: str | None, narrative: str | None) -> Reading:
        """What the payer's reference means; where it means nothing, what the narrative means."""
        if reference:
            exact = self.valid(reference)
            if exact:
                return Reading(candidates=exact)
            reading = self.search(reference)
            if reading.candidates or reading.misread or reading.reason == "other-council" or not narrative:
                return reading
            wider = self.search(narrative)
            return wider if wider.candidates else reading
        return self.search(narrative or "")

    def stated(self, fund: str | None, reference: str | None) -> Reading:
        """What a line of a basket names: within its fund where it says one, whose only reference it need not say."""
        schemes = [s for of_length in self.by_length.values() for s in of_length if s.fund == fund]
        if fund and not schemes:
            return Reading(reason="unknown-fund")
        if fund and not reference:
            is_only = len(schemes) == 1 and schemes[0].is_one
            return Reading(((fund, schemes[0].mask),)) if is_only else Reading(reason="no-reference")
        reading = self.read(reference, None)
        within = tuple(each for each in reading.candidates if fund in (None, each[0]))
        return Reading(within) if within else Reading(reason="wrong-fund") if reading.candidates else reading

    def valid(self, reference: str) -> tuple[tuple[str, str], ...]:
        """The funds under whose scheme exactly this is a valid reference."""
        schemes = self.by_start.get((len(reference), reference[:1]), ())
        return tuple([(s.fund, reference) for s in schemes if s.strict.fullmatch(reference) and s.is_valid(reference)])

    def search(self, text: str) -> Reading:
        """Every reference in a text, however it is spaced."""
        text = text.upper()
        found: dict[tuple[str, str], None] = {}
        nearly: dict[str, None] = {}
        for run in self.runs(text):
            for scheme in self.by_length.get(len(run), ()):
                reference = scheme.resolve(run)
                if reference and scheme.is_valid(reference):
                    found[scheme.fund, reference] = None
                elif reference:
                    nearly[reference] = None
        if found:
            return Reading(candidates=tuple(found))
        return self.nothing_valid(text, tuple(nearly))

    def nothing_valid(self, text: str, nearly: tuple[str, ...]) -> Reading:
        mark = VEHICLE_SHAPE.search(text)
        vehicle = mark.group().replace(" ", "") if mark else None
        if nearly:
            return Reading(misread=nearly, reason="unknown-reference", vehicle=vehicle)
        if any(PENALTY_SHAPE.fullmatch(run) for run in self.runs(text)):
            return Reading(reason="other-council", vehicle=vehicle)
        tokens = tuple(t for t in TOKENS.findall(text) if sum(map(str.isdigit, t)) >= DIGITS_OF_A_REFERENCE_MIN)
        reason = "invalid-reference" if tokens else "no-reference"
        return Reading(misread=tokens[:3], reason=reason, vehicle=vehicle)

    def runs(self, text: str) -> Iterator[str]:
        """Neighbouring words and numbers put together: `bj9003 4458`, `770 001 889`."""
        pieces = PIECES.findall(text)
        for start in range(len(pieces)):
            run = ""
            for piece in pieces[start:]:
                run += piece
                if len(run) > self.length_max:
                    break
                yield run
