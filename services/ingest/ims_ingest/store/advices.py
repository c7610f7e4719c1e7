"""What Bacs tells the Direct Debit back office: each once, numbered so that whoever asks for the later ones misses none."""

from collections.abc import Sequence
from typing import Any

from ims_ingest.domain.rows import FileHead
from ims_ingest.formats.records import Advice
from ims_ingest.store.tables import Advice as AdviceRow
from ims_kit import Insert, Work

KEEP = Insert(
    AdviceRow,
    "council source kind advice_key service_user reference reason_code reason effective_on bank_account new_bank_account"
    " amount_pence file_id received_on",
)
SINCE = """SELECT number, source, kind, service_user, reference, reason_code, reason, effective_on, bank_account, new_bank_account,
    amount_pence, file_id, received_on
  FROM advice WHERE council = $1 AND source = ANY($2) AND number > $3 ORDER BY number LIMIT $4"""


async def keep_advices(advices: Sequence[Advice], head: FileHead, work: Work) -> None:
    """Remember those that are new. One writer a council at a time, so that numbers are seen in their order."""
    if not advices:
        return
    await work.lock([f"advices/{head.council}"])
    await KEEP(work.connection, [
        (
            head.council, head.source, each.kind, each.key, each.service_user, each.reference, each.reason_code, each.reason,
            each.effective_on, each.bank_account, each.new_bank_account, each.amount_pence, head.file_id, head.received_on,
        )
        for each in {(each.kind, each.key): each for each in advices}.values()
    ])  # fmt: skip


async def advices_since(connection: Any, council: str, sources: Sequence[str], page: tuple[int, int]) -> list[dict[str, Any]]:
    """Those of these sources after a number, at most so many: `page` is both."""
    return [dict(row) for row in await connection.fetch(SINCE, council, list(sources), *page)]
