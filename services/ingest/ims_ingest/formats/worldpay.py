"""Worldpay's settlement of a batch, one credit for each merchant code. There is no public layout: the columns are those that
merchants are sent, each under the names it goes by; a contract with others gets them into this list. Gross where the contract
bills fees monthly (no column of fees, or nothing in it), net where they are taken off."""

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from ims_contracts.remittances import Fault
from ims_ingest.formats.bank_csv_values import written_day, written_pence
from ims_ingest.formats.records import PAY_ID, Format, Member, Record, Whole, fault
from ims_ingest.formats.table import Values, header_has, rows

PAYOUT_FAILED = "payout-failed"
NAMES = {
    "merchant": ("merchant code", "merchant id", "merchantcode"),
    "settled_on": ("settlement date", "batch date", "payment date"),
    "batch": ("batch id", "batch number", "batch", "settlement batch"),
    "order": ("order code", "ordercode", "transaction reference"),
    "type": ("type", "transaction type", "event", "status"),
    "amount": ("amount", "gross amount", "transaction amount"),
    "fee": ("fee", "fees", "commission", "charge", "charges"),
    "currency": ("currency", "currency code", "settlement currency"),
    "occurred_on": ("transaction date", "order date", "date"),
    "reference": ("merchant reference", "payment reference", "customer reference"),
}
NEEDED = ("merchant", "settled_on", "order", "type", "amount")
FIELDS = {name: field for field, names in NAMES.items() for name in names}
KINDS = {
    "settled": "charge", "captured": "charge", "sale": "charge", "payment": "charge", "refunded": "refund", "refund": "refund",
    "charged back": "dispute", "chargeback": "dispute", "chargeback reversed": "dispute-reversal", "fee": "fee",
    "payout failed": PAYOUT_FAILED, "payout returned": PAYOUT_FAILED,
    "settlement failed": PAYOUT_FAILED, "settlement returned": PAYOUT_FAILED,
}  # fmt: skip
# What these take is written without a sign by some reports.
TAKEN_BACK = {"refund", "dispute", "fee", PAYOUT_FAILED}
ASK = "ask Worldpay for the report again; do not save it from a spreadsheet"


def field_of(written: str) -> str:
    """The field that a column is; its own name where it is none."""
    name = " ".join(written.replace("_", " ").lower().split())
    return FIELDS.get(name, name)


def looks_like(head: bytes) -> bool:
    return header_has(head, NEEDED, field_of)


def read(stream: BinaryIO) -> Iterator[Record]:
    """The rows of each merchant code's batches. The report has no total: that the bank's credit is their sum is for reconcile."""
    references: set[str] = set()
    alike: Counter[str] = Counter()
    for each in rows(stream, NEEDED, field_of):
        record = each if isinstance(each, Fault) else read_row(*each)
        if isinstance(record, Member) and record.settlement_reference:
            references.add(record.settlement_reference)
            if record.kind != "charge":  # an order is charged once, but may be refunded twice by the same amount
                alike[record.member_reference] += 1
                record = record._replace(member_reference=f"{record.member_reference}:{alike[record.member_reference]}")
        yield record
    yield Whole("+".join(sorted(references))[:140] or "none", None, None)


def read_row(line: int, row: Values) -> Record:
    try:
        amount_pence, fee_pence = written_pence(row["amount"]), written_pence(row.get("fee", "")) or 0
        settled_on = written_day(row["settled_on"])
        occurred_on = written_day(row["occurred_on"]) if row.get("occurred_on") else settled_on
    except ValueError as error:
        return fault(line, f"an amount or a day cannot be read: {error}", ASK)
    if amount_pence is None or not row["merchant"] or not row["order"]:
        return fault(line, "the row has no amount, no merchant code or no order code", ASK)
    kind = KINDS.get(row["type"].replace("_", " ").lower())
    if kind is None:
        return fault(line, "the type of the row is none that is known", "ask Worldpay what it means", "type")
    gross_pence = -abs(amount_pence) if kind in TAKEN_BACK else amount_pence
    batch = f"{row['merchant']}:{row.get('batch') or settled_on.isoformat()}"[:140]
    return Member(
        line=line,
        provider="govuk-pay",
        method_of_payment="card-worldpay",
        settlement_reference=batch,
        paid_on=settled_on,
        kind=kind,
        member_reference=f"{row['order']}:{kind}:{gross_pence}"[:130],
        provider_payment_id=merchant if PAY_ID.fullmatch(merchant := row.get("reference", "")) else None,
        gross_pence=gross_pence,
        fee_pence=fee_pence,
        net_pence=gross_pence - fee_pence,
        occurred_on=occurred_on,
        narrative=row["order"],
        is_telling=False,
        currency=row.get("currency", "").upper() or "GBP",
        provider_reference=row["order"][:140],
        merchant_reference=row.get("reference") or None,
        failed_payout=batch if kind == PAYOUT_FAILED else None,
    )


WORLDPAY = Format("worldpay_settlement", "worldpay", looks_like, read)
