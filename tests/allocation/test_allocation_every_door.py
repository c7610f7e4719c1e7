"""Every list has pages, every command a key, and whatever can be changed an `ETag`: no door is forgotten."""

from typing import Any

import pytest

from allocation.anytown import COUNCIL, name, payment
from allocation.doors import group, of, to
from allocation.test_allocation_at_once import DEBT, OTHER_TAX, TAX, Busy
from allocation.test_allocation_payers import KEY, transfer
from allocation.test_allocation_rejections import RUN, rejected

ACCOUNT = f"/v1/accounts/{COUNCIL}/{TAX}"
LISTS = {
    "/v1/suspense": ("items", "after", "payment_id"),
    "/v1/decisions": ("decisions", "before", "decision_id"),
    "/v1/journals": ("decisions", "before", "decision_id"),
    "/v1/refunds": ("refunds", "after", "refund_id"),
    "/v1/payers": ("payers", "before", "learning_id"),
    "/v1/rejected-lines": ("lines", "after", "sequence"),
    "/v1/packs": ("versions", "before", "version"),
    "/v1/automatic/sample": ("payments", "after", "payment_id"),
    ACCOUNT: ("payments", "before", "payment_id"),
}
NO_LISTS = {"/v1/validation", "/v1/balances", "/v1/laws", "/v1/automatic/stopped"}
MADE_BY_OTHER_TESTS = ("/v1/packs", "/v1/automatic/sample")


@pytest.fixture
async def office(clean_pool: Any) -> Busy:
    """With at least two of everything that is listed."""
    office = await Busy(clean_pool, name_key=KEY).furnish()
    for called in ("rent", "rates"):
        await office.hear(transfer(called))
        assert (await office.decide(group(of(called), to((TAX, 9610))))).status_code == 201
    for pence in (1, 2):
        journal = {"sources": to((TAX, pence)), "targets": to((DEBT, pence)), "reason": "r"}
        assert (await office.post("/v1/journals", journal)).status_code == 201
    await office.hear(payment("770001478", 700, called="more"))
    await office.post("/v1/automatic/stop", COMMANDS["/v1/automatic/resume"])
    await office.reject(rejected("tax"), rejected("tax", sequence=2), rejected("tax", pence=-5000, sequence=3))
    return office


async def doors(office: Busy, method: str) -> dict[str, Any]:
    document = (await office.http.get("/openapi.json")).json()["paths"]
    return {path: each[method] for path, each in document.items() if method in each and path.startswith("/v1/") and "aside" not in path}


async def test_no_list_is_forgotten_and_each_says_that_it_has_pages(office: Busy) -> None:
    found = {path: {each["name"]: each["schema"] for each in door["parameters"]} for path, door in (await doors(office, "get")).items()
             if not path.endswith(("}", "/diff")) and path not in NO_LISTS}  # fmt: skip
    assert set(found) == set(LISTS) - {ACCOUNT}
    for path, asked in found.items():
        assert {"council", LISTS[path][1]} < set(asked)
        assert asked["count_max"]["maximum"] <= 500


@pytest.mark.parametrize("path", LISTS)
async def test_the_pages_of_a_list_have_each_item_once(office: Busy, path: str) -> None:
    items, following, key = LISTS[path]
    asked = {"on": "2026-03-16"} if path.endswith("sample") else {}
    whole = await office.get(path, **asked)
    seen, page = [], await office.get(path, count_max=1, **asked)
    while page["next"]:
        seen += page[items]
        page = await office.get(path, count_max=1, **asked, **{following: page["next"]})
    assert [each[key] for each in [*seen, *page[items]]] == [each[key] for each in whole[items]]
    assert len(whole[items]) >= 2 or path in MADE_BY_OTHER_TESTS
    nonsense = await office.http.get(path, params={"council": COUNCIL, **asked, following: "nonsense"})
    assert (nonsense.status_code, nonsense.json()["title"]) == (400, "The cursor is none that we gave")


