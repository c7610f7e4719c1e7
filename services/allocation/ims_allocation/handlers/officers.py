"""Who of finance speaks to us over HTTP, and how we say no: in plain English, with every reason."""

import hashlib
import hmac
from typing import NamedTuple, NoReturn

from fastapi import HTTPException, Request

from ims_allocation.settings import Officer, Settings


class Acting(NamedTuple):
    """An officer who has shown a token."""

    name: str
    council: str


def officer_of(request: Request) -> Acting:
    """The officer whose bearer token this is. Every token is compared, so that the time taken tells nothing."""
    settings: Settings = request.app.state.service.settings
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    digest = hashlib.sha256(token.strip().encode()).hexdigest()
    found: tuple[str, Officer] | None = None
    for name, officer in settings.officers.items():
        if hmac.compare_digest(officer.token_sha256, digest):
            found = name, officer
    if found is None or scheme.lower() != "bearer":
        no(401, "Say who you are", "Send your token as `Authorization: Bearer …`.")
    return Acting(found[0], found[1].council)


def no(status: int, title: str, *reasons: str) -> NoReturn:
    """End the request with a no and every reason there is."""
    raise HTTPException(status, {"title": title, "reasons": list(reasons)})


async def body_of(request: Request, bytes_max: int) -> str:
    """The whole body as text, not read on as soon as it is too large."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > bytes_max:
            no(413, "Too much at once", f"Send at most {bytes_max} bytes.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        no(422, "The body cannot be read", "It is not UTF-8.")
