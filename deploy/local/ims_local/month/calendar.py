"""The invented month, day by day: everything that is heard, and the truth of it."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import groupby
from operator import attrgetter

from ims_contracts import Message
from ims_local.month import batches, cards
from ims_local.month.bank import named
from ims_local.month.day import Desk
from ims_local.month.streams import END, FIRST, LAST, Stream, days
from ims_local.settings import COUNCIL
from ims_reconcile.domain import derived_id, is_working_day

type Behaviour = Callable[[Desk, Stream, date, int], None]


def single(desk: Desk, stream: Stream, day: date, count: int) -> None:
    """Payments through a payer's own bank, told one by one, each its own line."""
    for number in range(count):
        name, pence = f"E2E{desk.reference()}{number:04d}", desk.pence()
        desk.tell(day, desk.payment(name, day, stream, amount_pence=pence, method_of_payment="open-banking"))
        if desk.truth.is_due("single-missing"):
            desk.truth.unprovable(named(name), 1)
            desk.truth.plant("single-missing", named(name))
        else:
            line = desk.bank.book(desk.lag(stream, day), stream.account, pence, stream.says.format(ref=name))
            desk.truth.at_bank(named(name), 1, [line])


def cheques(desk: Desk, stream: Stream, day: date, count: int) -> None:
    """Cheques that bounced: each told by itself and a debit of its own that has the cheque's number; or two alike, without."""
    if not is_working_day(day):
        return
    of = next((each for each in desk.collected), None)
    if of is None:
        return
    are_twins, pence = desk.truth.is_due("twin-cheques"), desk.pence()
    touched = []
    for _ in range(2 if are_twins else 1):
        name = f"{desk.batches + 800_000}"
        desk.batches += 1
        back = desk.reversal(name, day, stream, payment_id=of.payment_id, amount_pence=pence, method_of_payment="cheque")
        desk.tell(day, back)
        line = desk.bank.book(day, stream.account, -pence, stream.says.format(ref="" if are_twins else name))
        touched += [back.reversal_id, line]
        if not are_twins:
            desk.truth.at_bank(back.reversal_id, 0, [line])
    if are_twins:
        desk.truth.plant("twin-cheques", *touched)


def transfers(desk: Desk, day: date, count: int) -> None:
    """What only the bank knows of: transfers by payers, and now and then a debit that nobody explains."""
    if not is_working_day(day):
        return
    account = desk.council.accounts["main"]
    for number in range(count):
        desk.made += 1
        desk.truth.bank_only.add(desk.bank.book(day, account, desk.pence(), f"MR PAYER {number} 61{desk.chance.randrange(10**9):09d}"))
        if desk.truth.is_due("unexplained-debit"):
            desk.truth.plant("unexplained-debit", desk.bank.book(day, account, -desk.pence(), f"SUNDRY {number}"))


BEHAVIOURS: dict[str, Behaviour] = {
    "card": cards.card, "loose": cards.card, "weekend": cards.weekend, "file": batches.file, "split": batches.split, "bag": batches.bag,
    "collection": batches.collection, "claims": batches.claims, "single": single, "cheques": cheques,
}  # fmt: skip


def month(desk: Desk) -> Iterator[tuple[date, list[Message]]]:
    """Each day, and what is heard by its end; the bank's word last. Days after the month bring what is still on its way."""
    shares = sum(stream.share for stream in desk.council.streams)
    working = sum(is_working_day(day) for day in days(FIRST, LAST))
    for day in days(FIRST, END):
        desk.truth.over |= {derived_id("feed", COUNCIL, source.name, day) for source in desk.council.pack.sources if day > LAST}
        if day <= LAST:
            for stream in desk.council.streams:
                count = stream.payments_on(day, desk.payments)
                if (behave := BEHAVIOURS.get(stream.kind)) and (count or not stream.share):
                    behave(desk, stream, day, count)
            transfers(desk, day, desk.payments * (1000 - shares) // (1000 * working))
        yield day, list(desk.told_on(day))


def by_topic(facts: list[Message]) -> Iterator[list[Message]]:
    """Runs of one topic, as they are polled."""
    for _, run in groupby(facts, attrgetter("topic")):
        yield list(run)
