"""What ingest remembers: payments and who told of them, files and their bytes, bank lines, and what a person must decide."""

from alembic import op

from ims_kit.migrations import create_kit_tables, execute_sql

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE payment (            -- each payment once, as all its tellings together know it
  payment_id uuid PRIMARY KEY, council text NOT NULL, source text NOT NULL, source_payment_id text NOT NULL, provider text,
  amount_pence bigint NOT NULL CHECK (amount_pence > 0), revision int NOT NULL, remittance_id uuid, settled_as text, body text NOT NULL);
CREATE INDEX payment_by_source ON payment (council, source, source_payment_id) WHERE provider IS NOT NULL;
CREATE INDEX payment_settled_as ON payment (council, settled_as) WHERE settled_as IS NOT NULL;
CREATE INDEX payment_by_remittance ON payment (remittance_id, payment_id) WHERE remittance_id IS NOT NULL;
CREATE TABLE observation (        -- who else told of a payment, and what; only where a second telling said something else
  payment_id uuid NOT NULL REFERENCES payment, content_sha256 text NOT NULL, council text NOT NULL, source text NOT NULL,
  source_payment_id text NOT NULL, body text NOT NULL, PRIMARY KEY (payment_id, content_sha256));
CREATE INDEX observation_by_source ON observation (council, source, source_payment_id);
CREATE TABLE refusal (            -- what was not accepted, and every reason
  council text NOT NULL, source text NOT NULL, source_payment_id text NOT NULL, content_sha256 text NOT NULL,
  reasons text NOT NULL, refused_at timestamptz NOT NULL, PRIMARY KEY (council, source, source_payment_id, content_sha256));
CREATE TABLE conflict (           -- two tellings of one thing that cannot both be true: for a person; it changed nothing
  conflict_id uuid PRIMARY KEY, council text NOT NULL, kind text NOT NULL, subject_id uuid NOT NULL, reason text NOT NULL,
  held text, told text, found_at timestamptz NOT NULL);
CREATE INDEX conflict_by_subject ON conflict (subject_id);
CREATE TABLE reversal (
  reversal_id uuid PRIMARY KEY, council text NOT NULL, payment_id uuid, amount_pence bigint NOT NULL CHECK (amount_pence > 0),
  body text NOT NULL);
CREATE INDEX reversal_by_payment ON reversal (payment_id) WHERE payment_id IS NOT NULL;
CREATE TABLE account (            -- what tells whether a back office says something new, and how it was told last
  council text NOT NULL, fund text NOT NULL, account_reference text NOT NULL, revision bigint NOT NULL, content_sha256 text NOT NULL,
  status text NOT NULL, source text, body text NOT NULL, PRIMARY KEY (council, fund, account_reference));
CREATE TABLE event (              -- the bytes of what came over HTTP, without card numbers
  event_id uuid PRIMARY KEY, council text NOT NULL, source text NOT NULL, received_at timestamptz NOT NULL, content bytea NOT NULL,
  fault text);
CREATE TABLE answer (             -- what a publisher was answered, by its idempotency key
  publisher text NOT NULL, idempotency_key text NOT NULL, content_sha256 text NOT NULL, status int NOT NULL, body text NOT NULL,
  answered_at timestamptz NOT NULL, PRIMARY KEY (publisher, idempotency_key));
CREATE INDEX answer_by_time ON answer USING brin (answered_at);
CREATE TABLE file (
  file_id uuid PRIMARY KEY, council text NOT NULL, source text NOT NULL, format text, content_sha256 text NOT NULL, size bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('kept', 'reading', 'waiting', 'received', 'known', 'refused', 'conflict', 'rejected')),
  received_at timestamptz NOT NULL, business_on date, due_on date, is_full boolean NOT NULL DEFAULT false,
  chunks_told int NOT NULL DEFAULT 0, closed int NOT NULL DEFAULT 0, summary text NOT NULL DEFAULT '{}');
CREATE INDEX file_unfinished ON file (received_at) WHERE state IN ('kept', 'reading', 'waiting');
CREATE INDEX file_by_source ON file (council, source, received_at);
CREATE TABLE decision (           -- what a person decided of a file that was held, and why
  file_id uuid NOT NULL REFERENCES file, decided_at timestamptz NOT NULL, verdict text NOT NULL CHECK (verdict IN ('accepted', 'rejected')),
  decided_by text NOT NULL, reason text NOT NULL, PRIMARY KEY (file_id, decided_at));
CREATE TABLE listed_account (     -- an account that is in a full file, while that is taken in
  file_id uuid NOT NULL REFERENCES file, fund text NOT NULL, account_reference text NOT NULL, is_counted boolean NOT NULL,
  PRIMARY KEY (file_id, fund, account_reference));
