"""A BAI2 transaction (record 16): amount and references by place, names by the tags that banks put into the text."""

import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from ims_ingest.formats.bai2_fields import TYPE, Unusable, availability, day, pence, sign, split
from ims_ingest.formats.bai2_lines import LogicalRecord
from ims_ingest.formats.records import Entry
from ims_ingest.formats.text import bank_account

WORDS_MAX, REFERENCE_MAX = 500, 140
# NatWest cuts text at the 80th column, code and comma included, in the middle of words.
FULL_LINE = 77
VALUE_DATED = ("V", "v")
TAG = re.compile(r"([A-Z]{2,9})[:=](.*)")
ACCOUNT, SORT_CODE = re.compile(r"[0-9]{8}"), re.compile(r"[0-9]{6}\b")
# Citi London (FR to BO), Lloyds (TRNID to ADVREF), Goldman Sachs (the rest). Any other word before a colon is the payer's.
TAGS = {
    *("FR", "ENDT", "TRID", "PY", "BI", "OB", "BO", "TRNID", "TRNIDDATE", "ADVREF"),
    *("EREF", "REMI", "CREF", "IDNM", "CHKN", "DBNM", "DACT", "DABA", "DBIC", "CRNM", "CACT", "CABA", "CBIC"),
}


class Detail(NamedTuple):
    """The fields of a transaction, as they stand."""

    kind: str
    amount: str
    value_day: str
    bank_reference: str
    customer_reference: str
    texts: list[str]


def entry(record: LogicalRecord, as_of: date, is_final: bool) -> tuple[Entry, int]:
    """The entry, and its amount as control totals count it: without direction. An interim amount may still change, and one of
    nothing is no money: neither is booked. Raises Unusable."""
    found = detail(record.parts)
    if TYPE.fullmatch(found.kind) is None:
        raise Unusable("the type code cannot be read")
    amount = pence(found.amount) or 0
    direction = sign(found.kind)
    if amount and not direction:
        raise Unusable(f"type {found.kind} says neither credit nor debit")
    tags = tagged(found.texts)
    name, account = party(tags, direction)
    made = Entry(
        line=record.line,
        amount_pence=amount * direction,
        booked_on=as_of,
        value_on=day(found.value_day) or as_of,
        is_booked=is_final and amount != 0,
        bank_reference=found.bank_reference[:REFERENCE_MAX] or None,
        transaction_code=found.kind.zfill(3),
        counterparty_name=name,
        counterparty_account=account,
        reference=typed(found, tags),
        narrative=words([found.customer_reference, *found.texts]),
    )
    return made, amount


def detail(parts: list[str]) -> Detail:
    """A transaction's fields by their places; continuations bring those that the first line has not, then text."""
    fields, used = split(parts[0]), 1
    place = reference_place(fields)
    while len(fields) < place + 2 and used < len(parts) and goes_on(fields, place, parts[used]):
        fields += split(parts[used])
        used += 1
        place = reference_place(fields)
    fields += [""] * (place + 2 - len(fields))
    return Detail(
        kind=fields[0].strip(),
        amount=fields[1],
        value_day=fields[3].strip() if fields[2] in VALUE_DATED else "",
        bank_reference=fields[place].strip(),
        customer_reference=" ".join(fields[place + 1].split()),
        texts=joined([",".join(fields[place + 2 :]), *parts[used:]], parts[used - 1]),
    )


def reference_place(fields: list[str]) -> int:
    """Where the bank's reference stands."""
    return 3 + availability(fields[2], fields[3] if len(fields) > 3 else "")[0] if len(fields) > 2 else 3


def goes_on(fields: list[str], place: int, part: str) -> bool:
    """Whether a continuation has fields that are still missing, rather than text: always where an amount is missing, else
    only if it has all references, since banks leave out the last commas before text."""
    is_amount_missing = len(fields) < 2 or (2 < len(fields) < place and fields[2] not in VALUE_DATED)
    return is_amount_missing or part.count(",") >= place + 2 - len(fields)


def joined(texts: list[str], first: str) -> list[str]:
    """The lines of the text without runs of blanks; those in one that the bank cut at the end of a full line."""
    found: list[str] = []
    before = first
    for at, text in enumerate(texts):
        if at and len(before) == FULL_LINE and not before.endswith("/"):
            found[-1] += text
        else:
            found.append(text)
        before = text if at else first
    return [" ".join(text.removesuffix("/").split()) for text in found]


def tagged(texts: list[str]) -> dict[str, str]:
    """What stands behind each tag."""
    found = (TAG.fullmatch(text) for text in texts if text[2:10].find(":") >= 0 or "=" in text)
    return {each[1]: each[2].strip() for each in found if each is not None and each[1] in TAGS}


def typed(found: Detail, tags: dict[str, str]) -> str | None:
    """What the payer typed: the text that is tagged so, else the text without tags, else the customer's reference."""
    if tagged_text := tags.get("PY") or tags.get("REMI"):
        return words([tagged_text])
    plain = found.texts if not tags else [text for text in found.texts if text.partition(":")[0].partition("=")[0] not in TAGS]
    return words(plain) or words([found.customer_reference])


def party(tags: dict[str, str], direction: int) -> tuple[str | None, str | None]:
    """Who paid us, or whom we paid: name and account. Citi writes `BO:11111111 BO1:DOE JOHN` and `OB:111111 A BANK`."""
    if not tags:
        return None, None
    if direction < 0:
        return words([tags.get("CRNM", "")]), bank_account(tags.get("CACT", "")) or None
    number, _, name = tags.get("BO", "").partition(" BO1:")
    if ACCOUNT.fullmatch(number) and (sort_code := SORT_CODE.match(tags.get("OB", ""))):
        number = sort_code[0] + number
    return words([name or tags.get("DBNM", "")]), bank_account(number or tags.get("DACT", "")) or None


def words(texts: Iterable[str]) -> str | None:
    """Texts joined, each once."""
    return " ".join(dict.fromkeys(filter(None, texts)))[:WORDS_MAX] or None
