"""The model office: what parking, payers, agents and the bank do, and what the system then says."""

import asyncio
import itertools
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from ims_allocation.settings import ANYTOWN, read_packs
from ims_contracts.accounts import AccountSubmitted, Stage
from ims_contracts.payments import Payer, PaymentSubmitted, ReversalSubmitted
from ims_ingest.domain.identity import payment_id
from ims_local.day.doors import Doors
from ims_local.day.generated import COUNCIL
from ims_local.whole import WholeStack

PARKING = "11"
NUMBERS = itertools.count(7_000_000)
ORDER = itertools.count(1)


class Office:
    """One running system, and the words in which its people speak of it."""

    def __init__(self, stack: WholeStack, doors: Doors) -> None:
        self.stack, self.doors, self.addresses = stack, doors, stack.addresses()
        pack = read_packs(ANYTOWN)[COUNCIL]
        self.parking = next(s for schemes in pack.references.by_length.values() for s in schemes if s.fund == PARKING)

    def new_reference(self) -> str:
        """A penalty number that nobody has used, its check digit right."""
        assert self.parking.check_digit is not None
        while True:
            body = f"BJ{next(NUMBERS):07d}"
            if digit := self.parking.check_digit.of(body):
                return body + digit

    async def penalty(self, served: date, days: int = 14, reference: str | None = None, **changes: Any) -> str:
        """Parking tells of a £70 penalty, £35 for so many days beginning with the day it was served."""
        reference = reference or self.new_reference()
        stages = [
            Stage(stage="discount", amount_pence=3500, until_on=served + timedelta(days=days - 1)),
            Stage(stage="full", amount_pence=7000),
            *changes.pop("later", ()),
        ]
        told = {"council": COUNCIL, "source": "parking", "fund": PARKING, "account_reference": reference, "revision": 1}
        await self.doors.publish([AccountSubmitted(**told | {"schedule": stages, "issued_on": served, "served_on": served} | changes)])
        return reference

    async def pays(self, reference: str | None, pence: int, at: datetime, **changes: Any) -> UUID:
        """Someone pays by card on the web (or as `changes` say); returns the payment's id."""
        number = next(ORDER)
        told: dict[str, Any] = {
            "council": COUNCIL, "source": "portal", "source_payment_id": f"J{number}", "provider": "govuk-pay",
            "provider_payment_id": f"journey-{number}-x", "channel": "web", "method_of_payment": "card-stripe", "amount_pence": pence,
            "paid_at": at, "paid_on": at.date(), "received_on": at.date(), "reference": reference,
        }  # fmt: skip
        payment = PaymentSubmitted(**told | changes)
        await self.doors.publish([payment])
        return payment_id(COUNCIL, payment)

    async def bank_credit(self, typed: str, pence: int, on: date, **changes: Any) -> UUID:
        """A transfer that a payer's bank sent, with what the payer typed."""
        at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
        how = {"provider": None, "provider_payment_id": None, "channel": "bank-transfer", "method_of_payment": "bank-transfer"}
        return await self.pays(typed, pence, at, **how | {"paid_at": None, "value_on": on, "payer": Payer(name="A Payer")} | changes)

    async def cheque_bounces(self, payment: PaymentSubmitted | None, source_payment_id: str, pence: int, on: date) -> None:
        """The bank returns a cheque."""
        await self.doors.publish([ReversalSubmitted(
            council=COUNCIL, source="bank", source_reversal_id=f"R{next(ORDER)}", reason="cheque-returned", amount_pence=pence,
            reversed_on=on, original_source="portal", original_source_payment_id=source_payment_id, method_of_payment="cheque",
        )])  # fmt: skip

    async def asked(self, service: str, path: str, **asked: Any) -> Any:
        async with httpx.AsyncClient(base_url=self.addresses.http[service], trust_env=False, timeout=30) as http:
            answer = await http.get(path, params={"council": COUNCIL} | asked)
        return answer.json() if answer.status_code == 200 else None

    async def story(self, payment: UUID) -> Any:
        return await self.asked("allocation", f"/v1/payments/{payment}")

    async def until(self, look: Callable[[], Any], seconds: float = 30) -> Any:
        """Wait for something to become so; fails with what it was last."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            found = await look()
            if found:
                return found
            assert asyncio.get_running_loop().time() < deadline, f"not so after {seconds} s"
            await asyncio.sleep(0.05)

    async def outcome(self, payment: UUID, wanted: str) -> dict[str, Any]:
        """The payment's last placement, once its outcome (or reason for suspense) is the one wanted."""
        last: list[Any] = [None]

        async def look() -> Any:
            last[0] = await self.story(payment)
            return last[0] if last[0] and wanted in (step_of(last[0])["outcome"], step_of(last[0]).get("reason")) else None

        try:
            found: dict[str, Any] = await self.until(look)
        except AssertionError:
            raise AssertionError(f"{wanted} did not come; the payment is {last[0] and step_of(last[0])}") from None
        return found

    async def told_to_parking(self, payment: UUID) -> list[dict[str, Any]]:
        """What the parking system was told of a payment, in the order of its revisions."""

        async def look() -> list[dict[str, Any]]:
            folder = self.stack.home / "parking"
            told = [json.loads(path.read_text())["data"] for path in folder.glob("*.json")]
            return sorted((each for each in told if each["payment_id"] == str(payment)), key=lambda each: each["revision"])

        found: list[dict[str, Any]] = await self.until(look)
        return found


def step_of(story: dict[str, Any]) -> dict[str, Any]:
    """The last thing that became of a payment."""
    step: dict[str, Any] = story["steps"][-1]
    return step
