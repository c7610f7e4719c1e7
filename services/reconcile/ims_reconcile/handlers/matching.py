"""Looks at what is open, again and again: pairs lines with files, submits what only the bank knows, opens and closes breaks."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from ims_kit import Service, Work
from ims_reconcile.domain import (
    Decisions,
    Fault,
    Horizon,
    Item,
    Line,
    Member,
    Pack,
    Pairing,
    Remittance,
    Settlement,
    Statement,
    changes,
    failure_fault,
    is_whole,
    items_of,
    late_line_fault,
    line_faults,
    match,
    match_alike,
    member_faults,
    remittance_faults,
    settlement_faults,
    statement_faults,
    without_named,
)
from ims_reconcile.handlers.absences import absences
from ims_reconcile.handlers.telling import (
    break_closed,
    break_opened,
    pages_of,
    payment_from_bank,
    reversal_told_by_file,
)
from ims_reconcile.handlers.touching import touched
from ims_reconcile.settings import Settings
from ims_reconcile.store import causes, matches, members, open_items, outcomes, outstanding, pages, put_right
from ims_reconcile.store.turns import heard_so_far, take_turn

# Without anything new heard, absence is still judged now and then: time alone makes an item late.
LOOK_ANYWAY_SECONDS = 30


class Opened(NamedTuple):
    """All that is open."""

    lines: list[Line]
    statements: list[Statement]
    settlements: list[Settlement]
    members: list[Member]
    remittances: list[Remittance]
    singles: list[Item]
    failed: list[Item]
    """Payouts that their providers say failed."""

    def items(self, pack: Pack) -> list[Item]:
        """What should now be seen at the bank: whole, not matched yet, and of some amount."""
        return items_of(self.settlements, self.remittances, pack) + self.singles


async def keep_matching(service: Service, settings: Settings, pack: Pack) -> None:
    """Reconcile for as long as the service runs, and never more than a fifth of the time: what is new as soon as it is heard, and all
    that is open, once more, for at most a twentieth."""
    pace, looks = Pace(), {"new": reconcile_new, "all": reconcile}
    while True:
        began = time.monotonic()
        heard = await heard_so_far(service.pool)
        if due := pace.due(heard, began):
            await look(service, looks[due], pack, settings.grace_seconds)
            pace.looked(due, heard, (began, time.monotonic()))
        await asyncio.sleep(max(settings.match_pause_seconds, 4 * (time.monotonic() - began)))


class Pace:
    """When to look at what, by what was heard so far and by a clock in seconds."""

    def __init__(self) -> None:
        self.seen = self.seen_all = -1
        self.all_again_at, self.anyway_at = 0.0, 0.0

    def due(self, heard: int, now: float) -> Literal["new", "all"] | None:
        if now >= self.all_again_at and (heard != self.seen_all or now >= self.anyway_at):
            return "all"
        return "new" if heard != self.seen else None

    def looked(self, what: Literal["new", "all"], heard: int, times: tuple[float, float]) -> None:
        """After a look at what had been heard when it began: a look at all that is open waits nineteen times as long as it took."""
        began, ended = times
        self.seen = heard
        if what == "all":
            self.seen_all, self.anyway_at = heard, began + LOOK_ANYWAY_SECONDS
            self.all_again_at = ended + 19 * (ended - began)


async def look(service: Service, looking: Callable[[Work, Pack, float], Awaitable[bool]], pack: Pack, grace_seconds: float) -> None:
    """Look once, and tell what came of it."""
    async with service.begin() as work:
        is_mine = await looking(work, pack, grace_seconds)
    while is_mine:
        async with service.begin() as work:
            is_mine = await tell_pages(work)


async def reconcile_new(work: Work, pack: Pack, grace_seconds: float = 0) -> bool:
    """A look at what is new and what it touches: pairs what all that is open would not pair otherwise. False as below. It costs the
    same however much is open; what is broken, and what whole days and small sums make, is for the next look at all."""
    connection = work.connection
    if not await take_turn(connection):
        return False
    await outcomes.write_answered(connection)
    found = await touched(connection, pack, work.now - timedelta(seconds=grace_seconds))
    lines, items = found.lines.values(), found.items.values()
    await members.tie(connection, [item.item_id for item in items if item.kind == "settlement"])
    await carry_out(work, match_alike(lines, items, pack, await open_items.parted(connection, list(lines))), pack)
    await outcomes.write_flag(connection, "remittance", "is_whole", [item.item_id for item in items if item.kind == "remittance"])
    return True


async def reconcile(work: Work, pack: Pack, grace_seconds: float = 0) -> bool:
    """A look at all that is open. False if another process is looking: only one at a time decides."""
    connection = work.connection
    if not await take_turn(connection):
        return False
    await outcomes.write_answered(connection)
    await put_right.put_right(connection)
    fresh_since = work.now - timedelta(seconds=grace_seconds)
    opened = await load(connection, pack, fresh_since)
    parted = await open_items.parted(connection, opened.lines)
    decisions = match(opened.lines, opened.items(pack), pack, parted, await open_items.paid(connection, opened.lines))
    pairings = await carry_out(work, decisions, pack)
    await flag(work, opened, {item.item_id for pairing in pairings for item in pairing.items})
    horizon = await open_items.horizon(connection)
    found = faults(opened, decisions, pairings, horizon, pack)
    found += map(late_line_fault, await open_items.late_lines(connection))
    await judge(work, found + await absences(connection, horizon, pack, fresh_since))
    await outstanding.sweep(connection)
    return True


async def carry_out(work: Work, decisions: Decisions, pack: Pack) -> list[Pairing]:
    """Write and tell what becomes of the lines; returns the pairings that stand."""
    connection = work.connection
    pairings = await matches.without_settled(connection, decisions.pairings)
    await matches.write_pairings(connection, pairings, pack)
    await undo_payments_from_bank(work, pairings)
    await submit_payments_from_bank(work, decisions)
    await outcomes.write_awaiting(connection, decisions.awaiting)
    await outcomes.write_weighed(connection, [*decisions.ambiguous, *decisions.unexplained])
    return pairings


async def load(connection: Any, pack: Pack, fresh_since: datetime) -> Opened:
    """Everything that is open, and the lines from the bank that a file may yet explain."""
    await members.tie(connection, await members.untied(connection))
    settlements = await open_items.open_settlements(connection, fresh_since)
    complete = [each.settlement_id for each in settlements if each.heard_pages == each.page_count]
    lines = await open_items.open_lines(connection, fresh_since)
    opened = Opened(
        lines,
        await open_items.open_statements(connection),
        settlements,
        await members.open_members(connection, fresh_since, complete),
        await open_items.open_remittances(connection, fresh_since),
        await open_items.open_singles(connection, lines, pack),
        await open_items.failed_payouts(connection),
    )
    lines.extend(await open_items.lines_from_bank(connection, fresh_since, opened.items(pack)))
    return opened


async def submit_payments_from_bank(work: Work, decisions: Decisions) -> None:
    """Submit each credit that no source explains as a payment, once."""
    rows = await outcomes.take_from_bank(work.connection, [line.line_id for (line,) in decisions.from_bank])
    await outcomes.write_submitted(work.connection, "payment", [(row["line_id"], row["council"]) for row in rows])
    because = await causes.of_lines(work.connection, [row["line_id"] for row in rows])
    for row in rows:
        work.tell(payment_from_bank(row, work.today), because=because.get(row["line_id"]))


async def undo_payments_from_bank(work: Work, pairings: list[Pairing]) -> None:
    """Where a file explains a line that had been taken for a payment of its own, submit that payment's reversal, once."""
    lines = [line for pairing in pairings for line in pairing.lines if line.is_from_bank]
    await outcomes.write_submitted(work.connection, "reversal", [(line.line_id, line.council) for line in lines])
    because = await causes.of_lines(work.connection, [line.line_id for line in lines])
    for line in lines:
        work.tell(reversal_told_by_file(line), because=because.get(line.line_id))


