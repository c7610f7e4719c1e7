"""Read one record: which message it is, what it says, and what caused it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from ims_kit.errors import Refused
from ims_kit.telling import Cause, begun_by
from ims_kit.work import Work

type Attributes = Sequence[tuple[str, bytes]]
"""CloudEvents attributes as Kafka headers name them."""
type Handler = Callable[[list[Any], Work], Awaitable[None]]
type Clean = Callable[[bytes], bytes]
"""Takes out of a record's bytes what may not be kept."""


class Hearing:
    """One topic: the types that are heard of it, and the one handler that hears them all."""

    def __init__(self, handler: Handler, types: Sequence[type[BaseModel]], clean: Clean = bytes) -> None:
        self.handler, self.clean = handler, clean
        self.validators = {each.type.encode(): TypeAdapter(each).validator.validate_json for each in types}  # type: ignore[attr-defined]


class Decoded(NamedTuple):
    """A message and its CloudEvents attributes, which are read when something is told because of it: most tell nothing."""

    message: BaseModel
    attributes: Attributes

    def cause(self) -> Cause:
        """What follows from the message names this. Where whoever spoke to us began no trace, one begins here."""
        said = dict(self.attributes).get
        event_id = text(said("ce_id")) or self.message.event_id  # type: ignore[attr-defined]
        return Cause(event_id, text(said("ce_correlationid")) or event_id, text(said("traceparent")) or begun_by(event_id))


def text(attribute: bytes | None) -> str:
    return attribute.decode("utf-8", "replace") if attribute else ""


def decode(record: Any, validators: Mapping[bytes, Callable[[bytes], BaseModel]]) -> Decoded | None:
    """The message in a record; None for a type nobody here hears. Raises Refused, with a reason that quotes nothing.

    CloudEvents 1.0 binary mode (attributes in headers, the fact as body), and structured mode (all in one document)."""
    attributes: Attributes = record.headers
    body = record.value or b""
    if (attribute(attributes, "content-type") or b"").startswith(b"application/cloudevents+json"):
        attributes, body = open_envelope(body)
    kind = attribute(attributes, "ce_type")
    if kind is None:
        raise Refused("no ce_type header: the type of the message is not known")
    validate = validators.get(kind)
    if validate is None:
        return None
    if b"\\u0000" in body:  # JSON may carry it, PostgreSQL's text may not
        raise Refused("a NUL character")
    try:
        return Decoded(validate(body), attributes)
    except ValidationError as error:
        raise Refused(first_fault(error)) from None


def attribute(attributes: Attributes, name: str) -> bytes | None:
    """The first of this name. Most records are asked for two: looking for them is half the work of making a dictionary of all."""
    for each, value in attributes:
        if each == name:
            return value
    return None


def open_envelope(body: bytes) -> tuple[Attributes, bytes]:
    """A structured-mode document's attributes, named as the headers of binary mode are, and its data as a body."""
    try:
        document = from_json(body)
    except ValueError:
        raise Refused("not JSON") from None
    if not isinstance(document, dict) or "data" not in document:
        raise Refused("a structured-mode event without data")
    said = [(name, value.encode()) for name, value in document.items() if isinstance(value, str) and name != "data"]
    return [(name if name == "traceparent" else f"ce_{name}", value) for name, value in said], to_json(document["data"])


def first_fault(error: ValidationError) -> str:
    """What is wrong and where, never what was there."""
    fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{fault['type']} at {'.'.join(map(str, fault['loc'])) or 'the top'}"
