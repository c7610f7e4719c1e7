"""Payments that a person may have made twice: which two are alike, in any order, and what officers hear of it."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.payments import Payer
from ims_notify.domain.clicks import clicks
from ims_notify.domain.received import Received
from notify.alerts_world import OFFICERS, TOKEN, client, empty, said, watch
from notify.notify_world import COUNCIL, DAY, notifying, payment, payment_id

NOW = datetime.now(UTC).replace(microsecond=0)
NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)


@pytest.fixture
async def notify(notify_url):
    async with notifying(notify_url, officers=OFFICERS) as found:
        await empty(found)
        yield found


def clicked(name: str = "one", minutes: float = 0, **changes: Any) -> Received:
    at = NOW + timedelta(minutes=minutes)
    return payment(name, **{"paid_at": at, "paid_on": NOW.date(), "received_on": NOW.date()} | changes)


async def later_ones(notify) -> list[str]:
    """The payments of which an alarm was raised."""
    rows = await notify.rows("SELECT case_name FROM alarm WHERE kind = 'duplicate'")
    names = {str(payment_id(name)): name for name in ("one", "two", "three")}
    return sorted(names[row[0]] for row in rows)


@pytest.mark.parametrize(
    ("second", "is_alike"),
    [
        ({}, True),
        ({"reference": " bj9000 1186"}, True),
        ({"minutes": 10}, True),
        ({"minutes": 10.5}, False),
        ({"amount_pence": 3501}, False),
        ({"reference": "BJ90001187"}, False),
        ({"fund": "23"}, False),
        ({"payer": Payer(email="another@example.org")}, False),
        ({"payer": Payer(name="another name", email="PAYER@example.org")}, True),
        ({"payer": None}, False),
        ({"council": "E07000001"}, False),
        ({"channel": "telephone"}, True),
        ({"channel": "direct-debit"}, False),
        ({"paid_at": None}, False),
        ({"reference": None}, False),
    ],
)
@pytest.mark.parametrize("is_backwards", [False, True])
async def test_two_that_are_alike_and_minutes_apart_are_told_of_once(notify, second, is_alike, is_backwards) -> None:
    facts = [clicked(), clicked("two", **{"minutes": 3} | second)]
    looking = watch()
    for fact in [*facts[:: -1 if is_backwards else 1], *facts]:
        await notify.hears(fact)
        looking.measured_at = None
        await looking.look(notify.service)
    assert await later_ones(notify) == ["two"] * is_alike
    assert await said(notify) == [["Something was paid twice by card"]] * is_alike


@pytest.mark.parametrize("order", list(itertools.permutations(["one", "two", "three"])))
async def test_of_three_the_later_two_are_told_of_in_any_order(notify, order) -> None:
    looking, minutes = watch(), {"one": 0, "two": 6, "three": 12}
    for name in order:
        await notify.hears(clicked(name, minutes[name]))
        looking.measured_at = None
        await looking.look(notify.service)
    assert await later_ones(notify) == ["three", "two"]


async def test_a_council_says_how_many_minutes(notify) -> None:
    await notify.hears(clicked(), clicked("two", 30))
    await watch(double_click_minutes=29).look(notify.service)
    assert await later_ones(notify) == []
    await notify.pool.execute("DELETE FROM click")
    await notify.hears(clicked(), clicked("two", 30))
    await watch(double_click_minutes=30).look(notify.service)
    assert await later_ones(notify) == ["two"]


async def test_an_officer_sees_which_payments_they_are_and_nothing_of_the_payer(notify) -> None:
    await notify.hears(clicked(), clicked("two", 1))
    await watch().look(notify.service)
    async with client(notify, TOKEN) as ann, client(notify, "bob") as bob:
        (alert,) = (await ann.get("/v1/alerts", params={"kind": "duplicate"})).json()["alerts"]
        path = f"/v1/alerts/{alert['alert_id']}/cases"
        (case,) = (await ann.get(path)).json()["cases"]
        assert (case["case_name"], case["detail"]) == (str(payment_id("two")), f"after {payment_id('one')}")
        assert (await bob.get(path)).json() == {"cases": [], "next": None}
        first = (await ann.get(path, params={"count_max": 1})).json()
        assert (await ann.get(path, params={"after": first["next"]})).json()["cases"] == []
    kept = str(await notify.rows("SELECT * FROM click")) + str(await notify.rows("SELECT * FROM alarm"))
    assert ("example.org" in kept, "BJ9" in kept, "3500" in kept) == (False, False, False)


async def test_they_are_forgotten_after_a_week(notify) -> None:
    await notify.hears(clicked())
    await watch().look(notify.service)
    await notify.pool.execute("UPDATE click SET paid_at = paid_at - interval '8 days'")
    await notify.hears(clicked("two"))
    await watch().look(notify.service)
    assert await notify.rows("SELECT payment_id FROM click") == [(payment_id("two"),)]


@given(st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_typed_has_a_likeness(reference: str, email: str) -> None:
    facts = {"paid_at": NOON, "reference": reference or None, "payer": Payer(email=email or None)}
    found = clicks([Received.model_construct(**dict(payment()) | facts)], DAY)
    assert [len(each.likeness) for each in found] == [16] * bool(reference)
    assert all(each.council == COUNCIL for each in found)


def test_what_is_a_week_old_is_no_news() -> None:
    assert clicks([payment(paid_at=NOON)], DAY + timedelta(days=7)) == []