async def flag(work: Work, opened: Opened, matched: set[UUID]) -> None:
    """Say what need not be looked at again."""
    connection = work.connection
    statements = [each for each in opened.statements if is_whole(each)]
    await outcomes.write_flag(connection, "statement", "is_whole", [each.statement_id for each in statements])
    here = [each for each in statements if not (each.pages and each.pages.missing)]
    proved = [each.statement_id for each in here if not statement_faults(each, Horizon({}))]
    await outcomes.write_flag(connection, "statement", "is_done", proved)
    disagreed = {member.settlement_id for member in opened.members}
    agreed = [each for each in opened.settlements if is_whole(each) and each.settlement_id not in disagreed]
    await outcomes.write_flag(connection, "settlement", "is_agreed", [each.settlement_id for each in agreed])
    done = [s.settlement_id for s in agreed if s.is_matched or s.settlement_id in matched or not s.net_pence]
    await outcomes.write_flag(connection, "settlement", "is_done", done)
    files = [each for each in opened.remittances if is_whole(each) and not each.is_refused]
    await outcomes.write_flag(connection, "remittance", "is_whole", [each.remittance_id for each in files])
    done = [r.remittance_id for r in files if r.is_matched or r.remittance_id in matched or not r.net_pence]
    await outcomes.write_flag(connection, "remittance", "is_done", done)