CREATE TABLE late_file (          -- a file that did not come on its day in time, of which it was told
  council text NOT NULL, source text NOT NULL, expected_on date NOT NULL, found_at timestamptz NOT NULL,
  PRIMARY KEY (council, source, expected_on));
CREATE TABLE pull (               -- a place from which files are fetched: when that was tried last, and how often it has failed since
  place text PRIMARY KEY, looked_at timestamptz NOT NULL, failures int NOT NULL, error text);
CREATE TABLE pulled (             -- a file that was fetched, as it lay there, and what became of it
  place text NOT NULL, name text NOT NULL, size bigint NOT NULL, modified text NOT NULL, status int NOT NULL,
  pulled_at timestamptz NOT NULL, PRIMARY KEY (place, name, size, modified));
CREATE TABLE file_piece (         -- its bytes, compressed, without card numbers
  file_id uuid NOT NULL REFERENCES file, piece int NOT NULL, content bytea NOT NULL, PRIMARY KEY (file_id, piece));
ALTER TABLE file_piece ALTER content SET STORAGE EXTERNAL;
CREATE TABLE part (               -- a remittance, statement or settlement: which file it was taken from, and what it said
  part_id uuid PRIMARY KEY, council text NOT NULL, kind text NOT NULL, reference text NOT NULL, digest text NOT NULL,
  file_id uuid NOT NULL REFERENCES file);
CREATE INDEX part_by_file ON part (file_id);
CREATE TABLE import_reversal (    -- an import that is taken back: who decided and why, and how far it is
  remittance_id uuid PRIMARY KEY, file_id uuid NOT NULL REFERENCES file, council text NOT NULL, source text NOT NULL,
  reason text NOT NULL, decided_by text NOT NULL, reversed_on date NOT NULL, last_payment_id uuid NOT NULL,
  payment_count int NOT NULL, payments_pence bigint NOT NULL, left_out_count int NOT NULL, left_out_pence bigint NOT NULL,
  is_done boolean NOT NULL);
CREATE INDEX import_reversal_by_file ON import_reversal (file_id);
CREATE INDEX import_reversal_unfinished ON import_reversal (remittance_id) WHERE NOT is_done;
CREATE TABLE statement_line (
  statement_line_id uuid PRIMARY KEY, council text NOT NULL, bank_account text NOT NULL, booked_on date NOT NULL,
  amount_pence bigint NOT NULL, ordinal int NOT NULL, bank_reference text,
  UNIQUE (council, bank_account, booked_on, amount_pence, ordinal));
CREATE TABLE sighting (           -- which line each entry of a statement is
  statement_id uuid NOT NULL, line_number int NOT NULL, statement_line_id uuid NOT NULL REFERENCES statement_line,
  PRIMARY KEY (statement_id, line_number));
CREATE INDEX sighting_by_line ON sighting (statement_line_id);
CREATE TABLE e_return (           -- a bag of cash and cheques, as its establishment entered it; money only once it is authorised
  council text NOT NULL, number text NOT NULL, bag_number text NOT NULL, state text NOT NULL
    CHECK (state IN ('new', 'submitted', 'authorised', 'voided')),
  body text NOT NULL, total_pence bigint NOT NULL CHECK (total_pence >= 0), entered_by text NOT NULL, submitted_by text,
  approved_by text, voided_by text, changed_at timestamptz NOT NULL, file_id uuid REFERENCES file,
  PRIMARY KEY (council, number),
  CHECK (state NOT IN ('submitted', 'authorised') OR submitted_by IS NOT NULL),
  CHECK ((state = 'authorised') = (approved_by IS NOT NULL AND file_id IS NOT NULL)),
  CHECK ((state = 'voided') = (voided_by IS NOT NULL)),
  CONSTRAINT approver_is_another CHECK (lower(btrim(approved_by)) <> lower(btrim(submitted_by))));
CREATE UNIQUE INDEX e_return_by_bag ON e_return (council, bag_number) WHERE state <> 'voided';
CREATE TABLE advice (             -- what Bacs tells the Direct Debit back office, numbered in the order in which it can be seen
  council text NOT NULL, source text NOT NULL, kind text NOT NULL, advice_key text NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE, service_user text NOT NULL, reference text NOT NULL, reason_code text NOT NULL,
  reason text NOT NULL, effective_on date, bank_account text, new_bank_account text, amount_pence bigint, file_id uuid NOT NULL,
  received_on date NOT NULL, PRIMARY KEY (council, kind, advice_key));
