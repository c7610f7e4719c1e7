"""Vectors of what arrives: a row of a file and a whole file by a layout, the events of a card payment, and where the money then is."""

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from io import BytesIO, StringIO
from typing import Any
from uuid import UUID

from ims_allocation.domain import Account, Accounts, Pack, Placement, Progress, Record, known, pack
from ims_allocation.domain.editions.tables import Tables
from ims_allocation.domain.editions.written import MethodOfPayment
from ims_contracts.payments import PaymentReceived
from ims_contracts.remittances import Fault
from ims_ingest.domain.govuk_pay import payment_state
from ims_ingest.domain.proving import Proof
from ims_ingest.domain.rows import FileHead, submission
from ims_ingest.domain.submissions import accept
from ims_ingest.formats.govuk_pay import PayEvent, payment, read_event
from ims_ingest.formats.layout import format_of
from ims_ingest.formats.layout_model import Layout
from ims_ingest.formats.records import Row, fault
from ims_local.vectors.running import Answer, OnPurpose, Suite, Unsupported
from ims_local.vectors.world import pounds, whole

COUNCIL, TODAY = "E07999999", date(2026, 3, 18)
COLUMNS = (
    "reference", "internal_reference", "psp_reference", "office_code", "entry_date", "transaction_date", "account_reference", "user_code",
    "fund_code", "mop_code", "amount", "vat_code", "vat_rate", "vat_amount", "narrative",
)  # fmt: skip
ITS_OWN = "a column of the predecessor's own books, which is read and not kept"
BLANK = "A row with nothing in any column says nothing, and is passed over: spreadsheets end in such rows."
DAY_ALONE = "A row of a file says its day; a time is not kept."
BY_CONTENT = "What a file holds is known by its content: nobody says it beside it, and can say it wrongly."
CARD_STATES = {"AUTHORISED": "success", "REFUSED": "declined", "CANCELLED": "cancelled", "ERROR": "error", "PENDING": "submitted"}
STATUS = {"taken": "3", "awaited": "1", "unknown": "1"}
FEE_FUND = "90"


@cache
def row_layout(dates: str) -> Layout:
    """The predecessor's fifteen columns, for a sender who writes dates so."""
    kinds: dict[str, dict[str, Any]] = {
        "entry_date": {"type": "date", "format": dates},
        "transaction_date": {"type": "date", "format": dates},
        "user_code": {"type": "integer"},
        "amount": {"type": "pounds", "sign": "leading"},
        "vat_rate": {"type": "pounds"},
        "vat_amount": {"type": "pounds", "sign": "leading"},
    }
    ours = {"account_reference": "reference", "reference": "number", "transaction_date": "paid_on", "fund_code": "fund"}
    fields = {ours.get(name, name): {"column": at} | kinds.get(name, {}) for at, name in enumerate(COLUMNS, 1)}
    return layout("columns", fields, key=["number"], identity=["entry_date"])


def layout(name: str, fields: dict[str, Any], **more: Any) -> Layout:
    own = {"name": name, "source": "predecessor", "sender": "the sender", "kind": "delimited", "detail": {"fields": fields}}
    return Layout.model_validate(own | {"constants": {"channel": "file", "method_of_payment": "28"}} | more)


def run_row(given: dict[str, Any]) -> Answer | OnPurpose:
    found = [next(iter(format_of(row_layout(dates)).read(BytesIO(given["row"].encode())))) for dates in ("YYYY-MM-DD", "DD/MM/YYYY")]
    row = next((each for each in found if isinstance(each, Row)), found[0])
    if not isinstance(row, Row | Fault):
        return OnPurpose({}, BLANK)
    if isinstance(row, Fault):
        at = (row.position or "").removeprefix("column ")
        return {"error": f"bad_field:{COLUMNS[int(at) - 1]}" if at else "wrong_field_count"}
    answer = {
        "reference": row.key,
        "account_reference": row.reference,
        "fund_code": row.fund,
        "transaction_date": str(row.paid_on),
        "amount": pounds(row.amount_pence),
        "narrative": row.narrative,
    }
    return OnPurpose(answer, DAY_ALONE, frozenset({"transaction_date"}))


IMPORT = layout(
    "import",
    {
        "paid_on": {"column": 2, "type": "date", "format": "YYYY-MM-DD"},
        "reference": {"column": 3},
        "fund": {"column": 4},
        "amount": {"column": 5, "type": "pounds", "sign": "leading"},
        "narrative": {"column": 6},
    },
    key=["reference", "fund", "amount"],
    identity=["paid_on"],
    trailers=[{"where": {"starts": "END"}, "fields": {"rows": {"column": 2, "type": "integer"}}}],
    totals=[{"said": "rows", "of": "count"}],
)


