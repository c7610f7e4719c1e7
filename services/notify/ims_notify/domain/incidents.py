"""A message to the payers of a chosen set: in which words, with what filled in, and what may not be in it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from string import Formatter
from typing import NamedTuple
from uuid import UUID

from ims_notify.domain.letters import Council, pounds
from ims_notify.domain.received import Received

FIELDS = frozenset({"council", "enquiries", "amount", "payments"})
LINK = re.compile(r"https?:|www\.|\b[a-z0-9-]+\.(gov\.uk|gov\.wales|org\.uk|co\.uk|com|uk)/", re.IGNORECASE)


class Wording(NamedTuple):
    """What is sent in one language. `{council}`, `{enquiries}`, `{amount}` and `{payments}` are filled in."""

    subject: str
    text: str


class Origin(NamedTuple):
    """Where payments came from, of one batch that was heard."""

    council: str
    source: str
    remittance_id: UUID | None
    paid_on: date
    received_on: date


class Concerned(NamedTuple):
    """What a message says of its reader: the chosen payments of one address."""

    language: str
    amount_pence: int
    payment_count: int


def origins(received: Iterable[Received]) -> list[tuple[Origin, list[UUID]]]:
    """The payments of a batch by where they came from: a row or two, of most."""
    found: dict[Origin, list[UUID]] = {}
    for payment in received:
        origin = Origin(payment.council, payment.source, payment.remittance_id, payment.paid_on, payment.received_on)
        found.setdefault(origin, []).append(payment.payment_id)
    return list(found.items())


def faults(words: Mapping[str, Wording]) -> list[str]:
    """What is wrong with the words, by language; nothing: they can be sent."""
    return [f"{language}: {fault}" for language, wording in words.items() for fault in faults_of(wording)]


def faults_of(wording: Wording) -> Iterator[str]:
    if not wording.subject.strip() or not wording.subject.isprintable():
        yield "the subject is one line of words"
    if not wording.text.strip():
        yield "the text is empty"
    for part in wording:
        if LINK.search(part):
            yield "there is a link: payers are told that we send none; say where to ask with {enquiries}"
        yield from unknown_fields(part)


def unknown_fields(part: str) -> Iterator[str]:
    try:
        pieces = [(name, form, conversion) for _, name, form, conversion in Formatter().parse(part) if name is not None]
    except ValueError:
        yield "a brace is not closed; write {{ for one that is meant"
        return
    if any(name not in FIELDS or form or conversion for name, form, conversion in pieces):
        yield f"only {', '.join(sorted(FIELDS))} can be put in braces"


def rendered(words: Mapping[str, Wording], concerned: Concerned, councils: Mapping[tuple[str, str], Council], council: str) -> Wording:
    """The words as one reader has them: in English where there are none in their language."""
    language = concerned.language if concerned.language in words else "en"
    own = councils[council, language]
    filled = {
        "council": own.name,
        "enquiries": own.enquiries,
        "amount": pounds(concerned.amount_pence),
        "payments": str(concerned.payment_count),
    }
    return Wording(*(part.format_map(filled) for part in words[language]))
