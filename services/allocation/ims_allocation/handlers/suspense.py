"""The doors of suspense: the queue, what may be done with it, and what its items may be for."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from ims_allocation.domain import Accounts
from ims_allocation.domain.asked import Acting, Assigning, Deciding, Group, Noting, Releasing
from ims_allocation.domain.days import age, aged
from ims_allocation.handlers.decisions import decide, with_revisions
from ims_allocation.handlers.news import suggest_for
from ims_allocation.handlers.officers import Command, Unwelcome, done, openapi, read, service_of
from ims_allocation.handlers.pages import PenceAsked, after, cursor
from ims_allocation.journey import reason_words, suggested
from ims_allocation.store import placements, suspense
from ims_allocation.store.suspense import Asked, Note
from ims_kit import Work

router = APIRouter(prefix="/v1/suspense", tags=["suspense"])

LONDON = ZoneInfo("Europe/London")


@router.get("")
async def get_suspense(
    request: Request,
    council: str,
    reason: str | None = None,
    owner: str | None = None,
    is_owned: bool | None = None,
    area: str | None = None,
    method: str | None = None,
    amount_min: PenceAsked | None = None,
    amount_max: PenceAsked | None = None,
    age_min: Annotated[int | None, Query(ge=0, le=10_000)] = None,
    age_max: Annotated[int | None, Query(ge=0, le=10_000)] = None,
    text: Annotated[str | None, Query(min_length=1, max_length=140, pattern="^[^\\x00]+$")] = None,
    sort: Literal["since", "-since", "amount", "-amount"] = "since",
    after_: Annotated[str | None, Query(alias="after")] = None,
    with_suggestions: bool = True,
    count_max: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """What is in suspense, the oldest first, and what all of it comes to that was asked for: why it is there, since when, whose it is,
    and which accounts it may be for. Ages are working days, amounts pence; `text` is looked for in what the payer typed; `after` is
    `next` of the page before."""
    wanted = {
        "reason": reason, "owner": owner, "is_owned": is_owned, "area": area, "method": method, "amount_min": amount_min,
        "amount_max": amount_max, "text": suspense.anywhere(text) if text else None, **since_of(age_min, age_max),
    }  # fmt: skip
    last = after(after_, date.fromisoformat if sort.endswith("since") else int, UUID)
    asked = Asked(council, wanted, sort, (last[0], last[1]) if last else None, count_max)
    pool = service_of(request).pool
    rows, totals = await asyncio.gather(suspense.page(pool, asked), suspense.totals(pool, asked))
    end = rows[-1] if len(rows) == count_max else None
    column = suspense.SORTS[sort][0]
    return {
        "count": totals[0],
        "pence": totals[1],
        "items": await shown(rows, request, with_suggestions),
        "next": cursor([end[column], end["payment_id"]]) if end else None,
    }


@router.get("/{payment_id}")
async def get_item(request: Request, response: Response, payment_id: UUID, council: str) -> dict[str, Any]:
    """One item of suspense, with what was written to it. Its `ETag` is the revision that a decision on it has to name."""
    pool, key = service_of(request).pool, (council, payment_id)
    if (row := await suspense.find(pool, key)) is None:
        raise Unwelcome(404, "It is not in suspense", "What became of it is at /v1/payments/ and its id.")
    response.headers["etag"] = f'"{row["revision"]}"'
    return (await shown([row], request))[0] | {"notes": await suspense.notes(pool, key)}


@router.post("/actions", openapi_extra=openapi(Acting))
async def post_actions(request: Request) -> dict[str, Any]:
    """Assign items, write notes to them, decide on them: many at once, each by itself. Every action has a result of its own, in the
    order in which they were sent (of a decision its id, and whether it is in force or waits for another person); one that cannot be done
    does not stop the others. Sent again under the same key, what was done stays done, and the rest is tried again."""
    command, acting = await read(request, Acting)
    todo: list[tuple[str, Callable[[Command, Work], Awaitable[dict[str, Any]]]]] = [
        *((f"assign.{at}", partial(assign, assigning)) for at, assigning in enumerate(acting.assign)),
        *((f"note.{at}", partial(note, noting)) for at, noting in enumerate(acting.note)),
        *((f"decide.{at}", partial(release, releasing, request.app.state.packs)) for at, releasing in enumerate(acting.decide)),
    ]
    results: list[dict[str, Any]] = []
    for name, act in todo:
        own = command._replace(id=uuid5(command.id, name))
        try:
            result = await done(request, partial(act, own))
            results.append({"action": name, "status": 201 if result["is_new"] else 200} | result)
        except Unwelcome as no:
            results.append({"action": name, "is_new": False} | no.body)
    return {"results": results}


async def assign(assigning: Assigning, command: Command, work: Work) -> dict[str, Any]:
    """Give an item an owner or a service area, or take them away. Raises Unwelcome where it is not in suspense, or another's by now."""
    own = Note(*command[:2], assigning.payment_id, "assign", assigning.owner, assigning.area, None, command.by)
    return await write(own, (assigning.owner, assigning.instead_of), work)


