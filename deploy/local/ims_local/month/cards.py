"""Card payments and the providers' settlements of them, as they are in the invented month."""

from datetime import date
from itertools import batched
from typing import Any, NamedTuple

from ims_contracts.payments import PaymentReceived, RefundSent
from ims_contracts.statements import SettlementMember, SettlementReceived
from ims_local.month.bank import banking_day, named
from ims_local.month.day import DAY, Desk
from ims_local.month.streams import Stream
from ims_local.settings import COUNCIL
from ims_reconcile.domain import derived_id, working_days_after

REFUNDED, DISPUTED = 100, 2000
"""Of so many card payments one is given back two days later; one is disputed and lost."""
AGAIN = " again"
CARD = ("no-event", "other-amount", "settled-twice", "never-settled")
LOOSE = ("loose-no-event", "never-settled")


class Payout(NamedTuple):
    """What a provider pays over of one day."""

    name: str
    day: date
    members: list[SettlementMember]


def fee_of(pence: int) -> int:
    """1.5 %, half a penny up."""
    return (pence * 15 + 500) // 1000


def card(desk: Desk, stream: Stream, day: date, count: int) -> None:
    """A day's payments, told at once, and the payout of them: two working days later at the bank, or a day or two after that."""
    if count:
        payout = Payout(f"po_{desk.reference()}", day, [])
        for number in range(count):
            sell(desk, stream, payout, number)
        settle(desk, stream, payout)


def weekend(desk: Desk, stream: Stream, day: date, count: int) -> None:
    """As `card`, gross, and what is sold from Saturday to Monday comes in one line: the bank names the merchant, and no batch."""
    if not count:
        return
    payout = Payout(f"{stream.says.split()[-1]}:{day}", day, [])
    for number in range(count):
        sell(desk, stream, payout, number)
    gross = sum(each.gross_pence for each in payout.members)
    held = desk.held.setdefault(stream.name, [])
    held.append((named(payout.name), sum(each.kind == "charge" for each in payout.members), gross))
    desk.tell(day + DAY, *pages(stream, payout, day))
    if day.weekday() < 5:
        line = desk.bank.book(desk.lag(stream, day), stream.account, sum(pence for *_, pence in held), stream.says)
        for item, charges, _ in held:
            desk.truth.at_bank(item, charges, [line])
        held.clear()


def sell(desk: Desk, stream: Stream, payout: Payout, number: int) -> None:
    """One payment by card, and its row of the settlement; or what goes wrong with it."""
    name, day = f"{payout.name}/{number}", payout.day
    is_loose, pence = stream.kind == "loose", desk.pence()
    wrong = desk.truth.first_due(LOOSE if is_loose else CARD) if stream.kind != "weekend" else None
    # Of two payments alike nobody could say which is broken: one that goes wrong has a reference of its own.
    reference = f"78{desk.made:07d}" if wrong else f"77{desk.chance.randrange(10**7):07d}"
    payment = desk.payment(name, day, stream, source="govuk-pay", provider="govuk-pay", amount_pence=pence, reference=reference)
    row = member(payment, pence, is_loose or None)
    if wrong:
        desk.truth.plant(wrong, payment.payment_id, derived_id("member", COUNCIL, named(payout.name), name))
    if wrong == "never-settled":
        desk.truth.unprovable(payment.payment_id, 1)
    else:
        payout.members.append(row)
    if wrong == "settled-twice":
        payout.members.append(row.model_copy(update={"member_reference": f"{name}{AGAIN}"}))
    if wrong == "other-amount":
        payment = payment.model_copy(update={"amount_pence": pence + 1_00})
    if wrong not in ("no-event", "loose-no-event"):
        desk.tell(day, payment)
    if wrong is None and not is_loose and number % REFUNDED == 50:
        give_back(desk, stream, payout, payment)


def member(payment: PaymentReceived, pence: int, is_loose: bool | None) -> SettlementMember:
    """A row as the provider writes it: with the payment's id, or with the payer's reference alone."""
    fee = fee_of(pence)
    said: dict[str, Any] = {
        "kind": "charge", "member_reference": payment.source_payment_id, "payment_id": None if is_loose else payment.payment_id,
        "provider_payment_id": None, "provider_reference": f"ch {payment.source_payment_id}", "merchant_reference": payment.reference,
        "gross_pence": pence, "fee_pence": fee, "net_pence": pence - fee,
        "occurred_on": payment.paid_on, "reference": payment.reference,
    }  # fmt: skip
    return SettlementMember.of_valid(said)


def give_back(desk: Desk, stream: Stream, payout: Payout, payment: PaymentReceived) -> None:
    """A refund, or a dispute that is lost, in the same payout."""
    is_lost = desk.chance.randrange(DISPUTED // REFUNDED) == 0
    pence, fee, name = payment.amount_pence, 1500 if is_lost else 0, f"{payment.source_payment_id}:back"
    payout.members.append(
        SettlementMember.model_construct(
            kind="dispute" if is_lost else "refund", member_reference=name, payment_id=payment.payment_id, gross_pence=-pence,
            fee_pence=fee, net_pence=-pence - fee, occurred_on=payout.day, reference=None,
        )
    )  # fmt: skip
    if is_lost:
        desk.tell(payout.day + DAY, desk.reversal(name, payout.day, stream, payment_id=payment.payment_id, amount_pence=pence))
    elif desk.truth.is_due("refund-untold"):
        desk.truth.plant("refund-untold", payment.payment_id)
    else:
        desk.tell(payout.day + DAY, RefundSent.model_construct(
            council=COUNCIL, refund_id=named(name), payment_id=payment.payment_id, source="govuk-pay", source_refund_id=name,
            amount_pence=pence, sent_on=payout.day, method_of_payment="card",
        ))  # fmt: skip


def settle(desk: Desk, stream: Stream, payout: Payout) -> None:
    """The settlement is told on the day that the provider says the money arrives, and the bank has it then or a little later."""
    paid_on = working_days_after(banking_day(payout.day), 2)
    settlement_id, net = named(payout.name), sum(each.net_pence for each in payout.members)
    charges = len({each.member_reference.removesuffix(AGAIN) for each in payout.members if each.kind == "charge"})
    if stream.kind == "loose":
        desk.truth.loose[settlement_id] = payout.name
    told = pages(stream, payout, paid_on)
    if stream.is_small and desk.truth.is_due("wrong-total"):
        line = desk.bank.book(paid_on, stream.account, net, stream.says.format(ref=payout.name))
        desk.truth.plant("wrong-total", settlement_id, line)
        desk.truth.unprovable(settlement_id, charges)
        told = [page.model_copy(update={"gross_pence": page.gross_pence + 100, "net_pence": net + 100}) for page in told]
    else:
        desk.pay_in(stream, settlement_id, charges, (payout.name, net), paid_on)
    desk.tell(paid_on, *told)


def pages(stream: Stream, payout: Payout, paid_on: date) -> list[SettlementReceived]:
    """The settlement as it is told, 500 members a page."""
    pieces = list(batched(payout.members, 500))
    gross, fee = sum(each.gross_pence for each in payout.members), sum(each.fee_pence for each in payout.members)
    return [
        SettlementReceived.model_construct(
            council=COUNCIL, settlement_id=named(payout.name), source=stream.name, provider="govuk-pay", method_of_payment="card",
            settlement_reference=payout.name, paid_on=paid_on, gross_pence=gross, fee_pence=fee, net_pence=gross - fee,
            member_count=len(payout.members), page=number, pages=len(pieces), members=list(piece), received_on=paid_on,
        )
        for number, piece in enumerate(pieces, 1)
    ]  # fmt: skip