def run_import(given: dict[str, Any]) -> Answer:
    """A file of these rows: proved from end to end before anything of it is told, and then each row is placed."""
    if given["import_type"] != "Transaction":
        raise Unsupported(BY_CONTENT)
    sheet = StringIO()
    rows = [["ROW", TODAY, each["account"], each["fund"], each["amount"], each["narrative"]] for each in given["rows"]]
    csv.writer(sheet).writerows([*rows, ["END", given["declared_row_count"]]])
    head = FileHead(UUID(int=1), COUNCIL, "predecessor", "import", "0" * 64, datetime(2026, 3, 18, tzinfo=UTC))
    records, proof = list(format_of(IMPORT).read(BytesIO(sheet.getvalue().encode()))), Proof(head, 100)
    for record in records:
        proof.take(record)
    if given["importer_errors"] or given["rule"]:  # what the sender found wrong, or a rule that would fail: it is none that is ever used
        proof.take(fault(None, "the file is not sound", "ask the sender"))
    value = {"total_import_value": f"£{pounds(proof.remittance.added_pence)}"}
    if proof.fault_count:
        return value | {"api_success": False, "posted": 0, "to_suspense": 0, "error": "refused"}
    told = [accept(submission(each, 1, head, None), TODAY) for each in records if isinstance(each, Row)]
    placed = [place(each) for each in told if isinstance(each, PaymentReceived)]
    in_suspense = sum(each.outcome == "suspended" for each in placed)
    done = {"api_success": True, "posted": len(placed) - in_suspense, "to_suspense": in_suspense, "rows_reported": len(placed)}
    return value | done


def run_events(given: dict[str, Any]) -> Answer:
    """Each event as GOV.UK Pay would send it: what it says of the payment, and what is posted by then."""
    asked = [(each["fund"], whole(each["amount"])) for each in given["pending"]] + [(FEE_FUND, whole(given["fee"]))]
    lines = [{"fund": fund, "reference": f"FUND/{fund}", "amount_pence": pence} for fund, pence in asked if pence]
    posted, status, steps = dict[UUID, Placement](), "1", []
    for said in given["events"]:
        state = payment_state(CARD_STATES.get(said, said.lower()))
        event = read_event(webhook(CARD_STATES.get(said, said.lower()), lines, given["psp_reference"]))
        if isinstance(event, PayEvent):
            taken = accept(payment(event.resource, event.happened_on, COUNCIL, TODAY), TODAY)
            assert isinstance(taken, PaymentReceived), "money that was taken is never refused"
            posted.setdefault(taken.payment_id, place(taken))
        status = "3" if posted else STATUS.get(state, "2")
        parts = [part for placed in posted.values() for part in placed.parts]
        steps.append(
            {
                "event": said,
                "success": state != "unknown",
                "pending_status": [status],
                "posted_count": len(parts),
                "posted_total": pounds(sum(part.amount_pence for part in parts)),
                "posted_mops": ["PF" if part.fund == FEE_FUND else "90" for part in parts],
            }
        )
    return {"steps": steps}


def webhook(status: str, lines: Sequence[dict[str, Any]], payment_id: str) -> bytes:
    """An event of a card payment, with its lines as the portal wrote them into its metadata."""
    resource = {
        "payment_id": payment_id,
        "state": {"status": status},
        "amount": sum(line["amount_pence"] for line in lines),
        "payment_provider": "stripe",
        "metadata": {f"basket_{at}": json.dumps(line) for at, line in enumerate(lines, 1)},
    }
    event = {"event_type": "card_payment_succeeded", "created_date": "2026-03-18T10:00:00Z", "resource": resource}
    return json.dumps(event).encode()


@cache
def world() -> Pack:
    """Three funds, of which one has accounts; payers by card are charged a fee."""
    funds = {code: {"name": code, "line_of_business": code, "masks": [f"FUND/{code}"], "needs_account": False} for code in ("31", FEE_FUND)}
    funds[FEE_FUND]["is_fee"] = True
    funds["5"] = {"name": "5", "line_of_business": "5", "masks": ["A#", "FUND/5"]}
    card = MethodOfPayment(name="Card", kind="card", takes_fee=True)
    return replace(pack({"council": COUNCIL, "version": "vectors", "funds": funds}), tables=Tables(methods={"card-stripe": card}))


def place(heard: PaymentReceived) -> Placement:
    """Where allocation puts a payment: accounts A1 and A3 of fund 5 are known, and its own."""
    here = world()
    there = Accounts([Account(COUNCIL, "5", reference) for reference in ("A1", "A3", "FUND/5")])
    heard_as = known(heard, here.references.read(heard.reference, heard.narrative), here)
    record = Record(COUNCIL, heard.payment_id)
    [change] = Progress({}, there, {COUNCIL: here}).hear({record.key: heard_as}, {})
    assert change.after.placement, "what is heard is placed"
    return change.after.placement


READ = {"reference", "account_reference", "fund_code", "transaction_date", "amount", "narrative"}
OF_A_SCREEN = "where a payer's browser goes next, and what a pending row looks like: the portal's"
OF_AN_IMPORT = "how the predecessor keeps track of an import; here a file is taken in whole or refused whole"
SUITES = {
    "csv_row": Suite(run_row, frozenset({"bad_field", "wrong_field_count"}), dict.fromkeys({*COLUMNS} - READ, ITS_OWN)),
    "import_processing": Suite(
        run_import, ignores=dict.fromkeys(("raw_rows_kept", "status_history", "rule_table_loads"), OF_AN_IMPORT)
    ),
    "payment_events": Suite(
        run_events, ignores=dict.fromkeys(("redirect", "pending_flagged_processed", "pending_narratives"), OF_A_SCREEN)
    ),
}
