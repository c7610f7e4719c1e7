"""What was heard, what was matched, and what is broken."""

from alembic import op

from ims_kit.migrations import create_kit_tables, execute_sql

revision = "0001"
down_revision = None

LOTS = """
CREATE TABLE unswept (             -- what a statement told or proved is a lot, until a sweep has added it to the sums
  lot bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
-- A lot is seen with its rows, whichever transaction commits first; to go by a number or a time would miss who commits late.
CREATE FUNCTION begin_lot() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE fresh bigint;
  BEGIN
    INSERT INTO unswept DEFAULT VALUES RETURNING lot INTO fresh;
    PERFORM set_config('ims.lot', fresh::text, true);
    RETURN NULL;
  END $$;
CREATE FUNCTION this_lot() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$SELECT current_setting('ims.lot')::bigint$$;
"""

FACTS = """
-- As `words_of` of the domain has them: by these a line finds what it names, and an item the lines that may name it.
CREATE FUNCTION words_of(said text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$SELECT regexp_split_to_array(upper(said), '[^A-Z0-9_/-]+')$$;
CREATE FUNCTION last_word(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$SELECT substring(upper(said) from '([A-Z0-9_/-]+)[^A-Z0-9_/-]*$')$$;
CREATE TABLE expectation (         -- money that should be seen at the bank: payments, and below nothing what went back
  council text NOT NULL, subject_id uuid NOT NULL, kind text NOT NULL, payment_id uuid, revision int NOT NULL,
  source text NOT NULL, method_of_payment text NOT NULL, amount_pence bigint NOT NULL, due_on date NOT NULL,
  reference text NOT NULL, remittance_id uuid, statement_line_id uuid, provider text, provider_reference text,
  is_linked boolean NOT NULL DEFAULT false, lot bigint NOT NULL DEFAULT this_lot(),
  PRIMARY KEY (subject_id, council), CHECK ((kind = 'payment') = (amount_pence > 0)));
CREATE INDEX expectation_of_remittance ON expectation (remittance_id) WHERE remittance_id IS NOT NULL;
CREATE INDEX expectation_of_line ON expectation (statement_line_id) WHERE statement_line_id IS NOT NULL;
CREATE INDEX returned ON expectation (payment_id) WHERE kind <> 'payment';
CREATE INDEX returned_alone ON expectation (amount_pence) WHERE kind <> 'payment' AND remittance_id IS NULL;
CREATE INDEX returned_of_nothing ON expectation (council) WHERE kind <> 'payment' AND NOT is_linked;
-- What comes in no file: by its day, for what is absent; by its pence, where no provider pays it over with others.
CREATE INDEX alone ON expectation (due_on, reference) WHERE kind = 'payment' AND remittance_id IS NULL AND statement_line_id IS NULL;
CREATE INDEX alone_at_bank ON expectation (amount_pence, due_on)
  WHERE kind = 'payment' AND remittance_id IS NULL AND statement_line_id IS NULL AND provider IS NULL;
CREATE INDEX alone_named ON expectation (council, last_word(reference))
  WHERE remittance_id IS NULL AND statement_line_id IS NULL AND (kind <> 'payment' OR provider IS NULL);
-- What its provider calls a payment, where whoever settles it may call it so too.
CREATE INDEX expectation_of_provider ON expectation (council, provider_reference) WHERE provider_reference IS NOT NULL;
CREATE TABLE dispute (             -- of a card payment, as far as it has come; nothing moves until it is lost
  council text NOT NULL, payment_id uuid NOT NULL, dispute_id text NOT NULL, state text NOT NULL, stage int NOT NULL,
  amount_pence bigint NOT NULL, disputed_on date NOT NULL, PRIMARY KEY (council, payment_id, dispute_id));
CREATE INDEX dispute_open ON dispute (council) WHERE state NOT IN ('won', 'lost');
CREATE TABLE swept (               -- days whose payments without a file were looked for in settlements: twice, since some come late
  council text NOT NULL, day date NOT NULL, times int NOT NULL, payment_count int NOT NULL, PRIMARY KEY (council, day));
CREATE TABLE watched (             -- payments of such a day that no settlement has, until one has
  subject_id uuid NOT NULL, council text NOT NULL, PRIMARY KEY (subject_id, council));

CREATE TABLE statement (
  statement_id uuid PRIMARY KEY, council text NOT NULL, bank_account text NOT NULL, opened_on date NOT NULL,
  closed_on date NOT NULL, opening_pence bigint, closing_pence bigint, line_count int NOT NULL, net_pence bigint NOT NULL,
  is_proved boolean, format text NOT NULL, currency text NOT NULL, sequence int, source text, received_on date NOT NULL,
  reference text NOT NULL, page int NOT NULL, is_last_page boolean NOT NULL, because text,
  is_whole boolean NOT NULL DEFAULT false, is_done boolean NOT NULL DEFAULT false,
  heard_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX statement_of_account ON statement (council, bank_account, closed_on);
CREATE INDEX statement_heard ON statement (council, bank_account, closed_on) WHERE is_whole AND closing_pence IS NOT NULL;
CREATE INDEX statement_came ON statement (council, source, received_on);
CREATE INDEX statement_open ON statement (statement_id) WHERE NOT is_done;

CREATE TABLE bank_line (           -- state: open, awaiting its file, from-bank (submitted as a payment), matched
  line_id uuid PRIMARY KEY, council text NOT NULL, statement_id uuid NOT NULL, bank_account text NOT NULL,
  amount_pence bigint NOT NULL, booked_on date NOT NULL, value_on date NOT NULL, bank_reference text,
  counterparty_name text, counterparty_account text, reference text, narrative text, transaction_code text, because text,
  state text NOT NULL DEFAULT 'open', source text, is_weighed boolean NOT NULL DEFAULT false,
  heard_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX bank_line_of_statement ON bank_line (statement_id);
CREATE INDEX bank_line_of_account ON bank_line (council, bank_account, booked_on);
CREATE INDEX bank_line_heard ON bank_line (council, bank_account, heard_at);
CREATE INDEX bank_line_open ON bank_line (line_id) WHERE state IN ('open', 'awaiting');
CREATE INDEX bank_line_new ON bank_line (line_id) WHERE state = 'open' AND NOT is_weighed;
CREATE INDEX bank_line_of_pence ON bank_line (council, amount_pence) WHERE state IN ('open', 'awaiting');
-- Open, but in other words than above, so that by a word only this index is used: the server thinks others as good while a table is new.
CREATE INDEX bank_line_of_words ON bank_line USING gin (words_of(coalesce(counterparty_name, '') || ' ' || coalesce(reference, '') || ' ' ||
  coalesce(narrative, '') || ' ' || coalesce(bank_reference, '') || ' ' || coalesce(transaction_code, '')))
  WITH (fastupdate = off) WHERE state NOT IN ('from-bank', 'matched');
CREATE INDEX bank_line_from_bank ON bank_line (council, amount_pence, booked_on) WHERE state = 'from-bank';
CREATE INDEX bank_line_matched ON bank_line (council, amount_pence, booked_on) WHERE state = 'matched';

CREATE TABLE settlement (
  settlement_id uuid PRIMARY KEY, council text NOT NULL, source text NOT NULL, reference text NOT NULL,
  method_of_payment text NOT NULL, paid_on date NOT NULL, gross_pence bigint NOT NULL, fee_pence bigint NOT NULL,
  net_pence bigint NOT NULL, member_count int NOT NULL, page_count int NOT NULL, received_on date NOT NULL, because text, match_id uuid,
  is_scanned boolean NOT NULL DEFAULT false,
  is_agreed boolean NOT NULL DEFAULT false, is_done boolean NOT NULL DEFAULT false, heard_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX settlement_of_pence ON settlement (council, net_pence);
CREATE INDEX settlement_came ON settlement (council, source, received_on);
CREATE INDEX settlement_open ON settlement (settlement_id) WHERE NOT is_done;
CREATE INDEX settlement_new ON settlement (settlement_id) WHERE NOT is_scanned AND NOT is_done;
CREATE INDEX settlement_of_gross ON settlement (council, gross_pence) WHERE match_id IS NULL;
CREATE INDEX settlement_of_word ON settlement (council, last_word(reference)) WHERE match_id IS NULL;
CREATE TABLE settlement_page (     -- sums, so that a settlement is proved without counting its members again
  settlement_id uuid NOT NULL, page int NOT NULL, member_count int NOT NULL, gross_pence bigint NOT NULL,
  fee_pence bigint NOT NULL, net_pence bigint NOT NULL, PRIMARY KEY (settlement_id, page));
CREATE TABLE failed_payout (       -- what a provider said of a payout: it did not arrive, or came back. Its settlement may be known or not
  settlement_id uuid PRIMARY KEY, council text NOT NULL, source text NOT NULL, reference text NOT NULL, net_pence bigint NOT NULL,
  failed_on date NOT NULL);
CREATE INDEX failed_payout_of_pence ON failed_payout (council, net_pence);
CREATE TABLE member (
  member_id uuid PRIMARY KEY, council text NOT NULL, settlement_id uuid NOT NULL, kind text NOT NULL, payment_id uuid,
  gross_pence bigint NOT NULL, fee_pence bigint NOT NULL, net_pence bigint NOT NULL, occurred_on date, reference text,
  provider_reference text, tied_by text);   -- tied_by: how a row that names no payment came to its own
CREATE TABLE odd_member (          -- rows of settlements looked through that do not agree: the only ones to look at again
  settlement_id uuid NOT NULL, member_id uuid NOT NULL, PRIMARY KEY (settlement_id, member_id));
CREATE INDEX member_of_nobody ON member (settlement_id)
  WHERE payment_id IS NULL AND kind = 'charge' AND gross_pence > 0 AND reference <> '' AND occurred_on IS NOT NULL;
CREATE INDEX member_alike ON member (council, upper(reference), gross_pence, occurred_on)
  WHERE payment_id IS NULL AND kind = 'charge' AND gross_pence > 0;
CREATE INDEX member_untied ON member (settlement_id) WHERE payment_id IS NULL AND provider_reference IS NOT NULL;
CREATE INDEX member_of_provider ON member (council, provider_reference) WHERE provider_reference IS NOT NULL;
CREATE INDEX member_disputed ON member (council, gross_pence) WHERE kind = 'dispute';
CREATE INDEX member_won ON member (member_id) WHERE kind = 'dispute-reversal';
CREATE INDEX member_failed ON member (council, gross_pence) WHERE kind = 'payout-failed';
CREATE INDEX member_of_settlement ON member (settlement_id);
CREATE INDEX member_of_payment ON member (payment_id) WHERE payment_id IS NOT NULL;

CREATE TABLE remittance (
  remittance_id uuid PRIMARY KEY, council text NOT NULL, source text NOT NULL, reference text NOT NULL,
  business_on date NOT NULL, payment_count int NOT NULL, reversal_count int NOT NULL, net_pence bigint NOT NULL,
  is_refused boolean NOT NULL, refused_for text NOT NULL, received_on date NOT NULL, is_whole boolean NOT NULL DEFAULT false,
  is_settled_elsewhere boolean NOT NULL DEFAULT false, is_placed boolean NOT NULL DEFAULT false,
  because text, put_right_by text, put_right_because text,   -- of one refused or held: what ended that
  match_id uuid, is_done boolean NOT NULL DEFAULT false, heard_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX remittance_of_source ON remittance (council, source, business_on);
CREATE INDEX remittance_matched ON remittance (council, source, business_on, net_pence, payment_count) WHERE match_id IS NOT NULL;
CREATE INDEX remittance_of_name ON remittance (council, source, reference);
CREATE INDEX remittance_came ON remittance (council, source, received_on) WHERE NOT is_refused;
CREATE INDEX remittance_open ON remittance (remittance_id) WHERE NOT is_done;
CREATE INDEX remittance_new ON remittance (remittance_id) WHERE NOT is_whole AND NOT is_done AND NOT is_refused;
CREATE INDEX remittance_of_pence ON remittance (council, net_pence) WHERE match_id IS NULL;
CREATE INDEX remittance_of_word ON remittance (council, last_word(reference)) WHERE match_id IS NULL;
CREATE INDEX remittance_refused ON remittance (remittance_id) WHERE is_refused AND NOT is_done;
CREATE INDEX remittance_unplaced ON remittance (council, received_on) WHERE is_whole AND NOT is_placed;
CREATE TABLE placed (              -- how much of each payment of a file has a place, on an account, in suspense or due back
  council text NOT NULL, payment_id uuid NOT NULL, revision int NOT NULL, amount_pence bigint NOT NULL, posted_on date NOT NULL,
  PRIMARY KEY (council, payment_id));
CREATE INDEX placed_on ON placed (council, posted_on);
-- Payments put on accounts at the first go, which most are: a row for many. Only sheets read it, all of it, and count a payment once.
CREATE TABLE placed_whole (council text NOT NULL, payment_ids uuid[] NOT NULL, pence bigint[] NOT NULL);
ALTER TABLE placed_whole ALTER payment_ids SET STORAGE EXTERNAL, ALTER pence SET STORAGE EXTERNAL;
CREATE TABLE held (                -- all others, as they are now; the kind is the break that it is to hold one, or to send it back
  council text NOT NULL, payment_id uuid NOT NULL, revision int NOT NULL, kind text, allocated_pence bigint NOT NULL,
  refund_due_pence bigint NOT NULL, suspended_pence bigint NOT NULL, posted_on date NOT NULL, PRIMARY KEY (council, payment_id));
CREATE INDEX held_still ON held (council, kind, posted_on) WHERE kind IS NOT NULL;
CREATE TABLE remittance_reversed (remittance_id uuid PRIMARY KEY, because text);
CREATE TABLE remittance_decided (remittance_id uuid PRIMARY KEY, verdict text NOT NULL, because text);
CREATE TABLE run (                 -- postings sent to a back office, and its newest answer; either may be heard first
  run_id uuid PRIMARY KEY, council text NOT NULL, destination text NOT NULL, line_count int, net_pence bigint, delivered_on date,
  revision int NOT NULL DEFAULT 0, accepted_count int NOT NULL DEFAULT 0, accepted_pence bigint NOT NULL DEFAULT 0,
  rejected_count int NOT NULL DEFAULT 0, rejected_pence bigint NOT NULL DEFAULT 0, answered_on date,
  is_done boolean NOT NULL DEFAULT false);
CREATE INDEX run_open ON run (run_id) WHERE NOT is_done;
CREATE TABLE late_file (           -- ingest's calendars missed it on its day; what the source sent since then ends that
  council text NOT NULL, source text NOT NULL, expected_on date NOT NULL, PRIMARY KEY (council, source, expected_on));
"""

