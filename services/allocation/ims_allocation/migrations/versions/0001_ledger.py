"""Accounts, placements and the ledger."""

from alembic import op

from ims_kit.migrations import create_kit_tables, execute_sql

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE account (            -- what back offices told; nothing of whose account it is
  council text, account_reference text, fund text, revision bigint NOT NULL, status text NOT NULL, stages jsonb NOT NULL,
  balance_pence bigint, instalment_pence bigint, second_keys jsonb NOT NULL, issued_on date,
  names jsonb NOT NULL DEFAULT '[]', is_stopped boolean NOT NULL DEFAULT false, stop_reason text,
  PRIMARY KEY (council, account_reference, fund));
CREATE INDEX account_second_keys ON account USING gin (second_keys) WHERE second_keys <> '[]';
CREATE TABLE owed (               -- every amount that an account of a fund without check digits ever owed
  council text, account_reference text, fund text, amount_pence bigint,
  PRIMARY KEY (council, account_reference, fund, amount_pence));
CREATE TABLE owing (              -- how many accounts of a fund owe an amount; of nought pence, how many there are
  council text, amount_pence bigint, fund text, accounts bigint NOT NULL, PRIMARY KEY (council, amount_pence, fund));
-- Where each payment is, revision by revision; the highest holds. By default what it is of a plain payment: those are most of all rows.
CREATE TABLE placement (
  council text, payment_id uuid, revision int DEFAULT 1 CHECK (revision > 0), kind text NOT NULL DEFAULT 'payment',
  heard_revision int NOT NULL, amount_pence bigint NOT NULL, reversed_pence bigint NOT NULL DEFAULT 0,
  refunded_pence bigint NOT NULL DEFAULT 0, method_of_payment text, channel text, decided_on date, paid_at timestamptz,
  outcome text NOT NULL DEFAULT 'account', reason text, rule text NOT NULL DEFAULT 'reference', rule_version text NOT NULL,
  fund text, account_reference text, allocated_pence bigint NOT NULL,
  refund_due_pence bigint NOT NULL DEFAULT 0 CHECK (refund_due_pence >= 0), suspended_pence bigint NOT NULL DEFAULT 0,
  posted_on date NOT NULL, details jsonb, tag text, vat_code text, cost_centre text,
  PRIMARY KEY (payment_id, council, revision),   -- what differs first: half the work of finding a row's place
  CONSTRAINT no_penny_is_lost
    CHECK (amount_pence - reversed_pence - refunded_pence = allocated_pence + refund_due_pence + suspended_pence));
CREATE INDEX placement_suspended ON placement (council, posted_on) WHERE suspended_pence <> 0;
CREATE INDEX placement_tagged ON placement (council, posted_on, payment_id) WHERE tag IS NOT NULL;
CREATE TABLE automatic_outcome (  -- what people found of payments that were placed by a repaired reference, or by the payer alone
  council text, payment_id uuid, fund text NOT NULL, tag text NOT NULL, is_wrong boolean NOT NULL, found_on date NOT NULL,
  PRIMARY KEY (council, payment_id));
CREATE INDEX automatic_outcome_wrong ON automatic_outcome (council, found_on) WHERE is_wrong;
CREATE TABLE interest (           -- the payments whose placement may change when this account, or another payment of it, does
  council text, key text, payment_id uuid, PRIMARY KEY (council, key, payment_id));
CREATE INDEX interest_of_payment ON interest (council, payment_id);
CREATE TABLE typed (              -- what a payer typed that was not simply a reference, for whoever looks at suspense; may be deleted
  council text, payment_id uuid, heard_revision int NOT NULL, reference text, narrative text, PRIMARY KEY (council, payment_id));
CREATE TABLE ledger_line (        -- found by its account, or by its day (a narrow index) and then by its payment
  line_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, journal_id uuid NOT NULL, council text NOT NULL,
  posted_on date NOT NULL, ledger_account text NOT NULL, account_reference text, payment_id uuid, amount_pence bigint NOT NULL,
  vat_code text, vat_pence bigint NOT NULL DEFAULT 0 CHECK (vat_pence = 0 OR vat_code IS NOT NULL), cost_centre text);
