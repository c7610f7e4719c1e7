"""Whether a supplier's messages keep to the contract: read and judged as the doors do, without a server."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from ims_contracts.acceptance import (
    BULK_MAX,
    PAYMENT_BYTES_MAX,
    Fault,
    Submitted,
    faults_of,
    faults_of_submission,
)
from ims_contracts.accounts import AccountSubmitted
from ims_contracts.supplied import Broken, Opened, Piece, opened, pieces
from ims_contracts.unwise import unwise

# In place of what the HTTP doors know by the bearer token.
BY_TOKEN = {"council": "E00000000", "source": "your-source"}


class Finding(NamedTuple):
    """What is wrong with one message of a file (a fault), or only unwise; the line and column are those of the field, or of the message."""

    number: int
    line: int
    column: int
    is_fault: bool
    field: str
    what: str
    what_to_do: str


class Report(NamedTuple):
    """What is in a file: how many messages, and everything found."""

    messages: int
    findings: list[Finding]

    @property
    def failed(self) -> int:
        """How many messages would not be taken in."""
        return len({each.number for each in self.findings if each.is_fault})

    @property
    def warnings(self) -> int:
        return sum(not each.is_fault for each in self.findings)


def check(content: bytes, today: date) -> Report:
    """Judge every message of a file. Faults never quote a value, which may be a payer's."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Report(0, [Finding(1, line, 1, True, "the file", "is not UTF-8 here", "send UTF-8")])
    if text.startswith("\ufeff"):
        return Report(0, [Finding(1, 1, 1, True, "the file", "begins with a byte order mark", "send UTF-8 without one")])
    return Check(text, today).report()


class Check:
    """One file, while it is judged: what its messages said, to tell which are alike."""

    def __init__(self, text: str, today: date) -> None:
        self.text, self.today = text, today
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self.said: dict[tuple[str, ...], tuple[int, str]] = {}
        self.spelt: dict[tuple[str, ...], tuple[str, ...]] = {}

    def report(self) -> Report:
        findings: list[Finding] = []
        number = 0
        for piece in pieces(self.text):
            for each in self.messages(piece):
                number += 1
                judged = [(True, each)] if isinstance(each, Fault) else self.judge(each, number)
                place = () if isinstance(each, Fault) else each.place
                findings += [self.finding(number, piece, place, found) for found in judged]
        if not number:
            findings.append(Finding(0, 1, 1, True, "the file", "has no message", "send at least one"))
        elif number > BULK_MAX:
            told = f"are more than one request takes, {BULK_MAX:,}"
            findings.append(Finding(0, 1, 1, False, "the messages", told, "send them over HTTP in several"))
        return Report(number, findings)

    def messages(self, piece: Piece) -> list[Opened] | list[Fault]:
        """What a piece holds; or why it holds nothing that can be read."""
        if piece.broken:
            return [piece.broken]
        try:
            return opened(from_json(piece.text))
        except Broken as broken:
            return [broken.fault]
        except ValueError:
            return [Fault("the message", "is not JSON as the doors read it", "is a surrogate alone, or is it nested too deeply?")]

    def judge(self, message: Opened, number: int) -> Iterator[tuple[bool, Fault]]:
        """Every fault (true), or else all that is unwise."""
        if faults := faults_in(message, self.today):
            yield from ((True, fault) for fault in faults)
            return
        submitted = read(message)
        yield from ((False, fault) for fault in unwise(submitted, message.data, self.today))
        yield from ((False, fault) for fault in self.alike(submitted, message, number))
        yield from ((False, Fault(name, "is missing", "the contract asks for this header")) for name in message.missing)
        if message.key is not None and message.key != submitted.key:
            yield False, Fault("key", f"is not the council, a slash and {submitted.keyed_by}", "make it so: it chooses the partition")
        if message.place and not message.is_record and not BY_TOKEN.keys() <= message.data.keys():
            yield False, Fault("data", "is without council or source", "your token tells them over HTTP; the topic needs them")

    def alike(self, submitted: Submitted, message: Opened, number: int) -> Iterator[Fault]:
        """Messages of one identity that say different things, and identities that a person would take for one."""
        names = (submitted.type, submitted.council, *(str(getattr(submitted, field)) for field in submitted.one_per))
        content = submitted.model_dump_json(exclude_none=True)
        first, known = self.said.setdefault(names, (number, content))
        if known != content:
            yield Fault(submitted.one_per[-1], f"is that of message {first}, which says otherwise", "send another, or the same content")
        spelt = self.spelt.setdefault(tuple(name.strip().casefold() for name in names), names)
        if spelt != names:
            what = f"differs from that of message {self.said[spelt][0]} only in case or spaces"
            yield Fault(submitted.keyed_by, what, "these are two; are they meant to be?")
        if message.event:
            first, known = self.said.setdefault(("event", *message.event), (number, content))
            if known != content:
                yield Fault("id", f"is that of event {first}, which says otherwise", "give each event its own: HTTP refuses the second")

    def finding(self, number: int, piece: Piece, place: tuple[str, ...], judged: tuple[bool, Fault]) -> Finding:
        is_fault, fault = judged
        at = piece.at + offset_of(piece.text, (*place, *fault.field.split(".")))
        line = bisect_right(self.starts, at)
        return Finding(number, line, at - self.starts[line - 1] + 1, is_fault, *fault)


def faults_in(message: Opened, today: date) -> list[Fault]:
    """Everything for which the doors would not take a message in."""
    if not isinstance(message.data, dict):
        return [Fault("the body", "is not a JSON object", "send one object with the message's fields")]
    body = to_json(message.data)
    if len(body) > PAYMENT_BYTES_MAX and not message.is_record and message.kind is not AccountSubmitted:
        return [Fault("the body", f"is larger than {PAYMENT_BYTES_MAX:,} bytes", "send only the message's own fields")]
    if message.is_record and b"\\u0000" in body:
        return [Fault("the body", "has a NUL character", "send it without")]
    try:
        submitted = read(message)
    except ValidationError as error:
        return faults_of(error)
    return faults_of_submission(submitted, today)


def faults_of_record(headers: dict[str, str], body: bytes, today: date) -> list[Fault]:
    """Everything for which a record of the topic is not taken in."""
    try:
        return [fault for each in opened({"headers": headers, "body": body.decode()}) for fault in faults_in(each, today)]
    except Broken as broken:
        return [broken.fault]
    except UnicodeDecodeError:
        return [Fault("the body", "is not UTF-8", "send UTF-8")]


def read(message: Opened) -> Submitted:
    """The message, read from JSON as the doors read it; over HTTP, council and source come with the token."""
    told: dict[str, Any] = {} if message.is_record else {name: BY_TOKEN[name] for name in BY_TOKEN if message.data.get(name) is None}
    return message.kind.model_validate_json(to_json(message.data | told))


def offset_of(text: str, path: tuple[str, ...]) -> int:
    """Where a field is named in the text of a message; where it is not, its nearest parent, or the beginning."""
    at = 0
    for name in path:
        if found := re.compile(rf'"{re.escape(name)}"\s*:').search(text, at):
            at = found.start()
    return at
