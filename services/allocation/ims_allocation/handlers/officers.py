"""Who decides over HTTP, and how we say no: in plain English, as problem+json (RFC 9457)."""

import contextlib
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import asyncpg
from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ValidationError

from ims_allocation.domain.asked import Asked
from ims_allocation.settings import Settings
from ims_kit import Service, Work, holder

# A hundred groups of some payments and accounts each.
BYTES_MAX = 1 << 20
KEY_LENGTH_MAX = 255
TRIES = 5
CROSSED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
NAMES = UUID("2c9a6a3e-9f5b-5d38-8a11-6f0f6a0c7d21")


class Unwelcome(Exception):
    """The caller may not do this, or what it asks cannot be done; ends the request with this answer."""

    def __init__(self, status: int, title: str, *reasons: str) -> None:
        super().__init__(title)
        self.status, self.title, self.reasons = status, title, list(reasons)

    @property
    def body(self) -> dict[str, Any]:
        return {"type": "about:blank", "status": self.status, "title": self.title, "reasons": self.reasons}


async def unwelcome(_request: Request, error: Exception) -> Response:
    """The answer to an unwelcome request."""
    assert isinstance(error, Unwelcome)
    return Response(json.dumps(error.body), error.status, media_type="application/problem+json")


async def unreadable(request: Request, error: Exception) -> Response:
    """The answer to a request whose path or query cannot be read; what stood there is not repeated."""
    assert isinstance(error, RequestValidationError)
    return await unwelcome(request, Unwelcome(422, "The request cannot be read", *reasons_of(error.errors())))


class Command(NamedTuple):
    """What an officer asks: once, however often it is sent under the same key."""

    council: str
    id: UUID
    """Of the key, so that what is kept under it can be found again."""
    content_sha256: str
    by: str
    """The officer, as the settings name them: who acts is who holds the token."""


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


class Acting(NamedTuple):
    """An officer who has shown a token."""

    council: str
    name: str


def officer_of(request: Request) -> Acting:
    """The officer whose bearer token this is. Raises Unwelcome."""
    settings: Settings = service_of(request).settings
    name = holder(request.headers.get("authorization"), {name: each.token_sha256 for name, each in settings.officers.items()})
    if name is None:
        raise Unwelcome(401, "Say who you are", "Send your token as `Authorization: Bearer …`.")
    return Acting(settings.officers[name].council, name)


def let_in(request: Request) -> None:
    """Let pass only an officer, and only to what is their own council's. Raises Unwelcome."""
    council = request.path_params.get("council") or request.query_params.get("council")
    officer = officer_of(request)
    if council and council != officer.council:
        raise Unwelcome(403, "That is another council's", f"Your token is for {officer.council}.")


OFFICERS_ONLY = [Depends(HTTPBearer(auto_error=False, description="An officer's token: who acts is who holds it.")), Depends(let_in)]
"""What doors with people's money, names and words behind them ask of their callers, and say of it in the documents."""


async def read[Body: Asked](request: Request, kind: type[Body]) -> tuple[Command, Body]:
    """The command and its body. Raises Unwelcome where who sends it, its key, or anything in it is not in order."""
    key_of(request)
    try:
        body = kind.model_validate_json(await body_of(request) or b"{}")
    except ValidationError as error:
        raise Unwelcome(422, "The body cannot be read; nothing was changed", *reasons_of(error.errors(include_url=False))) from None
    if "\\u0000" in body.model_dump_json():
        raise Unwelcome(422, "The body cannot be read; nothing was changed", "No text may hold the character NUL: leave it out.")
    return command_of(request, body.model_dump_json()), body


def command_of(request: Request, content: str) -> Command:
    """The command that has this content. Raises Unwelcome where who sends it, or its key, is not in order."""
    (council, by), key = key_of(request)
    content_sha256 = hashlib.sha256(f"{request.url.path}\n{by}\n{content}".encode()).hexdigest()
    return Command(council, uuid5(NAMES, f"{council}\n{key}"), content_sha256, by)


def key_of(request: Request) -> tuple[Acting, str]:
    """Who sends a command, and its key. Raises Unwelcome."""
    officer, key = officer_of(request), request.headers.get("idempotency-key", "")
    if not 0 < len(key) <= KEY_LENGTH_MAX:
        raise Unwelcome(400, "The Idempotency-Key header is missing or too long", "Send one a command, the same when you try again.")
    return officer, key


def if_match(request: Request) -> str | None:
    """The version that was looked at, where the caller says one."""
    return request.headers.get("if-match", "").strip().strip('"') or None


def refuse_changed(seen: str | None, now: str, words: str) -> None:
    """Raises Unwelcome, with what became of it, where something is not any more as it was looked at."""
    if seen not in (None, now):
        raise Unwelcome(412, "It changed since it was looked at; nothing was changed", words)


def tagged(shown: dict[str, Any], response: Response, by: str = "state") -> dict[str, Any]:
    """What is shown, with the field that changes with it as its `ETag`."""
    response.headers["etag"] = f'"{shown[by]}"'
    return shown


async def done[Result](request: Request, act: Callable[[Work], Awaitable[Result]]) -> Result:
    """What an act comes to, in a unit of work of its own; from its beginning again, where it crossed another's way."""
    for _ in range(TRIES):
        with contextlib.suppress(*CROSSED):
            async with service_of(request).begin() as work:
                return await act(work)
    raise Unwelcome(503, "Too much is changing about this at once; nothing was changed", "Try again in a moment, with the same key.")


async def body_of(request: Request, bytes_max: int = BYTES_MAX) -> bytes:
    """The whole body. Raises Unwelcome as soon as it is too large, without reading on."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > bytes_max:
            raise Unwelcome(413, "Too much at once", f"Send at most {bytes_max} bytes in one request.")
    return bytes(body)


async def text_of(request: Request, bytes_max: int = BYTES_MAX) -> str:
    """The whole body, where it is text."""
    try:
        return (await body_of(request, bytes_max)).decode("utf-8")
    except UnicodeDecodeError:
        raise Unwelcome(422, "The body cannot be read", "It is not UTF-8.") from None


def reasons_of(faults: Iterable[Any]) -> list[str]:
    """What is wrong with each field, in words; never its value."""
    return [
        f"{'.'.join(map(str, fault['loc'])) or 'the body'}: {'is missing' if fault['type'] == 'missing' else fault['msg']}"
        for fault in faults
    ]


KEYED: dict[str, Any] = {
    "parameters": [
        {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string", "maxLength": KEY_LENGTH_MAX}}
    ]
}


def openapi(kind: type[BaseModel]) -> dict[str, Any]:
    """What a door says of its body, which it reads itself: with every fault at once, and not before it knows the caller."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": inlined(kind.model_json_schema())}}}} | KEYED


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with all that it refers to written in its place."""
    known: dict[str, Any] = schema.pop("$defs", {})

    def put(part: Any) -> Any:
        if isinstance(part, dict):
            referred = part.get("$ref", "").removeprefix("#/$defs/")
            return put(known[referred]) if referred else {name: put(each) for name, each in part.items()}
        return [put(each) for each in part] if isinstance(part, list) else part

    return {name: put(each) for name, each in schema.items()}