CREATE INDEX ledger_line_posted_on ON ledger_line USING brin (posted_on) WITH (pages_per_range = 32);
CREATE INDEX ledger_line_of_account ON ledger_line (account_reference) WHERE account_reference IS NOT NULL;
CREATE TABLE placed_sum (         -- what payments come to by where they are, and why: of each statement, until it is added up
  council text NOT NULL, why text NOT NULL, received_count bigint NOT NULL, received_pence bigint NOT NULL,
  reversed_count bigint NOT NULL, reversed_pence bigint NOT NULL, refunded_count bigint NOT NULL, refunded_pence bigint NOT NULL,
  allocated_count bigint NOT NULL, allocated_pence bigint NOT NULL, suspended_count bigint NOT NULL, suspended_pence bigint NOT NULL,
  refund_due_count bigint NOT NULL, refund_due_pence bigint NOT NULL);
CREATE TABLE posted_sum (council text NOT NULL, what text NOT NULL, pence bigint NOT NULL);   -- the same of the ledger
CREATE TABLE reconciled_page (    -- the pages of proof at the bank that have been journalled
  council text, match_id uuid, page int, journal_id uuid NOT NULL, gross_pence bigint NOT NULL, PRIMARY KEY (council, match_id, page));
CREATE TABLE decision (           -- what a person decided: of payments (decided), between accounts (journal), or that another is undone
  council text, decision_id uuid, kind text NOT NULL CHECK (kind IN ('payments', 'journal', 'undo')), undoes uuid,
  content_sha256 text NOT NULL, amount_pence bigint NOT NULL CHECK (amount_pence >= 0), needs_approval boolean NOT NULL,
  released_pence bigint NOT NULL CHECK (released_pence >= 0), reallocated_pence bigint NOT NULL CHECK (reallocated_pence >= 0),
  journalled_pence bigint NOT NULL CHECK (journalled_pence >= 0), release_over_pence bigint, reallocation_over_pence bigint,
  journal_over_pence bigint,      -- what one person might move alone that day; nothing: whatever the amount
  overdrawn_pence bigint NOT NULL CHECK (overdrawn_pence >= 0), -- what a journal takes off accounts beyond what was on them
  reason text NOT NULL CHECK (reason <> ''), note text, decided_by text NOT NULL CHECK (decided_by <> ''), decided_at timestamptz NOT NULL,
  PRIMARY KEY (council, decision_id), UNIQUE (council, decision_id, decided_by, needs_approval),
  FOREIGN KEY (council, undoes) REFERENCES decision, CHECK ((kind = 'undo') = (undoes IS NOT NULL)),
  CHECK (amount_pence = released_pence + reallocated_pence + journalled_pence),
  CONSTRAINT a_large_amount_needs_approval CHECK (needs_approval = (coalesce(released_pence > release_over_pence, false)
    OR coalesce(reallocated_pence > reallocation_over_pence, false) OR coalesce(journalled_pence > journal_over_pence, false)
    OR overdrawn_pence > 0)));
CREATE INDEX decision_decided_at ON decision (council, decided_at, decision_id);
CREATE INDEX decision_undoes ON decision (council, undoes) WHERE undoes IS NOT NULL;
CREATE TABLE decided (            -- a decision's share of each of its payments, which was at this revision when it was looked at
  council text, decision_id uuid, payment_id uuid, revision int NOT NULL, parts jsonb NOT NULL, refund_due_pence bigint NOT NULL,
  seen jsonb NOT NULL, PRIMARY KEY (council, decision_id, payment_id), FOREIGN KEY (council, decision_id) REFERENCES decision);
CREATE INDEX decided_of_payment ON decided (council, payment_id);
CREATE TABLE journal (            -- what a decision moves between accounts, where no payment is moved
  council text, decision_id uuid, lines jsonb NOT NULL, PRIMARY KEY (council, decision_id),
  FOREIGN KEY (council, decision_id) REFERENCES decision);
CREATE TABLE verdict (            -- that a decision took effect, or never will: once. What needs approval has it from another person
  council text, decision_id uuid, verdict text NOT NULL CHECK (verdict IN ('in-force', 'withdrawn')), undoes uuid,
  decided_by text NOT NULL, needs_approval boolean NOT NULL, given_by text NOT NULL CHECK (given_by <> ''), given_at timestamptz NOT NULL,
  PRIMARY KEY (council, decision_id),
  FOREIGN KEY (council, decision_id, decided_by, needs_approval) REFERENCES decision (council, decision_id, decided_by, needs_approval),
  CONSTRAINT the_author_is_not_the_approver
    CHECK (verdict = 'withdrawn' OR NOT needs_approval OR lower(btrim(given_by)) <> lower(btrim(decided_by))));
