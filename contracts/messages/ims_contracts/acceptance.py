"""Whether a submission can be taken in: the rules of the doors, for the doors themselves and for whoever checks before sending."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from pydantic import ValidationError

from ims_contracts.accounts import AccountSubmitted
from ims_contracts.cards import BEGINNING, redact
from ims_contracts.message import Message
from ims_contracts.payments import PaymentSubmitted, ReversalSubmitted

type Submitted = PaymentSubmitted | ReversalSubmitted | AccountSubmitted

PAYMENT_BYTES_MAX, BULK_BYTES_MAX, ACCOUNTS_BYTES_MAX = 64 << 10, 32 << 20, 16 << 20
"""The most bytes of one request: a payment or reversal, many payments, accounts."""
BULK_MAX, ACCOUNTS_MAX = 10_000, 10_000
"""The most payments, and accounts, of one request."""

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
SUSPECT = re.compile(f"{CONTROL.pattern}|{BEGINNING.pattern}")
IDS = ("source", "source_payment_id", "provider", "provider_payment_id")
REVERSAL_IDS = ("source", "source_reversal_id", "original_source", "original_source_payment_id", "provider", "provider_payment_id")
BASKET_TEXTS = ("fund", "reference", "cost_centre", "vat_code")
TEXTS = (*IDS, "reference", "fund", "narrative", "vehicle", "channel", "method_of_payment")
# A publisher's clock may be a little ahead of ours at midnight; more than a day is a wrong date.
DAYS_AHEAD = timedelta(days=1)

# What to do about a field whose type is wrong, by the model's own name for what is wrong.
REMEDIES = {
    "missing": "send it",
    "int_type": "send whole pence, or a whole number, without quotes and without a point",
    "int_from_float": "send whole pence, without a point",
    "greater_than": "send an amount above nothing; what went back is a reversal",
    "string_too_long": "send it shorter",
    "string_too_short": "send it, or leave the field out",
    "string_type": "send it as text, in quotes",
    "string_pattern_mismatch": "a council is its ONS code, such as E07999999",
    "date_from_datetime_parsing": "send a day as YYYY-MM-DD",
    "date_from_datetime_inexact": "send a day as YYYY-MM-DD, without a time",
    "date_parsing": "send a day as YYYY-MM-DD",
    "date_type": "send a day as YYYY-MM-DD, in quotes",
    "timezone_aware": "send the instant with its offset, such as 2026-03-18T10:00:00Z",
    "bool_type": "send true or false, without quotes",
}


class Fault(NamedTuple):
    """One thing for which a submission is not taken in. Never the value, which may be a payer's."""

    field: str
    what: str
    what_to_do: str

    def __str__(self) -> str:
        return f"{self.field} {self.what}: {self.what_to_do}"


def faults_of(error: ValidationError) -> list[Fault]:
    """Every field that cannot be read, by its path, such as `payer.email`."""
    return [
        Fault(
            ".".join(map(str, fault["loc"])) or "the body",
            "is missing" if fault["type"] == "missing" else fault["msg"].replace("Input should", "should"),
            REMEDIES.get(fault["type"], "correct it"),
        )
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def faults_of_submission(submitted: Submitted, today: date) -> list[Fault]:
    """Why a submission that can be read cannot be taken in."""
    if isinstance(submitted, PaymentSubmitted):
        return faults_of_payment(submitted, today)
    return faults_of_reversal(submitted) if isinstance(submitted, ReversalSubmitted) else faults_of_account(submitted)


def faults_of_payment(submitted: PaymentSubmitted, today: date, is_suspect: bool = True) -> list[Fault]:
    """Why a payment cannot be taken in. `is_suspect`: what `may_hold_what_may_not_be_kept` says of its `TEXTS`."""
    said = submitted.__dict__
    ids = faults_of_ids(said) if is_suspect or not said["provider"] else []
    basket = faults_of_basket(submitted) if said["basket"] is not None else ()
    return [*ids, *basket, *faults_of_dates(submitted, today)]


def may_hold_what_may_not_be_kept(texts: Iterable[str | None]) -> bool:
    """A quick look, as hardly any text holds a control character or what could be a card number; if so, each is looked at."""
    given = "|".join(filter(None, texts))
    return not given.isprintable() or BEGINNING.search(given) is not None


def faults_of_ids(said: dict[str, Any]) -> list[Fault]:
    """An id is kept letter for letter, so what may not be kept may not be in it."""
    faults = []
    for field in IDS:
        if (value := said[field]) and SUSPECT.search(value):
            if CONTROL.search(value):
                faults.append(Fault(field, "has a character that cannot be printed", "send it without"))
            if redact(value) != value:
                faults.append(Fault(field, "looks like a payment card number, which may not be kept", "send another id"))
    if said["provider_payment_id"] and not said["provider"]:
        faults.append(Fault("provider_payment_id", "is given without provider", "name the provider that made the payment"))
    return faults


def faults_of_basket(submitted: PaymentSubmitted) -> list[Fault]:
    """A line of nothing is no line, one that names nothing is for nobody, and all together they are what was paid."""
    lines = list(enumerate(submitted.basket or ()))
    faults = [
        Fault(f"basket.{at}.amount_pence", "is not above nothing", "send only what was paid for")
        for at, line in lines
        if line.amount_pence <= 0
    ]
    faults += [
        Fault(f"basket.{at}", "names neither fund nor reference", "send what it is for")
        for at, line in lines
        if not line.fund and not (line.reference or "").strip()
    ]
    in_all = sum(line.amount_pence for _, line in lines)
    if in_all != submitted.amount_pence:
        faults.append(Fault("basket", f"comes to {in_all}p, and {submitted.amount_pence}p were paid", "send lines that make the amount"))
    return faults


def faults_of_dates(submitted: PaymentSubmitted, today: date) -> list[Fault]:
    latest = today + DAYS_AHEAD
    return [
        Fault(name, f"{day.isoformat()} is after today, {today.isoformat()}", "send money when it has moved")
        for name, day in (("paid_on", submitted.paid_on), ("received_on", submitted.received_on))
        if day > latest
    ]


def faults_of_reversal(submitted: ReversalSubmitted) -> list[Fault]:
    """Why a reversal cannot be taken in: what may not be kept is in one of its ids, or a NUL anywhere."""
    said = submitted.__dict__
    faults = [
        Fault(name, "has what may not be kept: a card number, or a character that cannot be printed", "send another id")
        for name in REVERSAL_IDS
        if said[name] and tidy(said[name]) != said[name]
    ]
    return faults or faults_of_nul(submitted)


def faults_of_account(submitted: AccountSubmitted) -> list[Fault]:
    """Why an account cannot be taken in, though it can be read."""
    return faults_of_nul(submitted)


def faults_of_nul(submitted: Message) -> list[Fault]:
    """JSON may carry a NUL character, a database's text may not."""
    return [Fault("the body", "has a NUL character", "send it without")] if "\\u0000" in submitted.model_dump_json() else []


def tidy(text: str) -> str:
    """A text without card numbers and control characters."""
    return CONTROL.sub(" ", redact(text))
