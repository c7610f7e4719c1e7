"""What each service hears in these tests, and what must be the same at the end of it however it was heard."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from allocation import anytown
from ims_contracts import Message
from ims_contracts.allocations import PaymentAllocated, RefundRequested
from ims_contracts.payments import PaymentReceived
from ims_contracts.reconciliations import BreakClosed, BreakOpened, PaymentReconciled
from ims_local.day.generated import Generated
from reconcile import anytown_bank

PLAIN, PENALTIES = ("770001478", "770001559"), ("BJ90012273", "BJ90034458")
WHEN_AND_WHICH = frozenset({"revision", "received_on", "issued_on", "opened_on"})
"""On what day, and at which step of its teller: it may differ."""


class World(NamedTuple):
    """Facts to be heard, in the order in which they came about; and the end they come to, by what was told."""

    heard: list[Message]
    end: Callable[[list[Message]], Any]


def said(fact: Message) -> str:
    return fact.type + fact.model_dump_json(exclude=set(WHEN_AND_WHICH), exclude_none=True)


def each_once(told: list[Message]) -> Counter[str]:
    """Every fact there is."""
    return Counter(map(said, told))


def positions(told: Iterable[Message]) -> dict[tuple[str, ...], int]:
    """Where all journals told together have put the money of each payment, in pence; and what is due back of it."""
    at: Counter[tuple[str, ...]] = Counter()
    due: dict[str, tuple[int, int]] = {}
    for fact in told:
        for line in getattr(fact, "lines", ()):
            at[fact.key, line.ledger_account, line.account_reference or ""] += line.amount_pence
        if isinstance(fact, RefundRequested):
            due[fact.key] = max(due.get(fact.key, (0, 0)), (fact.revision, fact.amount_pence))
    return {place: pence for place, pence in at.items() if pence} | {(key, "due"): pence for key, (_, pence) in due.items()}


def matches_and_breaks(told: list[Message]) -> tuple[Counter[str], set[object]]:
    """What is proved at the bank, and which breaks are open."""
    closed = Counter(fact.break_id for fact in told if isinstance(fact, BreakClosed))
    opened = Counter(fact.break_id for fact in told if isinstance(fact, BreakOpened))
    return Counter(said(fact) for fact in told if isinstance(fact, PaymentReconciled)), {key for key in opened if opened[key] > closed[key]}


def inbound() -> list[Message]:
    day = Generated(60, seed=11)
    return [*day.accounts(), *day.payments()]


def accounts() -> list[Message]:
    return [*(anytown.running_account(each) for each in PLAIN), *(anytown.penalty(each) for each in PENALTIES)]


def payments() -> list[Message]:
    """For accounts of both kinds, twice for one penalty, with a wrong reference, and with what went back."""
    told: list[Message] = [anytown.payment(PLAIN[n % 2], 1000 + n, called=f"plain {n}") for n in range(20)]
    told += [anytown.payment(each, 3500, called=f"penalty {each}") for each in PENALTIES]
    told += [anytown.payment(PENALTIES[0], 3500, called="again"), anytown.payment("no such", 900, called="lost")]
    return [*told, anytown.reversal("plain 3", 1003), anytown.refund("plain 4", 500)]


def allocated(payment: PaymentReceived) -> PaymentAllocated:
    part = {"fund": "23", "account_reference": PLAIN[0], "amount_pence": payment.amount_pence}
    money = [
        {"ledger_account": f"clearing:{payment.method_of_payment}", "amount_pence": payment.amount_pence},
        {"ledger_account": "fund:23", "account_reference": PLAIN[0], "amount_pence": -payment.amount_pence},
    ]
    return PaymentAllocated.model_validate({
        "council": payment.council, "payment_id": payment.payment_id, "revision": 1, "amount_pence": payment.amount_pence,
        "parts": [part], "outcome": "account", "rule": "reference", "rule_version": "test", "method_of_payment": payment.method_of_payment,
        "decided_on": payment.paid_on, "posted_on": payment.paid_on, "lines": money,
    })  # fmt: skip


def to_be_told_of() -> list[Message]:
    """Payments of people who gave no address, for an account whose holder has one."""
    holder = anytown.running_account(PLAIN[0], holder={"email": "holder@example.org"})
    paid = [fact for fact in payments() if isinstance(fact, PaymentReceived)]
    return [holder, *paid, *map(allocated, paid)]


WORLDS = {
    "ingest": lambda: World(inbound(), each_once),
    "allocation": lambda: World([*accounts(), *payments()], positions),
    "reconcile": lambda: World(anytown_bank.anytown_day(), matches_and_breaks),
    "notify": lambda: World(to_be_told_of(), each_once),
}