CREATE UNIQUE INDEX undone_once ON verdict (council, undoes) WHERE verdict = 'in-force' AND undoes IS NOT NULL;
CREATE TABLE payer (              -- whose bank account (a keyed digest) pays which account, as a person's decision of a payment says
  council text, learning_id uuid, payer text NOT NULL, fund text NOT NULL, account_reference text NOT NULL, decision_id uuid NOT NULL,
  payment_id uuid NOT NULL, learned_by text NOT NULL CHECK (learned_by <> ''), learned_at timestamptz NOT NULL,
  PRIMARY KEY (council, learning_id), UNIQUE (council, learning_id, payer, learned_by),
  FOREIGN KEY (council, decision_id, payment_id) REFERENCES decided (council, decision_id, payment_id));
CREATE INDEX payer_learned ON payer (council, payer, learned_at);
CREATE INDEX payer_learned_at ON payer (council, learned_at, learning_id);
CREATE INDEX payer_of_payment ON payer (council, payment_id);
CREATE TABLE payer_step (         -- what became of it: confirmed by another person, and so evidence; revoked by anybody, for ever
  council text, learning_id uuid, step text CHECK (step IN ('confirmed', 'revoked')), payer text NOT NULL, learned_by text NOT NULL,
  given_by text NOT NULL CHECK (btrim(given_by) <> ''), reason text NOT NULL CHECK (reason <> ''), given_at timestamptz NOT NULL,
  PRIMARY KEY (council, learning_id, step),
  FOREIGN KEY (council, learning_id, payer, learned_by) REFERENCES payer (council, learning_id, payer, learned_by),
  CONSTRAINT who_learned_does_not_confirm
    CHECK (step <> 'confirmed' OR lower(btrim(given_by)) <> lower(btrim(learned_by))));
CREATE INDEX payer_confirmed ON payer_step (council, payer) WHERE step = 'confirmed';
CREATE TABLE refund (             -- money that is to go back to its payer, if another person than who asks for it approves
  council text, refund_id uuid, payment_id uuid NOT NULL, amount_pence bigint NOT NULL CHECK (amount_pence > 0),
  origin text NOT NULL CHECK (origin IN ('rule', 'decision', 'officer')), requested_by text NOT NULL,
  approvals_needed int NOT NULL CHECK (approvals_needed IN (1, 2)), refund_over_pence bigint, decision_id uuid,
  again_of uuid, content_sha256 text NOT NULL,
  reason text NOT NULL CHECK (reason <> ''), note text, requested_at timestamptz NOT NULL, since_on date NOT NULL,
  PRIMARY KEY (council, refund_id), UNIQUE (council, refund_id, requested_by), FOREIGN KEY (council, again_of) REFERENCES refund,
  CHECK ((origin = 'rule') = (requested_by = '')), CHECK ((origin = 'decision') = (decision_id IS NOT NULL)),
  CONSTRAINT a_large_refund_needs_two CHECK (approvals_needed = 2 OR amount_pence <= refund_over_pence OR refund_over_pence IS NULL));
CREATE INDEX refund_of_payment ON refund (council, payment_id);
CREATE INDEX refund_since ON refund (council, since_on, refund_id);
CREATE TABLE refund_step (        -- what became of it: approved by each, then asked of whoever took the payment, and how that ended
  council text, refund_id uuid, step text CHECK (step IN ('approved', 'asked', 'cancelled', 'sent', 'failed')), given_by text,
  requested_by text NOT NULL, amount_pence bigint CHECK (amount_pence > 0), reason text, given_at timestamptz NOT NULL,
  PRIMARY KEY (council, refund_id, step, given_by),
  FOREIGN KEY (council, refund_id, requested_by) REFERENCES refund (council, refund_id, requested_by),
  CHECK ((step = 'cancelled') = (amount_pence IS NULL)), CHECK ((step IN ('cancelled', 'failed')) = (reason IS NOT NULL)),
  CONSTRAINT who_asks_does_not_approve
    CHECK (step NOT IN ('approved', 'asked') OR btrim(given_by) <> '' AND lower(btrim(given_by)) <> lower(btrim(requested_by))));