@pytest.mark.parametrize(
    ("path", "asked", "reason"),
    [
        ("/v1/decisions", {"state": "secret"}, "query.state: Input should be 'proposed'"),
        ("/v1/refunds", {"count_max": 501}, "query.count_max: Input should be less than"),
        ("/v1/suspense/secret", {}, "path.payment_id: Input should be a valid UUID"),
        (f"/v1/payments/{name('nobody')}", {}, "Look for its id"),
        (f"/v1/accounts/{COUNCIL}/23/none", {}, "Look for a mistyped character"),
    ],
)
async def test_every_no_says_in_words_why_and_what_to_do(office: Busy, path: str, asked: dict[str, Any], reason: str) -> None:
    answer = await office.http.get(path, params={"council": COUNCIL} | asked)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["reasons"][0].startswith(reason), "secret" in answer.text) == (True, False)


COMMANDS: dict[str, dict[str, Any]] = {
    "/v1/decisions": {"decisions": [group(of("stray"), to((TAX, 5000)))], "reason": "r"},
    "/v1/journals": {"sources": to((TAX, 7)), "targets": to((OTHER_TAX, 7)), "reason": "r"},
    "/v1/refunds": {"payment_id": str(name("more")), "revision": 1, "amount_pence": 70, "reason": "r"},
    "/v1/rejected-lines/settle": {"run_id": str(RUN), "sequence": 3, "reason": "r"},
    "/v1/automatic/stop": {"fund": "23", "way": "repaired", "reason": "r"},
    "/v1/automatic/resume": {"fund": "24", "way": "repaired", "reason": "r"},
    "/v1/suspense/actions": {"note": [{"payment_id": str(name("stray")), "note": "r"}]},
    "/v1/decisions/{decision_id}/approve": {},
    "/v1/decisions/{decision_id}/undo": {"reason": "r"},
    "/v1/journals/{decision_id}/approve": {},
    "/v1/journals/{decision_id}/undo": {"reason": "r"},
    "/v1/refunds/{refund_id}/approve": {},
    "/v1/refunds/{refund_id}/cancel": {"reason": "r"},
    "/v1/payers/{learning_id}/confirm": {"reason": "r"},
    "/v1/payers/{learning_id}/revoke": {"reason": "r"},
}


async def filled(office: Busy, path: str) -> str:
    """The door of something that the command can still be done to."""
    if "learning_id" in path:
        return path.format(learning_id=(await office.get("/v1/payers"))["payers"][0]["learning_id"])
    journal = (await office.get("/v1/journals"))["decisions"][0]["decision_id"]
    proposed = path.startswith("/v1/decisions") or path.endswith("approve")
    return path.format(decision_id=office.proposed if proposed else journal, refund_id=office.asked)


async def test_no_command_is_forgotten(office: Busy) -> None:
    packs = {"/v1/packs", "/v1/packs/{version}/approve", "/v1/packs/{version}/dry-run"}  # on a page of their own
    assert set(await doors(office, "post")) == {*COMMANDS, *packs}


@pytest.mark.parametrize("path", COMMANDS)
async def test_a_command_sent_again_is_done_once(office: Busy, path: str) -> None:
    door = await filled(office, path)
    assert (await office.post(door, COMMANDS[path], by="Bob", **{"idempotency-key": ""})).status_code == 400
    first = await office.post(door, COMMANDS[path], key="k", by="Bob")
    assert first.status_code in (200, 201), first.text
    after = await office.state()
    again = await office.post(door, COMMANDS[path], key="k", by="Bob")
    assert (again.status_code, await office.state()) == (200, after)
    await office.assert_lawful()


@pytest.mark.parametrize("path", [path for path in COMMANDS if "{" in path])
async def test_what_changed_since_it_was_looked_at_is_not_acted_on(office: Busy, path: str) -> None:
    door = await filled(office, path)
    looked_at = await office.http.get(door.rpartition("/")[0], params={"council": COUNCIL})
    before = await office.state()
    stale = await office.post(door, COMMANDS[path], by="Bob", **{"if-match": '"another"'})
    assert (stale.status_code, await office.state()) == (412, before)
    assert stale.json()["reasons"][0]
    for _ in range(2):  # and once more, by who does not know that it was done
        done = await office.post(door, COMMANDS[path], "k", by="Bob", **{"if-match": looked_at.headers["etag"]})
        assert done.status_code == 200, done.text
    now = await office.http.get(door.rpartition("/")[0], params={"council": COUNCIL})
    assert now.headers["etag"] != looked_at.headers["etag"]
