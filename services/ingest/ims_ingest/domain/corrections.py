"""A file that comes after an import was taken back: what of it was told before and went back whole is counted again, once, under
a name of its own. What came and stands is counted no second time."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from ims_contracts.payments import PaymentReceived
from ims_ingest.domain.identity import derive

type Times = Mapping[UUID, int]
"""Of payments by the id that their first telling gave them: which telling this one is, from the second on."""


def part_again(part_id: UUID, nth: int) -> UUID:
    """The nth telling of a remittance whose earlier tellings were taken back."""
    return part_id if nth == 1 else derive("remittance", str(part_id), str(nth))


def payment_again(payment_id: UUID, nth: int) -> UUID:
    """The nth payment that a row of one name made. It need not be known what the row said."""
    return payment_id if nth == 1 else derive("payment", str(payment_id), str(nth))


def named_now(payments: Iterable[UUID], times: Times | None) -> Iterator[UUID]:
    """The ids of payments as this telling has them."""
    return (payment_again(each, times.get(each, 1)) for each in payments) if times else iter(payments)


def told_again(payment: PaymentReceived, times: Times) -> PaymentReceived:
    """The payment as this telling of it: with a name and an id that no earlier one had."""
    nth = times.get(payment.payment_id, 1)
    if nth == 1:
        return payment
    named = {"payment_id": payment_again(payment.payment_id, nth), "source_payment_id": f"{payment.source_payment_id}~{nth}"}
    return payment.model_copy(update=named)
