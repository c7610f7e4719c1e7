"""Vectors of money that is moved: journals within a payment and their undoing, transfers, suspense."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from ims_allocation.domain import Line, Part
from ims_allocation.domain.books import Refusal, Share
from ims_allocation.domain.ledger import lines_between
from ims_allocation.domain.moving import transfer
from ims_allocation.domain.taxing import taxed_lines
from ims_local.vectors.deciding import PACK, TODAY, Done, decide, paid, placed, towards
from ims_local.vectors.running import Answer, OnPurpose, Suite, Unsupported
from ims_local.vectors.world import BOOKS, label, pounds, verdict, whole

TIES = "how the predecessor ties lines together; here the journal they are in does"
NOT_OF_A_LINE = "a payment keeps its method of payment wherever its money goes, and a decision's reason is told once, beside its lines"
BY_STATE = "what was undone is known by the state of its decision, which the door asks the database for"
BALANCE = "What leaves one account must arrive at others, to the penny; the predecessor lets a part of it vanish."
ONE_JOURNAL = "One journal brings a payment from where it was to where it is, and the VAT of its parts comes to that of the whole."
IN_PART = "What is given to nobody stays in suspense: an item may be cleared in part."
BELOW_NOTHING = "Below nothing is a reversal that names no payment: a person may lay it on the account that it undoes."
LABELS = frozenset(["no_targets", "amount_zero", "amount_negative", "total_exceeds_available"])


def share(told: list[Any]) -> Share:
    """Fund, account, amount, VAT code; the narrative is no line's."""
    fund, account, amount, code, _ = told
    return Share(fund, account, whole(amount), code)


def told_of(journals: Iterable[tuple[str, Iterable[Line]]], order: list[str]) -> Answer:
    """Lines of the ledger as the vectors write them, where income is above nothing: each account once, in this order. A line of suspense
    is named by its item."""
    pence, vat = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]]()
    for item, lines in journals:
        for each in lines:
            is_held = each.ledger_account == "suspense"
            to = ("1", item, "M0") if is_held else (each.ledger_account[5:], each.account_reference or "", each.vat_code or "")
            pence[to] -= each.amount_pence
            vat[to] -= each.vat_pence
    in_order = sorted(pence, key=lambda to: order.index(to[1]))
    written = [{"fund": to[0], "account": to[1], "amount": pounds(pence[to]), "vat_code": to[2], "vat": pounds(vat[to])} for to in in_order]
    return {"result": "ok", "lines": written, "net": pounds(pence.total()), "vat_net": pounds(vat.total())}


def refused(error: str) -> Answer:
    return {"result": "error", "lines": [], "net": "0.00", "error": error}


def reason(refusal: Refusal) -> str:
    more = f":{pounds(refusal.asked_pence)}>{pounds(refusal.available_pence)}" if refusal.asked_pence else ""
    return f"{label(refusal.reason)}{more}"


def run_journal(given: dict[str, Any]) -> Answer | OnPurpose:
    """What leaves a line of a payment for other accounts."""
    of, items = given["original"], [share(item) for item in given["items"] or []]
    line = Part(of["fund"], of["account"], whole(of["amount"]))
    move = {"fund": line.fund, "account_reference": line.account_reference, "amount_pence": line.amount_pence, "to": [
        {"fund": each.fund, "account_reference": each.account_reference, "amount_pence": each.amount_pence} for each in items
    ]}  # fmt: skip
    done = decide([paid(1, line.amount_pence, [line])], moves=[move])
    if isinstance(done, str):
        return refused(done) | {"vat_net": "0.00"}
    order = [*(each.account_reference for each in items), line.account_reference]
    answer = told_of([("", journal) for journal in done.journals], order)
    return OnPurpose(answer, ONE_JOURNAL, frozenset({"lines"})) if len(items) > 1 else answer


def run_undo(given: dict[str, Any]) -> Answer:
    """A move that is taken back: the payment is placed as if it had not been."""
    got, _ = (whole(each["amount"]) for each in given["pair"])
    before = paid(1, got, [Part(given["fund"], "from", got)])
    to = [{"fund": given["fund"], "account_reference": "to", "amount_pence": got}]
    done = decide([before], moves=[{"fund": given["fund"], "account_reference": "from", "amount_pence": got, "to": to}])
    assert isinstance(done, Done), "what is there can be moved"
    [moved] = done.records
    answer = told_of([("", lines_between(moved, placed(before)))], ["to", "from"])
    kept = ("amount", "vat")
    return {
        "result": "ok",
        "new_lines": [{name: each[name] for name in kept} for each in answer["lines"]],
        "new_entry_date": TODAY.isoformat(),
        "new_user": given["undone_by_user"],
    }


