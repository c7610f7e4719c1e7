"""The ledger for a finance system: whole journals, each in one run, and all runs together what was heard; on a real PostgreSQL."""

import asyncio
import csv
import itertools
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from databases import tamper
from ims_contracts.allocations import JournalLine, JournalPosted
from ims_kit import begin
from ims_notify.app import build
from ims_notify.domain.outgoing import Layout
from ims_notify.handlers import Files, on_moves
from ims_notify.layout_files import LayoutWrong, read_layout
from ims_notify.pack import FileSetup, load
from ims_notify.runs import make_run
from ims_notify.settings import Settings
from ims_notify.store import reports, runs
from ims_reconcile.domain.explaining import ACCOUNTS
from notify.notify_world import COUNCIL, DAY, Notify, notifying, payment_id
from notify.runs_world import (
    PACK,
    Receiver,
    client,
    content,
    hear,
    make,
    moved,
    placed,
    replaced,
    runner,
    settings,
    setup,
    transferred,
    went_back,
    withdrawn,
)

GOLDEN = Path(__file__).parent / "golden"
SLOT = datetime(2026, 3, 16, 19, tzinfo=UTC)


@pytest.fixture
async def notify(notify_url, tmp_path):
    async with notifying(notify_url, **settings(tmp_path)) as notify:
        await notify.empty()
        yield notify


def test_the_finance_systems_codes_have_what_officers_write_off() -> None:
    account = read_layout("ledger_journal", Layout).detail.fields["account"]
    assert set(ACCOUNTS.values()) <= set(account.codes or ())


@pytest.fixture
def finance(tmp_path) -> FileSetup:
    return setup(tmp_path, "finance")


@pytest.fixture
def book(tmp_path) -> FileSetup:
    return setup(tmp_path, "book")


async def broken(notify: Notify) -> list[str]:
    return [law["law"] for law in await reports.laws(notify.pool) if not law["holds"]]


def leisure(name: str = "swim", pence: int = 1200, vat: int = 200) -> Any:
    """A payment in which VAT is."""
    fund = JournalLine(ledger_account="fund:13", account_reference="LE-1", amount_pence=-pence, vat_code="S", vat_pence=-vat)
    return placed(name, pence, lines=[*moved(("clearing:card", None, pence)), fund])


def in_part(name: str = "swim", pence: int = 500) -> Any:
    """Some of it has another home, with some of its VAT, and a penny of that stays behind."""
    within = pence // 6
    lines = [(pence, within, "LE-1", "S"), (-pence, -within - 1, "LE-2", "S"), (0, 1, "LE-3", "S")]
    told = [
        JournalLine(ledger_account="fund:13", account_reference=reference, amount_pence=amount, vat_code=code, vat_pence=vat)
        for amount, vat, reference, code in lines
    ]
    return placed(name, 1200, revision=2, lines=told)


def reconciled(name: str = "page", pence: int = 3500, fee: int = 50) -> JournalPosted:
    lines = moved(("bank:main", None, pence - fee), ("fees:card", None, fee), ("clearing:card", None, -pence))
    return JournalPosted(council=COUNCIL, journal_id=payment_id(name), reason="reconciled", posted_on=DAY, lines=lines)


async def rows(notify: Notify, number: int) -> list[dict[str, str]]:
    """The lines of a CSV run, without its trailer."""
    read = list(csv.DictReader(await content(notify, number)))
    return read[:-1]


def pence(text: str) -> int:
    return int(text.replace(".", ""))


def ledger(facts: list[Any]) -> dict[str, int]:
    """What the facts come to, by ledger account; and the VAT in each."""
    found = Counter[str]()
    for line in (line for fact in facts for line in getattr(fact, "lines", [])):
        found[line.ledger_account] += line.amount_pence
        found[f"VAT {line.vat_code} {line.account_reference}"] += line.vat_pence or 0
    return {account: amount for account, amount in found.items() if amount}


async def exported(notify: Notify) -> dict[str, int]:
    """What all CSV files come to, by ledger account; and the VAT in each."""
    found = Counter[str]()
    for (number,) in await notify.rows("SELECT number FROM run WHERE NOT is_test"):
        for row in await rows(notify, number):
            found[row["ledger_account"]] += pence(row["debit"]) - pence(row["credit"])
            found[f"VAT {row['vat_code']} {row['account_reference']}"] += pence(row["vat"])
    return {account: amount for account, amount in found.items() if amount}


