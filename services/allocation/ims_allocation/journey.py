"""A payment's story in words: what came, where it was put, by which rule, and why."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ims_allocation.domain import Cause, Evidence, Pack, Placement, Record, Stated, Vote, Weighing
from ims_allocation.domain.baskets import RULE as BASKET
from ims_allocation.domain.giving_back import Refund
from ims_allocation.domain.rounding import money
from ims_allocation.store.decisions import Held
from ims_allocation.store.payers import Held as Learned
from ims_allocation.wording import BACK, CHANNELS, DUE, FOUND, HELD_BY, HOW, NEARLY, PENALTIES, REASONS, SAID, STAGES, WAYS, WORDS
from ims_contracts.allocations import Suggestion


def step(record: Record, row: Any) -> dict[str, Any]:
    """One revision, in words and in figures."""
    placed, payment = record.placement, record.payment
    assert placed, "what is recorded has been placed"
    return {
        "revision": record.revision,
        "posted_on": row["posted_on"],
        "decided_on": payment.decided_on if payment else None,
        "words": words(placed),
        "figures": figures(record, placed),
        "outcome": placed.outcome,
        "reason": placed.reason,
        "rule": placed.rule,
        "rule_version": row["rule_version"],
        "decision_id": placed.decision_id,
        "evidence": told(placed.evidence) if placed.evidence and not placed.decision_id else None,
        "candidates": [f"{fund}/{reference}" for fund, reference in payment.reading.candidates] if payment else [],
        "basket": [stated(line) for line in payment.basket] if payment else [],
        "parts": [part._asdict() for part in placed.parts],
        "refund_due_pence": placed.refund_due_pence,
        "suspended_pence": placed.suspended_pence,
        "due_before_pence": placed.due_before_pence,
        "balance_pence": placed.balance_pence,
        "went_back": [cause_words(cause) for cause in (*record.applied, *record.pending)],
    }


def stated(line: Stated) -> dict[str, Any]:
    """A line of a basket: what it names, or why that is nothing."""
    return {
        "names": [f"{fund}/{reference}" for fund, reference in line.reading.candidates],
        "reason": REASONS.get(line.reading.reason, line.reading.reason) or None,
        "amount_pence": line.amount_pence,
        "cost_centre": line.cost_centre,
        "vat_code": line.vat_code,
    }


def words(placed: Placement) -> str:
    """A placement as an officer would say it."""
    if placed.outcome == "suspended":
        return f"held in suspense: {reason_words(placed.reason or '')}"
    beside = f"; beside it in suspense: {reason_words(placed.reason)}" if placed.reason else ""
    is_put = placed.decision_id and placed.outcome == "account"
    if placed.rule == BASKET and placed.outcome == "account":
        return f"put where it was stated, line by line{beside}"
    by_rule = placed.rule.removeprefix("rule:") if placed.rule.startswith("rule:") and placed.outcome == "account" else None
    said = f"put on an account by the rule {by_rule}" if by_rule else WORDS.get(placed.outcome, placed.outcome)
    said = FOUND.get(placed.rule, said) if placed.outcome == "account" else said
    said = "put where an officer decided" if is_put else said
    return said + (", as an officer decided" if placed.decision_id and not is_put else "") + beside


def came(record: Record, pack: Pack) -> str:
    """What came, and how, as an officer would say it; and the day that decides what was owed."""
    payment = record.payment
    if record.is_orphan:
        return "money went back, and what took it names no payment"
    if payment is None or record.is_stood_for:
        return "only what went back of it is known: the payment itself has not come"
    how, method = CHANNELS.get(payment.channel, f"by {payment.channel}"), pack.tables.methods.get(payment.method_of_payment)
    by = method.name if method else payment.method_of_payment
    with_it = "" if by.lower() in how.lower() else f" ({by})"
    return f"{money(payment.amount_pence)} came {how}{with_it}; it counts as paid on {day(payment.decided_on)}"


def day(on: date) -> str:
    """A day as people write it: 3 September 2026."""
    return f"{on.day} {on:%B %Y}"


def figures(record: Record, placed: Placement) -> list[str]:
    """Where each pound of it is, what was owed, and what went back: one sentence each."""
    said = [f"{money(part.amount_pence)} is on {part.fund}/{part.account_reference}" for part in placed.parts]
    is_nowhere = not placed.parts and record.live_pence > 0
    said += [f"it names {names(record)}"] if is_nowhere and record.payment and record.payment.reading.candidates else []
    said += [f"the rule {rule} failed on it, and was passed over" for rule in record.payment.unasked] if record.payment else []
    said += [HOW[placed.rule]] if placed.outcome in PENALTIES and placed.rule in HOW else []
    said += [f"{money(placed.refund_due_pence)} is due back to the payer"] if placed.refund_due_pence else []
    said += [f"{money(placed.suspended_pence)} is in suspense"] if placed.suspended_pence else []
    if placed.outcome in PENALTIES and placed.due_before_pence is not None:
        more = f", and more from {day(placed.next_due_on)}" if placed.next_due_on else ""
        left = f"; {money(placed.balance_pence)} is left to pay{more}" if placed.balance_pence else ""
        since = STAGES.get(placed.stage or "", "") if placed.due_before_pence else ""
        said.append(f"{money(placed.due_before_pence) if placed.due_before_pence else 'nothing'} was owed{since}{left}")
    said += [f"{money(each.amount_pence)} went back on {day(each.on)}: {cause_reason(each)}" for each in record.applied]
    return said + [f"{money(each.amount_pence)} is to be taken off it when it comes: {cause_reason(each)}" for each in record.pending]


def suggested(suggestion: Suggestion) -> dict[str, Any]:
    """An account that suspended money may be for, and what speaks for it and against it, in words."""
    why = [NEARLY.get(each, SAID.get(each, each.replace("-", " "))) for each in suggestion.why]
    return suggestion.model_dump() | {"words": "; ".join(why)}


def names(record: Record) -> str:
    """The accounts that a payment's texts name."""
    assert record.payment, "only what came names anything"
    return " and ".join(f"{fund}/{reference}" for fund, reference in record.payment.reading.candidates)


