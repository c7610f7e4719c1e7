"""Whether what was weighed is enough to act on without a person: what the odds must be, and what is never automatic whatever they are."""

from collections.abc import Collection
from uuid import UUID

from ims_allocation.domain.accounts import Account
from ims_allocation.domain.evidence import PAYER_KNOWN, Found, contradicts, due, probabilities
from ims_allocation.domain.packs import Fund, Pack
from ims_allocation.domain.payments import Evidence, Part, Payment, Placement

WRONG_MAX = (1, 5_000)
"""More than this of what a scheme's accounts were given in one way, confirmed wrong within 30 days, and that way is stopped for it
(formats.md 4.4, policy 4)."""
WATCHED_DAYS = 30
REPAIRED, BY_PAYER = "repaired", "by-payer"
"""The ways that are watched: references put right, and accounts that nothing but the payer pointed at."""

type Stopped = Collection[tuple[str, str, str]]
"""Council, fund and way."""
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


def judge(payment: Payment, found: list[Found], pack: Pack, stopped: Stopped) -> Evidence:
    """What the accounts that could be meant, the likeliest first, come to."""
    weighings, none_of_these = probabilities(found)
    if not found:
        return Evidence(payment.heard_revision, weighings, none_of_these, held_by="no-account")
    best, fund = found[0], pack.funds[found[0].account.fund]
    bar = not_automatic(found, weighings[0].probability, fund, (pack.council, fund.code, way(best)) in stopped)
    if bar:
        return Evidence(payment.heard_revision, weighings, none_of_these, held_by=bar)
    share = Part(fund.code, best.account.account_reference, payment.amount_pence)
    return Evidence(
        payment.heard_revision, weighings, none_of_these, (share,), rule(best, fund), tag=tag(best, weighings[0].probability, fund)
    )


def tag(best: Found, probability: int, fund: Fund) -> str | None:
    """What makes an automatic allocation worth a look."""
    return way(best) or ("low-margin" if probability < fund.rates.tagged_below else None)


def way(best: Found) -> str:
    """The way in which an account is found that is watched; nothing, where it is as it was typed."""
    return BY_PAYER if best.meaning is None else REPAIRED if best.is_repair else ""


def not_automatic(found: list[Found], probability: int, fund: Fund, is_stopped: bool) -> str:
    """Why a person must look; nothing, if nobody needs to."""
    best = found[0]
    bars = {
        "not-open": not is_live(best.account, fund) or (best.is_repair and best.account.status != "open"),
        "repair-off": best.is_repair and not fund.repair,
        "repair-stopped": best.is_repair and is_stopped,
        "by-payer-off": best.meaning is None and not fund.by_payer,
        "by-payer-stopped": best.meaning is None and is_stopped,
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


def is_found_wrong(chosen: tuple[str, str], now: Placement) -> bool:
    """Whether a decision in force says that the account (fund, reference) which was chosen without a person was not meant."""
    return now.decision_id is not None and [part[:2] for part in now.parts] != [chosen]


def stops(placed: int, wrong: int) -> bool:
    """Whether a way is stopped for a scheme: how many were placed so within the days watched, and how many people found wrong."""
    most, of = WRONG_MAX
    return wrong * of > placed * most


def is_sampled(payment_id: UUID) -> bool:
    """Whether a tagged allocation is in the daily sample that a person looks at: one in twenty, and always the same."""
    return payment_id.int % SAMPLED_ONE_IN == 0