@pytest.mark.parametrize(
    "told",
    [
        [placed()], [placed(), replaced()], [placed(), withdrawn()], [placed(), went_back(pence=1000)], [placed(), transferred()],
        [leisure(), reconciled()], [leisure(), in_part()],
    ],
)  # fmt: skip
async def test_a_run_is_the_ledger_whatever_the_order_and_repetition(notify, finance, told: list) -> None:
    made = set()
    for order in itertools.permutations(told):
        await notify.empty()
        await hear(notify, finance, *order, *order[::-1])
        await make(notify, finance)
        assert await exported(notify) == ledger(told)
        assert await broken(notify) == []
        made.add(await notify.value("SELECT content FROM run"))
    assert len(made) == 1, "the same to the byte, whatever the order"


async def test_what_is_written_reads_as_the_golden_files_do(notify, finance, book) -> None:
    for found in (finance, book):
        await notify.empty()
        await hear(notify, found, placed(), leisure(), placed("two", 700), reconciled())
        await make(notify, found)
        written = await notify.value("SELECT content FROM run")
        made_on = await notify.value("SELECT to_char(made_at AT TIME ZONE 'Europe/London', 'YYYYMMDD') FROM run")
        assert written.replace(made_on.encode(), b"20260318") == (GOLDEN / f"{found.layout.name}.txt").read_bytes()


async def test_a_summed_run_has_a_line_for_each_account_and_side_and_vat_apart(notify, book) -> None:
    await hear(notify, book, placed(), placed("two", 700), leisure(), went_back(pence=1000))
    await make(notify, book)

    _, *detail, end = await content(notify, 1)
    read = {(line[17:27].strip(), line[39]): (int(line[40:53]), int(line[53:59])) for line in detail}
    assert read == {
        ("A210", "D"): (3500 + 700 + 1200, 3), ("A210", "C"): (1000, 1), ("R130", "C"): (1000, 1), ("V010", "C"): (200, 1),
        ("R230", "C"): (4200, 2), ("R230", "D"): (1000, 1),
    }  # fmt: skip
    assert (int(end[8:23]), int(end[23:38])) == (6400, 6400)
    assert await broken(notify) == []


async def test_a_journal_that_cannot_be_written_whole_waits_and_keeps_no_other_waiting(notify, book) -> None:
    unknown = transferred().model_copy(update={"lines": moved(("suspense", None, 5), ("fund:unheard-of", "1", -5))})
    await hear(notify, book, placed(), unknown)
    await make(notify, book)

    assert len(await content(notify, 1)) == 4
    assert await notify.rows("SELECT reason, unfit FROM ledger_journal WHERE number IS NULL") == [
        ("transfer", "account: has no code; name it under codes, or say otherwise")
    ]
    assert await broken(notify) == []
    async with client(notify) as http:
        notify.service.api.state.files["book"] = book
        waiting = (await http.get("/v1/runs/book")).json()
    assert (waiting["journal_count"], waiting["debit_pence"], waiting["unfit_count"]) == (1, 5, 1)
    assert waiting["unfit"][0]["reason"].startswith("account: has no code")


async def test_a_sum_that_grows_too_long_waits_for_the_next_run(notify, book, tmp_path) -> None:
    fields = book.layout.detail.fields | {"pence": book.layout.detail.fields["pence"].model_copy(update={"length": 4})}
    narrow = book._replace(layout=book.layout.model_copy(update={"detail": book.layout.detail.model_copy(update={"fields": fields})}))
    for name in ("one", "two", "three"):
        await hear(notify, narrow, placed(name, 4000))
    for slot in (1, 2):
        await make(notify, narrow, datetime(2026, 3, slot, 7, tzinfo=UTC))

    assert await notify.rows("SELECT number, debit_pence, credit_pence FROM run ORDER BY 1") == [(1, 8000, 8000), (2, 4000, 4000)]
    assert await broken(notify) == []


async def test_what_comes_for_a_day_that_had_ended_when_the_run_before_was_made_is_marked(notify, finance) -> None:
    await hear(notify, finance, placed())
    await make(notify, finance)
    late, in_time = placed("late", 100), placed("new", 200)
    today = await notify.value("SELECT (now() AT TIME ZONE 'Europe/London')::date")
    await hear(notify, finance, late, in_time.model_copy(update={"posted_on": today}))
    await make(notify, finance, datetime(2027, 3, 17, 7, tzinfo=UTC))

    assert {row["late"] for row in await rows(notify, 1)} == {""}
    assert [(row["accounting_day"], row["late"]) for row in await rows(notify, 2)] == (
        [("2026-03-16", "Y")] * 2 + [(today.isoformat(), "")] * 2
    )


async def test_earlier_days_than_its_first_are_not_kept(notify, book) -> None:
    await hear(notify, book, placed("before", posted_on=date(2026, 3, 15)), placed())

    assert await notify.rows("SELECT DISTINCT posted_on FROM ledger_journal") == [(date(2026, 3, 16),)]


