"""Read one record: which message it is, what it says, and what caused it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from ims_kit.errors import Refused
from ims_kit.telling import Cause, new_traceparent
from ims_kit.work import Work

type Handler = Callable[[list[Any], Work], Awaitable[None]]
type Clean = Callable[[bytes], bytes]
"""Takes out of a record's bytes what may not be kept."""


class Hearing:
    """One topic: the types that are heard of it, and the one handler that hears them all."""

    def __init__(self, handler: Handler, types: Sequence[type[BaseModel]], clean: Clean = bytes) -> None:
        self.handler, self.clean = handler, clean
        self.validators = {each.type: TypeAdapter(each).validate_json for each in types}  # type: ignore[attr-defined]


class Decoded(NamedTuple):
    """A message, and the cause that what follows from it will name."""

    message: BaseModel
    cause: Cause


def decode(record: Any, validators: Mapping[str, Callable[[bytes], BaseModel]]) -> Decoded | None:
    """The message in a record; None for a type nobody here hears. Raises Refused, with a reason that quotes nothing.

    CloudEvents 1.0 binary mode (attributes in headers, the fact as body), and structured mode (all in one document)."""
    headers = dict(record.headers)
    body = record.value or b""
    if (headers.get("content-type") or b"").startswith(b"application/cloudevents+json"):
        attributes, body = open_envelope(body)
    else:
        attributes = {name: text(value) for header, name in READ if (value := headers.get(header))}
    kind = attributes.get("type")
    if kind is None:
        raise Refused("no ce_type header: the type of the message is not known")
    validate = validators.get(kind)
    if validate is None:
        return None
    if b"\\u0000" in body:  # JSON may carry it, PostgreSQL's text may not
        raise Refused("a NUL character")
    try:
        message = validate(body)
    except ValidationError as error:
        raise Refused(first_fault(error)) from None
    event_id = attributes.get("id") or message.event_id  # type: ignore[attr-defined]
    cause = Cause(event_id, attributes.get("correlationid") or event_id, attributes.get("traceparent") or new_traceparent())
    return Decoded(message, cause)


READ = (("ce_type", "type"), ("ce_id", "id"), ("ce_correlationid", "correlationid"), ("traceparent", "traceparent"))
"""The headers that are read, and the attributes of a structured-mode event that they stand for."""


def open_envelope(body: bytes) -> tuple[dict[str, str], bytes]:
    """A structured-mode document's attributes, and its data as a body."""
    try:
        document = from_json(body)
    except ValueError:
        raise Refused("not JSON") from None
    if not isinstance(document, dict) or "data" not in document:
        raise Refused("a structured-mode event without data")
    attributes = {name: value for name, value in document.items() if isinstance(value, str) and name != "data"}
    return attributes, to_json(document["data"])


def text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def first_fault(error: ValidationError) -> str:
    """What is wrong and where, never what was there."""
    fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{fault['type']} at {'.'.join(map(str, fault['loc'])) or 'the top'}"
