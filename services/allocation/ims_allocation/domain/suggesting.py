"""The accounts that suspended money may be for: near neighbours of what was typed, and what speaks for each. Never automatic."""

from collections.abc import Iterable

from ims_allocation.domain.accounts import Account
from ims_allocation.domain.neighbours import LENGTH_APART_MAX, corrections
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.payments import Evidence, Payment
from ims_allocation.domain.penalties import stage_on
from ims_allocation.domain.references import References
from ims_contracts.allocations import Suggestion

SUGGESTIONS_MAX = 5
SAID = {"reference-exact": "reference-fits", "swapped": "neighbours-swapped"} | dict.fromkeys(
    ("substituted", "dropped", "inserted"), "one-character-off"
)
"""What was weighed, in the contract's words."""


def in_evidence(evidence: Evidence) -> list[Suggestion]:
    """The accounts that were weighed, the likeliest first, with all that spoke for each and against it."""
    return [
        Suggestion(fund=each.fund, account_reference=each.account_reference, why=[SAID.get(says, says) for says, _ in each.votes])
        for each in evidence.weighings
    ]


def neighbours(typed: str, references: References) -> dict[tuple[str, str], str]:
    """Every valid reference one keying error away from what was typed, by fund and reference, and which error that is."""
    found: dict[tuple[str, str], str] = {}
    for apart in (0, -LENGTH_APART_MAX, LENGTH_APART_MAX):
        for scheme in references.by_length.get(len(typed) + apart, ()):
            for reference, error in corrections(typed, scheme).items():
                found[scheme.fund, reference] = SAID[error]
    return found


def near(payment: Payment, pack: Pack) -> dict[tuple[str, str], str]:
    """The references worth looking up for a payment whose own reference is none."""
    found: dict[tuple[str, str], str] = {}
    for typed in payment.reading.misread:
        found = neighbours(typed, pack.references) | found
    return found


def suggest(payment: Payment, why: dict[tuple[str, str], str], accounts: Iterable[Account]) -> list[Suggestion]:
    """At most five accounts that there are, best first: those that the amount speaks for, then by how they were mistyped."""
    marks = {payment.vehicle} - {None}
    suggestions = [
        Suggestion(
            fund=account.fund,
            account_reference=account.account_reference,
            why=[
                *([error] if (error := why.get((account.fund, account.account_reference))) else []),
                *(["vehicle"] if marks & account.second_keys else []),
                *amount_speaks(payment, account),
            ],
        )
        for account in accounts
    ]
    best = sorted(suggestions, key=lambda s: (-len(s.why), s.fund, s.account_reference))
    return best[:SUGGESTIONS_MAX]


def amount_speaks(payment: Payment, account: Account) -> list[str]:
    if account.stages:
        due = stage_on(account.stages, payment.decided_on).amount_pence
        return ["amount-is-due"] if due == payment.amount_pence else []
    if account.instalment_pence == payment.amount_pence:
        return ["amount-is-instalment"]
    return ["amount-is-due"] if payment.amount_pence in account.amounts_pence else []