CREATE UNIQUE INDEX approved_once_by_each ON refund_step (council, refund_id, lower(btrim(given_by))) WHERE step = 'approved';
CREATE UNIQUE INDEX asked_or_cancelled_once ON refund_step (council, refund_id) WHERE step IN ('asked', 'cancelled');
CREATE TABLE rejected_line (      -- what back offices did not take of what a run told them, each line once, and what became of it here
  council text, run_id uuid, sequence int, destination text NOT NULL, payment_id uuid, fund text NOT NULL, account_reference text,
  amount_pence bigint NOT NULL, reason text NOT NULL, revision int, journal_id uuid, heard_on date NOT NULL,
  became text NOT NULL CHECK (became IN ('suspense', 'noted')), PRIMARY KEY (council, run_id, sequence),
  CHECK (became = 'noted' OR payment_id IS NOT NULL AND amount_pence > 0));
CREATE INDEX rejected_line_of_payment ON rejected_line (council, payment_id) WHERE payment_id IS NOT NULL;
CREATE TABLE settled_line (       -- what an officer did about one that was only noted
  council text, run_id uuid, sequence int, settled_by text NOT NULL, reason text NOT NULL, settled_at timestamptz NOT NULL,
  PRIMARY KEY (council, run_id, sequence), FOREIGN KEY (council, run_id, sequence) REFERENCES rejected_line);
CREATE TABLE suspense_note (      -- what people wrote to an item of suspense, and whose it is; the last says
  note_number bigint GENERATED ALWAYS AS IDENTITY, council text, note_id uuid, payment_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('note', 'assign')), owner text, area text, note text, given_by text NOT NULL,
  given_at timestamptz NOT NULL, PRIMARY KEY (council, note_id));
CREATE INDEX suspense_note_of_payment ON suspense_note (council, payment_id, note_number);
CREATE TABLE automatic_stop (     -- a way of placing without a person that an officer stopped for a fund: at once, by themselves
  council text, stop_id uuid, fund text NOT NULL, tag text NOT NULL CHECK (tag IN ('repaired', 'by-payer')),
  stopped_by text NOT NULL CHECK (btrim(stopped_by) <> ''), reason text NOT NULL CHECK (reason <> ''), stopped_at timestamptz NOT NULL,
  PRIMARY KEY (council, stop_id), UNIQUE (council, stop_id, stopped_by));
CREATE TABLE automatic_resume (   -- another person's word that it goes on
  council text, stop_id uuid, resume_id uuid NOT NULL, stopped_by text NOT NULL, resumed_by text NOT NULL,
  reason text NOT NULL CHECK (reason <> ''), resumed_at timestamptz NOT NULL, PRIMARY KEY (council, stop_id), UNIQUE (council, resume_id),
  FOREIGN KEY (council, stop_id, stopped_by) REFERENCES automatic_stop (council, stop_id, stopped_by),
  CONSTRAINT another_lets_it_go_on CHECK (btrim(resumed_by) <> '' AND lower(btrim(resumed_by)) <> lower(btrim(stopped_by))));
CREATE TABLE weigh_again (        -- payments in suspense whose payer was confirmed, until they are weighed anew
  council text, payment_id uuid, PRIMARY KEY (council, payment_id));
CREATE TABLE suspense_item (      -- what is in suspense now, ready to be listed: nothing but what placements, typed and suspense_note say
  council text, payment_id uuid, revision int NOT NULL, kind text NOT NULL, reason text NOT NULL, amount_pence bigint NOT NULL,
  method_of_payment text, channel text, decided_on date, since_on date NOT NULL, words text NOT NULL, owner text, area text,
  PRIMARY KEY (council, payment_id)) WITH (fillfactor = 80);
CREATE INDEX suspense_item_since ON suspense_item (council, since_on, payment_id);
CREATE INDEX suspense_item_amount ON suspense_item (council, amount_pence, payment_id);
CREATE TABLE pack_version (       -- what finance proposed, as it was written; the operator's first version is no command's
  council text, version text, number bigint GENERATED ALWAYS AS IDENTITY, content text NOT NULL, content_sha256 text NOT NULL,
  effective_on date NOT NULL, is_first boolean NOT NULL, proposed_by text NOT NULL, proposed_at timestamptz NOT NULL, reason text NOT NULL,
  command_id uuid, PRIMARY KEY (council, version), UNIQUE (council, version, proposed_by), UNIQUE (council, command_id));
