"""Versions of councils' packs: proposed by one person, approved by another, kept for ever."""

import hashlib
import json
from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from ims_allocation.domain.editions.edition import Edition
from ims_allocation.store.tables import PackApprovalRow, PackVersionRow
from ims_kit import Insert, Work

BEGINNING = date(1900, 1, 1)
OPERATOR = "operator"
"""Who proposed a first version: whoever set IMS_COUNCIL_PACK."""

PROPOSE = Insert(
    PackVersionRow,
    "council version content content_sha256 effective_on is_first proposed_by proposed_at reason command_id",
    returning="version",
)
APPROVE = Insert(PackApprovalRow, "council version proposed_by approved_by approved_at effective_on compared_with", returning="version")

VERSIONS = """SELECT v.council, v.version, v.number, v.content_sha256, coalesce(a.effective_on, v.effective_on) AS effective_on, v.is_first,
    v.proposed_by, v.proposed_at, v.reason, a.approved_by, a.approved_at
  FROM pack_version v LEFT JOIN pack_approval a USING (council, version)"""
CURRENT = "SELECT council, version, effective_on FROM ({}) AS v WHERE is_first OR approved_at IS NOT NULL ORDER BY {}".format(  # noqa: S608
    VERSIONS, "council, effective_on, approved_at NULLS FIRST, number"
)
LISTED = f"""{VERSIONS} WHERE council = $1 AND ($2::bigint IS NULL OR number < $2)
    AND ($3::bool IS NULL OR $3 = (is_first OR approved_at IS NOT NULL))
  ORDER BY number DESC LIMIT $4"""
CONTENTS = """SELECT council, version, content FROM pack_version
  JOIN unnest($1::text[], $2::text[]) AS asked (council, version) USING (council, version)"""


class Version(NamedTuple):
    """A version as it is kept, without its content."""

    council: str
    version: str
    number: int
    content_sha256: str
    effective_on: date
    is_first: bool
    proposed_by: str
    proposed_at: datetime
    reason: str
    approved_by: str | None
    approved_at: datetime | None

    @property
    def is_approved(self) -> bool:
        return self.is_first or self.approved_at is not None


class Due(NamedTuple):
    """An approved version, and the day from which it is in force."""

    council: str
    version: str
    effective_on: date


class Proposal(NamedTuple):
    """A version that somebody proposes."""

    edition: Edition
    effective_on: date
    proposed_by: str
    reason: str
    command_id: UUID | None = None


def content_of(edition: Edition) -> str:
    return json.dumps(edition.said, ensure_ascii=False)


def sha256_of(edition: Edition) -> str:
    """Of the content, however its fields were ordered."""
    return hashlib.sha256(json.dumps(edition.said, sort_keys=True).encode()).hexdigest()


async def keep_first(editions: Collection[Edition], work: Work) -> None:
    """Keep the operator's pack of every council that has none: for whoever is first."""
    for edition in editions:
        if not await work.connection.fetchval("SELECT EXISTS (SELECT FROM pack_version WHERE council = $1)", edition.council):
            await PROPOSE(work.connection, [row(Proposal(edition, BEGINNING, OPERATOR, "the first version"), work, is_first=True)])


async def propose(proposal: Proposal, work: Work) -> bool:
    """Keep a version. Says whether it is new; one of that name may be there already."""
    return bool(await PROPOSE(work.connection, [row(proposal, work)]))


def row(proposal: Proposal, work: Work, is_first: bool = False) -> tuple[Any, ...]:
    edition, effective_on, by, reason, command_id = proposal
    return (
        *(edition.council, edition.version, content_of(edition), sha256_of(edition)),
        *(effective_on, is_first, by, work.now, reason, command_id),
    )


async def approve(version: Version, by: str, compared_with: str, work: Work) -> bool:
    """Bring a version into force, on its day or today. Says whether that is new."""
    effective_on = max(version.effective_on, work.today)
    row = version.council, version.version, version.proposed_by, by, work.now, effective_on, compared_with
    return bool(await APPROVE(work.connection, [row]))


async def find(council: str, version: str, connection: Any) -> Version | None:
    found = await connection.fetchrow(f"{VERSIONS} WHERE council = $1 AND version = $2", council, version)
    return Version(*found) if found else None


async def of_command(council: str, command_id: UUID, connection: Any) -> str | None:
    """The version that a command proposed, if it did."""
    found = await connection.fetchval("SELECT version FROM pack_version WHERE council = $1 AND command_id = $2", council, command_id)
    return str(found) if found else None


async def listed(council: str, before: int | None, is_approved: bool | None, page: tuple[Any, int]) -> list[Version]:
    """Versions of a council, the newest first, from before a number; `page` is the connection and how many."""
    connection, count_max = page
    return [Version(*found) for found in await connection.fetch(LISTED, council, before, is_approved, count_max)]


async def due(connection: Any) -> list[Due]:
    """Every approved version, in the order in which they come into force; of two of one day the one approved last comes last."""
    return [Due(*found) for found in await connection.fetch(CURRENT)]


async def contents(versions: Collection[tuple[str, str]], connection: Any) -> dict[tuple[str, str], str]:
    """What versions (council, version) say."""
    found = await connection.fetch(CONTENTS, *zip(*versions, strict=True)) if versions else []
    return {(council, version): content for council, version, content in found}
