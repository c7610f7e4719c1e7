"""A row of a file made what ingest tells of it."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from ims_contracts.acceptance import tidy
from ims_contracts.accounts import AccountChanged, AccountFields
from ims_contracts.payments import PaymentReceived, PaymentReversed, PaymentSubmitted, ReversalSubmitted
from ims_contracts.statements import SettlementMember, StatementLineReceived
from ims_ingest.domain.identity import CHARGEBACK, named_payment, statement_line_id
from ims_ingest.domain.submissions import LONDON, accept_reversal
from ims_ingest.formats.records import AccountRow, Entry, Member, Row, StatementBegins

# What settles these, Adyen and Worldpay, names payments by ids of its own.
SETTLED_BY_REFERENCE = {"card-smartpay", "card-worldpay"}


class FileHead(NamedTuple):
    """A file as it came: whose it is, from whom, in which format, and when."""

    file_id: UUID
    council: str
    source: str
    format: str
    content_sha256: str
    received_at: datetime
    business_on: date | None = None
    """The day that was named with the file, for rows that have none."""
    is_full: bool = False
    """Of accounts: what is not in the file is closed."""
    comes_ahead: bool = False
    """Whether the file waits until its money moves, so that no row of it is ahead of its day when it is told."""

    @property
    def received_on(self) -> date:
        return day_in_london(self.received_at)

    def day_of(self, row: Row) -> date:
        """The day that a row is of."""
        return row.paid_on or self.business_on or self.received_on

    def judged_on(self, row: Row) -> date:
        """The day by which it is judged whether a row is of a day to come."""
        return max(self.received_on, self.day_of(row)) if self.comes_ahead else self.received_on

    @property
    def revision(self) -> int:
        """What orders a file of accounts that counts no revisions: the microsecond that it came."""
        return (self.received_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@lru_cache(64)
def day_in_london(at: datetime) -> date:
    """Each row of a file asks for the day on which the file came."""
    return at.astimezone(LONDON).date()


NOTHING_SAID: dict[str, Any] = dict.fromkeys(PaymentSubmitted.model_fields)


def submission(row: Row, occurrence: int, head: FileHead, remittance_id: UUID | None) -> PaymentSubmitted:
    """A row of collections as a payment: known by what it says, and by its number among rows that say the same."""
    return PaymentSubmitted.of_valid({
        **NOTHING_SAID,
        "council": head.council,
        "source": head.source,
        "source_payment_id": f"{row.key}:{occurrence}",
        "channel": row.channel,
        "method_of_payment": row.method_of_payment,
        "amount_pence": row.amount_pence,
        "paid_on": head.day_of(row),
        "received_on": head.received_on,
        "reference": row.reference or None,
        "fund": row.fund,
        "narrative": row.narrative or None,
        "remittance_id": remittance_id,
        "remittance_line": row.line,
    })


def reversal(row: Row, occurrence: int, head: FileHead, remittance_id: UUID | None) -> PaymentReversed:
    """A row of collections below nothing: money that went back, of a payment that the row names, or only its reference."""
    assert row.reversal_reason is not None
    source, key = row.undoes or (None, None)
    return accept_reversal(
        ReversalSubmitted.model_construct(
            council=head.council,
            source=head.source,
            source_reversal_id=f"{row.key}:{occurrence}",
            reason=row.reversal_reason,
            amount_pence=-row.amount_pence,
            original_source=head.source if source == "" else source,
            original_source_payment_id=key and f"{key}:{occurrence}",
            reversed_on=head.day_of(row),
            reference=row.reference or None,
            method_of_payment=row.method_of_payment,
            remittance_id=remittance_id,
            remittance_line=row.line,
        )
    )


def account(row: AccountRow, head: FileHead) -> AccountChanged:
    """A row of accounts; the reader has already tried each of its fields."""
    told = AccountFields.model_validate({"revision": head.revision} | row.fields)
    return AccountChanged.model_construct(council=head.council, **told.__dict__)


def settlement_member(member: Member, council: str) -> SettlementMember:
    """A row of what a provider paid over, with the payment it names."""
    return SettlementMember(
        kind=member.kind,
        member_reference=member.member_reference,
        payment_id=named_payment(council, member.provider, member.provider_payment_id),
        provider_payment_id=member.provider_payment_id,
        provider_reference=member.provider_reference,
        merchant_reference=member.merchant_reference and tidy(member.merchant_reference)[:500],
        gross_pence=member.gross_pence,
        fee_pence=member.fee_pence,
        net_pence=member.net_pence,
        occurred_on=member.occurred_on,
        reference=member.narrative and tidy(member.narrative)[:500],
    )


def settled_as(payment: PaymentReceived) -> str | None:
    """The reference by which a settlement names a payment, where it does not know its provider's id."""
    if payment.reference and payment.provider_payment_id and payment.method_of_payment in SETTLED_BY_REFERENCE:
        return payment.reference.upper()
    return None


