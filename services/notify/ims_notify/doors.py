"""Who speaks to us of runs, and how we say no: in plain English, as problem+json (RFC 9457)."""

import json

from fastapi import Request, Response

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


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def caller_of(request: Request) -> Application:
    """The application whose bearer token this is. Raises Unwelcome."""
    settings: Settings = service_of(request).settings
    name = holder(request.headers.get("authorization"), {name: each.token_sha256 for name, each in settings.applications.items()})
    if name is None:
        raise Unwelcome(401, "Say who you are", "Send the application's token as `Authorization: Bearer …`.")
    return settings.applications[name]


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
