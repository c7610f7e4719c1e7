"""What readers of files give, one thing at a time: rows, statements, settlements, faults, and at the end the proof."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, BinaryIO, NamedTuple

from ims_contracts.message import PENCE_MAX
from ims_contracts.remittances import Fault

# What messages hold of a code, of words, and of an identifier with its number among rows alike.
CODE_MAX, WORDS_MAX, REFERENCE_MAX, KEY_MAX = 64, 500, 140, 130
# GOV.UK Pay's own id of a payment, where it is given as reference; no account has a reference like it.
PAY_ID = re.compile(r"[a-z0-9]{26}")


class Row(NamedTuple):
    """A payment (or, below nothing, money that went back) in a file of collections."""

    line: int
    key: str
    """What the row says of itself, joined: two alike in it are told apart only by their number."""
    amount_pence: int
    paid_on: date | None
    """None where rows have no day: the one that was named with the file, else the day that it came."""
    reference: str
    narrative: str
    channel: str
    method_of_payment: str
    reversal_reason: str | None = None
    undoes: tuple[str, str] | None = None
    """Below nothing: the source (empty: the file's own) and the key of the rows that this takes back; the nth of rows alike takes back
    the nth."""
    fund: str | None = None
    """Where the file says which fund the money is for."""
    remittance: str | None = None
    """Where a file is of several remittances, each banked by itself: the name of this row's. It is of its rows' day."""


class AccountRow(NamedTuple):
    """An account in a back office's file, its fields as the contract names them; no revision where the file has none."""

    line: int
    fields: dict[str, Any]


class Advice(NamedTuple):
    """What Bacs tells whoever keeps the council's Direct Debits, without money: an instruction has ended, moved or failed, or
    what became of a submission."""

    line: int
    kind: str
    """`addacs`, `auddis`, `awacs`, `input-report`, `arrival-report`, `withdrawal-report`."""
    key: str
    """What makes it one, however often it comes."""
    service_user: str
    """The council's service user number, six digits."""
    reference: str
    """The payer's reference with the council; of a submission, its serial and file."""
    reason_code: str
    reason: str
    effective_on: date | None
    bank_account: str | None = None
    """The payer's: sort code and account number, fourteen digits."""
    new_bank_account: str | None = None
    """Where the payer's instruction has moved to."""
    amount_pence: int | None = None


class StatementBegins(NamedTuple):
    """The statement that the entries after it belong to."""

    bank_account: str
    reference: str
    page: int
    is_last_page: bool
    sequence: int | None


class Entry(NamedTuple):
    """One entry of a bank statement."""

    line: int
    amount_pence: int
    booked_on: date
    value_on: date
    is_booked: bool
    """False: the bank only expects it; it takes no part in the balance."""
    bank_reference: str | None
    transaction_code: str | None
    counterparty_name: str | None
    counterparty_account: str | None
    reference: str | None
    narrative: str | None


class StatementEnds(NamedTuple):
    """What the bank says of the statement as a whole."""

    opening_pence: int | None
    closing_pence: int | None
    opened_on: date | None
    closed_on: date
    currency: str
    is_proved: bool | None


class Member(NamedTuple):
    """A row of a provider's settlement."""

    line: int
    provider: str
    """Whose payments these are, as on payment-received."""
    method_of_payment: str
    settlement_reference: str | None
    """The payout it was part of; none: not paid over yet."""
    paid_on: date
    kind: str
    member_reference: str
    provider_payment_id: str | None
    gross_pence: int
    fee_pence: int
    net_pence: int
    occurred_on: date
    narrative: str | None
    is_telling: bool = True
    """False: the payment is told under another id, so that this row alone never makes one."""
    currency: str = "GBP"
    provider_reference: str | None = None
    """The payment's id at whoever settles it, where that is not its provider's."""
    merchant_reference: str | None = None
    """What the payment was given as reference."""
    failed_payout: str | None = None
    """The payout that the row says has failed: this row's own, or an earlier one, whose money is then part of this row's."""

    @property
    def is_own_failure(self) -> bool:
        """Whether it is no part of the payout that it is listed under, but says that this did not arrive."""
        return self.failed_payout is not None and self.failed_payout == self.settlement_reference


class Whole(NamedTuple):
    """The end of the file: what identifies it to its sender, and whether its own totals prove it (none: it has none)."""

    source_reference: str
    business_on: date | None
    is_proved: bool | None


type Record = Row | AccountRow | Advice | StatementBegins | Entry | StatementEnds | Member | Whole | Fault


class Format(NamedTuple):
    """One way in which files are written. It is known by its content, never by a file's name."""

    name: str
    source: str
    """Who sends such files, where nobody says otherwise."""
    looks_like: Callable[[bytes], bool]
    """Whether a file that begins like this is one."""
    read: Callable[[BinaryIO], Iterator[Record]]
    """All that is in the file, in its order; a fault instead of what cannot be read. Memory does not grow with the file."""
    comes_ahead: bool = False
    """Whether such files come before their money moves: one then waits for its day."""
    texts: tuple[slice, ...] = ()
    """Where lines have no separators: the places of the texts that payers write, in which a card number may stand."""


def fitting(row: Row) -> Row | Fault:
    """The row, or a fault where it says more than a payment can hold: it would break off when it is told."""
    if max(len(row.key), len(row.undoes[1]) if row.undoes else 0) > KEY_MAX or max(len(row.reference), len(row.narrative)) > WORDS_MAX:
        return fault(row.line, "the row has a longer text than a payment can hold", "ask who sent the file to correct the line")
    if not row.channel or not row.method_of_payment or max(map(len, (row.channel, row.method_of_payment, row.fund or ""))) > CODE_MAX:
        return fault(row.line, "the row does not say in a word how it was paid", "ask who sent the file to correct the line")
    if not -PENCE_MAX <= row.amount_pence <= PENCE_MAX:
        return fault(row.line, "the amount is more than any payment comes to", "ask who sent the file to correct the line")
    return row


def misfit(member: Member) -> Fault | None:
    """Why a row of a settlement cannot be told: it would break off half way."""
    ids = (member.member_reference, member.provider_payment_id, member.settlement_reference)
    if any(each is not None and not 0 < len(each) <= REFERENCE_MAX for each in ids):
        return fault(member.line, "an id in the row is empty, or longer than any", "ask who sent the file to correct the line")
    if max(map(abs, (member.gross_pence, member.fee_pence, member.net_pence))) > PENCE_MAX:
        return fault(member.line, "an amount is more than any payment comes to", "ask who sent the file to correct the line")
    return None


def fault(line: int | None, what: str, what_to_do: str, position: str | None = None) -> Fault:
    """What is wrong in a file, where, and what to do. It never quotes a payer's data."""
    return Fault(line=line, position=position, what=what, what_to_do=what_to_do)
