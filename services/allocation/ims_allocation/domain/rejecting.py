"""What a back office does not take: the money leaves its account for suspense, until a person decides."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from ims_allocation.domain.ledger import journal_id
from ims_allocation.domain.payments import Part, Record, Rejection

CODE_LENGTH_MAX = 64


class ToldLine(NamedTuple):
    """The account that a line of a run was of, and what it told: a revision of its payment, or else a journal. Where neither is said, the
    payment as it is."""

    fund: str
    account_reference: str
    revision: int | None
    journal_id: UUID | None


def reason_of(words: str) -> str:
    """Why it is in suspense, as a code that none of ours can be."""
    return f"rejected:{words.strip() or 'no reason given'}"[:CODE_LENGTH_MAX]


def is_still_there(line: ToldLine, story: Sequence[Record]) -> bool:
    """Whether money of the payment has been on the account ever since the line told it. If it left meanwhile, the line is settled by
    those that came after it, each of which has an answer of its own."""
    is_named = line.revision is not None or line.journal_id is not None
    told = [record for record in story if is_of(line, record)] if is_named else story[-1:]
    since = [record for record in story if record.revision >= told[0].revision] if told else []
    account = line.fund, line.account_reference
    return bool(since) and all(record.placement and account in accounts_of(record.placement.parts) for record in since)


def is_of(line: ToldLine, record: Record) -> bool:
    """Whether a line was told with this revision of its payment."""
    return line.revision == record.revision or (line.revision is None and line.journal_id == journal_id(record))


def accounts_of(parts: Iterable[Part]) -> set[tuple[str, str]]:
    return {part[:2] for part in parts if part.amount_pence > 0}


def off_accounts(parts: Sequence[Part], rejections: Sequence[Rejection]) -> tuple[Part, ...]:
    """What is left on each account, without what was rejected there."""
    rejected = Counter[tuple[str, str]]()
    for each in rejections:
        rejected[each.fund, each.account_reference] += each.amount_pence
    left = []
    for part in parts:
        off = max(0, min(part.amount_pence, rejected[part[:2]]))
        rejected[part[:2]] -= off
        left.append(part._replace(amount_pence=part.amount_pence - off))
    return tuple(part for part in left if part.amount_pence)


def off_penalties(shares: Sequence[Part], rejections: Sequence[Rejection]) -> tuple[Part, ...]:
    """The shares of penalties that none was rejected of: what a penalty cost cannot be said where parking does not know it."""
    rejected = {(each.fund, each.account_reference) for each in rejections}
    return tuple(share for share in shares if share[:2] not in rejected)
