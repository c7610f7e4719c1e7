"""Parking penalties as a parking system tells them: the vehicle, what each stage costs and until when, and whether to stop."""

from collections.abc import Iterator
from typing import BinaryIO

from ims_ingest.formats.account_rows import account, optional, whole, yes
from ims_ingest.formats.records import Format, Record
from ims_ingest.formats.table import Values, header_has, read_rows

STAGES = ("discount", "full", "charge_certificate", "registered")
PARKING = "11"
COLUMNS = ("reference", "vehicle", "full_pence", "full_until", "status")


def looks_like(head: bytes) -> bool:
    return header_has(head, COLUMNS)


def read(stream: BinaryIO) -> Iterator[Record]:
    return read_rows(stream, COLUMNS, read_row)


def read_row(line: int, row: Values) -> Record:
    return account(line, row, fields)


def fields(row: Values) -> dict[str, object]:
    stages = [
        {"stage": stage.replace("_", "-"), "amount_pence": amount_pence, "until_on": optional(row, f"{stage}_until")}
        for stage in STAGES
        if (amount_pence := whole(row, f"{stage}_pence")) is not None
    ]
    vehicle = "".join(row["vehicle"].split()).upper()
    return {
        "fund": row.get("fund") or PARKING,
        "account_reference": row["reference"],
        "second_keys": [vehicle] if vehicle else [],
        "schedule": stages,
        "issued_on": optional(row, "issued_on"),
        "served_on": optional(row, "served_on"),
        "status": row["status"],
        "is_stopped": yes(row, "stop"),
        "stop_reason": optional(row, "stop_reason"),
        "vat_code": row.get("vat_code") or "O",
    }


PCNS_CSV = Format("pcns_csv", "council", looks_like, read)
