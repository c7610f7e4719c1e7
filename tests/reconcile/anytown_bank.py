"""Builders for reconcile's tests: valid facts of Anytown Council, one keyword away from strange ones."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from ims_contracts import Message
from ims_contracts.allocations import PaymentAllocated, PaymentSuspended
from ims_contracts.notifications import PostingAcknowledged, RunDelivered
from ims_contracts.payments import PaymentReceived, PaymentReversed, PaymentSubmitted, RefundSent, ReversalSubmitted
from ims_contracts.remittances import RemittanceLate, RemittanceReceived
from ims_contracts.statements import SettlementFailed, SettlementMember, SettlementReceived, StatementLineReceived, StatementReceived
from ims_reconcile.domain import derived_id

COUNCIL, ACCOUNT = "E07999999", "20201555555555"
DAY = date(2026, 3, 18)
SPACE = UUID(int=7)
SAMPLES = Path(__file__).parents[2] / "samples"


def named(name: str) -> UUID:
    return uuid5(SPACE, name)


def payment(name: str, pence: int, **changes: Any) -> PaymentReceived:
    fields: dict[str, Any] = {
        "council": COUNCIL, "payment_id": named(name), "source": "govuk-pay", "source_payment_id": name, "channel": "web",
        "method_of_payment": "card-stripe", "amount_pence": pence, "paid_on": date(2026, 3, 16), "received_on": date(2026, 3, 16),
    }  # fmt: skip
    return PaymentReceived(**fields | changes)


def refund(name: str, of: str, pence: int, **changes: Any) -> RefundSent:
    fields: dict[str, Any] = {
        "council": COUNCIL, "refund_id": named(name), "payment_id": named(of), "source": "govuk-pay", "source_refund_id": name,
        "amount_pence": pence, "sent_on": date(2026, 3, 17), "method_of_payment": "card-stripe",
    }  # fmt: skip
    return RefundSent(**fields | changes)


def reversal(name: str, pence: int, **changes: Any) -> PaymentReversed:
    fields: dict[str, Any] = {
        "council": COUNCIL, "reversal_id": named(name), "source": "bacs-arudd", "source_reversal_id": name,
        "reason": "direct-debit-returned", "amount_pence": pence, "reversed_on": DAY, "method_of_payment": "direct-debit",
    }  # fmt: skip
    return PaymentReversed(**fields | changes)


def remittance(name: str, source: str = "allpay", **changes: Any) -> RemittanceReceived:
    fields: dict[str, Any] = {
        "council": COUNCIL, "remittance_id": named(name), "source": source, "format": source, "source_reference": name,
        "content_sha256": "0" * 64, "payment_count": 0, "payments_pence": 0, "business_on": date(2026, 3, 17), "received_on": DAY,
    }  # fmt: skip
    return RemittanceReceived(**fields | changes)


def late(source: str = "allpay", on: date = DAY) -> RemittanceLate:
    """Ingest missed a file of the source on the day on which it was due."""
    looked_at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    return RemittanceLate(council=COUNCIL, source=source, expected_on=on, looked_at=looked_at)


def file_of(name: str, pence: Iterable[int], source: str = "allpay", **changes: Any) -> list[Message]:
    """A remittance and its payments."""
    amounts = list(pence)
    held = remittance(name, source, payment_count=len(amounts), payments_pence=sum(amounts), **changes)
    many = [
        payment(f"{name}:{n}", each, source=source, method_of_payment=source, remittance_id=held.remittance_id)
        for n, each in enumerate(amounts, 1)
    ]
    return [held, *many]


def member(name: str, gross: int, fee: int = 0, kind: str = "charge", of: str | None = None, **changes: Any) -> SettlementMember:
    fields: dict[str, Any] = {
        "kind": kind, "member_reference": name, "payment_id": named(of or name), "gross_pence": gross, "fee_pence": fee,
        "net_pence": gross - fee,
    }  # fmt: skip
    return SettlementMember(**fields | changes)


def settlement(name: str, members: list[SettlementMember], size: int = 500, **changes: Any) -> list[SettlementReceived]:
    """A settlement, in its pages."""
    pieces = [members[start : start + size] for start in range(0, len(members), size)]
    gross, fee = sum(m.gross_pence for m in members), sum(m.fee_pence for m in members)
    fields: dict[str, Any] = {
        "council": COUNCIL, "settlement_id": named(name), "source": "stripe", "provider": "govuk-pay", "method_of_payment": "card-stripe",
        "settlement_reference": name, "paid_on": DAY, "gross_pence": gross, "fee_pence": fee, "net_pence": gross - fee,
        "member_count": len(members), "pages": len(pieces), "received_on": DAY,
    }  # fmt: skip
    return [SettlementReceived(**fields | changes | {"page": n, "members": piece}) for n, piece in enumerate(pieces, 1)]


def failed(name: str, pence: int, **changes: Any) -> SettlementFailed:
    """A provider says that the payout of this name failed."""
    fields: dict[str, Any] = {
        "council": COUNCIL, "settlement_id": named(name), "source": "stripe", "provider": "govuk-pay", "settlement_reference": name,
        "net_pence": pence, "failed_on": date(2026, 3, 20), "received_on": date(2026, 3, 20),
    }  # fmt: skip
    return SettlementFailed(**fields | changes)


def run(name: str, count: int, pence: int, **changes: Any) -> RunDelivered:
    """So many lines were sent to the revenues system."""
    fields: dict[str, Any] = {
        "council": COUNCIL, "run_id": named(name), "destination": "revenues", "number": 1, "line_count": count, "net_pence": pence,
        "delivered_on": DAY,
    }  # fmt: skip
    return RunDelivered(**fields | changes)


def answer(name: str, revision: int, accepted: tuple[int, int], rejected: tuple[int, int] = (0, 0), **changes: Any) -> PostingAcknowledged:
    """It accepted and rejected so far so many lines, of so many pence."""
    fields: dict[str, Any] = {
        "council": COUNCIL, "run_id": named(name), "revision": revision, "destination": "revenues", "acknowledged_on": date(2026, 3, 19),
        "accepted_count": accepted[0], "accepted_pence": accepted[1], "rejected_count": rejected[0], "rejected_pence": rejected[1],
    }  # fmt: skip
    return PostingAcknowledged(**fields | changes)


def allocated(name: str, pence: int, revision: int = 1, **changes: Any) -> PaymentAllocated:
    """A payment has its home."""
    fields: dict[str, Any] = {
        "council": COUNCIL, "payment_id": named(name), "revision": revision, "amount_pence": pence, "parts": [], "outcome": "account",
        "rule": "reference", "rule_version": "test", "method_of_payment": "allpay", "decided_on": DAY, "posted_on": DAY, "lines": [],
    }  # fmt: skip
    return PaymentAllocated(**fields | changes)


def suspended(name: str, pence: int, revision: int = 1, **changes: Any) -> PaymentSuspended:
    """Nobody knows where a payment belongs."""
    fields: dict[str, Any] = {
        "council": COUNCIL, "payment_id": named(name), "revision": revision, "amount_pence": pence, "reason": "no-reference",
        "method_of_payment": "allpay", "posted_on": DAY, "lines": [],
    }  # fmt: skip
    return PaymentSuspended(**fields | changes)


def line(name: str, pence: int, narrative: str = "", **changes: Any) -> StatementLineReceived:
    fields: dict[str, Any] = {
        "council": COUNCIL, "statement_line_id": named(name), "statement_id": named("statement"), "bank_account": ACCOUNT,
        "line_number": 1, "amount_pence": pence, "booked_on": DAY, "value_on": DAY, "narrative": narrative,
    }  # fmt: skip
    return StatementLineReceived(**fields | changes)


def statement(lines: list[StatementLineReceived], name: str = "statement", opening: int = 1_000_000, **changes: Any) -> StatementReceived:
    credits = [each.amount_pence for each in lines if each.amount_pence > 0]
    debits = [-each.amount_pence for each in lines if each.amount_pence < 0]
    fields: dict[str, Any] = {
        "council": COUNCIL, "statement_id": named(name), "bank_account": ACCOUNT, "format": "camt.053", "statement_reference": name,
        "closed_on": DAY, "opening_pence": opening, "closing_pence": opening + sum(credits) - sum(debits),
        "credit_count": len(credits), "credits_pence": sum(credits), "debit_count": len(debits), "debits_pence": sum(debits),
        "is_proved": True, "received_on": DAY,
    }  # fmt: skip
    return StatementReceived(**fields | changes)


def sample_lines() -> list[StatementLineReceived]:
    """The entries of Anytown's day as its bank writes them."""
    found = []
    for entry in ET.parse(SAMPLES / "camt053_v08.xml").iterfind(".//{*}Ntry"):
        pence = int(entry.findtext("{*}Amt", "").replace(".", ""))
        sign = 1 if entry.findtext("{*}CdtDbtInd") == "CRDT" else -1
        reference, name = entry.findtext(".//{*}AcctSvcrRef"), entry.findtext(".//{*}Nm")
        words = " ".join(filter(None, (entry.findtext(".//{*}Ustrd"), entry.findtext(".//{*}EndToEndId"))))
        found.append(
            line(str(reference), sign * pence, words, bank_reference=reference, counterparty_name=name,
                 reference=entry.findtext(".//{*}Ustrd"))
        )  # fmt: skip
    return found


