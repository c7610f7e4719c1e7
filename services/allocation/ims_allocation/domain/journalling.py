"""What a person moves from account to account, where no payment is moved: a journal that sums to nothing, or why there is none."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ims_allocation.domain.asked import Journalling
from ims_allocation.domain.books import Refusal
from ims_allocation.domain.deciding import WORDS, Known, fault_of_account, share, whose
from ims_allocation.domain.editions.bookkeeping import books_on
from ims_allocation.domain.ledger import Line
from ims_allocation.domain.moving import transfer
from ims_allocation.domain.taxing import fault_of_code, taxed_lines

type LedgerAccount = tuple[str, str | None]
"""As the ledger names an account: `fund:23` and its reference."""


class Journal(NamedTuple):
    """The lines, and what they move, in pence."""

    lines: tuple[Line, ...]
    amount_pence: int


def journal(asked: Journalling, known: Known) -> Journal | list[str]:
    """The journal that is asked for, or everything that is wrong with it. What a penalty was paid is its payments alone."""
    books, pack = books_on(known.today, known.pack), known.pack
    sources, targets = ([share(each, pack) for each in side] for side in (asked.sources, asked.targets))
    made = transfer(sources, targets, books)
    if isinstance(made, Refusal):
        return [WORDS[made.reason]]
    if any(pack.is_penalty(each.fund) for each in (*sources, *targets)):
        return ["money of a penalty is moved by a decision on the payment that brought it"]
    if {whose(each) for each in sources} & {whose(each) for each in targets}:
        return ["an account cannot both give and get"]
    codes = (fault_of_code(each.fund, each.vat_code, pack) for each in asked.sources)
    if faults := [WORDS[fault] for fault in codes if fault]:
        return faults
    if faults := [fault for each in asked.targets if (fault := fault_of_account(each, known))]:
        return faults
    lines = taxed_lines(made, known.today, pack)
    return Journal(tuple(lines), sum(each.amount_pence for each in asked.sources))


def given(lines: Iterable[Line]) -> Counter[LedgerAccount]:
    """What each account gives in a journal, in pence."""
    in_all = Counter[LedgerAccount]()
    for line in lines:
        in_all[line.ledger_account, line.account_reference] += line.amount_pence
    return +in_all


def overdrawn(lines: Iterable[Line], paid: Mapping[LedgerAccount, int]) -> int:
    """What a journal takes off accounts beyond what is on them (`paid`), in pence."""
    return sum(max(0, min(pence, pence - paid.get(account, 0))) for account, pence in given(lines).items())
