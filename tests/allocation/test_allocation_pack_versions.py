"""Versions of a pack, on a real PostgreSQL: proposed by one, tried out, approved by another, and followed by every process."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from allocation.anytown import COUNCIL, name, payment, penalty, rows, running_account, sample_accounts, sample_event
from allocation.doors import KEYS
from allocation.test_allocation_packs import EDITION, FILES, written
from ims_allocation.app import build
from ims_allocation.domain.editions.edition import edition_of
from ims_allocation.handlers import on_accounts, on_payments
from ims_allocation.handlers.shelf import Shelf
from ims_allocation.settings import Officer, Settings
from ims_allocation.store import packs, reports
from ims_kit import Stop, begin
from ims_kit.work import LONDON

TODAY = datetime.now(UTC).astimezone(LONDON).date()
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
FIRST = "anytown-2026-03"
PEOPLE = {"ann": COUNCIL, "bob": COUNCIL, "cid": COUNCIL, "eve": "E08000016"}

CASH_TO_MARKET = """rules:
  - name: cash-to-market
    priority: 1
    when: channel == "cash"
    then: {fund: "52", account_reference: MK/TAKINGS}
    before: references
    examples: [{payment: {channel: cash}, applies: true}]
"""


def content(version: str = "next", **files: str) -> str:
    """A whole pack in one body: Anytown's, of another version, with some of its files otherwise."""
    council = FILES["council.yaml"].replace(FIRST, version)
    return "\n".join((FILES | {"council.yaml": council} | {f"{each}.yaml": text for each, text in files.items()}).values())


@pytest.fixture
async def service(pool: Any) -> Any:
    officers = {who: Officer(token_sha256=hashlib.sha256(who.encode()).hexdigest(), council=where) for who, where in PEOPLE.items()}
    service = build(Settings(kafka_bootstrap="nowhere:9", database_url="postgresql://nowhere/none", officers=officers))
    service.pool = pool
    async with begin(pool) as work:
        await service.api.state.packs.read(work)
    return service


@pytest.fixture
async def http(service: Any) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=service.api)
    async with httpx.AsyncClient(transport=transport, base_url="http://allocation", headers=by("ann")) as client:
        yield client


