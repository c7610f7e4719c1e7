"""What back offices said of the lines of runs: each line's verdict once, and what is told of it."""

from itertools import batched
from typing import NamedTuple
from uuid import UUID

from ims_contracts.notifications import PostingAcknowledged, RejectedLine
from ims_kit import Work
from ims_notify.domain.answering import Verdict
from ims_notify.domain.postings import FileDestination
from ims_notify.store import run_reports

REJECTED_MAX = 500
"""How many rejected lines one fact carries."""

HOLD = """SELECT r.run_id, r.credit_count + r.debit_count, r.credit_pence - r.debit_pence
FROM run r JOIN run_delivery d USING (run_id)
WHERE r.council = $1 AND r.destination = $2 AND NOT r.is_test AND r.number = $3 FOR UPDATE OF d"""

CONTRADICTED = """SELECT a.sequence FROM unnest($4::int[], $5::bool[], $6::text[]) AS n (sequence, is_accepted, reason)
JOIN run_answer a ON a.council = $1 AND a.destination = $2 AND a.number = $3 AND a.sequence = n.sequence
WHERE (a.is_accepted, a.reason) <> (n.is_accepted, n.reason) ORDER BY 1"""

KEEP = """INSERT INTO run_answer (council, destination, number, sequence, is_accepted, reason, revision)
SELECT $1, $2, $3, n.*, $7 FROM unnest($4::int[], $5::bool[], $6::text[]) AS n ON CONFLICT DO NOTHING RETURNING sequence"""

KEEP_REST = """INSERT INTO run_answer (council, destination, number, sequence, is_accepted, reason, revision)
SELECT council, destination, number, sequence, true, '', $4 FROM posting_line WHERE council = $1 AND destination = $2 AND number = $3
ON CONFLICT DO NOTHING RETURNING sequence"""

REVISION = "SELECT coalesce(max(revision), 0) FROM run_answer WHERE council = $1 AND destination = $2 AND number = $3"

REJECTED = """SELECT sequence, l.payment_id, l.fund, l.account_reference, l.amount_pence, a.reason
FROM run_answer a JOIN posting_line l USING (council, destination, number, sequence)
WHERE a.council = $1 AND a.destination = $2 AND a.number = $3 AND NOT a.is_accepted AND a.sequence = ANY($4) ORDER BY 1"""


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
    # Where many are rejected, each fact carries some of them, and has a revision of its own.
    rejected = [each for each in said.verdicts if not each.is_accepted]
    accepted = [each for each in said.verdicts if each.is_accepted]
    kept = 0
    pages = [[*page] for page in batched(rejected, REJECTED_MAX)] or [[]]
    pages[-1] += accepted
    for number, page in enumerate(pages, 1):
        new = [row[0] for row in await work.connection.fetch(KEEP, *key, *columns(page), revision)]
        if said.is_rest_accepted and number == len(pages):
            new += [row[0] for row in await work.connection.fetch(KEEP_REST, *key, revision)]
        if new:
            work.tell(await acknowledged(to, run, (said.number, revision, new), work))
            kept, revision = kept + len(new), revision + 1
    return kept


async def acknowledged(to: FileDestination, run: Sent, what: tuple[int, int, list[int]], work: Work) -> PostingAcknowledged:
    """What a run's answers come to now, with the lines that are newly rejected."""
    number, revision, new = what
    rows = await work.connection.fetch(REJECTED, to.council, to.name, number, new)
    come_to = await run_reports.answered(work.connection, to, number)
    return PostingAcknowledged(
        council=to.council, run_id=run.run_id, revision=revision, destination=to.name, number=number, sent_count=run.line_count,
        sent_pence=run.net_pence, acknowledged_on=work.today, rejected=[RejectedLine.model_validate(dict(row)) for row in rows], **come_to,
    )  # fmt: skip
