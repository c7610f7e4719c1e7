"""The statements of camt.052, 053 and 054, in all their versions: matched by local names, with or without a namespace."""

import re
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import BinaryIO, NamedTuple

from ims_contracts.remittances import Fault
from ims_ingest.formats.camt_elements import ACCOUNT, SORT_CODE, Element, elements
from ims_ingest.formats.camt_entry import Unusable, account, balance_pence, day_at, entry, read_day, words
from ims_ingest.formats.records import Entry, Format, Record, StatementBegins, StatementEnds, Whole, fault
from ims_ingest.formats.text import pence

OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)
ASK_AGAIN = "ask the bank for the statement again"
REFERENCE_MAX = 140


class Message(NamedTuple):
    """One of the messages that banks send in camt."""

    name: str
    statement: str
    """What a statement is called in it."""
    is_provable: bool
    """Whether opening and entries make closing; notices during the day need not, whatever balances they have."""


def camt(name: str, message: Message) -> Format:
    """A format of its own for one of the messages."""
    # Some banks write no namespace, version 1 a suffix on the name. UTF-16 looks the same but for its NULs.
    root = re.compile(rf"<(?:[\w.-]+:)?{message.name}(?:V\d+)?[\s/>]".encode())
    return Format(name, "bank", lambda head: root.search(head.replace(b"\0", b"")) is not None, partial(read, message))


def read(message: Message, stream: BinaryIO) -> Iterator[Record]:
    """Each statement's begin, entries and end."""
    header = Element("header", 1)
    statement: Statement | None = None
    references, proofs = "", set[bool | None]()
    for element in elements(stream, message.name, message.statement):
        if isinstance(element, Fault):
            yield element
            return
        if element.kind == "header":
            header = element
            continue
        if statement is None:
            statement = Statement(message, element if element.kind == "statement" else element.above, header)
            yield statement.begins
        if element.kind == "entry":
            yield from statement.read(element)
            continue
        ends = statement.ends(element)
        yield ends
        proofs.add(ends.is_proved if isinstance(ends, StatementEnds) else False)
        references = f"{references}+{statement.begins.reference}"[: REFERENCE_MAX + 1]
        statement = None
    if not proofs:
        yield fault(1, "there is no statement in the file", ASK_AGAIN)
    yield Whole(references[1:] or "none", None, whole_proof(proofs))


def whole_proof(proofs: set[bool | None]) -> bool | None:
    if False in proofs or not proofs:
        return False
    return None if None in proofs else True