def settled_payment(member: Member, head: FileHead) -> PaymentReceived | None:
    """What a settlement alone knows of a payment that was charged: that it was, when, and how much."""
    payment_id = named_payment(head.council, member.provider, member.provider_payment_id)
    if member.kind != "charge" or payment_id is None or member.gross_pence <= 0 or not member.is_telling:
        return None
    return PaymentReceived(
        council=head.council,
        payment_id=payment_id,
        source=head.source,
        source_payment_id=member.member_reference,
        provider=member.provider,
        provider_payment_id=member.provider_payment_id,
        channel="web",
        method_of_payment=member.method_of_payment,
        amount_pence=member.gross_pence,
        paid_on=member.occurred_on,
        received_on=head.received_on,
    )


def settled_reversal(member: Member, head: FileHead) -> PaymentReversed | None:
    """What a settlement alone tells of a dispute: the provider took the payment back. If the council wins later, that is
    another row, which a person must look at."""
    if member.kind != "dispute" or member.gross_pence >= 0:
        return None
    return accept_reversal(
        ReversalSubmitted(
            council=head.council,
            source=head.source,
            source_reversal_id=member.member_reference,
            reason=CHARGEBACK,
            amount_pence=-member.gross_pence,
            reversed_on=member.occurred_on,
            provider=member.provider if member.provider_payment_id else None,
            provider_payment_id=member.provider_payment_id,
            reference=None if member.provider_payment_id else member.merchant_reference and member.merchant_reference[:500],
            method_of_payment=member.method_of_payment,
        )
    )


def of_charge(reversal: PaymentReversed, provider: str, provider_payment_id: str) -> PaymentReversed:
    """The reversal, once it is known which payment of which provider it takes back."""
    named = {"provider": provider, "provider_payment_id": provider_payment_id, "reference": None}
    return accept_reversal(ReversalSubmitted.model_validate({**reversal.__dict__, **named}))


class Shown(NamedTuple):
    """An entry where it stands: in which statement, as which entry of it."""

    statement_id: UUID
    begins: StatementBegins
    number: int
    entry: Entry


def statement_line(shown: Shown, council: str, ordinal: int) -> StatementLineReceived:
    """An entry of a bank account, the nth of its day and amount."""
    entry, account = shown.entry, shown.begins.bank_account
    texts = {name: (text := getattr(entry, name)) and tidy(text) for name in ("counterparty_name", "reference", "narrative")}
    return StatementLineReceived(
        council=council,
        statement_line_id=statement_line_id(council, account, entry.booked_on, entry.amount_pence, ordinal),
        statement_id=shown.statement_id,
        bank_account=account,
        line_number=shown.number,
        amount_pence=entry.amount_pence,
        booked_on=entry.booked_on,
        value_on=entry.value_on,
        bank_reference=entry.bank_reference,
        transaction_code=entry.transaction_code,
        counterparty_account=entry.counterparty_account,
        **texts,
    )
