"""What an MT940 says of an entry in words: plain text, or one of the dialects that divide it by `?20` or `/REMI/`."""

import re
from typing import NamedTuple

WORDS_MAX, ACCOUNT_MAX = 500, 64
ABSENT = frozenset(("NONREF", "NOTPROVIDED", "NONE", "EREF", "KREF", "KREF+", "EREF+", "MARF", "PREF", "N", ""))
# A line as long as the field is wide goes on in the next, perhaps inside a word.
LINE_WIDTH, SUBFIELD_WIDTH = 65, 27
# Germany, Austria, Poland: business code, then `?20`; Triodos writes `>20`.
DIVIDED = re.compile(r"\s?\d{3}([?>])(?=\d\d)")
PURPOSE = tuple(str(number) for number in (*range(20, 30), *range(60, 64)))
SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|COAM|OAMT|PURP|RREF|BREF|MTLG)[+]")
# Dutch and Belgian banks.
CODED = re.compile(r"/(TRTP|TRCD|RTRN|IBAN|BIC|NAME|ADDR|REMI|EREF|PREF|MARF|CSID|ORDP|BENM|CNTP|ISDT|PURP|SVCL|ULTD|ULTC|ULTB|ID)/")
REMITTANCE_KIND = re.compile(r"(?:USTD|STRD)/(?:[A-Z]{3}/|/)?")


class Details(NamedTuple):
    """Who the other party was and what was typed; none where the bank does not say."""

    name: str | None = None
    account: str | None = None
    reference: str | None = None
    narrative: str | None = None


def details(text_lines: list[str], customer_reference: str, supplement: list[str]) -> Details:
    """What the lines of `:86:` say. What the payer typed is there; where there is none, in the customer reference."""
    found = read_words(text_lines) if text_lines else Details()
    typed = None if customer_reference.upper() in ABSENT else customer_reference
    said = [*(" ".join(each.split()) for each in supplement), typed, found.narrative]
    narrative = " ".join(dict.fromkeys(each for each in said if each))
    return Details(found.name, found.account, found.reference or cut(typed or ""), cut(narrative))


def read_words(text_lines: list[str]) -> Details:
    first = text_lines[0] or (text_lines[1] if len(text_lines) > 1 else "")
    if divided := DIVIDED.match(first):
        return read_divided("".join(text_lines), divided[1])
    if CODED.match(first):
        return read_coded("".join(text_lines))
    text = joined(text_lines, LINE_WIDTH)
    return Details(reference=cut(text), narrative=text)


def read_divided(text: str, mark: str) -> Details:
    """`166?00GUTSCHRIFT?20SVWZ+…?32NAME?33ON`."""
    _, *pieces = re.split(rf"\{mark}(\d\d)", text)
    found: dict[str, str] = {}
    for number, piece in zip(pieces[::2], pieces[1::2], strict=True):
        found[number] = found.get(number, "") + piece
    purpose = joined([found[number] for number in PURPOSE if number in found], SUBFIELD_WIDTH)
    name = joined([found[number] for number in ("32", "33") if number in found], SUBFIELD_WIDTH)
    said = (found.get("00", "").strip(), purpose, name)
    return Details(
        name=cut(name),
        account=account(found.get("38") or found.get("31") or ""),
        reference=cut(typed_in(purpose)),
        narrative=" ".join(each for each in said if each),
    )


def typed_in(purpose: str) -> str:
    """What the payer typed, of a purpose with SEPA's marks: the remittance, else the text before the marks, else the payer's own
    name for the payment."""
    before, *pieces = SEPA.split(purpose)
    marked = {mark: text.strip() for mark, text in zip(pieces[::2], pieces[1::2], strict=True)}
    own = next((marked[mark] for mark in ("EREF", "KREF") if marked.get(mark, "").upper() not in ABSENT), "")
    return marked.get("SVWZ") or before.strip() or own


def read_coded(text: str) -> Details:
    """`/IBAN/…/NAME/…/REMI/…/EREF/…`."""
    _, *pieces = CODED.split(text)
    found: dict[str, str] = {}
    for code, piece in zip(pieces[::2], pieces[1::2], strict=True):
        found.setdefault(code, piece)
    party = [*found.get("CNTP", "").split("/"), "", "", ""]  # account, bank, name, town
    own = found.get("EREF", "").strip("/ ")
    remittance = REMITTANCE_KIND.sub("", found.get("REMI", ""), count=1).strip("/ ")
    return Details(
        name=cut(found.get("NAME", "").strip("/ ") or party[2].strip()),
        account=account(found.get("IBAN", "").strip("/ ") or party[0]),
        reference=cut(remittance or ("" if own.upper() in ABSENT else own)),
        narrative=" ".join(text.split()),
    )


def joined(pieces: list[str], width: int) -> str:
    """Pieces of one text: with a blank between them, but for a full one, whose last word may go on."""
    text = "".join(piece if len(piece) >= width else piece + " " for piece in pieces)
    return " ".join(text.split())


def account(text: str) -> str | None:
    return "".join(text.split())[:ACCOUNT_MAX] or None


def cut(text: str) -> str | None:
    return " ".join(text.split())[:WORDS_MAX] or None
