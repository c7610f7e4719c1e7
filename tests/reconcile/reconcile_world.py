"""Reconcile on a real database, without Kafka: facts go in as batches, what it tells comes out."""

import hashlib
import json
from collections.abc import Sequence
from random import Random
from typing import Any

from pydantic import SecretStr

from databases import empty
from ims_contracts import MESSAGES, Message
from ims_contracts.reconciliations import PaymentReconciled
from ims_kit import Work, begin
from ims_reconcile.domain import TYPE_OF
from ims_reconcile.handlers import (
    Allocated,
    Received,
    Suspended,
    on_notifications,
    on_payments,
    on_placements,
    on_remittances,
    on_statements,
    reconcile,
    tell_pages,
)
from ims_reconcile.packs import load_pack
from ims_reconcile.settings import Officer, Settings
from ims_reconcile.store import laws
from reconcile.anytown_bank import COUNCIL, accepted

ANNE, BEN = {"Authorization": "Bearer anne"}, {"Authorization": "Bearer ben"}
NOBODY = {"Authorization": ""}
TWO_OFFICERS = Settings(
    kafka_bootstrap="127.0.0.1:1", database_url=SecretStr("postgresql://unused"), grace_seconds=0,
    officers={name: Officer(token_sha256=hashlib.sha256(name.encode()).hexdigest(), council=COUNCIL) for name in ("anne", "ben")},
)  # fmt: skip

READERS = {each.type: each for each in (Allocated, Suspended, Received)}


def off_the_topic(heard: list[Message]) -> list[Any]:
    """Of some facts only a part is read."""
    return [READERS[fact.type].model_validate_json(fact.model_dump_json()) if fact.type in READERS else fact for fact in heard]


HANDLERS: dict[str, Any] = {
    "ims.payments.v1": on_payments,
    "ims.statements.v1": on_statements,
    "ims.remittances.v1": on_remittances,
    "ims.allocations.v1": on_placements,
    "ims.notifications.v1": on_notifications,
}
STATE = {
    "matches": "SELECT match_id, line_id, why, gross_pence, fee_pence, net_pence, payment_count, page_count, pages_told FROM match",
    "reconciled": "SELECT match_id, page, subject_id, payment_id, method_of_payment, gross_pence, fee_pence FROM reconciled",
    "breaks": "SELECT break_id, kind, subject_id, amount_pence FROM break WHERE is_open",
    "lines": "SELECT line_id, state, source FROM bank_line",
    "submitted": "SELECT line_id, kind, is_answered FROM submitted",
    "done": """SELECT statement_id, is_done FROM statement UNION ALL SELECT settlement_id, is_done FROM settlement
      UNION ALL SELECT remittance_id, is_done FROM remittance""",
}


class World:
    """Facts in, decisions out."""

    def __init__(self, pool: Any) -> None:
        self.pool, self.pack, self.answered = pool, load_pack(), 0

    async def clear(self) -> None:
        await empty(self.pool)
        self.answered = 0

    async def hear(self, facts: Sequence[Message], size: int = 1000) -> None:
        """Runs of one topic, at most so many at once, each in its own transaction."""
        batch: list[Message] = []
        for fact in facts:
            if batch and (len(batch) == size or batch[0].topic != fact.topic):
                await self.take(batch)
                batch = []
            batch.append(fact)
        if batch:
            await self.take(batch)

    async def hear_in_any_order(self, facts: Sequence[Message], seed: int) -> None:
        """Each alone and twice, with a look after each, from nothing on."""
        shuffled = [*facts] * 2
        Random(seed).shuffle(shuffled)
        await self.clear()
        for fact in shuffled:
            await self.hear([fact])
            await self.settle()

    async def take(self, batch: list[Message]) -> None:
        async with begin(self.pool) as work:
            await self.hear_in(work, batch)

    async def hear_in(self, work: Work, batch: list[Message]) -> None:
        await HANDLERS[batch[0].topic](off_the_topic(batch), work)

    async def settle(self, grace_seconds: float = 0) -> None:
        """Look, tell, and hear what ingest makes of what was submitted, until nothing more comes of it."""
        while True:
            async with begin(self.pool) as work:
                assert await reconcile(work, self.pack, grace_seconds)
            is_telling = True
            while is_telling:
                async with begin(self.pool) as work:
                    is_telling = await tell_pages(work)
            told = await self.told()
            back = [fact for each in told[self.answered :] if (fact := accepted(each))]
            self.answered = len(told)
            if not back:
                return
            await self.hear(back)

    async def told(self, *types: type[Message]) -> list[Any]:
        rows = await self.pool.fetch("SELECT headers, body FROM told ORDER BY id")
        read = [MESSAGES[json.loads(row["headers"])["ce_type"]].model_validate_json(row["body"]) for row in rows]
        return [each for each in read if not types or isinstance(each, types)]

    async def proved(self) -> dict[Any, tuple[int, int, int]]:
        """Gross, fees and net that were told of each bank line."""
        found: dict[Any, tuple[int, int, int]] = {}
        for page in await self.told(PaymentReconciled):
            gross, fee, net = found.get(page.statement_line_id, (0, 0, 0))
            found[page.statement_line_id] = (gross + page.gross_pence, fee + page.fee_pence, net + page.net_pence)
        return found

    async def state(self) -> dict[str, set[tuple[Any, ...]]]:
        return {name: {tuple(row) for row in await self.pool.fetch(sql)} for name, sql in STATE.items()}

    async def breaks(self) -> list[tuple[str, int]]:
        rows = await self.pool.fetch("SELECT kind, amount_pence FROM break WHERE is_open ORDER BY 1, 2")
        assert {row["kind"] for row in rows} <= set(TYPE_OF), "every kind is of a type"
        return [tuple(row) for row in rows]

    async def broken_laws(self) -> list[Any]:
        async with self.pool.acquire() as connection:
            return [law for law in await laws(connection) if not law["holds"]]