def cause_reason(cause: Cause) -> str:
    """Why money went back: a council's or a provider's code, as words."""
    return BACK.get(cause.reason, cause.reason.replace("-", " "))


def reason_words(reason: str) -> str:
    """Why something is in suspense; of what a back office rejected, in its own words."""
    kind, _, said = reason.partition(":")
    return f"the back office does not take it: {said}" if kind == "rejected" else REASONS.get(reason, reason)


def since(story: Sequence[Record], revision: int) -> list[str]:
    """What became of a payment after a revision that somebody looked at."""
    later = [(record.revision, record.placement) for record in story if record.revision > revision]
    if not later:
        return [f"there is no revision {revision}: it is at {story[-1].revision}"]
    return [f"revision {number}: {words(placed)}" for number, placed in later if placed]


def decision_words(held: Held) -> str:
    """A decision as an officer would tell of it."""
    what = "took a decision back" if held.undoes else "decided"
    beyond = f"; it takes {money(held.overdrawn_pence)} more off accounts than was on them" if held.overdrawn_pence else ""
    approved = f"; {held.given_by} approved it" if held.needs_approval and held.verdict == "in-force" else ""
    became = {
        "proposed": f"; it waits for another person's approval of {money(held.amount_pence)}",
        "withdrawn": f"; {held.given_by} withdrew it",
        "undone": "; it was undone",
    }.get(held.state, "")
    return f"{held.decided_by} {what}: {held.reason}{beyond}{approved}{became}"


def refund_words(held: Refund, pack: Pack) -> str:
    """A refund as an officer would tell of it."""
    method = pack.tables.methods.get(held.method_of_payment or "")
    by_hand = f" by hand, as there is no way back by its method of payment ({method.name})" if method and not method.is_refundable else ""
    who = held.requested_by if held.origin == "officer" else f"{held.requested_by}'s decision" if held.requested_by else ""
    who = f"{who} asked for {money(held.amount_pence)} back" if who else f"{money(held.amount_pence)} is due back"
    pence = held.asked_pence or held.approved_pence or 0
    approved = f"; {' and '.join(held.approved_by)} approved {money(pence)}" if held.approved_by else ""
    became = {
        "requested": "; it waits for another person's approval",
        "approved": "; it waits for a second person's approval",
        "asked": f"; it was passed on to be sent{by_hand}",
        "sent": f"; {money(held.sent_pence or 0)} was sent",
        "failed": f"; it could not be sent: {held.failed_because}",
        "cancelled": f"; it was cancelled: {held.cancelled_because}",
    }[held.state]
    again = ", after it had failed before" if held.again_of else ""
    reason = DUE.get(held.reason, DUE["over"]) if held.origin == "rule" else held.reason
    return f"{who}{again}: {reason}{approved}{became}"


def learned_words(held: Learned) -> str:
    """What was learned of a payer, as an officer would tell of it."""
    taught = f"{held.learned_by}'s decision says that its payer's bank account pays {held.fund}/{held.account_reference}"
    confirmed = f"; {held.confirmed_by} confirmed it: {held.confirmed_because}" if held.confirmed_by else ""
    became = {
        "learned": "; until another person confirms it, it is a suggestion",
        "confirmed": "",
        "revoked": f"; {held.revoked_by} revoked it: {held.revoked_because}",
        "taken-back": "; that decision is no longer in force, so it does not count",
    }[held.state]
    return taught + confirmed + became


def stopped_words(way: Mapping[str, Any]) -> str:
    """Whether a way of placing without a person is stopped for a fund, and why."""
    what = f"{WAYS[way['tag']]} for fund {way['fund']}"
    found = [f"{way['wrong']} of {way['placed']:,} within 30 days were wrong"] if way["wrong"] else []
    by = [f"{way['stopped_by']} stopped it: {way['reason']}"] if "stopped_by" in way else []
    return f"{what} {'is stopped' if way['is_stopped'] else 'goes on'}: {'; '.join(by + found)}"


def cause_words(cause: Cause) -> dict[str, Any]:
    return {"id": cause.cause_id, "reason": cause.reason, "amount_pence": cause.amount_pence, "on": cause.on}


def told(evidence: Evidence) -> dict[str, Any]:
    """What was weighed, as an officer would say it: the likeliest first."""
    return {
        "candidates": [candidate(each) for each in evidence.weighings],
        "none_of_these_percent": percent(evidence.none_of_these),
        "held_by": HELD_BY.get(evidence.held_by, evidence.held_by) or None,
        "tag": evidence.tag,
    }


def candidate(weighed: Weighing) -> dict[str, Any]:
    return {
        "fund": weighed.fund,
        "account_reference": weighed.account_reference,
        "percent": percent(weighed.probability),
        "votes": [spoken(vote) for vote in weighed.votes],
    }


def spoken(vote: Vote) -> str:
    """One vote and its weight: `for it, 85 times: the amount is one that it owes`."""
    side = "for it" if vote.times > 0 else "against it"
    return f"{side}, {abs(vote.times):,} times: {SAID.get(vote.says, vote.says)}"


def percent(of_a_million: int) -> str:
    """A probability as text, exact: `99.9871`."""
    return f"{of_a_million // 10_000}.{of_a_million % 10_000:04}"
