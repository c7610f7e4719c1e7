"""Vectors of money that is moved or given back: journals, transfers, suspense, refunds."""

from datetime import date
from typing import Any

from ims_allocation.domain.books import Movement, Refusal, Share
from ims_allocation.domain.moving import Undone, move, transfer, undo
from ims_allocation.domain.refunding import Gone, PaidLine, available, refund
from ims_allocation.domain.releasing import Item, release
from ims_allocation.domain.vat import vat_within
from ims_local.vectors.running import Answer, OnPurpose, Suite, Unsupported
from ims_local.vectors.world import BOOKS, REFUNDABLE, label, pounds, verdict, whole

TIES = "how the predecessor ties lines together; here the journal they are in does"
TODAY = date(2026, 3, 18)
BALANCE = "What leaves one account must arrive at others, to the penny; the predecessor lets a part of it vanish."
LABELS = frozenset(
    [
        "no_targets",
        "amount_zero",
        "amount_negative",
        "total_exceeds_available",
        "already_undone",
        "suspense_value_not_positive",
        "suspense_total_mismatch",
        "credit_note_fund_not_enabled",
    ]
)


def share(told: list[Any]) -> Share:
    """Fund, account, amount, VAT code, narrative."""
    fund, account, amount, code, narrative = told
    return Share(fund, account, whole(amount), code, narrative=narrative or "")


def line(each: Movement) -> dict[str, str]:
    return {
        "fund": each.fund,
        "account": each.account_reference,
        "mop": each.method_of_payment,
        "amount": pounds(each.amount_pence),
        "vat_code": each.vat_code,
        "vat": pounds(each.vat_pence),
        "narrative": each.narrative,
    }


def told(movements: list[Movement]) -> Answer:
    return {
        "result": "ok",
        "lines": [line(each) for each in movements],
        "net": pounds(sum(each.amount_pence for each in movements)),
    }


def refused(refusal: Refusal) -> Answer:
    return {"result": "error", "lines": [], "net": "0.00", "error": reason(refusal)}


def reason(refusal: Refusal) -> str:
    more = f":{pounds(refusal.asked_pence)}>{pounds(refusal.available_pence)}" if refusal.asked_pence else ""
    return f"{label(refusal.reason)}{more}"


def run_journal(given: dict[str, Any]) -> Answer:
    of = given["original"]
    original = Share(of["fund"], of["account"], whole(of["amount"]), of["vat_code"])
    done = move(original, original.amount_pence, [share(item) for item in given["items"] or []], BOOKS)
    if isinstance(done, Refusal):
        return refused(done) | {"vat_net": "0.00"}
    movements = [each for journal in done for each in journal]
    return told(movements) | {"vat_net": pounds(sum(each.vat_pence for each in movements))}


def run_undo(given: dict[str, Any]) -> Answer:
    rate = BOOKS.rates[given["vat_code"]]
    journal = [
        Movement(given["fund"], "", each["mop"], pence, given["vat_code"], vat_within(pence, rate, BOOKS.rounding), "Journal")
        for each in given["pair"]
        for pence in [whole(each["amount"])]
    ]
    done, again = (undo(journal, is_undone, TODAY, str(given["undone_by_user"])) for is_undone in (False, True))
    assert isinstance(done, Undone), "what was not undone before can be"
    assert isinstance(again, Refusal), "what was undone cannot be undone again"
    kept = ("mop", "amount", "vat", "narrative")
    return {
        "result": "ok",
        "new_lines": [{name: line(each)[name] for name in kept} for each in done.movements],
        "new_entry_date": done.posted_on.isoformat(),
        "new_user": int(done.by),
        "second_undo_error": label(again.reason),
    }


def run_transfer(given: dict[str, Any]) -> Answer:
    sources, targets = ([share(each) for each in given[side] or []] for side in ("sources", "targets"))
    done = transfer(sources, targets, BOOKS)
    return refused(done) if isinstance(done, Refusal) else told(done)


def run_transfer_check(given: dict[str, Any]) -> Answer | OnPurpose:
    sources, targets = (
        [Share("5", f"{side}{at}", whole(amount), "N0") for at, amount in enumerate(given[side] or [])] for side in ("sources", "targets")
    )
    done = transfer(sources, targets, BOOKS)
    if not isinstance(done, Refusal):
        return verdict(None)
    return OnPurpose(verdict("not_balanced"), BALANCE) if done.reason == "not-balanced" else verdict(reason(done))


