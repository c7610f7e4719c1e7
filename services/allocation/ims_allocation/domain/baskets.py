"""A payment that was stated line by line: each line is placed as it says, or held; no money goes elsewhere than was stated."""

from collections.abc import Iterable

from ims_allocation.domain.choosing import Accounts, Hold
from ims_allocation.domain.decided import Dealt, deal_out
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.payments import Decided, Part, Record, Stated
from ims_allocation.domain.references import Reading
from ims_allocation.domain.taxing import fault_of_code

RULE = "basket"


def of_basket(record: Record, accounts: Accounts, pack: Pack) -> Dealt | Hold:
    """The lines whose account is known, as a decision of the payer's; the others stay in suspense beside them, for the reason of the
    first. What goes back later is dealt with as of a decision."""
    payment = record.payment
    assert payment, "only a payment that is known was stated"
    if sum(line.amount_pence for line in payment.basket) != payment.amount_pence:
        return Hold("basket-differs")
    found = without_undue_fees([part_of(line, accounts, pack) for line in payment.basket], payment.method_of_payment, pack)
    parts = together(part for part in found if isinstance(part, Part))
    reason = next((why for why in found if isinstance(why, str)), "")
    if not parts:
        return Hold(reason)
    dealt = deal_out(record, Decided(record.payment_id, parts), accounts, pack)
    return dealt._replace(rule=RULE, decision_id=None, reason=reason)


def part_of(line: Stated, accounts: Accounts, pack: Pack) -> Part | str:
    """Where a line goes, or why it is held."""
    candidates = line.reading.candidates
    if not candidates:
        return line.reading.reason
    known = [(pack.funds[fund], reference) for fund, reference in candidates if fund in pack.funds]
    there = [account for fund, reference in known if (account := accounts.find(pack.council, fund, reference))]
    if not there:
        return "account-awaited"
    if len(there) > 1:
        return "several-accounts"
    account = there[0]
    if fault := fault_of_code(account.fund, line.vat_code, pack):
        return fault
    return Part(account.fund, account.account_reference, line.amount_pence, line.vat_code, cost_centre=line.cost_centre)


def without_undue_fees(found: list[Part | str], method: str, pack: Pack) -> list[Part | str]:
    """The same, with each fee that may not be taken held."""
    known = pack.tables.methods.get(method)
    is_alone = all(is_fee(each, pack) for each in found)
    fault = fault_of_fee(bool(known and known.takes_fee), is_alone)
    return [fault if fault and is_fee(each, pack) else each for each in found]


def is_fee(found: Part | str, pack: Pack) -> bool:
    return isinstance(found, Part) and pack.funds[found.fund].is_fee


def fault_of_fee(takes_fee: bool, is_alone: bool) -> str | None:
    """Why a fee may not be taken: the method of payment takes none, or there is nothing that it is for."""
    if not takes_fee:
        return "method-takes-no-fee"
    return "fee-alone" if is_alone else None


def together(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Lines that say the same are one part."""
    sums: dict[tuple[str, str, str | None, str | None], int] = {}
    for fund, reference, pence, code, _, centre in parts:
        sums[fund, reference, code, centre] = sums.get((fund, reference, code, centre), 0) + pence
    return tuple(Part(fund, to, pence, code, cost_centre=centre) for (fund, to, code, centre), pence in sums.items())


def read_anew(lines: Iterable[Stated], pack: Pack) -> tuple[Stated, ...]:
    """The lines as another version of the pack reads them: of each only what it named is kept."""
    return tuple(
        line._replace(reading=pack.references.stated(*line.reading.candidates[0])) if line.reading.candidates else line
        for line in lines
    )


def reading_of(lines: Iterable[Stated]) -> Reading:
    """What all the lines name."""
    readings = [line.reading for line in lines]
    candidates = dict.fromkeys(each for reading in readings for each in reading.candidates)
    misread = dict.fromkeys(each for reading in readings for each in reading.misread)
    return Reading(tuple(candidates), tuple(misread), next((reading.reason for reading in readings if reading.reason), ""))
