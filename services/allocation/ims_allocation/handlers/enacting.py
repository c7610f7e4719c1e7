"""A decision takes effect, at once or when another person approves it; and it is undone, once. One way for payments and journals."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from ims_allocation.domain import Line, Pack, PaymentKey, written
from ims_allocation.domain.approvals import Amounts, is_same_person
from ims_allocation.domain.asked import Deciding, Journalling, Undoing
from ims_allocation.domain.journalling import given, overdrawn
from ims_allocation.domain.ledger import opposite
from ims_allocation.handlers.news import News, bring_up_to_date, lock
from ims_allocation.handlers.officers import Command, Unwelcome, refuse_changed
from ims_allocation.journey import decision_words, since
from ims_allocation.store import decisions, placements, reports
from ims_allocation.store.accounts import Key
from ims_allocation.store.decisions import Held, Share
from ims_contracts.allocations import JournalPosted
from ims_kit import Work

type Packs = Mapping[str, Pack]


def named(decision_id: UUID) -> str:
    """A decision, as a key to lock."""
    return f"decision:{decision_id}"


def proposed(command: Command, asked: Deciding | Journalling, amounts: Amounts, pack: Pack, work: Work) -> Held:
    """A decision as it is kept, and whether another person has to approve it."""
    kind = "journal" if isinstance(asked, Journalling) else "payments"
    moved, alone = amounts[:3], pack.approvals[:3]
    return Held(
        command.council, command.id, kind, None, command.content_sha256, sum(moved), pack.approvals.needs(amounts), *moved, *alone,
        amounts.overdrawn_pence, asked.reason, asked.note, command.by, work.now,
    )  # fmt: skip


async def hold(council: str, ids: Collection[UUID], shares: Collection[Share], work: Work) -> set[Key]:
    """Keep everyone else out of some decisions, and of all that touches their payments; says what that is."""
    accounts = [(council, part.account_reference) for share in shares for part in share.decided.parts]
    return await lock([*((council, named(each)) for each in ids), *accounts], [share.key for share in shares], work)


async def enact(held: Held, by: str, reached: set[Key], packs: Packs, work: Work) -> None:
    """Let a decision take effect, or the undoing of one; the locks of all that is reached are held."""
    await decisions.give(held, "in-force", by, work)
    what = held.undoes or held.decision_id
    shares = await decisions.shares(work.connection, held.council, [what])
    decided = {share.key: share.decided for share in shares}
    now = await decisions.before(work.connection, held.council, [key[1] for key in decided], what) if held.undoes else decided
    if now:
        await bring_up_to_date(News(decided={**now}), reached, packs, work)
    for lines in (await decisions.lines(work.connection, held.council, [what])).values():
        await post(held, lines, bool(shares), work)


async def post(held: Held, lines: list[Line], is_beside_payments: bool, work: Work) -> None:
    """Post a journal between accounts, or the same the other way round: today's, whenever it was decided."""
    posted = opposite(lines) if held.undoes else lines
    await placements.POST(work.connection, [placements.line_row(each, held.decision_id, held.council, work.today, None) for each in posted])
    work.tell(
        JournalPosted(
            council=held.council,
            journal_id=held.decision_id,
            reason=("credit-note" if is_beside_payments else "transfer") + ("-undone" if held.undoes else ""),
            cause_id=held.undoes or held.decision_id,
            posted_on=work.today,
            lines=written(posted),
        )
    )


async def approve(command: Command, which: tuple[UUID, str | None], packs: Packs, work: Work) -> bool:
    """Let what another person decided take effect; whether that is new. `which` is the decision, and its state when it was looked at.
    Raises Unwelcome where it may not be."""
    council, by, decision_id = command.council, command.by, which[0]
    held = await there(council, decision_id, work.connection)
    shares = await decisions.shares(work.connection, council, [held.undoes or decision_id])
    reached = await hold(council, {decision_id, held.undoes or decision_id}, shares, work)
    held = await there(council, decision_id, work.connection)
    if held.verdict == "in-force" and held.given_by and is_same_person(held.given_by, by):
        return False
    refuse_changed(which[1], held.state, decision_words(held))
    if held.verdict:
        raise Unwelcome(409, "The decision waits for no approval", f"It is {held.state}.")
    if is_same_person(held.decided_by, by):
        raise Unwelcome(403, "Who decided may not approve it", "Have another person approve it.")
    await (check_undoing(held, shares, work) if held.undoes else check_revisions(shares, 409, work))
    await enact(held, by, reached, packs, work)
    return True


