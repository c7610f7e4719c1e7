"""Card numbers: found anywhere, taken out before anything is written. Council references and bank accounts stay."""

import re

CARD_DIGITS_MIN = 13
# A card number has 13 to 19 digits, perhaps with single spaces or hyphens between them.
CANDIDATE = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,}")
# The schemes that councils' providers take, by first digits and length: without this, one long number in ten passes Luhn.
SCHEMES = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d*(?<=^.{16})"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|[689]\d)\d{11}"  # Diners Club
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|(?:5018|5020|5038|56|57|58|6[0-9])\d{10,17}"  # Maestro, Discover, UnionPay
)
# Sort code and account number are fourteen digits as well, and Lloyds' sort codes begin like Diners Club's numbers.
BANK_ACCOUNT = re.compile(
    r"(?:[A-Z]{2}\d{2}[A-Z]{4}|<Id>|<ACCTID>|^:25:(?:[A-Z\d]{8,11}/|/)?|^03,)\d{14}(?!\d)"
    r"|(?<![\d-])(?:\d{6}-|\d\d-\d\d-\d\d )\d{8}(?!\d)",
    re.MULTILINE,
)
DOUBLED = str.maketrans("0123456789", "0246813579")


def passes_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B: from the right, every second digit doubled, its own digits summed."""
    return sum(map(int, digits[-1::-2] + digits[-2::-2].translate(DOUBLED))) % 10 == 0


def is_card(digits: str) -> bool:
    return 13 <= len(digits) <= 19 and SCHEMES.fullmatch(digits) is not None and passes_luhn(digits)


def redact(text: str) -> str:
    """The same text, as long as before, with all but the last four digits of each card number starred."""
    if CANDIDATE.search(text) is None:
        return text
    kept = [found.span() for found in BANK_ACCOUNT.finditer(text)]
    return CANDIDATE.sub(lambda run: run.group() if within(run.span(), kept) else mask(run.group()), text)


def within(span: tuple[int, int], kept: list[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in kept)


def mask(run: str) -> str:
    """Star the card numbers in a run of digits. One begins and ends where a group of digits does."""
    groups = [group.span() for group in re.finditer(r"\d+", run)]
    for first, (start, _) in enumerate(groups):
        for _, end in reversed(groups[first:]):
            digits = re.sub(r"\D", "", run[start:end])
            if is_card(digits):
                return run[:start] + star(run[start:end]) + mask(run[end:])
    return run


def star(number: str) -> str:
    return re.sub(r"\d", "*", number[:-4]) + number[-4:]
