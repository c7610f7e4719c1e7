"""What may be told of payments, how holders are written to, and every delivery."""

from alembic import op

from ims_kit.migrations import create_kit_tables, execute_sql
from ims_notify.migrations import alert_tables, incident_tables

revision = "0001"
down_revision = None

TABLES = """
-- Two topics write a payment's row, in either order: room for the second on the same page spares the index.
CREATE TABLE payment (
  council text NOT NULL, payment_id uuid NOT NULL,
  heard_revision int NOT NULL DEFAULT 0, heard_on date, channel text, paid_on date, receipt_id uuid, email text, phone text, reference text,
  email_key text,
  placed_revision int NOT NULL DEFAULT 0, outcome text, fund text, account_reference text, account_references text,
  amount_pence bigint, refund_due_pence bigint NOT NULL DEFAULT 0, balance_pence bigint, next_due_on date, vat_pence bigint,
  because text, is_anew boolean NOT NULL DEFAULT false,
  PRIMARY KEY (payment_id, council),   -- what differs first: half the work of finding a row's place
  CHECK (heard_revision = 0 OR (heard_on IS NOT NULL AND channel IS NOT NULL AND paid_on IS NOT NULL)),
  CHECK (placed_revision = 0 OR (outcome IS NOT NULL AND amount_pence IS NOT NULL))
) WITH (fillfactor = 60);
CREATE INDEX payment_anew ON payment (council, payment_id) WHERE is_anew;

CREATE TABLE contact (
  council text NOT NULL, fund text NOT NULL, account_reference text NOT NULL,
  revision bigint NOT NULL, email text, phone text, address text, language text NOT NULL, vat_code text NOT NULL, email_key text,
  PRIMARY KEY (council, fund, account_reference));

-- Without `wrapped` it is gone, and with it whatever it opened.
CREATE TABLE contact_key (
  council text NOT NULL, bucket text NOT NULL, wrapped text, made_at timestamptz NOT NULL, dropped_at timestamptz,
  PRIMARY KEY (council, bucket), CHECK ((wrapped IS NULL) = (dropped_at IS NOT NULL)));

CREATE TABLE seeker (
  council text NOT NULL, fund text NOT NULL, account_reference text NOT NULL, payment_id uuid NOT NULL,
  PRIMARY KEY (council, fund, account_reference, payment_id));

CREATE TABLE delivery (
  delivery_id uuid PRIMARY KEY, council text NOT NULL, payment_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('receipt', 'copy', 'placement', 'refund-sent', 'taken-back', 'posting')),
  channel text NOT NULL CHECK (channel IN ('email', 'sms', 'letter', 'webhook')), destination text NOT NULL, revision int NOT NULL,
  state text NOT NULL DEFAULT 'due' CHECK (state IN ('waiting', 'due', 'sent', 'delivered', 'acknowledged', 'failed', 'no-contact')),
  attempts int NOT NULL DEFAULT 0, since timestamptz NOT NULL, due_at timestamptz NOT NULL, finished_at timestamptz,
  amount_pence bigint, facts jsonb, reason text NOT NULL DEFAULT '',
  issued_at timestamptz, notification_id uuid, template text, said_revision int, said_outcome text,
  copy_of uuid REFERENCES delivery, CHECK ((kind = 'copy') = (copy_of IS NOT NULL)),
  CHECK ((kind = 'posting') = (channel = 'webhook'))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX delivery_once ON delivery (payment_id, council, kind, destination, revision) WHERE kind IN ('receipt', 'posting');
CREATE INDEX delivery_beside ON delivery (council, payment_id) WHERE kind NOT IN ('receipt', 'posting');
CREATE INDEX notice_waiting ON delivery (due_at) WHERE state = 'waiting' AND kind <> 'posting';
CREATE INDEX delivery_due ON delivery (channel, destination, due_at) WHERE state = 'due';
CREATE INDEX delivery_sent ON delivery (council, due_at) WHERE state = 'sent' AND notification_id IS NOT NULL;
CREATE INDEX delivery_failed ON delivery (council, delivery_id) WHERE state = 'failed';
CREATE TABLE delivery_attempt (    -- what was answered to each attempt, at deliveries and runs; and, beside it, that the mail came back
  delivery_id uuid, attempt int, answered_at timestamptz NOT NULL, verdict text NOT NULL, code int, their_id text, reason text NOT NULL,
  PRIMARY KEY (delivery_id, attempt, verdict));

-- What GOV.UK Notify says of what it sent, append-only; to whom is not in it.
CREATE TABLE delivery_report (
  notification_id uuid NOT NULL, status text NOT NULL, council text NOT NULL, reference text NOT NULL, reported_at timestamptz NOT NULL,
  is_known boolean NOT NULL, PRIMARY KEY (notification_id, status));

-- Each version of the words that deliveries were written in, for ever.
CREATE TABLE wording (
  council text NOT NULL, language text NOT NULL, version text NOT NULL, words jsonb NOT NULL, kept_at timestamptz NOT NULL,
  PRIMARY KEY (council, language, version));

-- Append-only: the last word counts.
CREATE TABLE opt_out (council text NOT NULL, digest text NOT NULL, is_out boolean NOT NULL, said_at timestamptz NOT NULL,
  PRIMARY KEY (digest, said_at));

-- Append-only, but for the one run that a line gets, once.
CREATE TABLE posting_line (
  line_id uuid PRIMARY KEY, council text NOT NULL, destination text NOT NULL, payment_id uuid, journal_id uuid, revision int,
  fund text NOT NULL, account_reference text NOT NULL, amount_pence bigint NOT NULL CHECK (amount_pence <> 0),
  method_of_payment text NOT NULL, reason text NOT NULL, outcome text NOT NULL, balance_pence bigint, posted_on date NOT NULL,
  number int, sequence int, unfit text,
  CHECK (payment_id IS NOT NULL OR journal_id IS NOT NULL),
  CHECK ((number IS NULL) = (sequence IS NULL) AND (number IS NULL OR unfit IS NULL))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX posting_line_in_run ON posting_line (council, destination, number, sequence) WHERE number IS NOT NULL;
CREATE INDEX posting_line_waiting ON posting_line (council, destination) WHERE number IS NULL;
CREATE INDEX posting_line_undone ON posting_line (council, payment_id, destination) WHERE amount_pence > 0;

-- The ledger for those who take it. A journal is in no run or in one, whole.
CREATE TABLE ledger_journal (
  entry_id uuid PRIMARY KEY, council text NOT NULL, destination text NOT NULL, posted_on date NOT NULL, payment_id uuid,
  reason text NOT NULL, number int, unfit text, CHECK (number IS NULL OR unfit IS NULL)
) WITH (fillfactor = 80);
CREATE INDEX ledger_journal_waiting ON ledger_journal (council, destination, posted_on, entry_id) WHERE number IS NULL;
CREATE TABLE ledger_line (
  entry_id uuid REFERENCES ledger_journal, line int, ledger_account text NOT NULL, account_reference text NOT NULL,
  cost_centre text NOT NULL, vat_code text NOT NULL, vat_pence bigint NOT NULL, amount_pence bigint NOT NULL,
  PRIMARY KEY (entry_id, line));
CREATE TABLE ledger_total (       -- what a run says of each accounting day and ledger account
  council text, destination text, number int, posted_on date, ledger_account text,
  debit_pence bigint NOT NULL, credit_pence bigint NOT NULL,
  PRIMARY KEY (council, destination, number, posted_on, ledger_account));

CREATE TABLE run (
  run_id uuid PRIMARY KEY, council text NOT NULL, destination text NOT NULL, is_test boolean NOT NULL,
  kind text NOT NULL CHECK (kind IN ('postings', 'ledger')),
  number int NOT NULL CHECK (number > 0),
  slot timestamptz NOT NULL, made_at timestamptz NOT NULL, layout text NOT NULL, file_name text NOT NULL,
  credit_count int NOT NULL, debit_count int NOT NULL, credit_pence bigint NOT NULL, debit_pence bigint NOT NULL,
  sha256 text NOT NULL, content bytea NOT NULL,
  UNIQUE (council, destination, is_test, number),
  UNIQUE (council, destination, is_test, slot),
  CHECK (sha256 = encode(sha256(content), 'hex')),
  CONSTRAINT a_ledger_run_balances CHECK (kind <> 'ledger' OR debit_pence = credit_pence));
CREATE INDEX run_listed ON run (council, made_at, run_id);

CREATE TABLE run_delivery (
  run_id uuid PRIMARY KEY REFERENCES run, state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'delivered', 'failed')),
  attempts int NOT NULL DEFAULT 0, since timestamptz NOT NULL, due_at timestamptz NOT NULL,
  delivered_at timestamptz, acknowledged_at timestamptz, reason text NOT NULL DEFAULT '');

CREATE TABLE run_schedule (
  council text NOT NULL, destination text NOT NULL, done_until timestamptz NOT NULL, PRIMARY KEY (council, destination));

CREATE TABLE run_answer (
  council text NOT NULL, destination text NOT NULL, number int NOT NULL, sequence int NOT NULL,
  amount_pence bigint NOT NULL, is_accepted boolean NOT NULL, reason text NOT NULL, revision int NOT NULL CHECK (revision > 0),
  PRIMARY KEY (council, destination, number, sequence),
  CHECK (is_accepted = (reason = '')));

CREATE TABLE answer_file (
  file_id uuid PRIMARY KEY, council text NOT NULL, destination text NOT NULL, name text NOT NULL, version text NOT NULL, sha256 text,
  number int, state text NOT NULL CHECK (state IN ('taken', 'refused')), reasons text NOT NULL, picked_up_at timestamptz NOT NULL,
  CHECK ((state = 'refused') = (reasons <> '') AND (state = 'refused' OR (number IS NOT NULL AND sha256 IS NOT NULL))));
CREATE INDEX answer_file_listed ON answer_file (council, destination, picked_up_at, file_id);

-- All lines of a journal come in one statement.
CREATE FUNCTION journals_must_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM heard GROUP BY entry_id HAVING sum(amount_pence) <> 0) THEN
    RAISE EXCEPTION 'a journal does not sum to nothing';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER journals_balance AFTER INSERT ON ledger_line REFERENCING NEW TABLE AS heard
  FOR EACH STATEMENT EXECUTE FUNCTION journals_must_balance();
CREATE FUNCTION nothing_is_taken_back() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN RAISE EXCEPTION ''% only grows'', TG_TABLE_NAME; END';
CREATE TRIGGER ledger_lines_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_line
  FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_taken_back();
CREATE TRIGGER ledger_totals_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_total
  FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_taken_back();
CREATE TRIGGER attempts_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON delivery_attempt
  FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_taken_back();
CREATE TRIGGER answer_files_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON answer_file
  FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_taken_back();
CREATE FUNCTION told_once() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN RAISE EXCEPTION ''a journal that a run told stays in it''; END';
CREATE TRIGGER journals_are_told_once BEFORE UPDATE ON ledger_journal
  FOR EACH ROW WHEN (OLD.number IS NOT NULL) EXECUTE FUNCTION told_once();
CREATE TRIGGER journals_only_grow BEFORE DELETE OR TRUNCATE ON ledger_journal
  FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_taken_back();
"""


def upgrade() -> None:
    create_kit_tables(op)
    execute_sql(op, TABLES)
    execute_sql(op, alert_tables.TABLES)
    execute_sql(op, incident_tables.TABLES)
