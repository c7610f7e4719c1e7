"""E-returns: what a council's own establishment took in cash and cheques, put in a bag, and sends to the bank. One person submits,
another approves; only then is it money."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from ims_contracts.message import PositivePence
from ims_ingest.domain.paying_in import cash_fault, cash_total
from ims_ingest.formats.ereturn import DENOMINATIONS, cash_key, cheque_key
from ims_ingest.formats.records import Row, Whole

COUNT_MAX, LINES_MAX = 1_000_000, 500

# No stars and no blanks: what looks like a card number is made unreadable before anything is kept, and is no id then.
Number = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9/._-]{0,31}$")]
Fund = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=r"^\S+$")]
AccountReference = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Description = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
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


class Entry(Asked):
    """What money in the bag is for: a row of the template. What is left out is as the row has it."""

    row: Name
    amount_pence: PositivePence
    fund: Fund = ""
    reference: AccountReference = ""
    description: Description = ""


class Cheque(Entry):
    """A cheque in the bag, without its drawer's name and account."""

    number: Number


class Line(Entry):
    """What a part of the cash is for."""


class EReturn(Asked):
    """An e-return as it is sent. It is saved as new where nobody submits it yet."""

    number: Number
    template: Name
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
        return cash_total({int(denomination): int(denomination) * count for denomination, count in self.cash.items()})

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
    if cash_fault(ereturn.bag_number, ereturn.cash_pence, lines_pence):
        found.append(f"lines: they come to {lines_pence}p, but {ereturn.cash_pence}p of cash was counted")
    if (whole := ereturn.cash_pence + ereturn.cheques_pence) != ereturn.total_pence:
        found.append(f"total_pence: the slip says {ereturn.total_pence}p, but cash and cheques come to {whole}p")
    return found


def rows(ereturn: EReturn) -> Iterator[Row]:
    """The payments of a bag: one for all cash of a fund and reference, one a cheque. Their positions number them."""
    cash: dict[tuple[str, str], list[Line]] = {}
    for line in ereturn.lines:
        cash.setdefault((line.fund, line.reference), []).append(line)
    for line_number, ((fund, reference), lines) in enumerate(cash.items(), 1):
        yield row(ereturn, lines, "cash", cash_key(ereturn.number, fund, reference))._replace(line=line_number)
    for line_number, cheque in enumerate(ereturn.cheques, len(cash) + 1):
        yield row(ereturn, [cheque], "cheque", cheque_key(ereturn.number, cheque.number))._replace(line=line_number)


def row(ereturn: EReturn, entries: Sequence[Entry], kind: str, key: str) -> Row:
    """The payment of entries for one account, in the words of its template where they all have the same."""
    words = {entry.description for entry in entries if entry.description}
    narrative = f"{ereturn.number} {words.pop()}" if len(words) == 1 else ereturn.number
    pence, first = sum(entry.amount_pence for entry in entries), entries[0]
    return Row(0, key, pence, ereturn.taken_on, first.reference, narrative, kind, kind, fund=first.fund)


def whole(ereturn: EReturn) -> Whole:
    """The bag, by which the bank's line is known."""
    return Whole(ereturn.bag_number, ereturn.taken_on, True)
