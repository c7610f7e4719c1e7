"""Card numbers in bytes as they come: taken out before anything is written. What is one, the contract says."""

from collections.abc import Iterable

from ims_contracts.cards import passes_luhn, redact

__all__ = ["Redactor", "passes_luhn", "redact", "redact_places", "redacted"]

# A text without line or element for so long is nothing that is read here.
LINE_MAX = 1 << 20


def redact_places(line: str, places: Iterable[slice]) -> str:
    """The same line, with what stands at each of these places searched by itself: in a line without separators the digits of a
    reference and of the amount beside it are one run, in which no card number begins or ends."""
    for place in places:
        line = line[: place.start] + redact(line[place]) + line[place.stop :]
    return line


class Redactor:
    """The same bytes without card numbers, piece by piece. A piece is cut where no number and no bank account goes across."""

    def __init__(self) -> None:
        self.held = ""
        self.found_card = False

    def take(self, piece: bytes) -> bytes:
        """As much as can be given already."""
        text = self.held + piece.decode("latin-1")
        cut = max(text.rfind("\n") + 1, text.rfind("<"), 0)
        if len(text) - cut > LINE_MAX:
            cut = len(text.rstrip("0123456789 -")) or len(text)
        self.held = text[cut:]
        return self.redact(text[:cut])

    def end(self) -> bytes:
        """The rest."""
        return self.redact(self.held)

    def redact(self, text: str) -> bytes:
        redacted = redact(text)
        self.found_card = self.found_card or redacted is not text
        return redacted.encode("latin-1")


def redacted(content: bytes) -> bytes:
    """All the bytes at once."""
    return redact(content.decode("latin-1")).encode("latin-1")
