"""One payment told by several sources: what they know together, and when they contradict each other."""

from collections.abc import Iterable
from typing import Any

from ims_contracts.payments import Payer, PaymentReceived

# What only settles payments knows least of them; what made them, most.
SETTLING = {"stripe", "adyen", "worldpay"}
TOGETHER = ({"paid_at", "paid_on"}, {"remittance_id", "remittance_line"}, {"source", "source_payment_id"})


def contradiction(held: PaymentReceived, told: PaymentReceived) -> str | None:
    """Why two tellings of one payment cannot both be true; none where they can. A person decides, nothing changes."""
    if held.amount_pence != told.amount_pence:
        return "the amount is another"
    if held.reference and told.reference and typed(held.reference) != typed(told.reference):
        return "the reference is another"
    if held.basket and told.basket and held.basket != told.basket:
        return "what it is for is stated otherwise"
    return None


def typed(reference: str) -> str:
    return "".join(letter for letter in reference.upper() if letter.isalnum())


def content(payment: PaymentReceived) -> str:
    """What a telling says of the payment, as text: two with the same content say the same."""
    return payment.model_dump_json(exclude={"revision", "payment_id"}, exclude_none=True)


def precedence(payment: PaymentReceived) -> tuple[int, str, str]:
    """Whom to believe first, field by field: the provider itself, other sources, those who only settle. Never who came first."""
    if payment.source in SETTLING:
        return 2, payment.source, content(payment)
    return int(payment.source != payment.provider), payment.source, content(payment)


def merge(tellings: Iterable[PaymentReceived]) -> PaymentReceived:
    """All that is known of a payment: each field from the first in precedence that has it. The order of arrival plays no part."""
    best, *rest = sorted(tellings, key=precedence)
    fields: dict[str, Any] = dict(best.__dict__)
    for other in rest:
        fields["received_on"] = min(fields["received_on"], other.received_on)
        if fields["payer"] and other.payer:
            fields["payer"] = known_of(fields["payer"], other.payer)
        for name in missing(fields, other):
            fields[name] = getattr(other, name)
    return PaymentReceived.model_construct(**fields)


def missing(fields: dict[str, Any], other: PaymentReceived) -> set[str]:
    """The fields that the other telling adds; what belongs together comes from one telling."""
    names = {name for name, value in other.__dict__.items() if value is not None and fields[name] is None}
    for group in TOGETHER:
        if names & group:
            names |= group
    return names


def known_of(payer: Payer, other: Payer) -> Payer:
    return Payer.model_construct(**{name: value if value is not None else getattr(other, name) for name, value in payer})


def enrich(held: PaymentReceived, tellings: Iterable[PaymentReceived]) -> PaymentReceived | None:
    """The next revision of a payment, if its tellings together know more than is held; otherwise none."""
    merged = merge(tellings)
    if content(merged) == content(held):
        return None
    return merged.model_copy(update={"revision": held.revision + 1})
