"""Text as banks and providers send it: lines of any ending, encodings nobody declared, amounts in pounds."""

import re
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO

# The longest line of a format we know has some 2,000 characters; a "line" beyond this is not one of them.
LINE_MAX = 65_536
BRITISH_IBAN = re.compile(r"GB\d{2}[A-Z]{4}(\d{14})")
SORT_CODE_FIRST = re.compile(r"\d{14}")
# Nearly all amounts are written like this.
USUAL_AMOUNT = re.compile(r"(-?\d{1,12})\.(\d\d)", re.ASCII)
AMOUNT = re.compile(r"([-+]?)(\d{1,12})(?:\.(\d{0,5}))?")


class Unreadable(ValueError):
    """A line that cannot be text; says why."""


def lines(stream: BinaryIO) -> Iterator[tuple[int, str]]:
    """Numbered lines without their ends: CRLF, LF or CR, UTF-8 (with or without a mark) or else Windows' Western European."""
    number, tail = 0, b""
    while raw := stream.readline(LINE_MAX + 1):
        if len(raw) > LINE_MAX and not raw.endswith(b"\n"):  # cut anywhere: a file whose lines end in CR is all one line to it
            *pieces, tail = (tail + raw).split(b"\r")
            decode(tail[: LINE_MAX + 1], number + len(pieces) + 1)
        else:
            pieces, tail = (tail + raw).removesuffix(b"\n").removesuffix(b"\r").split(b"\r"), b""
        for piece in pieces:
            number += 1
            yield number, decode(piece, number)
    if tail:
        yield number + 1, decode(tail, number + 1)


def decode(raw: bytes, number: int = 1) -> str:
    if len(raw) > LINE_MAX:
        raise Unreadable(f"line {number} is longer than {LINE_MAX} characters")
    if number == 1:
        raw = raw.removeprefix(b"\xef\xbb\xbf")
    if b"\x00" in raw:
        raise Unreadable(f"line {number} has NUL characters: the file is not text, or damaged")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def pence(text: str) -> int:
    """Pounds as written (`12.50`, `-3`, `8.850`) in pence. Raises ValueError for anything else, fractions of a penny too."""
    if usual := USUAL_AMOUNT.fullmatch(text):
        return int(usual[1] + usual[2])
    found = AMOUNT.fullmatch(text.strip())
    if found is None:
        raise ValueError("not an amount")
    sign, whole, fraction = found.groups()
    fraction = (fraction or "").ljust(2, "0")
    if fraction[2:].strip("0"):
        raise ValueError("a fraction of a penny")
    amount = int(whole) * 100 + int(fraction[:2])
    return -amount if sign == "-" else amount


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
