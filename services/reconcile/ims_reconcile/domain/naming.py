"""Which file or payout a bank line names, and what a line and an item share."""

import re
from collections import defaultdict
from collections.abc import Iterable

from ims_reconcile.domain.items import Item, Line, words_of
from ims_reconcile.domain.sources import Source

# A shorter token is on too many lines by chance to say which file or payout is meant.
QUOTED_LENGTH_MIN = 6
DAY = re.compile(r"\d{4}-\d\d-\d\d|\d{6}|\d{8}")

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
            is_own = look is not None and look.name == item.source
            is_apart = look is None and len(words) == 1 and DAY.fullmatch(word) is None
            if (is_own or is_apart) and f" {' '.join(words)} " in line.phrase:
                found[item.item_id] = item
    return sorted(found.values(), key=lambda item: item.item_id)


def shares_key(line: Line, item: Item) -> bool:
    """Whether a run, slip or merchant number of the item, one part of its reference, is on the line. A day is no such key."""
    return any(len(word) >= QUOTED_LENGTH_MIN and not DAY.fullmatch(word) and word in line.words for word in words_of(item.reference))