CREATE INDEX advice_by_number ON advice (council, number);
"""


# What goes back through a card provider, and how far its account was swept.
BACK = """
CREATE TABLE refund (             -- a payment's refunds, by their provider's name, or by the total that each brought them to
  refund_id uuid PRIMARY KEY, council text NOT NULL, payment_id uuid NOT NULL, in_all_pence bigint, provider_refund_id text,
  named_pence bigint CHECK (named_pence > 0), amount_pence bigint NOT NULL CHECK (amount_pence >= 0), -- what was told of it
  state text NOT NULL CHECK (state IN ('sent', 'failed')), UNIQUE (payment_id, in_all_pence), UNIQUE (council, provider_refund_id),
  CHECK ((in_all_pence IS NULL) = (provider_refund_id IS NOT NULL)), CHECK ((named_pence IS NULL) = (provider_refund_id IS NULL)),
  CHECK (amount_pence <= named_pence), CHECK (state = 'sent' OR amount_pence = 0));
CREATE INDEX refund_by_payment ON refund (payment_id);
CREATE TABLE asked_refund (       -- a refund that was approved; `asking` is committed before it is asked
  refund_id uuid PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY UNIQUE, council text NOT NULL, payment_id uuid NOT NULL,
  revision int NOT NULL, amount_pence bigint NOT NULL CHECK (amount_pence > 0), approved_on date NOT NULL, approved_at timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('approved', 'asking', 'submitted', 'by-hand', 'sent', 'failed')), provider_payment_id text,
  provider_refund_id text, available_pence bigint, asked_at timestamptz, look_at timestamptz, changed_at timestamptz NOT NULL, reason text,
  is_by_hand boolean NOT NULL DEFAULT false, UNIQUE (council, provider_refund_id), UNIQUE (refund_id, amount_pence),
  CHECK (is_by_hand OR (state <> 'by-hand' AND provider_payment_id IS NOT NULL)), CHECK (NOT is_by_hand OR provider_refund_id IS NULL),
  CHECK (state <> 'asking' OR (available_pence IS NOT NULL AND asked_at IS NOT NULL)),
  CHECK (state NOT IN ('submitted', 'sent') OR is_by_hand OR provider_refund_id IS NOT NULL),
  CHECK ((state IN ('by-hand', 'sent', 'failed')) = (look_at IS NULL)), CHECK (state NOT IN ('by-hand', 'failed') OR reason IS NOT NULL));
CREATE INDEX asked_refund_due ON asked_refund (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX asked_refund_by_payment ON asked_refund (payment_id);
CREATE TABLE refund_by_hand (     -- what a person said became of one that no provider was to send: once, and never more than was approved
  refund_id uuid PRIMARY KEY, council text NOT NULL, approved_pence bigint NOT NULL, amount_pence bigint NOT NULL CHECK (amount_pence > 0),
  state text NOT NULL CHECK (state IN ('sent', 'failed')), ended_on date NOT NULL, method_of_payment text, bank_reference text, reason text,
  said_by text NOT NULL CHECK (said_by <> ''), said_at timestamptz NOT NULL,
  FOREIGN KEY (refund_id, approved_pence) REFERENCES asked_refund (refund_id, amount_pence),
  CONSTRAINT no_more_than_was_approved CHECK (amount_pence <= approved_pence),
  CHECK ((state = 'sent') = (bank_reference IS NOT NULL AND method_of_payment IS NOT NULL)),
  CHECK ((state = 'failed') = (reason IS NOT NULL)));
CREATE TABLE refund_look (        -- a payment whose refunds are to be read from its provider
  council text NOT NULL, provider_payment_id text NOT NULL, look_at timestamptz NOT NULL, hinted_at timestamptz NOT NULL,
  hint_count int NOT NULL, PRIMARY KEY (council, provider_payment_id));
CREATE INDEX refund_look_due ON refund_look (look_at);
CREATE TABLE dispute (            -- each state that a dispute was seen in
  council text NOT NULL, dispute_id text NOT NULL, state text NOT NULL CHECK (state IN ('open', 'under-review', 'won', 'lost')),
  payment_id uuid NOT NULL, amount_pence bigint NOT NULL CHECK (amount_pence > 0), disputed_at timestamptz NOT NULL,
  PRIMARY KEY (council, dispute_id, state));
CREATE TABLE sweep (              -- how far an account of a provider was swept
  council text NOT NULL, account text NOT NULL, swept_until timestamptz NOT NULL, looked_at timestamptz, failures int NOT NULL DEFAULT 0,
  error text, found text NOT NULL DEFAULT '{}', request_count int NOT NULL DEFAULT 0, PRIMARY KEY (council, account));
"""


def upgrade() -> None:
    """Create the tables."""
    create_kit_tables(op)
    execute_sql(op, TABLES)
    execute_sql(op, BACK)
