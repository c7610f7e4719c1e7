"""Files, bags, collections and what comes back, as they are in the invented month."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from ims_contracts import Message
from ims_contracts.payments import PaymentReceived
from ims_contracts.remittances import Fault, RemittanceRefused
from ims_local.month.bank import banking_day, named
from ims_local.month.day import DAY, Desk
from ims_local.month.streams import Stream
from ims_local.settings import COUNCIL
from ims_reconcile.domain import derived_id, working_days_after

BAG = 20
"""Payments in a bag."""
RETURNED = 200
"""Of so many Direct Debits one comes back unpaid."""


def file(desk: Desk, stream: Stream, day: date, count: int) -> None:
    """A file of a day's payments, which the bank pays in as one line; told the day after."""
    name, arrives = desk.reference(), day + DAY
    payments = [
        desk.payment(f"{name}:{number}", day, stream, amount_pence=desk.pence(), remittance_id=named(name)) for number in range(count)
    ]
    pence = sum(each.amount_pence for each in payments)
    whole = desk.remittance(name, day, stream, payment_count=count, payments_pence=pence)
    kinds = ("short", "refused", "foreign", "contradicted", "repeated", "unsaid") if stream.is_small else ()
    wrong = desk.truth.first_due(kinds)
    if wrong is None:
        if stream.is_small and not stream.on and day.weekday() < 5 and desk.truth.is_due("late-file"):
            arrives = working_days_after(day, 5)
        lines = desk.pay_in(stream, whole.remittance_id, count, (name, pence), day)
        if arrives > day + DAY:
            desk.truth.plant("late-file", derived_id("feed", COUNCIL, stream.name, day), named(name), *lines)
        desk.tell(arrives, *payments, whole)
        return
    line = desk.bank.book(desk.lag(stream, day), stream.account, pence, stream.says.format(ref=name))
    other = named(f"{name} again")
    desk.truth.plant(wrong, whole.remittance_id, line, other, derived_id("feed", COUNCIL, stream.name, day))
    desk.truth.unprovable(whole.remittance_id, count)
    told: dict[str, list[Message]] = {
        "short": [*payments[1:], whole],
        "refused": [refused(stream, whole.remittance_id, day, "total")],
        "foreign": [refused(stream, whole.remittance_id, day, "currency")],
        "contradicted": [*payments, whole, desk.remittance(name, day, stream, remittance_id=other, payment_count=1, payments_pence=77)],
        "repeated": [*payments, whole],
        "unsaid": [],
    }
    desk.tell(arrives, *told[wrong])
    if wrong == "repeated":
        copies = ({"payment_id": named(f"{each.source_payment_id} again"), "remittance_id": other} for each in payments)
        again = [each.model_copy(update=copy) for each, copy in zip(payments, copies, strict=True)]
        desk.tell(arrives + 4 * DAY, *again, whole.model_copy(update={"remittance_id": other, "source_reference": desk.reference()}))
    if wrong == "contradicted":
        desk.tell(arrives, desk.payment(f"{name} again", day, stream, amount_pence=77, remittance_id=other))
        desk.truth.unprovable(other, 1)
    if wrong in ("repeated", "contradicted"):
        desk.truth.at_bank(whole.remittance_id, count, [line])


def refused(stream: Stream, remittance_id: UUID, day: date, position: str) -> RemittanceRefused:
    fault = Fault(position=position, what="it is not as it should be", what_to_do="ask for another")
    return RemittanceRefused(
        council=COUNCIL, remittance_id=remittance_id, source=stream.name, content_sha256="0", fault_count=1, faults=[fault], received_on=day
    )


def split(desk: Desk, stream: Stream, day: date, count: int) -> None:
    """A file that the bank pays in as two lines, which both name it."""
    name = desk.reference()
    payments = [desk.payment(f"{name}:{n}", day, stream, amount_pence=desk.pence(), remittance_id=named(name)) for n in range(count)]
    pence = sum(each.amount_pence for each in payments)
    on = desk.lag(stream, day)
    lines = [desk.bank.book(on, stream.account, part, stream.says.format(ref=name)) for part in (pence // 3, pence - pence // 3)]
    desk.truth.at_bank(named(name), count, lines)
    desk.tell(day + DAY, *payments, desk.remittance(name, day, stream, payment_count=count, payments_pence=pence))


def bag(desk: Desk, stream: Stream, day: date, count: int) -> None:
    """Bags of cash and cheques, each with its number on its line."""
    if day.weekday() > 4:
        return
    while count > 0:
        size, count = min(BAG, count), count - BAG
        name = str(500_000 + desk.batches)
        desk.batches += 1
        payments = [
            desk.payment(f"{name}:{n}", day, stream, amount_pence=desk.pence(), remittance_id=named(name), method_of_payment="cash")
            for n in range(size)
        ]
        pence = sum(each.amount_pence for each in payments)
        if desk.truth.is_due("bag-unsaid"):
            line = desk.bank.book(desk.lag(stream, day), stream.account, pence, stream.says.format(ref=name))
            desk.truth.plant("bag-unsaid", line, named(name))
            desk.truth.unprovable(named(name), size)
            continue
        desk.pay_in(stream, named(name), size, (name, pence), day)
        desk.tell(day, *payments, desk.remittance(name, day, stream, payment_count=size, payments_pence=pence))


def collection(desk: Desk, stream: Stream, day: date, count: int) -> None:
    """A collection by Direct Debit, of which some come back two working days later."""
    name = desk.reference()
    payments = [desk.payment(f"{name}:{n}", day, stream, amount_pence=desk.pence(), remittance_id=named(name)) for n in range(count)]
    pence = sum(each.amount_pence for each in payments)
    desk.pay_in(stream, named(name), count, (name, pence), day)
    desk.tell(day, *payments, desk.remittance(name, day, stream, payment_count=count, payments_pence=pence))
    desk.collected = desk.collected or payments[:30:9]
    unpaid = next(each for each in desk.council.streams if each.kind == "returns")
    take_back(desk, unpaid, working_days_after(day, 2), payments[7::RETURNED])


def claims(desk: Desk, stream: Stream, day: date, count: int) -> None:
    """Once a month, claims under the indemnity for collections of the beginning of the month."""
    if day.day == 24:
        take_back(desk, stream, day, desk.collected)


def take_back(desk: Desk, stream: Stream, day: date, payments: Sequence[PaymentReceived]) -> None:
    """Reversals of these payments, in a file, as one debit."""
    if not payments:
        return
    name, reversals = desk.reference(), []
    for number, each in enumerate(payments):
        whose = {"payment_id": each.payment_id, "amount_pence": each.amount_pence}
        back = desk.reversal(f"{name}:{number}", day, stream, **whose, remittance_id=named(name))
        if desk.truth.is_due("unknown-original"):
            back = back.model_copy(update={"payment_id": named(f"{name}:{number} nowhere")})
            desk.truth.plant("unknown-original", back.reversal_id)
        reversals.append(back)
    pence = sum(each.amount_pence for each in reversals)
    desk.pay_in(stream, named(name), 0, (name, -pence), day)
    desk.tell(banking_day(day), *reversals, desk.remittance(name, day, stream, reversal_count=len(reversals), reversals_pence=pence))
