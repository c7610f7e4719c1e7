"""What officers and `ims check` are answered over HTTP."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import pytest

from allocation.anytown import COUNCIL, PACKS, name, payment, penalty, reversal, running_account
from allocation.doors import SETTINGS, client_of
from golden import examples
from ims_allocation.app import build
from ims_allocation.handlers import on_accounts, on_payments, on_reconciliations
from ims_allocation.store import reports
from ims_allocation.wording import NOT_TAKEN
from ims_contracts.accounts import AccountChanged
from ims_contracts.payments import PaymentReceived, PaymentReversed, RefundSent
from ims_contracts.reconciliations import PaymentReconciled
from ims_kit import begin


@pytest.fixture
async def http(pool: Any) -> AsyncIterator[httpx.AsyncClient]:
    service = build(SETTINGS)
    service.pool = pool
    async with begin(pool) as work:
        await on_accounts([running_account(), penalty("BJ90134361")], work, packs=PACKS)
    async with begin(pool) as work:
        heard: list[Any] = [
            payment(),
            payment("BJ90138361", 3500, date(2026, 3, 10), called="2", channel="bank-transfer"),
            payment("BJ90134361", 3500, date(2026, 3, 10), called="3"),
        ]
        await on_payments(heard, work, packs=PACKS)
    async with client_of(service) as client:
        yield client


async def test_a_payment_tells_its_story(http: httpx.AsyncClient, pool: Any) -> None:
    async with begin(pool) as work:
        await on_payments([reversal("3", 3500, date(2026, 5, 10))], work, packs=PACKS)
    story = (await http.get(f"/v1/payments/{name('3')}", params={"council": COUNCIL})).json()
    assert [step["words"] for step in story["steps"]] == ["settled the penalty at the discount", "went back: nothing of it counts any more"]
    assert story["steps"][0]["candidates"] == ["11/BJ90134361"]
    assert story["came"] == "£35.00 came on the web (card); it counts as paid on 10 March 2026"
    assert [step["figures"] for step in story["steps"]] == [
        ["£35.00 is on 11/BJ90134361", "£35.00 was owed"], ["£35.00 went back on 10 May 2026: the cheque was returned"],
    ]  # fmt: skip
    assert {step["rule_version"] for step in story["steps"]} == {"anytown-2026-03"}
    assert story["steps"][1]["went_back"][0]["reason"] == "cheque-returned"
    assert sum(line["amount_pence"] for line in story["lines"]) == 0
    assert len(story["lines"]) == 4


@pytest.mark.parametrize(
    ("of", "reference", "came"),
    [
        (None, "770001478", "money went back, and what took it names no payment"),
        ("unknown", "770001478", "only what went back of it is known: the payment itself has not come"),
        ("unknown", None, "only what went back of it is known: the payment itself has not come"),
    ],
)
async def test_of_what_went_back_alone_nothing_is_said_to_have_come(
    http: httpx.AsyncClient, pool: Any, of: str | None, reference: str | None, came: str
) -> None:
    back = reversal(of, 4000, reference=reference)
    async with begin(pool) as work:
        await on_payments([back], work, packs=PACKS)
    assert (await http.get(f"/v1/payments/{back.payment_id or back.reversal_id}", params={"council": COUNCIL})).json()["came"] == came


@pytest.mark.parametrize(
    ("status", "on", "pence", "owed"),
    [
        ("open", date(2026, 4, 1), 7000, "£70.00 was owed"),
        ("open", date(2026, 5, 10), 10500, "£105.00 was owed, after the charge certificate"),
        ("open", date(2026, 6, 10), 11500, "£115.00 was owed, after its registration with the court"),
        ("closed", date(2026, 4, 1), 7000, "£70.00 was owed, though its back office has closed it"),
    ],
)
async def test_a_payment_for_a_penalty_says_at_which_stage_it_was(
    http: httpx.AsyncClient, pool: Any, status: str, on: date, pence: int, owed: str
) -> None:
    async with begin(pool) as work:
        await on_accounts([penalty("BJ90012273", status=status)], work, packs=PACKS)
        await on_payments([payment("BJ90012273", pence, on, called="staged")], work, packs=PACKS)
    [step] = (await http.get(f"/v1/payments/{name('staged')}", params={"council": COUNCIL})).json()["steps"]
    assert (step["words"], step["figures"][-1]) == ("settled the penalty", owed)


async def test_a_plain_payment_tells_its_story_too(http: httpx.AsyncClient) -> None:
    story = (await http.get(f"/v1/payments/{name('1')}", params={"council": COUNCIL})).json()
    assert story["steps"][0]["words"] == "put on the account that its reference names"
    assert story["allocated_pence"] == 5000


GUARDED = (
    f"/v1/payments/{name('1')}", f"/v1/accounts/{COUNCIL}/11/BJ90134361", "/v1/suspense", f"/v1/suspense/{name('2')}",
    "/v1/automatic/sample", "/v1/automatic/stopped", "/v1/decisions", "/v1/journals", "/v1/refunds", "/v1/packs",
)  # fmt: skip


@pytest.mark.parametrize("path", GUARDED)
async def test_people_are_told_of_only_to_their_own_councils_officers(http: httpx.AsyncClient, path: str) -> None:
    asked = {"council": COUNCIL, "on": "2026-03-18"}
    assert (await http.get(path, params=asked)).status_code == 200
    assert (await http.get(path, params=asked, headers={"authorization": "Bearer of nobody"})).status_code == 401
    other = await http.get(path.replace(COUNCIL, "E08000016"), params=asked | {"council": "E08000016"})
    assert (other.status_code, other.json()["reasons"]) == (403, [f"Your token is for {COUNCIL}."])


@pytest.mark.parametrize(
    ("heard", "owed"),
    [
        ([], 0),  # settled at the discount: no later stage opens it
        ([reversal("3", 3500, date(2026, 5, 10))], 11500),  # open again, at the stage of today
        ([penalty("BJ90134361", revision=9, status="cancelled")], 0),
        ([reversal("3", 3500, date(2026, 5, 10)), payment("BJ90134361", 2000, date(2026, 6, 10), called="part")], 9500),
    ],
)
async def test_an_account_shows_what_is_owed_of_a_penalty_today(http: httpx.AsyncClient, pool: Any, heard: list[Any], owed: int) -> None:
    async with begin(pool) as work:
        await on_accounts([each for each in heard if isinstance(each, AccountChanged)], work, packs=PACKS)
        await on_payments([each for each in heard if not isinstance(each, AccountChanged)], work, packs=PACKS)
    assert (await http.get(f"/v1/accounts/{COUNCIL}/11/BJ90134361")).json()["owed_pence"] == owed
    assert (await http.get(f"/v1/accounts/{COUNCIL}/23/770001478")).json()["owed_pence"] is None


async def test_an_account_shows_that_its_back_office_stopped_it_and_why(http: httpx.AsyncClient, pool: Any) -> None:
    async with begin(pool) as work:
        await on_accounts([penalty("BJ90134361", revision=9, is_stopped=True, stop_reason="Ring us first")], work, packs=PACKS)
    account = (await http.get(f"/v1/accounts/{COUNCIL}/11/BJ90134361")).json()
    assert (account["is_stopped"], account["stop_reason"]) == (True, "Ring us first")


async def test_an_account_shows_what_was_paid_on_it(http: httpx.AsyncClient) -> None:
    account = (await http.get(f"/v1/accounts/{COUNCIL}/11/BJ90134361")).json()
    assert (account["paid_pence"], len(account["stages"])) == (3500, 4)
    assert (await http.get(f"/v1/accounts/{COUNCIL}/11/BJ00000000")).status_code == 404


@pytest.mark.parametrize(
    ("council", "fund", "reference", "reason"),
    [
        (COUNCIL, "11", "BJ90134361", None),
        (COUNCIL, "11", "BJ90138361", "account-not-found"),
        (COUNCIL, "11", "BJ901343", "account-not-found"),
        (COUNCIL, "13", "LEISURE", None),
        (COUNCIL, "13", "LEISURES", "reference-invalid"),
        (COUNCIL, "99", "LEISURE", "unknown-fund"),
        ("E08000016", "13", "LEISURE", "unknown-fund"),
    ],
)
async def test_whoever_takes_a_payment_may_ask_first(
    http: httpx.AsyncClient, council: str, fund: str, reference: str, reason: str | None
) -> None:
    asked = {"council": council, "fund": fund, "reference": reference, "amount_pence": 100}
    told = (await http.get("/v1/validation", params=asked)).json()
    assert told == {"is_valid": reason is None, "reason": reason, "words": NOT_TAKEN[reason] if reason else None, "message": None}


@pytest.mark.parametrize(
    ("fund", "reference", "pence", "method", "words"),
    [
        ("51", "LB12345678", 10_001, None, "it is more than the fund takes at once"),
        ("13", "LEISURE", 1_000_001, "cash", "it is more than is taken at once by that method of payment"),
        ("13", "LEISURE", 100, "barter", "the council takes no money by that method of payment"),
    ],
)
async def test_why_a_payment_may_not_be_taken_is_said_in_words(
    http: httpx.AsyncClient, fund: str, reference: str, pence: int, method: str | None, words: str
) -> None:
    asked = {"council": COUNCIL, "fund": fund, "reference": reference, "amount_pence": pence}
    told = (await http.get("/v1/validation", params=asked | ({"method_of_payment": method} if method else {}))).json()
    assert (told["is_valid"], told["words"]) == (False, words)


STOP = {"is_stopped": True, "stop_reason": "an enforcement agent collects it"}


@pytest.mark.parametrize(
    ("told", "may_pay_stopped", "reason", "message"),
    [
        ([STOP], False, "account-on-stop", "an enforcement agent collects it"),
        ([STOP], True, None, "an enforcement agent collects it"),
        ([{"is_stopped": True}], False, "account-on-stop", None),
        ([{"stop_reason": "an old message"}], False, None, None),
        ([STOP, {"is_stopped": False}], False, None, None),  # a later revision lifts it
        ([{}, STOP], False, "account-on-stop", "an enforcement agent collects it"),
    ],
)
async def test_whoever_takes_a_payment_is_told_of_a_stop_and_its_message(
    http: httpx.AsyncClient, pool: Any, told: list[Any], may_pay_stopped: bool, reason: str | None, message: str | None
) -> None:
    async with begin(pool) as work:
        changes = [running_account("770001148", revision=number, **each) for number, each in enumerate(told, 1)]
        await on_accounts(changes, work, packs=PACKS)
    asked = {"council": COUNCIL, "fund": "23", "reference": "770001148", "amount_pence": 100, "may_pay_stopped": may_pay_stopped}
    answer = (await http.get("/v1/validation", params=asked)).json()
    assert (answer["is_valid"], answer["reason"], answer["message"]) == (reason is None, reason, message)
    other = (await http.get("/v1/validation", params=asked | {"reference": "770001147"})).json()
    assert (other["is_valid"], other["message"]) == (False, None)


async def test_money_that_was_paid_for_a_stopped_account_is_put_on_it(http: httpx.AsyncClient, pool: Any) -> None:
    async with begin(pool) as work:
        await on_accounts([running_account(revision=2, **STOP)], work, packs=PACKS)
    async with begin(pool) as work:
        await on_payments([payment(called="4")], work, packs=PACKS)
    story = (await http.get(f"/v1/payments/{name('4')}", params={"council": COUNCIL})).json()
    assert story["allocated_pence"] == 5000


async def test_suspense_shows_why_and_what_it_may_be(http: httpx.AsyncClient) -> None:
    [item] = (await http.get("/v1/suspense", params={"council": COUNCIL})).json()["items"]
    assert (item["reason"], item["typed"], item["suspended_pence"]) == ("unknown-reference", "BJ90138361", 3500)
    assert item["words"] == "the reference fails its check digit"
    [suggested] = item["suggestions"]
    assert suggested.pop("words") == "one character of its reference is typed otherwise; the amount is one that it owes"
    assert suggested == {"fund": "11", "account_reference": "BJ90134361", "why": ["one-character-off", "amount-is-due"]}


async def test_the_books_balance_and_say_so(http: httpx.AsyncClient) -> None:
    books = (await http.get("/v1/balances", params={"council": COUNCIL})).json()
    assert books["received"] == {"count": 3, "pence": 12000}
    assert books["suspended_by_reason"] == {"unknown-reference": {"count": 1, "pence": 3500}}
    assert set(books["differences"].values()) == {0}
    laws = (await http.get("/v1/laws")).json()
    assert {law["holds"] for law in laws} == {True}
    assert len(laws) == 9


async def test_books_that_are_empty_balance(http: httpx.AsyncClient) -> None:
    books = (await http.get("/v1/balances", params={"council": "E08000016"})).json()
    assert books["received"] == {"count": 0, "pence": 0}
    assert set(books["differences"].values()) == {0}


async def test_every_example_of_what_is_heard_can_be_handled(pool: Any) -> None:
    payments: list[Any] = [each for message in (PaymentReceived, PaymentReversed, RefundSent) for each in examples(message)]
    async with begin(pool) as work:
        await on_accounts(examples(AccountChanged), work, packs=PACKS)
        await on_payments(payments, work, packs=PACKS)
        await on_reconciliations(examples(PaymentReconciled), work)
    assert await pool.fetchval("SELECT count(*) FROM placement") > 0


async def test_a_council_without_a_pack_has_all_its_money_held(pool: Any) -> None:
    async with begin(pool) as work:
        await on_payments([payment(council="E08000016")], work, packs=PACKS)
    assert await pool.fetchval("SELECT outcome FROM placement") == "suspended"


async def test_what_an_account_was_paid_in_all_counts_the_payments_that_are_not_listed(pool: Any, http: httpx.AsyncClient) -> None:
    in_all, listed = await reports.on_account(pool, (COUNCIL, "11", "BJ90134361"), None, count_max=0)
    assert (in_all, list(listed)) == (3500, [])


async def test_every_door_says_in_words_what_it_does_and_what_it_takes(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    ours = {path: doors for path, doors in document["paths"].items() if path.startswith("/v1/") and "aside" not in path}
    doors = [door for each in ours.values() for door in each.values()]
    assert [door["operationId"] for door in doors if "description" not in door] == []
    changing = [each["post"] for path, each in ours.items() if "post" in each and "/packs" not in path]  # a pack is known by its version
    assert len(changing) == 15
    for door in changing:
        assert door["requestBody"]["content"]["application/json"]["schema"]["type"] == "object"
        assert (door["security"], "Idempotency-Key" in [each["name"] for each in door["parameters"]]) == ([{"HTTPBearer": []}], True)
    assert "$ref" not in str([door["requestBody"] for door in changing])
