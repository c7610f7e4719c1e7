"""What back offices said of the lines of runs: each line's verdict once, and what is told of it."""

from collections import Counter
from itertools import batched
from typing import NamedTuple
from uuid import UUID

from ims_contracts.notifications import PostingAcknowledged, RejectedLine
from ims_kit import Work
from ims_notify.domain.answering import Verdict
from ims_notify.domain.postings import FileDestination
from ims_notify.store import alerts, run_reports

REJECTED_MAX = 500
"""How many rejected lines one fact carries."""

HOLD = """SELECT r.run_id, r.credit_count + r.debit_count, r.credit_pence - r.debit_pence
FROM run r JOIN run_delivery d USING (run_id)
WHERE r.council = $1 AND r.destination = $2 AND NOT r.is_test AND r.number = $3 FOR UPDATE OF d"""

# One look by its key for each line that is answered: joined, the planner may go through the whole run for each, where it was not
# analysed since it was made.
CONTRADICTED = """SELECT n.sequence FROM unnest($4::int[], $5::bool[], $6::text[]) AS n (sequence, is_accepted, reason), LATERAL (
  SELECT a.is_accepted, a.reason FROM run_answer a
  WHERE a.council = $1 AND a.destination = $2 AND a.number = $3 AND a.sequence = n.sequence OFFSET 0) AS said
WHERE (said.is_accepted, said.reason) <> (n.is_accepted, n.reason) ORDER BY 1"""

# The line itself has to be there: what was never sent has no amount.
KEEP = """INSERT INTO run_answer (council, destination, number, sequence, amount_pence, is_accepted, reason, revision)
SELECT $1, $2, $3, n.sequence, (
  SELECT l.amount_pence FROM posting_line l WHERE l.council = $1 AND l.destination = $2 AND l.number = $3 AND l.sequence = n.sequence),
  n.is_accepted, n.reason, $7
FROM unnest($4::int[], $5::bool[], $6::text[]) AS n (sequence, is_accepted, reason)
ON CONFLICT DO NOTHING RETURNING sequence, amount_pence, is_accepted"""

KEEP_REST = """INSERT INTO run_answer (council, destination, number, sequence, amount_pence, is_accepted, reason, revision)
SELECT council, destination, number, sequence, amount_pence, true, '', $4 FROM posting_line
WHERE council = $1 AND destination = $2 AND number = $3 ON CONFLICT DO NOTHING RETURNING sequence, amount_pence, is_accepted"""

ANSWERED = "UPDATE run_delivery SET acknowledged_at = $2 WHERE run_id = $1 AND acknowledged_at IS NULL"

REVISION = "SELECT coalesce(max(revision), 0) FROM run_answer WHERE council = $1 AND destination = $2 AND number = $3"

LINES = """SELECT n.sequence, l.* FROM unnest($4::int[]) AS n (sequence), LATERAL (
  SELECT payment_id, fund, nullif(account_reference, '') AS account_reference, amount_pence, revision, journal_id, line_id
  FROM posting_line l
  WHERE l.council = $1 AND l.destination = $2 AND l.number = $3 AND l.sequence = n.sequence OFFSET 0) AS l ORDER BY 1"""


class Sent(NamedTuple):
    """A run that is answered."""

    run_id: UUID
    line_count: int
    net_pence: int


class Said(NamedTuple):
    """An answer to one run."""

    number: int
    verdicts: list[Verdict]
    is_rest_accepted: bool
    """Whether what it does not name is accepted."""


async def hold(to: FileDestination, number: int, work: Work) -> Sent | None:
    """A live run, and nobody else keeps an answer to it meanwhile."""
    row = await work.connection.fetchrow(HOLD, to.council, to.name, number)
    return Sent(*row) if row else None


async def contradicted(to: FileDestination, said: Said, work: Work) -> list[int]:
    """The lines of which another thing was said before."""
    rows = await work.connection.fetch(CONTRADICTED, to.council, to.name, said.number, *columns(said.verdicts))
    return [row[0] for row in rows]


def columns(verdicts: list[Verdict]) -> tuple[list[int], list[bool], list[str]]:
    return [each.sequence for each in verdicts], [each.is_accepted for each in verdicts], [each.reason for each in verdicts]


async def keep(to: FileDestination, run: Sent, said: Said, work: Work) -> int:
    """Keep what is new, and tell it; returns of how many lines it is."""
    key = (to.council, to.name, said.number)
    revision = await work.connection.fetchval(REVISION, *key) + 1
    so_far = Counter(await run_reports.answered(work.connection, to, said.number))
    before = so_far["accepted_count"] + so_far["rejected_count"]
    pages = pages_of(said.verdicts)
    for number, page in enumerate(pages, 1):
        new = await work.connection.fetch(KEEP, *key, *columns(page), revision)
        if said.is_rest_accepted and number == len(pages):
            new += await work.connection.fetch(KEEP_REST, *key, revision)
        if new:
            for _, amount_pence, is_accepted in new:
                verdict = "accepted" if is_accepted else "rejected"
                so_far[f"{verdict}_count"] += 1
                so_far[f"{verdict}_pence"] += amount_pence
            rows = await work.connection.fetch(LINES, *key, [row[0] for row in new if not row[2]])
            reasons = {each.sequence: each.reason for each in page}
            rejected = [RejectedLine.model_validate(dict(row) | {"reason": reasons[row[0]]}) for row in rows]
            fact = acknowledged(to, run, (said.number, revision, so_far), rejected, work)
            work.tell(fact)
            await alerts.sound([fact], work)
            revision += 1
    answered = so_far["accepted_count"] + so_far["rejected_count"]
    if answered == run.line_count:
        await work.connection.execute(ANSWERED, run.run_id, work.now)
    return answered - before


def pages_of(verdicts: list[Verdict]) -> list[list[Verdict]]:
    """Where many are rejected, each fact carries some of them, and has a revision of its own; the last has all that are accepted."""
    pages = [[*page] for page in batched((each for each in verdicts if not each.is_accepted), REJECTED_MAX)] or [[]]
    pages[-1] += [each for each in verdicts if each.is_accepted]
    return pages


def acknowledged(
    to: FileDestination, run: Sent, what: tuple[int, int, Counter[str]], rejected: list[RejectedLine], work: Work
) -> PostingAcknowledged:
    """What a run's answers come to by this revision, with the lines that are newly rejected."""
    number, revision, so_far = what
    return PostingAcknowledged(
        council=to.council, run_id=run.run_id, revision=revision, destination=to.name, number=number, sent_count=run.line_count,
        sent_pence=run.net_pence, acknowledged_on=work.today, rejected=rejected, **so_far,
    )  # fmt: skip
