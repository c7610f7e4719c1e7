"""The doors of a council's pack: a version is proposed by one person, tried out, compared, and approved by another."""

import asyncio
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from ims_allocation.domain.approvals import is_same_person
from ims_allocation.domain.asked import ApprovingPack
from ims_allocation.domain.editions.differences import differences, dropped
from ims_allocation.domain.editions.edition import Edition, edition_of, of_content
from ims_allocation.domain.editions.reading import BYTES_MAX, PackFault
from ims_allocation.domain.rounding import money
from ims_allocation.domain.trying import Difference, in_words
from ims_allocation.handlers.officers import (
    KEYED,
    Command,
    Unwelcome,
    command_of,
    if_match,
    key_of,
    officer_of,
    openapi,
    read,
    refuse_changed,
    tagged,
    text_of,
)
from ims_allocation.handlers.pages import after, cursor
from ims_allocation.handlers.shelf import Shelf
from ims_allocation.handlers.trying import Trial, try_out
from ims_allocation.journey import words
from ims_allocation.store import packs
from ims_allocation.store.packs import Due, Proposal, Version
from ims_kit import Service, Work

router = APIRouter(prefix="/v1", tags=["packs"])

A_DAY = timedelta(days=1)
LIMITS = [
    "A payment that names one account outright is kept by its reference alone: where a rule looks at anything else that was typed, or at "
    "its source, days or payer, it is counted as undecided, and shown as if the rule did not apply.",
    "The day that decided stays as it was, and penalties keep the schedules reckoned when parking told of them.",
]


PACK_BODY = {"requestBody": {"required": True, "content": {"application/yaml": {"schema": {"type": "object"}}}}} | KEYED


@router.post("/packs", status_code=201, openapi_extra=PACK_BODY)
async def post_pack(
    request: Request, response: Response, effective_on: date, reason: Annotated[str, Query(min_length=1, max_length=500)]
) -> dict[str, Any]:
    """Propose a version: the body is the whole pack, in YAML or JSON. It comes into force on `effective_on`, or on the day of its approval
    if that is later. Sent again as it was, it is known."""
    key_of(request)
    text = await text_of(request, BYTES_MAX)
    command = command_of(request, f"{request.url.query}\n{text}")
    edition = await proposed(text, command)
    async with service_of(request).begin() as work:
        await work.lock([lock_of(command.council)])
        is_new = not await is_known(edition, effective_on, command, work)
        if is_new and effective_on < work.today:
            raise Unwelcome(422, "The version cannot come into force in the past", f"Say effective_on={work.today}, or a later day.")
        other = await fit_in(edition, effective_on, work)
        if is_new:
            await packs.propose(Proposal(edition, effective_on, command.by, reason, command.id), work)
        kept = await there(command.council, edition.version, work.connection)
    response.status_code = 201 if is_new else 200
    return tagged(shown(kept) | compared(other, edition), response)


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
async def get_pack(request: Request, response: Response, version: str, council: str) -> dict[str, Any]:
    """A version whole; of the one in force, how often each of its rules failed since this process began. Its `ETag` is its state."""
    pool = service_of(request).pool
    kept = await there(council, version, pool)
    edition = await kept_edition(council, version, pool)
    pack = shelf_of(request).today()[council]
    failed = {"rules_failed": dict(pack.tables.rules.failed)} if pack.version == version else {}
    return tagged(shown(kept) | {"content": edition.said} | failed, response)


@router.get("/packs/{version}/diff")
async def get_diff(request: Request, version: str, council: str) -> dict[str, Any]:
    """What a version says otherwise than the one in whose place it comes, in words."""
    async with service_of(request).begin() as work:
        kept = await there(council, version, work.connection)
        edition = await kept_edition(council, version, work.connection)
        due = await others(edition, work)
        return shown(kept) | compared(await last_of(due, max(kept.effective_on, work.today), work), edition)


