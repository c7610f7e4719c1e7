"""Who speaks to us of runs, and how we say no: in plain English, as problem+json (RFC 9457)."""

import json

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError

from ims_kit import Service, holder
from ims_notify.pack import FileSetup
from ims_notify.settings import Application, Officer, Settings

ANSWER_BYTES_MAX = 64 << 20


class Unwelcome(Exception):
    """The caller may not do this, or what it sends cannot be taken; ends the request with every reason there is."""

    def __init__(self, status: int, title: str, *reasons: str) -> None:
        super().__init__(title)
        self.status, self.reasons = status, reasons
        self.body = {"type": "about:blank", "status": status, "title": title, "reasons": list(reasons)}


async def unwelcome(request: Request, error: Exception) -> Response:
    """The answer to an unwelcome request."""
    assert isinstance(error, Unwelcome)
    return Response(json.dumps(error.body), error.status, media_type="application/problem+json")


async def unreadable(request: Request, error: Exception) -> Response:
    """The answer to a request that cannot be read; what stood there is not repeated: it may be an address."""
    assert isinstance(error, RequestValidationError)
    reasons = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return await unwelcome(request, Unwelcome(422, "The request cannot be read", *reasons))


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def caller_of(request: Request) -> Application:
    """The application whose bearer token this is; an officer is one of all of the council's destinations. Raises Unwelcome."""
    settings: Settings = service_of(request).settings
    name = holder(request.headers.get("authorization"), {name: each.token_sha256 for name, each in settings.applications.items()})
    if name is not None:
        return settings.applications[name]
    name = holder(request.headers.get("authorization"), {name: each.token_sha256 for name, each in settings.officers.items()})
    if name is None:
        raise Unwelcome(401, "Say who you are", "Send an application's or an officer's token as `Authorization: Bearer …`.")
    return Application(token_sha256=settings.officers[name].token_sha256, council=settings.officers[name].council)


def council_of(request: Request) -> str:
    """The council of a caller who may act for all of it, and not for a back office alone. Raises Unwelcome."""
    caller = caller_of(request)
    if caller.destinations is not None:
        raise Unwelcome(403, "This is for the council", "Use the token of an officer, or of an application without destinations.")
    return caller.council


def officer_of(request: Request) -> tuple[str, Officer]:
    """The officer whose bearer token this is, by name. Raises Unwelcome."""
    settings: Settings = service_of(request).settings
    name = holder(request.headers.get("authorization"), {name: each.token_sha256 for name, each in settings.officers.items()})
    if name is None:
        raise Unwelcome(401, "Say who you are", "Send the officer's token as `Authorization: Bearer …`.")
    return name, settings.officers[name]


def setup_of(request: Request, destination: str) -> FileSetup:
    """A destination that takes files, if it is the caller's to see. Raises Unwelcome."""
    caller, files = caller_of(request), request.app.state.files
    setup: FileSetup | None = files.get(destination)
    is_theirs = caller.destinations is None or destination in caller.destinations
    if setup is None or setup.destination.council != caller.council or not is_theirs:
        raise Unwelcome(404, "There is no such destination of yours that takes files", "Look for its name in the council pack.")
    return setup


async def body_of(request: Request, bytes_max: int = ANSWER_BYTES_MAX) -> bytes:
    """The whole body. Raises Unwelcome as soon as it is too large, without reading on."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > bytes_max:
            raise Unwelcome(413, "Too much at once", f"Send at most {bytes_max} bytes in one request.")
    return bytes(body)
