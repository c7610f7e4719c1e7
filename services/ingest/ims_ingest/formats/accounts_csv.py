"""Accounts as a council's own feed tells them: council tax, rents, rates, sundry debts; amounts in pence."""

from collections.abc import Iterator
from typing import BinaryIO

from ims_ingest.formats.account_rows import account, optional, whole, yes
from ims_ingest.formats.records import Format, Record
from ims_ingest.formats.table import Values, header_has, read_rows

COLUMNS = ("reference", "fund", "holder", "balance_pence")


def looks_like(head: bytes) -> bool:
    return header_has(head, COLUMNS)


def read(stream: BinaryIO) -> Iterator[Record]:
    return read_rows(stream, COLUMNS, read_row)


def read_row(line: int, row: Values) -> Record:
    return account(line, row, fields)


def fields(row: Values) -> dict[str, object]:
    holder = {name: optional(row, name) for name in ("address", "postcode", "email", "phone")}
    return {
        "fund": row["fund"],
        "account_reference": row["reference"],
        "holder": {"name": row["holder"], "language": row.get("language") or "en", **holder},
        "balance_pence": whole(row, "balance_pence"),
        "instalment_pence": whole(row, "instalment_pence"),
        "is_direct_debit": yes(row, "direct_debit"),
        "status": row.get("status") or "open",
        "vat_code": row.get("vat_code") or "O",
    }


ACCOUNTS_CSV = Format("accounts_csv", "council", looks_like, read)
