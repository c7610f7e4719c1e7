"""How it is said that somebody does not want to be written to, or does again; or that nothing of them is to be kept."""

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from ims_notify.domain.addresses import mobile
from ims_notify.domain.facts import mailbox
from ims_notify.domain.manners import digest
from ims_notify.doors import Unwelcome, council_of, officer_of, service_of
from ims_notify.store import opt_outs, retention

log = structlog.get_logger()
router = APIRouter(prefix="/v1", tags=["opt-outs"])


class OptOut(BaseModel, extra="forbid"):
    """Of one address: only its digest is kept."""

    address: str = Field(max_length=254)
    """An e-mail address or a mobile number."""
    is_out: bool = True


@router.post("/opt-outs", status_code=204)
async def post_opt_out(request: Request, said: OptOut) -> Response:
    """Keep that the owner of an address wants no receipts and notices, or (`is_out` false) wants them again. What they must know still
    goes."""
    council = council_of(request)
    address = mailbox(said.address) or mobile(said.address)
    if address is None:
        raise Unwelcome(422, "That is no address", "Send an e-mail address, or a UK mobile number.")
    async with service_of(request).begin() as work:
        await opt_outs.say(council, digest(council, address), said.is_out, work)
    return Response(status_code=204)


class Erasure(BaseModel, extra="forbid"):
    """Of one person."""

    email: str = Field(max_length=254)


@router.post("/erasures")
async def post_erasure(request: Request, wanted: Erasure) -> dict[str, int]:
    """Keep nothing any more of the person who has an e-mail address; by an officer. Says of how many payments and accounts."""
    name, officer = officer_of(request)
    email = mailbox(wanted.email)
    if email is None:
        raise Unwelcome(422, "That is no e-mail address", "Send the address as it was given with the payment.")
    async with service_of(request).begin() as work:
        erased = await retention.erase(officer.council, email, request.app.state.vault, work)
    log.info("a person was erased", officer=name, **erased._asdict())
    return erased._asdict()
