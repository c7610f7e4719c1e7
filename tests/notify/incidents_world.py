"""Two officers of a council who write to the payers of a double collection."""

import hashlib
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from ims_kit import begin
from ims_notify.channels.email import EmailChannel
from ims_notify.channels.incident import QUEUE, incident_letter
from ims_notify.delivery import Courier, Rules
from ims_notify.pack import load
from ims_notify.store.incident_messages import Pace
from notify.notify_world import COUNCIL, Notify, account, allocated, payment, sent

ANN, CAT, BOB = "ann's token", "cat's token", "bob's token"
OFFICERS = {
    name: {"token_sha256": hashlib.sha256(token.encode()).hexdigest(), "council": council}
    for name, token, council in (("ann", ANN, COUNCIL), ("cat", CAT, COUNCIL), ("bob", BOB, "E07000001"))
}
ID = UUID(int=7)
FILE = UUID(int=99)
WORDS = {
    "en": {"subject": "We took {amount} in {payments} payments", "text": "We took {amount} from you by mistake. {enquiries}"},
    "cy": {"subject": "Cymerwyd {amount}", "text": "Cymerwyd {amount} mewn camgymeriad. {enquiries}"},
}
TABLES = "incident_message incident_switch incident_approval incident_payment incident payment_origin"


def body(**changes: Any) -> dict[str, Any]:
    return {"name": "Direct Debits taken twice", "words": WORDS, "payments": {"remittance_id": str(FILE)}} | changes


def path(more: str = "", of: UUID = ID) -> str:
    return f"/v1/incidents/{of}{more}"


async def empty(notify: Notify) -> None:
    await notify.empty()
    for table in TABLES.split():
        await notify.pool.execute(f"DELETE FROM {table}")


async def twice(notify: Notify, *names: str, **changes: Any) -> None:
    """Each is collected twice: two payments of one payer in one file."""
    facts = [(f"{name} {time}", f"{name}@example.org") for name in names for time in (1, 2)]
    facts_of = {"source": "bacs", "remittance_id": FILE} | changes
    await notify.hears(*(payment(each, to=to, **facts_of) for each, to in facts))
    await notify.hears(*(allocated(each) for each, _ in facts))


async def welsh(notify: Notify, name: str) -> None:
    """A payer without an address, whose account has one, in Welsh."""
    await notify.hears(account("W1", to=f"{name}@example.org", language="cy"))
    await notify.hears(payment(name, to=None, source="bacs", remittance_id=FILE), allocated(name, account="W1"))


def courier(notify: Notify, per_minute: int = 60_000, **changes: Any) -> Courier:
    rules = Rules(8, 5, timedelta(seconds=0.05), timedelta(seconds=10))._replace(**changes)
    pack = load(notify.settings.council_pack)
    channel = EmailChannel(notify.settings, partial(incident_letter, councils=pack.councils), QUEUE)
    return Courier(channel, rules, pack.manners, Pace(per_minute, notify.vault, pack.manners))


async def round_of(notify: Notify, sender: Courier) -> int:
    """Settle, borrow, send; how many were sent."""
    return await sent(sender, notify)


async def send_all(notify: Notify, sender: Courier) -> None:
    while await round_of(notify, sender):
        pass
    async with begin(notify.pool) as work:
        await sender.store.settle(sender.results, work)
    await sender.channel.rest()


def named(number: int) -> str:
    return str(uuid5(UUID(int=3), str(number)))
