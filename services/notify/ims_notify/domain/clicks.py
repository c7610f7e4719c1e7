"""Payments that a person may have made twice: one payer, one reference, one amount, and minutes between."""

from collections.abc import Iterable
from datetime import date, datetime
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from ims_notify.domain.alerting import NEWS, Alarm
from ims_notify.domain.facts import ATTENDED
from ims_notify.domain.received import Received


class Click(NamedTuple):
    """One payment by a person at a screen or telephone, as far as it takes to know another like it."""

    council: str
    payment_id: UUID
    likeness: bytes
    """A digest of all in which the two are alike: nobody can read from it who paid for what."""
    method_of_payment: str
    paid_at: datetime


def clicks(heard: Iterable[Received], today: date) -> list[Click]:
    """What is worth remembering: of an account, with its time, and not long ago."""
    return [
        Click(each.council, each.payment_id, likeness(each), each.method_of_payment, each.paid_at)
        for each in heard
        if each.paid_at and each.reference and each.channel in ATTENDED and each.paid_on > today - NEWS
    ]


def likeness(payment: Received) -> bytes:
    """A payer is known by e-mail, else telephone, else bank account; two of whom nothing is known may be one."""
    payer = payment.payer
    who = (payer.email or payer.phone or payer.bank_account if payer else None) or ""
    alike = (payment.council, payment.fund or "", payment.reference or "", who, str(payment.amount_pence))
    return sha256("|".join("".join(each.lower().split()) for each in alike).encode()).digest()[:16]


class Pair(NamedTuple):
    """The later of two, and which was the earlier."""

    council: str
    method_of_payment: str
    later: UUID
    earlier: UUID
    paid_on: date


def twice(pair: Pair) -> Alarm:
    """What is raised of it: the same alarm as of a penalty that was found paid already."""
    return Alarm(pair.council, "duplicate", pair.method_of_payment, str(pair.later), pair.paid_on, f"after {pair.earlier}")
