"""One entry of a camt message: amount, days, references, and who the other party was, in any version's shape."""

from datetime import date
from functools import lru_cache

from ims_ingest.formats.camt_elements import ACCOUNT, SORT_CODE, Element
from ims_ingest.formats.records import Entry
from ims_ingest.formats.text import bank_account, day, pence

WORDS_MAX, REFERENCE_MAX, CODE_MAX = 500, 140, 64
ABSENT = {"NOTPROVIDED", "NONREF"}
NAMES = {role: (f"RltdPties/{role}/Nm", f"RltdPties/{role}/Pty/Nm") for role in ("Dbtr", "Cdtr")}
ACCOUNTS = {role: tuple(f"RltdPties/{role}Acct/{path}" for path in ACCOUNT) for role in ("Dbtr", "Cdtr")}
SORT_CODES = {role: f"RltdAgts/{role}Agt/{SORT_CODE}" for role in ("Dbtr", "Cdtr")}
TYPED = ("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/CdtrRefInf/CdtrRef", "Refs/EndToEndId")
NARRATED = {role: (*TYPED, *NAMES[role], "AddtlTxInf") for role in ("Dbtr", "Cdtr")}
CODES = ("BkTxCd/Domn/Cd", "BkTxCd/Domn/Fmly/Cd", "BkTxCd/Domn/Fmly/SubFmlyCd")
NARRATED_MAX = 5  # more would not fit

read_day = lru_cache(4096)(day)


class Unusable(ValueError):
    """What is wrong with the entry or balance, without a payer's data."""


def entry(said: Element, default_day: date | None) -> Entry:
    """Raises Unusable if its amount or day cannot be read."""
    amount_pence = signed_pence(said)
    value_on = day_at(said, "ValDt")
    booked_on = day_at(said, "BookgDt") or value_on or default_day
    if booked_on is None:
        raise Unusable("the entry has no date")
    one = only_details(said)
    # The parties of a reversal are those of what it reverses: money that comes back to us is from whom we had paid.
    other = "Dbtr" if (amount_pence > 0) != (said.get("RvslInd") in ("true", "1")) else "Cdtr"
    return Entry(
        line=said.line,
        amount_pence=amount_pence,
        booked_on=booked_on,
        value_on=value_on or booked_on,
        is_booked=is_booked(said),
        bank_reference=words(said.get("AcctSvcrRef"), REFERENCE_MAX),
        transaction_code=words("-".join(filter(None, map(said.get, CODES))) or said.get("BkTxCd/Prtry/Cd"), CODE_MAX),
        counterparty_name=None if one is None else first(one, NAMES[other]),
        counterparty_account=None if one is None else account(one, ACCOUNTS[other], SORT_CODES[other]),
        reference=None if one is None else first(one, TYPED),
        narrative=narrative(said, other),
    )


def signed_pence(said: Element) -> int:
    """An amount is never below nothing in camt: its sign is its direction. A reversal's direction is already its own."""
    amount_pence, direction = pence_of(said), said.get("CdtDbtInd")
    if amount_pence < 0:
        raise Unusable("the amount is below nothing")
    if direction not in ("CRDT", "DBIT"):
        raise Unusable("the amount is neither credit nor debit")
    return amount_pence if direction == "CRDT" else -amount_pence


def balance_pence(said: Element) -> int:
    """A balance for which some banks give no direction: it is as it is written."""
    return signed_pence(said) if said.get("CdtDbtInd") else pence_of(said)


def pence_of(said: Element) -> int:
    try:
        return pence(said.get("Amt", ""))
    except ValueError as error:
        raise Unusable(f"the amount cannot be read: {error}") from None


def day_at(said: Element, path: str) -> date | None:
    """The day of a date element, which holds either a date or a time; the bank's own day is meant."""
    text = said.get(f"{path}/Dt") or said.get(f"{path}/DtTm")
    try:
        return None if text is None else read_day(text[:10])
    except ValueError:
        raise Unusable("there is no such date") from None


def is_booked(said: Element) -> bool:
    """Some banks give no status where all is booked. Pending, future and informational entries are not in the balance."""
    return (said.get("Sts/Cd") or said.get("Sts") or said.get("Sts/Prtry") or "BOOK") == "BOOK"


def only_details(said: Element) -> Element | None:
    """A batch has no one payer and no one reference, even where the bank gives the details of one payment only."""
    is_batch = said.part_count != 1 or said.get("NtryDtls/Btch/NbOfTxs", "1") != "1"
    return None if is_batch else said.parts[0]


def account(said: Element, paths: tuple[str, ...], sort_code_path: str) -> str | None:
    """A bank account by its one name. Some British banks give an account number, and its sort code as the bank's."""
    for path in paths:
        if written := said.get(path):
            if len(written) == 8 and written.isdigit():
                sort_code = said.get(sort_code_path, "").replace("-", "")
                written = sort_code + written if len(sort_code) == 6 else written
            return bank_account(written)
    return None


def narrative(said: Element, other: str) -> str | None:
    """All that the bank says of the entry, joined; each thing once."""
    parts = [said.get("AddtlNtryInf", ""), "" if said.parts else said.get("NtryRef", "")]
    for each in said.parts[:NARRATED_MAX]:
        parts += [each[path] for path in NARRATED[other] if path in each]
    return words(" ".join(dict.fromkeys(text for text in parts if text.upper() not in ABSENT)), WORDS_MAX)


def first(said: Element, paths: tuple[str, ...]) -> str | None:
    """The first of these that the bank gives."""
    for path in paths:
        if path in said and (text := words(said[path], WORDS_MAX)):
            return text
    return None


def words(text: str | None, most: int) -> str | None:
    """Text with single spaces, cut; none where the bank only says that there is none."""
    text = " ".join(text.split())[:most] if text else None
    return None if not text or text.upper() in ABSENT else text
