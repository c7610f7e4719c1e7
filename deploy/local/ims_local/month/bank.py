"""The invented council's bank: lines booked on its accounts, and the statements that tell of them."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from uuid import UUID, uuid5

from ims_contracts import Message
from ims_contracts.statements import StatementLineReceived, StatementReceived
from ims_local.month.truth import Truth
from ims_local.settings import COUNCIL
from ims_reconcile.domain import is_working_day, working_days_after

SPACE = UUID(int=2026)


def named(name: str) -> UUID:
    """An id of its own for each name."""
    return uuid5(SPACE, name)


def banking_day(day: date) -> date:
    """The day itself, or the next on which banks work."""
    return working_days_after(day, 0)


class Bank:
    """Every account has a statement for each working day."""

    def __init__(self, accounts: dict[str, str], truth: Truth) -> None:
        self.accounts, self.truth = accounts, truth
        self.waiting: dict[date, list[StatementLineReceived]] = defaultdict(list)
        self.balance, self.number = dict.fromkeys(accounts.values(), 1_000_000_00), dict.fromkeys(accounts.values(), 40)
        self.booked = 0

    def book(self, day: date, account: str, pence: int, text: str) -> UUID:
        """Put a line on an account, on the first working day that there is; nothing of a past day."""
        self.booked += 1
        on = banking_day(day)
        line_id = named(f"line {self.booked}")
        self.waiting[on].append(
            StatementLineReceived.model_construct(
                council=COUNCIL, statement_line_id=line_id, statement_id=named(f"statement {account} {on}"), bank_account=account,
                line_number=1, amount_pence=pence, booked_on=on, value_on=on, narrative=text, bank_reference=f"B{self.booked:09d}",
            )
        )  # fmt: skip
        return line_id

    def close(self, day: date) -> Iterator[Message]:
        """The statements of a day and their lines."""
        lines = self.waiting.pop(day, [])
        if not is_working_day(day):
            return
        yield from lines
        for account in self.accounts.values():
            yield from self.statement(day, account, [line.amount_pence for line in lines if line.bank_account == account])

    def statement(self, day: date, account: str, amounts: list[int]) -> Iterator[Message]:
        self.number[account] += 1
        opening, statement_id = self.balance[account], named(f"statement {account} {day}")
        self.balance[account] += sum(amounts)
        closing = self.balance[account]
        if account == self.accounts["reserve"] and not amounts and day.day == 10:  # it never comes
            self.truth.plant("sequence", named(f"statement {account} {working_days_after(day, 1)}"))
            return
        if account == self.accounts["cash"] and day.day == 12:
            self.truth.plant("balance", statement_id, named(f"statement {account} {working_days_after(day, 1)}"))
            closing += 100
        credits = [pence for pence in amounts if pence > 0]
        yield StatementReceived.model_construct(
            council=COUNCIL, statement_id=statement_id, bank_account=account, format="camt.053", statement_reference=str(day),
            sequence=self.number[account], opened_on=day, closed_on=day, opening_pence=opening, closing_pence=closing,
            credit_count=len(credits), credits_pence=sum(credits), debit_count=len(amounts) - len(credits),
            debits_pence=sum(credits) - sum(amounts), is_proved=opening + sum(amounts) == closing, currency="GBP", received_on=day,
        )  # fmt: skip