def faults(opened: Opened, decisions: Decisions, pairings: list[Pairing], horizon: Horizon, pack: Pack) -> list[Fault]:
    """All that is broken among what is open, after these pairings."""
    matched = {item.item_id for pairing in pairings for item in pairing.items}
    settled_elsewhere = {item.item_id for pairing in decisions.pairings for item in pairing.items} - matched
    found = [fault for each in opened.statements for fault in statement_faults(each, horizon)]
    found += [fault for each in opened.members for fault in member_faults(each, horizon)]
    found += [failure_fault(each) for each in opened.failed]
    not_missed = matched | {each.item_id for each in opened.failed}
    for settlement in opened.settlements:
        is_matched = settlement.is_matched or settlement.settlement_id in not_missed
        found += settlement_faults(settlement._replace(is_matched=is_matched), horizon, pack)
    for each in opened.remittances:
        remittance = each._replace(
            is_matched=each.is_matched or each.remittance_id in matched,
            is_settled_elsewhere=each.is_settled_elsewhere or each.remittance_id in settled_elsewhere,
        )
        found += remittance_faults(remittance, horizon, pack)
    named = line_faults(decisions, horizon, pack)
    return without_named(found, named) + named


async def judge(work: Work, found: list[Fault]) -> None:
    """Open what is newly broken, close what is mended."""
    known = await open_items.breaks(work.connection, [fault.break_id for fault in found])
    changed = changes(known, found)
    ends = await put_right.ends(work.connection, [mended.break_id for mended, _ in changed.closed])
    await outcomes.write_breaks(work.connection, changed, [end.reason for end in ends], work.today)
    because = await causes.of_lines(work.connection, [fault.subject_id for fault, _ in changed.opened])
    for fault, revision in changed.opened:
        work.tell(break_opened(fault, revision), because=because.get(fault.subject_id))
    for (mended, revision), end in zip(changed.closed, ends, strict=True):
        work.tell(break_closed(mended, revision, work.today, end.reason), because=end.because)


async def tell_pages(work: Work) -> bool:
    """Tell the next pages of what was matched; False if there is nothing left to tell, or another process tells."""
    if not await take_turn(work.connection):
        return False
    untold = await pages.untold(work.connection)
    because = await causes.of_lines(work.connection, {each.match["line_id"] for each in untold})
    for each in untold:
        for page in pages_of(each):
            work.tell(page, because=because.get(each.match["line_id"]))
    return bool(untold)
