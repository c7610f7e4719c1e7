"""Which file or payout a bank line names, and what a line and an item share."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache

from ims_reconcile.domain.items import Item, Line, words_of
from ims_reconcile.domain.sources import Source

# A shorter token is on too many lines by chance to say which file or payout is meant.
QUOTED_LENGTH_MIN = 6
WAYS_OF_DAYS = ("%d%m%y", "%d%m%Y", "%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%y%m%d")
IN_MONTH, IN_YEAR = r"(0[1-9]|[12]\d|3[01])", r"(0[1-9]|1[0-2])"
# As a word: the 18th of March is 2026-03-18, 260318, 180326, 20260318 or 18032026.
DAY = re.compile(rf"(20)?\d\d(-?){IN_YEAR}\2{IN_MONTH}|{IN_MONTH}{IN_YEAR}(20)?\d\d")

type Names = dict[tuple[str, str], list[Item]]
"""By council and first word of the reference."""


def names_of(items: Iterable[Item]) -> Names:
    """Items by what a line may call them."""
    names: Names = defaultdict(list)
    for item in items:
        words = words_of(item.reference)
        if len(" ".join(words)) >= QUOTED_LENGTH_MIN:
            names[item.council, words[0]].append(item)
    return names


def named_by(line: Line, look: Source | None, names: Names) -> list[Item]:
    """The items whose reference is on the line, word by word. A line with the look of another source names them by accident only;
    so does one of nobody's look, unless the reference is one long word."""
    found: dict[object, Item] = {}
    for word in line.words:
        for item in names.get((line.council, word), ()):
            words = words_of(item.reference)
            # What was a payment already is only looked at again for the sake of its pence.
            if line.is_from_bank and item.amount_pence != line.amount_pence:
                continue
            is_own = look is not None and look.name == item.source
            is_apart = look is None and len(words) == 1 and DAY.fullmatch(word) is None
            if (is_own or is_apart) and f" {' '.join(words)} " in line.phrase:
                found[item.item_id] = item
    return sorted(found.values(), key=lambda item: item.item_id)


def may_mean(line: Line, item: Item, source: Source) -> bool:
    """Whether a line that names nothing that is open may be the item all the same: not where its source's lines always name theirs,
    and not where it says another day, or something of the very shape of the reference that is not it."""
    if source.names == "day":
        return says(item.due_on, line.words)
    if source.names == "file":
        return False
    return not says_another(line, item, are_numbers_names=False)


def says_another(line: Line, item: Item, are_numbers_names: bool) -> bool:
    """Whether there is something on the line of the very shape of the item's reference that is not it. A number alone says nothing,
    if the caller does not know better: a day is of its shape."""
    return any(
        (are_numbers_names or not word.isdigit()) and len(word) >= QUOTED_LENGTH_MIN and shape(word) == shape(item.reference.upper())
        for word in line.words
        if word != item.reference.upper()
    )


def says(day: date, words: tuple[str, ...]) -> bool:
    """Whether the day is among the words, in one of the ways that banks write it."""
    return any(day.strftime(written) in words for written in WAYS_OF_DAYS)


@lru_cache(10_000)
def shapes_on(words: tuple[str, ...]) -> frozenset[str]:
    """The shapes of the words that say which file or payout a line is, where they are of that shape."""
    return frozenset(shape(word) for word in words if len(word) >= QUOTED_LENGTH_MIN and not word.isdigit())


@lru_cache(10_000)
def shape(word: str) -> str:
    return re.sub(r"[A-Z]", "A", re.sub(r"\d", "9", word)) if re.search(r"\d", word) else word


def keys_of(words: tuple[str, ...]) -> Iterator[str]:
    """What may be a run, slip or merchant number among the words of a reference or a line. A day is no such key."""
    return (word for word in words if len(word) >= QUOTED_LENGTH_MIN and not DAY.fullmatch(word))
