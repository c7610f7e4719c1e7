"""Whether to take in what an outsider submits: every reason why not, or the fact that it becomes."""

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import UTC, date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ims_contracts.accounts import AccountChanged, AccountSubmitted
from ims_contracts.message import Message
from ims_contracts.payments import (
    Payer,
    PaymentReceived,
    PaymentRefused,
    PaymentReversed,
    PaymentSubmitted,
    ReversalSubmitted,
)
from ims_ingest.domain.cards import BEGINNING, redact
from ims_ingest.domain.identity import original_payment, payment_id, reversal_id

LONDON = ZoneInfo("Europe/London")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
SUSPECT = re.compile(f"{CONTROL.pattern}|{BEGINNING.pattern}")
IDS = ("source", "source_payment_id", "provider", "provider_payment_id")
TEXTS = ("source", "source_payment_id", "provider", "provider_payment_id", "reference", "fund", "narrative", "vehicle", "channel",
         "method_of_payment")  # fmt: skip
WORDS = ("reference", "fund", "narrative", "vehicle", "channel", "method_of_payment")
# A publisher's clock may be a little ahead of ours at midnight; more than a day is a wrong date.
DAYS_AHEAD = timedelta(days=1)


def content_sha256(message: Message) -> str:
    """What a submission said, as a digest: the same words give the same digest."""
    return hashlib.sha256(message.model_dump_json(exclude_none=True).encode()).hexdigest()


def accept(submitted: PaymentSubmitted, today: date) -> PaymentReceived | PaymentRefused:
    """Take a payment in, with its day in Europe/London and without card numbers; or refuse it with every reason."""
    said = submitted.__dict__
    is_suspect = may_hold_what_may_not_be_kept([said[name] for name in TEXTS])
    if reasons := faults(submitted, today, is_suspect):
        source, source_payment_id = tidy(submitted.source), tidy(submitted.source_payment_id)
        return PaymentRefused(
            council=submitted.council,
            source=source,
            source_payment_id=source_payment_id,
            content_sha256=content_sha256(submitted),
            reasons=reasons,
        )
    changes = clean(said) if is_suspect or said["payer"] is not None else {}
    if submitted.paid_at:
        paid_at = submitted.paid_at if submitted.paid_at.tzinfo else submitted.paid_at.replace(tzinfo=UTC)
        changes |= {"paid_at": paid_at, "paid_on": paid_at.astimezone(LONDON).date()}
    return PaymentReceived.of_valid({**said, **changes, "payment_id": payment_id(submitted.council, submitted), "revision": 1})


def faults(submitted: PaymentSubmitted, today: date, is_suspect: bool | None = None) -> list[str]:
    """Every reason why a payment is not taken in."""
    said = submitted.__dict__
    if is_suspect is None:
        is_suspect = may_hold_what_may_not_be_kept([said[name] for name in TEXTS])
    reasons = faults_of_ids(said) if is_suspect else []
    if said["provider_payment_id"] and not said["provider"]:
        reasons.append("provider_payment_id is given without provider: name the provider that made the payment")
    return [*reasons, *faults_of_dates(submitted, today)]


def may_hold_what_may_not_be_kept(texts: Iterable[str | None]) -> bool:
    """A quick look, as hardly any text holds a control character or what could be a card number; if so, each is looked at."""
    given = "|".join(filter(None, texts))
    return not given.isprintable() or BEGINNING.search(given) is not None


def faults_of_ids(said: dict[str, Any]) -> list[str]:
    """An id is kept letter for letter, so what may not be kept may not be in it."""
    reasons = []
    for field in IDS:
        if (value := said[field]) and SUSPECT.search(value):
            if CONTROL.search(value):
                reasons.append(f"{field} has a character that cannot be printed: send it without")
            if redact(value) != value:
                reasons.append(f"{field} looks like a payment card number, which may not be kept: send another id")
    return reasons


def faults_of_dates(submitted: PaymentSubmitted, today: date) -> list[str]:
    latest = today + DAYS_AHEAD
    return [
        f"{name} {day.isoformat()} is after today, {today.isoformat()}: send money when it has moved"
        for name, day in (("paid_on", submitted.paid_on), ("received_on", submitted.received_on))
        if day > latest
    ]


def clean(said: dict[str, Any]) -> dict[str, Any]:
    """The free texts that have to change: card numbers starred, control characters made spaces."""
    changed: dict[str, Any] = {
        field: tidy(value) for field in WORDS if (value := said[field]) is not None and SUSPECT.search(value)
    }
    payer: Payer | None = said["payer"]
    if payer is not None and may_hold_what_may_not_be_kept(payer.__dict__.values()):
        # A bank account may look like a card number; it is what the field is for.
        texts: dict[str, Any] = {
            name: value and (CONTROL.sub(" ", value) if name == "bank_account" else tidy(value)) for name, value in payer
        }
        changed["payer"] = Payer.model_construct(**texts)
    return changed


def tidy(text: str) -> str:
    """A text without card numbers and control characters."""
    return CONTROL.sub(" ", redact(text))


def faults_of_reversal(submitted: ReversalSubmitted) -> list[str]:
    """Why a reversal cannot be taken in: what may not be kept is in one of its ids."""
    names = ("source_reversal_id", "original_source_payment_id", "provider_payment_id")
    said = submitted.__dict__
    return [f"{name} has what may not be kept: a card number, or a character that cannot be printed"
            for name in names if said[name] and tidy(said[name]) != said[name]]  # fmt: skip


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
