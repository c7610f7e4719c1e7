"""camt.053, the ISO 20022 bank statement, in all its versions: matched by local names, with or without a namespace."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, BinaryIO

from lxml import etree

from ims_contracts.remittances import Fault
from ims_ingest.formats.camt_entry import Unusable, booked_day, entry, find, find_all, local_name, signed_pence, text_of
from ims_ingest.formats.records import Entry, Format, Record, StatementBegins, StatementEnds, Whole, fault
from ims_ingest.formats.text import bank_account, day

# Some banks write no namespace, version 1 a suffix on the name.
ROOT = re.compile(rb"<(?:\w+:)?BkToCstmrStmt(?:V\d+)?[\s/>]")
TAGS = ("{*}GrpHdr", "{*}Ntry", "{*}Stmt")
OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)


def looks_like(head: bytes) -> bool:
    return ROOT.search(head) is not None


class Statement:
    """One statement while it is read: what its entries come to."""

    def __init__(self, element: Any, page: tuple[int, bool]) -> None:
        account = find(element, "Acct")
        self.begins = StatementBegins(
            bank_account=account_of(account),
            reference=(text_of(element, "Id") or "unnamed")[:140],
            page=page[0],
            is_last_page=page[1],
            sequence=number(text_of(element, "ElctrncSeqNb") or text_of(element, "LglSeqNb")),
        )
        self.currency = text_of(account, "Ccy") or currency_of_balances(element)
        self.count = self.credits_pence = self.debits_pence = self.booked_pence = 0
        self.is_sound = True
        self.day = day_of(element)
        self.last: date | None = None
        self.done: Any = None

    def read(self, element: Any) -> Entry | Fault:
        """The next entry. The one before it is let go of, so that memory does not grow."""
        if self.done is not None:
            self.done.getparent().remove(self.done)
        self.done = element
        try:
            found = entry(element, self.currency, self.day)
        except Unusable as error:
            self.is_sound = False
            return fault(element.sourceline, str(error), "ask the bank for the statement again", f"entry {self.count + 1}")
        self.count += 1
        self.credits_pence += max(found.amount_pence, 0)
        self.debits_pence -= min(found.amount_pence, 0)
        self.booked_pence += found.amount_pence if found.is_booked else 0
        self.last = max(self.last or found.booked_on, found.booked_on)
        return found

    def ends(self, element: Any) -> StatementEnds | Fault:
        """The balances, and whether opening and entries make closing. A page of a longer statement need not prove alone."""
        try:
            opening, closing = balance(element, OPENING), balance(element, CLOSING)
            agrees = self.agrees_with_summary(element)
            opening_pence = None if opening is None else signed_pence(opening)
            closing_pence = None if closing is None else signed_pence(closing)
            opened_on = None if opening is None else booked_day(opening, "Dt")
            closed_on = self.last if closing is None else booked_day(closing, "Dt")
            closed_on = closed_on or self.last or self.day
            if closed_on is None:
                raise Unusable("the statement has no date")
        except Unusable as error:
            return fault(element.sourceline, str(error), "ask the bank for the statement again", "balances")
        proved = None
        if opening_pence is not None and closing_pence is not None:
            proved = self.is_sound and agrees and opening_pence + self.booked_pence == closing_pence
            if not proved and not (self.begins.is_last_page and self.begins.page == 1):
                proved = None
        return StatementEnds(opening_pence, closing_pence, opened_on, closed_on, self.currency or "GBP", proved)

    def agrees_with_summary(self, element: Any) -> bool:
        """The bank's own counts and sums, where it gives them. Its sum over all entries adds credits and debits."""
        summary = find(element, "TxsSummry")
        if summary is None:
            return True
        total = self.credits_pence + self.debits_pence
        for name, count, amount_pence in (
            ("TtlNtries", self.count, total),
            ("TtlCdtNtries", None, self.credits_pence),
            ("TtlDbtNtries", None, self.debits_pence),
        ):
            said_count, said = number(text_of(summary, f"{name}/NbOfNtries")), text_of(summary, f"{name}/Sum")
            if said is not None and signed_pence(summary, f"{name}/Sum") != amount_pence:
                return False
            if count is not None and said_count is not None and said_count != count:
                return False
        return True


def read(stream: BinaryIO) -> Iterator[Record]:
    """Each statement's begin, entries and end. Entities are never resolved, and a document type is refused."""
    page = (1, True)
    statement: Statement | None = None
    references: list[str] = []
    proofs: list[bool | None] = []
    try:
        for _, element in etree.iterparse(
            stream, events=("end",), tag=TAGS, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        ):
            if element.getroottree().docinfo.internalDTD is not None:
                yield fault(1, "the file declares a document type, which no statement needs", "refuse it, and ask who sent it")
                return
            name = local_name(element.tag)
            if name == "GrpHdr":
                page = page_of(element)
                continue
            if statement is None:
                above = element if name == "Stmt" else element.getparent()
                if above is None:
                    continue
                statement = Statement(above, page)
                yield statement.begins
            if name == "Ntry":
                yield statement.read(element)
                continue
            ends = statement.ends(element)
            yield ends
            references.append(statement.begins.reference)
            proofs.append(ends.is_proved if isinstance(ends, StatementEnds) else False)
            statement = None
            element.clear()
    except etree.XMLSyntaxError as error:
        yield fault(error.lineno or None, "the XML is broken or cut short", "ask the bank for the statement again")
        return
    if not references:
        yield fault(1, "there is no statement in the file", "ask the bank for the statement again")
    yield Whole("+".join(references)[:140] or "none", None, whole_proof(proofs))


def whole_proof(proofs: list[bool | None]) -> bool | None:
    if False in proofs or not proofs:
        return False
    return None if None in proofs else True


def page_of(header: Any) -> tuple[int, bool]:
    """Which page of a statement that spans files this is, and whether the last."""
    last = text_of(header, "MsgPgntn/LastPgInd")
    return number(text_of(header, "MsgPgntn/PgNb")) or 1, last not in ("false", "0")


def account_of(account: Any) -> str:
    """The account that a statement is of."""
    written = None if account is None else text_of(account, "Id/IBAN") or text_of(account, "Id/Othr/Id")
    return bank_account(written or "") or "unnamed"


def balance(element: Any, kinds: tuple[str, ...]) -> Any:
    """The booked balance of the first of these kinds that the bank gives."""
    found = {text_of(each, "Tp/CdOrPrtry/Cd"): each for each in reversed(find_all(element, "Bal"))}
    return next((found[kind] for kind in kinds if kind in found), None)


def day_of(element: Any) -> date | None:
    """The day that entries without dates are of: the closing balance's, else when the statement was made."""
    closing = balance(element, CLOSING + OPENING)
    try:
        return (None if closing is None else booked_day(closing, "Dt")) or day(text_of(element, "CreDtTm") or "")
    except (Unusable, ValueError):
        return None


def currency_of_balances(element: Any) -> str | None:
    opening = balance(element, OPENING + CLOSING)
    amount = None if opening is None else find(opening, "Amt")
    return None if amount is None else amount.get("Ccy")


def number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,18}", text) else None


CAMT053 = Format("camt053", "bank", looks_like, read)
