"""BAI2's records, whatever lines they stand on: one a line, several a line, one over several, padded to a length or not."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from ims_ingest.formats.text import LINE_MAX, Unreadable, lines

# A header has at most eight.
FIELDS = 8
CODES = {"01", "02", "03", "16", "49", "88", "98", "99"}
# Blanks pad a line, and old systems end a file by the control character.
PADDING = " \t\f\x1a"
# Behind a slash on the same line may stand the next record, but also the rest of a payer's text: only what is written as a
# record begins one, and a continuation only after a blank.
NEXT = re.compile(
    r"(?<=/)\s*(?=01,[^,]*,[^,]*,\d{6}|02,[^,]*,[^,]*,\d?,\d{6}|03,[^,]*,(?:[A-Z]{3})?,(?:\d{3},|[,/])"
    r"|16,\d{3},[-+]?\d*,[ZSVDzsvd012]?,|(?<=\s)88,|49,[-+\d]*,\d|9[89],[-+\d]*,\d*,\d)"
)


class LogicalRecord:
    """A record with its continuations."""

    __slots__ = ("code", "is_doubtful", "length", "line", "parts", "row_count")

    def __init__(self, code: str, line: int, text: str) -> None:
        self.code, self.line, self.parts, self.row_count = code, line, [text], 1
        """The code is none where a line is no record; each part is what a line has behind the code."""
        self.length = len(text)
        self.is_doubtful = False
        """It stands behind a text on the same line: a payer could have typed it."""

    def go_on(self, text: str, line: int) -> None:
        """Raises Unreadable where it never ends: a file of nothing but continuations must not fill memory."""
        self.length += 3 + len(text)
        if self.length > LINE_MAX:
            raise Unreadable(f"line {line}: a record and its continuations are longer than {LINE_MAX} characters")
        self.parts.append(text)

    def fields(self) -> list[str]:
        """The fields of a header or trailer; blank where it has no more."""
        return [field.strip() for part in self.parts for field in part.removesuffix("/").split(",")] + [""] * FIELDS


def logical_records(stream: BinaryIO) -> Iterator[LogicalRecord]:
    """Every record in the file's order. Raises Unreadable where it cannot be text."""
    found, length = None, 0
    for line, text in lines(stream):
        if text.startswith("01,"):
            length = declared_length(text)
        for place, piece in enumerate(pieces(text, length)):
            written = piece.strip(PADDING)
            code = code_of(written)
            if found is not None and code == "88":
                found.go_on(written[3:], line)
                found.row_count += 1
            elif found is not None and not code and found.code == "16":
                if written:  # a payer's text may have a line's end in it
                    found.go_on(written, line)
            elif written:
                before = found
                found = LogicalRecord(code if code != "88" else "", line, written[3:])
                if before is not None:
                    found.is_doubtful = place > 0 and before.code == "16"
                    yield before
    if found is not None:
        yield found


def code_of(written: str) -> str:
    """The record that a line is; nothing if it is none."""
    return written[:2] if written[:2] in CODES and written[2:3] in (",", "/") else ""


def declared_length(text: str) -> int:
    """How long the file header says that each line is; nothing if it does not."""
    fields = text.split(",", 8)
    length = fields[6].strip() if len(fields) > 6 else ""
    return int(length) if re.fullmatch(r"[0-9]{1,5}", length) else 0


def pieces(text: str, length: int) -> list[str]:
    """The records on one line: files in blocks have no line's ends, only the declared length."""
    if length and len(text) > length:
        cut = [text[at : at + length] for at in range(0, len(text), length)]
        if all(code_of(each) or not each.strip(PADDING) for each in cut):
            return cut
    return NEXT.split(text) if text.find("/", 0, -1) >= 0 else [text]
