"""A message to the payers of a chosen set: drafted, previewed, approved by another person, sent, stopped."""

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ims_notify.domain.incidents import Wording, faults, rendered
from ims_notify.doors import Unwelcome, officer_of, service_of
from ims_notify.store import incidents
from ims_notify.store.incidents import Choice

router = APIRouter(prefix="/v1", tags=["incidents"])

State = Literal["drafted", "sending", "stopped", "done"]
MessageState = Literal["due", "stopped", "sent", "delivered", "failed", "no-contact"]
COUNT_MAX = 500
PAYMENTS_MAX = 100_000


class Strict(BaseModel):
    """A word that is not known is an error."""

    model_config = ConfigDict(extra="forbid")


class WordingBody(Strict):
    """In one language."""

    subject: Annotated[str, Field(max_length=150)]
    text: Annotated[str, Field(max_length=5000)]
    """Plain text. `{council}`, `{enquiries}`, `{amount}` and `{payments}` are filled in."""


class WordsBody(Strict):
    """In English, and in Welsh for those who have asked for it; without it they have the English."""

    en: WordingBody
    cy: WordingBody | None = None


class ChoiceBody(Strict):
    """Which payments: of a file, of a source and day (`paid_on`, or `received_on`, when we were told), or named."""

    remittance_id: UUID | None = None
    source: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    paid_on: date | None = None
    received_on: date | None = None
    payment_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=PAYMENTS_MAX)

    @model_validator(mode="after")
    def is_one_way(self) -> Self:
        is_by_day = self.source is not None and (self.paid_on is not None or self.received_on is not None)
        has_day = self.source is not None or self.paid_on is not None or self.received_on is not None
        ways = [self.remittance_id is not None, has_day, self.payment_ids is not None]
        if sum(ways) != 1 or (has_day and not is_by_day):
            raise ValueError("say `remittance_id`; or `source` with `paid_on` or `received_on`; or `payment_ids`")
        return self


class IncidentBody(Strict):
    """A draft. It is not changed afterwards: draft another, under another id."""

    name: Annotated[str, Field(min_length=1, max_length=140)]
    """For officers: what happened."""
    words: WordsBody
    payments: ChoiceBody


@router.put("/incidents/{incident_id}")
async def put_incident(request: Request, incident_id: UUID, body: IncidentBody) -> dict[str, Any]:
    """Draft a message under an id of your own, and see whom it would go to, and in which words. The same again is known."""
    name, officer = officer_of(request)
    drafted = body.model_dump(mode="json")
    if wrong := faults(words_of(drafted)):
        raise Unwelcome(422, "The words cannot be sent", *wrong)
    if (officer.council, "en") not in request.app.state.pack.councils:
        raise Unwelcome(409, "The council pack has no name and enquiries of your council", "Add it under `councils`.")
    async with service_of(request).begin() as work:
        if await incidents.draft(incident_id, officer.council, drafted, name, work):
            await incidents.choose(incident_id, officer.council, Choice(**body.payments.model_dump()), work)
        found = await incidents.one(work.connection, officer.council, incident_id)
    if found is None or found["drafted"] != drafted:
        raise Unwelcome(409, "There is another draft of that id", "Draft this one under a new id.")
    return await shown(request, found)


@router.get("/incidents")
async def get_incidents(
    request: Request, state: State | None = None, after: UUID | None = None, count_max: int = Query(100, ge=1, le=COUNT_MAX)
) -> dict[str, Any]:
    """The incidents of the officer's council, the newest first. `after` is `next` of the page before."""
    _, officer = officer_of(request)
    found = await incidents.listed(service_of(request).pool, officer.council, state, after, count_max)
    listed = [{key: value for key, value in each.items() if key != "drafted"} | {"name": each["drafted"]["name"]} for each in found]
    return {"incidents": listed, "next": found[-1]["incident_id"] if len(found) == count_max else None}


@router.get("/incidents/{incident_id}")
async def get_incident(request: Request, incident_id: UUID) -> dict[str, Any]:
    """A draft with its preview: how many have an address, the words, and three examples; or how far its sending has come."""
    return await at(request, incident_id)


@router.post("/incidents/{incident_id}/approve")
async def post_approve(request: Request, incident_id: UUID) -> dict[str, Any]:
    """Let it go to all who have an address, once each. Not by the officer who drafted it."""
    name, officer = officer_of(request)
    async with service_of(request).begin() as work:
        found = there(await incidents.one(work.connection, officer.council, incident_id))
        if found["drafted_by"] == name:
            raise Unwelcome(409, "You drafted it", "Another officer of your council has to approve it.")
        await incidents.approve(officer.council, incident_id, name, work)
    return await at(request, incident_id)


@router.post("/incidents/{incident_id}/stop")
async def post_stop(request: Request, incident_id: UUID) -> dict[str, Any]:
    """Send nothing more of it; what is under way at this moment may still arrive."""
    return await switched(request, incident_id, is_stopped=True)


@router.post("/incidents/{incident_id}/resume")
async def post_resume(request: Request, incident_id: UUID) -> dict[str, Any]:
    """Go on with what was stopped."""
    return await switched(request, incident_id, is_stopped=False)


@router.get("/incidents/{incident_id}/messages")
async def get_messages(
    request: Request,
    incident_id: UUID,
    state: MessageState | None = None,
    after: UUID | None = None,
    count_max: int = Query(100, ge=1, le=COUNT_MAX),
) -> dict[str, Any]:
    """The state of each message, by a payment that it is about; never to whom it goes. `after` is `next` of the page before."""
    _, officer = officer_of(request)
    found = await incidents.messages(service_of(request).pool, (officer.council, incident_id), state, after, count_max)
    return {"messages": found, "next": found[-1]["message_id"] if len(found) == count_max else None}


async def switched(request: Request, incident_id: UUID, *, is_stopped: bool) -> dict[str, Any]:
    name, officer = officer_of(request)
    async with service_of(request).begin() as work:
        there(await incidents.one(work.connection, officer.council, incident_id))
        if not await incidents.switch(officer.council, incident_id, name, is_stopped, work):
            raise Unwelcome(409, "It has not been approved: nothing is sent of it", "Approve it first, or leave it.")
    return await at(request, incident_id)


async def at(request: Request, incident_id: UUID) -> dict[str, Any]:
    _, officer = officer_of(request)
    return await shown(request, there(await incidents.one(service_of(request).pool, officer.council, incident_id)))


async def shown(request: Request, incident: dict[str, Any]) -> dict[str, Any]:
    """An incident with its preview, until it is approved."""
    drafted = incident.pop("drafted")
    told: dict[str, Any] = incident | drafted
    if incident["state"] != "drafted":
        return told
    _, officer = officer_of(request)
    pool, councils = service_of(request).pool, request.app.state.pack.councils
    found = await incidents.examples(pool, incident["incident_id"])
    words = words_of(drafted)
    examples = [{"language": each.language} | rendered(words, each, councils, officer.council)._asdict() for each in found]
    return told | {"preview": await incidents.preview(pool, incident["incident_id"]) | {"examples": examples}}


def words_of(drafted: dict[str, Any]) -> dict[str, Wording]:
    return {language: Wording(**said) for language, said in drafted["words"].items() if said}


def there(found: dict[str, Any] | None) -> dict[str, Any]:
    """Raises Unwelcome where there is no such incident."""
    if found is None:
        raise Unwelcome(404, "There is no such incident of your council", "Look for its id in the list of incidents.")
    return found
