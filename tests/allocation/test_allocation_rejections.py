"""What a back office does not take goes to suspense, once, and is not taken back from it."""

import asyncio
import time
from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.anytown import COUNCIL, PACKS, name, payment, penalty, refund, reversal, running_account
from allocation.doors import Office, group, of, to
from allocation.events import Happened, decided_worlds, tellings
from allocation.test_allocation_decisions import told
from allocation.test_allocation_laws import World, came_and_went
from ims_allocation.domain import Accounts, Progress, Record, Rejection, journal_id
from ims_allocation.domain.ledger import Line as Posted
from ims_allocation.domain.ledger import written
from ims_allocation.domain.rejecting import ToldLine, is_still_there, reason_of
from ims_allocation.handlers import on_acknowledgements
from ims_contracts.notifications import PostingAcknowledged, RejectedLine
from ims_kit import begin

TAX, OTHER_TAX, DEBT = "23/770001478", "23/770001559", "19/3000000123"
PENALTY = "11/BJ90012273"
RUN = name("run 1")


@pytest.fixture
async def office(clean_pool: Any) -> Office:
    """A payment on council tax (50.00), one for two accounts, one that settled a penalty (35.00), one in which VAT is."""
    office = Office(clean_pool)
    await office.hear(
        running_account("770001478"), running_account("770001559"), running_account("3000000123", "19"), penalty("BJ90012273"),
        payment("770001478", 5000, called="tax"), payment("BJ90012273", 3500, date(2026, 3, 10), called="fine"),
    )  # fmt: skip
    return office


def rejected(called: str | None = "tax", account: str = TAX, pence: int = 5000, sequence: int = 1, **more: Any) -> RejectedLine:
    fund, reference = account.split("/")
    said: dict[str, Any] = {
        "sequence": sequence, "payment_id": name(called) if called else None, "fund": fund, "account_reference": reference,
        "amount_pence": pence, "reason": "unknown-account", "revision": 1,
    }  # fmt: skip
    return RejectedLine(**said | more)


def answer(*lines: RejectedLine, run_id: UUID = RUN, revision: int = 1) -> PostingAcknowledged:
    return PostingAcknowledged(
        council=COUNCIL, run_id=run_id, revision=revision, destination="revenues", accepted_count=0, accepted_pence=0,
        rejected_count=len(lines), rejected_pence=sum(line.amount_pence for line in lines), acknowledged_on=date(2026, 3, 18),
        rejected=[*lines],
    )  # fmt: skip


async def hear(office: Office, *facts: PostingAcknowledged) -> None:
    async with begin(office.pool) as work:
        await on_acknowledgements([*facts], work, packs=PACKS)


async def became(office: Office) -> list[tuple[int, str]]:
    return [(line["sequence"], line["became"]) for line in (await office.get("/v1/rejected-lines"))["lines"]]


async def test_a_rejected_line_is_in_suspense_with_the_back_offices_reason(office: Office) -> None:
    await hear(office, answer(rejected()))

    assert await office.placed("tax") == {"suspended": 5000}
    [item] = (await office.get("/v1/suspense", reason="rejected:unknown-account"))["items"]
    assert (item["payment_id"], item["suspended_pence"]) == (str(name("tax")), 5000)
    assert (await office.story("tax"))["steps"][-1]["words"] == "held in suspense: the back office does not take it: unknown-account"
    suspended = (await told(office.pool, "tax"))[-1]
    assert (suspended.type.split(".")[2], suspended.reason, suspended.revision) == ("payment-suspended", "rejected:unknown-account", 2)
    [fund] = [line for line in suspended.lines if line.ledger_account == "fund:23"]
    assert (fund.amount_pence, fund.rejected_pence, fund.rejected_by) == (5000, 5000, "revenues")
    assert await became(office) == [(1, "suspense")]
    await office.assert_lawful()


async def test_told_again_it_changes_nothing(office: Office) -> None:
    for fact in (answer(rejected()), answer(rejected()), answer(rejected(), rejected(sequence=2, pence=-700))):
        await hear(office, fact, fact)

    assert (await office.story("tax"))["revision"] == 2
    assert await became(office) == [(1, "suspense"), (2, "noted")]
    await office.assert_lawful()


async def test_two_that_hear_the_same_at_once_move_it_once(office: Office) -> None:
    await asyncio.gather(*(hear(office, answer(rejected())) for _ in range(4)))

    assert (await office.story("tax"))["revision"] == 2
    await office.assert_lawful()


