"""Accounts, placements and the ledger."""

from alembic import op

from ims_kit.migrations import create_kit_tables, execute_sql

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE account (            -- what back offices told; nothing of whose account it is
  council text, account_reference text, fund text, revision bigint NOT NULL, status text NOT NULL, stages jsonb NOT NULL,
  balance_pence bigint, instalment_pence bigint, second_keys jsonb NOT NULL, issued_on date,
  PRIMARY KEY (council, account_reference, fund));
CREATE INDEX account_second_keys ON account USING gin (second_keys) WHERE second_keys <> '[]';
CREATE TABLE owed (               -- every amount that an account of a fund without check digits ever owed
  council text, account_reference text, fund text, amount_pence bigint,
  PRIMARY KEY (council, account_reference, fund, amount_pence));
CREATE TABLE placement (          -- where each payment is, revision by revision; the highest holds
  council text, payment_id uuid, revision int CHECK (revision > 0), kind text NOT NULL, heard_revision int NOT NULL,
  amount_pence bigint NOT NULL, reversed_pence bigint NOT NULL, refunded_pence bigint NOT NULL,
  method_of_payment text, channel text, decided_on date, paid_at timestamptz,
  outcome text NOT NULL, reason text, rule text NOT NULL, rule_version text NOT NULL, fund text, account_reference text,
  allocated_pence bigint NOT NULL, refund_due_pence bigint NOT NULL CHECK (refund_due_pence >= 0), suspended_pence bigint NOT NULL,
  posted_on date NOT NULL, details jsonb,
  PRIMARY KEY (council, payment_id, revision),
  CONSTRAINT no_penny_is_lost
    CHECK (amount_pence - reversed_pence - refunded_pence = allocated_pence + refund_due_pence + suspended_pence));
CREATE INDEX placement_suspended ON placement (council, posted_on) WHERE suspended_pence <> 0;
CREATE TABLE interest (           -- the payments whose placement may change when this account, or another payment of it, does
  council text, key text, payment_id uuid, PRIMARY KEY (council, key, payment_id));
CREATE INDEX interest_of_payment ON interest (council, payment_id);
CREATE TABLE typed (              -- what a payer typed that was not simply a reference, for whoever looks at suspense; may be deleted
  council text, payment_id uuid, heard_revision int NOT NULL, reference text, narrative text, PRIMARY KEY (council, payment_id));
CREATE TABLE ledger_line (        -- found by its day (a narrow index that costs the hot path nothing), then by its payment
  line_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, journal_id uuid NOT NULL, council text NOT NULL,
  posted_on date NOT NULL, ledger_account text NOT NULL, account_reference text, payment_id uuid, amount_pence bigint NOT NULL);
CREATE INDEX ledger_line_posted_on ON ledger_line USING brin (posted_on) WITH (pages_per_range = 32);
CREATE TABLE reconciled_page (    -- the pages of proof at the bank that have been journalled
  council text, match_id uuid, page int, journal_id uuid NOT NULL, gross_pence bigint NOT NULL, PRIMARY KEY (council, match_id, page));
CREATE TABLE pack_version (       -- what finance proposed, as it was written
  council text, version text, number bigint GENERATED ALWAYS AS IDENTITY, content text NOT NULL, content_sha256 text NOT NULL,
  effective_on date NOT NULL, is_first boolean NOT NULL, proposed_by text NOT NULL, proposed_at timestamptz NOT NULL, reason text NOT NULL,
  PRIMARY KEY (council, version), UNIQUE (council, version, proposed_by));
CREATE UNIQUE INDEX pack_version_first ON pack_version (council) WHERE is_first;
CREATE TABLE pack_approval (      -- a version that is not the first is in force only by another person's word
  council text, version text, proposed_by text NOT NULL, approved_by text NOT NULL, approved_at timestamptz NOT NULL,
  effective_on date NOT NULL, compared_with text NOT NULL, PRIMARY KEY (council, version),
  FOREIGN KEY (council, version, proposed_by) REFERENCES pack_version (council, version, proposed_by),
  CONSTRAINT approved_by_another CHECK (lower(btrim(approved_by)) <> lower(btrim(proposed_by))));

-- A statement at a time: row by row it costs the speed. So all lines of a journal come in one statement.
CREATE FUNCTION journals_must_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong uuid;
BEGIN
  SELECT journal_id INTO wrong FROM posted GROUP BY journal_id HAVING sum(amount_pence) <> 0 LIMIT 1;
  IF FOUND THEN RAISE EXCEPTION 'journal % does not sum to nothing', wrong; END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER journals_balance AFTER INSERT ON ledger_line REFERENCING NEW TABLE AS posted
  FOR EACH STATEMENT EXECUTE FUNCTION journals_must_balance();
CREATE FUNCTION nothing_is_taken_back() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN RAISE EXCEPTION ''% only grows: a correction is another row'', TG_TABLE_NAME; END';
CREATE TRIGGER ledger_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_line
  FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_taken_back();
CREATE TRIGGER pack_versions_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON pack_version
  FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_taken_back();
CREATE TRIGGER pack_approvals_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON pack_approval
  FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_taken_back();
CREATE TRIGGER placements_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON placement
  FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_taken_back();
"""


def upgrade() -> None:
    """From nothing to the first tables."""
    create_kit_tables(op)
    execute_sql(op, TABLES)
