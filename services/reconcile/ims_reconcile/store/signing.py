"""Keeps what was prepared and signed of days and years: the same of each, in tables of its own."""

from typing import Any

from ims_reconcile.domain.chain import Signature
from ims_reconcile.domain.year_sheet import Year
from ims_reconcile.store.days import COUNT, Day

type Asked = Day | Year
"""Whose sheet it is: council, bank account, and which day or year."""


def of_each(sql: str) -> dict[type, str]:
    """The statement for days, and for years."""
    return {Day: sql.format(kind="day"), Year: sql.format(kind="year")}


PREPARE = of_each("""INSERT INTO {kind}_prepared (evidence_sha256, previous_sha256, evidence, council, bank_account, {kind}, prepared_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING evidence_sha256""")
PREPARED = of_each("SELECT * FROM {kind}_prepared WHERE (council, bank_account, {kind}, evidence_sha256) = ($1, $2, $3, $4)")
NEWEST = of_each("""SELECT evidence_sha256, prepared_by, prepared_at FROM {kind}_prepared
  WHERE (council, bank_account, {kind}) = ($1, $2, $3) ORDER BY prepared_at DESC, evidence_sha256 LIMIT 1""")
CLOSED = of_each("""SELECT c.*, p.evidence, p.prepared_at FROM {kind}_closed c JOIN {kind}_prepared p USING (evidence_sha256)
  WHERE (c.council, c.bank_account, c.{kind}) = ($1, $2, $3)""")
CLOSE = of_each("""INSERT INTO {kind}_closed
    (council, bank_account, {kind}, evidence_sha256, previous_sha256, prepared_by, closed_by, closed_at, signed_sha256)
  SELECT council, bank_account, {kind}, evidence_sha256, previous_sha256, prepared_by, $2, $3, $4 FROM {kind}_prepared
  WHERE evidence_sha256 = $1""")

LISTED = of_each("""SELECT {kind}, evidence_sha256, previous_sha256, signed_sha256, prepared_by, closed_by, closed_at FROM {kind}_closed
  WHERE (council, bank_account) = ($1, $2) AND ($3::text IS NULL OR {kind}::text < $3) ORDER BY {kind} DESC LIMIT $4""")
# Whose statements were heard whole, up to when, and which day was closed last.
ACCOUNTS = """SELECT bank_account, max(closed_on) AS stated_on,
    (SELECT max(day) FROM day_closed c WHERE (c.council, c.bank_account) = (s.council, s.bank_account)) AS closed_on
  FROM statement s WHERE council = $1 AND is_whole AND closing_pence IS NOT NULL GROUP BY council, bank_account ORDER BY 1"""


async def accounts(connection: Any, council: str) -> list[dict[str, Any]]:
    """The council's bank accounts: the last day that a final statement is of, and the last that was closed."""
    return [dict(row) for row in await connection.fetch(ACCOUNTS, council)]


async def listed(connection: Any, of: type[Asked], account: tuple[str, str], before: str | None, most: int) -> list[dict[str, Any]]:
    """The days or years that were closed of an account (council, bank account), the newest first, before one of them."""
    return [dict(row) for row in await connection.fetch(LISTED[of], *account, before, most)]


async def prepare(connection: Any, asked: Asked, kept: tuple[str, str, str], officer: str) -> Any:
    """Freeze a sheet (its hash, the signature before, its text), and of a day what it counted; once, however often. As it is kept."""
    if await connection.fetchval(PREPARE[type(asked)], *kept, *asked, officer) and isinstance(asked, Day):
        for sql in COUNT:
            await connection.execute(sql, *asked, kept[0])
    return await prepared(connection, asked, kept[0])


async def prepared(connection: Any, asked: Asked, evidence_sha256: str) -> Any:
    """What was prepared under this hash."""
    return await connection.fetchrow(PREPARED[type(asked)], *asked, evidence_sha256)


async def newest(connection: Any, asked: Asked) -> Any:
    """Who prepared it last."""
    return await connection.fetchrow(NEWEST[type(asked)], *asked)


async def closed(connection: Any, asked: Asked) -> Any:
    """It as it was signed, with its evidence; none: it is open."""
    return await connection.fetchrow(CLOSED[type(asked)], *asked)


async def close(connection: Any, asked: Asked, signed: Signature) -> None:
    """Close it with what was prepared. Raises asyncpg.IntegrityConstraintViolationError where the database forbids it."""
    await connection.execute(CLOSE[type(asked)], signed.evidence_sha256, signed.closed_by, signed.closed_at, signed.sha256)
