"""The doors of a council's pack: a version is proposed by one person, tried out, compared, and approved by another."""

import asyncio
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, ValidationError

from ims_allocation.domain.editions.differences import differences, dropped
from ims_allocation.domain.editions.edition import Edition, edition_of, of_content
from ims_allocation.domain.editions.reading import BYTES_MAX, PackFault
from ims_allocation.domain.trying import Difference
from ims_allocation.handlers.officers import Acting, Unwelcome, body_in, officer_of, reasons_of, text_of
from ims_allocation.handlers.pages import after, cursor
from ims_allocation.handlers.shelf import Shelf
from ims_allocation.handlers.trying import Trial, try_out
from ims_allocation.journey import words
from ims_allocation.store import packs
from ims_allocation.store.packs import Due, Proposal, Version
from ims_kit import Service, Work

router = APIRouter(prefix="/v1", tags=["packs"])

BODY_BYTES_MAX = 16 << 10
A_DAY = timedelta(days=1)
LIMITS = [
    "A payment that names one account outright is kept by its reference alone: where a rule looks at anything else that was typed, or at "
    "its source, days or payer, it is counted as undecided, and shown as if the rule did not apply.",
    "The day that decided stays as it was, and penalties keep the schedules reckoned when parking told of them.",
]


PACK_BODY = {"requestBody": {"required": True, "content": {"application/yaml": {"schema": {"type": "object"}}}}}


class Approval(BaseModel):
    """What was looked at before the approval."""

    model_config = ConfigDict(extra="forbid")

    compared_with: str
    """The version in whose place this one comes, as `diff` named it."""


@router.post("/packs", status_code=201, openapi_extra=PACK_BODY)
async def post_pack(
    request: Request, response: Response, effective_on: date, reason: Annotated[str, Query(min_length=1, max_length=500)]
) -> dict[str, Any]:
    """Propose a version: the body is the whole pack, in YAML or JSON. It comes into force on `effective_on`, or on the day of its approval
    if that is later. Sent again as it was, it is known."""
    officer = officer_of(request)
    edition = await proposed(await text_of(request, BYTES_MAX), officer)
    async with service_of(request).begin() as work:
        await work.lock([lock_of(officer.council)])
        if effective_on < work.today:
            raise Unwelcome(422, "The version cannot come into force in the past", f"Say effective_on={work.today}, or a later day.")
        other = await fit_in(edition, effective_on, work)
        is_new = await packs.propose(Proposal(edition, effective_on, officer.name, reason), work)
        kept = await there(officer.council, edition.version, work.connection)
        if not is_new and (kept.content_sha256, kept.proposed_by) != (packs.sha256_of(edition), officer.name):
            raise Unwelcome(409, "There is another version of this name", f"Name yours otherwise than {edition.version}.")
    response.status_code = 201 if is_new else 200
    return shown(kept) | compared(other, edition)


