"""How GOV.UK Notify, and a mailbox of bounces, tell us what has become of what was sent."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, ValidationError

from ims_kit import holder
from ims_notify.domain import bounces
from ims_notify.doors import Unwelcome, body_of, council_of, service_of
from ims_notify.settings import Settings
from ims_notify.store import reported
from ims_notify.store.reported import Report

router = APIRouter(prefix="/v1", tags=["deliveries"])

BOUNCE_BYTES_MAX = 1 << 20


class Callback(BaseModel):
    """What we take of a callback. To whom it went is left where it is."""

    id: UUID
    reference: str | None = None
    status: str = Field(pattern=r"^[ -~]{1,64}$")


@router.post("/callbacks/govuk-notify", status_code=204)
async def post_report(request: Request) -> Response:
    """Take one report. The same again, and one of a reference that we do not know, is taken too: a refusal would be the end of it."""
    council = sender_of(request)
    try:
        said = Callback.model_validate_json(await body_of(request))
    except ValidationError:
        raise Unwelcome(422, "This is no delivery receipt of GOV.UK Notify", "Send JSON with id, reference and status.") from None
    async with service_of(request).begin() as work:
        await reported.keep(council, Report(said.id, said.status, "".join(filter(str.isprintable, said.reference or ""))), work)
    return Response(status_code=204)


@router.post("/callbacks/bounce", status_code=204)
async def post_bounce(request: Request) -> Response:
    """Take one message, as it is, that came back to the address receipts are sent from. The same again changes nothing."""
    council = council_of(request)
    bounce = bounces.read(await body_of(request, BOUNCE_BYTES_MAX))
    if bounce is None:
        raise Unwelcome(422, "This tells of no message of ours that failed", "Send a delivery status notification (RFC 3464), whole.")
    async with service_of(request).begin() as work:
        await reported.bounced(council, bounce, work)
    return Response(status_code=204)


def sender_of(request: Request) -> str:
    """The council whose service sends this, by its bearer token. Raises Unwelcome."""
    settings: Settings = service_of(request).settings
    tokens = {council: each.callback_token_sha256 for council, each in settings.govuk_notify.items() if each.callback_token_sha256}
    council = holder(request.headers.get("authorization"), tokens)
    if council is None:
        raise Unwelcome(401, "Say who you are", "Set the bearer token of IMS_GOVUK_NOTIFY at GOV.UK Notify, under API integration.")
    return council
