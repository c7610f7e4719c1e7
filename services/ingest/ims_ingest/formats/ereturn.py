"""E-returns as a file: a bag's cash by denomination and its cheques; amounts in pence."""

from collections.abc import Iterator
from typing import BinaryIO

from ims_contracts.remittances import Fault
from ims_ingest.formats.account_rows import whole
from ims_ingest.formats.records import Format, Record, Row, Whole, fault, fitting
from ims_ingest.formats.table import Values, header_has, rows

COLUMNS = ("ereturn_no", "bag_no", "type", "denomination", "count", "amount_pence", "cheque_number", "fund", "reference")
DENOMINATIONS = (5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1)
"""Notes and coins in circulation, in pence."""
ASK = "ask who made the e-return to correct it"
# A bag has a few dozen; a file with more is no bag's, and its rows are held until they are added up.
ROWS_MAX = 10_000


def looks_like(head: bytes) -> bool:
    return header_has(head, COLUMNS)


def read(stream: BinaryIO) -> Iterator[Record]:
    """One row for all cash of a fund and reference, and one a cheque, where the first of it stands. The file is one bag's; it has
    no total of its own, but each amount of cash proves by its count."""
    bag = Bag()
    for each in rows(stream, COLUMNS):
        if wrong := each if isinstance(each, Fault) else bag.take(*each):
            yield wrong
    yield from sorted([*bag.cash.values(), *bag.cheques], key=lambda row: row.line)
    yield Whole(bag.number or "none", None, None)


class Bag:
    """What is in the bag."""

    def __init__(self) -> None:
        self.number: str | None = None
        self.cash: dict[str, Row] = {}
        self.cheques: list[Row] = []

    def take(self, line: int, values: Values) -> Fault | None:
        """A row of the file; what is wrong with it."""
        if not values["ereturn_no"] or not values["bag_no"]:
            return fault(line, "the number of the e-return or of the bag is missing", ASK, "ereturn_no, bag_no")
        self.number = self.number or values["bag_no"]
        if values["bag_no"] != self.number:
            return fault(line, "the file has more than one bag", "send each in a file of its own: the bank credits it by itself", "bag_no")
        try:
            amount_pence, count = whole(values, "amount_pence"), whole(values, "count")
        except ValueError as error:
            return fault(line, f"{error} is not a whole number", ASK, str(error))
        if amount_pence is None or amount_pence <= 0:
            return fault(line, "the amount is missing, or not above nothing", ASK, "amount_pence")
        match values["type"].upper():
            case "CASH":
                return self.take_cash(line, values, amount_pence, count)
            case "CHEQUE":
                return self.take_cheque(line, values, amount_pence)
        return fault(line, "it is neither cash nor a cheque", ASK, "type")

    def take_cash(self, line: int, values: Values, amount_pence: int, count: int | None) -> Fault | None:
        """Notes or coins of one denomination, added to what there is of their purpose."""
        if (denomination := values["denomination"]) not in map(str, DENOMINATIONS):
            return fault(line, "there is no such note or coin", ASK, "denomination")
        if count is None or int(denomination) * count != amount_pence:
            return fault(line, "the amount is not what so many notes or coins come to", ASK, "amount_pence")
        key = cash_key(values["ereturn_no"], values["fund"], values["reference"])
        held = self.cash.get(key)
        found = self.row(line, values, key, amount_pence + (held.amount_pence if held else 0))
        if isinstance(found, Fault):
            return found
        self.cash[key] = found if held is None else found._replace(line=held.line)
        return None

    def take_cheque(self, line: int, values: Values, amount_pence: int) -> Fault | None:
        if not values["cheque_number"]:
            return fault(line, "the cheque has no number", ASK, "cheque_number")
        found = self.row(line, values, cheque_key(values["ereturn_no"], values["cheque_number"]), amount_pence)
        if isinstance(found, Fault):
            return found
        self.cheques.append(found)
        return None

    def row(self, line: int, values: Values, key: str, amount_pence: int) -> Row | Fault:
        """A payment without a day: the file has none, it is named with it."""
        if not values["fund"]:
            return fault(line, "the fund is missing", ASK, "fund")
        if len(self.cash) + len(self.cheques) >= ROWS_MAX:
            return fault(line, f"the bag has more than {ROWS_MAX} payments", "send it in several")
        kind = values["type"].lower()
        return fitting(
            Row(line, key, amount_pence, None, values["reference"], values["ereturn_no"], kind, kind, fund=values["fund"])
        )


def cash_key(number: str, fund: str, reference: str) -> str:
    """What makes the cash of one purpose in an e-return one payment, by whichever door it comes."""
    return f"{number}:cash:{fund}:{reference}"


def cheque_key(number: str, cheque_number: str) -> str:
    """What makes a cheque of an e-return one payment."""
    return f"{number}:{cheque_number}"


ERETURN = Format("ereturn", "ereturn", looks_like, read)
