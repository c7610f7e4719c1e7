"""Move what is proved at the bank out of clearing."""

from uuid import uuid5

from ims_allocation.domain import lines_of, written
from ims_allocation.store import placements
from ims_contracts.allocations import JournalPosted
from ims_contracts.reconciliations import PaymentReconciled
from ims_kit import Refused, Work


async def on_reconciliations(heard: list[PaymentReconciled], work: Work) -> None:
    """Journal each page once: bank and fees are debited what clearing is credited."""
    pages = {(page.council, page.match_id, page.page): page for page in heard}
    for page in pages.values():
        if page.gross_pence != page.fee_pence + page.net_pence:
            raise Refused("a page of proof whose gross is not its fee and net together")
    rows = [(*key, uuid5(page.match_id, str(page.page)), page.gross_pence) for key, page in sorted(pages.items())]
    fresh = {tuple(row) for row in await placements.PAGE(work.connection, rows)}
    lines = []
    for (council, match_id, number), page in pages.items():
        if (match_id, number) in fresh:
            journal, moved = uuid5(match_id, str(number)), lines_of(page)
            lines += [placements.line_row(line, journal, council, work.today, None) for line in moved]
            work.tell(posted(page, work), because=page)
    await placements.POST(work.connection, lines)


def posted(page: PaymentReconciled, work: Work) -> JournalPosted:
    return JournalPosted(
        council=page.council,
        journal_id=uuid5(page.match_id, str(page.page)),
        reason="reconciled",
        cause_id=page.match_id,
        posted_on=work.today,
        lines=written(lines_of(page)),
    )
