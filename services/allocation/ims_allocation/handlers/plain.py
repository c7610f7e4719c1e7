"""The way of most payments: one reference, of a running account that is known, and nothing that speaks against it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic_core import to_json

from ims_allocation.domain import AccountKey, Fund, Pack, PaymentKey, Reading, whole
from ims_allocation.store import accounts, placements
from ims_allocation.store.placements import Plain
from ims_contracts.allocations import PaymentAllocated
from ims_contracts.payments import PaymentReceived
from ims_kit import Work


def is_plain(payment: PaymentReceived, reading: Reading, pack: Pack, there: Mapping[AccountKey, accounts.Known]) -> bool:
    """One reference, of a running account that there is, and nothing that speaks against it."""
    if len(reading.candidates) != 1 or payment.basket:
        return False
    code, reference = reading.candidates[0]
    fund = pack.funds[code]
    if fund.is_penalty or (payment.fund and payment.fund != code):
        return False
    if pack.tables.rules.before and any(pack.tables.rules.of(payment, pack.decided_on(payment), has_reference=True)):
        return False
    if fund.vat_code in pack.vatable:
        return False
    if not fund.needs_account:
        return True
    account = there.get((pack.council, code, reference))
    return account is not None and (not pack.is_free_text(payment.channel) or is_beyond_doubt(payment, account, fund, pack))


def is_beyond_doubt(payment: PaymentReceived, account: accounts.Known, fund: Fund, pack: Pack) -> bool:
    """Typed freely, and still plain: the account is open and owes this, and no word names another kind of debt."""
    if fund.needs_second_fact or account.status != "open" or payment.amount_pence not in account[1:]:
        return False
    return not pack.words.contradict(whole(payment.reference, payment.narrative), fund.line_of_business)


def to_be_placed(payment: PaymentReceived, reading: Reading, pack: Pack) -> Plain:
    """Where a plain payment goes, and by what."""
    fund, reference = reading.candidates[0]
    known = pack.funds[fund]
    by = pack.decided_on(payment), pack.version, known.vat_code, known.cost_centre
    return Plain(payment, str(payment.payment_id), fund, reference, *by)


async def place_plain(plain: Sequence[Plain], work: Work) -> set[PaymentKey]:
    """Credit each payment to the account it names, and tell it. Says which were placed before, in whatever way: with those nothing is
    done."""
    # In order of their keys: two transactions that hold the same payments must not wait for each other crosswise.
    in_order = sorted(plain, key=lambda each: (each.payment.council, each.payment_id))
    today = work.today
    before = await placements.place_plain(in_order, today, work)
    for each in in_order:
        payment = each.payment
        if not before or (payment.council, payment.payment_id) not in before:
            said = allocated(each, today)
            # Each field has been proved where it came from; to prove them again, and write them as a model, takes four times as long.
            work.tell(PaymentAllocated.of_valid(said), because=payment, body=to_json(said))
    return before


def allocated(plain: Plain, today: date) -> dict[str, Any]:
    """What PaymentAllocated says of a plain payment, word for word as the message itself writes it."""
    payment, payment_id, fund, reference, decided_on, version, vat_code, centre = plain
    pence, method = payment.amount_pence, payment.method_of_payment
    part = {"fund": fund, "account_reference": reference, "amount_pence": pence}
    clearing = {"ledger_account": f"clearing:{method}", "amount_pence": pence}
    income = {"ledger_account": f"fund:{fund}", "account_reference": reference, "amount_pence": -pence, "vat_code": vat_code}
    if centre:
        part["cost_centre"] = income["cost_centre"] = centre
    return {
        "council": payment.council,
        "payment_id": payment_id,
        "revision": 1,
        "amount_pence": pence,
        "parts": [part],
        "refund_due_pence": 0,
        "suspended_pence": 0,
        "outcome": "account",
        "rule": "reference",
        "rule_version": version,
        "method_of_payment": method,
        "decided_on": decided_on,
        "posted_on": today,
        "is_for_agent": False,
        "lines": [clearing, income],
    }
