"""Where each payment is: placements only grow, and the first row of a payment is the inbox that takes it once."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from ims_allocation.domain import Change, Coded, Line, Part, Payment, PaymentKey, Placement, Reading, Record, journal_id
from ims_allocation.store.accounts import Key
from ims_allocation.store.suspense import follow
from ims_allocation.store.tables import InterestRow, LedgerLineRow, PlacementRow, ReconciledPageRow, TypedRow
from ims_contracts.payments import PaymentReceived
from ims_kit import Insert, Work

PLACE = Insert(
    PlacementRow,
    """council payment_id revision kind heard_revision amount_pence reversed_pence refunded_pence method_of_payment channel
    decided_on paid_at outcome reason rule rule_version fund account_reference allocated_pence refund_due_pence suspended_pence
    posted_on details tag vat_code cost_centre""",
    returning="council payment_id",
)
POST = Insert(
    LedgerLineRow, "journal_id council posted_on ledger_account account_reference payment_id amount_pence vat_code vat_pence cost_centre"
)
MIND = Insert(InterestRow, "council key payment_id")
TYPED = Insert(
    TypedRow,
    "council payment_id heard_revision reference narrative",
    conflict="""(council, payment_id) DO UPDATE SET heard_revision = excluded.heard_revision, reference = excluded.reference,
      narrative = excluded.narrative WHERE typed.heard_revision < excluded.heard_revision""",
)
PAGE = Insert(ReconciledPageRow, "council match_id page journal_id gross_pence", returning="match_id page")

BEFORE = """SELECT council, payment_id FROM placement
  JOIN unnest($1::text[], $2::uuid[]) AS asked (council, payment_id) USING (council, payment_id) WHERE revision = 1"""
# All else of a plain payment's first row is as the table has it by default.
PLAIN = """council payment_id heard_revision amount_pence method_of_payment channel decided_on paid_at fund account_reference rule_version
  vat_code cost_centre allocated_pence posted_on"""
SIDE = "journal_id council posted_on payment_id ledger_account amount_pence account_reference vat_code cost_centre"

LATEST = """SELECT DISTINCT ON (council, payment_id) p.* FROM placement p
  JOIN unnest($1::text[], $2::uuid[]) AS asked (council, payment_id) USING (council, payment_id)
  ORDER BY council, payment_id, revision DESC"""
# All that touches one another: the accounts that payments may be for, the other payments that may be for those, and so on.
# What a text could mean ties an account to the payment, and not one payment to another: else a sequence would be one knot.
REACH = """WITH RECURSIVE reach (council, key) AS (
    SELECT * FROM unnest($1::text[], $2::text[])
  UNION SELECT council, key FROM interest JOIN unnest($3::text[], $4::uuid[]) AS asked (council, payment_id) USING (council, payment_id)
    WHERE key NOT LIKE 'near:%'
  UNION (
    WITH so_far AS (SELECT * FROM reach)
    SELECT theirs.council, theirs.key FROM so_far
      JOIN interest mine USING (council, key) JOIN interest theirs USING (council, payment_id) WHERE theirs.key NOT LIKE 'near:%'))
  SELECT council, key FROM reach"""
MINDING = """SELECT DISTINCT council, payment_id FROM interest
  JOIN unnest($1::text[], $2::text[]) AS asked (council, key) USING (council, key)"""

WHOLE = TypeAdapter(Record)


async def reach(keys: Collection[Key], payments: Collection[PaymentKey], work: Work) -> set[Key]:
    """Every account and vehicle that bears on these, or on a payment that bears on them."""
    rows = await work.connection.fetch(REACH, *columns(keys), *columns(payments))
    return {tuple(row) for row in rows}


async def minding(keys: Collection[Key], work: Work) -> set[PaymentKey]:
    """The payments that mind what becomes of these accounts and vehicles."""
    rows = await work.connection.fetch(MINDING, *columns(keys))
    return {tuple(row) for row in rows}


async def latest(payments: Collection[PaymentKey], connection: Any) -> dict[PaymentKey, Record]:
    """The payments that are known, each as it was last recorded."""
    rows = await connection.fetch(LATEST, *columns(payments))
    return {(row["council"], row["payment_id"]): record(row) for row in rows}


def columns(pairs: Collection[tuple[Any, Any]]) -> tuple[Sequence[Any], Sequence[Any]]:
    return tuple(zip(*pairs, strict=True)) or ((), ())  # type: ignore[return-value]


def record(row: Any) -> Record:
    """A payment from its row: from the whole of it where that is kept, else from the columns of a plain payment."""
    if row["details"] is not None:
        return WHOLE.validate_json(row["details"])
    payment = Payment(
        heard_revision=row["heard_revision"],
        amount_pence=row["amount_pence"],
        method_of_payment=row["method_of_payment"],
        channel=row["channel"],
        decided_on=row["decided_on"],
        paid_at=row["paid_at"],
        reading=Reading(candidates=((row["fund"], row["account_reference"]),)),
    )
    part = Part(row["fund"], row["account_reference"], row["amount_pence"], row["vat_code"], cost_centre=row["cost_centre"])
    placement = Placement(row["outcome"], row["rule"], (part,), coded=(Coded(part.fund, part.vat_code, part.cost_centre),))
    return Record(row["council"], row["payment_id"], payment, revision=row["revision"], placement=placement)


class Plain(NamedTuple):
    """A payment for one running account, in whose income is no VAT, and which nothing else bears on."""

    payment: PaymentReceived
    payment_id: str
    """As text, which is what is wanted of it most."""
    fund: str
    account_reference: str
    decided_on: date
    rule_version: str
    vat_code: str
    cost_centre: str | None


async def place_plain(plain: Sequence[Plain], posted_on: date, work: Work) -> set[PaymentKey]:
    """Place and post all that are new, and say which were known before: as a rule none, so that is looked for only where one was."""
    if not plain:
        return set()
    try:
        async with work.connection.transaction():
            await copy(plain, posted_on, work)
    except asyncpg.UniqueViolationError:
        rows = await work.connection.fetch(BEFORE, *columns([(each.payment.council, each.payment_id) for each in plain]))
        before: set[PaymentKey] = {tuple(row) for row in rows}
        await copy([each for each in plain if (each.payment.council, each.payment.payment_id) not in before], posted_on, work)
        return before
    return set()


async def copy(plain: Sequence[Plain], posted_on: date, work: Work) -> None:
    """Write them by COPY, which is half the work of an insert at the server."""
    await work.connection.copy_records_to_table("placement", records=first_rows(plain, posted_on), columns=PLAIN.split())
    await work.connection.copy_records_to_table("ledger_line", records=sides(plain, posted_on), columns=SIDE.split())


def first_rows(plain: Iterable[Plain], posted_on: date) -> Iterator[tuple[Any, ...]]:
    for p, payment_id, fund, reference, day, version, vat_code, centre in plain:
        pence = p.amount_pence
        yield (
            p.council, payment_id, p.revision, pence, p.method_of_payment, p.channel, day, p.paid_at, fund, reference, version,
            vat_code, centre, pence, posted_on,
        )  # fmt: skip


def sides(plain: Iterable[Plain], posted_on: date) -> Iterator[tuple[Any, ...]]:
    """Both sides of each payment's journal, which has the payment's name."""
    for p, id_, fund, reference, _, _, vat_code, centre in plain:
        council, pence = p.council, p.amount_pence
        yield id_, council, posted_on, id_, f"clearing:{p.method_of_payment}", pence, None, None, None
        yield id_, council, posted_on, id_, f"fund:{fund}", -pence, reference, vat_code, centre


async def keep(changes: Sequence[Change], versions: dict[str, str], work: Work) -> None:
    """Record what became of payments, and post its journals, a statement each."""
    rows = [row(change, versions[change.after.council], work) for change in changes]
    kept = await PLACE(work.connection, sorted(rows, key=lambda each: (each[0], each[1].int, each[2])))
    if len(kept) < len(rows):
        # Only a plain payment is placed without a lock, as its first revision: it came at this moment. All begins again, and sees it.
        raise asyncpg.SerializationError("a payment was placed while what went back of it was taken in")
    await POST(work.connection, [each for change in changes for each in posted(change, work)])
    await follow(changes, work)


async def mind(interests: Iterable[tuple[str, str, UUID]], work: Work) -> None:
    """Remember which payments mind what becomes of an account or vehicle."""
    await MIND(work.connection, sorted(set(interests), key=lambda each: (each[0], each[1], each[2].int)))


def posted(change: Change, work: Work) -> list[tuple[Any, ...]]:
    after, today = change.after, work.today
    payment_id = None if after.is_orphan else after.payment_id
    return [line_row(line, journal_id(after), after.council, today, payment_id) for line in change.lines]


def line_row(line: Line, journal: UUID, council: str, posted_on: Any, payment_id: UUID | None) -> tuple[Any, ...]:
    where = line.ledger_account, line.account_reference
    return journal, council, posted_on, *where, payment_id, *line[2:]


def new_tag(change: Change) -> str | None:
    """The tag of what the evidence placed, on the first row that says so: once is enough to look at it."""
    was, now = change.before.placement, change.after.placement
    tag = now.evidence.tag if now and now.evidence else None
    return None if was and was.evidence and was.evidence.tag == tag else tag


def row(change: Change, version: str, work: Work) -> tuple[Any, ...]:
    """One revision of a payment as its row: what is counted in columns, and the whole of it."""
    record = change.after
    placed, payment = record.placement, record.payment
    assert placed, "only what has been placed is recorded"
    facts: tuple[Any, ...] = (0, 0)
    if payment:
        facts = payment.heard_revision, payment.amount_pence
    causes = (*record.applied, *record.pending)
    backs = [sum(cause.amount_pence for cause in causes if cause.kind == kind) for kind in ("reversal", "refund")]
    how = (payment.method_of_payment, payment.channel, payment.decided_on, payment.paid_at) if payment else (None,) * 4
    part = placed.parts[0] if len(placed.parts) == 1 else None
    return (
        *(record.council, record.payment_id, record.revision, record.kind, *facts, *backs, *how),
        *(placed.outcome, placed.reason, placed.rule, placed.version(version), part.fund if part else None),
        *(part.account_reference if part else None, placed.allocated_pence, placed.refund_due_pence, placed.suspended_pence),
        *(work.today, WHOLE.dump_json(record).decode(), new_tag(change), *((part.vat_code, part.cost_centre) if part else (None, None))),
    )
