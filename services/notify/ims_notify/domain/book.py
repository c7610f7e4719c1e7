"""A run of the ledger in the making: whole journals, line by line or summed, and what they come to by day and account."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from ims_notify.domain.ledger import Entry, Summed, nothing, summed_by, vat_apart
from ims_notify.domain.writing import Writer


class Book:
    """Takes journals and gives a writer its lines. Take all of them, then end it."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.entry_ids: list[UUID] = []
        self.by_account: dict[tuple[date, str], list[int]] = defaultdict(lambda: [0, 0])
        """Debits and credits of each accounting day and ledger account, as journals say them, however they are written."""
        self.sums: dict[Summed, Entry] = {}
        self.fitting: set[tuple[object, ...]] = set()

    def take(self, journal: Sequence[Entry]) -> None:
        """Add a journal. Raises Unfit, and then nothing of it is in the run."""
        layout = self.writer.layout
        told = [each for entry in journal for each in vat_apart(entry)] if layout.vat == "apart" else journal
        if layout.summed:
            self.add(told)
        else:
            self.writer.take_whole(told)
        for entry in journal:
            self.by_account[entry.posted_on, entry.ledger_account][not entry.is_debit] += abs(entry.amount_pence)
        assert journal[0].entry_id, "what waits is of a journal"
        self.entry_ids.append(journal[0].entry_id)

    def add(self, told: Sequence[Entry]) -> None:
        """Add lines to their sums. Raises Unfit where one could not be written, and then none is added."""
        new = dict[Summed, Entry]()
        for entry in told:
            key = summed_by(entry)
            so_far = new.get(key) or self.sums.get(key) or nothing(key)
            new[key] = so_far._replace(
                vat_pence=so_far.vat_pence + entry.vat_pence,
                amount_pence=so_far.amount_pence + entry.amount_pence,
                line_count=so_far.line_count + 1,
            )
        for key, summed in new.items():
            self.check(key, summed)
        self.sums |= new

    def check(self, key: tuple[object, ...], summed: Entry) -> None:
        """Whether a sum can be written: where one of as many digits could, this one can. Raises Unfit."""
        like = (*key, *(len(str(number)) for number in (summed.vat_pence, summed.amount_pence, summed.line_count)))
        if like not in self.fitting:
            self.writer.texts_of((1, summed))
            self.fitting.add(like)

    def end(self) -> None:
        """Write the sums, in the order of what they are summed by; and see that debits are credits."""
        for _, summed in sorted(self.sums.items()):
            self.writer.take(summed)
        totals = self.writer.totals
        assert totals.debit_pence == totals.credit_pence, "journals sum to nothing, so whole ones do"
