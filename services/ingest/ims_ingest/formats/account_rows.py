"""A row of an accounts file made an account, or a fault that says which field is wrong."""

import re
from collections.abc import Callable

from pydantic import ValidationError

from ims_contracts.accounts import AccountFields
from ims_ingest.formats.records import AccountRow, Record, fault
from ims_ingest.formats.table import Values

SPREADSHEET = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)


def account(line: int, row: Values, fields: Callable[[Values], dict[str, object]]) -> Record:
    """The account in a row; the revision is the file's where it has that column."""
    try:
        revision = whole(row, "revision")
        if SPREADSHEET.fullmatch(row["reference"]):
            return fault(line, "a spreadsheet has turned the reference into a power of ten", "export the file again as text", "reference")
        told = fields(row) | ({} if revision is None else {"revision": revision})
        AccountFields.model_validate({"revision": 0} | told)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return fault(line, f"the field cannot be read: {first['msg']}", "correct the row", ".".join(map(str, first["loc"])))
    except ValueError as error:
        return fault(line, f"{error} is not a whole number", "correct the row")
    return AccountRow(line, told)


def optional(row: Values, name: str) -> str | None:
    return row.get(name) or None


def whole(row: Values, name: str) -> int | None:
    """A whole number, such as an amount in pence; ValueError names the column."""
    text = row.get(name)
    if not text:
        return None
    if not re.fullmatch(r"-?\d{1,13}", text):
        raise ValueError(name)
    return int(text)


def yes(row: Values, name: str) -> bool:
    return row.get(name, "").lower() in ("yes", "y", "true", "1")
