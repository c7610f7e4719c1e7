"""The laws of money, whatever is heard and in whatever order: no penny is lost, twice is once, order does not matter."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.anytown import PACK, PACKS, remembered
from allocation.events import Happened, Ruled, decided_worlds, tellings, worlds
from ims_allocation.domain import Account, Accounts, Change, PaymentKey, Placement, Progress, Record, cause, known, orphan
from ims_contracts.accounts import AccountChanged
from ims_contracts.payments import PaymentReceived


class World:
    """Allocation without a database: it remembers everything, and looks at everything each time."""

    def __init__(self) -> None:
        self.accounts: dict[Any, AccountChanged] = {}
        self.owed: dict[Any, set[int]] = {}
        self.records: dict[PaymentKey, Record] = {}
        self.changes: list[Change] = []

    def hear(self, batch: Sequence[Happened]) -> None:
        facts: dict[PaymentKey, Any] = {}
        causes: dict[PaymentKey, list[Any]] = {}
        decided: dict[PaymentKey, Any] = {}
        for each in batch:
            if isinstance(each, AccountChanged):
                self.learn(each)
            elif isinstance(each, Ruled):
                decided[each.key] = each.decided
            elif isinstance(each, PaymentReceived):
                key = each.council, each.payment_id
                fact = known(each, PACK.references.read(each.reference, None), PACK)
                facts[key] = max(facts.get(key, fact), fact, key=lambda one: one.heard_revision)
            elif each.payment_id is None:
                self.records.setdefault((each.council, each.reversal_id), orphan(each, PACK))
            else:
                causes.setdefault((each.council, each.payment_id), []).append(cause(each, PACK))
        progress = Progress(self.records, Accounts([*map(self.account, self.accounts)]), PACKS)
        self.changes += progress.hear(facts, causes, decided)
        self.records = progress.now

    def learn(self, change: AccountChanged) -> None:
        key = change.fund, change.account_reference
        self.owed.setdefault(key, set()).update(remembered(change).amounts_pence)
        if key not in self.accounts or self.accounts[key].revision < change.revision:
            self.accounts[key] = change

    def account(self, key: Any) -> Account:
        return replace(remembered(self.accounts[key]), amounts_pence=frozenset(self.owed[key]))

    @property
    def placed(self) -> dict[PaymentKey, Placement | None]:
        return {key: record.placement for key, record in self.records.items()}

    @property
    def ledger(self) -> Counter[Any]:
        ledger: Counter[Any] = Counter()
        for change in self.changes:
            assert sum(line.amount_pence for line in change.lines) == 0
            for line in change.lines:
                ledger[line.ledger_account, line.account_reference] += line.amount_pence
        return Counter({key: pence for key, pence in ledger.items() if pence})


def told_in(batches: Sequence[Sequence[Happened]]) -> World:
    world = World()
    for batch in batches:
        world.hear(batch)
    return world


def came_and_went(heard: Sequence[Happened]) -> int:
    """What came less what went back, each counted once."""
    once = {each.event_id: each for each in heard if not isinstance(each, AccountChanged | Ruled)}.values()
    return sum(
        (each.amount_pence if each.revision == 1 else 0) if isinstance(each, PaymentReceived) else -each.amount_pence for each in once
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_order_and_the_repetition_of_facts_do_not_matter(data: st.DataObject) -> None:
    facts = data.draw(st.one_of(worlds(), decided_worlds()))
    once = told_in([facts])
    other = told_in(data.draw(tellings(facts)))
    assert other.placed == once.placed
    assert other.ledger == once.ledger


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_penny_is_lost_at_any_moment(data: st.DataObject) -> None:
    world, heard = World(), list[Happened]()
    for batch in data.draw(tellings(data.draw(st.one_of(worlds(), decided_worlds())))):
        world.hear(batch)
        heard += batch
        there = [p for p in world.placed.values() if p]
        total = sum(p.allocated_pence + p.refund_due_pence + p.suspended_pence for p in there)
        assert total == sum(record.live_pence for record in world.records.values())
        first = {each.payment_id for each in heard if isinstance(each, PaymentReceived) and each.revision == 1}
        if all(each.payment_id in first for each in heard if isinstance(each, PaymentReceived)):
            assert total == came_and_went(heard)
        clearing = sum(pence for (account, _), pence in world.ledger.items() if account.startswith("clearing:"))
        assert clearing == total


@settings(max_examples=50, deadline=None)
@given(st.one_of(worlds(), decided_worlds()))
def test_facts_told_again_change_nothing(facts: list[Happened]) -> None:
    world = told_in([facts])
    changes = len(world.changes)
    world.hear(facts)
    for fact in facts:
        world.hear([fact])
    assert len(world.changes) == changes


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_the_revisions_of_a_payment_have_no_gap(data: st.DataObject) -> None:
    world = told_in(data.draw(tellings(data.draw(worlds()))))
    told: dict[PaymentKey, list[int]] = {}
    for change in world.changes:
        told.setdefault(change.after.key, []).append(change.after.revision)
    assert all(revisions == list(range(1, len(revisions) + 1)) for revisions in told.values())