OUTCOMES = """
CREATE TABLE match (               -- what bank lines are; its pages are told one after the other. Never changed, but for pages told
  match_id uuid PRIMARY KEY, council text NOT NULL, line_id uuid NOT NULL, settlement_id uuid, remittance_id uuid, subject_id uuid,
  why text NOT NULL, rule text NOT NULL, evidence text NOT NULL, undoes uuid UNIQUE REFERENCES match,
  gross_pence bigint NOT NULL, fee_pence bigint NOT NULL, net_pence bigint NOT NULL,
  payment_count int NOT NULL, page_count int NOT NULL, pages_told int NOT NULL DEFAULT 0,
  matched_at timestamptz NOT NULL DEFAULT now(), matched_by text, CHECK (gross_pence - fee_pence = net_pence));
CREATE INDEX match_of_line ON match (line_id);
CREATE INDEX match_untold ON match (match_id) WHERE pages_told < page_count;
CREATE TABLE match_line (          -- how much of which line a match is
  match_id uuid NOT NULL REFERENCES match, line_id uuid NOT NULL, amount_pence bigint NOT NULL, PRIMARY KEY (match_id, line_id));
CREATE INDEX match_line_of_line ON match_line (line_id);
CREATE TABLE parted (              -- what a person has taken apart is not paired again by the machine
  line_id uuid NOT NULL, item_id uuid NOT NULL, PRIMARY KEY (line_id, item_id));
CREATE TABLE reconciled (          -- each payment, refund, reversal or fee that a match proves: once, or again after it was undone
  subject_id uuid NOT NULL, council text NOT NULL, turn int NOT NULL DEFAULT 0, match_id uuid NOT NULL, page int NOT NULL,
  payment_id uuid, method_of_payment text NOT NULL, gross_pence bigint NOT NULL, fee_pence bigint NOT NULL, net_pence bigint NOT NULL,
  fee_account text,                -- of what was written off, its ledger account
  lot bigint NOT NULL DEFAULT this_lot(),
  PRIMARY KEY (subject_id, council, turn), CHECK (gross_pence - fee_pence = net_pence));
CREATE INDEX reconciled_of_match ON reconciled (match_id, page);
CREATE TABLE outstanding (         -- of each payment, what was told and not proved, or was proved and not told, as far as it is swept
  id uuid NOT NULL, council text NOT NULL, pence bigint NOT NULL, PRIMARY KEY (id, council))
  WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);   -- it is read whole: what has gone must not stay in it
CREATE TABLE proved_sum (          -- all that was proved, as far as it is swept
  council text PRIMARY KEY, item_count bigint NOT NULL, gross_pence bigint NOT NULL, fee_pence bigint NOT NULL, net_pence bigint NOT NULL);
CREATE FUNCTION is_proved(subject uuid, council_code text) RETURNS boolean LANGUAGE sql STABLE AS   -- turns alternate: proved, undone
  'SELECT count(*) % 2 = 1 FROM reconciled WHERE subject_id = subject AND council = council_code';
CREATE TABLE submitted (           -- what was told to ingest of a bank line, and has not come back as a fact yet
  line_id uuid NOT NULL, kind text NOT NULL, council text NOT NULL, is_answered boolean NOT NULL DEFAULT false,
  PRIMARY KEY (line_id, kind));
CREATE INDEX submitted_open ON submitted (line_id) WHERE NOT is_answered;
CREATE TABLE break (
  break_id uuid PRIMARY KEY, council text NOT NULL, kind text NOT NULL, source text NOT NULL, subject_id uuid NOT NULL,
  amount_pence bigint NOT NULL, opened_on date NOT NULL, explanation text NOT NULL, revision int NOT NULL,
  is_open boolean NOT NULL, closed_on date, closed_because text, other_id uuid);
CREATE INDEX break_open ON break (council) WHERE is_open;
-- What is proved at the bank stays proved: a correction is another match.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN RAISE EXCEPTION ''what was reconciled is never changed or deleted''; END';
CREATE TRIGGER reconciled_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON reconciled EXECUTE FUNCTION refuse_change();
CREATE TRIGGER match_line_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON match_line EXECUTE FUNCTION refuse_change();
"""

