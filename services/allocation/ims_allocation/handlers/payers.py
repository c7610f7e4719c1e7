"""The doors of what is learned of payers: listed, confirmed by another person, revoked."""

from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ims_allocation.domain import payer_key
from ims_allocation.domain.approvals import is_same_person
from ims_allocation.domain.asked import Confirming, Revoking
from ims_allocation.handlers.again import weigh_some
from ims_allocation.handlers.officers import Command, Unwelcome, done, if_match, openapi, read, refuse_changed, service_of, tagged
from ims_allocation.handlers.pages import INSTANT, after, cursor
from ims_allocation.journey import learned_words
from ims_allocation.store import payers
from ims_allocation.store.payers import Held
from ims_kit import Work

router = APIRouter(prefix="/v1/payers", tags=["payers"])


@router.post("/{learning_id}/confirm", openapi_extra=openapi(Confirming))
async def post_confirming(request: Request, response: Response, learning_id: UUID) -> dict[str, Any]:
    """Confirm that the bank account that a payment came from pays the account that an officer gave it to; whose decision that was may
    not. From now on it is evidence, beside other facts; what is in suspense of that payer is looked at again: some at once, and the rest,
    where it is much, within moments."""
    command, confirming = await read(request, Confirming)
    which = learning_id, if_match(request)
    answer = await done(request, partial(confirm, command, which, confirming.reason))
    await done(request, partial(weigh_some, request.app.state.packs))
    return tagged(answer, response)


@router.post("/{learning_id}/revoke", openapi_extra=openapi(Revoking))
async def post_revoking(request: Request, response: Response, learning_id: UUID) -> dict[str, Any]:
    """Say that this bank account does not pay that account, confirmed or not, whichever decisions said so. Nothing is evidence or
    suggested by it any more. What it placed stays: decide on payments that are where they should not be."""
    command, revoking = await read(request, Revoking)
    return tagged(await done(request, partial(revoke, command, (learning_id, if_match(request)), revoking.reason)), response)


@router.get("/{learning_id}")
async def get_payer(request: Request, response: Response, learning_id: UUID, council: str) -> dict[str, Any]:
    """What was learned of a payer: by whose decision of which payment, who confirmed it, and whether it counts. Its `ETag` changes with
    that; to confirm and to revoke may name it by `If-Match`."""
    return tagged(shown(await there(council, learning_id, service_of(request).pool)), response)


@router.get("")
async def get_payers(
    request: Request,
    council: str,
    state: Literal["learned", "confirmed", "revoked", "taken-back"] | None = None,
    fund: str | None = None,
    account_reference: str | None = None,
    payment_id: UUID | None = None,
    by: str | None = None,
    before: str | None = None,
    count_max: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """What was learned of payers, the newest first; `state=learned` waits for another person. `before` is `next` of the page before."""
    asked = {
        "state": state, "fund": fund, "account_reference": account_reference, "payment_id": payment_id, "by": by,
        "before": after(before, INSTANT.validate_python, UUID),
    }  # fmt: skip
    found = await payers.page(service_of(request).pool, council, asked, count_max)
    last = found[-1] if len(found) == count_max else None
    return {
        "payers": [shown(each) for each in found],
        "next": cursor([last.learned_at.isoformat(), last.learning_id]) if last else None,
    }


async def confirm(command: Command, which: tuple[UUID, str | None], reason: str, work: Work) -> dict[str, Any]:
    """Let what was learned be evidence, and have what is in suspense of that payer weighed anew. Who takes a payment of that payer in
    holds the same lock: it sees this, or is on the list. `which` is its id, and its state when it was looked at. Raises Unwelcome
    where it may not be."""
    learning_id = which[0]
    held = await there(command.council, learning_id, work.connection)
    await work.lock([f"{command.council}/{payer_key(held.payer)}"])
    held = await there(command.council, learning_id, work.connection)
    if held.state == "confirmed" and held.confirmed_by and is_same_person(held.confirmed_by, command.by):
        return shown(held)
    refuse_changed(which[1], held.state, learned_words(held))
    if held.state != "learned":
        raise Unwelcome(409, "It waits for nobody to confirm it", f"It is {held.state}.")
    if is_same_person(held.learned_by, command.by):
        raise Unwelcome(403, "Whose decision it was may not confirm what it taught", "Have another person confirm it.")
    await payers.confirm(held, command.by, reason, work)
    return shown(await there(command.council, learning_id, work.connection))


async def revoke(command: Command, which: tuple[UUID, str | None], reason: str, work: Work) -> dict[str, Any]:
    """Let what was learned count no more. Raises Unwelcome where there is no such thing, or another person revoked it."""
    learning_id = which[0]
    held = await there(command.council, learning_id, work.connection)
    await work.lock([f"{command.council}/{payer_key(held.payer)}"])
    held = await there(command.council, learning_id, work.connection)
    if not held.revoked_by:
        refuse_changed(which[1], held.state, learned_words(held))
    elif not is_same_person(held.revoked_by, command.by):
        raise Unwelcome(409, "There is nothing to revoke", f"{held.revoked_by} revoked it.")
    await payers.revoke(held, command.by, reason, work)
    return shown(await there(command.council, learning_id, work.connection))


async def there(council: str, learning_id: UUID, connection: Any) -> Held:
    """What was learned, as it is now. Raises Unwelcome where the council has no such thing."""
    if (held := await payers.find(connection, council, learning_id)) is None:
        raise Unwelcome(404, "Nothing of that id was learned of a payer", "Look for its id in the list, or at its payment.")
    return held


def shown(held: Held) -> dict[str, Any]:
    """All but the bank account, of which nobody sees even the digest."""
    return {name: value for name, value in held._asdict().items() if name not in ("council", "payer")} | {"words": learned_words(held)}
