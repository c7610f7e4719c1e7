"""The HTTP door for money that went back: one reversal at a time, known by its own id."""

import json
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from ims_contracts.acceptance import PAYMENT_BYTES_MAX, faults_of_reversal
from ims_contracts.payments import ReversalSubmitted
from ims_ingest.domain.submissions import accept_reversal
from ims_ingest.handlers.publishers import Answer, Caller, Unwelcome, body_of, caller_of, problem, reasons_of
from ims_ingest.handlers.publishing import STATUS, unwrap
from ims_ingest.store.answers import Asked, keep_events
from ims_ingest.store.payments import reverse

router = APIRouter(prefix="/v1", tags=["publish"])


@router.post("/reversals", status_code=201)
async def post_reversal(request: Request) -> Response:
    """Tell that a payment was taken back, whether it is known yet or not. The reversal's own id makes it one: sent again, nothing more
    is taken back."""
    caller = caller_of(request)
    raw = await body_of(request, PAYMENT_BYTES_MAX)
    data, _ = unwrap(raw, request.headers.get("content-type", ""), ReversalSubmitted.type)
    submitted = read_reversal(data, caller)
    fact = accept_reversal(submitted)
    async with request.app.state.service.begin() as work:
        await keep_events([Asked(caller.name, submitted.source_reversal_id, caller.council, submitted.source, raw)], work)
        (state,) = await reverse([fact], work)
    if state == "conflict":
        title = "This reversal is known with another amount; a person will decide, nothing was changed"
        return problem(409, title, "the amount is another").response()
    return Answer(STATUS[state], {"reversal_id": str(fact.reversal_id), "state": state}).response()


def read_reversal(data: dict[str, Any], caller: Caller) -> ReversalSubmitted:
    """The reversal, in the caller's own name. Raises Unwelcome with every fault in it."""
    said = data | {"council": caller.council, "source": caller.speaks_for(data)}
    try:
        submitted = ReversalSubmitted.model_validate_json(json.dumps(said))
    except ValidationError as error:
        raise Unwelcome(422, "The reversal is not accepted; nothing was taken back", *reasons_of(error)) from None
    if faults := faults_of_reversal(submitted):
        raise Unwelcome(422, "The reversal is not accepted; nothing was taken back", *map(str, faults))
    return submitted
