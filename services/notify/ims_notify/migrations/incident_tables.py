"""The tables of incident messages, made in the first step of the migrations."""

TABLES = """
-- Append-only, a row or two a batch: the payments that came from one place on one day.
CREATE TABLE payment_origin (
  council text NOT NULL, source text NOT NULL, remittance_id uuid, paid_on date NOT NULL, received_on date NOT NULL,
  payment_ids uuid[] NOT NULL);
CREATE INDEX payment_origin_file ON payment_origin (council, remittance_id) WHERE remittance_id IS NOT NULL;
CREATE INDEX payment_origin_paid ON payment_origin (council, source, paid_on);
CREATE INDEX payment_origin_received ON payment_origin (council, source, received_on);

-- Append-only, but that its salt is forgotten: what was drafted is what is approved and sent.
CREATE TABLE incident (
  incident_id uuid PRIMARY KEY, council text NOT NULL, drafted jsonb NOT NULL, drafted_by text NOT NULL, drafted_at timestamptz NOT NULL,
  unknown_count int NOT NULL, salt uuid DEFAULT gen_random_uuid(),
  UNIQUE (incident_id, drafted_by));
CREATE INDEX incident_listed ON incident (council, drafted_at, incident_id);

CREATE TABLE incident_payment (
  incident_id uuid NOT NULL REFERENCES incident, payment_id uuid NOT NULL, PRIMARY KEY (incident_id, payment_id));

-- Once, and by somebody else.
CREATE TABLE incident_approval (
  incident_id uuid PRIMARY KEY, drafted_by text NOT NULL, approved_by text NOT NULL, approved_at timestamptz NOT NULL,
  FOREIGN KEY (incident_id, drafted_by) REFERENCES incident (incident_id, drafted_by),
  CONSTRAINT approved_by_another CHECK (approved_by <> drafted_by));

-- Stopped and gone on with, append-only; the last counts.
CREATE TABLE incident_switch (
  incident_id uuid NOT NULL REFERENCES incident_approval, number int NOT NULL CHECK (number > 0), is_stopped boolean NOT NULL,
  officer text NOT NULL, switched_at timestamptz NOT NULL, PRIMARY KEY (incident_id, number));

-- One an address: as a digest with the incident's own salt, so that no address is kept but with its payment.
CREATE TABLE incident_message (
  message_id uuid PRIMARY KEY DEFAULT gen_random_uuid(), incident_id uuid NOT NULL REFERENCES incident_approval, council text NOT NULL,
  payment_id uuid NOT NULL, address_key bytea NOT NULL, language text NOT NULL, amount_pence bigint NOT NULL, payment_count int NOT NULL,
  state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'stopped', 'sent', 'delivered', 'failed', 'no-contact')),
  attempts int NOT NULL DEFAULT 0, since timestamptz NOT NULL, due_at timestamptz NOT NULL, lent_at timestamptz,
  finished_at timestamptz, reason text NOT NULL DEFAULT '', notification_id uuid,
  UNIQUE (incident_id, address_key));
CREATE INDEX incident_message_due ON incident_message (due_at) WHERE state = 'due';
CREATE INDEX incident_message_sent ON incident_message (council, due_at) WHERE state = 'sent' AND notification_id IS NOT NULL;
CREATE INDEX incident_message_lent ON incident_message (lent_at);
"""
