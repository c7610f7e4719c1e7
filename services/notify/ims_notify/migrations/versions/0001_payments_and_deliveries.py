"""What may be told of payments, how holders are written to, and every delivery."""

from alembic import op

from ims_kit.migrations import create_kit_tables, execute_sql

revision = "0001"
down_revision = None

TABLES = """
-- Two topics write a payment's row, in either order: room for the second on the same page spares the index.
CREATE TABLE payment (
  council text NOT NULL, payment_id uuid NOT NULL,
  heard_revision int NOT NULL DEFAULT 0, heard_on date, channel text, paid_on date, receipt_id uuid, email text, reference text,
  placed_revision int NOT NULL DEFAULT 0, outcome text, fund text, account_reference text, account_references text,
  amount_pence bigint, refund_due_pence bigint NOT NULL DEFAULT 0, balance_pence bigint, next_due_on date,
  PRIMARY KEY (council, payment_id),
  CHECK (heard_revision = 0 OR (heard_on IS NOT NULL AND channel IS NOT NULL AND paid_on IS NOT NULL)),
  CHECK (placed_revision = 0 OR (outcome IS NOT NULL AND amount_pence IS NOT NULL))
) WITH (fillfactor = 60);

CREATE TABLE contact (
  council text NOT NULL, fund text NOT NULL, account_reference text NOT NULL,
  revision bigint NOT NULL, email text, language text NOT NULL, vat_code text NOT NULL,
  PRIMARY KEY (council, fund, account_reference));

CREATE TABLE seeker (
  council text NOT NULL, fund text NOT NULL, account_reference text NOT NULL, payment_id uuid NOT NULL,
  PRIMARY KEY (council, fund, account_reference, payment_id));

CREATE TABLE delivery (
  delivery_id uuid PRIMARY KEY, council text NOT NULL, payment_id uuid NOT NULL,
  channel text NOT NULL CHECK (channel IN ('email', 'webhook')), destination text NOT NULL, revision int NOT NULL,
  state text NOT NULL DEFAULT 'due' CHECK (state IN ('waiting', 'due', 'delivered', 'failed', 'no-contact')),
  attempts int NOT NULL DEFAULT 0, since timestamptz NOT NULL, due_at timestamptz NOT NULL, finished_at timestamptz,
  amount_pence bigint, facts jsonb, reason text NOT NULL DEFAULT '',
  UNIQUE (council, payment_id, channel, destination, revision)
) WITH (fillfactor = 70);
CREATE INDEX delivery_due ON delivery (channel, destination, due_at) WHERE state = 'due';
CREATE INDEX delivery_failed ON delivery (council, finished_at) WHERE state = 'failed';
"""


def upgrade() -> None:
    create_kit_tables(op)
    execute_sql(op, TABLES)
