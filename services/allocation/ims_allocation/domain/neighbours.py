"""The references that a text can have been meant for, one keying error away: those alone that a scheme can write."""

from collections.abc import Iterator

from ims_allocation.domain.references import Scheme

LENGTH_APART_MAX = 1


def corrections(typed: str, scheme: Scheme) -> dict[str, str]:
    """Every valid reference of a scheme from which one keying error (optimal string alignment) made what was typed, and which."""
    found: dict[str, str] = {}
    for reference, error in written(typed, scheme):
        if reference not in found and scheme.is_valid(reference):
            found[reference] = error
    found.pop(typed, None)
    return found


def written(typed: str, scheme: Scheme) -> Iterator[tuple[str, str]]:
    """What has the scheme's shape, whether its check digit is right or not."""
    apart = len(typed) - len(scheme.allowed)
    if apart == 0:
        yield from swaps(typed, scheme)
        yield from substitutions(typed, scheme)
    elif apart == -1:
        yield from insertions(typed, scheme)
    elif apart == 1:
        yield from deletions(typed, scheme)


def swaps(typed: str, scheme: Scheme) -> Iterator[tuple[str, str]]:
    for at in range(len(typed) - 1):
        if typed[at] != typed[at + 1]:
            reference = typed[:at] + typed[at + 1] + typed[at] + typed[at + 2 :]
            if scheme.strict.fullmatch(reference):
                yield reference, "swapped"


def substitutions(typed: str, scheme: Scheme) -> Iterator[tuple[str, str]]:
    wrong = [at for at, sign in enumerate(typed) if sign not in scheme.allowed[at]]
    for at in wrong if wrong else range(len(typed)):
        if len(wrong) < 2:
            before, after = typed[:at], typed[at + 1 :]
            yield from ((before + sign + after, "substituted") for sign in scheme.allowed[at] if sign != typed[at])


def insertions(typed: str, scheme: Scheme) -> Iterator[tuple[str, str]]:
    """The payer dropped a character: every place where the rest fits around another."""
    first, last = fitting(typed, scheme, shift=1)
    for at in range(last, first + 1):
        before, after = typed[:at], typed[at:]
        yield from ((before + sign + after, "dropped") for sign in scheme.allowed[at])


def deletions(typed: str, scheme: Scheme) -> Iterator[tuple[str, str]]:
    """The payer typed a character too many."""
    first, last = fitting(typed, scheme, shift=-1)
    for at in range(last - 1, first + 1):
        yield typed[:at] + typed[at + 1 :], "inserted"


def fitting(typed: str, scheme: Scheme, shift: int) -> tuple[int, int]:
    """How many characters fit the mask from its beginning; and from where on they fit it, moved by so many, to its end."""
    allowed = scheme.allowed
    first = 0
    while first < min(len(typed), len(allowed)) and typed[first] in allowed[first]:
        first += 1
    last = len(typed)
    while last > max(0, -shift) and typed[last - 1] in allowed[last - 1 + shift]:
        last -= 1
    return first, last


def deleted(text: str) -> set[str]:
    """A text, and it less each of its characters: two texts one keying error apart have one of these in common."""
    return {text, *(text[:at] + text[at + 1 :] for at in range(len(text)))}
