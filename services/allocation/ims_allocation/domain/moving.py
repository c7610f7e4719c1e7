"""Money that a person moves from account to account, and what may be wrong with how it is shared out."""

from ims_allocation.domain.books import Books, Refusal, Share
from ims_allocation.domain.ledger import Line


def refused(targets: list[Share], available_pence: int, books: Books) -> Refusal | None:
    """Why an amount cannot be shared out so."""
    if not targets:
        return Refusal("no-targets")
    if any(target.amount_pence == 0 for target in targets):
        return Refusal("amount-zero")
    if any(target.amount_pence < 0 for target in targets):
        return Refusal("amount-negative")
    asked = sum(target.amount_pence for target in targets)
    if asked > available_pence:
        return Refusal("total-exceeds-available", asked, available_pence)
    fault = books.fault(targets)
    return Refusal(fault) if fault else None


def transfer(sources: list[Share], targets: list[Share], books: Books) -> list[Line] | Refusal:
    """One journal of all sources and targets. One source may have several targets; several sources go to as many, each to its own.

    What leaves must arrive to the penny. (The predecessor let 100 leave and 60 arrive.)
    """
    if refusal := unequal(sources, targets) or refused(targets, sum(source.amount_pence for source in sources), books):
        return refusal
    if fault := books.fault(sources):
        return Refusal(fault)
    if sum(each.amount_pence for each in sources) != sum(each.amount_pence for each in targets):
        return Refusal("not-balanced")
    given, got = ([books.line(share, sign) for share in side] for side, sign in ((sources, 1), (targets, -1)))
    return given + got if len(sources) == 1 else [each for pair in zip(given, got, strict=True) for each in pair]


def unequal(sources: list[Share], targets: list[Share]) -> Refusal | None:
    """Why sources and targets do not pair."""
    if not sources:
        return Refusal("no-sources")
    if not targets:
        return Refusal("no-targets")
    if len(sources) == 1:
        return Refusal("amount-negative") if sources[0].amount_pence < 0 else None
    if len(sources) != len(targets):
        return Refusal("count-mismatch")
    pairs = zip(sources, targets, strict=True)
    return None if all(source.amount_pence == target.amount_pence for source, target in pairs) else Refusal("amounts-differ")
