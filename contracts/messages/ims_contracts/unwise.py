"""What the doors take in, and a supplier will be sorry to have sent."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from ims_contracts.acceptance import Fault, Submitted, tidy
from ims_contracts.cards import redact
from ims_contracts.payments import PaymentSubmitted, ReversalSubmitted

DATES = ("paid_on", "received_on", "value_on", "reversed_on")
# A bank account may look like a card number; it is what the field is for.
BANK_ACCOUNT = "payer.bank_account"


def unwise(submitted: Submitted, said: dict[str, Any], today: date) -> Iterator[Fault]:
    """Everything unwise in one submission; `said` is what it was read from."""
    yield from unknown_fields(said, submitted.model_dump(mode="json"))
    yield from starred(submitted.model_dump(mode="json", exclude_none=True))
    yield from ahead(submitted, today)
    if isinstance(submitted, PaymentSubmitted):
        yield from of_payment(submitted)
    if isinstance(submitted, ReversalSubmitted) and not names_payment(submitted):
        yield Fault(
            "original_source_payment_id", "is not given, nor the provider's id", "name the payment, else the money waits for a person"
        )


def unknown_fields(said: dict[str, Any], known: dict[str, Any], path: str = "") -> Iterator[Fault]:
    """Fields of no message: readers pass over them."""
    for name, value in said.items():
        if name not in known:
            # A name is the supplier's own word, and goes to a screen.
            yield Fault(tidy(f"{path}{name}")[:140], "is no field of this message, and is passed over", "is it spelt as in the contract?")
        elif isinstance(value, dict) and isinstance(known[name], dict):
            yield from unknown_fields(value, known[name], f"{path}{name}.")
        elif isinstance(value, list):
            for number, (each, own) in enumerate(zip(value, known[name], strict=False)):
                if isinstance(each, dict) and isinstance(own, dict):
                    yield from unknown_fields(each, own, f"{path}{name}.{number}.")


def starred(value: Any, path: str = "") -> Iterator[Fault]:
    """Texts that are not kept as they are sent."""
    if isinstance(value, dict | list):
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from starred(each, f"{path}.{name}" if path else str(name))
    elif isinstance(value, str) and path != BANK_ACCOUNT and redact(value) != value:
        yield Fault(path, "looks like a payment card number", "never send one; it is kept starred, but for its last four digits")
    elif isinstance(value, str) and tidy(value) != value and path != BANK_ACCOUNT:
        yield Fault(path, "has a character that cannot be printed", "send it without")


def ahead(submitted: Submitted, today: date) -> Iterator[Fault]:
    said = submitted.__dict__
    for name in DATES:
        if (day := said.get(name)) and day > today:
            yield Fault(name, f"{day.isoformat()} is after today, {today.isoformat()}", "send money when it has moved")


def of_payment(payment: PaymentSubmitted) -> Iterator[Fault]:
    if not payment.basket and not (payment.reference and payment.reference.strip()):
        yield Fault("reference", "is not given", "send what the payer was asked for, else the money waits in suspense for a person")
    if payment.received_on < payment.paid_on:
        yield Fault("received_on", "is before paid_on", "send the day on which you were told of the payment")
    if payment.provider and not payment.provider_payment_id:
        yield Fault("provider", "is given without provider_payment_id", "send the provider's own id, which makes the payment one")


def names_payment(reversal: ReversalSubmitted) -> bool:
    by_source = reversal.original_source and reversal.original_source_payment_id
    return bool(by_source or (reversal.provider and reversal.provider_payment_id))
