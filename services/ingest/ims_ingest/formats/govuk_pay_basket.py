"""What a payment at GOV.UK Pay is for, line by line, as the portal that made it wrote into its metadata.

Each line is an entry `basket_1`, `basket_2`, … whose value is JSON with the names of the contract's `BasketLine`: Pay takes 15 entries of
100 characters each, and nobody can change them afterwards.
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ims_contracts.payments import BasketLine

ENTRY = re.compile(r"basket_([1-9]\d?)")
UNSAID = "NOT STATED"
"""The reference of a line that nobody wrote: no account has it, so a person looks."""


def basket(metadata: Mapping[str, Any] | None, paid_pence: int) -> list[BasketLine] | None:
    """The lines, which come to what was paid; none where the portal wrote no line. What they leave unsaid, such as the surcharge for a
    corporate card, is a line for a person; so is all of it where they say too much, or cannot be read and leave nothing. Money that
    was taken is never refused for what a portal wrote."""
    entries = {int(named[1]): value for key, value in (metadata or {}).items() if (named := ENTRY.fullmatch(key))}
    if not entries:
        return None
    written = [read(entries[number]) for number in sorted(entries)]
    lines = [line for line in written if line]
    rest = paid_pence - sum(line.amount_pence for line in lines)
    if rest < 0 or (rest == 0 and None in written):
        return [BasketLine(reference=UNSAID, amount_pence=paid_pence)]
    return [*lines, BasketLine(reference=UNSAID, amount_pence=rest)] if rest else lines


def read(value: object) -> BasketLine | None:
    """A line; none, where it is none that ingest would take."""
    try:
        line = BasketLine.model_validate_json(value if isinstance(value, str) else "")
    except ValidationError:
        return None
    return line if line.amount_pence > 0 and (line.fund or (line.reference or "").strip()) else None