def run_transfer(given: dict[str, Any]) -> Answer:
    sources, targets = ([share(each) for each in given[side] or []] for side in ("sources", "targets"))
    done = transfer(sources, targets, BOOKS)
    if isinstance(done, Refusal):
        return refused(reason(done))
    answer = told_of([("", taxed_lines(done, TODAY, PACK))], [line.account_reference or "" for line in done])
    return {name: value for name, value in answer.items() if name != "vat_net"}


def run_transfer_check(given: dict[str, Any]) -> Answer | OnPurpose:
    sources, targets = (
        [Share("5", f"{side}{at}", whole(amount), "N0") for at, amount in enumerate(given[side] or [])] for side in ("sources", "targets")
    )
    done = transfer(sources, targets, BOOKS)
    if not isinstance(done, Refusal):
        return verdict(None)
    return OnPurpose(verdict("not_balanced"), BALANCE) if done.reason == "not-balanced" else verdict(reason(done))


def run_release(given: dict[str, Any]) -> Answer | OnPurpose:
    if given["database_rejects_save"]:
        raise Unsupported("A journal and what depends on it are one transaction: when the database refuses it, nothing is said to be done.")
    items = [whole(each["amount"]) - whole(each["already_allocated"] or "0") for each in given["suspense"] or []]
    targets, notes = given["journals"] or [], given["credit_notes"] or []
    answer = release(items, targets, notes)
    if any(pence < 0 for pence in items):
        return OnPurpose(answer, BELOW_NOTHING)
    asked = sum(whole(each["amount"]) for each in targets)
    return OnPurpose(answer, IN_PART) if asked < sum(items) and not notes else answer


def release(items: list[int], targets: list[dict[str, Any]], notes: list[dict[str, Any]]) -> Answer:
    """What is in suspense goes to accounts, and what is not there comes from credit notes."""
    records = [paid(at, pence) for at, pence in enumerate(items, 1)]
    to, of_notes = (towards(side, [whole(each["amount"]) for each in side]) for side in (targets, notes))
    done = decide(records, to=to, credit_notes=of_notes)
    if isinstance(done, str):
        return refused(done) | {"allocations": []}
    names = [f"SA{at}" for at in range(1, len(items) + 1)]
    order = [*names, *(each["account"] for each in (*targets, *notes))]
    taken = [
        {"item": at, "amount": pounds(part.amount_pence)}
        for at, record in enumerate(done.records, 1)
        for part in (record.decided.parts if record.decided else ())
    ]
    answer = told_of([*zip(names, done.journals, strict=True), ("", done.beside)], order)
    return {name: value for name, value in answer.items() if name != "vat_net"} | {"allocations": taken}


def run_line_count(given: dict[str, Any]) -> Answer:
    """As many lines as items, targets and credit notes: here of a pound each, and a penny each for the notes."""
    targets = [{"fund": "5", "account": f"A{at}", "amount": "1.00", "vat_code": "N0"} for at in range(given["journals"])]
    notes = [{"fund": "5", "account": f"C{at}", "amount": "0.01", "vat_code": "N0"} for at in range(given["credit_notes"])]
    held, count = 100 * len(targets) - len(notes), given["suspense_items"]
    items = [held // count + (held % count if at == 0 else 0) for at in range(count)]
    return {"processed_transactions": len(release(items, targets, notes)["lines"])}


TIED = dict.fromkeys(("distinct_transfer_guids", "distinct_psp_references", "lines_with_transfer_reference"), TIES)
OF_THE_WHOLE = dict.fromkeys(("mop", "narrative"), NOT_OF_A_LINE)
SUITES = {
    "transaction_journal": Suite(run_journal, ignores=TIED | OF_THE_WHOLE),
    "transaction_journal_undo": Suite(
        run_undo, ignores=OF_THE_WHOLE | {"all_four_share_rollback_guid": TIES, "second_undo_error": BY_STATE}
    ),
    "transfer_posting": Suite(run_transfer, LABELS, TIED | OF_THE_WHOLE),
    "transfer_validation": Suite(run_transfer_check, LABELS),
    "suspense_allocation": Suite(run_release, frozenset({"credit_note_fund_not_enabled"}), OF_THE_WHOLE),
    "suspense_line_count": Suite(run_line_count),
}