CREATE UNIQUE INDEX pack_version_first ON pack_version (council) WHERE is_first;
CREATE TABLE pack_approval (      -- a version that is not the first is in force only by another person's word
  council text, version text, proposed_by text NOT NULL, approved_by text NOT NULL, approved_at timestamptz NOT NULL,
  effective_on date NOT NULL, compared_with text NOT NULL, PRIMARY KEY (council, version),
  FOREIGN KEY (council, version, proposed_by) REFERENCES pack_version (council, version, proposed_by),
  CONSTRAINT approved_by_another CHECK (lower(btrim(approved_by)) <> lower(btrim(proposed_by))));

-- The payment's first row stands for it: of two that ask at once for money of it, the second waits here, and sees what the first did.
CREATE FUNCTION no_more_goes_back_than_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE of refund; there bigint; going bigint; approved bigint; by_one bigint; most bigint;
BEGIN
  SELECT * INTO of FROM refund WHERE council = NEW.council AND refund_id = NEW.refund_id;
  PERFORM FROM placement WHERE council = NEW.council AND payment_id = of.payment_id AND revision = 1 FOR UPDATE;
  SELECT amount_pence - reversed_pence - refunded_pence INTO there FROM placement
    WHERE council = NEW.council AND payment_id = of.payment_id ORDER BY revision DESC LIMIT 1;
  SELECT coalesce(sum(s.amount_pence), 0) INTO going FROM refund r JOIN refund_step s USING (council, refund_id)
    WHERE r.council = NEW.council AND r.payment_id = of.payment_id AND s.step = 'asked' AND NOT EXISTS (SELECT FROM refund_step e
      WHERE e.council = r.council AND e.refund_id = r.refund_id AND e.step IN ('sent', 'failed'));
  SELECT count(*) INTO approved FROM refund_step
    WHERE council = NEW.council AND refund_id = NEW.refund_id AND step = 'approved' AND amount_pence = NEW.amount_pence;
  IF going + NEW.amount_pence > coalesce(there, 0) THEN
    RAISE EXCEPTION 'more would go back than is left of payment %', of.payment_id;
  END IF;
  IF NEW.amount_pence > of.amount_pence THEN RAISE EXCEPTION 'refund % is of less', of.refund_id; END IF;
  IF approved < of.approvals_needed THEN RAISE EXCEPTION 'refund % is not approved', of.refund_id; END IF;
  SELECT max(coalesce(refund_over_pence, 9223372036854775807)), coalesce(sum(amount_pence) FILTER (WHERE approvals_needed = 1), 0)
    INTO most, by_one FROM (SELECT r.refund_over_pence, r.approvals_needed, s.amount_pence FROM refund r LEFT JOIN LATERAL (
        SELECT coalesce(max(amount_pence) FILTER (WHERE step = 'sent'), max(amount_pence) FILTER (WHERE step = 'asked')) AS amount_pence
        FROM refund_step e WHERE e.council = r.council AND e.refund_id = r.refund_id
        HAVING bool_or(step = 'sent') OR NOT bool_or(step = 'failed')) AS s ON true
      WHERE r.council = NEW.council AND r.payment_id = of.payment_id) AS going_back;
  IF of.approvals_needed = 1 AND by_one + NEW.amount_pence > most THEN
    RAISE EXCEPTION 'one person would give back too much of payment %', of.payment_id;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refunds_are_of_what_is_there BEFORE INSERT ON refund_step
  FOR EACH ROW WHEN (NEW.step = 'asked') EXECUTE FUNCTION no_more_goes_back_than_is_there();

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
-- Summed by the database, so that nothing is placed or posted that is not in the sums. A revision takes the place of the one before it.
CREATE FUNCTION sum_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO placed_sum SELECT council, coalesce(reason, outcome),
      coalesce(sum(sign) FILTER (WHERE kind = 'payment'), 0), coalesce(sum(sign * amount_pence) FILTER (WHERE kind = 'payment'), 0),
      coalesce(sum(sign) FILTER (WHERE reversed_pence > 0), 0), sum(sign * reversed_pence),
      coalesce(sum(sign) FILTER (WHERE refunded_pence > 0), 0), sum(sign * refunded_pence),
      coalesce(sum(sign) FILTER (WHERE allocated_pence <> 0), 0), sum(sign * allocated_pence),
      coalesce(sum(sign) FILTER (WHERE suspended_pence <> 0), 0), sum(sign * suspended_pence),
      coalesce(sum(sign) FILTER (WHERE refund_due_pence > 0), 0), sum(sign * refund_due_pence)
    FROM (SELECT 1 AS sign, placed.* FROM placed
      UNION ALL SELECT -1, before.* FROM placed CROSS JOIN LATERAL (SELECT * FROM placement p
          WHERE (p.payment_id, p.council, p.revision) = (placed.payment_id, placed.council, placed.revision - 1) OFFSET 0) AS before
        WHERE placed.revision > 1) AS each GROUP BY 1, 2;
  RETURN NULL;
