"""How two officers sign a sheet, of a day or of a year: one prepares it, which freezes it, and another signs its very hash."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import asyncpg
from fastapi import HTTPException, Request
from pydantic import BaseModel, Field

from ims_contracts import Message
from ims_reconcile.domain.chain import Signature, canonical, chained, moment
from ims_reconcile.domain.control_sheet import Sheet
from ims_reconcile.handlers.officers import officer_of
from ims_reconcile.handlers.sheets import as_read
from ims_reconcile.store import days, signing
from ims_reconcile.store.signing import Asked


class Closing(BaseModel):
    """What is signed: the hash of the evidence that was prepared."""

    evidence_sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Made(NamedTuple):
    """A sheet of what is known now, and the signature that it goes on from."""

    sheet: Sheet
    previous_sha256: str


@dataclass(frozen=True)
class Signing[Of: Asked]:
    """What a day and a year differ in."""

    word: str
    make: Callable[[Request, Any, Of], Awaitable[Made]]
    """Raises HTTPException for what cannot be prepared any more."""
    goes_on_from: Callable[[Any, Of], Awaitable[str | None]]
    """The signature that what is signed now goes on from; none: nothing is signed of it any more."""
    objections: Callable[[Sheet], list[str]]
    fact: Callable[[Of, Sheet, str], Message]


async def as_asked[Of: Asked](request: Request, connection: Any, of: Signing[Of], asked: Of) -> Sheet:
    """The frozen sheet, or the one of now; each with its sign-off."""
    if done := await signing.closed(connection, asked):
        return as_read(json.loads(done["evidence"])) | {"sign_off": [sign_off(done)]}
    made = await of.make(request, connection, asked)
    newest = await signing.newest(connection, asked)
    if newest is None:
        return as_read(made.sheet) | {"sign_off": [{"state": "open"}]}
    is_as_prepared = chained(made.previous_sha256, canonical(made.sheet)) == newest["evidence_sha256"]
    signed = {**newest, "prepared_at": moment(newest["prepared_at"]), "is_as_prepared": is_as_prepared}
    return as_read(made.sheet) | {"sign_off": [{"state": "prepared", **signed}]}


def sign_off(done: Any) -> dict[str, Any]:
    """Who prepared and who signed, when, and the hashes, as they are printed."""
    signed = {name: done[name] for name in ("evidence_sha256", "previous_sha256", "signed_sha256", "prepared_by", "closed_by")}
    return {"state": "closed", **signed, **{name: moment(done[name]) for name in ("prepared_at", "closed_at")}}


async def prepare[Of: Asked](request: Request, of: Signing[Of], asked: Of) -> dict[str, Any]:
    """Freeze the sheet as it is now, as evidence for another officer to sign. Again: the same, if nothing came in between."""
    name, _ = officer_of(request)
    try:
        async with request.app.state.service.begin() as work:
            await days.at_once(work.connection)
            made = await of.make(request, work.connection, asked)
            evidence = canonical(made.sheet)
            digest = chained(made.previous_sha256, evidence)
            kept = await signing.prepare(work.connection, asked, (digest, made.previous_sha256, evidence), name)
    except (asyncpg.SerializationError, asyncpg.UniqueViolationError):
        raise HTTPException(503, f"Another officer prepared this {of.word} at the same moment. Try again.") from None
    return {"evidence_sha256": digest, "prepared_by": kept["prepared_by"], "objections": of.objections(made.sheet)}


async def close[Of: Asked](request: Request, of: Signing[Of], asked: Of, evidence_sha256: str) -> dict[str, Any]:
    """Sign what another officer prepared. Told once; asked again, it says the same."""
    name, _ = officer_of(request)
    async with request.app.state.service.begin() as work:
        await work.lock([f"{asked.council}/{asked.bank_account}"])
        done = await signing.closed(work.connection, asked)
        if done and done["evidence_sha256"] == evidence_sha256:
            return {"evidence_sha256": evidence_sha256, "closed_by": done["closed_by"], "is_new": False}
        kept = await signing.prepared(work.connection, asked, evidence_sha256)
        if kept is None:
            raise HTTPException(404, f"Nothing of this {of.word} was prepared under that hash. Prepare it, and sign what you are given.")
        if done or kept["previous_sha256"] != await of.goes_on_from(work.connection, asked):
            raise HTTPException(409, "A day or its year was closed since this was prepared. If it is still open, prepare it again.")
        if kept["prepared_by"] == name:
            raise HTTPException(403, f"You prepared this {of.word}. Another officer must sign it.")
        sheet = json.loads(kept["evidence"])
        if found := of.objections(sheet):
            raise HTTPException(409, f"The {of.word} cannot be closed. {' '.join(found)} Then prepare it again.")
        signed = Signature(evidence_sha256, kept["prepared_by"], kept["prepared_at"], name, work.now)
        await signing.close(work.connection, asked, signed)
        work.tell(of.fact(asked, sheet, evidence_sha256))
    return {"evidence_sha256": evidence_sha256, "closed_by": name, "is_new": True}
