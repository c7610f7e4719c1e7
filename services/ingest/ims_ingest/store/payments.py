"""Payments: kept once, and what a second telling of one adds."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from ims_contracts.message import Message
from ims_contracts.payments import PaymentReceived, PaymentRefused, PaymentReversed
from ims_ingest.domain.identity import derive
from ims_ingest.domain.observations import content, contradiction, enrich
from ims_ingest.domain.rows import FileHead, settled_as
from ims_ingest.store.tables import Conflict, Observation, Payment, Refusal, Reversal
from ims_kit import Insert, Work, body_of

KEEP = Insert(
    Payment,
    "payment_id council source source_payment_id provider amount_pence revision remittance_id settled_as body",
    returning="payment_id",
)
OBSERVE = Insert(Observation, "payment_id content_sha256 council source source_payment_id body", returning="payment_id")
REFUSE = Insert(
    Refusal,
    "council source source_payment_id content_sha256 reasons refused_at",
    returning="council source source_payment_id content_sha256",
)
REVERSE = Insert(Reversal, "reversal_id council payment_id amount_pence body", returning="reversal_id")
CONTRADICT = Insert(Conflict, "conflict_id council kind subject_id reason held told found_at")
# In one order, so that two transactions that enrich the same payments do not wait for each other in a ring.
HELD = "SELECT payment_id, revision, body FROM payment WHERE payment_id = ANY($1) ORDER BY payment_id FOR UPDATE"
OBSERVED = "SELECT payment_id, body FROM observation WHERE payment_id = ANY($1)"
REVISE = """UPDATE payment SET revision = new.revision, source = new.source, source_payment_id = new.source_payment_id,
    settled_as = new.settled_as, body = new.body
  FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[])
    AS new (payment_id, revision, source, source_payment_id, settled_as, body)
  WHERE payment.payment_id = new.payment_id"""


class Outcome(NamedTuple):
    """What became of a telling: `received`, `known`, `enriched`, `conflict` or `refused`, and why."""

    state: str
    payment_id: UUID | None = None
    reasons: tuple[str, ...] = ()


def row(payment: PaymentReceived, body: bytes) -> tuple[object, ...]:
    provider = payment.provider if payment.provider_payment_id else None
    return (
        payment.payment_id, payment.council, payment.source, payment.source_payment_id, provider,
        payment.amount_pence, payment.revision, payment.remittance_id, settled_as(payment), body.decode(),
    )  # fmt: skip


async def held(tellings: Sequence[PaymentReceived], connection: Any) -> dict[UUID, PaymentReceived]:
    """What is known of these payments, as their tellings together say it."""
    ids = [each.payment_id for each in tellings]
    found = await connection.fetch("SELECT payment_id, body FROM payment WHERE payment_id = ANY($1)", ids)
    return {payment_id: PaymentReceived.model_validate_json(body) for payment_id, body in found}


async def record(tellings: Sequence[PaymentReceived], work: Work, because: Mapping[int, Message] | None = None) -> list[Outcome]:
    """Keep and tell the payments that are new, in one statement; only for the others is there anything more to do.
    `because` names the message heard that a telling, by its `id`, came from."""
    causes = because or {}
    first: dict[UUID, PaymentReceived] = {}
    for telling in tellings:
        first.setdefault(telling.payment_id, telling)
    bodies = {payment_id: body_of(telling) for payment_id, telling in first.items()}
    rows = [row(telling, bodies[payment_id]) for payment_id, telling in first.items()]
    new = {found[0] for found in await KEEP(work.connection, rows)}
    outcomes: list[Outcome] = []
    again: list[int] = []
    for index, telling in enumerate(tellings):
        if telling.payment_id in new and first[telling.payment_id] is telling:
            work.tell(telling, because=causes.get(id(telling)), body=bodies[telling.payment_id])
        else:
            again.append(index)
        outcomes.append(Outcome("received", telling.payment_id))
    if again:
        found = await reconsider([tellings[index] for index in again], work, causes)
        for index, outcome in zip(again, found, strict=True):
            outcomes[index] = outcome
    return outcomes


async def record_if_unknown(tellings: Sequence[PaymentReceived], work: Work) -> None:
    """Keep and tell what only a settlement knows of. It says nothing new of a payment that anyone else told."""
    new = {found[0] for found in await KEEP(work.connection, [row(telling, body_of(telling)) for telling in tellings])}
    for telling in tellings:
        if telling.payment_id in new:
            new.remove(telling.payment_id)
            work.tell(telling)


async def reconsider(tellings: list[PaymentReceived], work: Work, causes: Mapping[int, Message]) -> list[Outcome]:
    """Payments told again: the same, or more of it, or something that cannot be true as well."""
    ids = list({telling.payment_id for telling in tellings})
    held = {found[0]: PaymentReceived.model_validate_json(found[2]) for found in await work.connection.fetch(HELD, ids)}
    observed: dict[UUID, dict[str, PaymentReceived]] = {payment_id: {} for payment_id in ids}
    for found in await work.connection.fetch(OBSERVED, ids):
        telling = PaymentReceived.model_validate_json(found[1])
        observed[found[0]][content(telling)] = telling
    outcomes: list[Outcome] = []
    revised: dict[UUID, PaymentReceived] = {}
    observations, conflicts = [], []
    for telling in tellings:
        payment_id, known = telling.payment_id, held[telling.payment_id]
        if reason := contradiction(known, telling):
            conflicts.append(conflict(known, telling, reason, work))
            outcomes.append(Outcome("conflict", payment_id, (reason,)))
            continue
        tellings_known = observed[payment_id] or {content(known): known}
        enriched = enrich(known, [*tellings_known.values(), telling])
        if content(telling) not in tellings_known:
            tellings_known[content(telling)] = telling
            observations += [observation(each) for each in tellings_known.values()]
        observed[payment_id] = tellings_known
        if enriched is not None:
            held[payment_id] = revised[payment_id] = enriched
            work.tell(enriched, because=causes.get(id(telling)))
        outcomes.append(Outcome("known" if enriched is None else "enriched", payment_id))
    await CONTRADICT(work.connection, conflicts)
    await OBSERVE(work.connection, observations)
    await revise(revised.values(), work)
    return outcomes


async def revise(payments: Iterable[PaymentReceived], work: Work) -> None:
    rows = [
        (each.payment_id, each.revision, each.source, each.source_payment_id, settled_as(each), each.model_dump_json(exclude_none=True))
        for each in payments
    ]
    if rows:
        await work.connection.execute(REVISE, *zip(*rows, strict=True))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def observation(telling: PaymentReceived) -> tuple[object, ...]:
    body = telling.model_dump_json(exclude_none=True)
    return telling.payment_id, sha256(content(telling)), telling.council, telling.source, telling.source_payment_id, body


def conflict(
    held: PaymentReceived | PaymentReversed, told: PaymentReceived | PaymentReversed, reason: str, work: Work
) -> tuple[object, ...]:
    """Both tellings, for a person to decide."""
    subject = held.payment_id if isinstance(held, PaymentReceived) else held.reversal_id
    kind = "payment" if isinstance(held, PaymentReceived) else "reversal"
    body = told.model_dump_json(exclude_none=True)
    key = derive("conflict", str(subject), sha256(body))
    return key, held.council, kind, subject, reason, held.model_dump_json(exclude_none=True), body, work.now


async def methods(payment_ids: Sequence[UUID], connection: Any) -> dict[UUID, str]:
    """The method of payment of each that is known."""
    sql = "SELECT payment_id, body::jsonb ->> 'method_of_payment' FROM payment WHERE payment_id = ANY($1)"
    return {found[0]: found[1] for found in await connection.fetch(sql, list(payment_ids))}


async def contradict(kind: str, subject_id: UUID, council: str, reason: str, work: Work) -> None:
    """What its provider says otherwise of a thing than it was told: for a person. Once for each reason."""
    key = derive("conflict", str(subject_id), reason)
    await CONTRADICT(work.connection, [(key, council, kind, subject_id, reason, None, None, work.now)])


async def contradict_file(head: FileHead, reasons: Sequence[str], work: Work) -> None:
    """A file that contradicts what came before: for a person, who finds its bytes by its id."""
    reason = "; ".join(reasons)[:2000]
    await CONTRADICT(work.connection, [
        (derive("conflict", str(head.file_id)), head.council, "file", head.file_id, reason, None, None, work.now)
    ])  # fmt: skip


async def refuse(refusals: Sequence[PaymentRefused], work: Work, because: Mapping[int, Message] | None = None) -> None:
    """Remember and tell why submissions were not accepted; each once."""
    rows = [
        (each.council, each.source, each.source_payment_id, each.content_sha256, json.dumps(each.reasons), work.now)
        for each in refusals
    ]
    new = {tuple(found) for found in await REFUSE(work.connection, rows)}
    for each in refusals:
        key = (each.council, each.source, each.source_payment_id, each.content_sha256)
        if key in new:
            new.remove(key)
            work.tell(each, because=(because or {}).get(id(each)))


async def reverse(reversals: Sequence[PaymentReversed], work: Work, because: Mapping[int, Message] | None = None) -> list[str]:
    """Keep and tell the reversals that are new; one that comes again with another amount is for a person. What became of each:
    `received`, `known` or `conflict`."""
    rows = [
        (each.reversal_id, each.council, each.payment_id, each.amount_pence, each.model_dump_json(exclude_none=True))
        for each in reversals
    ]
    new = {found[0] for found in await REVERSE(work.connection, rows)}
    states, again = [], []
    for each in reversals:
        states.append("received" if each.reversal_id in new else "known")
        if each.reversal_id in new:
            new.remove(each.reversal_id)
            work.tell(each, because=(because or {}).get(id(each)))
        else:
            again.append(each)
    if not again:
        return states
    held = await work.connection.fetch("SELECT body FROM reversal WHERE reversal_id = ANY($1)", [each.reversal_id for each in again])
    known = {each.reversal_id: each for each in (PaymentReversed.model_validate_json(found[0]) for found in held)}
    reason = "the amount is another"
    others = [each for each in again if known[each.reversal_id].amount_pence != each.amount_pence]
    await CONTRADICT(work.connection, [conflict(known[each.reversal_id], each, reason, work) for each in others])
    odd = set(map(id, others))
    return ["conflict" if id(each) in odd else state for each, state in zip(reversals, states, strict=True)]