END $$;
CREATE TRIGGER placements_are_summed AFTER INSERT ON placement REFERENCING NEW TABLE AS placed
  FOR EACH STATEMENT EXECUTE FUNCTION sum_placed();
CREATE FUNCTION sum_posted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO posted_sum SELECT council, CASE split_part(ledger_account, ':', 1) WHEN 'fund' THEN 'allocated'
      WHEN 'suspense' THEN 'suspended' WHEN 'refunds-due' THEN 'refund_due' ELSE 'taken' END, sum(pence)
    FROM (SELECT council, ledger_account, sum(amount_pence) AS pence FROM posted GROUP BY 1, 2) AS each GROUP BY 1, 2;
  RETURN NULL;
END $$;
CREATE TRIGGER postings_are_summed AFTER INSERT ON ledger_line REFERENCING NEW TABLE AS posted
  FOR EACH STATEMENT EXECUTE FUNCTION sum_posted();
-- Counted by the database, so that whoever writes accounts counts them. In the order of the key: two writers never cross.
CREATE FUNCTION amounts_of(account) RETURNS SETOF bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT 0::bigint UNION SELECT $1.balance_pence WHERE $1.balance_pence > 0 UNION SELECT $1.instalment_pence WHERE $1.instalment_pence > 0
  UNION SELECT (stage ->> 1)::bigint FROM jsonb_array_elements($1.stages) AS stage WHERE (stage ->> 1)::bigint > 0 $$;
CREATE FUNCTION count_owing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO owing (council, amount_pence, fund, accounts)
    SELECT council, amount, fund, count(*) FROM now_so, amounts_of(now_so) AS amount GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (council, amount_pence, fund) DO UPDATE SET accounts = owing.accounts + excluded.accounts;
  RETURN NULL;
END $$;
CREATE FUNCTION recount_owing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO owing (council, amount_pence, fund, accounts)
    SELECT council, amount, fund, sum(change) FROM (
      SELECT council, fund, amount, 1 AS change FROM now_so, amounts_of(now_so) AS amount
      UNION ALL SELECT council, fund, amount, -1 FROM was_so, amounts_of(was_so) AS amount) AS changes
    GROUP BY 1, 2, 3 HAVING sum(change) <> 0 ORDER BY 1, 2, 3
    ON CONFLICT (council, amount_pence, fund) DO UPDATE SET accounts = owing.accounts + excluded.accounts;
  RETURN NULL;
END $$;
CREATE TRIGGER accounts_are_counted AFTER INSERT ON account REFERENCING NEW TABLE AS now_so
  FOR EACH STATEMENT EXECUTE FUNCTION count_owing();
CREATE TRIGGER accounts_are_recounted AFTER UPDATE ON account REFERENCING NEW TABLE AS now_so OLD TABLE AS was_so
  FOR EACH STATEMENT EXECUTE FUNCTION recount_owing();
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
DO $$ DECLARE each text; BEGIN
  FOREACH each IN ARRAY ARRAY['decision', 'decided', 'journal', 'verdict', 'payer', 'payer_step', 'refund', 'refund_step',
    'suspense_note', 'rejected_line', 'settled_line', 'automatic_stop', 'automatic_resume'] LOOP
    EXECUTE format('CREATE TRIGGER %1$s_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON %1$I
      FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_taken_back()', each);
  END LOOP;
END $$;
"""


def upgrade() -> None:
    """From nothing to the first tables."""
    create_kit_tables(op)
    execute_sql(op, TABLES)
