"""What an outsider submits, as the fact that it becomes; or every reason why not, as the contract has them (`ims_contracts.acceptance`)."""

import hashlib
import json
from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

from ims_contracts.acceptance import BASKET_TEXTS, CONTROL, SUSPECT, TEXTS, faults_of_payment, may_hold_what_may_not_be_kept, tidy
from ims_contracts.accounts import AccountChanged, AccountSubmitted
from ims_contracts.cards import BEGINNING, redact
from ims_contracts.message import Message
from ims_contracts.payments import (
    BasketLine,
    Payer,
    PaymentReceived,
    PaymentRefused,
    PaymentReversed,
    PaymentSubmitted,
    ReversalSubmitted,
)
from ims_ingest.domain.identity import original_payment, payment_id, reversal_id

LONDON = ZoneInfo("Europe/London")
WORDS = ("reference", "fund", "narrative", "vehicle", "channel", "method_of_payment")


def content_sha256(message: Message) -> str:
    """What a submission said, as a digest: the same words give the same digest."""
    return hashlib.sha256(message.model_dump_json(exclude_none=True).encode()).hexdigest()


def accept(submitted: PaymentSubmitted, today: date) -> PaymentReceived | PaymentRefused:
    """Take a payment in, with its day in Europe/London and without card numbers; or refuse it with every reason."""
    said = submitted.__dict__
    is_suspect = may_hold_what_may_not_be_kept([said[name] for name in TEXTS])
    if faults := faults_of_payment(submitted, today, is_suspect):
        source, source_payment_id = tidy(submitted.source), tidy(submitted.source_payment_id)
        return PaymentRefused(
            council=submitted.council,
            source=source,
            source_payment_id=source_payment_id,
            content_sha256=content_sha256(submitted),
            reasons=list(map(str, faults)),
        )
    changes = clean_words(said) if is_suspect else {}
    if submitted.payer is not None:
        changes["payer"] = clean_payer(submitted.payer)
    if submitted.basket is not None:
        changes["basket"] = [clean_line(line) for line in submitted.basket]
    if submitted.paid_at:
        paid_at = submitted.paid_at if submitted.paid_at.tzinfo else submitted.paid_at.replace(tzinfo=UTC)
        changes |= {"paid_at": paid_at, "paid_on": paid_at.astimezone(LONDON).date()}
    return PaymentReceived.of_valid({**said, **changes, "payment_id": payment_id(submitted.council, submitted), "revision": 1})


def clean_words(said: dict[str, Any]) -> dict[str, Any]:
    """The free texts that have to change: card numbers starred, control characters made spaces."""
    return {field: tidy(value) for field in WORDS if (value := said[field]) is not None and SUSPECT.search(value)}


def clean_payer(payer: Payer) -> Payer:
    """The same of who paid."""
    if not may_hold_what_may_not_be_kept(payer.__dict__.values()):
        return payer
    # A bank account may look like a card number; it is what the field is for.
    texts: dict[str, Any] = {
        name: value and (CONTROL.sub(" ", value) if name == "bank_account" else tidy(value)) for name, value in payer
    }
    return Payer.model_construct(**texts)


def clean_line(line: BasketLine) -> BasketLine:
    changed = {field: tidy(value) for field in BASKET_TEXTS if (value := getattr(line, field)) is not None and SUSPECT.search(value)}
    return line.model_copy(update=changed) if changed else line


def accept_reversal(submitted: ReversalSubmitted) -> PaymentReversed:
    """Money went back, whatever is known of the payment: the payment it names is derived, not looked up."""
    said = submitted.__dict__
    return PaymentReversed.model_validate(
        {
            **said,
            "reference": submitted.reference and tidy(submitted.reference),
            "reversal_id": reversal_id(submitted.council, submitted),
            "payment_id": original_payment(submitted.council, submitted),
        }
    )


def accept_account(submitted: AccountSubmitted) -> AccountChanged:
    """A back office is believed of its own accounts; only card numbers are taken out of what it says in words."""
    words = submitted.model_dump_json(include={"holder", "stop_reason"}, exclude_none=True)
    cleaned = json.loads(redact(words)) if BEGINNING.search(words) else {}
    return AccountChanged.model_validate({**submitted.__dict__, **cleaned})
