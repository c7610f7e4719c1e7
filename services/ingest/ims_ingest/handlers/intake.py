"""A file's bytes as they come in: written without card numbers, so that nothing that may not be kept is ever written."""

import hashlib
from enum import Enum
from typing import BinaryIO

from ims_contracts.remittances import Fault
from ims_ingest.domain.cards import Redactor, redact_places
from ims_ingest.formats import Format, Formats, detect, packed
from ims_ingest.formats.unkept import why_not_kept
from ims_ingest.handlers.publishers import Unwelcome

HEAD_BYTES = 4
PIECE_BYTES = 256 << 10
LINE_MAX = 1 << 20


class Kept(Enum):
    """How a file may be kept."""

    AS_IT_CAME = "as it came"
    REDACTED = "without the card numbers in it"
    NOT = "only its digest: it holds a card number"
    UNSEARCHED = "only its digest: nobody can search it for card numbers"


class Intake:
    """Bytes as they come, written to a spool. What is packed is written as it is, and looked at before any of it is kept."""

    def __init__(self, spool: BinaryIO, bytes_max: int) -> None:
        self.spool, self.bytes_max = spool, bytes_max
        self.digest, self.size, self.head = hashlib.sha256(), 0, b""
        self.redactor: Redactor | None = Redactor()
        self.is_text = True
        self.kept = Kept.UNSEARCHED

    def take(self, piece: bytes) -> None:
        """Raises Unwelcome as soon as it is too large."""
        self.size += len(piece)
        if self.size > self.bytes_max:
            raise Unwelcome(413, "The file is too large", f"Send at most {self.bytes_max} bytes; have the file sent in parts.")
        self.digest.update(piece)
        self.is_text = self.is_text and b"\x00" not in piece
        if self.size - len(piece) < HEAD_BYTES:
            self.head += piece
            if len(self.head) >= HEAD_BYTES:
                self.begin()
        else:
            self.write(piece)

    def begin(self) -> None:
        if packed.begins_packed(self.head):
            self.redactor = None
        self.write(self.head)

    def write(self, piece: bytes) -> None:
        self.spool.write(self.redactor.take(piece) if self.redactor else piece)

    def end(self) -> None:
        """All is there: it can be read from the start. Raises Unwelcome if that is nothing."""
        if not self.size:
            raise Unwelcome(422, "The file is empty", "Send the file's bytes as the body of the request.")
        if self.size < HEAD_BYTES:
            self.begin()
        if self.redactor:
            self.spool.write(self.redactor.end())
        self.spool.seek(0)

    def search(self, formats: Formats) -> tuple[Format | None, Fault | None]:
        """Which format it is in, if any that is known, and why it is not kept, if it is not."""
        if unkept := why_not_kept(self.spool, self.is_text):
            self.kept = Kept.NOT if unkept.has_card else Kept.UNSEARCHED
            return None, unkept.fault
        found = detect(self.spool, formats=formats)
        has_card = self.redactor is not None and self.redactor.found_card
        if isinstance(found, Format) and found.texts:
            has_card = self.redact_places(found.texts) or has_card
        self.kept = Kept.REDACTED if has_card else Kept.AS_IT_CAME
        return found if isinstance(found, Format) else None, None

    def redact_places(self, places: tuple[slice, ...]) -> bool:
        """Search these places of each line by themselves; says whether there was a card number. What replaces one is as long as it."""
        found_card, at = False, 0
        while raw := self.spool.readline(LINE_MAX):
            line = raw.decode("latin-1")
            redacted = "\r".join(redact_places(each, places) for each in line.split("\r"))
            if redacted != line:
                self.spool.seek(at)
                self.spool.write(redacted.encode("latin-1"))
                found_card = True
            at += len(raw)
        self.spool.seek(0)
        return found_card


def copy(stream: BinaryIO, intake: Intake) -> None:
    """All of what lies in a file."""
    stream.seek(0)
    while piece := stream.read(PIECE_BYTES):
        intake.take(piece)
    intake.end()
