"""What allocation keeps of what it hears: a payment with its reference read, what went back of one and why."""

from collections.abc import Iterable

from ims_allocation.domain.accounts import vehicle_mark
from ims_allocation.domain.baskets import reading_of
from ims_allocation.domain.candidates import tokens, vehicle_in, whole
from ims_allocation.domain.names import NO_NAMES, Names
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.payments import STANDS_FOR, Cause, Payment, Record, Stated
from ims_allocation.domain.references import Reading
from ims_contracts.payments import BasketLine, PaymentReceived, PaymentReversed, RefundSent


def known(heard: PaymentReceived, reading: Reading, pack: Pack, names: Names = NO_NAMES) -> Payment:
    """What allocation keeps of a payment that was received. Of one that was stated line by line nothing else says where it goes."""
    lines = stated(heard.basket, pack) if heard.basket else ()
    if lines:
        reading = reading_of(lines)
    elif not (heard.reference or reading.candidates) and heard.source in pack.settlement_sources:
        reading = Reading(reason="no-event")
    is_free = pack.is_free_text(heard.channel) and not lines
    text = whole(heard.reference, heard.narrative) if is_free else ""
    bank_account = heard.payer.bank_account if heard.payer and is_free else None
    named = (reference for _, reference in reading.candidates) if text else ()
    vehicle = vehicle_mark(heard.vehicle) if heard.vehicle else reading.vehicle or vehicle_in(text)
    decided_on = pack.decided_on(heard)
    verdict = pack.tables.rules.of(heard, decided_on, bool(reading.candidates))
    return Payment(
        heard_revision=heard.revision,
        amount_pence=heard.amount_pence,
        method_of_payment=heard.method_of_payment,
        channel=heard.channel,
        decided_on=decided_on,
        paid_at=heard.paid_at,
        reading=reading,
        fund=heard.fund if not lines else None,
        vehicle=vehicle if not lines else None,
        tokens=tuple(dict.fromkeys([*named, *tokens(text, pack.references)])),
        named=pack.words.named(text),
        names=names.of_payer(heard.payer.name) if text and heard.payer and heard.payer.name else frozenset(),
        payer=names.of_bank_account(bank_account) if bank_account else None,
        ruled=verdict.ruled,
        unasked=verdict.failed,
        basket=lines,
    )


def stated(basket: Iterable[BasketLine], pack: Pack) -> tuple[Stated, ...]:
    """The lines of a basket, the reference of each read once. A VAT code that is the fund's is none of a line's own: what the fund says
    later does not make it wrong."""
    read = [(line, pack.references.stated(line.fund, line.reference)) for line in basket]
    codes = [{pack.funds[fund].vat_code for fund, _ in reading.candidates} for _, reading in read]
    return tuple(
        Stated(reading, line.amount_pence, line.cost_centre, line.vat_code if {line.vat_code} != of_fund else None)
        for (line, reading), of_fund in zip(read, codes, strict=True)
    )


def cause(heard: PaymentReversed | RefundSent, pack: Pack) -> Cause:
    """What went back of a payment, and why."""
    if isinstance(heard, RefundSent):
        return Cause(heard.refund_id, "refund", heard.amount_pence, heard.method_of_payment, heard.sent_on, "refund-sent")
    stands_for = stand_in(heard, pack) if heard.payment_id and heard.reference else None
    how = heard.method_of_payment, heard.reversed_on, heard.reason
    return Cause(heard.reversal_id, "reversal", heard.amount_pence, *how, stands_for)


def stand_in(heard: PaymentReversed, pack: Pack) -> Payment:
    """What stands for a payment of which only a reversal is known: nothing, for the account that the reversal names."""
    reading = pack.references.read(heard.reference, None)
    return Payment(STANDS_FOR, 0, heard.method_of_payment, "", heard.reversed_on, None, reading)


def orphan(heard: PaymentReversed, pack: Pack) -> Record:
    """A reversal that names no payment (such as an indemnity for a collection before our time): only its account can be known."""
    return Record(heard.council, heard.reversal_id, stand_in(heard, pack), applied=(cause(heard, pack),), is_orphan=True)
