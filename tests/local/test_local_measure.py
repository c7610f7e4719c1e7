"""The measurements measure: the same for the same seed, close to its aim, able to see a mistake; a queue as the service fills it."""

import random
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

import asyncpg
import pytest
import yaml

from ims_allocation.domain import pack
from ims_local.measure.queue import FILTERS, SEARCHES, measure
from ims_local.measure.register import Register
from ims_local.measure.running import Run
from ims_local.measure.tally import interval
from ims_local.measure.transfers import Payers
from ims_local.progress import Steps


@pytest.fixture(scope="module")
def register() -> Register:
    return Register(pack(yaml.safe_load(files("ims_local.measure").joinpath("pack.yaml").read_text("utf-8"))), 20_000, 1)


def run(register: Register, seed: int, count: int) -> dict[str, Any]:
    measured = Run(register)
    for transfer in Payers(register, seed).transfers(count):
        measured.take(transfer)
    found = measured.tally.found()
    del found["microseconds"]
    return found


def test_a_seed_gives_the_same_figures_again_and_they_are_near_the_aim(register: Register) -> None:
    once = run(register, 1, 1_500)
    assert once == run(register, 1, 1_500)
    assert once["automatic_of_decidable_percent"] > 90
    assert once["wrong"] <= 1
    assert sum(each["right"] + each["wrong"] for each in once["ways"].values()) + sum(once["held"].values()) == 1_500


def test_payers_pay_for_others_always_the_same_and_what_they_paid_is_known(register: Register) -> None:
    payers = {person: {register.usual_payer(person, random.Random(at)) for at in range(12)} for person in range(400)}
    assert all(len(of_one) <= 2 for of_one in payers.values())
    assert 20 < sum(of_one != {person} for person, of_one in payers.items()) < 120
    register.know_payers(0.4)
    found = run(register, 3, 1_500)
    assert 0.3 < sum(map(len, register.paid.values())) / len(register.by_key) < 0.4
    register.know_payers(0)
    assert found["held"] != run(register, 3, 1_500)["held"]
    assert found["wrong"] <= 1


def test_a_wrong_allocation_is_counted(register: Register) -> None:
    measured = Run(register)
    transfer = next(each for each in Payers(register, 2).transfers(100) if each.how == "exact" and each.meant and each.meant.fund == "23")
    other = next(entry for entry in register.entries["23"] if entry is not transfer.meant)
    measured.take(transfer)
    measured.take(transfer._replace(meant=other))
    assert (measured.tally.automatic, measured.tally.wrong) == (2, 1)


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.390)])
def test_the_interval_of_rare_events_is_the_exact_one(count: int, low: float, high: float) -> None:
    assert interval(count) == (pytest.approx(low, abs=0.001), pytest.approx(high, abs=0.001))


async def test_a_queue_of_suspense_is_filled_and_all_of_it_is_asked_for(database: Callable[[], Awaitable[str]], register: Register) -> None:
    url = await database()
    found = await measure(url, 1_000, register, 1, Steps())
    assert found["items"] == 1_000
    assert {f"{name}, ms" for name in (*FILTERS, *SEARCHES, "one item", "first page by since", "last page by -amount")} <= set(found)
    assert found["slowest_ms"] == max(each["slowest"] for name, each in found.items() if name.endswith(", ms")) > 0
    connection = await asyncpg.connect(url)
    reasons = {row[0] for row in await connection.fetch("SELECT DISTINCT reason FROM suspense_item")}
    assert {"no-reference", "unknown-reference", "account-awaited"} <= reasons
    assert await connection.fetchval("SELECT count(*) FROM suspense_item") == await connection.fetchval("SELECT count(*) FROM placement")
    await connection.close()