def accepted(told: Message) -> Message | None:
    """What ingest makes of a submission of reconcile's."""
    fields = told.model_dump()
    if isinstance(told, PaymentSubmitted):
        return PaymentReceived(**fields, payment_id=derived_id(told.source, told.source_payment_id))
    if isinstance(told, ReversalSubmitted):
        original = derived_id(told.original_source, told.original_source_payment_id)
        return PaymentReversed(**fields, reversal_id=derived_id("reversal", told.source_reversal_id), payment_id=original)
    return None


def anytown_day() -> list[Message]:
    """All that Anytown's day comes to, as ingest would tell it."""
    lines = sample_lines()
    two = [
        member("u93", 5000, 75), member("u94", 8000, 120), member("txn_3", -1000, 0, "refund", "u93"),
    ], [
        member("u96", 7000, 105), member("u97", 3500, 53), member("u98", 3500, 53), member("u99", 2500, 38), member("u95", 3500, 53),
    ]  # fmt: skip
    adyen = [
        member("v01", 10000, 45), member("v02", 2550, 12), member("v03", 3500, 15), member("v04", 11500, 52),
        member("8816000000000005", -550, 0, "refund", "v01"),
    ]  # fmt: skip
    bag = remittance("500123", "ereturn", payment_count=3, payments_pence=42545, business_on=DAY)
    counted = [("cash", 30045, "cash"), ("000101", 1000, "cheque"), ("000202", 11500, "cheque")]
    unpaid = remittance("arudd", "bacs-arudd", reversal_count=1, reversals_pence=4500, business_on=DAY)
    claims = remittance("ddica", "bacs-ddica", reversal_count=2, reversals_pence=8800, business_on=DAY)
    return [
        *(payment(each.member_reference, each.gross_pence) for each in (*two[0], *two[1], *adyen) if each.kind == "charge"),
        refund("u93:1000", "u93", 1000), refund("v01:550", "v01", 550), payment("v05", 3000),
        *settlement("po_1SYNTH", two[0]), *settlement("po_2SYNTH", two[1], 2),
        *settlement("batch 77", adyen, source="adyen", method_of_payment="card-smartpay"),
        *file_of("2026-03-17", [6000, 6000, 5000, 3500, 3500, 7000, 2500, 9240]),
        *file_of("2026-03-18", [4500, 2000, 3500, 8800], business_on=DAY),
        *file_of("260318", [14200, 25700, 4500], "bacs-dd", business_on=DAY),
        *file_of("00123", [405, 405, 445], "dwp", business_on=DAY),
        bag,
        *(payment(name, pence, source="ereturn", method_of_payment=how, remittance_id=bag.remittance_id) for name, pence, how in counted),
        unpaid, reversal("arudd:1", 4500, remittance_id=unpaid.remittance_id),
        claims, *(reversal(f"ddic:{n}", 4400, source="bacs-ddica", remittance_id=claims.remittance_id) for n in (1, 2)),
        statement(lines), *lines,
    ]  # fmt: skip