@pytest.mark.parametrize(
    "line",
    [
        rejected(pence=-5000), rejected(None), rejected("never heard of"), rejected(account=OTHER_TAX), rejected(revision=7),
        rejected(revision=None, journal_id=uuid4()),
    ],
)  # fmt: skip
async def test_what_went_back_is_no_payments_or_is_not_there_is_noted_only(office: Office, line: RejectedLine) -> None:
    await hear(office, answer(line))

    assert await office.placed("tax") == {TAX: 5000}
    assert await became(office) == [(1, "noted")]
    await office.assert_lawful()


async def test_what_left_the_account_meanwhile_stays_where_it_is(office: Office) -> None:
    await office.decide(group(of("tax"), to((OTHER_TAX, 5000))))
    await hear(office, answer(rejected()))
    assert await office.placed("tax") == {OTHER_TAX: 5000}

    # Moved there and back: the line that brought it back has an answer of its own.
    await office.decide(group(of(("tax", 2)), to((TAX, 5000))))
    await hear(office, answer(rejected(), run_id=name("run 2")))
    assert await office.placed("tax") == {TAX: 5000}
    await hear(office, answer(rejected(revision=3), run_id=name("run 3")))
    assert await office.placed("tax") == {"suspended": 5000}
    await office.assert_lawful()


async def test_many_are_rejected_at_once(office: Office) -> None:
    many = [f"many {number}" for number in range(500)]
    await office.hear(*(payment("770001478", 100 + number, called=called) for number, called in enumerate(many)))
    lines = [rejected(called, pence=100 + number, sequence=number + 1) for number, called in enumerate(many)]
    began = time.perf_counter()
    await hear(office, answer(*lines))

    assert time.perf_counter() - began < 10
    assert await office.placed("many 7") == {"suspended": 107}
    assert (await office.get("/v1/suspense", reason="rejected:unknown-account"))["count"] == 500
    await office.assert_lawful()


async def test_a_part_that_stayed_is_what_is_suspended(office: Office) -> None:
    await office.decide(group(of("tax"), to((TAX, 3000), (OTHER_TAX, 2000))))
    await hear(office, answer(rejected()))

    assert await office.placed("tax") == {OTHER_TAX: 2000, "suspended": 3000}
    await office.assert_lawful()


async def test_an_officer_decides_of_it_and_what_is_rejected_again_is_suspended_again(office: Office) -> None:
    await hear(office, answer(rejected()))
    stale = await office.decide(group(of(("tax", 1)), to((DEBT, 5000))))
    assert stale.status_code == 412, "it has changed since it was looked at"

    made = await office.decide(group(of(("tax", 2)), to((TAX, 5000))))
    assert await office.placed("tax") == {TAX: 5000}
    allocated = (await told(office.pool, "tax"))[-1]
    assert [line.rejected_pence for line in allocated.lines] == [None, None], "what is told now is new to the back office"

    undone = await office.post(f"/v1/decisions/{made.json()['decision_id']}/undo", {"reason": "wrong"})
    assert undone.status_code == 200
    assert await office.placed("tax") == {"suspended": 5000}
    taken_back = (await told(office.pool, "tax"))[-1]
    assert [line.rejected_pence for line in taken_back.lines] == [None, None], "it took the second line, and gives it back"

    await office.decide(group(of(("tax", 4)), to((TAX, 5000))))
    await hear(office, answer(rejected(revision=5), run_id=name("run 2")))
    assert await office.placed("tax") == {"suspended": 5000}
    await office.assert_lawful()


async def test_an_officer_and_a_back_office_at_once_come_to_one_end_or_the_other(office: Office) -> None:
    decided, _ = await asyncio.gather(office.decide(group(of("tax"), to((OTHER_TAX, 5000)))), hear(office, answer(rejected())))

    won = decided.status_code == 201
    assert (await office.placed("tax")) == ({OTHER_TAX: 5000} if won else {"suspended": 5000})
    assert await became(office) == [(1, "noted" if won else "suspense")]
    await office.assert_lawful()


async def test_what_goes_back_later_comes_off_suspense(office: Office) -> None:
    await hear(office, answer(rejected()))
    await office.hear(refund("tax", 2000))
    assert await office.placed("tax") == {"suspended": 3000}
    await office.hear(reversal("tax", 3000))

    assert await office.placed("tax") == {}
    await office.assert_lawful()