async def test_where_nobody_takes_the_ledger_nothing_is_kept(notify, tmp_path) -> None:
    await hear(notify, setup(tmp_path), placed())

    assert await notify.rows("SELECT FROM ledger_journal UNION ALL SELECT FROM ledger_line") == []


async def test_a_test_run_takes_nothing(notify, tmp_path) -> None:
    test, live = setup(tmp_path, "finance", is_test=True), setup(tmp_path, "finance")
    await hear(notify, test, placed())
    for slot, found in enumerate((test, test, live), 1):
        await make(notify, found, SLOT + timedelta(days=slot))

    assert await notify.rows("SELECT is_test, number, debit_pence FROM run ORDER BY 1 DESC, 2") == [
        (True, 1, 3500), (True, 2, 3500), (False, 1, 3500),
    ]  # fmt: skip
    assert await broken(notify) == []


async def test_totals_say_what_was_heard_exported_and_waits(notify, finance) -> None:
    await hear(notify, finance, placed())
    await make(notify, finance)
    await hear(notify, finance, placed("two", 700), placed("three", 900, posted_on=date(2026, 3, 17)))
    notify.service.api.state.files = {"finance": finance}

    async with client(notify) as http:
        [found] = (await http.get("/v1/ledger/totals", params={"council": COUNCIL, "day": "2026-03-16"})).json()
        [whole] = (await http.get("/v1/ledger/totals", params={"council": COUNCIL})).json()
        assert (await http.get("/v1/ledger/totals", params={"council": "E06000001"})).json() == []

    assert (found["destination"], found["first_day"], len(found["accounts"]), len(whole["accounts"])) == ("finance", None, 2, 4)
    assert found["accounts"][1] == {
        "posted_on": "2026-03-16", "ledger_account": "fund:23", "heard_debit_pence": 0, "heard_credit_pence": 4200,
        "exported_debit_pence": 0, "exported_credit_pence": 3500, "waiting_debit_pence": 0, "waiting_credit_pence": 700,
    }  # fmt: skip


async def test_a_journal_that_does_not_sum_to_nothing_is_refused(notify, finance) -> None:
    with pytest.raises(asyncpg.RaiseError, match="sum to nothing"):
        await hear(notify, finance, placed(lines=moved(("clearing:card", None, 1))))


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE ledger_line SET amount_pence = 1", "only grows"), ("DELETE FROM ledger_total", "only grows"),
        ("DELETE FROM ledger_journal", "only grows"), ("UPDATE ledger_journal SET number = 2", "stays in it"),
        ("UPDATE run SET debit_pence = 1", "a_ledger_run_balances"),
    ],
)  # fmt: skip
async def test_what_was_told_stays_told(notify, finance, sql: str, why: str) -> None:
    await hear(notify, finance, placed())
    await make(notify, finance)

    with pytest.raises(asyncpg.PostgresError, match=why):
        await notify.pool.execute(sql)


