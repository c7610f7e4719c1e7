"""The tables of alerts, made in the first step of the migrations."""

TABLES = """
-- Append-only, but for the alert that an alarm gets and its end, each once.
CREATE TABLE alarm (
  council text NOT NULL, kind text NOT NULL, subject text NOT NULL, case_name text NOT NULL,
  happened_on date NOT NULL, detail text NOT NULL DEFAULT '', raised_at timestamptz NOT NULL, alert_id uuid, ended_at timestamptz,
  PRIMARY KEY (council, kind, subject, case_name));
CREATE INDEX alarm_new ON alarm (council, kind, subject) WHERE alert_id IS NULL;
CREATE INDEX alarm_of ON alarm (alert_id);
CREATE INDEX alarm_open ON alarm (kind) WHERE ended_at IS NULL AND kind IN ('file-late', 'statement-unproved');

CREATE TABLE file_arrival (council text NOT NULL, source text NOT NULL, last_on date NOT NULL, PRIMARY KEY (council, source));

CREATE TABLE known_break (
  council text NOT NULL, break_id uuid NOT NULL, revision int NOT NULL, is_open boolean NOT NULL, amount_pence bigint NOT NULL,
  opened_on date, PRIMARY KEY (council, break_id), CHECK (is_open = (opened_on IS NOT NULL)));
CREATE INDEX known_break_open ON known_break (council) WHERE is_open;

-- Append-only. What suspense holds of a payment is the sum of its moves, in whatever order they came.
CREATE TABLE suspense_move (
  council text NOT NULL, subject_id uuid NOT NULL, cause_id uuid NOT NULL, revision int NOT NULL,
  amount_pence bigint NOT NULL CHECK (amount_pence <> 0), posted_on date NOT NULL, is_payment boolean NOT NULL,
  PRIMARY KEY (council, subject_id, cause_id, revision));

-- A row a batch, as it was heard: who hears keeps no index. The watch takes the rows out, into the moves.
CREATE TABLE suspense_heard (
  council text[] NOT NULL, subject_id uuid[] NOT NULL, cause_id uuid[] NOT NULL, revision int[] NOT NULL, amount_pence bigint[] NOT NULL,
  posted_on date[] NOT NULL, is_payment boolean[] NOT NULL);

-- The same of payments by persons, to know when two are alike; kept a week.
CREATE TABLE click_heard (
  council text[] NOT NULL, payment_id uuid[] NOT NULL, likeness bytea[] NOT NULL, method_of_payment text[] NOT NULL,
  paid_at timestamptz[] NOT NULL);
CREATE TABLE click (
  council text, payment_id uuid, likeness bytea NOT NULL, method_of_payment text NOT NULL, paid_at timestamptz NOT NULL,
  PRIMARY KEY (council, payment_id));
CREATE INDEX click_alike ON click (council, likeness);
CREATE INDEX click_old ON click (paid_at);

CREATE TABLE service_wait (service text PRIMARY KEY, moved_at timestamptz NOT NULL, since timestamptz NOT NULL);

CREATE TABLE alert (
  alert_id uuid PRIMARY KEY, council text NOT NULL, kind text NOT NULL, subject text NOT NULL, began_at timestamptz NOT NULL,
  closed_at timestamptz);
CREATE UNIQUE INDEX alert_in_play ON alert (council, kind, subject) WHERE closed_at IS NULL;
CREATE INDEX alert_listed ON alert (council, began_at, alert_id);
ALTER TABLE alarm ADD FOREIGN KEY (alert_id) REFERENCES alert;

CREATE TABLE alert_acknowledged (
  alert_id uuid NOT NULL REFERENCES alert, raised int NOT NULL CHECK (raised > 0), officer text NOT NULL,
  acknowledged_at timestamptz NOT NULL, PRIMARY KEY (alert_id, raised));

CREATE TABLE alert_message (
  message_id uuid PRIMARY KEY, council text NOT NULL, receiver text NOT NULL, content jsonb NOT NULL,
  state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'sent', 'delivered', 'failed')), attempts int NOT NULL DEFAULT 0,
  since timestamptz NOT NULL, due_at timestamptz NOT NULL, finished_at timestamptz, reason text NOT NULL DEFAULT '');
CREATE INDEX alert_message_due ON alert_message (receiver, due_at) WHERE state = 'due';
CREATE INDEX alert_message_last ON alert_message (receiver, since);

CREATE TABLE alert_said (
  alert_id uuid NOT NULL REFERENCES alert, receiver text NOT NULL, times int NOT NULL CHECK (times > 0),
  message_id uuid NOT NULL REFERENCES alert_message, saying text NOT NULL CHECK (saying IN ('first', 'again', 'ended')),
  raised int NOT NULL, said_at timestamptz NOT NULL, PRIMARY KEY (alert_id, receiver, times));
CREATE INDEX alert_said_in ON alert_said (message_id);
"""
