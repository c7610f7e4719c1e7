"""How a supplier's file holds its messages: one after another or in an array; bare, as CloudEvents, or as headers and body."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic_core import from_json

from ims_contracts.acceptance import Fault, Submitted
from ims_contracts.accounts import AccountSubmitted
from ims_contracts.documents import HEADERS_REQUIRED
from ims_contracts.payments import PaymentSubmitted, ReversalSubmitted

KINDS: dict[str, type[Submitted]] = {kind.type: kind for kind in (PaymentSubmitted, ReversalSubmitted, AccountSubmitted)}
STRUCTURED = "application/cloudevents+json"
SPACE = re.compile(r"[ \t\r\n]*")
NEXT_OBJECT = re.compile(r"\n(?=[{\[])")
DECODER = json.JSONDecoder()


class Broken(Exception):
    """What cannot be read as a message; where, and why."""

    def __init__(self, fault: Fault, at: int = 0) -> None:
        super().__init__(str(fault))
        self.fault, self.at = fault, at


class Piece(NamedTuple):
    """One JSON value of the file, from this character of it on; or why there is none."""

    at: int
    text: str
    broken: Fault | None = None


class Opened(NamedTuple):
    """One submission, out of whatever holds it."""

    kind: type[Submitted]
    data: Any
    place: tuple[str, ...] = ()
    """Where in its piece the data is, such as `("data",)`."""
    is_record: bool = False
    """It is a record of the topic, where nobody fills in council and source."""
    event: tuple[str, str] | None = None
    """The source and id of the CloudEvent."""
    key: str | None = None
    """The record's key, where it was given."""
    missing: tuple[str, ...] = ()
    """Headers that the contract asks for."""


def pieces(text: str) -> Iterator[Piece]:
    """Every JSON value, of an array or one after another."""
    at = after_space(text, 0)
    yield from in_array(text, at + 1) if text[at : at + 1] == "[" else in_lines(text, at)


def in_array(text: str, at: int) -> Iterator[Piece]:
    """The values of an array, up to where it breaks: none after that could be told."""
    at = after_space(text, at)
    mark = ","
    if text[at : at + 1] == "]":
        mark, at = "]", after_space(text, at + 1)
    while mark == ",":
        piece, at = next_piece(text, at)
        yield piece
        if piece.broken:
            return
        at = after_space(text, at)
        mark = text[at : at + 1]
        at = after_space(text, at + 1) if mark in ("]", ",") else at
    if mark != "]":
        yield Piece(at, "", Fault("the file", "is not JSON here", "a comma, or ] at the end, is expected"))
    elif at < len(text):
        yield Piece(at, "", Fault("the file", "goes on after the array's end", "send one array, or one message a line"))


def in_lines(text: str, at: int) -> Iterator[Piece]:
    """Values one after another; of what breaks, the next line that begins one goes on."""
    while at < len(text):
        piece, at = next_piece(text, at)
        yield piece
        if piece.broken:
            found = NEXT_OBJECT.search(text, at)
            at = found.end() if found else len(text)
        at = after_space(text, at)


def next_piece(text: str, at: int) -> tuple[Piece, int]:
    """The value that begins here, and where it ends."""
    try:
        _, end = DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        return Piece(error.pos, "", Fault("the file", "is not JSON here", error.msg.lower())), at
    except RecursionError:
        return Piece(at, "", Fault("the file", "is nested too deeply here", "send the message as the contract writes it")), at
    return Piece(at, text[at:end]), end


def after_space(text: str, at: int) -> int:
    found = SPACE.match(text, at)
    return found.end() if found else at


def opened(value: Any) -> list[Opened]:
    """The submissions in a value: one, or several where a CloudEvent's data is a list. Raises Broken."""
    if not isinstance(value, dict):
        raise Broken(Fault("the message", "is not a JSON object", "send one object with the message's fields"))
    if "headers" in value and "body" in value:
        return of_record(value)
    if "specversion" in value or {"type", "data"} <= value.keys():
        return of_event(value)
    kind = ReversalSubmitted if "source_reversal_id" in value else AccountSubmitted if "account_reference" in value else PaymentSubmitted
    return [Opened(kind, value)]


def of_event(event: dict[str, Any], place: tuple[str, ...] = ()) -> list[Opened]:
    """A CloudEvent in structured mode."""
    for name in ("specversion", "id", "source", "type"):
        if not isinstance(event.get(name), str) or not event[name]:
            raise Broken(Fault(name, "is missing", "a CloudEvent has specversion, id, source and type, each a text"))
    if "data" not in event:
        raise Broken(Fault("data", "is missing", "send the message's fields under data"))
    kind, place, data = kind_of(event["type"], "type"), (*place, "data"), event["data"]
    if isinstance(data, list):
        return [Opened(kind, each, (*place, str(number))) for number, each in enumerate(data)]
    return [Opened(kind, data, place, event=(event["source"], event["id"]))]


def of_record(record: dict[str, Any]) -> list[Opened]:
    """A record as it is sent to the topic: headers, body (an object, or its text), perhaps its key."""
    headers, body = record["headers"], record["body"]
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise Broken(Fault("headers", "is not an object of texts", "send each header as a text"))
    if isinstance(body, str):
        try:
            body = from_json(body)
        except ValueError:
            raise Broken(Fault("body", "is not JSON", "send one JSON object, in UTF-8")) from None
    if headers.get("content-type", "").startswith(STRUCTURED):
        if not isinstance(body, dict):
            raise Broken(Fault("body", "is not a CloudEvent", "send one JSON object with specversion, id, source, type and data"))
        if isinstance(body.get("data"), list):
            raise Broken(Fault("data", "is a list", "send each message as a record of its own"))
        return [each._replace(is_record=True, key=record.get("key")) for each in of_event(body, ("body",))]
    kind = kind_of(headers.get("ce_type"), "ce_type")
    missing = tuple(name for name in HEADERS_REQUIRED if not headers.get(name))
    return [Opened(kind, body, ("body",), is_record=True, key=record.get("key"), missing=missing)]


def kind_of(name: str | None, field: str) -> type[Submitted]:
    """The message of a type. Raises Broken for one that nobody hears."""
    if name is None:
        raise Broken(Fault(field, "is missing", f"send {', '.join(KINDS)}"))
    if name not in KINDS:
        raise Broken(Fault(field, "is no submission's, and would be passed over", f"send {', '.join(KINDS)}"))
    return KINDS[name]
