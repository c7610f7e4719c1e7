"""The elements of a camt message that are read, each as it ends, in memory and time that no file can blow up.

Expat instead of a tree: half a million details behind one entry, or a million comments, leave nothing behind."""

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO
from xml.parsers import expat

from ims_contracts.remittances import Fault
from ims_ingest.formats.records import fault

CHUNK_BYTES = 65_536
# The standard has some 900 names, paths of 20 elements and texts of 500 characters. Beyond these limits it is an attack, or no camt.
NAMES_MAX, DEPTH_MAX, LENGTH_MAX = 5_000, 100, 1 << 20
# Of a batch's details the first few are looked at; of balances all that a bank gives. Of what a payer typed, 500 characters are.
PARTS_MAX, JOINED_MAX = 100, 1_000

VERSION = re.compile(r"V\d+$")
ACCOUNT = ("Id/IBAN", "Id/Othr/Id", "Id/BBAN", "Id/PrtryAcct/Id")
SORT_CODE = "FinInstnId/ClrSysMmbId/MmbId"

HEADER = ("MsgId", "CreDtTm", "MsgPgntn/PgNb", "MsgPgntn/LastPgInd")
STATEMENT = (
    "Id", "ElctrncSeqNb", "LglSeqNb", "CreDtTm", "FrToDt/ToDtTm", "Acct/Ccy",
    *(f"Acct/{path}" for path in ACCOUNT), f"Acct/Svcr/{SORT_CODE}",
    *(f"{page}Pgntn/{what}" for page in ("Stmt", "Rpt", "Ntfctn") for what in ("PgNb", "LastPgInd")),
    *(f"TxsSummry/{total}/{what}" for total in ("TtlNtries", "TtlCdtNtries", "TtlDbtNtries") for what in ("NbOfNtries", "Sum")),
)  # fmt: skip
BALANCE = ("Tp/CdOrPrtry/Cd", "Tp/Cd", "Amt", "CdtDbtInd", "Dt/Dt", "Dt/DtTm")
ENTRY = (
    "NtryRef", "Amt", "CdtDbtInd", "RvslInd", "Sts", "Sts/Cd", "Sts/Prtry", "BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm",
    "AcctSvcrRef", "BkTxCd/Domn/Cd", "BkTxCd/Domn/Fmly/Cd", "BkTxCd/Domn/Fmly/SubFmlyCd", "BkTxCd/Prtry/Cd", "NtryDtls/Btch/NbOfTxs",
    "AddtlNtryInf",
)  # fmt: skip
DETAILS = (
    "Refs/EndToEndId", "RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/CdtrRefInf/CdtrRef", "AddtlTxInf",
    *(f"RltdPties/{role}/{path}" for role in ("Dbtr", "Cdtr") for path in ("Nm", "Pty/Nm")),
    *(f"RltdPties/{role}Acct/{path}" for role in ("Dbtr", "Cdtr") for path in ACCOUNT),
    *(f"RltdAgts/{role}Agt/{SORT_CODE}" for role in ("Dbtr", "Cdtr")),
)  # fmt: skip
JOINED = "RmtInf/Ustrd"
PARTS = ("balance", "details")


class Broken(ValueError):
    """Why the file cannot be read any further, and what to do."""


class Element(dict[str, str]):
    """A header, statement, balance, entry or its details: the texts below it by their paths, the first of each, and `path@Ccy`
    for an amount's currency."""

    __slots__ = ("above", "kind", "line", "part_count", "parts")

    def __init__(self, kind: str, line: int, above: "Element | None" = None) -> None:
        self.kind, self.line = kind, line
        self.above = self if above is None else above
        self.parts: list[Element] = []
        """A statement's balances, an entry's details."""
        self.part_count = 0

    def add(self, part: "Element") -> None:
        self.part_count += 1
        if len(self.parts) < PARTS_MAX:
            self.parts.append(part)


class Place(dict[str, "Place"]):
    """Where one is in a message; and, by an element's name, where one is within that. Names are known by their local part,
    whatever their prefix, and learnt as they are written."""

    __slots__ = ("beyond", "inner", "kind", "path")

    def __init__(self, beyond: "Place | None" = None) -> None:
        super().__init__()
        self.kind = self.path = ""
        self.inner: dict[str, Place] = {}
        self.beyond = self if beyond is None else beyond
        """Where one is in an element that nobody reads."""

    def __missing__(self, name: str) -> "Place":
        found = self.inner.get(VERSION.sub("", name.rpartition(":")[2]), self.beyond)
        if self.path and not self.inner:
            raise Broken("there is an element where only text can be", "ask the bank for the statement again")
        self[name] = found
        return found

    def at(self, path: str) -> "Place":
        """The place at a path from here, made where it is not there yet."""
        place = self
        for step in path.split("/"):
            place = place.inner.setdefault(step, Place(self.beyond))
        return place

    def part(self, path: str, kind: str, texts: Iterable[str]) -> "Place":
        """Read elements at this path as a kind of element, with these texts of it."""
        place = self.at(path)
        place.kind = kind
        for each in texts:
            place.at(each).path = each
        return place


