"""Rows of a ledger against rows of a bank, with the truth of which is which.

The shapes are those of Blnk's strategies (one to one, one to many, many to one; by reference, amount and day) and of Formance's policies
(the balance of a ledger against that of a pool). Neither publishes its rows, so these are made here, the same for the same seed."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID, uuid5

from ims_contracts import Message
from ims_contracts.payments import PaymentReceived
from ims_contracts.remittances import RemittanceReceived
from ims_contracts.statements import StatementLineReceived, StatementReceived
from ims_local.settings import COUNCIL
from ims_reconcile.domain import Pack, working_days_after

SPACE, ACCOUNT = UUID(int=10_000), "20201500000001"
MONDAY, LAST = date(2026, 3, 2), date(2026, 3, 31)
GROUP = 10
"""So many rows make one on the other side."""
SINGLE, FILE = "public-single", "public-file"
PACK = Pack.model_validate({
    "version": "1",
    "sources": [
        {"name": SINGLE, "line": r"\bSINGLE\b", "by": "payment", "methods": [SINGLE], "window": [0, 3]},
        {"name": FILE, "line": r"\bFILE\b", "by": "remittance", "window": [0, 3], "names": "file"},
    ],
})  # fmt: skip


class Row(NamedTuple):
    """A record of either side."""

    id: UUID
    reference: str
    pence: int
    day: date


class Task(NamedTuple):
    """Both sides, and which references are the same on both, to the penny."""

    name: str
    ledger: list[Row]
    bank: list[Row]
    truth: set[str]


def one_to_one(rows: int, seed: int) -> Task:
    """Each row has its own on the other side; of each hundred, one differs by a penny, and one is missing, now here and now there."""
    chance, ledger, bank, truth = Random(seed), [], [], set()  # noqa: S311 - invented rows
    for number in range(rows):
        row, kind = row_of(chance, "ledger", number), number % 100
        other = Row(
            uuid5(SPACE, f"bank {number}"), row.reference, row.pence + (kind == 50), working_days_after(row.day, chance.randrange(3))
        )
        ledger += [row] if kind != 0 or number % 200 else []
        bank += [other] if kind != 0 or not number % 200 else []
        truth |= {row.reference} if kind not in (0, 50) else set()
    return shuffled(Task("one-to-one", ledger, bank, truth), chance)


def one_to_many(rows: int, seed: int) -> Task:
    """Rows of the bank are each the sum of ten of the ledger that have its reference; one in a hundred lacks a penny."""
    chance, ledger, bank, truth = Random(seed), [], [], set()  # noqa: S311 - invented rows
    for number in range(rows // GROUP):
        first = row_of(chance, "ledger", number)
        part = [Row(uuid5(SPACE, f"part {number} {n}"), first.reference, chance.randrange(100, 100_000), first.day) for n in range(GROUP)]
        is_whole = number % 100 != 50
        ledger += part
        total = sum(row.pence for row in part) - (not is_whole)
        bank.append(Row(uuid5(SPACE, f"bank {number}"), first.reference, total, working_days_after(first.day, 1)))
        truth |= {first.reference} if is_whole else set()
    return shuffled(Task("one-to-many", ledger, bank, truth), chance)


def many_to_one(rows: int, seed: int) -> Task:
    """The same the other way round."""
    turned = one_to_many(rows, seed)
    ledger = [row._replace(day=MONDAY) for row in turned.bank]
    bank = [row._replace(day=working_days_after(MONDAY, 1)) for row in turned.ledger]
    return Task("many-to-one", ledger, bank, turned.truth)


def row_of(chance: Random, side: str, number: int) -> Row:
    reference = f"R{number:05d}{chance.randrange(10**6):06d}"
    return Row(uuid5(SPACE, f"{side} {number}"), reference, chance.randrange(100, 100_000), MONDAY + timedelta(chance.randrange(5)))


def shuffled(task: Task, chance: Random) -> Task:
    chance.shuffle(task.ledger)
    chance.shuffle(task.bank)
    return task


def facts(task: Task) -> Iterator[Message]:
    """What reconcile would hear of both sides, and a final statement, so that what is absent is missed."""
    if task.name == "one-to-one":
        yield from (payment(row, SINGLE, None) for row in task.ledger)
    else:
        yield from files(task.ledger)
    look = "SINGLE" if task.name == "one-to-one" else "FILE"
    statement_id = uuid5(SPACE, f"statement of {task.name}")
    for number, row in enumerate(task.bank, 1):
        yield StatementLineReceived(
            council=COUNCIL, statement_line_id=row.id, statement_id=statement_id, bank_account=ACCOUNT, line_number=number,
            amount_pence=row.pence, booked_on=row.day, value_on=row.day, narrative=f"{look} {row.reference}", bank_reference=str(row.id),
        )  # fmt: skip
    total = sum(row.pence for row in task.bank)
    yield StatementReceived(
        council=COUNCIL, statement_id=statement_id, bank_account=ACCOUNT, format="camt.053", statement_reference=task.name,
        opened_on=MONDAY, closed_on=LAST, opening_pence=0, closing_pence=total, credit_count=len(task.bank), credits_pence=total,
        debit_count=0, debits_pence=0, is_proved=True, received_on=LAST,
    )  # fmt: skip


def files(rows: list[Row]) -> Iterator[Message]:
    """A file for each reference, and the payments of all."""
    held: dict[str, list[Row]] = {}
    for row in rows:
        held.setdefault(row.reference, []).append(row)
    for reference, part in held.items():
        yield RemittanceReceived(
            council=COUNCIL, remittance_id=file_id(reference), source=FILE, format="allpay", source_reference=reference,
            content_sha256="0" * 64, payment_count=len(part), payments_pence=sum(row.pence for row in part), business_on=part[0].day,
            received_on=part[0].day,
        )  # fmt: skip
    yield from (payment(row, FILE, file_id(row.reference)) for row in rows)


def file_id(reference: str) -> UUID:
    return uuid5(SPACE, f"file {reference}")


def payment(row: Row, source: str, remittance_id: UUID | None) -> PaymentReceived:
    return PaymentReceived(
        council=COUNCIL, payment_id=row.id, source=source, source_payment_id=row.reference if remittance_id is None else str(row.id),
        channel="web", method_of_payment=source, amount_pence=row.pence, paid_on=row.day, received_on=row.day, remittance_id=remittance_id,
    )  # fmt: skip
