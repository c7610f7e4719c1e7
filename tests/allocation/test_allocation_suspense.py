"""The queue of suspense: found, sorted, owned, written to, and worked off."""

from datetime import date, timedelta
from typing import Any

import pytest

from allocation.anytown import COUNCIL, name, payment, penalty, running_account
from allocation.doors import Office, group, of, to
from ims_allocation.domain.days import age, aged

TAX, OTHER_TAX = "23/770001478", "23/770001559"


@pytest.fixture
async def office(clean_pool: Any) -> Office:
    """Six payments in suspense, and one that is not."""
    office = Office(clean_pool)
    await office.hear(
        running_account("770001478"), running_account("770001559"), penalty("BJ90134361"), payment("770001478", 700, called="home"),
        *(payment(None, 1000 * at, called=f"none {at}", narrative=f"FPI Smith {at}0% off", channel="bank-transfer") for at in (1, 2, 3)),
        payment("BJ90138361", 3500, called="misread"), payment("770001643", 4000, called="awaited", method_of_payment="cash"),
        payment("770001478 770001559", 5000, called="both"),
    )  # fmt: skip
    return office


async def found(office: Office, **asked: Any) -> set[str]:
    names = {str(name(each)): each for each in ("none 1", "none 2", "none 3", "misread", "awaited", "both")}
    answer = await office.get("/v1/suspense", **asked)
    assert answer["count"] == len(answer["items"])
    assert answer["pence"] == sum(item["suspended_pence"] for item in answer["items"])
    return {names[item["payment_id"]] for item in answer["items"]}


@pytest.mark.parametrize(
    ("asked", "items"),
    [
        ({}, {"none 1", "none 2", "none 3", "misread", "awaited", "both"}),
        ({"reason": "no-reference"}, {"none 1", "none 2", "none 3"}),
        ({"reason": "account-awaited"}, {"awaited"}),
        ({"method": "cash"}, {"awaited"}),
        ({"amount_min": 3000, "amount_max": 4000}, {"none 3", "misread", "awaited"}),
        ({"text": "smith"}, {"none 1", "none 2", "none 3"}),
        ({"text": "20% OFF"}, {"none 2"}),
        ({"text": "_"}, set()),
        ({"text": "90138"}, {"misread"}),
        ({"text": "770001643"}, {"awaited"}),
        ({"owner": "Ann"}, set()),
        ({"is_owned": False, "amount_max": 1000}, {"none 1"}),
        ({"age_min": 1}, set()),
        ({"age_max": 0, "amount_max": 1000}, {"none 1"}),
    ],
)
async def test_items_are_found_by_what_is_known_of_them(office: Office, asked: dict[str, Any], items: set[str]) -> None:
    assert await found(office, **asked) == items


@pytest.mark.parametrize(("sort", "first"), [("amount", 1000), ("-amount", 5000), ("since", None), ("-since", None)])
async def test_pages_have_every_item_once(office: Office, sort: str, first: int | None) -> None:
    asked, items = {"sort": sort, "count_max": 2}, []
    page = await office.get("/v1/suspense", **asked)
    while True:
        items += page["items"]
        assert page["count"] == 6
        if page["next"] is None:
            break
        page = await office.get("/v1/suspense", **asked, after=page["next"])
    assert len({item["payment_id"] for item in items}) == len(items) == 6
    amounts = [item["suspended_pence"] for item in items]
    assert first is None or (amounts[0] == first and amounts == sorted(amounts, reverse=sort == "-amount"))


async def test_an_item_says_why_and_what_it_may_be(office: Office) -> None:
    item = await office.get(f"/v1/suspense/{name('misread')}")
    assert (item["reason"], item["typed"], item["age_working_days"]) == ("unknown-reference", "BJ90138361", 0)
    assert item["suggestions"][0]["account_reference"] == "BJ90134361"
    assert (await office.http.get(f"/v1/suspense/{name('home')}", params={"council": COUNCIL})).status_code == 404


