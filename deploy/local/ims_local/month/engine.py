"""Reconcile on a real PostgreSQL, without Kafka: what is heard goes through its handlers, and what it submits comes back."""

import json
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from ims_contracts import MESSAGES, Message
from ims_contracts.payments import PaymentReceived, PaymentReversed, PaymentSubmitted, ReversalSubmitted
from ims_kit import Work, begin
from ims_local.month.calendar import by_topic
from ims_reconcile.domain import Pack, derived_id
from ims_reconcile.handlers import on_payments, on_remittances, on_statements, reconcile, reconcile_new, tell_pages

HANDLERS: dict[str, Any] = {"ims.payments.v1": on_payments, "ims.statements.v1": on_statements, "ims.remittances.v1": on_remittances}
BATCH = 2000
ANSWERED = "SELECT id, headers, body FROM told WHERE id > $1 AND topic = 'ims.inbound.v1' ORDER BY id LIMIT $2"


class Engine:
    """One reconcile; it counts the seconds it hears and matches, and those of this process's CPU that it takes for both."""

    def __init__(self, pool: Any, pack: Pack) -> None:
        self.pool, self.pack, self.answered = pool, pack, 0
        self.hearing_seconds = self.matching_seconds = self.cpu_seconds = 0.0

    async def hear(self, facts: list[Message]) -> None:
        """Batches of one topic, each in its own transaction."""
        began, cpu = time.perf_counter(), time.process_time()
        for run in by_topic(facts):
            for start in range(0, len(run), BATCH):
                async with begin(self.pool) as work:
                    await HANDLERS[run[0].topic](run[start : start + BATCH], work)
        self.hearing_seconds += time.perf_counter() - began
        self.cpu_seconds += time.process_time() - cpu

    async def settle(self) -> None:
        """Look at what is new, and then at all that is open, and hear what ingest makes of what was submitted, until nothing more comes
        of it."""
        while True:
            await self.look(reconcile_new)
            if await self.answer():
                continue
            await self.look(reconcile)
            if not await self.answer():
                return

    async def look(self, looking: Callable[[Work, Pack], Awaitable[bool]]) -> None:
        """Look, and tell all that came of it."""
        began, cpu = time.perf_counter(), time.process_time()
        async with begin(self.pool) as work:
            await looking(work, self.pack)
        while await self.tell():
            pass
        self.matching_seconds += time.perf_counter() - began
        self.cpu_seconds += time.process_time() - cpu

    async def tell(self) -> bool:
        async with begin(self.pool) as work:
            return await tell_pages(work)

    async def answer(self) -> bool:
        """Hear the payments and reversals that ingest makes of submissions; False if there were none."""
        is_any = False
        while rows := await self.pool.fetch(ANSWERED, self.answered, 5 * BATCH):
            self.answered, is_any = rows[-1]["id"], True
            await self.hear(list(accepted(rows)))
        return is_any


def accepted(rows: Iterable[Any]) -> Iterable[Message]:
    """What ingest makes of submissions of reconcile's."""
    for row in rows:
        told = MESSAGES[json.loads(row["headers"])["ce_type"]].model_validate_json(row["body"])
        if isinstance(told, PaymentSubmitted):
            payment_id = derived_id(told.source, told.source_payment_id)
            yield PaymentReceived.model_construct(**told.__dict__, payment_id=payment_id)
        elif isinstance(told, ReversalSubmitted):
            original = derived_id(told.original_source, told.original_source_payment_id)
            yield PaymentReversed.model_construct(
                **told.__dict__, reversal_id=derived_id("reversal", told.source_reversal_id), payment_id=original
            )
