"""Anytown's accounts and payments, from the sample day; and builders of valid ones, a keyword away from strange ones."""

import csv
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from ims_allocation.domain import Account, Accounts, Change, Pack, PaymentKey, Placement, Progress, cause, known, orphan
from ims_allocation.settings import ANYTOWN, read_packs
from ims_allocation.store.accounts import account as from_row
from ims_allocation.store.accounts import row as to_row
from ims_allocation.store.tables import AccountRow
from ims_contracts.accounts import AccountChanged, Stage
from ims_contracts.payments import PaymentReceived, PaymentReversed, RefundSent

SAMPLES = Path(__file__).parents[2] / "samples"
COUNCIL = "E07999999"
PACKS = read_packs(ANYTOWN)
PACK: Pack = PACKS[COUNCIL]
NAMES = UUID("6f1d3e55-3c52-5f0e-9d0c-0d5b2a1c9a10")


def name(text: str) -> UUID:
    return uuid5(NAMES, text)


def rows(file: str) -> list[dict[str, str]]:
    with (SAMPLES / file).open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def pence(text: str) -> int | None:
    return int(text) if text else None


def running_account(reference: str = "770001478", fund: str = "23", **fields: Any) -> AccountChanged:
    return AccountChanged(**{"council": COUNCIL, "fund": fund, "account_reference": reference, "revision": 1} | fields)


def penalty(reference: str = "BJ90012273", **fields: Any) -> AccountChanged:
    """Issued on 2 March: 35.00 until the 15th, 70.00 until the end of April, 105.00 until the end of May, then 115.00."""
    schedule = [
        Stage(stage="discount", amount_pence=3500, until_on=date(2026, 3, 15)),
        Stage(stage="full", amount_pence=7000, until_on=date(2026, 4, 30)),
        Stage(stage="charge-certificate", amount_pence=10500, until_on=date(2026, 5, 31)),
        Stage(stage="registered", amount_pence=11500),
    ]
    return running_account(reference, "11", **{"schedule": schedule, "issued_on": date(2026, 3, 2)} | fields)


def sample_penalty(row: dict[str, str]) -> AccountChanged:
    stages = [
        Stage(stage=stage.replace("_", "-"), amount_pence=int(row[f"{stage}_pence"]), until_on=row[f"{stage}_until"] or None)
        for stage in ("discount", "full", "charge_certificate", "registered")
        if row[f"{stage}_pence"]
    ]
    own = {"schedule": stages, "status": row["status"], "second_keys": [row["vehicle"]], "issued_on": row["issued_on"]}
    return penalty(row["reference"], **own)


def sample_accounts() -> list[AccountChanged]:
    running = [
        running_account(r["reference"], r["fund"], balance_pence=pence(r["balance_pence"]), instalment_pence=pence(r["instalment_pence"]))
        for r in rows("accounts.csv")
    ]
    return running + [sample_penalty(r) for r in (*rows("pcns.csv"), *rows("pcns_late.csv"))]


def payment(reference: str | None = "770001478", amount_pence: int = 5000, on: date = date(2026, 3, 16), **fields: Any) -> PaymentReceived:
    called = fields.pop("called", "1")
    own = {
        "council": COUNCIL, "source": "portal", "source_payment_id": called, "channel": "web", "method_of_payment": "card",
        "payment_id": name(called), "amount_pence": amount_pence, "paid_on": on, "received_on": on, "reference": reference,
    }  # fmt: skip
    return PaymentReceived(**own | fields)


def reversal(of: str | None = "1", amount_pence: int = 5000, on: date = date(2026, 3, 20), **fields: Any) -> PaymentReversed:
    called = fields.pop("called", f"back of {of}")
    own = {
        "council": COUNCIL, "source": "bank", "source_reversal_id": called, "reason": "cheque-returned", "amount_pence": amount_pence,
        "reversed_on": on, "method_of_payment": "card", "reversal_id": name(called), "payment_id": name(of) if of else None,
    }  # fmt: skip
    return PaymentReversed(**own | fields)


def refund(of: str = "1", amount_pence: int = 5000, on: date = date(2026, 3, 20), **fields: Any) -> RefundSent:
    called = fields.pop("called", f"refund of {of}")
    own = {
        "council": COUNCIL, "source": "govuk-pay", "source_refund_id": called, "amount_pence": amount_pence, "sent_on": on,
        "method_of_payment": "card", "refund_id": name(called), "payment_id": name(of),
    }  # fmt: skip
    return RefundSent(**own | fields)


CHANNELS = {
    "govukpay_webhooks.jsonl": ("govuk-pay", "web"),
    "stripe_payout_reconciliation_parking.csv": ("stripe", "web"),
    "allpay.txt": ("allpay", "agent"),
    "allpay_20260318.txt": ("allpay", "agent"),
    "bacs_std18_dd.txt": ("bacs", "direct-debit"),
    "dwp_counciltax.csv": ("dwp", "benefit-deduction"),
    "ereturn.csv": ("e-return", "cheque"),
    "camt053_v08.xml": ("bank", "bank-transfer"),
}


def sample_event(row: dict[str, str]) -> PaymentReceived | PaymentReversed | RefundSent:
    """A row of the sample day as the message that ingest would tell."""
    event, amount, on = row["event"], int(row["amount_pence"]), date.fromisoformat(row["paid_on"])
    if event.startswith("refund:"):
        return refund(event.removeprefix("refund:").rpartition(":")[0].join(("pay:", "")), -amount, on, called=event)
    if amount < 0:
        return reversal(None, -amount, on, called=event, reference=row["reference_as_given"], method_of_payment="direct-debit")
    source, channel = CHANNELS[row["source_file"]]
    minute = int("".join(filter(str.isdigit, event))[-2:] or 0) % 60
    return payment(
        row["reference_as_given"] or None, amount, on, called=event, source=source, channel=channel, method_of_payment=source, value_on=on,
        paid_at=datetime(on.year, on.month, on.day, 12, minute, tzinfo=UTC) if source == "govuk-pay" else None,
    )  # fmt: skip




def remembered(change: AccountChanged) -> Account:
    columns = list(AccountRow.model_fields)
    return from_row(dict(zip(columns, to_row(change), strict=True)) | {"owed": []})


def story(accounts: Iterable[AccountChanged], *heard: PaymentReceived | PaymentReversed | RefundSent) -> list[Change]:
    """What becomes of payments of which all is heard at once."""
    received = [each for each in heard if isinstance(each, PaymentReceived)]
    facts = {(p.council, p.payment_id): known(p, PACK.references.read(p.reference, p.narrative), PACK) for p in received}
    causes: dict[PaymentKey, list[Any]] = {}
    orphans = {}
    for each in heard:
        if isinstance(each, PaymentReceived):
            continue
        if each.payment_id is None:
            orphans[each.council, each.reversal_id] = orphan(each, PACK)
        else:
            causes.setdefault((each.council, each.payment_id), []).append(cause(each, PACK))
    return Progress(orphans, Accounts([remembered(a) for a in accounts]), PACKS).hear(facts, causes)


def end(changes: Iterable[Change]) -> dict[PaymentKey, Placement]:
    """Where each payment is in the end."""
    return {change.after.key: change.after.placement for change in changes if change.after.placement}
