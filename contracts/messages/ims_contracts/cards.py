"""Card numbers: found anywhere, taken out before anything is written. Council references and bank accounts stay."""

import re

# Where a card number may begin: its first four digits, and at least nine more, perhaps with single spaces or hyphens between them.
# The first digit comes before what is looked back at: a set of letters at the front lets the engine skip to where one is.
BEGINNING = re.compile(r"[234568](?<!\d\d)(?:(?<=2)[2-7]|(?<=[346])\d|(?<=5)[0-8]|(?<=8)1)\d\d(?=(?:[ -]?\d){9})")
# People write them in fours, or as they are embossed: 4-6-5 (American Express), 4-6-4 (Diners Club).
GROUPS = re.compile(r"(?:\d{4}|\d{8}|\d{12})(?:[ -](?:\d{4}|\d{8}|\d{12}))*[ -]\d{1,12}|\d{4}[ -]\d{6}[ -]\d{4,5}|\d+")
RUN, DIGITS = re.compile(r"\d+(?:[ -]\d+){0,4}"), re.compile(r"\d+")
# The schemes' own numbers, by first digits and length: without this, one long number in ten passes Luhn. Councils' bill cards,
# of 19 digits with a Luhn digit as well, begin by none of these: 9826 (PayPoint), 633 (allpay; Switch and Solo, which had it,
# ended in 2011).
SCHEMES = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|(?:30[0-5]|309|36\d|3[89]\d)\d{11,16}"  # Diners Club
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12,15}"  # Discover
    r"|(?:62|81)\d{14,17}"  # UnionPay
    r"|(?:50[1-3]\d|5[678]\d\d|6304|6390|67\d\d)\d{9,15}"  # Maestro
)
# Sort code and account number are fourteen digits as well, and Lloyds' sort codes begin like Diners Club's numbers: what stands before one.
BANK_ACCOUNT_DIGITS = 14
BANK_ACCOUNT_AFTER = re.compile(r"(?:[A-Z]{2}\d{2}[A-Z]{4}|<Id>|<ACCTID>|\A:25:(?:[A-Z\d]{8,11}/|/)?|\A03,)\Z")
BEFORE_MAX = 32
DOUBLED = str.maketrans("0123456789", "0246813579")


def passes_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B: from the right, every second digit doubled, its own digits summed."""
    return sum(map(int, digits[-1::-2] + digits[-2::-2].translate(DOUBLED))) % 10 == 0


def is_card(digits: str) -> bool:
    return SCHEMES.fullmatch(digits) is not None and passes_luhn(digits)


def redact(text: str) -> str:
    """The same text, as long as before, with all but the last four digits of each card number starred."""
    pieces, kept_to, at = [], 0, 0
    while found := BEGINNING.search(text, at):
        begin, at = found.span()
        if (end := end_of_card(text, begin)) and not is_bank_account(text, begin, end):
            pieces += [text[kept_to:begin], star(text[begin:end])]
            kept_to = at = end
    return "".join([*pieces, text[kept_to:]]) if pieces else text


def end_of_card(text: str, begin: int) -> int | None:
    """Where the longest card number that begins here ends, with whole groups of digits; none if there is none."""
    run = RUN.match(text, begin)
    assert run is not None
    ends = [begin + group.end() for group in DIGITS.finditer(run[0])]
    for end in reversed(ends):
        number = text[begin:end]
        if is_card(number.replace(" ", "").replace("-", "")) and GROUPS.fullmatch(number):
            return end
    return None


def is_bank_account(text: str, begin: int, end: int) -> bool:
    """Whether what stands before these digits says that they are a bank account."""
    line = max(text.rfind("\n", 0, begin) + 1, begin - BEFORE_MAX)
    return end - begin == BANK_ACCOUNT_DIGITS and BANK_ACCOUNT_AFTER.search(text[line:begin]) is not None


def star(number: str) -> str:
    return re.sub(r"\d", "*", number[:-4]) + number[-4:]
