"""The whole way of a file without a database: read, proved, and made everything that would be told of it."""

import io
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from ims_contracts.message import Message
from ims_ingest.domain.planning import Chunk, Plan, payment_ids
from ims_ingest.domain.proving import Proof
from ims_ingest.domain.refusing import refusal
from ims_ingest.domain.rows import FileHead, statement_line
from ims_ingest.formats import FORMATS, Format
from ims_ingest.handlers.importing import summary
from ims_kit import body_of
from ims_kit.work import Work

# An hour of work must not fit a few kilobytes.
SECONDS_MAX = 2


def take(content: bytes, format_name: str) -> None:
    """Raises for whatever would break off half way, or take long: nothing of a file is told before it has proved, so that nothing
    may go wrong afterwards."""
    began = time.process_time()
    form = FORMATS[format_name]
    head = FileHead(UUID(int=1), "E07999999", form.source, form.name, "0" * 64, datetime(2026, 3, 20, tzinfo=UTC))
    head = head._replace(comes_ahead=form.comes_ahead)
    proof = prove(form, head, content)
    if proof.fault_count:
        refuse(proof)
    else:
        tell(form, proof, content)
    assert time.process_time() - began < SECONDS_MAX, f"it took {time.process_time() - began:.1f} seconds"


def prove(form: Format, head: FileHead, content: bytes) -> Proof:
    proof = Proof(head, 100_000)
    for record in form.read(io.BytesIO(content)):
        proof.take(record)
        if proof.is_over:
            break
    json.dumps(summary(proof), default=str)
    assert all(0 < len(fault.what) <= 500 for fault in proof.faults)
    return proof


def refuse(proof: Proof) -> None:
    told = refusal(proof, proof.faults, proof.fault_count)
    body = body_of(told)
    assert b"\\u0000" not in body, "PostgreSQL takes no NUL"
    assert type(told).model_validate_json(body) == told


def tell(form: Format, proof: Proof, content: bytes) -> None:
    work = Work(None)
    told = []
    for chunk in Plan(proof, set()).chunks(form.read(io.BytesIO(content))):
        told += [payment.payment_id for payment in chunk.payments]
        for fact in facts_of(chunk, proof.head):
            body = body_of(fact)
            assert b"\\u0000" not in body, "PostgreSQL takes no NUL"
            work.tell(type(fact).model_validate_json(body), body=body)
    assert told == list(payment_ids(form.read(io.BytesIO(content)), proof.head))


def facts_of(chunk: Chunk, head: FileHead) -> Iterator[Message]:
    yield from (*chunk.payments, *chunk.known_from_settlement, *chunk.reversals, *chunk.accounts, *chunk.facts)
    yield from (statement_line(shown, head.council, 1) for shown in chunk.entries)
    for advice in chunk.advices:
        assert "\x00" not in str(advice)
