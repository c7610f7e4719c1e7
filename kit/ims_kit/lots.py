"""Sums of tables that only grow, quick however much there is: what a statement inserts is a lot, and its lot is unswept until a sweep has
added it to the sums. Whoever asks reads the sums and the lots that are unswept, in one statement. A lot is seen with its rows, whichever
transaction commits first; to go by a number or a time would miss who commits late."""

from typing import Any

from ims_kit.migrations import execute_sql

LOTS = """
CREATE TABLE unswept (lot bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE FUNCTION begin_lot() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE fresh bigint;
  BEGIN
    INSERT INTO unswept DEFAULT VALUES RETURNING lot INTO fresh;
    PERFORM set_config('ims.lot', fresh::text, true);
    RETURN NULL;
  END $$;
-- Not volatile, or COPY would go row by row.
CREATE FUNCTION this_lot() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$SELECT current_setting('ims.lot')::bigint$$;
"""
# The newest pages, which unswept lots are on, cost this index nothing until they are summarised.
IN_LOTS = """CREATE INDEX {table}_of_lot ON {table} USING brin (lot) WITH (pages_per_range = 32, autosummarize = on);
CREATE TRIGGER {table}_in_lots BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION begin_lot();"""
UNSWEPT = "lot >= (SELECT min(lot) FROM unswept) AND lot IN (SELECT lot FROM unswept)"
"""Condition of a row that no sum has yet."""
TAKE = "taken AS (DELETE FROM unswept RETURNING lot)"
"""The first part of a sweep, which is one statement: takes the lots that are to be added to the sums. Nobody else takes the same."""
TAKEN = "lot >= (SELECT min(lot) FROM taken) AND lot IN (SELECT lot FROM taken)"
"""Condition of a row that is being swept."""
COUNT = "SELECT count(*) FROM unswept"
LOTS_MAX = 100
"""So many are left to gather, for whoever asks to read: what has come and gone by the time of the sweep is never written."""


def create_lots(op: Any) -> None:
    """What there must be before tables that have `lot bigint NOT NULL DEFAULT this_lot()`."""
    execute_sql(op, LOTS)


def keep_in_lots(op: Any, *tables: str) -> None:
    """Give all that a statement inserts into one of these tables a lot of its own."""
    for table in tables:
        execute_sql(op, IN_LOTS.format(table=table))


async def is_due(connection: Any, most: int = LOTS_MAX) -> bool:
    """Whether more lots than so many are unswept."""
    count: int = await connection.fetchval(COUNT)
    return count > most