async def test_a_payment_that_is_known_better_is_placed_by_what_it_says_now(office: Office) -> None:
    await hear(office, answer(rejected()))
    await office.hear(payment("770001559", 5000, called="tax", revision=2))
    assert await office.placed("tax") == {OTHER_TAX: 5000}
    await office.hear(payment("770001478", 5000, called="tax", revision=3))

    assert await office.placed("tax") == {"suspended": 5000}, "it was rejected there"
    await office.assert_lawful()


async def test_a_rejected_penalty_is_settled_by_nothing(office: Office) -> None:
    await office.hear(payment("BJ90012273", 3500, date(2026, 3, 11), called="second"))
    assert await office.placed("second") == {"refund_due": 3500}
    await hear(office, answer(rejected("fine", PENALTY, 3500)))

    assert await office.placed("fine") == {"suspended": 3500}
    assert await office.placed("second") == {PENALTY: 3500}, "the other is not too much any more"
    await office.assert_lawful()


async def test_the_vat_of_what_was_rejected_goes_with_it_to_the_penny(office: Office) -> None:
    await office.hear(payment("LEISURE", 1199, called="takings", method_of_payment="cash"))
    await hear(office, answer(rejected("takings", "13/LEISURE", 1199)))

    assert await office.placed("takings") == {"suspended": 1199}
    came, went = ([line for line in fact.lines if line.vat_code] for fact in await told(office.pool, "takings"))
    assert [(line.amount_pence, line.vat_pence, line.rejected_pence) for line in (*came, *went)] == [(-1199, -200, None), (1199, 200, 1199)]
    await office.assert_lawful()


@pytest.mark.parametrize("by", [{"revision": 1}, {"revision": None, "journal_id": name("tax")}, {"revision": None}])
async def test_a_line_is_known_by_its_revision_or_its_journal_or_is_of_the_payment_as_it_is(office: Office, by: dict[str, Any]) -> None:
    await hear(office, answer(rejected(**by)))
    assert await office.placed("tax") == {"suspended": 5000}


async def test_lines_are_listed_page_by_page(office: Office) -> None:
    await hear(office, answer(*(rejected(None, sequence=number) for number in range(1, 6))))
    seen, after = [], None
    while True:
        page = await office.get("/v1/rejected-lines", count_max=2, became="noted", **({"after": after} if after else {}))
        seen += [line["sequence"] for line in page["lines"]]
        if not (after := page["next"]):
            break

    assert seen == [1, 2, 3, 4, 5]
    assert (await office.get("/v1/rejected-lines", destination="parking"))["lines"] == []


async def test_what_is_only_noted_is_open_until_an_officer_settles_it_once(office: Office) -> None:
    await hear(office, answer(rejected(), rejected(None, sequence=2), rejected(pence=-5000, sequence=3)))

    async def is_open() -> list[int]:
        return [line["sequence"] for line in (await office.get("/v1/rejected-lines", is_open=True))["lines"]]

    assert await is_open() == [2, 3]

    async def settle(sequence: int, by: str = "Ann") -> Any:
        said = {"run_id": str(RUN), "sequence": sequence, "reason": "told the revenues team"}
        return await office.post("/v1/rejected-lines/settle", said, by=by)

    for _ in range(2):
        settled = await settle(2)
        assert (settled.status_code, settled.json()["settled_by"], settled.json()["is_open"]) == (200, "Ann", False)
    assert (await settle(2, "Bob")).status_code == 409
    assert (await settle(1)).status_code == 409
    assert (await settle(9)).status_code == 404
    assert await is_open() == [3]
    await hear(office, answer(rejected(None, sequence=2)))  # told again, it is not open again
    assert await is_open() == [3]


def test_only_what_was_rejected_is_marked() -> None:
    moved = (Posted("fund:23", "1", 7000), Posted("fund:23", "2", 100), Posted("fund:23", "1", -50), Posted("suspense", None, -7050))
    lines = written(moved, Rejection(uuid4(), "23", "1", 3500, "rejected:x", "revenues"))

    assert [line.rejected_pence for line in lines] == [3500, None, None, None]


