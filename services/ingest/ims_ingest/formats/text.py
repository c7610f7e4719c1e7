"""Text as banks and providers send it: lines of any ending, encodings nobody declared, amounts in pounds."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from typing import BinaryIO

from ims_contracts.message import PENCE_MAX

# The longest line of a format we know has some 2,000 characters; a "line" beyond this is not one of them.
LINE_MAX = 65_536
BLOCK_BYTES = 16_384
# How some programs mark a file as UTF-8.
MARK = b"\xef\xbb\xbf"
BRITISH_IBAN = re.compile(r"GB\d{2}[A-Z]{4}(\d{14})")
SORT_CODE_FIRST = re.compile(r"\d{14}")
AMOUNT = re.compile(r"([-+]?)(\d{1,12})(?:\.(\d{0,5}))?", re.ASCII)
# So few digits are never more than any amount comes to.
USUAL_DIGITS_MAX = len(str(PENCE_MAX))


class Unreadable(ValueError):
    """A line that cannot be text; says why."""


def lines(stream: BinaryIO) -> Iterator[tuple[int, str]]:
    """Numbered lines without their ends: CRLF, LF or CR, UTF-8 (with or without a mark) or else Windows' Western European."""
    for number, texts in blocks(stream):
        yield from enumerate(texts, number)


def lines_for_csv(stream: BinaryIO) -> Iterator[str]:
    """The same lines, each with a line feed behind it, for a text in quotes may go on over several."""
    return (text + "\n" for _, texts in blocks(stream) for text in texts)


def blocks(stream: BinaryIO) -> Iterator[tuple[int, Iterable[str]]]:
    """The same lines, some hundreds at once, with the number of the first: to look at each by itself takes three times as long."""
    number, tail = 1, b""
    while piece := stream.read(BLOCK_BYTES):
        held = tail + piece
        ended = held.removesuffix(b"\r")  # the line feed that belongs to it may come next
        block, end, tail = ended.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rpartition(b"\n")
        if end:
            yield number, texts_of(block, number)
            number += block.count(b"\n") + 1
        if len(tail) > LINE_MAX:
            decode(tail, number)
        tail += held[len(ended) :]
    if tail:
        yield number, texts_of(tail.removesuffix(b"\r"), number)


def texts_of(block: bytes, number: int) -> Iterable[str]:
    """The lines of a block as text; each by itself, where one is damaged, too long or in another encoding."""
    if b"\x00" not in block and len(block.partition(b"\n")[0]) <= LINE_MAX:  # behind the first, a line is no longer than what was read
        with suppress(UnicodeDecodeError):
            return (block.removeprefix(MARK) if number == 1 else block).decode().split("\n")
    return (decode(raw, at) for at, raw in enumerate(block.split(b"\n"), number))


def decode(raw: bytes, number: int = 1) -> str:
    if len(raw) > LINE_MAX:
        raise Unreadable(f"line {number} is longer than {LINE_MAX} characters")
    if number == 1:
        raw = raw.removeprefix(MARK)
    if b"\x00" in raw:
        raise Unreadable(f"line {number} has NUL characters: the file is not text, or damaged")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def pence(text: str) -> int:
    """Pounds as written (`12.50`, `-3`, `8.850`) in pence. Raises ValueError for anything else, for a fraction of a penny, and for
    more than any payment or balance comes to."""
    if (usual := usual_pence(text)) is not None:
        return usual
    found = AMOUNT.fullmatch(text.strip())
    if found is None:
        raise ValueError("not an amount")
    sign, whole, fraction = found.groups()
    fraction = (fraction or "").ljust(2, "0")
    if fraction[2:].strip("0"):
        raise ValueError("a fraction of a penny")
    amount = int(whole) * 100 + int(fraction[:2])
    if amount > PENCE_MAX:
        raise ValueError("an amount too large")
    return -amount if sign == "-" else amount


def usual_pence(text: str, mark: str = ".") -> int | None:
    """An amount as nearly all are written, `12.50` or `-12.50`, in a third of the time that a pattern takes; none for any other."""
    whole, _, fraction = text.partition(mark)
    digits = whole.removeprefix("-") + fraction
    if len(fraction) == 2 < len(digits) < USUAL_DIGITS_MAX and digits.isdigit() and digits.isascii():
        return -int(digits) if text[0] == "-" else int(digits)
    return None


def day(text: str) -> date:
    """A day as `18/03/2026` or `2026-03-18`, whatever follows it. Raises ValueError if there is no such day."""
    text = text.strip()
    if text[2:3] == "/":
        return date(int(text[6:10]), int(text[3:5]), int(text[:2]))
    return date.fromisoformat(text[:10])


def bank_account(written: str) -> str:
    """A bank account by one name, however it is written: sort code and account number, fourteen digits, where it is British
    (`GB33BUKB20201555555555`, `20-20-15 55555555`); otherwise as the bank names it, without spaces. At most 64 characters."""
    packed = "".join(written.split()).upper()
    if british := BRITISH_IBAN.fullmatch(packed):
        return british[1]
    digits = packed.replace("-", "").replace("/", "")
    return digits if SORT_CODE_FIRST.fullmatch(digits) else packed[:64]
