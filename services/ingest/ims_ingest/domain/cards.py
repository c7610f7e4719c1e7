"""Card numbers in bytes as they come: taken out before anything is written. What is one, the contract says."""

from ims_contracts.cards import passes_luhn, redact

__all__ = ["Redactor", "passes_luhn", "redact", "redacted"]

# A text without line or element for so long is nothing that is read here.
LINE_MAX = 1 << 20


class Redactor:
    """The same bytes without card numbers, piece by piece. A piece is cut where no number and no bank account goes across."""

    def __init__(self) -> None:
        self.held = ""

    def take(self, piece: bytes) -> bytes:
        """As much as can be given already."""
        text = self.held + piece.decode("latin-1")
        cut = max(text.rfind("\n") + 1, text.rfind("<"), 0)
        if len(text) - cut > LINE_MAX:
            cut = len(text)
        self.held = text[cut:]
        return redact(text[:cut]).encode("latin-1")

    def end(self) -> bytes:
        """The rest."""
        return redact(self.held).encode("latin-1")


def redacted(content: bytes) -> bytes:
    """All the bytes at once."""
    return redact(content.decode("latin-1")).encode("latin-1")
