"""What was learned of payers: by which decision, who confirmed it, who revoked it; and what of it counts."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from ims_allocation.domain import PAYER_KNOWN, PAYER_LEARNED, Change, Pack, Paid, PaymentKey, lesson, payer_key
from ims_kit import Work

LEARN = """INSERT INTO payer (council, learning_id, payer, fund, account_reference, decision_id, payment_id, learned_by, learned_at)
  SELECT new.*, d.decided_by, $8 FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[])
    AS new (council, learning_id, payer, fund, account_reference, decision_id, payment_id) JOIN decision d USING (council, decision_id)
  ON CONFLICT DO NOTHING"""
STEP = """INSERT INTO payer_step (council, learning_id, step, payer, learned_by, given_by, reason, given_at)
  SELECT p.council, p.learning_id, $3, p.payer, p.learned_by, $4, $5, $6 FROM payer p
  WHERE p.council = $1 AND p.learning_id = ANY($2::uuid[]) ON CONFLICT DO NOTHING RETURNING learning_id"""

# A decision counts while it is its payment's last in force: undone or replaced, it teaches nothing; in force again, it does.
IS_TAUGHT = """p.decision_id = (SELECT d.decision_id FROM decided d JOIN verdict v USING (council, decision_id)
    WHERE d.council = p.council AND d.payment_id = p.payment_id AND v.verdict = 'in-force' AND NOT EXISTS (
      SELECT FROM verdict u WHERE u.council = d.council AND u.undoes = d.decision_id AND u.verdict = 'in-force')
    ORDER BY d.revision DESC LIMIT 1)"""
REVOKED = "SELECT FROM payer_step r WHERE r.council = p.council AND r.learning_id = p.learning_id AND r.step = 'revoked'"
CONFIRMED = f"""SELECT p.council, p.payer, p.fund, p.account_reference, true AS is_confirmed
  FROM unnest($1::text[], $2::text[]) AS asked (council, payer) JOIN payer_step c USING (council, payer)
    JOIN payer p USING (council, learning_id)
  WHERE c.step = 'confirmed' AND NOT EXISTS ({REVOKED}) AND {IS_TAUGHT}"""  # noqa: S608 - our own words
# Of who pays for very many, the last things learned are enough to suggest.
LEARNED = f"""SELECT p.council, p.payer, p.fund, p.account_reference, false
  FROM unnest($1::text[], $2::text[]) AS asked (council, payer) CROSS JOIN LATERAL (SELECT p.* FROM payer p
    WHERE p.council = asked.council AND p.payer = asked.payer ORDER BY p.learned_at DESC LIMIT 20) AS p
  WHERE NOT EXISTS ({REVOKED}) AND {IS_TAUGHT}"""  # noqa: S608

HELD = f"""SELECT p.*, d.reason AS learned_because, c.given_by AS confirmed_by, c.given_at AS confirmed_at, c.reason AS confirmed_because,
    r.given_by AS revoked_by, r.given_at AS revoked_at, r.reason AS revoked_because,
    CASE WHEN r.given_by IS NOT NULL THEN 'revoked' WHEN NOT coalesce({IS_TAUGHT}, false) THEN 'taken-back'
      WHEN c.given_by IS NOT NULL THEN 'confirmed' ELSE 'learned' END AS state
  FROM payer p JOIN decision d USING (council, decision_id)
    LEFT JOIN payer_step c ON c.council = p.council AND c.learning_id = p.learning_id AND c.step = 'confirmed'
    LEFT JOIN payer_step r ON r.council = p.council AND r.learning_id = p.learning_id AND r.step = 'revoked'"""  # noqa: S608
FIND = f"{HELD} WHERE p.council = $1 AND p.learning_id = $2"
OF_PAYMENT = f"{HELD} WHERE p.council = $1 AND p.payment_id = $2 ORDER BY p.learned_at, p.learning_id"
ALIKE = "SELECT learning_id FROM payer WHERE council = $1 AND payer = $2 AND fund = $3 AND account_reference = $4"
# What a payment in suspense minds includes its payer's key.
WEIGH_AGAIN = """INSERT INTO weigh_again (council, payment_id) SELECT council, payment_id FROM interest JOIN suspense_item
  USING (council, payment_id) WHERE council = $1 AND key = $2 ON CONFLICT DO NOTHING"""
TAKE_AGAIN = """DELETE FROM weigh_again WHERE (council, payment_id) IN (
    SELECT council, payment_id FROM weigh_again ORDER BY council, payment_id LIMIT $1 FOR UPDATE SKIP LOCKED)
  RETURNING council, payment_id"""
LISTED = {
    "state": "state = {}",
    "fund": "fund = {}",
    "account_reference": "account_reference = {}",
    "payment_id": "payment_id = {}",
    "by": "lower(learned_by) = lower({})",
    "before": "(learned_at, learning_id) < ({}, {})",
}


class Held(NamedTuple):
    """What was learned, and what became of it."""

    council: str
    learning_id: UUID
    payer: str
    fund: str
    account_reference: str
    decision_id: UUID
    payment_id: UUID
    learned_by: str
    learned_at: datetime
    learned_because: str
    confirmed_by: str | None
    confirmed_at: datetime | None
    confirmed_because: str | None
    revoked_by: str | None
    revoked_at: datetime | None
    revoked_because: str | None
    state: str
    """`learned`, `confirmed`, `revoked`; `taken-back` while its decision is not the one in force."""


async def learn(changes: Collection[Change], packs: Mapping[str, Pack], work: Work) -> None:
    """Remember what people's decisions teach of payers."""
    after = {change.after.key: change.after for change in changes if change.after.decided != change.before.decided}
    found = [learned for record in after.values() if (learned := lesson(record, packs[record.council]))]
    if found:
        await work.connection.execute(LEARN, *zip(*found, strict=True), work.now)