def by(who: str, key: str | None = None, **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {who}", "idempotency-key": key or next(KEYS)} | more


async def propose(
    http: httpx.AsyncClient, body: str | None = None, who: str = "ann", on: date = TODAY, key: str | None = None
) -> httpx.Response:
    asked = {"effective_on": on.isoformat(), "reason": "a new year"}
    return await http.post("/v1/packs", params=asked, content=(body or content()).encode(), headers=by(who, key))


async def approve(
    http: httpx.AsyncClient, version: str = "next", who: str = "bob", over: str = FIRST, **headers: str
) -> httpx.Response:
    return await http.post(f"/v1/packs/{version}/approve", json={"compared_with": over}, headers=by(who, **headers))


async def another_process(pool: Any) -> Shelf:
    shelf = Shelf([EDITION])
    async with begin(pool) as work:
        await shelf.read(work)
    return shelf


async def hear(pool: Any, shelf: Any, *heard: Any) -> None:
    async with begin(pool) as work:
        await shelf.by(on_payments)(list(heard), work)


async def hear_at_last(pool: Any, shelf: Any, heard: list[Any]) -> None:
    """As the kit's reader: an accident rolls the batch back, and it comes again."""
    for _ in range(20):
        with suppress(asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            return await hear(pool, shelf, *heard)
    pytest.fail("it never came through")


async def test_the_operators_pack_is_the_first_version_once(http: httpx.AsyncClient, pool: Any) -> None:
    await asyncio.gather(*(another_process(pool) for _ in range(5)))
    answer = (await http.get("/v1/packs", params={"council": COUNCIL})).json()
    assert answer["in_force"] == FIRST
    assert [(each["version"], each["state"], each["proposed_by"]) for each in answer["versions"]] == [(FIRST, "approved", "operator")]


async def test_a_version_comes_into_force_by_another_persons_word_in_every_process(http: httpx.AsyncClient, pool: Any) -> None:
    other = await another_process(pool)
    proposed = await propose(http, content(rules=CASH_TO_MARKET))
    assert (proposed.status_code, proposed.json()["compared_with"]) == (201, FIRST)
    assert [each.partition(" is ")[0] for each in proposed.json()["differences"]] == [
        "rule cash-to-market", "rule market-takings", "rule large-without-reference",
    ]  # fmt: skip
    async with begin(pool) as work:
        await on_accounts([running_account()], work, packs=other.today())
        await other.read(work)
    await hear(pool, other, payment("770001478", called="before", channel="cash"))
    assert (await approve(http)).json()["state"] == "approved"
    async with begin(pool) as work:
        await other.read(work)
    await hear(pool, other, payment("770001478", called="after", channel="cash"))
    rows = await pool.fetch("SELECT payment_id, rule, rule_version, fund FROM placement")
    assert {row["payment_id"]: (row["rule"], row["rule_version"], row["fund"]) for row in rows} == {
        name("before"): ("reference", FIRST, "23"),
        name("after"): ("rule:cash-to-market", "next", "52"),
    }


async def test_a_process_that_begins_decides_by_what_is_approved_not_by_the_operators_folder(http: httpx.AsyncClient, pool: Any) -> None:
    await propose(http, content(rules=CASH_TO_MARKET))
    await approve(http)
    await hear(pool, Shelf([EDITION]), payment(None, called="1", channel="cash"))
    assert await pool.fetchval("SELECT rule_version FROM placement") == "next"


async def test_a_version_that_this_release_cannot_read_stops_a_process_that_begins(http: httpx.AsyncClient, pool: Any) -> None:
    said = json.dumps(EDITION.said | {"version": "of-a-later-release", "colour": "red"})
    async with begin(pool) as work:
        kept = packs.row(packs.Proposal(EDITION, TODAY, "ann", "new"), work)
        await packs.PROPOSE(work.connection, [(kept[0], "of-a-later-release", said, *kept[3:])])
    assert (await approve(http, "of-a-later-release")).status_code == 409
    async with begin(pool) as work:
        version = await packs.find(COUNCIL, "of-a-later-release", work.connection)
        assert version
        await packs.approve(version, "bob", FIRST, work)
    shelf = Shelf([EDITION])
    with pytest.raises(Stop, match=r"cannot be read by this release: .*colour"):
        await hear(pool, shelf, payment(None))
    assert await pool.fetchval("SELECT count(*) FROM placement") == 0


async def test_a_version_waits_for_its_day(http: httpx.AsyncClient, pool: Any) -> None:
    await propose(http, on=TOMORROW)
    await approve(http)
    shelf = await another_process(pool)
    assert [shelf.on(day)[COUNCIL].version for day in (YESTERDAY, TODAY, TOMORROW)] == [FIRST, FIRST, "next"]


async def test_of_two_versions_of_one_day_the_one_approved_last_is_in_force(http: httpx.AsyncClient, pool: Any) -> None:
    await propose(http, content("one"))
    await propose(http, content("two"))
    assert (await approve(http, "two")).status_code == 200
    assert (await approve(http, "one", over="two")).status_code == 200
    assert (await another_process(pool)).today()[COUNCIL].version == "one"


@pytest.mark.parametrize("who", ["ann", " Ann "])
async def test_who_proposed_a_version_may_not_approve_it(http: httpx.AsyncClient, pool: Any, who: str) -> None:
    await propose(http)
    refused = await approve(http, who="ann")
    assert (refused.status_code, refused.json()["title"]) == (403, "Who proposed a version may not approve it")
    by_hand = """INSERT INTO pack_approval SELECT council, version, proposed_by, $1, now(), effective_on, $2
      FROM pack_version WHERE version = 'next'"""
    with pytest.raises(asyncpg.CheckViolationError):  # the database holds it too, whoever asks
        await pool.execute(by_hand, who, FIRST)
    assert (await another_process(pool)).today()[COUNCIL].version == FIRST


async def test_an_approval_of_what_was_compared_with_another_version_is_refused(http: httpx.AsyncClient) -> None:
    await propose(http, content("one"))
    await propose(http, content("two"))
    await approve(http, "one")
    stale = await approve(http, "two")
    assert (stale.status_code, stale.json()["reasons"]) == (409, ["Look at the diff to one, approve again."])
    assert (await http.get("/v1/packs/two/diff", params={"council": COUNCIL})).json()["compared_with"] == "one"


async def test_a_proposal_and_an_approval_may_be_sent_again(http: httpx.AsyncClient) -> None:
    assert [(await propose(http)).status_code for _ in range(2)] == [201, 200]
    assert [(await approve(http)).status_code for _ in range(2)] == [200, 200]
    assert (await propose(http, content(offices="offices: {}"))).status_code == 409
    assert (await propose(http, who="bob")).status_code == 409


async def test_a_command_has_a_key_of_its_own(http: httpx.AsyncClient) -> None:
    assert [(await propose(http, key="k")).status_code for _ in range(2)] == [201, 200]
    assert (await propose(http, content("other"), key="k")).status_code == 422
    assert (await propose(http, on=TOMORROW)).status_code == 409  # the same version, of another day
    unkeyed = await http.post("/v1/packs/next/approve", json={"compared_with": FIRST}, headers=by("bob") | {"idempotency-key": ""})
    assert unkeyed.status_code == 400


async def test_a_version_that_changed_since_it_was_looked_at_is_not_approved(http: httpx.AsyncClient) -> None:
    etag = (await propose(http)).headers["etag"]
    assert (await http.get("/v1/packs/next", params={"council": COUNCIL})).headers["etag"] == etag
    assert (await approve(http, **{"if-match": '"approved"'})).status_code == 412
    approved = await approve(http, **{"if-match": etag})
    assert (approved.status_code, approved.headers["etag"] != etag) == (200, True)
    assert (await approve(http, **{"if-match": etag})).status_code == 200  # sent again by who does not know that it was done
    assert (await approve(http, who="cid")).status_code == 409


@pytest.mark.parametrize(
    ("asked", "status", "reason"),
    [
        ({"who": "mallory"}, 401, "Send your token"),
        ({"who": "eve"}, 403, "You may propose one of E08000016"),
        ({"on": YESTERDAY}, 422, f"Say effective_on={TODAY}"),
        ({"body": "offices: [}"}, 422, "the body, line 1"),
        ({"body": "x" * (300 << 10)}, 413, "Send at most"),
        ({"body": content() + "\ncolour: red"}, 422, "colour is not known here"),
        ({"body": content(funds=FILES["funds.yaml"].replace('"60":', '"62":'))}, 409, "fund 60 would be known no more"),
        ({"body": content(rules=CASH_TO_MARKET.replace("applies: true", "applies: false"))}, 422, "has none that the rule applies to"),
    ],
)
async def test_what_cannot_be_proposed_is_refused_with_its_reasons(
    http: httpx.AsyncClient, pool: Any, asked: dict[str, Any], status: int, reason: str
) -> None:
    refused = await propose(http, **asked)
    assert refused.status_code == status
    assert any(reason in each for each in refused.json()["reasons"])
    assert await pool.fetchval("SELECT count(*) FROM pack_version") == 1


async def test_a_version_approved_for_a_later_day_must_know_every_fund(http: httpx.AsyncClient) -> None:
    funds = FILES["funds.yaml"].replace("credit_note_funds", '  "62":\n    name: Allotments\n    line_of_business: allotments\n'
                                        '    needs_account: false\n    masks: ["ALLOTMENT"]\ncredit_note_funds')  # fmt: skip
    await propose(http, content("later"), on=TOMORROW)
    await approve(http, "later")
    refused = await propose(http, content("sooner", funds=funds))
    assert (refused.status_code, "(later is approved for" in refused.json()["reasons"][0]) == (409, True)
    await propose(http, content("later-still", funds=funds), on=TOMORROW)
    await approve(http, "later-still", over="later")
    assert (await propose(http, content("sooner", funds=funds))).status_code == 201


@pytest.mark.parametrize("statement", ["UPDATE {} SET proposed_by = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("table", ["pack_version", "pack_approval"])
async def test_versions_and_approvals_only_grow(http: httpx.AsyncClient, pool: Any, statement: str, table: str) -> None:
    await propose(http)
    await approve(http)
    with pytest.raises(asyncpg.RaiseError, match="only grows"):
        await pool.execute(statement.format(table))


async def test_a_version_is_shown_whole_and_what_is_not_there_is_404(http: httpx.AsyncClient, service: Any) -> None:
    service.api.state.packs.today()[COUNCIL].tables.rules.failed.update(["market-takings"])
    found = (await http.get(f"/v1/packs/{FIRST}", params={"council": COUNCIL})).json()
    assert (found["content"], found["rules_failed"]) == (EDITION.said, {"market-takings": 1})
    for path in ("/v1/packs/none", "/v1/packs/none/diff"):
        assert (await http.get(path, params={"council": COUNCIL})).status_code == 404
    assert (await http.get(f"/v1/packs/{FIRST}", params={"council": "E08000016"}, headers=by("eve"))).status_code == 404


async def test_the_list_of_versions_has_pages_and_a_filter(http: httpx.AsyncClient) -> None:
    for version in ("one", "two"):
        await propose(http, content(version))
    pages, before = [], {}
    while before is not None:
        page = (await http.get("/v1/packs", params={"council": COUNCIL, "count_max": 2} | before)).json()
        pages.append([each["version"] for each in page["versions"]])
        before = {"before": page["next"]} if page["next"] else None
    assert pages == [["two", "one"], [FIRST]]
    waiting = (await http.get("/v1/packs", params={"council": COUNCIL, "is_approved": False})).json()["versions"]
    assert [each["version"] for each in waiting] == ["two", "one"]


async def test_processes_at_different_versions_keep_every_penny(http: httpx.AsyncClient, pool: Any) -> None:
    old = await another_process(pool)
    await propose(http, content(rules=CASH_TO_MARKET))
    await approve(http)
    new = await another_process(pool)
    async with begin(pool) as work:
        await on_accounts([running_account(), penalty("BJ90012273")], work, packs=new.today())
    heard = [
        payment(reference, 3500 + at, date(2026, 3, 10), called=str(at), channel="cash" if at % 2 else "web")
        for at, reference in enumerate(["770001478", "BJ90012273", None, "nonsense"] * 10)
    ]
    await asyncio.gather(*(hear_at_last(pool, shelf, heard[at : at + 5]) for at in range(0, 40, 5) for shelf in (old, new)))
    assert [law for law in await reports.laws(pool) if not law["holds"]] == []
    assert await pool.fetchval("SELECT count(DISTINCT payment_id) FROM placement") == 40
    assert {row["rule_version"] for row in await pool.fetch("SELECT DISTINCT rule_version FROM placement")} <= {FIRST, "next"}


async def test_a_dry_run_says_what_a_day_would_have_done_and_writes_nothing(http: httpx.AsyncClient, pool: Any) -> None:
    shelf = await another_process(pool)
    async with begin(pool) as work:
        await on_accounts([running_account(), penalty("BJ90012273"), penalty("BJ90134361")], work, packs=shelf.today())
    day = [
        payment("770001478", 1000, called="plain"),
        payment("770001478", 1001, called="plain cash", channel="cash"),
        payment(None, 1002, called="nothing"),
        payment(None, 1003, called="cash", channel="cash", narrative="Tuesday"),
        payment("BJ90012273", 3500, date(2026, 3, 10), called="penalty"),
        payment("BJ90134361 or so", 3500, date(2026, 3, 10), called="typed", channel="cash"),
    ]
    await hear(pool, shelf, *day)
    tables = ("placement", "ledger_line", "told", "interest", "typed", "pack_version")
    counts = [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables]
    await propose(http, content(rules=CASH_TO_MARKET))
    answer = (await http.post("/v1/packs/next/dry-run", params={"day": TODAY.isoformat(), "count_max": 2}, headers=by("bob"))).json()
    assert (answer["payments"], answer["differing"], answer["undecided"], len(answer["first"])) == (6, 3, 0, 2)
    assert answer["before"]["funds"] == {"23": 2001, "11": 7000, "suspense": 2005}
    assert (answer["before"]["cost_centres"], answer["after"]["cost_centres"]) == ({}, {"MK01": 1001 + 1003 + 3500})
    assert answer["difference"][:5] == [
        "fund 11: £35.00 less, £35.00 instead of £70.00", "fund 23: £10.01 less, £10.00 instead of £20.01",
        "fund 52: £55.04 more, £55.04 instead of £0.00", "in suspense: £10.03 less, £10.02 instead of £20.05",
        "cost centre MK01: £55.04 more, £55.04 instead of £0.00",
    ]  # fmt: skip
    assert answer["after"]["funds"] == {"23": 1000, "11": 3500, "52": 1001 + 1003 + 3500, "suspense": 1002}
    assert answer["after"]["outcomes"] == {
        "account": {"count": 4, "pence": 6504}, "discount": {"count": 1, "pence": 3500},
        "suspended:no-reference": {"count": 1, "pence": 1002},
    }  # fmt: skip
    assert {each["would_be"]["rule"] for each in answer["first"]} == {"rule:cash-to-market"}
    ends = {each["would_be"]["words"].partition(": ")[2] for each in answer["first"]}
    assert ends == {"£10.03 on 52/MK/TAKINGS for cost centre MK01", "£35.00 on 52/MK/TAKINGS for cost centre MK01"}
    assert [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables] == [*counts[:-1], counts[-1] + 1]


async def test_a_dry_run_counts_what_it_cannot_say(http: httpx.AsyncClient, pool: Any) -> None:
    shelf = await another_process(pool)
    async with begin(pool) as work:
        await on_accounts([running_account()], work, packs=shelf.today())
    await hear(pool, shelf, payment("770001478", narrative="for the market"), payment("770001478", called="2", channel="cash"))
    looks = CASH_TO_MARKET.replace('channel == "cash"', 'channel == "web" && words.like("*MARKET*")')
    await propose(http, content(rules=looks.replace("channel: cash", "channel: web, narrative: market")))
    answer = (await http.post("/v1/packs/next/dry-run", params={"day": TODAY.isoformat()}, headers=by("ann"))).json()
    assert (answer["payments"], answer["differing"], answer["undecided"]) == (2, 0, 1)


async def test_a_dry_run_reads_baskets_line_by_line(http: httpx.AsyncClient, pool: Any) -> None:
    shelf = await another_process(pool)
    async with begin(pool) as work:
        await on_accounts([running_account()], work, packs=shelf.today())
    tax, leisure = {"reference": "770001478", "amount_pence": 500}, {"fund": "13", "amount_pence": 300}
    odd = {"reference": "x", "amount_pence": 9}
    await hear(pool, shelf, payment(None, 800, basket=[tax, leisure]), payment(None, 509, called="2", basket=[tax, odd]))
    funds = FILES["funds.yaml"].replace("cost_centre: LC01", "cost_centre: LC99")
    await propose(http, content(funds=funds))
    answer = (await http.post("/v1/packs/next/dry-run", params={"day": TODAY.isoformat()}, headers=by("ann"))).json()
    assert (answer["payments"], answer["differing"], answer["undecided"]) == (2, 1, 1)
    assert answer["before"]["funds"] == answer["after"]["funds"] == {"13": 300, "23": 1000, "suspense": 9}
    assert (answer["before"]["cost_centres"], answer["after"]["cost_centres"]) == ({"LC01": 300}, {"LC99": 300})


async def test_a_dry_run_reads_all_of_the_day_that_touches_it(http: httpx.AsyncClient, pool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two payments for one penalty, each in a portion of its own: if the first goes elsewhere, the second is no duplicate."""
    monkeypatch.setattr("ims_allocation.handlers.trying.CHUNK", 1)
    shelf = await another_process(pool)
    async with begin(pool) as work:
        await on_accounts([penalty("BJ90012273")], work, packs=shelf.today())
    await hear(pool, shelf, payment("BJ90012273", 3500, date(2026, 3, 9), called="1", channel="cash"),
               payment("BJ90012273", 3500, date(2026, 3, 10), called="2"))  # fmt: skip
    await propose(http, content(rules=CASH_TO_MARKET))
    answer = (await http.post("/v1/packs/next/dry-run", params={"day": TODAY.isoformat()}, headers=by("ann"))).json()
    assert answer["before"]["outcomes"] == {"discount": {"count": 1, "pence": 3500}, "duplicate": {"count": 1, "pence": 3500}}
    assert answer["after"]["outcomes"] == {"account": {"count": 1, "pence": 3500}, "discount": {"count": 1, "pence": 3500}}


async def test_a_dry_run_of_the_version_in_force_differs_in_nothing(http: httpx.AsyncClient, pool: Any) -> None:
    shelf = await another_process(pool)
    async with begin(pool) as work:
        await on_accounts(sample_accounts(), work, packs=shelf.today())
    await hear(pool, shelf, *map(sample_event, rows("expected_outcomes.csv")))
    answer = (await http.post(f"/v1/packs/{FIRST}/dry-run", params={"day": TODAY.isoformat()}, headers=by("ann"))).json()
    assert (answer["before"], answer["difference"]) == (answer["after"], [])
    assert (answer["differing"], answer["undecided"], answer["first"]) == (0, 0, [])
    assert answer["payments"] > 40


async def test_an_approved_version_is_picked_up_by_a_running_process_within_seconds(http: httpx.AsyncClient, service: Any) -> None:
    following = asyncio.create_task(service.api.state.packs.follow(service))
    try:
        await propose(http)
        await approve(http)
        async with asyncio.timeout(5):
            while service.api.state.packs[COUNCIL].version != "next":
                await asyncio.sleep(0.05)
    finally:
        following.cancel()


async def test_a_kept_version_is_what_was_proposed(http: httpx.AsyncClient, pool: Any) -> None:
    await propose(http, json.dumps(edition_of(written("council.yaml", FIRST, "in-json")).said))
    found = await packs.contents([(COUNCIL, "in-json")], pool)
    assert json.loads(found[COUNCIL, "in-json"]) == EDITION.said | {"version": "in-json"}


@pytest.mark.parametrize(
    ("method", "pence", "reason"),
    [
        (None, 100_001, None), ("card-stripe", 100_001, None), ("paypoint", 100_000, None), ("paypoint", 100_001, "above-method-maximum"),
        ("barter", 1, "unknown-method-of-payment"),
    ],
)  # fmt: skip
async def test_a_payment_may_be_too_much_for_its_method(
    http: httpx.AsyncClient, method: str | None, pence: int, reason: str | None
) -> None:
    asked: dict[str, Any] = {"council": COUNCIL, "fund": "13", "reference": "LEISURE", "amount_pence": pence}
    asked |= {"method_of_payment": method} if method else {}
    assert (await http.get("/v1/validation", params=asked)).json()["reason"] == reason


async def test_a_payments_story_names_the_rule_that_placed_it(http: httpx.AsyncClient, pool: Any) -> None:
    await hear(pool, Shelf([EDITION]), payment(None, 1200, called="1", channel="cash", narrative="Market, Saturday"))
    [step] = (await http.get(f"/v1/payments/{name('1')}", params={"council": COUNCIL})).json()["steps"]
    assert (step["rule"], step["rule_version"]) == ("rule:market-takings", FIRST)
    assert step["words"] == "put on an account by the rule market-takings"


async def test_a_penalty_told_without_a_schedule_is_settled_by_the_laws(pool: Any) -> None:
    told = penalty("BJ90012273", schedule=[], issued_on=date(2026, 3, 2), contravention_code="01")
    async with begin(pool) as work:
        await on_accounts([told], work, packs=(await another_process(pool)).today())
    await hear(pool, Shelf([EDITION]), payment("BJ90012273", 3500, date(2026, 3, 15)))
    assert await pool.fetchval("SELECT outcome FROM placement") == "discount"
