"""Whether what was weighed is enough to act on without a person: what the odds must be, and what is never automatic whatever they are."""

from collections.abc import Collection
from uuid import UUID

from ims_allocation.domain.accounts import Account
from ims_allocation.domain.evidence import PAYER_KNOWN, Found, contradicts, due, probabilities
from ims_allocation.domain.packs import Fund, Pack
from ims_allocation.domain.payments import Evidence, Part, Payment, Placement

WRONG_REPAIRS_MAX = (1, 5_000)
"""More of a scheme's repairs than this, confirmed wrong within 30 days, and it repairs no more (formats.md 4.4, policy 4)."""
REPAIRS_WATCHED_DAYS = 30
SAMPLED_ONE_IN = 20


def is_sure(payment: Payment, account: Account, fund: Fund) -> bool:
    """A reference exactly as written, its check digit right, of an account that is open, and that owes this or has the payer's name;
    and no word against it. Its odds are beyond doubt without a look at its neighbours (formats.md 4.4, policy 2). What a penalty costs
    says nothing: nearly all cost the same."""
    if not fund.needs_account:
        return True
    if fund.needs_second_fact or contradicts(payment, fund) or not is_live(account, fund):
        return False
    owes_this = not fund.is_penalty and payment.amount_pence in due(account, payment)
    return owes_this or bool(payment.names & account.names)


def is_live(account: Account, fund: Fund) -> bool:
    """Whether money may go there with nobody looking. A penalty's own outcomes say what becomes of money for one that is not open."""
    return account.status == "open" or (fund.is_penalty and not fund.needs_second_fact)


def judge(payment: Payment, found: list[Found], pack: Pack, stopped: Collection[tuple[str, str]]) -> Evidence:
    """What the accounts that could be meant, the likeliest first, come to. `stopped` are the funds (council, fund) that repair no more."""
    weighings, none_of_these = probabilities(found)
    if not found:
        return Evidence(payment.heard_revision, weighings, none_of_these, held_by="no-account")
    best, fund = found[0], pack.funds[found[0].account.fund]
    bar = not_automatic(found, weighings[0].probability, fund, (pack.council, fund.code) in stopped)
    if bar:
        return Evidence(payment.heard_revision, weighings, none_of_these, held_by=bar)
    share = Part(fund.code, best.account.account_reference, payment.amount_pence)
    return Evidence(
        payment.heard_revision, weighings, none_of_these, (share,), rule(best, fund), tag=tag(best, weighings[0].probability, fund)
    )


def tag(best: Found, probability: int, fund: Fund) -> str | None:
    """What makes an automatic allocation worth a look."""
    if best.meaning is None:
        return "by-payer"
    return "repaired" if best.is_repair else "low-margin" if probability < fund.rates.tagged_below else None


def not_automatic(found: list[Found], probability: int, fund: Fund, is_stopped: bool) -> str:
    """Why a person must look; nothing, if nobody needs to."""
    best = found[0]
    bars = {
        "not-open": not is_live(best.account, fund) or (best.is_repair and best.account.status != "open"),
        "repair-off": best.is_repair and not fund.repair,
        "repair-stopped": best.is_repair and is_stopped,
        "no-second-fact": (best.is_repair or fund.needs_second_fact) and not best.facts,
        "payer-alone": is_by_payer_alone(found, fund),
        "other-number": best.meaning is None and any(vote.says == "reference-differs" for vote in best.votes),
        "not-sure": probability <= fund.rates.auto_above,
    }
    return next((bar for bar, holds in bars.items() if holds), "")


def is_by_payer_alone(found: list[Found], fund: Fund) -> bool:
    """Whether nothing but its payer's history speaks for the likeliest account; or, where a reference needs a second fact, tells it from
    other accounts that could be meant. People have more than one account, and pay for others."""
    best = found[0]
    if best.meaning is None:
        return not best.facts - {PAYER_KNOWN}
    return (best.is_repair or fund.needs_second_fact) and best.facts == {PAYER_KNOWN} and len(found) > 1


def rule(best: Found, fund: Fund) -> str:
    if best.meaning is None:
        return "payer-and-evidence"
    if best.is_repair:
        return "reference-repaired"
    return "reference-and-evidence" if fund.needs_second_fact else "reference"


def is_found_wrong(repaired_to: tuple[str, str], now: Placement) -> bool:
    """Whether a decision in force says that the account (fund, reference) which a misread reference was put right to was not meant."""
    return now.decision_id is not None and [part[:2] for part in now.parts] != [repaired_to]


def repair_stops(repaired: int, wrong: int) -> bool:
    """Whether a scheme's automatic repair stops: how many it did within the days watched, and how many of them people found wrong."""
    most, of = WRONG_REPAIRS_MAX
    return wrong * of > repaired * most


def is_sampled(payment_id: UUID) -> bool:
    """Whether a tagged allocation is in the daily sample that a person looks at: one in twenty, and always the same."""
    return payment_id.int % SAMPLED_ONE_IN == 0
