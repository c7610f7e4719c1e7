"""E-returns: what a council's own establishment took in cash and cheques, put in a bag, and sends to the bank. One person submits,
another approves; only then is it money."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from ims_contracts.message import PositivePence
from ims_ingest.formats.ereturn import DENOMINATIONS, cash_key, cheque_key
from ims_ingest.formats.records import Row, Whole

COUNT_MAX, LINES_MAX = 1_000_000, 500

# No stars and no blanks: what looks like a card number is made unreadable before anything is kept, and is no id then.
Number = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9/._-]{0,31}$")]
Fund = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=r"^\S+$")]
AccountReference = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
Person = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]

NEXT = {
    ("absent", "save"): "new",
    ("absent", "submit"): "submitted",
    ("new", "save"): "new",
    ("new", "submit"): "submitted",
    ("new", "void"): "voided",
    ("submitted", "approve"): "authorised",
    ("submitted", "void"): "voided",
}
"""What becomes of an e-return: any other action in any other state changes nothing."""
DONE = {"save": ("new",), "submit": ("submitted", "authorised"), "approve": ("authorised",), "void": ("voided",)}
"""The states in which an action has been done already: asked again in the same words, it is known."""


class Asked(BaseModel):
    """What is sent to the door: a field that is not known is a mistake, since money might be in it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Cheque(Asked):
    """A cheque in the bag, without its drawer's name and account."""

    number: Number
    amount_pence: PositivePence
    fund: Fund
    reference: AccountReference


class Line(Asked):
    """What a part of the cash is for."""

    fund: Fund
    reference: AccountReference
    amount_pence: PositivePence


class EReturn(Asked):
    """An e-return as it is sent. It is saved as new where nobody submits it yet."""

    number: Number
    template: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """The establishment's form, such as a leisure centre's."""
    bag_number: Number
    """What the bank writes on its line."""
    taken_on: date
    """The day of the takings."""
    total_pence: int = Field(strict=True, ge=0)
    """What the paying-in slip says."""
    cash: dict[str, Annotated[int, Field(strict=True, ge=0, le=COUNT_MAX)]] = {}
    """How many notes or coins there are of each denomination in pence: `"2000": 12`."""
    lines: list[Line] = Field(default=[], max_length=LINES_MAX)
    """What the cash is for."""
    cheques: list[Cheque] = Field(default=[], max_length=LINES_MAX)
    entered_by: Person
    submitted_by: Person | None = None

    @field_validator("cash")
    @classmethod
    def is_of_notes_and_coins(cls, cash: dict[str, int]) -> dict[str, int]:
        if unknown := [each[:16] for each in cash if each not in map(str, DENOMINATIONS)]:
            raise ValueError(f"there is no note or coin of {', '.join(unknown[:10])} pence")
        return cash

    @property
    def cash_pence(self) -> int:
        """What was counted."""
        return sum(int(denomination) * count for denomination, count in self.cash.items())

    @property
    def cheques_pence(self) -> int:
        return sum(cheque.amount_pence for cheque in self.cheques)


class Decision(NamedTuple):
    """What an action leads to: a new state, the same as before, or a no with its reason."""

    state: str
    is_new: bool
    reason: str | None = None


def decide(state: str, action: str, is_same: bool) -> Decision:
    """Whether an action may be done in a state. `is_same`: nothing in it differs from what was done before."""
    if is_same and state in DONE[action]:
        return Decision(state, False)
    if (after := NEXT.get((state, action))) is None:
        return Decision(state, False, f"the e-return is {state}, where {action} is not possible any more, or not yet")
    return Decision(after, True)


def is_same_person(one: str | None, other: str | None) -> bool:
    """Whether two names are of one person, however they are typed."""
    return (one or "").strip().lower() == (other or "").strip().lower()


def faults(ereturn: EReturn) -> list[str]:
    """Why an e-return cannot be submitted: what was counted, what it is for and what the slip says must be the same."""
    found, lines_pence = [], sum(line.amount_pence for line in ereturn.lines)
    if lines_pence != ereturn.cash_pence:
        found.append(f"lines: they come to {lines_pence}p, but {ereturn.cash_pence}p of cash was counted")
    if (whole := ereturn.cash_pence + ereturn.cheques_pence) != ereturn.total_pence:
        found.append(f"total_pence: the slip says {ereturn.total_pence}p, but cash and cheques come to {whole}p")
    return found


def rows(ereturn: EReturn) -> Iterator[Row]:
    """The payments of a bag: one for all cash of a fund and reference, one a cheque. Positions of the list number the lines."""
    cash: dict[tuple[str, str], int] = {}
    for line in ereturn.lines:
        cash[line.fund, line.reference] = cash.get((line.fund, line.reference), 0) + line.amount_pence
    for line_number, ((fund, reference), amount_pence) in enumerate(cash.items(), 1):
        key = cash_key(ereturn.number, fund, reference)
        yield Row(line_number, key, amount_pence, ereturn.taken_on, reference, ereturn.number, "cash", "cash", fund=fund)
    for line_number, (number, amount_pence, fund, reference) in enumerate(map(said, ereturn.cheques), len(cash) + 1):
        key = cheque_key(ereturn.number, number)
        yield Row(line_number, key, amount_pence, ereturn.taken_on, reference, ereturn.number, "cheque", "cheque", fund=fund)


def said(cheque: Cheque) -> tuple[str, int, str, str]:
    return cheque.number, cheque.amount_pence, cheque.fund, cheque.reference


def whole(ereturn: EReturn) -> Whole:
    """The bag, by which the bank's line is known."""
    return Whole(ereturn.bag_number, ereturn.taken_on, True)
