"""Ingest with an account at a GOV.UK Pay of the tests' own."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from ims_contracts.refunds import RefundApproved
from ims_ingest.domain.identity import named_payment
from ims_ingest.handlers.refunding import follow, on_refunds
from ims_ingest.handlers.sweeping import sweep
from ims_ingest.settings import PayAccount
from ims_ingest.store import sweeps
from ims_kit import begin
from ingest.ingest_world import COUNCIL, Ingest, pay_event

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def at(days_ago: int, time: str = "10:00:00") -> str:
    """An instant some days ago, as GOV.UK Pay writes it."""
    return f"{TODAY - timedelta(days=days_ago):%Y-%m-%d}T{time}.000Z"


def account(url: str, **strange: Any) -> dict[str, Any]:
    since = f"{TODAY - timedelta(days=5):%Y-%m-%d}"
    return {"council": COUNCIL, "name": "tax", "token_env": "PAY_TOKEN", "url": url, "since": since} | strange


def payment_id(name: str) -> UUID:
    found = named_payment(COUNCIL, "govuk-pay", name)
    assert found is not None
    return found


def webhook(kind: str, payment: dict[str, Any], **strange: Any) -> bytes:
    """The event of a payment as the API shows it."""
    name, made = payment["payment_id"], payment["created_date"]
    return pay_event(kind, name, made, **{key: value for key, value in payment.items() if key != "payment_id"} | strange)


def dispute_event(kind: str, dispute: dict[str, Any], **strange: Any) -> bytes:
    return json.dumps({
        "webhook_message_id": f"{dispute['dispute_id']}-{kind}", "created_date": dispute["created_date"], "resource_type": "DISPUTE",
        "resource_id": dispute["dispute_id"], "event_type": f"dispute_{kind}", "resource": dispute | strange,
    }).encode()  # fmt: skip


async def swept(ingest: Ingest, fails: bool = False) -> dict[str, Any]:
    """Sweep the first account once; how it stands then."""
    service = ingest.service
    one: PayAccount = service.settings.govuk_pay_accounts[0]
    async with service.begin() as work:
        mark = await sweeps.mark(one.council, one.name, one.begins, work)
    await sweep(service, one, mark)
    found: dict[str, Any] = (await ingest.http.get("/v1/sweeps")).json()[0]
    assert (found["error"] is not None) == fails, found["error"]
    return found


def approved(payment: str | UUID, pence: int = 1000, **strange: Any) -> RefundApproved:
    plain = {
        "council": COUNCIL, "refund_id": uuid4(), "payment_id": payment if isinstance(payment, UUID) else payment_id(payment),
        "revision": 1, "amount_pence": pence, "approved_on": TODAY.date(),
    }  # fmt: skip
    return RefundApproved.model_validate(plain | strange)


async def hears(ingest: Ingest, *refunds: RefundApproved) -> None:
    councils = {each.council for each in ingest.service.settings.govuk_pay_accounts}
    async with begin(ingest.service.pool) as work:
        await on_refunds(list(refunds), work, councils)


async def follows(ingest: Ingest, minutes: int = 0) -> None:
    """Everything that is due so many minutes from now is taken a step further."""
    await follow(ingest.service, datetime.now(UTC) + timedelta(minutes=minutes))


async def states(ingest: Ingest) -> list[tuple[str, str | None]]:
    """The approved refunds' states, and what GOV.UK Pay calls them."""
    return [(each["state"], each["provider_refund_id"]) for each in (await ingest.http.get("/v1/refunds")).json()]
