"""All that a freely typed text could mean: references found exactly, and those one keying error away from what was typed."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from ims_allocation.domain.neighbours import LENGTH_APART_MAX, corrections, deleted
from ims_allocation.domain.references import PIECES, TO_DIGITS, VEHICLE_SHAPE, References, Scheme

DIGITS_OF_A_TOKEN_MIN = 7
"""Shorter numbers have so many neighbours that repairing them is guessing (formats.md 4.4, policy 3)."""
LETTERS_OF_A_TOKEN_MAX = 3
TOKENS_MAX = 8
"""A text with more long numbers than this is a list, for a person."""
NEAR = "near:"
"""What a payment in suspense minds beside accounts: texts that an account's reference could have become; and its payer."""


class Meaning(NamedTuple):
    """How a typed text can mean a reference."""

    typed: str
    scheme: Scheme
    error: str = ""
    """The one keying error between them; nothing where it is the reference itself."""


class Words:
    """The words by which payers name a kind of debt, by line of business."""

    def __init__(self, lines: dict[str, list[str]]) -> None:
        self.line_of = {word.upper(): line for line, words in lines.items() for word in words}
        longest_first = sorted(self.line_of, key=lambda word: (-len(word), word))
        self.pattern = re.compile(rf"(?<![A-Z])(?:{'|'.join(map(re.escape, longest_first))})(?![A-Z])") if lines else None

    def named(self, text: str) -> tuple[str, ...]:
        """The lines of business that a text in capitals names."""
        if self.pattern is None:
            return ()
        return tuple(sorted({self.line_of[word] for word in self.pattern.findall(text)}))


    def contradict(self, text: str, line_of_business: str) -> bool:
        """Whether a text in capitals names another kind of debt, and not this one."""
        named = self.named(text)
        return bool(named) and line_of_business not in named


def whole(*texts: str | None) -> str:
    """Fields of free text as one, in capitals."""
    return " / ".join(text for text in texts if text).upper()


def tokens(text: str, references: References) -> tuple[str, ...]:
    """The numbers in a text that are as long as a reference is, or nearly; words and numbers put together where they are spaced."""
    lengths = {length + apart for length in references.by_length for apart in range(-LENGTH_APART_MAX, LENGTH_APART_MAX + 1)}
    found: dict[str, None] = {}
    for field in text.split("/ "):
        pieces = PIECES.findall(field)
        for start in range(len(pieces)):
            run = ""
            for piece in pieces[start:]:
                run += piece
                if len(run) > references.length_max + LENGTH_APART_MAX:
                    break
                digits = sum(map(str.isdecimal, run.translate(TO_DIGITS)))
                if len(run) in lengths and digits >= DIGITS_OF_A_TOKEN_MIN and len(run) - digits <= LETTERS_OF_A_TOKEN_MAX:
                    found[run] = None
    return tuple(found) if len(found) <= TOKENS_MAX else ()


def vehicle_in(text: str) -> str | None:
    """The first vehicle's mark in a text in capitals, without its space."""
    mark = VEHICLE_SHAPE.search(text)
    return mark.group().replace(" ", "") if mark else None


@lru_cache(maxsize=2048)
def meanings(typed: tuple[str, ...], references: References) -> dict[tuple[str, str], Meaning]:
    """Every reference that these texts could mean, by fund and reference; where several could mean one, the nearest. Read only."""
    found: dict[tuple[str, str], Meaning] = {}
    written = [(scheme, token, scheme.resolve(token)) for token in typed for scheme in references.by_length.get(len(token), ())]
    for scheme, _, reference in written:
        if reference and scheme.is_valid(reference):
            found[scheme.fund, reference] = Meaning(reference, scheme)
    near = [(scheme, reference or token) for scheme, token, reference in written]
    near += [(s, token) for token in typed for apart in (-1, 1) for s in references.by_length.get(len(token) + apart, ())]
    for scheme, token in near:
        for reference, error in corrections(token, scheme).items():
            found.setdefault((scheme.fund, reference), Meaning(token, scheme, error))
    return found


def payer_key(payer: str) -> str:
    """The key at which what is learned of a payer (its digest) meets the payments in suspense that it made."""
    return f"{NEAR}payer:{payer}"


def near_keys(council: str, texts: Iterable[str]) -> set[tuple[str, str]]:
    """The keys at which a misread reference and an account that it could be for meet, whichever is heard of first."""
    return {(council, f"{NEAR}{key}") for text in texts for key in deleted(text)}
