"""One entry of a camt message: amount, days, references, and who the other party was, in any version's shape."""

from datetime import date
from functools import lru_cache
from typing import Any

from ims_ingest.formats.records import Entry
from ims_ingest.formats.text import day, pence

WORDS_MAX, REFERENCE_MAX, CODE_MAX = 500, 140, 64
ABSENT = {"NOTPROVIDED", "NONREF", ""}


class Unusable(ValueError):
    """What is wrong with the entry or balance, without a payer's data."""


def entry(element: Any, currency: str | None, default_day: date | None) -> Entry:
    """Raises Unusable if its amount or day cannot be read, or it is in another currency than the account."""
    said = find(element, "Amt")
    if currency and said is not None and said.get("Ccy") not in (None, currency):
        raise Unusable(f"the entry is not in {currency}, the account's currency")
    booked_on = booked_day(element, "BookgDt") or booked_day(element, "ValDt") or default_day
    if booked_on is None:
        raise Unusable("the entry has no date")
    details = find_all(element, "NtryDtls/TxDtls")
    one = details[0] if len(details) == 1 else None  # a batch has no one payer and no one reference
    is_credit = text_of(element, "CdtDbtInd") == "CRDT"
    typed = None if one is None else remittance(one)
    status = text_of(element, "Sts/Cd") or text_of(element, "Sts")
    return Entry(
        line=element.sourceline,
        amount_pence=signed_pence(element),
        booked_on=booked_on,
        value_on=booked_day(element, "ValDt") or booked_on,
        is_booked=status in (None, "BOOK"),
        bank_reference=cut(text_of(element, "AcctSvcrRef"), REFERENCE_MAX),
        transaction_code=cut(code(element), CODE_MAX),
        counterparty_name=cut(None if one is None else party(one, is_credit), WORDS_MAX),
        counterparty_account=cut(None if one is None else account(one, is_credit), CODE_MAX),
        reference=cut(typed, WORDS_MAX),
        narrative=cut(narrative(element, details), WORDS_MAX),
    )


def signed_pence(element: Any, path: str = "Amt") -> int:
    """An amount is never below nothing in camt: its sign is its direction. A reversal's direction is already its own."""
    try:
        amount = pence(text_of(element, path) or "")
    except ValueError as error:
        raise Unusable(f"the amount cannot be read: {error}") from None
    return -amount if text_of(element, "CdtDbtInd") == "DBIT" else amount


def booked_day(element: Any, name: str) -> date | None:
    """The day of a date element, which holds either a date or a time; the bank's own day is meant."""
    text = text_of(element, f"{name}/Dt") or text_of(element, f"{name}/DtTm")
    try:
        return None if text is None else day(text)
    except ValueError:
        raise Unusable("there is no such date") from None


def find(element: Any, path: str) -> Any:
    """The first element on a path of local names, whatever the namespace; none if there is none."""
    for name in steps(path):
        for child in element:
            if local_name(child.tag) == name:
                element = child
                break
        else:
            return None
    return element


def find_all(element: Any, path: str) -> list[Any]:
    """Every element on a path of local names."""
    found = [element]
    for name in steps(path):
        found = [child for each in found for child in each if local_name(child.tag) == name]
    return found


@lru_cache
def steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("/"))


@lru_cache(1024)
def local_name(tag: Any) -> str:
    """A tag without its namespace; nothing for a comment, whose tag is no text."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def text_of(element: Any, path: str) -> str | None:
    found = None if element is None else find(element, path)
    text = None if found is None or found.text is None else " ".join(found.text.split())
    return None if text is None or text.upper() in ABSENT else text


def code(element: Any) -> str | None:
    """Domain, family and sub-family with hyphens between them; UK banks often fill only their own code."""
    parts = [text_of(element, f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return "-".join(part for part in parts if part) or text_of(element, "BkTxCd/Prtry/Cd")


def party(details: Any, is_credit: bool) -> str | None:
    """Who paid us, or whom we paid; newer versions wrap the name once more."""
    for role in ("Dbtr", "Cdtr") if is_credit else ("Cdtr", "Dbtr"):
        for path in (f"{role}/Nm", f"{role}/Pty/Nm"):
            if name := text_of(details, "RltdPties/" + path):
                return name
    return None


def account(details: Any, is_credit: bool) -> str | None:
    path = "RltdPties/" + ("DbtrAcct" if is_credit else "CdtrAcct") + "/Id/"
    number = text_of(details, path + "IBAN") or text_of(details, path + "Othr/Id")
    return None if number is None else "".join(number.replace("-", "").split())


def remittance(details: Any) -> str | None:
    """What the payer typed: free text, else the structured reference, else the payer's own name for the payment."""
    free = [" ".join(each.text.split()) for each in find_all(details, "RmtInf/Ustrd") if each.text]
    return (
        " ".join(free)
        or text_of(details, "RmtInf/Strd/CdtrRefInf/Ref")
        or text_of(details, "Refs/EndToEndId")
    )


def narrative(element: Any, details: list[Any]) -> str | None:
    """All that the bank says of the entry, joined; each thing once."""
    said = [text_of(element, "AddtlNtryInf"), text_of(element, "NtryRef") if not details else None]
    for each in details[:5]:  # more would not fit
        said += [remittance(each), party(each, True), text_of(each, "Refs/EndToEndId"), text_of(each, "AddtlTxInf")]
    return " ".join(dict.fromkeys(text for text in said if text)) or None


def cut(text: str | None, most: int) -> str | None:
    return None if text is None else text[:most]
