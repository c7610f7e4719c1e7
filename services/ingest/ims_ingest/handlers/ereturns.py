"""The e-returns' door: entered and submitted by one person, approved by another; on approval they are told as a file would be."""

import hashlib
import io
import json
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from ims_ingest.domain.cards import redacted
from ims_ingest.domain.ereturns import Asked, Decision, EReturn, Person, decide, faults, is_same_person, rows, whole
from ims_ingest.domain.identity import derive
from ims_ingest.domain.planning import Plan
from ims_ingest.domain.proving import Proof
from ims_ingest.domain.rows import FileHead
from ims_ingest.domain.templates import faults_by_template, filled
from ims_ingest.formats.ereturn import ERETURN
from ims_ingest.formats.records import Record
from ims_ingest.handlers.importing import summary, take_chunk
from ims_ingest.handlers.publishers import Answer, Caller, Unwelcome, body_of, caller_of, reasons_of
from ims_ingest.handlers.templates import template_of
from ims_ingest.store import ereturns, files
from ims_ingest.store.ereturns import Held
from ims_kit import Service, Work

router = APIRouter(prefix="/v1/e-returns", tags=["e-returns"])

# 500 cheques and 500 lines of cash, at a hundred bytes each, twice over.
BYTES_MAX = 256 << 10
IN_THE_BAG = ("cash", "lines", "cheques")


class Approval(Asked):
    """Who approves; never who submitted."""

    approved_by: Person


class Voiding(Asked):
    """Who takes an e-return out before it is money."""

    voided_by: Person


@router.post("", status_code=201)
async def post_e_return(request: Request) -> Response:
    """Enter an e-return, or submit it where `submitted_by` is named: cash by denomination, what the cash is for, cheques, line by
    line as its template has them. What is submitted has to come to the bag's total. The same again is known; until it is
    submitted, it may be changed: `If-Match` may name it as it was looked at."""
    caller = teller(request)
    ereturn = by_template(request, caller, await read(request, EReturn))
    action = "submit" if ereturn.submitted_by else "save"
    async with service_of(request).begin() as work:
        held = await ereturns.hold_with_bag(caller.council, ereturn, work)
        decision = decide(held.state if held else "absent", action, held is not None and held.ereturn == ereturn)
        if decision.is_new:
            refuse_changed(request, held)
            if other := await ereturns.with_bag(caller.council, ereturn, work):
                raise Unwelcome(409, "The bag's number is another e-return's; nothing was kept", f"e-return {other} has this bag.")
            prove(ereturn, head_of(ereturn, caller.council, work))
            await ereturns.enter(caller.council, ereturn, decision.state, work)
    return answer(decision, Held(ereturn, decision.state, None, None, None) if decision.is_new or held is None else held)


@router.post("/{number}/approve")
async def post_approval(request: Request, number: str) -> Response:
    """Approve an e-return that another person submitted: its payments, and the bag's total, are told. `If-Match` may name it as it was
    looked at."""
    caller, approval = teller(request), await read(request, Approval)
    async with service_of(request).begin() as work:
        held = there(await ereturns.hold(caller.council, number, work))
        decision = decide(held.state, "approve", is_same_person(held.approved_by, approval.approved_by))
        if decision.is_new:
            refuse_changed(request, held)
            if is_same_person(held.ereturn.submitted_by, approval.approved_by):
                raise Unwelcome(403, "Who submitted an e-return may not approve it", "Have another person approve it.")
            file_id = await tell(held.ereturn, caller.council, work)
            await ereturns.approve(caller.council, number, approval.approved_by, file_id, work)
            held = held._replace(state=decision.state, approved_by=approval.approved_by, file_id=file_id)
    return answer(decision, held)


@router.post("/{number}/void")
async def post_voiding(request: Request, number: str) -> Response:
    """Take an e-return out that is not authorised yet; its bag's number is free again. `If-Match` may name it as it was looked at."""
    caller, voiding = teller(request), await read(request, Voiding)
    async with service_of(request).begin() as work:
        held = there(await ereturns.hold(caller.council, number, work))
        decision = decide(held.state, "void", is_same_person(held.voided_by, voiding.voided_by))
        if decision.is_new:
            refuse_changed(request, held)
            await ereturns.void(caller.council, number, voiding.voided_by, work)
            held = held._replace(state=decision.state, voided_by=voiding.voided_by)
    return answer(decision, held)


