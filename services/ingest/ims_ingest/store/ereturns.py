"""E-returns: what was entered, and who submitted, approved or voided it."""

from typing import Any, NamedTuple
from uuid import UUID

from ims_ingest.domain.ereturns import EReturn
from ims_ingest.store.tables import EReturn as EReturnRow
from ims_kit import Insert, Work

# Only what nobody has submitted yet is written over.
ENTER = Insert(
    EReturnRow,
    "council number bag_number state body total_pence entered_by submitted_by changed_at",
    returning="number",
    conflict="(council, number) DO UPDATE SET bag_number = excluded.bag_number, state = excluded.state, body = excluded.body,"
    " total_pence = excluded.total_pence, entered_by = excluded.entered_by, submitted_by = excluded.submitted_by,"
    " changed_at = excluded.changed_at WHERE e_return.state = 'new'",
)
FIND = "SELECT body, state, approved_by, voided_by, file_id FROM e_return WHERE council = $1 AND number = $2"
BAG = "SELECT number FROM e_return WHERE council = $1 AND bag_number = $2 AND number <> $3 AND state <> 'voided'"
LISTED = """SELECT body, state, approved_by, voided_by, file_id FROM e_return WHERE council = $1 AND number > $2
    AND ($3::text IS NULL OR state = $3) AND ($4::text IS NULL OR body::json ->> 'template' = $4)
    AND ($5::text IS NULL OR lower($5) IN (lower(entered_by), lower(submitted_by), lower(approved_by), lower(voided_by)))
  ORDER BY number LIMIT $6"""
APPROVE = """UPDATE e_return SET state = 'authorised', approved_by = $3, file_id = $4, changed_at = $5
  WHERE council = $1 AND number = $2 AND state = 'submitted'"""
VOID = """UPDATE e_return SET state = 'voided', voided_by = $3, changed_at = $4
  WHERE council = $1 AND number = $2 AND state IN ('new', 'submitted')"""


class Held(NamedTuple):
    """An e-return as it is remembered."""

    ereturn: EReturn
    state: str
    approved_by: str | None
    voided_by: str | None
    file_id: UUID | None


async def find(connection: Any, council: str, number: str, and_hold: str = "") -> Held | None:
    """The e-return of this number; none where there is none."""
    found = await connection.fetchrow(FIND + and_hold, council, number)
    return None if found is None else Held(EReturn.model_validate_json(found[0]), *found[1:])


async def page(connection: Any, council: str, after: str, asked: tuple[str | None, ...], count_max: int) -> list[Held]:
    """A council's e-returns by number, from behind one: of a state, of a template, that a person had to do with."""
    rows = await connection.fetch(LISTED, council, after, *asked, count_max)
    return [Held(EReturn.model_validate_json(row[0]), *row[1:]) for row in rows]


async def hold(council: str, number: str, work: Work) -> Held | None:
    """The same, and nobody else changes it before this transaction ends."""
    return await find(work.connection, council, number, " FOR UPDATE")


async def hold_with_bag(council: str, ereturn: EReturn, work: Work) -> Held | None:
    """The same, and nobody else enters one of its number or takes its bag: neither may be there yet."""
    await work.lock([f"e-return/{council}/{ereturn.number}", f"bag/{council}/{ereturn.bag_number}"])
    return await hold(council, ereturn.number, work)


async def with_bag(council: str, ereturn: EReturn, work: Work) -> str | None:
    """Another e-return whose bag has this number."""
    found: str | None = await work.connection.fetchval(BAG, council, ereturn.bag_number, ereturn.number)
    return found


async def enter(council: str, ereturn: EReturn, state: str, work: Work) -> None:
    """Keep a new e-return, or what one says now that nobody has submitted yet."""
    body, people = ereturn.model_dump_json(exclude_none=True), (ereturn.entered_by, ereturn.submitted_by)
    row = (council, ereturn.number, ereturn.bag_number, state, body, ereturn.total_pence, *people, work.now)
    assert await ENTER(work.connection, [row]), "what was submitted is written over"


async def approve(council: str, number: str, approved_by: str, file_id: UUID, work: Work) -> None:
    moved = await work.connection.execute(APPROVE, council, number, approved_by, file_id, work.now)
    assert moved == "UPDATE 1", "an e-return is approved that is not submitted"


async def void(council: str, number: str, voided_by: str, work: Work) -> None:
    moved = await work.connection.execute(VOID, council, number, voided_by, work.now)
    assert moved == "UPDATE 1", "an e-return is voided that is authorised, or voided already"