def run_release(given: dict[str, Any]) -> Answer:
    if given["database_rejects_save"]:
        raise Unsupported("A journal and what depends on it are one transaction: when the database refuses it, nothing is said to be done.")
    items = [
        Item(f"SA{at}", whole(each["amount"]) - whole(each["already_allocated"] or "0"), f"bank line {at}")
        for at, each in enumerate(given["suspense"] or [], 1)
    ]
    targets = [
        Share(each["fund"], each["account"], whole(each["amount"]), each["vat_code"], each["mop"], each["narrative"] or "")
        for each in given["journals"] or []
    ]
    notes = [Share(each["fund"], each["account"], whole(each["amount"]), each["vat_code"]) for each in given["credit_notes"] or []]
    done = release(items, targets, notes, BOOKS)
    if isinstance(done, Refusal):
        return refused(done) | {"allocations": []}
    return told(done.movements) | {"allocations": [{"item": at + 1, "amount": pounds(pence)} for at, pence in done.taken]}


def run_line_count(given: dict[str, Any]) -> Answer:
    """As many lines as items, targets and credit notes: here of a pound each, and a penny each for the notes."""
    targets = [Share("5", f"A{at}", 100, "N0") for at in range(given["journals"])]
    notes = [Share("5", f"C{at}", 1, "N0") for at in range(given["credit_notes"])]
    held, count = 100 * len(targets) - len(notes), given["suspense_items"]
    items = [Item(f"S{at}", held // count + (held % count if at == 0 else 0)) for at in range(count)]
    done = release(items, targets, notes, BOOKS)
    return {"processed_transactions": 0 if isinstance(done, Refusal) else len(done.movements)}


def run_available(given: dict[str, Any]) -> Answer:
    lines = [PaidLine(ref, "P", fund, account, whole(amount)) for ref, account, fund, amount in given["lines"]]
    gone = [Gone(-whole(amount), account=(fund, account)) for account, fund, amount in given["processed_refunds"]]
    gone += [Gone(-whole(amount), line_id=ref) for ref, amount in given["journals_out"]]
    left = available(lines, gone, -sum(map(whole, given["pending_refunds"])))
    return {
        "header": pounds(left.total_pence),
        "line": pounds(left.lines.get(given["query_line"], 0)),
        "refund_enabled": left.can_be_refunded,
    }


def run_refund(given: dict[str, Any]) -> Answer:
    lines = [
        PaidLine(each["ref"], each["psp"], "", each["ref"], whole(each["amount"]), each["mop"] in REFUNDABLE)
        for each in given["original_lines"] or []
    ]
    asked = [(ref, whole(amount)) for ref, amount in given["requests"] or []]
    left = available(lines, []).lines
    done = refund(lines, left, asked, given["reason"] or "", given["user_may_partially_refund"])
    if isinstance(done, str):
        return {"status": "Error", "amount": None, "sent_to_provider": None, "pending": [], "error": REFUND_LABELS.get(done, label(done))}
    if not given["provider_says_success"]:
        raise Unsupported("What a provider answers is told later, by refund-sent or refund-failed.")
    pending = [
        {"amount": pounds(-pence), "status_id": "1", "processed": "-", "refund_reference": f"I{ref[1:]}"} for ref, pence in done.parts
    ]
    return {"status": "Accepted", "amount": pounds(done.amount_pence), "sent_to_provider": pounds(done.amount_pence), "pending": pending}


REFUND_LABELS = {"several-payments": "several_psp_references", "method-not-refundable": "mop_not_refundable"}
TIED = dict.fromkeys(("distinct_transfer_guids", "distinct_psp_references", "lines_with_transfer_reference"), TIES)
SUITES = {
    "transaction_journal": Suite(run_journal, LABELS, TIED),
    "transaction_journal_undo": Suite(run_undo, LABELS, {"all_four_share_rollback_guid": TIES}),
    "transfer_posting": Suite(run_transfer, LABELS, TIED),
    "transfer_validation": Suite(run_transfer_check, LABELS),
    "suspense_allocation": Suite(run_release, LABELS),
    "suspense_line_count": Suite(run_line_count),
    "amount_available": Suite(run_available),
    "refund": Suite(
        run_refund,
        frozenset({"reason_missing", "refund_exceeds_remaining", *REFUND_LABELS.values()}),
    ),
}