@router.post("/packs/{version}/approve", openapi_extra=openapi(ApprovingPack))
async def post_approval(request: Request, response: Response, version: str) -> dict[str, Any]:
    """Approve a version that another person proposed. The body says which version it was compared with: `{"compared_with": …}`. `If-Match`
    may name the version as it was looked at."""
    command, approval = await read(request, ApprovingPack)
    async with service_of(request).begin() as work:
        await work.lock([lock_of(command.council)])
        kept = await there(command.council, version, work.connection)
        if not (kept.approved_by and is_same_person(kept.approved_by, command.by)):
            refuse_changed(if_match(request), state(kept), f"It is {state(kept)}.")
            await approve(kept, command.by, approval.compared_with, work)
        return tagged(shown(await there(command.council, version, work.connection)), response)


async def approve(kept: Version, by: str, compared_with: str, work: Work) -> None:
    """Bring a version into force, on its day or today. Raises Unwelcome where this person may not, or it waits for nobody."""
    if is_same_person(kept.proposed_by, by):
        raise Unwelcome(403, "Who proposed a version may not approve it", "Have another person approve it.")
    if kept.is_approved:
        raise Unwelcome(409, "The version waits for no approval", f"{kept.approved_by or kept.proposed_by} brought it into force.")
    edition = await kept_edition(kept.council, kept.version, work.connection)
    other = await fit_in(edition, max(kept.effective_on, work.today), work)
    if other.version != compared_with:
        raise Unwelcome(409, "Another version came into force meanwhile", f"Look at the diff to {other.version}, approve again.")
    await packs.approve(kept, by, compared_with, work)


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
    sums = {"before": difference.before.shown(), "after": difference.after.shown()}
    return counts | {"difference": in_words(difference.before, difference.after)} | sums | {"first": ends, "limits": LIMITS}


def ending(placed: Any) -> dict[str, Any]:
    parts = [part._asdict() for part in placed.parts]
    there = [f"{money(part.amount_pence)} on {part.fund}/{part.account_reference}{centre(part.cost_centre)}" for part in placed.parts]
    said = f"{words(placed)}: {'; '.join(there)}" if there else words(placed)
    return {"words": said, "outcome": placed.outcome, "reason": placed.reason, "rule": placed.rule, "parts": parts}


def centre(cost_centre: str | None) -> str:
    return f" for cost centre {cost_centre}" if cost_centre else ""


async def is_known(edition: Edition, effective_on: date, command: Command, work: Work) -> bool:
    """Whether a version was proposed before, for the same day by the same person in the same words. Raises Unwelcome where its name, or
    the key of the command, is another's."""
    before = await packs.of_command(command.council, command.id, work.connection)
    if before not in (None, edition.version):
        raise Unwelcome(422, "The Idempotency-Key was used for another command", "Send a new key for a new command.")
    kept = await packs.find(command.council, edition.version, work.connection)
    is_same = kept and (kept.content_sha256, kept.proposed_by) == (packs.sha256_of(edition), command.by)
    if kept and not (is_same and (kept.is_approved or kept.effective_on == effective_on)):
        raise Unwelcome(409, "There is another version of this name", f"Name yours otherwise than {edition.version}.")
    return kept is not None


async def proposed(text: str, command: Command) -> Edition:
    """The version in a body, of the officer's own council; reading it takes some tenths of a second, so a thread does."""
    try:
        edition = await asyncio.to_thread(edition_of, {"the body": text})
    except PackFault as refused:
        raise Unwelcome(422, "The pack cannot be used; nothing was kept", *refused.faults) from None
    if edition.council != command.council:
        raise Unwelcome(403, "The pack is another council's", f"You may propose one of {command.council}.")
    return edition


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
    return kept._asdict() | {"state": state(kept)}


def state(kept: Version) -> str:
    return "approved" if kept.is_approved else "proposed"


def lock_of(council: str) -> str:
    return f"{council}/packs"


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def shelf_of(request: Request) -> Shelf:
    shelf: Shelf = request.app.state.packs
    return shelf