async def note(noting: Noting, command: Command, work: Work) -> dict[str, Any]:
    """Write a note to an item. Raises Unwelcome where it is not in suspense."""
    return await write(Note(*command[:2], noting.payment_id, "note", None, None, noting.note, command.by), None, work)


async def write(own: Note, owners: tuple[str | None, ...] | None, work: Work) -> dict[str, Any]:
    """Write to an item, with everyone else kept out of it; whether it is new. `owners` are those it may be taken from."""
    await work.lock([f"{own.council}/{own.payment_id}"])
    try:
        if await suspense.is_known(own, work):
            return {"is_new": False}
    except ValueError:
        raise Unwelcome(422, "The Idempotency-Key was used for another command", "Send a new key for a new command.") from None
    if (item := await suspense.find(work.connection, (own.council, own.payment_id))) is None:
        raise Unwelcome(404, "It is not in suspense; nothing was changed", f"payment {own.payment_id}")
    if owners is not None and item["owner"] not in (None, *owners):
        raise Unwelcome(409, "It is another person's by now; nothing was changed", f"{item['owner']} owns it: name them as `instead_of`.")
    await suspense.write(own, work)
    return {"is_new": True}


async def release(releasing: Releasing, packs: Mapping[str, Any], command: Command, work: Work) -> dict[str, Any]:
    """Decide on one group of payments, as the door of decisions does."""
    group = Group(**{name: getattr(releasing, name) for name in Group.model_fields})
    asked = with_revisions(Deciding(decisions=[group], reason=releasing.reason, note=releasing.note), None)
    made = await decide(command, asked, packs, work)
    return {name: made[name] for name in ("is_new", "decision_id", "state")}


def since_of(age_min: int | None, age_max: int | None) -> dict[str, date | None]:
    """Ages in working days, as days since when it has been in suspense."""
    today = datetime.now(UTC).astimezone(LONDON).date()
    return {
        "since_until": aged(age_min, today) if age_min else None,
        "since_after": aged(age_max + 1, today) if age_max is not None else None,
    }


async def shown(rows: list[Any], request: Request, with_suggestions: bool = True) -> list[dict[str, Any]]:
    """Items as they are shown, with what each may be for as far as is known now."""
    pool, packs = service_of(request).pool, request.app.state.packs
    today = datetime.now(UTC).astimezone(LONDON).date()
    records = await placements.latest([(row["council"], row["payment_id"]) for row in rows] if with_suggestions else [], pool)
    puzzles = {key: record.payment for key, record in records.items() if record.payment}
    hints = await suggest_for(puzzles, packs, Accounts([]), pool)
    same = (
        "payment_id", "revision", "kind", "reason", "since_on", "decided_on", "channel", "method_of_payment", "owner", "area", "typed",
        "narrative",
    )  # fmt: skip
    return [
        {name: row[name] for name in same}
        | {"suspended_pence": row["amount_pence"], "age_working_days": age(row["since_on"], today)}
        | {"words": reason_words(row["reason"]), "suggestions": [suggested(e) for e in hints.get((row["council"], row["payment_id"]), [])]}
        for row in rows
    ]
