"""What is owed to whom in words: whether a payer gets a receipt, what a back office is told, what an answer means."""

import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import NAMESPACE_DNS, UUID, uuid5

from ims_contracts.accounts import AccountChanged
from ims_contracts.allocations import PaymentAllocated, PaymentSuspended, PaymentUnallocated
from ims_notify.domain.addresses import NOWHERE, Reach, mobile, postal
from ims_notify.domain.received import Received

NAMESPACE = uuid5(NAMESPACE_DNS, "notify.ims.example")

# The payer acted in person, and expects an answer: the account holder's address will do where they gave none.
ATTENDED = frozenset({"web", "telephone"})

# One plain mailbox (RFC 5321 4.1.2, without quoted parts): nothing in it can add a header, a recipient or a command.
MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
MAILBOX_LENGTH_MAX = 254
# Whoever pays chooses these words and the address they go to: a receipt repeats no message of theirs to a stranger.
REFERENCE = re.compile(r"[A-Za-z0-9 /-]{1,40}")

# Crockford's letters: none that is read as another over the telephone.
NUMBER_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

Placement = PaymentAllocated | PaymentSuspended | PaymentUnallocated


class Heard(NamedTuple):
    """What is kept of how a payment came. Its e-mail and reference only where a receipt is wanted."""

    council: str
    payment_id: UUID
    revision: int
    channel: str
    paid_on: date
    receipt_id: UUID | None
    email: str | None
    phone: str | None
    """Where there is no e-mail, and the council writes by text message."""
    reference: str | None
    email_key: str | None = None
    """Where the e-mail is sealed: by this the same address is known again."""


class Placed(NamedTuple):
    """What is kept of where a payment went; revision 0 says only that something of it went back."""

    council: str
    payment_id: UUID
    revision: int
    outcome: str
    fund: str | None
    account_reference: str | None
    account_references: str | None
    """All of them, where there are several."""
    amount_pence: int | None
    refund_due_pence: int
    balance_pence: int | None
    next_due_on: date | None
    vat_pence: int | None = None
    """Within what is on accounts; None: not known."""
    because: str | None = None
    """What caused it, as a JSON array of strings: what is told of its deliveries goes on with that story."""


class Contact(NamedTuple):
    """How the holder of an account is written to."""

    council: str
    fund: str
    account_reference: str
    revision: int
    email: str | None
    phone: str | None
    address: str | None
    language: str
    vat_code: str
    email_key: str | None = None


class Destination(NamedTuple):
    """A back office's system that hears of payments to its funds."""

    name: str
    council: str
    funds: frozenset[str]


class Posting(NamedTuple):
    """What one destination is told of one revision of a payment."""

    posting_id: UUID
    council: str
    payment_id: UUID
    revision: int
    destination: str
    amount_pence: int
    is_placement: bool
    """A placement replaces those before it: one that is heard late is not told any more."""
    is_withdrawal: bool
    """Nothing of the payment is the destination's (any more): told only to one that heard otherwise."""
    facts: dict[str, object]


def mailbox(text: str | None) -> str | None:
    """An address that mail can be sent to, or none: a typing error must not become somebody else's header."""
    stripped = (text or "").strip()
    return stripped if len(stripped) <= MAILBOX_LENGTH_MAX and MAILBOX.fullmatch(stripped) else None


def receipt_id(council: str, payment_id: UUID) -> UUID:
    """The one receipt of a payment, however often and by whichever side it becomes due."""
    return uuid5(NAMESPACE, f"receipt|{council}|{payment_id}")


def receipt_number(receipt: UUID) -> str:
    """What is printed on a receipt: sixty bits of its id in letters that can be read out."""
    bits = receipt.int >> 68
    letters = "".join(NUMBER_LETTERS[bits >> shift & 31] for shift in range(55, -1, -5))
    return "-".join((letters[:4], letters[4:8], letters[8:]))


def heard(payment: Received, reach: Reach = NOWHERE) -> Heard:
    """Keep a payer's contact where a receipt is to be written, and of everybody else nothing."""
    payer = payment.payer
    email = mailbox(payer.email) if payer else None
    phone = mobile(payer.phone) if payer and not email and payment.council in reach.texted else None
    is_wanted = email is not None or phone is not None or payment.channel in ATTENDED
    return Heard(
        payment.council,
        payment.payment_id,
        payment.revision,
        payment.channel,
        payment.paid_on,
        receipt_id(payment.council, payment.payment_id) if is_wanted else None,
        email,
        phone,
        payment.reference if (email or phone) and REFERENCE.fullmatch(payment.reference or "") else None,
    )


