"""Bacs' XML reports: read as they stream, known by their root and what is in it. No entity is ever resolved."""

import re
from collections.abc import Callable, Generator, Iterable
from datetime import date
from functools import lru_cache
from typing import Any, BinaryIO

from lxml import etree

from ims_ingest.formats.records import Record, fault
from ims_ingest.formats.text import Unreadable, day, pence

# Oracle's report writer puts comments between the elements. Possessive, so that no crafted head takes long.
BETWEEN = rb"(?:\s|<!--(?:(?!-->).)*+-->)*+"
AGAIN = "fetch the report from Bacs again"
REFERENCE_MAX = 35
# The reports have some 150 names, and a claim has at most some thousand collections. Beyond these limits it is an attack, or no report.
LENGTH_MAX, NAMES_MAX, KEPT_MAX = 1 << 20, 5_000, 50_000
SAFELY = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
POUNDS = {"GBP", "BRITISH POUND"}
WITH_COMMAS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d*)?", re.ASCII)

type Read = Generator[Record, None, bool]
"""What was read, and in the end whether the XML was whole."""


def document(*names: str) -> Callable[[bytes], bool]:
    """Whether a file's beginning is a `BACSDocument` whose data is one of these elements."""
    root = rb"<BACSDocument\b[^>]*>" + BETWEEN + rb"<Data\b[^>]*>" + BETWEEN
    pattern = re.compile(root + rb"<(?:" + "|".join(names).encode() + rb")[\s/>]", re.DOTALL)
    return lambda head: pattern.search(head) is not None


class Bounded:
    """A stream that gives no more where the parser finds no end of anything in what it has: it takes ever longer for each piece of one
    text or comment."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream, self.since_an_end = stream, 0

    def read(self, size: int = -1) -> bytes:
        piece = self.stream.read(size)
        self.since_an_end += len(piece)
        if self.since_an_end > LENGTH_MAX:
            raise Unreadable("a text, tag or comment is far longer than any of a report")
        return piece


class Tree:
    """What is open of a document, and no more of it: the parser itself keeps all that it has read."""

    def __init__(self, names: Iterable[str]) -> None:
        self.wanted = frozenset(names)
        self.known: set[str] = set()
        self.done: Any = None
        self.kept = 0

    def is_wanted(self, element: Any) -> bool:
        """Take note of an element that has ended, and say whether it is one of those that are wanted. Raises Unreadable for what would
        fill the memory."""
        self.let_go()
        self.known.add(element.tag)
        self.known.update(element.keys())
        if len(self.known) > NAMES_MAX:
            raise Unreadable("it has more names than any report")
        if name_of(element.tag) in self.wanted:
            self.done = element
            return True
        if not any(name_of(each.tag) in self.wanted for each in element.iterancestors()):
            self.done = element
        else:
            self.kept += 1
            if self.kept > KEPT_MAX:
                raise Unreadable("it has more in one of its parts than any report")
        return False

    def let_go(self) -> None:
        """Take out what ended last: not while it ends, for the parser still holds it."""
        if self.done is not None and (above := self.done.getparent()) is not None:
            self.kept -= sum(name_of(each.tag) not in self.wanted for each in self.done.iterdescendants())
            above.remove(self.done)
        self.done = None


def read_elements(stream: BinaryIO, names: Iterable[str], take: Callable[[Any], Iterable[Record]]) -> Read:
    """What is made of each element with one of these names, as it ends; then it is let go of, so that memory does not grow."""
    tree, is_first, bounded = Tree(names), True, Bounded(stream)
    try:
        for _, element in etree.iterparse(bounded, remove_comments=True, remove_pis=True, **SAFELY):
            if is_first and element.getroottree().docinfo.internalDTD is not None:
                yield fault(1, "the file declares a document type, which no report needs", "refuse it, and ask who sent it")
                return False
            is_first, bounded.since_an_end = False, 0
            if tree.is_wanted(element):
                yield from take(element)
    except etree.XMLSyntaxError as error:
        yield fault(error.lineno or None, "the XML is broken or cut short", AGAIN)
        return False
    except Unreadable as error:
        yield fault(None, f"the file cannot be read on: {error}", "refuse it, and ask who sent it")
        return False
    return True


@lru_cache(256)
def name_of(tag: str) -> str:
    return tag.rpartition("}")[2]


def child(element: Any, name: str) -> Any:
    """The first child of this name, whatever the namespace; none if there is none."""
    return next((each for each in element if isinstance(each.tag, str) and name_of(each.tag) == name), None)


def children(element: Any, name: str) -> list[Any]:
    return [each for each in element if isinstance(each.tag, str) and name_of(each.tag) == name]


def said(element: Any, attribute: str) -> str:
    """An attribute's words; nothing where it or its element is absent."""
    return "" if element is None else " ".join((element.get(attribute) or "").split())


def words(element: Any, name: str) -> str:
    """A child's text; nothing where it is absent."""
    found = child(element, name)
    return "" if found is None or found.text is None else " ".join(found.text.split())


def amount(text: str) -> int:
    """Pounds, perhaps with commas between thousands, in pence. Raises ValueError for what is no amount or below nothing."""
    amount_pence = pence(text.replace(",", "") if WITH_COMMAS.fullmatch(text) else text)
    if amount_pence < 0:
        raise ValueError("below nothing")
    return amount_pence


@lru_cache(1024)
def day_or_none(text: str) -> date | None:
    """A day, or none: Bacs writes `^^-^^-^^` for a date that it could not read."""
    try:
        return day(text)
    except ValueError:
        return None


def is_pounds(element: Any) -> bool:
    return said(element, "currency").upper() in POUNDS


def service_user(text: str) -> str:
    """A service user number. As a number in XML it has lost its leading zeros."""
    return text.zfill(6)[:16] if text else ""


def payer_account(sort_code: str, number: str) -> str | None:
    """A payer's account by its fourteen digits, the leading zeros of its number put back; none where it is not told whole."""
    digits = sort_code.replace("-", "").replace(" ", "")
    if len(digits) != 6 or not number or not (digits + number).isdecimal() or len(number) > 8:
        return None
    return digits + number.zfill(8)