@router.get("/packs")
async def get_packs(
    request: Request, council: str, is_approved: bool | None = None, before: str | None = None,
    count_max: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """Versions, the newest first; `before` is `next` of the page before."""
    last = after(before, int)
    found = await packs.listed(council, last[0] if last else None, is_approved, (service_of(request).pool, count_max))
    in_force = shelf_of(request).today()[council].version
    end = found[-1] if len(found) == count_max else None
    return {"in_force": in_force, "versions": [shown(each) for each in found], "next": cursor([end.number]) if end else None}


@router.get("/packs/{version}")
async def get_pack(request: Request, version: str, council: str) -> dict[str, Any]:
    """A version whole; of the one in force, how often each of its rules failed since this process began."""
    pool = service_of(request).pool
    kept = await there(council, version, pool)
    edition = await kept_edition(council, version, pool)
    pack = shelf_of(request).today()[council]
    failed = {"rules_failed": dict(pack.tables.rules.failed)} if pack.version == version else {}
    return shown(kept) | {"content": edition.said} | failed


@router.get("/packs/{version}/diff")
async def get_diff(request: Request, version: str, council: str) -> dict[str, Any]:
    """What a version says otherwise than the one in whose place it comes, in words."""
    async with service_of(request).begin() as work:
        kept = await there(council, version, work.connection)
        edition = await kept_edition(council, version, work.connection)
        due = await others(edition, work)
        return shown(kept) | compared(await last_of(due, max(kept.effective_on, work.today), work), edition)


@router.post("/packs/{version}/approve", openapi_extra=body_in(Approval))
async def post_approval(request: Request, version: str) -> dict[str, Any]:
    """Approve a version that another person proposed. The body says which version it was compared with: `{"compared_with": …}`."""
    officer = officer_of(request)
    approval = read_approval(await text_of(request, BODY_BYTES_MAX))
    async with service_of(request).begin() as work:
        await work.lock([lock_of(officer.council)])
        kept = await there(officer.council, version, work.connection)
        if is_same_person(kept.proposed_by, officer.name):
            raise Unwelcome(403, "Who proposed a version may not approve it", "Have another person approve it.")
        if not kept.is_approved:
            edition = await kept_edition(officer.council, version, work.connection)
            other = await fit_in(edition, max(kept.effective_on, work.today), work)
            if other.version != approval.compared_with:
                raise Unwelcome(409, "Another version came into force meanwhile", f"Look at the diff to {other.version}, approve again.")
            await packs.approve(kept, officer.name, approval.compared_with, work)
        return shown(await there(officer.council, version, work.connection))


@router.post("/packs/{version}/dry-run")
async def post_dry_run(
    request: Request, version: str, day: date | None = None, count_max: Annotated[int, Query(ge=0, le=500)] = 20
) -> dict[str, Any]:
    """What the payments first placed on a day (else yesterday) would do under a version, and which end otherwise. Nothing is written."""
    officer, service = officer_of(request), service_of(request)
    kept = await there(officer.council, version, service.pool)
    edition = await kept_edition(officer.council, version, service.pool)
    async with service.begin() as work:
        today = work.today
    day = day or today - A_DAY
    difference = await try_out(service, Trial(edition.on(max(kept.effective_on, today)), day, count_max))
    return {"version": version, "day": day} | told(difference)


def told(difference: Difference) -> dict[str, Any]:
    ends = [
        {
            "payment_id": was.payment_id,
            "amount_pence": was.payment.amount_pence if was.payment else 0,
            "is": ending(was.placement),
            "would_be": ending(would_be.placement),
        }
        for was, would_be in difference.first
    ]
    counts = {"payments": difference.payments, "differing": difference.differing, "undecided": difference.undecided}
    return counts | {"before": difference.before.shown(), "after": difference.after.shown(), "first": ends, "limits": LIMITS}


def ending(placed: Any) -> dict[str, Any]:
    parts = [part._asdict() for part in placed.parts]
    return {"words": words(placed), "outcome": placed.outcome, "reason": placed.reason, "rule": placed.rule, "parts": parts}


async def proposed(text: str, officer: Acting) -> Edition:
    """The version in a body, of the officer's own council; reading it takes some tenths of a second, so a thread does."""
    try:
        edition = await asyncio.to_thread(edition_of, {"the body": text})
    except PackFault as refused:
        raise Unwelcome(422, "The pack cannot be used; nothing was kept", *refused.faults) from None
    if edition.council != officer.council:
        raise Unwelcome(403, "The pack is another council's", f"You may propose one of {officer.council}.")
    return edition


def read_approval(text: str) -> Approval:
    try:
        return Approval.model_validate_json(text)
    except ValidationError as error:
        asked = 'Send `{"compared_with": "…"}`, as its diff names it, and nothing else.'
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise Unwelcome(422, "Say what the version was compared with", asked, *reasons_of(faults)) from None


async def fit_in(edition: Edition, day: date, work: Work) -> Edition:
    """The version in whose place another comes on a day. Ends the request where a fund would be lost, to it or to one that is approved for
    a later day already."""
    due = await others(edition, work)
    other = await last_of(due, day, work)
    gone = dropped(other.said, edition.said)
    for each in {each.effective_on: each for each in due if each.effective_on > day}.values():
        later = await kept_edition(each.council, each.version, work.connection)
        gone += [f"{fault} ({each.version} is approved for {each.effective_on})" for fault in dropped(edition.said, later.said)]
    if gone:
        raise Unwelcome(409, "A version leaves out what payments may be on", *gone)
    return other


async def others(edition: Edition, work: Work) -> list[Due]:
    """The approved versions of the same council, in the order in which they come into force."""
    due = await packs.due(work.connection)
    return [each for each in due if each.council == edition.council and each.version != edition.version]


async def last_of(due: list[Due], day: date, work: Work) -> Edition:
    """The version in force on a day. Ends the request where the council has none."""
    last = next((each for each in reversed(due) if each.effective_on <= day), None)
    if last is None:
        raise Unwelcome(404, "There is no version to compare it with", "A council's first is the operator's: IMS_COUNCIL_PACK.")
    return await kept_edition(last.council, last.version, work.connection)


async def there(council: str, version: str, connection: Any) -> Version:
    kept = await packs.find(council, version, connection)
    if kept is None:
        raise Unwelcome(404, "There is no such version", "Look for its name in the list of packs.")
    return kept


async def kept_edition(council: str, version: str, connection: Any) -> Edition:
    [content] = (await packs.contents([(council, version)], connection)).values()
    try:
        return await asyncio.to_thread(of_content, content)
    except PackFault as fault:
        raise Unwelcome(409, "This release cannot read that version", *fault.faults) from None


def compared(other: Edition, edition: Edition) -> dict[str, Any]:
    return {"compared_with": other.version, "differences": differences(other.said, edition.said)}


def shown(kept: Version) -> dict[str, Any]:
    return kept._asdict() | {"state": "approved" if kept.is_approved else "proposed"}


def is_same_person(one: str, other: str) -> bool:
    """Whether two names are of one person, however they are typed; the database's constraint says the same."""
    return one.strip().lower() == other.strip().lower()


def lock_of(council: str) -> str:
    return f"{council}/packs"


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def shelf_of(request: Request) -> Shelf:
    shelf: Shelf = request.app.state.packs
    return shelf