def placed(fact: Placement, because: str | None = None) -> Placed:
    """Keep of a placement what a receipt says, and its cause; money that went back changes no receipt."""
    match fact:
        case PaymentAllocated(parts=[part]):
            return allocated(fact, (part.fund, part.account_reference, None), because)
        case PaymentAllocated(parts=[]):
            # All of it is due back: only the journal still says which account the payer meant.
            meant = next((line.account_reference for line in fact.lines if line.account_reference), None)
            return allocated(fact, (None, meant, None), because)
        case PaymentAllocated():
            return allocated(fact, (None, None, ", ".join(dict.fromkeys(part.account_reference for part in fact.parts))), because)
        case PaymentSuspended():
            what = "suspended", None, None, None, fact.amount_pence
            return Placed(fact.council, fact.payment_id, fact.revision, *what, 0, None, None, None, because)
        case PaymentUnallocated():
            return Placed(fact.council, fact.payment_id, 0, fact.reason, None, None, None, None, 0, None, None, None, because)


def allocated(fact: PaymentAllocated, to: tuple[str | None, str | None, str | None], because: str | None) -> Placed:
    """A placement on no, one or several accounts: fund, account, all of several."""
    return Placed(
        fact.council,
        fact.payment_id,
        fact.revision,
        fact.outcome,
        *to,
        fact.amount_pence,
        fact.refund_due_pence,
        fact.balance_pence,
        fact.next_due_on,
        vat_within(fact),
        because,
    )


def vat_within(fact: PaymentAllocated) -> int | None:
    """The VAT in what accounts got, in pence; None where that of a part is not told."""
    found = [part.vat_pence for part in fact.parts if part.vat_pence is not None]
    return sum(found) if found and len(found) == len(fact.parts) else None


def contact(account: AccountChanged, reach: Reach = NOWHERE) -> Contact:
    """Of an account's holder, only how they are written to: e-mail before text message before letter."""
    holder = account.holder
    email = mailbox(holder.email) if holder else None
    phone = mobile(holder.phone) if holder and not email and account.council in reach.texted else None
    return Contact(
        account.council,
        account.fund,
        account.account_reference,
        account.revision,
        email,
        phone,
        postal(holder) if holder and not email and not phone and account.council in reach.lettered else None,
        holder.language if holder else "en",
        account.vat_code,
    )


def newest[Row: (Heard, Placed, Contact)](rows: Iterable[Row]) -> list[Row]:
    """Of rows about the same thing the one of the highest revision, so that neither order nor repetition matters."""
    kept: dict[tuple[object, ...], Row] = {}
    for row in rows:
        about = row[:3] if isinstance(row, Contact) else row[:2]
        other = kept.get(about)
        if other is None or row.revision > other.revision:
            kept[about] = row
    return list(kept.values())


def postings(fact: Placement, destinations: Iterable[Destination]) -> list[Posting]:
    """What each back office of the council is told of a placement: those whose fund it touches, and those it may have left."""
    told = (posting(fact, destination) for destination in destinations if destination.council == fact.council)
    return [each for each in told if each is not None]


def posting(fact: Placement, destination: Destination) -> Posting | None:
    """What one back office is told; a first revision that is not its concern is not told at all."""
    is_placement = type(fact) is not PaymentUnallocated
    parts = [] if isinstance(fact, PaymentSuspended) else [part for part in fact.parts if part.fund in destination.funds]
    if not parts and (fact.revision == 1 or not is_placement):
        return None

    # What went back is less than nothing, as back offices write it.
    sign = 1 if is_placement else -1
    amount_pence = sign * sum(part.amount_pence for part in parts)
    facts = {
        "type": "payment.allocated" if is_placement else "payment.unallocated",
        "council": fact.council,
        "payment_id": str(fact.payment_id),
        "revision": fact.revision,
        "amount_pence": amount_pence,
        "parts": [
            {"fund": part.fund, "account_reference": part.account_reference, "amount_pence": sign * part.amount_pence} for part in parts
        ],
        **particulars(fact),
    }
    return Posting(
        uuid5(NAMESPACE, f"posting|{fact.council}|{fact.payment_id}|{fact.revision}|{destination.name}"),
        fact.council,
        fact.payment_id,
        fact.revision,
        destination.name,
        amount_pence,
        is_placement,
        not parts,
        facts,
    )


def particulars(fact: Placement) -> dict[str, object]:
    """What a back office needs besides the money: why, since when, and what is left to pay."""
    posted_on = fact.posted_on.isoformat()
    match fact:
        case PaymentAllocated():
            return {
                "outcome": fact.outcome,
                "balance_pence": fact.balance_pence,
                "next_due_on": fact.next_due_on.isoformat() if fact.next_due_on else None,
                "refund_due_pence": fact.refund_due_pence,
                "is_for_agent": fact.is_for_agent,
                "method_of_payment": fact.method_of_payment,
                "decided_on": fact.decided_on.isoformat(),
                "posted_on": posted_on,
            }
        case PaymentSuspended():
            return {"outcome": "suspended", "balance_pence": None, "method_of_payment": fact.method_of_payment, "posted_on": posted_on}
        case PaymentUnallocated():
            return {
                "outcome": fact.reason,
                "balance_pence": fact.balance_pence,
                "reversal_id": str(fact.cause_id),
                "posted_on": posted_on,
            }
