"""How often payers type and pay as they should, by scheme: finance's figures, one version with the rest of the pack."""

from dataclasses import dataclass

MILLION = 1_000_000
"""Every rate is out of a million."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Out of a million free-text payments for accounts of a scheme. The defaults are of a synthetic register (`ims measure
    choosing`): estimate them anew from confirmed allocations before repair is switched on."""

    auto_above: int = 999_000
    """The probability above which nobody needs to look."""
    tagged_below: int = 999_900
    """What is automatic by less than this is tagged, for the daily sample."""
    exact: int = 900_000
    """The reference is typed as it is written."""
    one_error: int = 70_000
    """It is one keying error from that; of these so many are of each kind:"""
    substituted: int = 600_000
    swapped: int = 200_000
    dropped: int = 120_000
    inserted: int = 80_000
    two_errors: int = 4_000
    crowding: int = 30_000
    """Of texts two keying errors away from one of the scheme's references, those that are another's."""
    foreign: int = 40_000
    """What is typed is the number of nothing that we know."""
    amount_due: int = 800_000
    """The amount is one that the account owes."""
    amount_by_chance: int = 10_000
    """How common an amount is among accounts of which we have seen none: it counts as much as a hundred accounts."""
    name_agrees: int = 750_000
    """The payer's name has the holder's surname in it."""
    name_by_chance: int = 5_000
    words_agree: int = 90_000
    """Words beside the reference name the account's own kind of debt. (That speaks little: so they do where the account is another of
    the kind.)"""
    words_by_chance: int = 60_000
    wrong_words: int = 500
    """They name another kind alone, and the payment is for this account all the same."""
    misquoted: int = 6_000
    """A payer of another kind of debt names it, and gives this account's reference."""
    vehicle_agrees: int = 900_000
    vehicle_by_chance: int = 20
    payer_points: int = 500_000
    """What comes from a bank account that is known to pay some accounts is for one of them."""
    payer_agrees: int = 500_000
    """What is for an account that a bank account is known to pay comes from there."""
    payer_by_chance: int = 5_000
    payer_alike: int = 10_000
    """What a payer pays for another's account that owes the same as the one which its bank account is known to pay: a neighbour's
    council tax. It counts where the payer alone points at an account, and others of its fund owe that amount."""
    nothing_due: int = 50_000
    """Somebody pays although nothing is owed."""


def rates(written: dict[str, int]) -> Rates:
    """Rates as a pack writes them: what is left out is the default. Raises ValueError for one that is no rate."""
    wrong = [name for name, rate in written.items() if type(rate) is not int or not 0 < rate < MILLION]
    if wrong:
        raise ValueError(f"evidence: {wrong[0]} must be a whole number above 0 and below 1,000,000")
    return Rates(**written)
