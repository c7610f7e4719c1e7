"""What the fields of a line say: of a posting, and of the ledger."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from ims_notify.domain.ledger import Entry
from ims_notify.domain.postings import Line, line_code

type Value = str | int | date | None
type Numbered = tuple[int, Any]
"""A line of either kind, and its number in the run."""

OF_A_LINE: dict[str, Callable[[tuple[int, Line]], Value]] = {
    "sequence": lambda each: each[0],
    "fund": lambda each: each[1].fund,
    "account_reference": lambda each: each[1].account_reference,
    "way": lambda each: each[1].method_of_payment if each[1].amount_pence > 0 else each[1].reason,
    "method_of_payment": lambda each: each[1].method_of_payment,
    "reason": lambda each: each[1].reason,
    "channel": lambda each: each[1].channel,
    "outcome": lambda each: each[1].outcome,
    "sign": lambda each: "-" if each[1].amount_pence < 0 else "+",
    "paid_on": lambda each: each[1].paid_on,
    "posted_on": lambda each: each[1].posted_on,
    "payment_id": lambda each: text_of_id(each[1].payment_id),
    "line_id": lambda each: text_of_id(each[1].line_id),
    "line_code": lambda each: line_code(each[1].line_id),
    "undoes": lambda each: text_of_id(each[1].undoes),
    "undoes_code": lambda each: line_code(each[1].undoes) if each[1].undoes else None,
    "amount": lambda each: each[1].amount_pence,
    "absolute": lambda each: abs(each[1].amount_pence),
    "credit": lambda each: max(each[1].amount_pence, 0),
    "debit": lambda each: max(-each[1].amount_pence, 0),
    "balance": lambda each: each[1].balance_pence,
}

OF_AN_ENTRY: dict[str, Callable[[tuple[int, Entry]], Value]] = {
    "sequence": lambda each: each[0],
    "posted_on": lambda each: each[1].posted_on,
    "late": lambda each: "late" if each[1].is_late else "in-time",
    "ledger_account": lambda each: each[1].ledger_account,
    "ledger_kind": lambda each: each[1].ledger_account.partition(":")[0],
    "ledger_name": lambda each: each[1].ledger_account.partition(":")[2],
    "account_reference": lambda each: each[1].account_reference,
    "cost_centre": lambda each: each[1].cost_centre,
    "vat_code": lambda each: each[1].vat_code,
    "side": lambda each: "debit" if each[1].is_debit else "credit",
    "lines": lambda each: each[1].line_count,
    "amount": lambda each: each[1].amount_pence,
    "absolute": lambda each: abs(each[1].amount_pence),
    "debit": lambda each: max(each[1].amount_pence, 0),
    "credit": lambda each: max(-each[1].amount_pence, 0),
    "vat": lambda each: each[1].vat_pence,
    "journal": lambda each: text_of_id(each[1].entry_id),
    "journal_code": lambda each: line_code(each[1].entry_id) if each[1].entry_id else None,
    "payment_id": lambda each: text_of_id(each[1].payment_id),
    "reason": lambda each: each[1].reason,
}

SAID: Mapping[str, Mapping[str, Callable[[Any], Value]]] = {"postings": OF_A_LINE, "ledger": OF_AN_ENTRY}
"""By what a layout tells."""


def text_of_id(value: UUID | None) -> str | None:
    return str(value) if value else None
