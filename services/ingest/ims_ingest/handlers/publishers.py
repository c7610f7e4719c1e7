"""Who speaks to us over HTTP, and how we say no: in plain English, as problem+json (RFC 9457)."""

import json
from typing import Any, NamedTuple

from fastapi import Request, Response
from pydantic import ValidationError

from ims_contracts.acceptance import faults_of
from ims_ingest.settings import Settings
from ims_kit import holder


class Answer(NamedTuple):
    """What a caller is told: a status and a JSON body."""

    status: int
    body: dict[str, Any]

    def response(self) -> Response:
        kind = "application/json" if self.status < 400 else "application/problem+json"
        return Response(json.dumps(self.body), self.status, media_type=kind)


def problem(status: int, title: str, *reasons: str) -> Answer:
    """A no, with every reason there is."""
    return Answer(status, {"type": "about:blank", "status": status, "title": title, "reasons": list(reasons)})


class Unwelcome(Exception):
    """The caller may not do this, or what it sends cannot be taken; ends the request with this answer."""

    def __init__(self, status: int, title: str, *reasons: str) -> None:
        super().__init__(title)
        self.answer = problem(status, title, *reasons)


async def unwelcome(request: Request, error: Exception) -> Response:
    """The answer to an unwelcome request."""
    assert isinstance(error, Unwelcome)
    return error.answer.response()


class Caller(NamedTuple):
    """A publisher that has shown its token."""

    name: str
    council: str
    sources: tuple[str, ...]

    def speaks_for(self, said: dict[str, Any]) -> str:
        """The source in whose name something is told; a council that it names must be the caller's own."""
        if said.get("council") not in (None, self.council):
            raise Unwelcome(403, "The council is not yours", f"You may speak for {self.council}, and need not name it.")
        return self.source(said.get("source"))

    def source(self, wanted: str | None) -> str:
        """The source it speaks for: the one it names, which must be its own, or its first."""
        if wanted is not None and wanted not in self.sources:
            raise Unwelcome(403, "The source is not yours", f"You may speak for {', '.join(self.sources)}.")
        return wanted or self.sources[0]


def caller_of(request: Request) -> Caller:
    """The publisher whose bearer token this is. Raises Unwelcome."""
    settings: Settings = request.app.state.service.settings
    name = holder(request.headers.get("authorization"), {name: each.token_sha256 for name, each in settings.publishers.items()})
    if name is None:
        raise Unwelcome(401, "Say who you are", "Send your token as `Authorization: Bearer …`.")
    publisher = settings.publishers[name]
    return Caller(name, publisher.council, tuple(publisher.sources))


async def body_of(request: Request, bytes_max: int) -> bytes:
    """The whole body. Raises Unwelcome as soon as it is too large, without reading on."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > bytes_max:
            raise Unwelcome(413, "Too much at once", f"Send at most {bytes_max} bytes in one request.")
    return bytes(body)


def reasons_of(error: ValidationError, place: str = "") -> list[str]:
    """What is wrong with each field, in words; never its value, which may be a payer's."""
    return [f"{place}{fault.field}: {fault.what}; {fault.what_to_do}" for fault in faults_of(error)]