async def test_a_law_that_is_broken_is_seen(notify, finance) -> None:
    await hear(notify, finance, placed())
    await make(notify, finance)
    await tamper(notify.pool, "UPDATE ledger_total SET debit_pence = debit_pence + 1 WHERE ledger_account = 'fund:23'")
    await tamper(notify.pool, "UPDATE run SET number = 7")

    assert {law["law"]: law["difference"] for law in await reports.laws(notify.pool) if not law["holds"]} == {
        "what the ledger's runs said and what waits is what was heard": 1, "every journal that was told is of a run of the ledger": 1,
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
async def test_any_interleaving_of_facts_and_runs_exports_the_ledger(notify, finance, seed: int) -> None:
    chance = random.Random(seed)
    facts: list = [transferred(), reconciled(pence=70, fee=3)]
    for number in range(15):
        name = f"{seed}-{number}"
        swim = [leisure(f"{name} too"), in_part(f"{name} too", chance.randrange(1, 1200))]
        facts += [placed(name), *chance.choice([[], [replaced(name)], [withdrawn(name)], [went_back(name, 500)], swim])]
    told, slot = facts + chance.sample(facts, 10), datetime(2026, 3, 1, tzinfo=UTC)
    chance.shuffle(told)
    for fact in told:
        await hear(notify, finance, fact)
        if chance.random() < 0.2:
            slot += timedelta(minutes=1)
            await make(notify, finance, slot)
            assert await broken(notify) == []
    await make(notify, finance, slot + timedelta(minutes=1))

    assert await exported(notify) == ledger(facts)
    for _, numbers in itertools.groupby(await whole_journals(notify), key=lambda row: row[0]):
        assert len({number for _, number in numbers}) == 1, "a journal is in one run"
    assert await broken(notify) == []


async def whole_journals(notify: Notify) -> list[tuple[str, int]]:
    """Of each line in each file, its journal and the run."""
    found = [
        (row["journal"], number)
        for (number,) in await notify.rows("SELECT number FROM run")
        for row in await rows(notify, number)
    ]  # fmt: skip
    return sorted(found)


@pytest.mark.parametrize("step", ["before", "made", "claimed", "sent"])
async def test_a_crash_at_any_step_loses_and_doubles_no_journal(notify, finance, step: str) -> None:
    """The connection is cut at a step, as by SIGKILL; then another process begins with what is committed."""
    receiver = Receiver()
    facts = [placed(str(number), 100 + number) for number in range(20)]
    async with begin(notify.pool) as work:
        await on_moves([*facts], work, [], Files([], [finance.destination]))
    crashing = runner(finance, receiver)

    async def until_crash() -> None:
        async with begin(notify.pool) as work:
            await runs.hold(finance.destination, work)
            await make_run(finance, SLOT, work)
            if step == "before":
                work.connection.terminate()
        async with begin(notify.pool) as work:
            due = await runs.claim(finance.destination, timedelta(0), work)
            if step == "claimed":
                work.connection.terminate()
        if step == "sent" and due:
            await crashing.attempt(due)

    if step in ("before", "claimed"):
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
            await until_crash()
    else:
        await until_crash()
    if step == "before":
        assert await notify.value("SELECT count(*) FROM run") == 0
        await make(notify, finance, SLOT)
    again = runner(finance, receiver)
    while await again.deliver(notify.service):
        pass

    assert await notify.rows("SELECT number, debit_count, state FROM run JOIN run_delivery USING (run_id)") == [(1, 20, "delivered")]
    assert list(receiver.files) == ["LEDGER000001.csv"]
    assert await exported(notify) == ledger(facts)
    [told] = [fact for fact in await notify.told() if fact["type"] == "run-delivered"]
    assert (told["line_count"], told["net_pence"]) == (40, 0)
    assert await broken(notify) == []


async def test_two_that_make_runs_at_once_while_facts_are_heard_export_each_journal_once(notify, finance) -> None:
    facts = [placed(f"busy {number}") for number in range(30)]
    one, two = runner(finance, Receiver()), runner(finance, Receiver())
    await one.make(notify.service)

    async def make_often(found: Any) -> None:
        for _ in range(10):
            await notify.pool.execute("UPDATE run_schedule SET done_until = done_until - interval '2 days'")
            await found.make(notify.service)

    # A slot has one run: a second for the same is refused by the database, and made anew with the next.
    await asyncio.gather(hear(notify, finance, *facts), make_often(one), make_often(two), return_exceptions=True)
    await make(notify, finance, datetime(2026, 3, 1, tzinfo=UTC))

    assert await exported(notify) == ledger(facts)
    assert await broken(notify) == []


@pytest.mark.parametrize(
    ("instead", "of", "why"),
    [
        ("layout: generic", "layout: ledger,", "finance is of kind ledger, but its layout generic tells the postings"),
        ("layout: ledger", "layout: revenues", "revenues is of kind file, but its layout ledger tells the ledger"),
        ('kind: ledger, funds: ["11"]', "kind: ledger", "funds"),
    ],
)
def test_a_pack_whose_layout_tells_something_else_is_refused(tmp_path, instead: str, of: str, why: str) -> None:
    (tmp_path / "pack.yaml").write_text(PACK.replace(of, instead + "," * of.endswith(","), 1))
    with pytest.raises(ValueError, match=why):
        load(tmp_path / "pack.yaml")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{name: a, kind: delimited, tells: ledger, detail: {fields: {f: {of: fund}}}}", "there is no fund in a detail"),
        ("{name: a, kind: delimited, tells: ledger, summed: true, detail: {fields: {f: {of: journal}}}}", "there is no journal"),
        ("{name: a, kind: delimited, summed: true, detail: {fields: {f: {of: fund}}}}", "only a ledger is summed"),
        ("{name: a, kind: delimited, vat: apart, detail: {fields: {f: {of: fund}}}}", "only its VAT is apart"),
    ],
)
def test_a_layout_of_a_ledger_that_does_not_fit_is_refused(tmp_path, text: str, why: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(LayoutWrong, match=why):
        read_layout("a", Layout, tmp_path)


def test_all_facts_that_move_money_are_heard_where_somebody_takes_the_ledger(tmp_path) -> None:
    found = settings(tmp_path)
    found["places"] = {"finance": found["places"]["revenues"]}
    service = build(Settings(kafka_bootstrap="127.0.0.1:9", database_url="postgresql://127.0.0.1/none", **found))

    heard = {each.decode() for each in service.hearings["ims.allocations.v1"].validators}
    assert heard == {
        f"ims.allocations.{fact}.v1" for fact in ("payment-allocated", "payment-suspended", "payment-unallocated", "journal-posted")
    }
