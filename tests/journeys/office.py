"""The model office: what parking, payers, agents and the bank do, and what the system then says."""

import asyncio
import email
import email.policy
import itertools
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import httpx

from ims_allocation.settings import ANYTOWN, read_packs
from ims_contracts.accounts import AccountSubmitted, Stage
from ims_contracts.payments import Payer, PaymentSubmitted, ReversalSubmitted
from ims_ingest.domain.identity import payment_id
from ims_local.day.doors import Doors
from ims_local.settings import COUNCIL
from ims_local.whole import WholeStack

LONDON = ZoneInfo("Europe/London")
PARKING, COUNCIL_TAX = "11", "23"
NUMBERS = itertools.count(7_000_000)
ORDER = itertools.count(1)
NO_PROVIDER: dict[str, Any] = {"provider": None, "provider_payment_id": None, "paid_at": None}


class Office:
    """One running system, and the words in which its people speak of it."""

    def __init__(self, stack: WholeStack, doors: Doors, http: httpx.AsyncClient) -> None:
        self.stack, self.doors, self.http, self.addresses = stack, doors, http, stack.addresses()
        pack = read_packs(ANYTOWN)[COUNCIL]
        self.schemes = {scheme.fund: scheme for schemes in pack.references.by_length.values() for scheme in schemes}

    def new_reference(self, fund: str = PARKING) -> str:
        """A reference of the fund that nobody has used, its check digit right."""
        check_digit = self.schemes[fund].check_digit
        assert check_digit is not None
        number = next(NUMBERS)
        body = f"BJ{number:07d}" if fund == PARKING else f"77{number - 6_900_000:06d}"
        return f"{body}{check_digit.of(body)}"

    # What people do.

    async def penalty(self, served: date, days: int = 14, reference: str | None = None, **changes: Any) -> str:
        """Parking tells of a £70 penalty, £35 for so many days beginning with the day it was served; allocation knows it then."""
        reference = reference or self.new_reference()
        stages = [
            Stage(stage="discount", amount_pence=3500, until_on=served + timedelta(days=days - 1)),
            Stage(stage="full", amount_pence=7000),
            *changes.pop("later", ()),
        ]
        told = {"council": COUNCIL, "source": "parking", "fund": PARKING, "account_reference": reference, "revision": 1}
        await self.doors.publish([AccountSubmitted(**told | {"schedule": stages, "issued_on": served, "served_on": served} | changes)])

        async def is_known() -> bool:
            account = await self.asked("allocation", f"/v1/accounts/{COUNCIL}/{PARKING}/{reference}")
            return account is not None and account["status"] is not None

        await self.until(is_known)
        return reference

    async def decides(self, payment_id: UUID, revision: int, penalty: str) -> str:
        """An officer puts all of a card payment of £35 on a penalty; the decision's id."""
        to = [{"fund": PARKING, "account_reference": penalty, "amount_pence": 3500}]
        group = {"payments": [{"payment_id": str(payment_id), "revision": revision}], "to": to}
        answer = await self.commands("/v1/decisions", {"decisions": [group], "reason": "the payer chose the wrong service"})
        return str(answer["decision_id"])

    async def undoes(self, decision_id: str) -> None:
        """An officer takes a decision back."""
        await self.commands(f"/v1/decisions/{decision_id}/undo", {"reason": "the wrong one"})

    async def commands(self, path: str, body: dict[str, Any]) -> Any:
        """What an officer asks of allocation."""
        headers = {"authorization": f"Bearer {self.stack.token_of('Ann')}", "idempotency-key": str(uuid4())}
        answer = await self.http.post(self.addresses.http["allocation"] + path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def council_tax_accounts(self, count: int) -> list[str]:
        """The council tax system tells of so many dwellings; returns once allocation knows them all."""
        told = {"council": COUNCIL, "source": "council-tax", "fund": COUNCIL_TAX, "revision": 1, "balance_pence": 120_000}
        accounts = [self.new_reference(COUNCIL_TAX) for _ in range(count)]
        await self.doors.publish([AccountSubmitted(**told | {"account_reference": each}) for each in accounts])
        known = "SELECT count(*) FROM account WHERE account_reference = ANY($1)"

        async def all_known() -> bool:
            return bool(await self.value("allocation", known, accounts) == count)

        await self.until(all_known)
        return accounts

    async def pays_by_card(self, reference: str | None, pence: int, at: datetime, **changes: Any) -> UUID:
        """Someone pays by card on the web and gives an e-mail address; returns the payment's id."""
        number = next(ORDER)
        return await self.pays({
            "source_payment_id": f"J{number}", "provider": "govuk-pay", "provider_payment_id": f"journey-{number}-x",
            "channel": "web", "method_of_payment": "card-stripe", "amount_pence": pence, "paid_at": at.astimezone(UTC),
            "paid_on": at.astimezone(LONDON).date(), "reference": reference, "payer": Payer(email=f"payer{number}@example.org"),
        } | changes)  # fmt: skip

    async def bank_credit(self, typed: str, pence: int, on: date) -> UUID:
        """A transfer that a payer's bank sent, with what the payer typed."""
        return await self.pays(NO_PROVIDER | {
            "source_payment_id": f"J{next(ORDER)}", "channel": "bank-transfer", "method_of_payment": "bank-transfer",
            "amount_pence": pence, "paid_on": on, "value_on": on, "reference": typed, "payer": Payer(name="A Payer"),
        })  # fmt: skip

    async def cheque(self, number: str, reference: str, pence: int, on: date) -> UUID:
        """The post room banks a cheque."""
        return await self.pays(NO_PROVIDER | {
            "source_payment_id": number, "channel": "cheque", "method_of_payment": "cheque", "amount_pence": pence,
            "paid_on": on, "value_on": on, "reference": reference,
        })  # fmt: skip

    async def pays(self, told: dict[str, Any]) -> UUID:
        payment = PaymentSubmitted(**{"council": COUNCIL, "source": "portal", "received_on": told["paid_on"]} | told)
        await self.doors.publish([payment])
        return payment_id(COUNCIL, payment)

    async def cheque_bounces(self, number: str, pence: int, on: date) -> None:
        """The bank returns a cheque unpaid."""
        await self.doors.publish([ReversalSubmitted(
            council=COUNCIL, source="bank", source_reversal_id=f"R{next(ORDER)}", reason="cheque-returned", amount_pence=pence,
            reversed_on=on, original_source="portal", original_source_payment_id=number, method_of_payment="cheque",
        )])  # fmt: skip

    # What the system says.

    async def asked(self, service: str, path: str, **asked: Any) -> Any:
        """What a service answers; none, where it knows of no such thing."""
        headers = {"authorization": f"Bearer {self.stack.token_of('Ann')}"}
        answer = await self.http.get(self.addresses.http[service] + path, params={"council": COUNCIL} | asked, headers=headers)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        answer.raise_for_status()
        return answer.json()

    async def value(self, service: str, query: str, *given: Any) -> Any:
        """One figure of a service's own database."""
        connection = await asyncpg.connect(self.stack.database_url(service))
        try:
            return await connection.fetchval(query, *given)
        finally:
            await connection.close()

    async def until(self, look: Callable[[], Awaitable[Any]], seconds: float = 30) -> Any:
        """Wait for something to become so; returns what it then is."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not (found := await look()):
            assert asyncio.get_running_loop().time() < deadline, f"{look.__name__}: not so after {seconds} s"
            await asyncio.sleep(0.03)
        return found

    async def outcome_of(self, payment: UUID, wanted: str) -> dict[str, Any]:
        """The last thing that became of a payment, once its outcome (or reason for suspense) is the one wanted."""
        last: dict[str, Any] = {}

        async def is_wanted() -> bool:
            story = await self.asked("allocation", f"/v1/payments/{payment}")
            last.update(story["steps"][-1] if story else {})
            return wanted in (last.get("outcome"), last.get("reason"))

        try:
            await self.until(is_wanted)
        except AssertionError:
            raise AssertionError(f"{wanted} did not come; the payment is {last}") from None
        return last

    async def ledger_of(self, payment: UUID) -> dict[str, int]:
        """Where the ledger has the payment now: pence by ledger account, debits above nothing."""
        at: Counter[str] = Counter()
        for line in (await self.asked("allocation", f"/v1/payments/{payment}"))["lines"]:
            at[line["ledger_account"]] += line["amount_pence"]
        assert sum(at.values()) == 0
        return {account: pence for account, pence in at.items() if pence}

    async def paid_on(self, reference: str, fund: str = PARKING) -> int:
        """Pence that payments have put on an account."""
        return int((await self.asked("allocation", f"/v1/accounts/{COUNCIL}/{fund}/{reference}"))["paid_pence"])

    async def told_to_parking(self, payment: UUID, count: int = 1) -> list[dict[str, Any]]:
        """What the parking system was told of a payment, in the order of its revisions, once it was told so often."""

        async def told() -> list[dict[str, Any]] | None:
            read = [json.loads(text) for path in (self.stack.home / "parking").glob("*.json") if (text := path.read_text())]
            ours = [each["data"] for each in read if each["data"]["payment_id"] == str(payment)]
            return sorted(ours, key=lambda each: each["revision"]) if len(ours) >= count else None

        found: list[dict[str, Any]] = await self.until(told)
        assert len(found) == count
        return found

    async def told_nothing_to_parking(self, payment: UUID) -> bool:
        """Whether notify, which knows where the payment went, has nothing to tell parking of it, now or later."""
        await self.receipt_of(payment)
        due = "SELECT count(*) FROM delivery WHERE payment_id = $1 AND channel = 'webhook'"
        return bool(await self.value("notify", due, payment) == 0)

    async def receipt_of(self, payment: UUID) -> str:
        """The text of the payment's receipt, once it is in the payer's letter box; there is one."""

        async def issued() -> dict[str, Any] | None:
            receipt = await self.asked("notify", f"/v1/receipts/{payment}")
            return receipt if receipt and receipt["state"] == "issued" else None

        number = (await self.until(issued))["number"]
        kept = [path.read_bytes() for path in self.stack.letter_box.folder.glob("*.eml")]
        letters = [email.message_from_bytes(each, policy=email.policy.default) for each in kept]
        (ours,) = [letter for letter in letters if number in letter["subject"]]
        body = ours.get_body(("plain",))
        assert body is not None
        return str(body.get_content())


def at(day: date, hour: int = 12, minute: int = 0) -> datetime:
    """An instant, by the clock on the wall in this country."""
    return datetime.combine(day, time(hour, minute), LONDON)


def day_of(served: date, number: int) -> date:
    """The number-th day of a period that begins with the day of service."""
    return served + timedelta(days=number - 1)
