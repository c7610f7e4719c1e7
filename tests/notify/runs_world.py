"""A revenues system that takes files: what notify hears of its fund, the runs made of it, and where they go."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from ims_contracts.allocations import JournalLine, JournalPosted, PaymentAllocated, PaymentSuspended, PaymentUnallocated
from ims_kit import begin
from ims_notify.domain.attempts import Answer
from ims_notify.domain.ledger import journals
from ims_notify.domain.postings import FileDestination, kept, last_time
from ims_notify.handlers import Files, on_moves, on_payments
from ims_notify.pack import FileSetup, load
from ims_notify.runs import Runner, RunRules, make_run
from ims_notify.store import ledger, runs
from notify.notify_world import COUNCIL, DAY, Notify, allocated, payment, payment_id, suspended, unallocated

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
TOKEN = "a token of revenues"

PACK = f"""
councils:
  - {{council: {COUNCIL}, name: {{en: Anytown}}, enquiries: {{en: ask}}, funds: {{}}}}
destinations:
  - {{name: parking, council: {COUNCIL}, funds: ["11"]}}
  - {{name: revenues, council: {COUNCIL}, kind: file, funds: ["23", "24"], layout: revenues, times: ["07:00", "18:30"], delivery: folder,
      mode: live, file_name: "REV{{number:06}}_{{date:%Y%m%d}}.txt", answers: answer}}
  - {{name: kerbside, council: {COUNCIL}, kind: file, funds: ["11"], layout: parking, times: ["07:00"], delivery: folder, mode: live,
      file_name: "pcn-{{number}}.csv", answers: parking_rejects}}
  - {{name: finance, council: {COUNCIL}, kind: ledger, layout: ledger, times: ["19:00"], delivery: folder, mode: live,
      file_name: "LEDGER{{number:06}}.csv"}}
  - {{name: book, council: {COUNCIL}, kind: ledger, layout: ledger_journal, times: ["19:00"], delivery: folder, mode: live,
      file_name: "JRN{{number:06}}.txt", first_day: 2026-03-16}}
"""


def setup(tmp_path: Path, name: str = "revenues", **changes: Any) -> FileSetup:
    (tmp_path / "pack.yaml").write_text(PACK)
    found = load(tmp_path / "pack.yaml").files[name]
    return found._replace(destination=found.destination._replace(**changes))


def settings(tmp_path: Path) -> dict[str, Any]:
    """What leads to both destinations, and lets revenues see its own."""
    (tmp_path / "pack.yaml").write_text(PACK)
    (tmp_path / "out").mkdir(exist_ok=True)
    place = {"url": f"file://{tmp_path}/out"}
    token = hashlib.sha256(TOKEN.encode()).hexdigest()
    return {
        "council_pack": tmp_path / "pack.yaml", "places": {"revenues": place, "kerbside": place},
        "applications": {"all": {"token_sha256": token, "council": COUNCIL}},
    }  # fmt: skip


def moved(*lines: tuple[str, str | None, int]) -> list[JournalLine]:
    return [JournalLine(ledger_account=account, account_reference=reference, amount_pence=pence) for account, reference, pence in lines]


def placed(name: str = "one", pence: int = 3500, account: str = "770000123", fund: str = "23", **changes: Any) -> PaymentAllocated:
    lines = moved(("clearing:card", None, pence), (f"fund:{fund}", account, -pence))
    return allocated(name, fund=fund, account=account, amount_pence=pence, **{"outcome": "account", "lines": lines} | changes)


def replaced(name: str = "one", pence: int = 3500, account: str = "770000217", before: str = "770000123") -> PaymentAllocated:
    """The payment's second home; the journal takes it from its first."""
    lines = moved(("fund:23", before, pence), ("fund:23", account, -pence))
    return placed(name, pence, account, revision=2, lines=lines)


def withdrawn(name: str = "one", pence: int = 3500, account: str = "770000123") -> PaymentSuspended:
    return suspended(name, revision=2, amount_pence=pence, lines=moved(("fund:23", account, pence), ("suspense", None, -pence)))


def went_back(name: str = "one", pence: int = 3500, account: str = "770000123", revision: int = 2) -> PaymentUnallocated:
    lines = moved(("fund:23", account, pence), ("clearing:card", None, -pence))
    return unallocated(name, fund="23", account=account, amount_pence=pence, revision=revision, reason="refund", lines=lines)


def transferred(name: str = "journal", pence: int = 700, source: str = "770000123", target: str = "770000217") -> JournalPosted:
    lines = moved(("fund:23", source, pence), ("fund:24", target, -pence))
    return JournalPosted(council=COUNCIL, journal_id=payment_id(name), reason="transfer", posted_on=DAY, lines=lines)


class Receiver:
    """A place: keeps what it is given, and answers as it is told."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.names: list[str] = []
        self.answers: list[Answer] = []

    async def put(self, name: str, content: bytes) -> Answer:
        self.names.append(name)
        if self.answers:
            return self.answers.pop(0)
        assert self.files.setdefault(name, content) == content, "one name has one content"
        return Answer("delivered")


def runner(found: FileSetup, channel: Any, **rules: Any) -> Runner:
    return Runner(found, channel, RunRules(**rules))


async def hear(notify: Notify, found: FileSetup, *facts: Any) -> None:
    """One transaction for each fact."""
    for fact in facts:
        async with begin(notify.pool) as work:
            if fact.topic == "ims.payments.v1":
                await on_payments([fact], work)
            else:
                await on_moves([fact], work, [], Files.of([found.destination]))


async def hear_many(notify: Notify, found: FileSetup, names: list[str]) -> None:
    """Payments and their placements, in bulk."""
    async with begin(notify.pool) as work:
        await on_payments([payment(name, to=None, channel="agent") for name in names], work)
    async with begin(notify.pool) as work:
        facts = [placed(name, 100 + number) for number, name in enumerate(names)]
        files = Files.of([found.destination])
        await runs.keep([line for fact in facts for line in kept(fact, files.postings)], work)
        await ledger.keep([each for fact in facts for each in journals(fact, files.ledgers)], work)


async def make(notify: Notify, found: FileSetup, slot: datetime | None = None) -> None:
    """A run now, for a time that has none yet."""
    async with begin(notify.pool) as work:
        done_until = await runs.hold(found.destination, work)
        await make_run(found, slot or max(done_until, last_time(found.destination.times, work.now)), work)
        await runs.done(found.destination, datetime(2026, 1, 1, tzinfo=UTC), work)


async def lines(notify: Notify) -> list[tuple[Any, ...]]:
    """Of every line that is in a run: number, sequence, account and pence."""
    return await notify.rows(
        "SELECT number, sequence, account_reference, amount_pence FROM posting_line WHERE number IS NOT NULL ORDER BY number, sequence"
    )


async def content(notify: Notify, number: int) -> list[str]:
    body: bytes = await notify.value("SELECT content FROM run WHERE number = $1 AND NOT is_test", number)
    return body.decode().splitlines()


def client(notify: Notify) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=notify.service.api)
    return httpx.AsyncClient(transport=transport, base_url="http://notify", headers={"Authorization": f"Bearer {TOKEN}"})


def known(to: FileDestination, number: int) -> UUID:
    return runs.run_id(to, number)
