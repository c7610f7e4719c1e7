"""Who reads and decides over HTTP."""

import hashlib
import hmac

from fastapi import Depends, HTTPException, Request

from ims_reconcile.settings import Officer, Settings


def officer_of(request: Request) -> tuple[str, Officer]:
    """The officer whose bearer token this is. Every token is compared, so that the time taken tells nothing."""
    settings: Settings = request.app.state.service.settings
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    digest = hashlib.sha256(token.strip().encode()).hexdigest()
    found: tuple[str, Officer] | None = None
    for name, officer in settings.officers.items():
        if hmac.compare_digest(officer.token_sha256, digest):
            found = name, officer
    if found is None or scheme.lower() != "bearer":
        raise HTTPException(401, "Say who you are: send your token as `Authorization: Bearer …`.")
    return found


def let_in(request: Request) -> None:
    """Let pass only an officer, and only to what is their own council's."""
    council, (_, officer) = request.query_params.get("council"), officer_of(request)
    if council and council != officer.council:
        raise HTTPException(403, f"That is another council's: your token is for {officer.council}.")


OFFICERS_ONLY = [Depends(let_in)]
"""What doors ask of their callers, but those that answer sums alone."""