async def test_items_are_assigned_written_to_and_decided_many_at_once(office: Office) -> None:
    acts = {
        "assign": [{"payment_id": str(name(each)), "owner": "Ann", "area": "revenues"} for each in ("none 1", "none 2", "home")],
        "note": [{"payment_id": str(name("none 1")), "note": "rang the payer"}],
        "decide": [
            group(of("none 3"), to((TAX, 3000)), reason="the payer rang"),
            group(of("both"), to((TAX, 9000)), reason="a guess"),
            group(of("both"), to((TAX, 2000), (OTHER_TAX, 3000)), reason="the payer rang"),
        ],
    }
    results = (await office.post("/v1/suspense/actions", acts, "many")).json()["results"]
    assert [each["status"] for each in results] == [201, 201, 404, 201, 201, 422, 201]
    assert "more than the £50.00" in results[5]["reasons"][0]
    assert ([each.get("state") for each in results[4:]], len(results[4]["decision_id"])) == (["in-force", None, "in-force"], 36)
    assert await found(office, owner="Ann", area="revenues") == {"none 1", "none 2"}
    assert await found(office) == {"none 1", "none 2", "misread", "awaited"}
    item = await office.get(f"/v1/suspense/{name('none 1')}")
    assert [(each["kind"], each["note"], each["given_by"]) for each in item["notes"]] == [
        ("assign", None, "Ann"),
        ("note", "rang the payer", "Ann"),
    ]
    again = (await office.post("/v1/suspense/actions", acts, "many")).json()["results"]
    assert [each["status"] for each in again] == [200, 200, 404, 200, 200, 412, 200]
    assert len((await office.get(f"/v1/suspense/{name('none 1')}"))["notes"]) == 2
    other = await office.post("/v1/suspense/actions", {"note": [{"payment_id": str(name("none 1")), "note": "x"}]}, "many")
    assert other.json()["results"][0]["status"] == 422
    await office.assert_lawful()


async def test_an_item_is_taken_from_its_owner_only_by_who_knows_of_them(office: Office) -> None:
    async def assign(owner: str | None, instead_of: str | None = None) -> int:
        act = {"payment_id": str(name("none 1")), "owner": owner, "instead_of": instead_of}
        answer = await office.post("/v1/suspense/actions", {"assign": [act]})
        return int(answer.json()["results"][0]["status"])

    assert [await assign("Ann"), await assign("Ann"), await assign("Bob"), await assign("Bob", "Cid")] == [201, 201, 409, 409]
    assert [await assign("Bob", "Ann"), await assign(None, "Bob")] == [201, 201]
    assert await found(office, is_owned=True) == set()
    await office.assert_lawful()


async def test_what_is_left_keeps_its_owner_and_what_comes_back_has_it_again(office: Office) -> None:
    act = {"payment_id": str(name("none 3")), "owner": "Ann"}
    await office.post("/v1/suspense/actions", {"assign": [act]})
    await office.decide(group(of("none 3"), to((TAX, 1000))))
    item = await office.get(f"/v1/suspense/{name('none 3')}")
    assert (item["owner"], item["suspended_pence"], item["reason"]) == ("Ann", 2000, "left-by-officer")
    rest = (await office.decide(group(of(("none 3", 2)), to((TAX, 3000))))).json()
    assert await found(office, owner="Ann") == set()
    await office.post(f"/v1/decisions/{rest['decision_id']}/undo", {"reason": "no"})
    assert await found(office, owner="Ann") == {"none 3"}
    await office.assert_lawful()


async def test_a_release_that_was_undone_makes_an_item_no_younger(office: Office) -> None:
    aging = "UPDATE placement SET posted_on = posted_on - 30; UPDATE suspense_item SET since_on = since_on - 30"
    await office.pool.execute(f"SET session_replication_role = replica; {aging}; RESET session_replication_role")
    before = await office.get(f"/v1/suspense/{name('none 3')}")
    released = (await office.decide(group(of("none 3"), to((TAX, 3000))))).json()
    await office.post(f"/v1/decisions/{released['decision_id']}/undo", {"reason": "no"})
    assert (await office.get(f"/v1/suspense/{name('none 3')}"))["since_on"] == before["since_on"]
    await office.decide(group(of(("none 3", 3)), to((TAX, 3000))))
    await office.decide(group(of(("none 3", 4)), to((TAX, 1000)), rest_to_suspense=True))  # it was released for good, and comes anew
    assert (await office.get(f"/v1/suspense/{name('none 3')}"))["since_on"] > before["since_on"]


async def test_an_item_whose_account_comes_leaves_the_queue(office: Office) -> None:
    await office.hear(running_account("770001643"))
    assert "awaited" not in await found(office)
    await office.assert_lawful()


@pytest.mark.parametrize("today", [date(2026, 1, 2) + timedelta(days=at) for at in range(0, 130, 3)])
def test_an_age_and_the_day_it_begins_say_the_same(today: date) -> None:
    for count in range(1, 12):
        begins = aged(count, today)
        assert age(begins, today) >= count > age(begins + timedelta(days=1), today)


@pytest.mark.parametrize(
    ("since", "today", "days"),
    [
        (date(2026, 3, 16), date(2026, 3, 16), 0),
        (date(2026, 3, 13), date(2026, 3, 16), 1),
        (date(2026, 4, 2), date(2026, 4, 7), 1),  # Good Friday and Easter Monday
        (date(2025, 12, 24), date(2026, 1, 2), 4),
        (date(2026, 3, 17), date(2026, 3, 16), 0),
    ],
)
def test_weekends_and_bank_holidays_do_not_age_an_item(since: date, today: date, days: int) -> None:
    assert age(since, today) == days