def places(message: str, statement: str) -> Place:
    """All that is read of a message. Envelopes around it do not matter; version 1 has an entry's details right below it."""
    outside = Place()
    inside = outside.inner[message] = Place(beyond=Place())
    inside.part("GrpHdr", "header", HEADER)
    of_statement = inside.part(statement, "statement", STATEMENT)
    of_statement.part("Bal", "balance", BALANCE)
    of_entry = of_statement.part("Ntry", "entry", ENTRY)
    for path in ("NtryDtls/TxDtls", "TxDtls"):
        of_entry.part(path, "details", DETAILS)
    return outside


def elements(stream: BinaryIO, message: str, statement: str) -> Iterator[Element | Fault]:
    """Each header, entry and statement of the message as it ends (a statement's own texts are known as far as they have come);
    at last a fault, where the file cannot be read to its end."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    ended: list[Element] = []
    above, pieces = listen(parser, places(message, statement), ended)
    fed, problem = 0, None
    while problem is None and (chunk := stream.read(CHUNK_BYTES)):
        fed += len(chunk)
        problem = parse(parser, chunk) or excess(parser, max(fed - parser.CurrentByteIndex, sum(map(len, pieces))), len(above))
        yield from ended
        ended.clear()
    if problem := problem or parse(parser, b""):
        yield problem


def parse(parser: expat.XMLParserType, chunk: bytes) -> Fault | None:
    """Hear the next bytes; none at the end. Returns why they cannot be read."""
    try:
        parser.Parse(chunk, not chunk)
    except Broken as error:
        return fault(parser.CurrentLineNumber, *error.args)
    except expat.ExpatError as error:
        return fault(error.lineno or None, "the XML is broken or cut short", "ask the bank for the statement again")
    except (LookupError, ValueError):  # what Python says of an encoding that it does not know, or that has several bytes
        return fault(1, "the file's encoding is none that is read here", "ask for the file in UTF-8")
    return None


def excess(parser: expat.XMLParserType, length: int, depth: int) -> Fault | None:
    """What is beyond any statement, and would otherwise grow until the memory is full."""
    if length > LENGTH_MAX:
        what = "a text, tag or comment is far longer than any of a statement"
    elif depth > DEPTH_MAX or len(parser.intern) > NAMES_MAX:
        what = "it has more names, or more levels, than any statement"
    else:
        return None
    return fault(parser.CurrentLineNumber, what, "refuse it, and ask who sent it")


def listen(parser: expat.XMLParserType, place: Place, ended: list[Element]) -> tuple[list[Place], list[str]]:
    """Let the parser put what has ended in `ended`. Returns what is open, and the text since the last element began.

    It runs for every element of every file: closures and lists, because an object's attributes would cost twice the time."""
    above: list[Place] = []
    pieces: list[str] = []
    element = Element("message", 1)

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal place, element
        above.append(place)
        place = place[name]
        pieces.clear()
        if place.kind:
            element = Element(place.kind, parser.CurrentLineNumber, element)
        elif attributes and place.path and "Ccy" in attributes:
            element.setdefault(f"{place.path}@Ccy", attributes["Ccy"])

    def end(name: str) -> None:
        nonlocal place, element
        if path := place.path:
            # Of a status it is the code within it: the text since the last element began.
            if path not in element:
                element[path] = "".join(pieces).strip()
            elif path == JOINED and len(element[JOINED]) < JOINED_MAX:
                element[JOINED] += f" {''.join(pieces).strip()}"
        elif place.kind:
            whole, element = element, element.above
            if whole.kind in PARTS:
                element.add(whole)
            else:
                ended.append(whole)
        place = above.pop()

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, pieces.append
    parser.StartDoctypeDeclHandler = refuse
    return above, pieces


def refuse(*_: object) -> None:
    """Before anything in it is declared: no entity is ever made, let alone resolved."""
    raise Broken("the file declares a document type, which no statement needs", "refuse it, and ask who sent it")
