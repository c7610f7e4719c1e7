"""A look at what is new pairs what a look at all that is open would pair, and reads what that touches and nothing else."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID

import asyncpg
import pytest

from conftest import MakeMigrated
from ims_contracts import Message
from ims_contracts.payments import PaymentReceived, PaymentReversed
from ims_kit import begin
from ims_reconcile.domain import Decisions, Pack, match_alike
from ims_reconcile.domain import match as match_all
from ims_reconcile.handlers import reconcile_new
from ims_reconcile.handlers.matching import Pace, load
from ims_reconcile.handlers.touching import touched
from ims_reconcile.store.members import SEEN, TIE
from ims_reconcile.store.open_items import LINK
from ims_reconcile.store.touching import LINES_NAMING
from ims_reconcile.store.turns import take_turn
from reconcile import test_reconcile_stages as stages
from reconcile.anytown_bank import COUNCIL, anytown_day, file_of, line, member, named, payment, reversal, settlement
from reconcile.reconcile_world import World

MONDAY = date(2026, 3, 16)
SINGLES = [
    {"name": "transfer", "line": "PISP", "by": "payment", "methods": ["open-banking"], "window": [0, 3]},
    {"name": "cheque", "line": "UNPAID", "by": "return", "methods": ["cheque"], "window": [-6, 6]},
]
FILES = [source.model_dump() | {"bank_account": None} for source in stages.PACK.sources if source.name != "unpaid"]
PACK = Pack.model_validate({"version": "1", "sources": [*SINGLES, *FILES]})
REFERENCES = ["ABC123", "ABC124", "555123 1", "555123 2", "RUN 00012", "PO_1234", "ref po_1234", "BAG 00007", "LONGWORD"]
KINDS = ["card", "transfer", "cheque", "shop", "shop", "bag", "SHOP", "SHOP", "CARD", "BAG", "PISP", "", "UNPAID"]
ALIKE = {"named", "named-together", "amount-in-window"}
ASKED = [
    ((LINES_NAMING, [COUNCIL], ["ABC123"]), "bank_line_of_words"),
    ((TIE, [named("s")]), "using member_alike on member m "),
    ((SEEN,), "member_of_payment"),
    ((LINK,), "expectation_pkey"),
]
"""What is asked of the database, and the index by which it is to find it."""
SAYS = ["", *REFERENCES, "ABC123 ABC124", "NOBODY", "555123"]


def things(chance: Random, prefix: str, count: int) -> list[Message]:
    return [fact for number in range(count) for fact in a_thing(chance, f"{prefix} {number}")]


def a_thing(chance: Random, name: str) -> Sequence[Message]:
    """A file, a payout, a single or a line, of few pence and names so that many are alike."""
    kind, pence, day = chance.choice(KINDS), chance.choice((500, 500, 700, 1200)), MONDAY + timedelta(days=chance.randrange(4))
    reference, said = chance.choice(REFERENCES), chance.choice(SAYS)
    match kind:
        case "card":
            return settlement(name, [member(name, pence)], source="card", settlement_reference=reference, paid_on=day)
        case "transfer":
            return [payment(name, pence, method_of_payment="open-banking", source_payment_id=reference, paid_on=day)]
        case "cheque":
            return [reversal(name, pence, method_of_payment="cheque", source_reversal_id=reference, reversed_on=day)]
        case "shop" | "bag":
            return file_of(name, [pence], kind, source_reference=reference, business_on=day)
        case _:
            return [line(name, -pence if kind == "UNPAID" else pence, f"{kind} {said}", booked_on=day)]


class Looks(NamedTuple):
    """What either look decides, and what the small one read."""

    at_all: Decisions
    at_new: Decisions
    lines: set[UUID]


async def looks(world: World) -> Looks:
    async with begin(world.pool) as work:
        found = await touched(work.connection, world.pack, work.now)
        opened = await load(work.connection, world.pack, work.now)
        at_all = match_all(opened.lines, opened.items(world.pack), world.pack)
        return Looks(at_all, match_alike(found.lines.values(), found.items.values(), world.pack), set(found.lines))


def pairs(decided: Decisions) -> set[tuple[str, frozenset[UUID], frozenset[UUID]]]:
    """By which rule, which lines and which items."""
    return {(each.rule, frozenset(x.line_id for x in each.lines), frozenset(x.item_id for x in each.items)) for each in decided.pairings}


@pytest.mark.parametrize("seed", range(40))
async def test_it_pairs_what_a_look_at_all_would_pair_of_new_lines_and_files(world: World, seed: int) -> None:
    world.pack, chance = PACK, Random(seed)
    await world.hear(things(chance, "old", 14))
    await world.settle()
    fresh = things(chance, "new", 7)
    await world.hear(fresh)
    at_all, at_new, _ = await looks(world)
    new = {named(f"new {number}") for number in range(7)} - {each.payment_id for each in fresh if isinstance(each, PaymentReceived)}
    new -= {each.reversal_id for each in fresh if isinstance(each, PaymentReversed)}
    assert pairs(at_new) <= pairs(at_all)
    assert {each for each in pairs(at_all) if each[0] in ALIKE and (each[1] | each[2]) & new} <= pairs(at_new)
    assert {each.line for each in at_new.from_bank} == {each.line for each in at_all.from_bank}


async def test_it_reads_the_same_however_much_is_open(world: World) -> None:
    read = []
    for count in (10, 100):
        await world.clear()
        old = [line(f"old {n}", 1000 + n, f"ALLPAY {n}") for n in range(count)]
        await world.hear([*old, *(file for n in range(count) for file in file_of(f"file {n}", [5000 + n], "paypoint"))])
        await world.settle()
        await world.hear([*file_of("new", [300]), line("l", 300, "ALLPAY LTD"), line("m", 1001, "ALLPAY LTD")])
        read.append((await looks(world)).lines)
    assert read == [{named("l"), named("m"), named("old 1")}] * 2


async def test_nothing_reads_all_there_is_though_the_server_has_not_looked_at_its_tables_yet(migrated: MakeMigrated) -> None:
    rows = [member(f"m{n}", 5000, payment_id=None, reference=f"R{n}", occurred_on=MONDAY) for n in range(300)]
    payments = [payment(f"p{n}", 100, reference=f"P{n}") for n in range(600)]
    lines = [line(f"l{n}", 1000 + n, f"ALLPAY {n}") for n in range(300)]
    # A database of its own, which the server never looks at: it may have looked at that of other tests.
    async with asyncpg.create_pool(await migrated("ims_reconcile"), min_size=0, max_size=3) as pool:
        for table in ("member", "expectation", "bank_line", "settlement"):
            await pool.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        await World(pool).hear([*payments, *settlement("s", rows), *lines])
        async with begin(pool) as work:
            await take_turn(work.connection)
            for (sql, *values), index in ASKED:
                plan = "\n".join(row[0] for row in await work.connection.fetch(f"EXPLAIN {sql}", *values))
                assert index in plan, plan
                assert not any(whole in plan for whole in ("Seq Scan on member", "Seq Scan on expectation", "Merge Join")), plan


async def test_a_line_that_names_a_returned_cheque_is_no_other_by_its_pence(world: World) -> None:
    cheques = [("000101", 900), ("000102", 800)]
    told = [reversal(name, pence, method_of_payment="cheque", source_reversal_id=name) for name, pence in cheques]
    await world.hear([*told, line("l", -800, "UNPAID CHEQUE 000101")])
    at_all, at_new, _ = await looks(world)
    assert at_all.pairings == at_new.pairings == []
    assert [(each.kind, each.item and each.item.reference) for each in at_all.differences] == [("amount-differs", "000101")]


def test_what_is_new_is_looked_at_at_once_and_all_that_is_open_for_a_twentieth_of_the_time() -> None:
    pace, looks = Pace(), []
    for now, heard in [(100, 1), (102, 2), (103, 2), (119, 3), (120, 3), (121, 3), (140, 3), (161, 3)]:
        due = pace.due(heard, now)
        looks.append(due)
        if due:
            pace.looked(due, heard, (now, now + (1 if due == "all" else 0)))
    assert looks == ["all", "new", None, "new", "all", None, None, "all"]


async def test_looks_at_what_is_new_between_two_looks_at_all_change_nothing_of_a_day(world: World) -> None:
    facts = anytown_day()
    await world.hear(facts)
    await world.settle()
    whole = await world.state()
    await world.clear()
    Random(5).shuffle(facts)
    for start in range(0, len(facts), 4):
        await world.hear(facts[start : start + 4])
        async with begin(world.pool) as work:
            assert await reconcile_new(work, world.pack)
    await world.settle()
    assert await world.state() == whole
    assert await world.broken_laws() == []
