"""OFX as a stream of elements: SGML, whose values need no end, and XML are read alike, and so is what lies between."""

import html
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from ims_ingest.formats.text import LINE_MAX, Unreadable, decode

# Possessive: a long value without an end must not be tried again and again.
NAME = re.compile(rb"(/?)(?:\w++:)?+([\w.]++)([^>]*+)>(.*)", re.DOTALL)
CDATA = b"![CDATA["
PIECE_BYTES = 65_536
# Comments, and signs that are meant as text, between two elements.
SIGNS_MAX = 10_000


class Element(NamedTuple):
    """The beginning of an element with the text after it, or its end."""

    line: int
    name: str
    is_end: bool
    text: str


def elements(stream: BinaryIO) -> Iterator[Element]:
    """Each beginning and end, in order. Raises Unreadable for a document type, and for what cannot be text."""
    name, line, value, sign_count = b"", 1, b"", 0
    for number, piece in pieces(stream):
        if piece.startswith(b"!DOCTYPE"):
            raise Unreadable("the file declares a document type, which no statement needs")
        found = None if piece.startswith((b"!", b"?")) else NAME.match(piece)
        if found is None:  # a sign that was meant as text, a comment, or a value that is marked as text
            value, sign_count = value + after_sign(piece), sign_count + 1
            if len(value) > LINE_MAX or sign_count > SIGNS_MAX:
                raise Unreadable(f"line {number} has a value longer than {LINE_MAX} characters, or comments without end")
            continue
        if name:
            yield Element(line, name.decode("ascii", "replace").upper(), False, text_of(value, line))
        end, name, attributes, value = found.groups()
        line, sign_count = number, 0
        if end or attributes.endswith(b"/"):
            yield Element(line, name.decode("ascii", "replace").upper(), bool(end), "")
            name = b""
    if name:
        yield Element(line, name.decode("ascii", "replace").upper(), False, text_of(value, line))


def pieces(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """What follows each `<` up to the next, with the line that it is on. What comes before the first is a header."""
    number, rest, is_header = 1, b"", True
    while chunk := stream.read(PIECE_BYTES):
        if b"\x00" in chunk:
            raise Unreadable(f"there are NUL characters after line {number}: the file is not text, or damaged")
        *found, rest = (rest + chunk).split(b"<")
        if len(rest) > LINE_MAX:
            raise Unreadable(f"line {number} has a value longer than {LINE_MAX} characters")
        for piece in found:
            if not is_header:
                yield number, piece
            is_header = False
            number += piece.count(b"\n")
    if not is_header:
        yield number, rest


def after_sign(piece: bytes) -> bytes:
    if piece.startswith(CDATA):
        return html.escape(piece[len(CDATA) :].replace(b"]]>", b"").decode("latin-1")).encode("latin-1")
    return b"" if piece.startswith((b"!", b"?")) else b"&lt;" + piece


def text_of(value: bytes, line: int) -> str:
    return " ".join(html.unescape(decode(value.strip(), line)).split()) if value.strip() else ""
