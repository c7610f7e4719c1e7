"""Who reads and decides over HTTP."""

from fastapi import Depends, HTTPException, Request

from ims_kit import holder
from ims_reconcile.settings import Officer, Settings


def officer_of(request: Request) -> tuple[str, Officer]:
    """The officer whose bearer token this is."""
    settings: Settings = request.app.state.service.settings
    name = holder(request.headers.get("authorization"), {name: each.token_sha256 for name, each in settings.officers.items()})
    if name is None:
        raise HTTPException(401, "Say who you are: send your token as `Authorization: Bearer …`.")
    return name, settings.officers[name]


def let_in(request: Request) -> None:
    """Let pass only an officer, and only to what is their own council's."""
    council, (_, officer) = request.query_params.get("council"), officer_of(request)
    if council and council != officer.council:
        raise HTTPException(403, f"That is another council's: your token is for {officer.council}.")


OFFICERS_ONLY = [Depends(let_in)]
"""What doors ask of their callers, but those that answer sums alone."""
