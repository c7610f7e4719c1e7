"""Vectors of files: AllPay's lines and trailers through ingest's own reader, and which fund a reference is of."""

import csv
from collections.abc import Iterator
from io import BytesIO, StringIO
from typing import Any

from ims_contracts.remittances import Fault
from ims_ingest.formats import FORMATS
from ims_ingest.formats.records import Record, Row, Whole
from ims_local.vectors.running import Answer, OnPurpose, Suite
from ims_local.vectors.world import KINDS, fund_of, pounds, vat_code_of

METHODS = {"P": "15", "C": "16", "Q": "17", "T": "18", "Z": "19", "N": "20", "B": "21"}
REFUSED = "A line that says what nobody documented is a fault, with its line and position, and the file is refused; nothing is guessed."
UNREAD = "Totals are not compared as well where a line cannot be read: that would be a second fault of the same cause."
DWP_COLUMNS = ("CreditorRef", "Scheme", "Benefit", "NINO", "Surname", "CustomerReference", "Initials", "OfficeCode", "PeriodFrom",
               "PeriodTo", "PaymentDate", "Amount", "Sign")  # fmt: skip
POSITIONS = {"24-32": "amount_invalid", "34-43": "date_invalid", "35-51": "amount_trailer_unreadable", "41-57": "count_trailer_unreadable"}


def read(lines: list[str]) -> list[Record]:
    return list(FORMATS["allpay"].read(BytesIO("\r\n".join(lines).encode())))


def run_line(given: dict[str, Any]) -> Answer | OnPurpose:
    row = next(iter(read([given["line"]])), None)
    if not isinstance(row, Row):
        return OnPurpose({"error": error_of(row)}, REFUSED)
    assert row.paid_on is not None, "a row of AllPay's says its day"
    reference = row.reference or ""
    fund = fund_of(reference)
    return {
        "account_reference": reference,
        "fund_code": fund,
        "vat_code": vat_code_of(fund),
        "mop_code": METHODS.get(row.key.rpartition(":")[2], "22"),
        "amount": pounds(row.amount_pence),
        "transaction_date": row.paid_on.isoformat(),
        "narrative": row.narrative,
        "classified_as": KINDS[fund],
    }


def error_of(record: Record | None) -> str:
    """What the vectors call a fault, by where it is."""
    if not isinstance(record, Fault):
        return "line_too_short"
    if record.position in POSITIONS:
        return POSITIONS[record.position]
    is_of_totals = "trailer" in record.what or record.what.startswith("the file says")
    return "control_total_mismatch" if is_of_totals else "line_too_short"


def run_file(given: dict[str, Any]) -> Answer | OnPurpose:
    """Each file by itself; one that came before is recognised, and posts nothing. `posted` is what was read of it: it counts only
    where nothing is wrong."""
    posted, errors = [], []
    seen = set[str]()
    for lines in given["files"]:
        records = read(lines)
        whole_file = next((each for each in records if isinstance(each, Whole)), None)
        is_known = whole_file is not None and whole_file.source_reference in seen and any(isinstance(each, Row) for each in records)
        posted.append(0 if is_known else sum(isinstance(each, Row) for each in records))
        errors += ["already_received"] if is_known else list(faults(records))
        seen |= {whole_file.source_reference} if whole_file else set()
    answer = {"success": not errors, "rows_posted_per_file": posted, "errors": errors}
    return OnPurpose(answer, UNREAD, frozenset({"errors"})) if {"line_too_short", *POSITIONS.values()} & set(errors) else answer


def faults(records: list[Record]) -> Iterator[str]:
    """Totals that do not hold are one error of the file, however many of them are wrong."""
    found = [error_of(each) for each in records if isinstance(each, Fault)]
    of_totals = [each for each in found if each == "control_total_mismatch"]
    yield from (each for each in found if each != "control_total_mismatch")
    yield from of_totals[:1]


def run_deduction(given: dict[str, Any]) -> Answer | OnPurpose:
    """A row of the DWP's schedule, through ingest's own reader."""
    sheet = StringIO()
    row = ["1", "", "UC", "", "", given["column_F_account_reference"], "", "", "", "", "18/03/2026"]
    csv.writer(sheet).writerows([DWP_COLUMNS, [*row, given["column_L_amount_pence"], given["column_M_sign"]]])
    record = next(FORMATS["dwp"].read(BytesIO(sheet.getvalue().encode())))
    if not isinstance(record, Row):
        return OnPurpose({"error": "row_invalid"}, REFUSED)
    fund = fund_of(record.reference)
    fund = fund if fund == "23" else "SP"
    return {
        "account_reference": record.reference,
        "fund_code": fund,
        "vat_code": vat_code_of(fund),
        "mop_code": "27",
        "amount": bare(record.amount_pence),
    }


def bare(pence: int) -> str:
    """Pounds without decimals that say nothing."""
    return pounds(pence).rstrip("0").rstrip(".")


def run_classification(given: dict[str, Any]) -> Answer:
    fund = fund_of(given["account_reference"] or "")
    return {"classified_as": KINDS[fund], "allpay_fund_code": fund}


LABELS = frozenset({"line_too_short", "date_invalid", "amount_trailer_unreadable", "control_total_mismatch"})
SUITES = {
    "allpay_line": Suite(run_line),
    "allpay_file": Suite(run_file, LABELS),
    "dwp_row": Suite(run_deduction),
    "import_fund_classification": Suite(run_classification),
}