DAYS = """
-- What people do about a break. An explanation is of so many pence: when the break is of others, it is explained no more.
CREATE TABLE break_work (
  work_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, break_id uuid NOT NULL REFERENCES break, council text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('owner', 'note', 'explanation')), said text NOT NULL, amount_pence bigint NOT NULL,
  officer text NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE INDEX break_work_of_break ON break_work (break_id, kind, work_id);
CREATE TABLE write_off (
  write_off_id uuid PRIMARY KEY, break_id uuid NOT NULL REFERENCES break, council text NOT NULL, amount_pence bigint NOT NULL,
  reason text NOT NULL, asked_by text NOT NULL, needs_approval boolean NOT NULL, asked_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (break_id, amount_pence), UNIQUE (write_off_id, asked_by));
CREATE TABLE write_off_approved (  -- by another than who asked for it
  write_off_id uuid PRIMARY KEY, asked_by text NOT NULL, approved_by text NOT NULL, approved_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (write_off_id, asked_by) REFERENCES write_off (write_off_id, asked_by), CHECK (approved_by <> asked_by));
CREATE VIEW worked_break AS SELECT b.*,
  (SELECT w.said FROM break_work w WHERE w.break_id = b.break_id AND w.kind = 'owner' ORDER BY work_id DESC LIMIT 1) AS owner,
  CASE WHEN EXISTS (SELECT FROM write_off o LEFT JOIN write_off_approved a USING (write_off_id) WHERE o.break_id = b.break_id
      AND o.amount_pence = b.amount_pence AND (a.approved_by IS NOT NULL OR NOT o.needs_approval)) THEN 'written-off'
    ELSE (SELECT w.said FROM break_work w WHERE w.break_id = b.break_id AND w.kind = 'explanation' AND w.amount_pence = b.amount_pence
      ORDER BY work_id DESC LIMIT 1) END AS code
  FROM break b;

CREATE TABLE day_prepared (        -- a control sheet as it was when an officer prepared it; its hash goes on from the day closed before
  evidence_sha256 text PRIMARY KEY, previous_sha256 text NOT NULL, evidence text NOT NULL, council text NOT NULL,
  bank_account text NOT NULL, day date NOT NULL, prepared_by text NOT NULL, prepared_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (evidence_sha256, previous_sha256, council, bank_account, day, prepared_by));
CREATE INDEX day_prepared_of_account ON day_prepared (council, bank_account, day, prepared_at);
CREATE TABLE day_line (            -- which lines and matches that sheet counted: what it did not, a later day counts
  evidence_sha256 text NOT NULL REFERENCES day_prepared, line_id uuid NOT NULL, PRIMARY KEY (line_id, evidence_sha256));
CREATE TABLE day_match (
  evidence_sha256 text NOT NULL REFERENCES day_prepared, match_id uuid NOT NULL, PRIMARY KEY (match_id, evidence_sha256));
CREATE TABLE day_statement (
  evidence_sha256 text NOT NULL REFERENCES day_prepared, statement_id uuid NOT NULL, PRIMARY KEY (statement_id, evidence_sha256));
CREATE TABLE day_closed (          -- signed by another than who prepared it; a chain without forks, each day going on from a signature
  council text NOT NULL, bank_account text NOT NULL, day date NOT NULL, evidence_sha256 text NOT NULL UNIQUE,
  previous_sha256 text NOT NULL, prepared_by text NOT NULL, closed_by text NOT NULL, closed_at timestamptz NOT NULL,
  signed_sha256 text NOT NULL UNIQUE,
  PRIMARY KEY (council, bank_account, day), UNIQUE (council, bank_account, previous_sha256), CHECK (closed_by <> prepared_by),
  FOREIGN KEY (evidence_sha256, previous_sha256, council, bank_account, day, prepared_by)
    REFERENCES day_prepared (evidence_sha256, previous_sha256, council, bank_account, day, prepared_by));
CREATE TABLE year_prepared (       -- a year, by that of its 31 March, as it was prepared; it goes on from its last closed day
  evidence_sha256 text PRIMARY KEY, previous_sha256 text NOT NULL, evidence text NOT NULL, council text NOT NULL,
  bank_account text NOT NULL, year int NOT NULL, prepared_by text NOT NULL, prepared_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (evidence_sha256, previous_sha256, council, bank_account, year, prepared_by));
CREATE TABLE year_closed (         -- cut off: signed by another than who prepared it
  council text NOT NULL, bank_account text NOT NULL, year int NOT NULL, evidence_sha256 text NOT NULL UNIQUE,
  previous_sha256 text NOT NULL REFERENCES day_closed (signed_sha256), prepared_by text NOT NULL, closed_by text NOT NULL,
  closed_at timestamptz NOT NULL, signed_sha256 text NOT NULL UNIQUE,
  PRIMARY KEY (council, bank_account, year), CHECK (closed_by <> prepared_by),
  FOREIGN KEY (evidence_sha256, previous_sha256, council, bank_account, year, prepared_by)
    REFERENCES year_prepared (evidence_sha256, previous_sha256, council, bank_account, year, prepared_by));
CREATE FUNCTION moment(at timestamptz) RETURNS text LANGUAGE sql STABLE AS   -- as a signature has it: UTC, to the microsecond
  $$SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')$$;
DO $$ DECLARE each text; BEGIN
  FOREACH each IN ARRAY ARRAY['break_work', 'write_off', 'write_off_approved', 'day_prepared', 'day_line', 'day_match', 'day_statement',
      'day_closed', 'year_prepared', 'year_closed'] LOOP
    EXECUTE format('CREATE TRIGGER %1$s_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON %1$I EXECUTE FUNCTION refuse_change()', each);
  END LOOP;
END $$;
"""

# The newest pages, which unswept lots are on, cost such an index nothing until they are summarised.
IN_LOTS = """
CREATE INDEX expectation_of_lot ON expectation USING brin (lot) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX reconciled_of_lot ON reconciled USING brin (lot) WITH (pages_per_range = 32, autosummarize = on);
CREATE TRIGGER expectation_in_lots BEFORE INSERT ON expectation FOR EACH STATEMENT EXECUTE FUNCTION begin_lot();
CREATE TRIGGER reconciled_in_lots BEFORE INSERT ON reconciled FOR EACH STATEMENT EXECUTE FUNCTION begin_lot();
"""


def upgrade() -> None:
    create_kit_tables(op)
    execute_sql(op, LOTS)
    execute_sql(op, FACTS)
    execute_sql(op, OUTCOMES)
    execute_sql(op, DAYS)
    execute_sql(op, IN_LOTS)