@router.get("")
async def get_e_returns(
    request: Request,
    state: Literal["new", "submitted", "authorised", "voided"] | None = None,
    template: str | None = None,
    by: str | None = None,
    after: str = "",
    count_max: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """E-returns in the order of their numbers, without what is in the bag; `state=submitted` waits for another person's approval, `by`
    looks for whoever entered, submitted, approved or voided it. `after` is `next` of the page before."""
    caller = teller(request)
    found = await ereturns.page(service_of(request).pool, caller.council, after, (state, template, by), count_max)
    heads = [{name: value for name, value in shown(each).items() if name not in IN_THE_BAG} for each in found]
    return {"e_returns": heads, "next": heads[-1]["number"] if len(heads) == count_max else None}


@router.get("/{number}")
async def get_e_return(request: Request, number: str) -> Response:
    """An e-return: its state, its totals, and who did what. Its `ETag` changes with any of it."""
    caller = teller(request)
    async with service_of(request).pool.acquire() as connection:
        return tagged(200, shown(there(await ereturns.find(connection, caller.council, number))))


async def tell(ereturn: EReturn, council: str, work: Work) -> UUID:
    """Tell its payments and the remittance as those of a file of its own, which is kept. Raises Unwelcome where the bag, or a
    payment of it, came otherwise before. Returns the file's id."""
    head, content = head_of(ereturn, council, work), ereturn.model_dump_json().encode()
    proof = prove(ereturn, head)
    await files.keep(head, io.BytesIO(content), len(content), work)
    known, contradicted = await files.claim(head, proof.parts(), work)
    if contradicted:
        raise Unwelcome(409, "The bag came before, with other content; nothing was counted", f"bag {ereturn.bag_number}")
    for chunk in Plan(proof, known).chunks(records(ereturn)):
        if set(await take_chunk(chunk, head, work)) - {"received"}:
            raise Unwelcome(409, "Some of its payments came before; nothing was counted", f"e-return {ereturn.number}")
    await files.move(head, "known" if known else "received", work, summary(proof))
    return head.file_id


def head_of(ereturn: EReturn, council: str, work: Work) -> FileHead:
    """The e-return as a file: by the name and the format of the file that it might have come in."""
    content_sha256 = hashlib.sha256(ereturn.model_dump_json().encode()).hexdigest()
    file_id = derive("file", council, content_sha256)
    return FileHead(file_id, council, ERETURN.source, ERETURN.name, content_sha256, work.now, ereturn.taken_on)


def records(ereturn: EReturn) -> list[Record]:
    return [*rows(ereturn), whole(ereturn)]


def prove(ereturn: EReturn, head: FileHead) -> Proof:
    """What every file of collections has to stand. Raises Unwelcome with every reason why it does not."""
    found = records(ereturn)
    proof = Proof(head, len(found))
    for each in found:
        proof.take(each)
    if proof.faults:
        reasons = [f"payment {each.line}: {each.what}" for each in proof.faults]
        raise Unwelcome(422, "The e-return cannot be taken in; nothing was kept", *reasons)
    return proof


def by_template(request: Request, caller: Caller, ereturn: EReturn) -> EReturn:
    """The e-return with what its template says of each line. Raises Unwelcome with every reason why it does not agree with the
    template or, where it is submitted, does not add up."""
    template = template_of(request, caller.council, ereturn.template)
    ereturn = filled(ereturn, template)
    reasons = faults_by_template(ereturn, template) + (faults(ereturn) if ereturn.submitted_by else [])
    if reasons:
        raise Unwelcome(422, "The e-return does not add up, or is not as its template; nothing was kept", *reasons)
    return ereturn


def teller(request: Request) -> Caller:
    """A publisher that speaks for e-returns."""
    caller = caller_of(request)
    caller.source(ERETURN.source)
    return caller


async def read[Body: Asked](request: Request, kind: type[Body]) -> Body:
    """The body, without card numbers. Raises Unwelcome with every fault in it."""
    try:
        return kind.model_validate_json(redacted(await body_of(request, BYTES_MAX)))
    except ValidationError as error:
        raise Unwelcome(422, "The body cannot be read", *reasons_of(error)) from None


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def there(held: Held | None) -> Held:
    """Raises Unwelcome where there is no such e-return of the caller's council."""
    if held is None:
        raise Unwelcome(404, "There is no such e-return", "Look for its number in GET /v1/e-returns.")
    return held


def answer(decision: Decision, held: Held) -> Response:
    """What became of the e-return."""
    if decision.reason:
        raise Unwelcome(409, "The e-return does not change", decision.reason)
    return tagged(201 if decision.is_new else 200, shown(held), {"is_new": decision.is_new})


def tagged(status: int, e_return: dict[str, Any], beside: dict[str, Any] | None = None) -> Response:
    """An e-return, with what changes with it as its `ETag`."""
    response = Answer(status, (beside or {}) | e_return).response()
    response.headers["etag"] = f'"{version(e_return)}"'
    return response


def version(e_return: dict[str, Any]) -> str:
    """All that is shown of an e-return, digested."""
    return hashlib.sha256(json.dumps(e_return, sort_keys=True).encode()).hexdigest()[:16]


def refuse_changed(request: Request, held: Held | None) -> None:
    """Raises Unwelcome where an e-return is not any more as the caller looked at it."""
    seen = request.headers.get("if-match", "").strip().strip('"')
    if seen and (held is None or seen != version(shown(held))):
        now = f"It is {held.state}: look at it again." if held else "There is no such e-return."
        raise Unwelcome(412, "The e-return changed since it was looked at; nothing was changed", now)


def shown(held: Held) -> dict[str, Any]:
    said = held.ereturn
    return {
        "number": said.number, "bag_number": said.bag_number, "template": said.template, "taken_on": said.taken_on.isoformat(),
        "state": held.state, "cash_pence": said.cash_pence, "cheques_pence": said.cheques_pence, "total_pence": said.total_pence,
        "entered_by": said.entered_by, "submitted_by": said.submitted_by, "approved_by": held.approved_by,
        "voided_by": held.voided_by, "file_id": held.file_id and str(held.file_id), "cash": said.cash,
        "lines": [each.model_dump() for each in said.lines], "cheques": [each.model_dump() for each in said.cheques],
    }  # fmt: skip
