"""What officers decide of payments, as allocation's own doors have it decided: for vectors of money that is moved or given back."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from ims_allocation.domain import Accounts, Cause, Decided, Line, Part, Payment, Reading, Record
from ims_allocation.domain.asked import Group, Of, Towards
from ims_allocation.domain.by_line import plan
from ims_allocation.domain.deciding import WORDS, Known
from ims_allocation.domain.editions.edition import edition_of
from ims_allocation.domain.ledger import lines_between
from ims_allocation.domain.payments import STANDS_FOR
from ims_allocation.domain.placing import place
from ims_local.settings import COUNCIL
from ims_local.vectors.world import BOOKS, ROUNDING, label

TODAY = date(2026, 3, 18)
CODES = {
    code: {"name": code, "box": "S" if rate else "O", "rates": [{"percent": f"{float(rate * 100):g}"}]}
    for code, rate in BOOKS.rates.items()
}
FUNDS = {
    code: {
        "name": code, "line_of_business": code, "vat_code": vat.code, "vat_may_differ": vat.may_differ, "needs_account": False,
        "masks": ["?" + "*" * (20 + at)],
    }
    for at, (code, vat) in enumerate(BOOKS.funds.items())
}  # fmt: skip
SAID: dict[str, Any] = {
    "council": COUNCIL, "version": "predecessor", "name": "The council of the vectors", "funds": FUNDS,
    "vat": {"rounding": ROUNDING, "codes": CODES}, "credit_note_funds": sorted(BOOKS.credit_note_funds),
}  # fmt: skip
PACK = edition_of({"the vectors' council": json.dumps(SAID)}).on(TODAY)


class Done(NamedTuple):
    """Payments after a decision, the journal of each, and the journal beside them."""

    records: list[Record]
    journals: list[tuple[Line, ...]]
    beside: tuple[Line, ...]


def paid(number: int, pence: int, parts: Sequence[Part] = ()) -> Record:
    """A payment that is on these accounts, as a person put it there, or else in suspense; below nothing, a reversal that names none."""
    own = UUID(int=number)
    if pence < 0:
        gone = Cause(own, "reversal", -pence, "28", TODAY, "cheque-returned")
        return placed(Record(COUNCIL, own, payment(STANDS_FOR, 0), applied=(gone,), is_orphan=True, revision=1))
    decided = Decided(own, tuple(parts)) if parts else None
    return placed(Record(COUNCIL, own, payment(1, pence), decided=decided, revision=1))


def payment(heard_revision: int, pence: int) -> Payment:
    return Payment(heard_revision, pence, "28", "web", TODAY, None, Reading(reason="no-reference"))


def placed(record: Record) -> Record:
    return replace(record, placement=place([record], Accounts([]), {COUNCIL: PACK})[record.key])


def decide(records: Sequence[Record], **said: Any) -> Done | str:
    """What is decided of payments, or the first reason why it cannot be."""
    group = Group(payments=[Of(payment_id=each.payment_id) for each in records], **said)
    made = plan(UUID(int=0), [group], Known({each.key: each for each in records}, Accounts([]), PACK, TODAY))
    if isinstance(made, list):
        return named(made[0])
    after = [placed(replace(each, decided=made.decided[each.key])) for each in records]
    return Done(after, [lines_between(*both) for both in zip(records, after, strict=True)], made.lines)


def named(fault: str) -> str:
    """A fault by the name that the vectors have for it, where it is one of several with the same words by the first."""
    return next((str(label(name)) for name, words in WORDS.items() if fault.endswith(words)), fault)


def towards(told: Iterable[dict[str, Any]], pence: Iterable[int]) -> list[Towards]:
    return [
        Towards(fund=each["fund"], account_reference=each["account"], amount_pence=amount, vat_code=each["vat_code"] or None)
        for each, amount in zip(told, pence, strict=True)
    ]
