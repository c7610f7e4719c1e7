"""What leaves single lines of a payment, said as the whole of it: so it is decided, approved, undone and explained as every decision is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from ims_allocation.domain import deciding
from ims_allocation.domain.asked import Group, Moving, Towards
from ims_allocation.domain.deciding import WORDS, Known, Plan, Whose, fault_of_payment, keys_of_group, share
from ims_allocation.domain.editions.bookkeeping import books_on
from ims_allocation.domain.moving import refused
from ims_allocation.domain.payments import Coded, Part
from ims_allocation.domain.rounding import money


def plan(decision_id: UUID, groups: Sequence[Group], known: Known) -> Plan | list[str]:
    """The whole of a decision, some of whose groups may say only what leaves lines; or everything that is wrong with it."""
    said = [whole(group, known) if group.moves else group for group in groups]
    faults = [f"decisions.{at}: {fault}" for at, each in enumerate(said) if isinstance(each, list) for fault in each]
    return faults or deciding.plan(decision_id, [each for each in said if not isinstance(each, list)], known)


def whole(group: Group, known: Known) -> Group | list[str]:
    """The group with every line of its payment after the moves, or everything that is wrong with them. Each is measured by what the ones
    before it left: 60 and 60 of a line of 100 are not."""
    key = keys_of_group(group, known.pack)[0]
    record = known.records.get(key)
    if fault := fault_of_payment(record, key):
        return [fault]
    placed = record.placement if record else None
    assert placed, "what is recorded has been placed"
    coded = {each.fund: each for each in placed.coded}
    lines, due, faults = Counter[Whose](), placed.refund_due_pence, list[str]()
    for part in placed.parts:
        lines[line_of(part, coded)] += part.amount_pence
    for at, each in enumerate(group.moves):
        of_line = [line for line in lines if line[:2] == (each.fund, each.account_reference)]
        if fault := fault_of(each, sum(lines[line] for line in of_line), known):
            faults.append(f"moves.{at}: {fault}")
            continue
        take(each.amount_pence, of_line, lines)
        for to in each.to:
            lines[to.fund, to.account_reference, to.vat_code, to.cost_centre] += to.amount_pence
        due += each.refund_due_pence
    return faults or group.model_copy(update={"moves": [], "to": named(lines), "refund_due_pence": due, "rest_to_suspense": True})


def line_of(part: Part, coded: Mapping[str, Coded]) -> Whose:
    """A part as a decision names it: its VAT code and cost centre where they are not simply its fund's, as it was coded when it came."""
    _, code, centre = coded.get(part.fund, Coded(part.fund, None, None))
    same_code, same_centre = part.vat_code == code, part.cost_centre == centre
    return part.fund, part.account_reference, None if same_code else part.vat_code, None if same_centre else part.cost_centre


def fault_of(move: Moving, there_pence: int, known: Known) -> str | None:
    """Why a line cannot give this so: not so much is on it, or its money would go nowhere that there is."""
    account, given = f"{move.fund}/{move.account_reference}", sum(each.amount_pence for each in move.to) + move.refund_due_pence
    if move.amount_pence > there_pence:
        return f"{money(move.amount_pence)} is more than the {money(there_pence)} of the payment that is on account {account}"
    if given > move.amount_pence:
        return f"{money(given)} is more than the {money(move.amount_pence)} that account {account} gives"
    targets = [share(each, known.pack) for each in move.to]
    refusal = refused(targets, move.amount_pence, books_on(known.today, known.pack)) if targets else None
    return WORDS[refusal.reason] if refusal else None


def take(pence: int, of_line: list[Whose], lines: Counter[Whose]) -> None:
    """Take an amount off a line; off the first of it first, where it is under several cost centres."""
    for line in of_line:
        off = min(pence, lines[line])
        lines[line] -= off
        pence -= off


def named(lines: Counter[Whose]) -> list[Towards]:
    return [
        Towards(fund=fund, account_reference=reference, amount_pence=pence, vat_code=code, cost_centre=centre)
        for (fund, reference, code, centre), pence in lines.items()
        if pence
    ]