async def paid(asked: Collection[tuple[str, str]], connection: Any, with_learned: bool) -> dict[tuple[str, str], Paid]:
    """What some payers (council, digest) are known to pay; where that is asked for, also what one person alone says."""
    known: dict[tuple[str, str], dict[tuple[str, str, str], str]] = {}
    if asked:
        columns = tuple(zip(*asked, strict=True))
        rows = await connection.fetch(f"{LEARNED} UNION ALL {CONFIRMED}" if with_learned else CONFIRMED, *columns)
        for council, payer, fund, reference, is_confirmed in sorted(rows, key=lambda row: row[4]):
            known.setdefault((council, payer), {})[council, fund, reference] = PAYER_KNOWN if is_confirmed else PAYER_LEARNED
    return {**known}


async def find(connection: Any, council: str, learning_id: UUID) -> Held | None:
    """What was learned, and what became of it."""
    row = await connection.fetchrow(FIND, council, learning_id)
    return Held(*row) if row else None


async def of_payment(connection: Any, council: str, payment_id: UUID) -> list[Held]:
    """All that decisions of a payment taught of its payer, in order."""
    return [Held(*row) for row in await connection.fetch(OF_PAYMENT, council, payment_id)]


async def confirm(held: Held, by: str, reason: str, work: Work) -> None:
    """Keep that another person says so too (the database holds that it is another), and list what is in suspense of that payer, to be
    weighed anew."""
    await work.connection.execute(STEP, held.council, [held.learning_id], "confirmed", by, reason, work.now)
    await work.connection.execute(WEIGH_AGAIN, held.council, payer_key(held.payer))


async def take_again(count_max: int, work: Work) -> set[PaymentKey]:
    """Take some payments off the list of those to be weighed anew; nobody else has them meanwhile."""
    return {tuple(row) for row in await work.connection.fetch(TAKE_AGAIN, count_max)}


async def revoke(held: Held, by: str, reason: str, work: Work) -> None:
    """Keep that it is not so, whichever decisions said it."""
    rows = await work.connection.fetch(ALIKE, held.council, held.payer, held.fund, held.account_reference)
    await work.connection.execute(STEP, held.council, [row[0] for row in rows], "revoked", by, reason, work.now)


async def page(connection: Any, council: str, asked: Mapping[str, Any], count_max: int) -> list[Held]:
    """The newest things learned of which all that is asked holds; `before` is the last one of the page before."""
    wheres, values = ["council = $1"], [council]
    for name, value in asked.items():
        if value is not None:
            each = value if isinstance(value, tuple) else (value,)
            wheres.append(LISTED[name].format(*(f"${len(values) + at}" for at in range(1, len(each) + 1))))
            values += each
    found = f"SELECT * FROM ({HELD}) AS held WHERE {' AND '.join(wheres)} ORDER BY learned_at DESC, learning_id DESC LIMIT {int(count_max)}"  # noqa: S608
    return [Held(*row) for row in await connection.fetch(found, *values)]