async def undo(command: Command, which: tuple[UUID, str | None], undoing: Undoing, packs: Packs, work: Work) -> UUID:
    """Take a decision back, once: a proposal is withdrawn; of what is in force all payments are placed anew, and journals go back.
    What needed approval needs it again. Returns the decision to look at. Raises Unwelcome where there is nothing to undo."""
    council, decision_id = command.council, which[0]
    held = await there(council, decision_id, work.connection)
    shares = await decisions.shares(work.connection, council, [decision_id])
    reached = await hold(council, {decision_id, command.id}, shares, work)
    if known := await decisions.find(work.connection, council, command.id):
        return same(known, command).decision_id
    held = await there(council, decision_id, work.connection)
    if held.verdict == "withdrawn" and held.given_by and is_same_person(held.given_by, command.by):
        return decision_id
    refuse_changed(which[1], held.state, decision_words(held))
    if held.verdict is None:
        await decisions.give(held, "withdrawn", command.by, work)
        return decision_id
    if held.state != "in-force" or held.undoes:
        words = "It undoes another: decide anew instead." if held.undoes else f"It is {held.state}."
        raise Unwelcome(409, "There is nothing to undo", words)
    own = await undoing_of(held, command, undoing, work)
    await check_undoing(own, shares, work)
    await decisions.keep(own, (), (), work)
    if not own.needs_approval:
        await enact(own, command.by, reached, packs, work)
    return own.decision_id


async def undoing_of(held: Held, command: Command, undoing: Undoing, work: Work) -> Held:
    """The undoing of a decision, as it is kept: it needs approval if the decision did, or if what a journal gave an account is not there
    any more."""
    back = []
    if held.kind == "journal":
        back = opposite((await decisions.lines(work.connection, held.council, [held.decision_id]))[held.decision_id])
    overdrawn_pence = max(held.overdrawn_pence, await overdrawn_by(back, held.council, work))
    return held._replace(
        decision_id=command.id, kind="undo", undoes=held.decision_id, content_sha256=command.content_sha256,
        needs_approval=held.needs_approval or overdrawn_pence > 0, overdrawn_pence=overdrawn_pence, reason=undoing.reason, note=None,
        decided_by=command.by, decided_at=work.now, verdict=None, given_by=None, given_at=None,
    )  # fmt: skip


async def overdrawn_by(lines: Collection[Line], council: str, work: Work) -> int:
    """What a journal takes off accounts beyond what is on them, in pence; other journals of them wait."""
    accounts = [*given(lines)]
    await work.lock([f"{council}/journal:{account}/{reference}" for account, reference in accounts])
    return overdrawn(lines, await reports.paid_on(work.connection, council, accounts))


async def check_undoing(own: Held, shares: Collection[Share], work: Work) -> None:
    """Raises Unwelcome where it was undone already, or another decision came after it."""
    assert own.undoes, "only what undoes is asked"
    if (await there(own.council, own.undoes, work.connection)).undone_by:
        raise Unwelcome(409, "There is nothing to undo", "It is undone.")
    records = await placements.latest([share.key for share in shares], work.connection)
    later = [
        f"payment {key[1]}: undo decision {record.decided.decision_id} first"
        for key, record in records.items()
        if record.decided and record.decided.decision_id != own.undoes
    ]
    if later:
        raise Unwelcome(409, "Another decision came after it; nothing was changed", *later)


async def check_revisions(shares: Collection[Share], status: int, work: Work) -> None:
    """Raises Unwelcome where a payment is not any more what was looked at, and says what changed."""
    records = await placements.latest([share.key for share in shares], work.connection)
    stale = [share for share in shares if share.key in records and records[share.key].revision != share.revision]
    if stale:
        await refuse_stale([(share.key, share.revision) for share in stale], status, work)


async def refuse_stale(stale: Collection[tuple[PaymentKey, int]], status: int, work: Work) -> None:
    """Raises Unwelcome, with what became of each payment since the revision that was looked at."""
    reasons = []
    for key, revision in stale:
        rows, _ = await reports.story(work.connection, *key)
        reasons += [f"payment {key[1]}, {words}" for words in since([placements.record(row) for row in rows], revision)]
    raise Unwelcome(status, "A payment changed since it was looked at; nothing was decided", *reasons)


async def there(council: str, decision_id: UUID, connection: Any) -> Held:
    """A decision as it is now. Raises Unwelcome where the council has no such one."""
    if (held := await decisions.find(connection, council, decision_id)) is None:
        raise Unwelcome(404, "There is no such decision", "Look for its id in the answer to it, or in the list.")
    return held


def same(known: Held, command: Command) -> Held:
    """What was done under this key before. Raises Unwelcome where that was something else."""
    if known.content_sha256 != command.content_sha256:
        raise Unwelcome(422, "The Idempotency-Key was used for another command", "Send a new key for a new command.")
    return known
