"""The desk at which the invented month is made: what is told when, and what reaches the bank."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from ims_contracts import Message
from ims_contracts.payments import PaymentReceived, PaymentReversed
from ims_contracts.remittances import RemittanceReceived
from ims_local.month.bank import Bank, banking_day, named
from ims_local.month.streams import FIRST, Council, Stream
from ims_local.month.truth import Truth
from ims_local.settings import COUNCIL
from ims_reconcile.domain import working_days_after

DAY = timedelta(days=1)
# What a payment says where it says nothing: made once, since the month has millions.
PLAIN = {name: field.default for name, field in PaymentReceived.model_fields.items() if not field.is_required()}
# What goes wrong with a whole batch at the bank, and with a bag.
OF_BATCHES = ("missing", "amount", "late", "elsewhere", "twice")
OF_BAGS = ("bag-missing", "bag-counted", "bag-late", "bag-elsewhere", "bag-twice")


class Desk:
    """Holds what will be told on later days, and the truth of it."""

    def __init__(self, payments: int, seed: int) -> None:
        self.payments, self.council, self.truth = payments, Council(), Truth(payments)
        self.bank = Bank(self.council.accounts, self.truth)
        self.chance = Random(seed)  # noqa: S311 - an invented month, not a secret
        self.later: dict[date, list[Message]] = defaultdict(list)
        self.made = self.batches = 0
        self.held: dict[str, list[tuple[UUID, int, int]]] = {}
        """What a provider has not paid over yet, by stream: settlements, their charges and their pence."""
        self.collected: list[PaymentReceived] = []
        """Some of the month's first Direct Debits."""

    def tell(self, day: date, *facts: Message) -> None:
        """Let these be heard at the end of that day."""
        self.later[max(day, FIRST)].extend(facts)

    def told_on(self, day: date) -> Iterator[Message]:
        """All that is heard at the end of a day, the bank's word last."""
        yield from self.later.pop(day, [])
        yield from self.bank.close(day)

    def pence(self) -> int:
        """An amount as councils see them: often one of a few, else any."""
        return self.chance.choice((3500, 7000, 4500, 12000, 9240)) if self.chance.random() < 0.3 else self.chance.randrange(500, 40_000)

    def payment(self, name: str, day: date, stream: Stream, **changes: Any) -> PaymentReceived:
        """A payment as ingest tells it."""
        self.made += 1
        fields: dict[str, Any] = {
            "council": COUNCIL, "payment_id": named(name), "source": stream.name, "source_payment_id": name, "channel": "web",
            "method_of_payment": stream.kind, "amount_pence": 1, "paid_on": day, "received_on": day,
        }  # fmt: skip
        return PaymentReceived.of_valid(PLAIN | fields | changes)

    def reversal(self, name: str, day: date, stream: Stream, **changes: Any) -> PaymentReversed:
        fields: dict[str, Any] = {
            "council": COUNCIL, "reversal_id": named(name), "source": stream.name, "source_reversal_id": name,
            "reason": "direct-debit-returned", "amount_pence": 1, "reversed_on": day, "method_of_payment": stream.kind,
        }  # fmt: skip
        return PaymentReversed.model_construct(**fields | changes)

    def remittance(self, name: str, day: date, stream: Stream, **changes: Any) -> RemittanceReceived:
        fields: dict[str, Any] = {
            "council": COUNCIL, "remittance_id": named(name), "source": stream.name, "format": stream.kind, "source_reference": name,
            "content_sha256": "0", "payment_count": 0, "payments_pence": 0, "business_on": day, "received_on": day,
        }  # fmt: skip
        return RemittanceReceived.model_construct(**fields | changes)

    def reference(self) -> str:
        """What a source calls a batch."""
        self.batches += 1
        return f"R{700_000 + self.batches}"

    def lag(self, stream: Stream, day: date) -> date:
        """When the line of a batch of the day is booked."""
        wait = self.chance.randint(*stream.after)
        return working_days_after(day, wait) if wait else banking_day(day)

    def pay_in(self, stream: Stream, item: UUID, count: int, money: tuple[str, int], day: date) -> list[UUID]:
        """Let a batch (its name, its pence), of a business day, reach the bank: as it should, or in one of the ways that go wrong."""
        (name, pence), account = money, stream.account
        text, on = stream.says.format(ref=name, day=day.strftime("%d%m%y")), self.lag(stream, day)
        is_bag = stream.kind == "bag"
        kinds = OF_BAGS if is_bag else OF_BATCHES if stream.is_small and pence > 0 else ()
        extra = ("fee", "failed") if stream.kind in ("card", "loose") and stream.is_small else ()
        wrong = (self.truth.first_due((*kinds, *extra)) or "").removeprefix("bag-")
        if wrong == "missing":
            self.truth.unprovable(item, count)
            self.truth.plant(f"bag-{wrong}" if is_bag else wrong, item)
            return []
        if wrong in ("amount", "counted", "fee"):
            pence += {"amount": 55_67, "counted": -10_00, "fee": -15_00}[wrong] * (1 if pence > 0 else -1)
        if wrong == "late":
            on = working_days_after(day, 15)
        if wrong == "elsewhere":
            account = self.council.accounts["cash" if account == self.council.accounts["main"] else "main"]
        lines = [self.bank.book(on, account, pence, text)]
        if wrong == "twice":
            lines.append(self.bank.book(working_days_after(on, 1), account, pence, text))
        if wrong == "failed":
            lines.append(self.bank.book(working_days_after(on, 2), account, -pence, text))
        self.truth.at_bank(item, count, lines[:1])
        if wrong:
            self.truth.told_lines -= set(lines)
            self.truth.plant(f"bag-{wrong}" if is_bag else wrong, item, *lines)
        return lines