class Statement:
    """One statement while it is read: what its entries come to."""

    def __init__(self, message: Message, element: Element, header: Element) -> None:
        self.message, self.balances = message, balances(element)
        self.begins = begins(message, element, header)
        known = [self.balances[kind].get("Amt@Ccy") for kind in OPENING + CLOSING if kind in self.balances]
        self.currency = element.get("Acct/Ccy") or next((each for each in known if each), None)
        self.count = self.credits_pence = self.debits_pence = self.booked_pence = 0
        self.is_sound = True
        self.day = self.day_of(element, header)
        self.last: date | None = None
        """Of the booked entries, the last day; `seen` is of any."""
        self.seen: date | None = None

    def read(self, element: Element) -> tuple[Entry | Fault, ...]:
        """The next entry; a fault with it, where it is in another currency than the account."""
        self.count += 1
        try:
            found = entry(element, self.day)
        except Unusable as error:
            self.is_sound = False
            return (fault(element.line, str(error), ASK_AGAIN, f"entry {self.count}"),)
        self.credits_pence += max(found.amount_pence, 0)
        self.debits_pence -= min(found.amount_pence, 0)
        if found.is_booked:
            self.booked_pence += found.amount_pence
            self.last = max(self.last or found.booked_on, found.booked_on)
        self.seen = self.seen or found.booked_on
        currency = element.get("Amt@Ccy")
        self.currency = self.currency or currency
        if currency in (None, self.currency):
            return (found,)
        self.is_sound = False
        what = f"the entry is not in {self.currency}, the account's currency"
        return found, fault(element.line, what, ASK_AGAIN, f"entry {self.count}")

    def ends(self, element: Element) -> StatementEnds | Fault:
        """The balances, and whether opening and entries make closing."""
        self.balances = balances(element)  # some banks give them, or some of them, after the entries
        opening, closing = self.balance(OPENING), self.balance(CLOSING)
        try:
            opening_pence = None if opening is None else balance_pence(opening)
            closing_pence = None if closing is None else balance_pence(closing)
            opened_on = None if opening is None else day_at(opening, "Dt")
            closed_on = (None if closing is None else day_at(closing, "Dt")) or self.last or self.day or self.seen
            if closed_on is None:
                raise Unusable("the statement has no date")
            is_proved = self.is_proved(element, opening_pence, closing_pence)
        except Unusable as error:
            return fault(element.line, str(error), ASK_AGAIN, "balances")
        return StatementEnds(opening_pence, closing_pence, opened_on, closed_on, self.currency or "GBP", is_proved)

    def is_proved(self, element: Element, opening_pence: int | None, closing_pence: int | None) -> bool | None:
        """Whether opening and entries make closing. A page of a longer statement need not prove alone."""
        if not self.message.is_provable or opening_pence is None or closing_pence is None:
            return None
        currencies = {self.balances[kind].get("Amt@Ccy", self.currency) for kind in OPENING + CLOSING if kind in self.balances}
        is_proved = (
            self.is_sound
            and currencies == {self.currency}
            and opening_pence + self.booked_pence == closing_pence
            and self.agrees_with_summary(element)
        )
        is_paged = self.begins.page != 1 or not self.begins.is_last_page
        return is_proved or (None if is_paged else False)

    def agrees_with_summary(self, element: Element) -> bool:
        """The bank's own counts and sums, where it gives them. Its sum over all entries adds credits and debits."""
        sums = {
            "TtlNtries": self.credits_pence + self.debits_pence,
            "TtlCdtNtries": self.credits_pence,
            "TtlDbtNtries": self.debits_pence,
        }
        said_count = number(element.get("TxsSummry/TtlNtries/NbOfNtries"))
        if said_count is not None and said_count != self.count:
            return False
        said = {name: element.get(f"TxsSummry/{name}/Sum") for name in sums}
        try:
            return all(not text or pence(text) == sums[name] for name, text in said.items())
        except ValueError:
            return False

    def balance(self, kinds: tuple[str, ...]) -> Element | None:
        """The balance of the first of these kinds that the bank gives."""
        return next((self.balances[kind] for kind in kinds if kind in self.balances), None)

    def day_of(self, element: Element, header: Element) -> date | None:
        """The day that entries without dates are of: the closing balance's, else when the statement was made."""
        closing = self.balance(CLOSING + OPENING)
        made = element.get("FrToDt/ToDtTm") or element.get("CreDtTm") or header.get("CreDtTm")
        try:
            return (None if closing is None else day_at(closing, "Dt")) or (read_day(made[:10]) if made else None)
        except (Unusable, ValueError):
            return None


def begins(message: Message, element: Element, header: Element) -> StatementBegins:
    """Which statement of which account it is, and which page of it: its own page where it says so, else the message's."""
    pages = f"{message.statement}Pgntn"
    page, last = (
        (element.get(f"{pages}/PgNb"), element.get(f"{pages}/LastPgInd"))
        if f"{pages}/PgNb" in element
        else (header.get("MsgPgntn/PgNb"), header.get("MsgPgntn/LastPgInd"))
    )
    paths = tuple(f"Acct/{path}" for path in ACCOUNT)
    return StatementBegins(
        bank_account=account(element, paths, f"Acct/Svcr/{SORT_CODE}") or "unnamed",
        reference=words(element.get("Id") or header.get("MsgId"), REFERENCE_MAX) or "unnamed",
        page=number(page) or 1,
        is_last_page=last not in ("false", "0"),
        sequence=number(element.get("ElctrncSeqNb") or element.get("LglSeqNb")),
    )


def balances(element: Element) -> dict[str, Element]:
    """The statement's balances by their kind, the first of each."""
    return {each.get("Tp/CdOrPrtry/Cd") or each.get("Tp/Cd", ""): each for each in reversed(element.parts)}


def number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,18}", text) else None