@pytest.mark.parametrize(
    ("words", "code"),
    [("unknown-account", "rejected:unknown-account"), ("", "rejected:no reason given"), ("x" * 200, "rejected:" + "x" * 55)],
)
def test_a_reason_is_a_code_that_none_of_ours_can_be(words: str, code: str) -> None:
    assert reason_of(words) == code


class BackOffices:
    """Systems that do not know some accounts, and so reject every line on them, sooner or later; they keep what they take."""

    def __init__(self, unknown: set[str]) -> None:
        self.unknown, self.took, self.open, self.seen = unknown, Counter[Any](), list[Any](), 0

    def read(self, world: World) -> None:
        """Take, or leave, the lines that are new since the last time."""
        for change in world.changes[self.seen :]:
            for line in written(change.lines, change.rejection):
                pence = (line.rejected_pence or 0) - line.amount_pence
                if line.ledger_account.startswith("fund:") and pence:
                    if line.account_reference in self.unknown:
                        self.open.append((change.after, line.ledger_account[5:], line.account_reference, pence))
                    else:
                        self.took[line.ledger_account, line.account_reference] += pence
        self.seen = len(world.changes)

    def answer(self, world: World, which: int) -> None:
        """One rejection is heard by allocation, perhaps twice."""
        record, fund, reference, pence = self.open.pop(which)
        story = story_of(world, record)
        line = ToldLine(fund, reference, None, journal_id(record))
        if pence > 0 and not record.is_orphan and is_still_there(line, story):
            reject(world, record, (fund, reference, pence))


def story_of(world: World, record: Record) -> list[Record]:
    return [change.after for change in world.changes if change.after.key == record.key]


def reject(world: World, record: Record, line: tuple[str, str, int]) -> None:
    """Allocation hears twice of a rejected line: fund, reference and pence."""
    rejection = Rejection(uuid4(), *line, "rejected:unknown", "all")
    for _ in range(2):
        progress = Progress(world.records, Accounts([*map(world.account, world.accounts)]), PACKS)
        world.changes += progress.hear({}, {}, {}, {record.key: [rejection]})
        world.records = progress.now


def on_funds(world: World) -> dict[Any, int]:
    """What every account was paid, by the ledger."""
    return {key: -pence for key, pence in world.ledger.items() if key[0].startswith("fund:")}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_back_offices_took_is_the_ledger_whichever_lines_they_reject(data: st.DataObject) -> None:
    """Each answers before anything else happens: one line it rejects, another on the same account it takes."""
    world, took, read = World(), Counter[Any](), 0
    for batch in data.draw(tellings(data.draw(decided_worlds()))):
        world.hear(batch)
        while read < len(world.changes):
            change, read = world.changes[read], read + 1
            for line in written(change.lines, change.rejection):
                pence = (line.rejected_pence or 0) - line.amount_pence
                if not line.ledger_account.startswith("fund:"):
                    continue
                fund, reference = line.ledger_account[5:], line.account_reference or ""
                told_line = ToldLine(fund, reference, change.after.revision, None)
                story = story_of(world, change.after)
                is_last = story[-1].revision == change.after.revision
                if pence > 0 and is_last and is_still_there(told_line, story) and data.draw(st.booleans()):
                    reject(world, change.after, (fund, reference, pence))
                else:
                    took[line.ledger_account, line.account_reference] += pence

    assert on_funds(world) == {key: pence for key, pence in took.items() if pence}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_stays_on_an_account_that_its_back_office_does_not_know_whenever_it_says_so(data: st.DataObject) -> None:
    happened: list[Happened] = data.draw(decided_worlds())
    offices = BackOffices(set(data.draw(st.lists(st.sampled_from(["770001478", "770001559", "BJ90012273", "BJ90034458"])))))
    world = World()
    for batch in data.draw(tellings(happened)):
        world.hear(batch)
        offices.read(world)
        while offices.open and data.draw(st.booleans()):
            offices.answer(world, data.draw(st.integers(0, len(offices.open) - 1)))
            offices.read(world)
    while offices.open:
        offices.answer(world, 0)
        offices.read(world)

    ledger = on_funds(world)
    assert {key: pence for key, pence in ledger.items() if key[1] not in offices.unknown} == {
        key: pence for key, pence in offices.took.items() if pence
    }
    assert all(pence <= 0 for key, pence in ledger.items() if key[1] in offices.unknown), "nothing stays where nobody takes it"
    live = sum(record.live_pence for record in world.records.values())
    assert live == came_and_went(happened), "no penny is lost"
