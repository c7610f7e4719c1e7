"""Bring a service's database to the present: Alembic, with the kit's own tables created in the first step."""

import asyncio
import importlib
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

KIT_TABLES = """
CREATE TABLE heard (              -- how far each topic has been heard
  reader text, topic text, partition int, next_offset bigint NOT NULL, cluster_id text NOT NULL,
  moved_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (reader, topic, partition));
CREATE TABLE told (               -- the facts told; ids become visible in order (CACHE above 1 would break that)
  id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY, topic text NOT NULL, key text NOT NULL,
  headers text NOT NULL, body bytea NOT NULL CHECK (length(body) <= 250000), told_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE relayed (id bigint NOT NULL);   -- every fact up to this one is on its topic
INSERT INTO relayed VALUES (0);
CREATE UNIQUE INDEX relayed_is_one ON relayed ((true));
CREATE TABLE set_aside (          -- what could not be handled; a reason never quotes the record
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, reader text NOT NULL, topic text NOT NULL, partition int NOT NULL,
  "offset" bigint NOT NULL, reason text NOT NULL, key bytea, headers text NOT NULL, body bytea,
  set_aside_at timestamptz NOT NULL DEFAULT now(), retried_at timestamptz, UNIQUE (reader, topic, partition, "offset"));
-- A key may be longer than a btree takes.
CREATE INDEX set_aside_by_key ON set_aside USING hash (key) WHERE retried_at IS NULL;
-- A trigger, so that nobody can tell without the lock. It runs before the first id is drawn; the lock is let go after
-- the commit is visible. So whoever sees an id has seen, or will never see, every lower one.
CREATE FUNCTION take_telling_lock() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN PERFORM pg_advisory_xact_lock(1, 0); RETURN NULL; END';
CREATE TRIGGER told_in_commit_order BEFORE INSERT ON told FOR EACH STATEMENT EXECUTE FUNCTION take_telling_lock();
"""


def execute_sql(op: Any, sql: str) -> None:
    """Run several statements at once, in the migration's transaction."""
    connection: Connection = op.get_bind()
    connection.execute(text("SELECT 1"))  # begins the transaction, which the driver's own call would not
    raw: Any = connection.connection.dbapi_connection
    raw.run_async(lambda driver: driver.execute(sql))


def create_kit_tables(op: Any) -> None:
    """What the kit keeps in every service's database: heard, told, relayed, set_aside."""
    execute_sql(op, KIT_TABLES)


def run_migrations(metadata: MetaData) -> None:
    """The whole of a service's `migrations/env.py`."""
    url = context.config.attributes["url"].replace("postgresql://", "postgresql+asyncpg://", 1)
    asyncio.run(apply(url, metadata))


async def apply(url: str, metadata: MetaData) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(apply_on, metadata)
    await engine.dispose()


def apply_on(connection: Connection, metadata: MetaData) -> None:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(4, 0)"))  # two processes may start at once
        context.run_migrations()


async def migrate(url: str, package: str) -> None:
    """Bring the database at `url` to the newest version of a package's migrations."""
    config = Config()
    place = importlib.import_module(package).__path__[0]
    config.set_main_option("script_location", str(Path(place)).replace("%", "%%"))
    config.attributes["url"] = url
    # Alembic runs its own event loop in env.py, so it needs a thread without one.
    await asyncio.to_thread(command.upgrade, config, "head")
