"""The queue of suspense: what is in it now, whose it is, and what was written to it."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from ims_allocation.domain import Change, PaymentKey, Record
from ims_allocation.store.tables import SuspenseNoteRow
from ims_kit import Insert, Work

LEAVE = """DELETE FROM suspense_item USING unnest($1::text[], $2::uuid[]) AS gone (council, payment_id)
  WHERE suspense_item.council = gone.council AND suspense_item.payment_id = gone.payment_id"""
# An item is as old as the stay it is in: a release that was undone ends none.
ENTER = """INSERT INTO suspense_item (council, payment_id, revision, kind, reason, amount_pence, method_of_payment, channel, decided_on,
    since_on, words, owner, area)
  SELECT new.council, new.payment_id, new.revision, new.kind, new.reason, new.amount_pence, new.method, new.channel, new.decided_on,
    coalesce(stay.began_on, new.since_on), upper(concat_ws(' ', typed.reference, typed.narrative, new.candidates)), whose.owner, whose.area
  FROM unnest($1::text[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::date[], $10::date[],
    $11::text[]) AS new (council, payment_id, revision, kind, reason, amount_pence, method, channel, decided_on, since_on, candidates)
  LEFT JOIN typed USING (council, payment_id)
  LEFT JOIN LATERAL (SELECT owner, area FROM suspense_note n WHERE n.council = new.council AND n.payment_id = new.payment_id
    AND n.kind = 'assign' ORDER BY note_number DESC LIMIT 1) AS whose ON true
  LEFT JOIN LATERAL (SELECT min(p.posted_on) AS began_on FROM placement p WHERE new.revision > 1 AND p.council = new.council
    AND p.payment_id = new.payment_id AND p.suspended_pence <> 0 AND p.revision > coalesce((SELECT max(o.revision) FROM placement o
      WHERE o.council = p.council AND o.payment_id = p.payment_id AND o.suspended_pence = 0 AND NOT EXISTS (SELECT FROM verdict u
        WHERE u.council = o.council AND u.undoes = (o.details -> 'placement' ->> 'decision_id')::uuid AND u.verdict = 'in-force')), 0)
    ) AS stay ON true
  ON CONFLICT (council, payment_id) DO UPDATE SET revision = excluded.revision, kind = excluded.kind, reason = excluded.reason,
    amount_pence = excluded.amount_pence, method_of_payment = excluded.method_of_payment, channel = excluded.channel,
    decided_on = excluded.decided_on, words = excluded.words"""
WAITED = """SELECT council, payment_id FROM suspense_item WHERE council = $1 AND reason = 'account-awaited' AND since_on <= $2
  ORDER BY since_on, payment_id LIMIT $3"""
NOTE = Insert(SuspenseNoteRow, "council note_id payment_id kind owner area note given_by given_at")
ASSIGN = "UPDATE suspense_item SET owner = $3, area = $4 WHERE council = $1 AND payment_id = $2"
FIND = """SELECT i.*, t.reference AS typed, t.narrative FROM suspense_item i LEFT JOIN typed t USING (council, payment_id)
  WHERE i.council = $1 AND i.payment_id = $2"""
KNOWN_NOTE = "SELECT * FROM suspense_note WHERE council = $1 AND note_id = $2"
NOTES = """SELECT kind, owner, area, note, given_by, given_at FROM suspense_note
  WHERE council = $1 AND payment_id = $2 ORDER BY note_number"""

ASKED = {
    "reason": "i.reason = {}",
    "owner": "i.owner = {}",
    "is_owned": "(i.owner IS NOT NULL) = {}",
    "area": "i.area = {}",
    "method": "i.method_of_payment = {}",
    "amount_min": "i.amount_pence >= {}",
    "amount_max": "i.amount_pence <= {}",
    "since_until": "i.since_on <= {}",
    "since_after": "i.since_on > {}",
    "text": "i.words LIKE {}",
}
SORTS = {"since": ("since_on", ">", ""), "-since": ("since_on", "<", " DESC"), "amount": ("amount_pence", ">", ""),
         "-amount": ("amount_pence", "<", " DESC")}  # fmt: skip


class Note(NamedTuple):
    """What is written to an item; or whose it is from now on."""

    council: str
    note_id: UUID
    payment_id: UUID
    kind: str
    owner: str | None
    area: str | None
    note: str | None
    given_by: str


async def follow(changes: Collection[Change], work: Work) -> None:
    """Bring the queue up to date with what became of payments, each as it is after the last of these changes."""
    now = dict(sorted(((change.after.key, change.after) for change in changes), key=lambda each: (each[0][0], each[0][1].int)))
    gone = [key for key, record in now.items() if not suspended(record)]
    if gone:
        await work.connection.execute(LEAVE, *zip(*gone, strict=True))
    if there := [item(record, work) for record in now.values() if suspended(record)]:
        await work.connection.execute(ENTER, *zip(*there, strict=True))


def suspended(record: Record) -> int:
    assert record.placement, "what is recorded has been placed"
    return record.placement.suspended_pence


def item(record: Record, work: Work) -> tuple[Any, ...]:
    placed, payment = record.placement, record.payment
    assert placed, "what is recorded has been placed"
    how = (payment.method_of_payment, payment.channel, payment.decided_on) if payment else (None,) * 3
    candidates = " ".join(reference for _, reference in payment.reading.candidates) if payment else ""
    what = (placed.reason or placed.outcome, placed.suspended_pence)
    return (record.council, record.payment_id, record.revision, record.kind, *what, *how, work.today, candidates)


async def is_known(note: Note, work: Work) -> bool:
    """Whether it was written before. Raises ValueError where something else was, under the same id."""
    known = await work.connection.fetchrow(KNOWN_NOTE, *note[:2])
    if known and tuple(known[name] for name in Note._fields) != note:
        raise ValueError("another note has this id")
    return known is not None


async def write(note: Note, work: Work) -> None:
    """Write a note, or assign an item that is in suspense."""
    await NOTE(work.connection, [(*note, work.now)])
    if note.kind == "assign":
        await work.connection.execute(ASSIGN, note.council, note.payment_id, note.owner, note.area)


async def waited(connection: Any, council: str, until: date, count_max: int) -> set[PaymentKey]:
    """Payments that have waited for their account since this day or before it, the longest first."""
    return {tuple(row) for row in await connection.fetch(WAITED, council, until, count_max)}


async def find(connection: Any, key: PaymentKey) -> Any:
    """An item of suspense, if it is in it, with what was typed."""
    return await connection.fetchrow(FIND, *key)


async def notes(connection: Any, key: PaymentKey) -> list[dict[str, Any]]:
    """What was written to a payment while it was in suspense, in order."""
    return [dict(row) for row in await connection.fetch(NOTES, *key)]


class Asked(NamedTuple):
    """Which items are wanted, in which order, after which one, and how many at most."""

    council: str
    wanted: Mapping[str, Any]
    sort: str = "since"
    after: tuple[Any, UUID] | None = None
    count_max: int = 100


async def page(connection: Any, asked: Asked) -> list[Any]:
    """The items, with what was typed, and the records of their payments to read suggestions from."""
    column, beyond, order = SORTS[asked.sort]
    where, values = condition(asked)
    if asked.after:
        where += f" AND (i.{column}, i.payment_id) {beyond} (${len(values) + 1}, ${len(values) + 2})"
        values += asked.after
    # A text that is rarely found would have every item looked up in the order of the index: the fence has the table read once.
    fence = "OFFSET 0" if asked.wanted.get("text") else ""
    found: list[Any] = await connection.fetch(
        f"""SELECT i.*, t.reference AS typed, t.narrative FROM (
            SELECT * FROM (SELECT i.* FROM suspense_item i WHERE {where} {fence}) AS wanted
            ORDER BY {column}{order}, payment_id{order} LIMIT {int(asked.count_max)}
          ) AS i LEFT JOIN typed t USING (council, payment_id) ORDER BY {column}{order}, payment_id{order}""",  # noqa: S608 - our own words
        *values,
    )
    return found


async def totals(connection: Any, asked: Asked) -> tuple[int, int]:
    """How many items there are of these, on all pages, and what they come to in pence."""
    where, values = condition(asked)
    row = await connection.fetchrow(
        f"SELECT count(*), coalesce(sum(amount_pence), 0)::bigint FROM suspense_item i WHERE {where}",  # noqa: S608 - our own words
        *values,
    )
    return row[0], row[1]


def condition(asked: Asked) -> tuple[str, list[Any]]:
    """What is wanted as SQL, and its values."""
    wheres, values = ["i.council = $1"], [asked.council]
    for name, value in asked.wanted.items():
        if value is not None:
            values.append(value)
            wheres.append(ASKED[name].format(f"${len(values)}"))
    return " AND ".join(wheres), values


def anywhere(text: str) -> str:
    """A pattern that finds a text anywhere in what was typed, in capitals or not."""
    plain = text.upper().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"
