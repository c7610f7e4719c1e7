"""Free text weighed on a real PostgreSQL: what is counted, what is decided anew, what stays, and what people are shown."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest

from allocation.anytown import COUNCIL, PACK, name, payment, penalty, reversal, running_account
from allocation.doors import SETTINGS, client_of
from allocation.test_allocation_handlers import assert_lawful, hear, placed, told
from ims_allocation.app import build
from ims_allocation.domain import Decided, Names, Part, is_sampled
from ims_allocation.handlers import on_accounts, on_payments
from ims_allocation.handlers.news import News, bring_up_to_date, lock
from ims_allocation.settings import Packs
from ims_allocation.store import evidence
from ims_contracts.accounts import Holder
from ims_contracts.payments import Payer, PaymentReceived
from ims_kit import begin

PACKS = Packs([replace(PACK, funds={code: replace(fund, repair=True) for code, fund in PACK.funds.items()})])
TAX = running_account("770001148", balance_pence=19220, instalment_pence=9610)
RIVAL = running_account("770009548", balance_pence=19220, instalment_pence=9610)
ON = date(2026, 3, 10)


def misread(pence: int = 9610, typed: str | None = "770009148", **fields: Any) -> PaymentReceived:
    return payment(typed, pence, ON, channel="bank-transfer", **fields)


async def where(pool: Any) -> list[str]:
    ends = [(p.reason or f"{p.rule} {p.parts[0].account_reference}") for p in (await placed(pool)).values() if p]
    return sorted(ends)


async def test_what_accounts_owe_is_counted_whatever_revisions_come_and_in_whatever_order(pool: Any) -> None:
    chance = random.Random(5)
    changes: list[Any] = [
        running_account(f"77{n:07}", revision=r, balance_pence=chance.randrange(4) * 100, instalment_pence=chance.choice([None, 100]))
        for n in range(12)
        for r in range(1, 5)
    ]
    changes += [penalty(f"BJ9000000{number}") for number in range(3)] * 2
    chance.shuffle(changes)
    for start in range(0, len(changes), 5):
        await hear(pool, *changes[start : start + 5])
    latest: dict[str, Any] = {}
    for change in sorted(changes, key=lambda each: each.revision):
        latest[change.account_reference] = change
    counts: Counter[tuple[str, int]] = Counter()
    for each in latest.values():
        owed = {0, each.balance_pence, each.instalment_pence, *(stage.amount_pence for stage in each.schedule)} - {None}
        counts.update((each.fund, pence) for pence in owed)
    rows = await pool.fetch("SELECT fund, amount_pence, accounts FROM owing WHERE accounts <> 0")
    assert {(row["fund"], row["amount_pence"]): row["accounts"] for row in rows} == dict(counts)


async def test_a_misread_reference_is_put_right_and_says_why(pool: Any) -> None:
    await hear(pool, TAX, misread(), packs=PACKS)
    [fact] = await told(pool)
    assert (fact.rule, fact.parts[0].account_reference) == ("reference-repaired", "770001148")
    assert await pool.fetchval("SELECT tag FROM placement") == "repaired"
    await assert_lawful(pool)


@pytest.mark.parametrize("accounts", [[TAX], [running_account("770001148"), TAX.model_copy(update={"revision": 2})]])
async def test_a_misread_payment_waits_until_the_account_that_it_nearly_names_comes_or_owes_this(pool: Any, accounts: list[Any]) -> None:
    await hear(pool, misread(), packs=PACKS)
    for account in accounts:
        assert await where(pool) == ["unknown-reference"]
        await hear(pool, account, packs=PACKS)
    assert await where(pool) == ["reference-repaired 770001148"]
    assert (await told(pool))[-1].revision == 2


async def test_what_was_decided_stays_when_a_rival_comes_or_the_account_is_closed(pool: Any) -> None:
    fine = penalty("BJ90034458")
    await hear(pool, TAX, fine, misread(), misread(3500, "BJ90034485", called="2"), packs=PACKS)
    decided = ["reference-repaired 770001148", "reference-repaired BJ90034458"]
    assert await where(pool) == decided
    await hear(pool, RIVAL, fine.model_copy(update={"revision": 2, "status": "closed"}), packs=PACKS)
    await hear(pool, misread(), packs=PACKS)
    assert await where(pool) == decided
    assert len(await told(pool)) == 2
    await assert_lawful(pool)


async def test_a_repaired_payment_goes_back_whole_and_is_tagged_once(pool: Any) -> None:
    await hear(pool, penalty("BJ90034458"), misread(3500, "BJ90034485"), packs=PACKS)
    await hear(pool, reversal("1", 3500, date(2026, 3, 20)), packs=PACKS)
    assert (await placed(pool))[COUNCIL, name("1")].outcome == "reversed"
    assert await pool.fetchval("SELECT count(*) FROM placement WHERE tag IS NOT NULL") == 1
    await assert_lawful(pool)


async def test_payments_end_alike_in_any_order_and_any_batches(pool: Any) -> None:
    typed = ["770009148", "770001148", "7700011498", "77001148", "BJ90034485", "BJ90034458", "3000000123", "AT99AAB", "nothing"]
    typed += ["770001148 RENT", "CTAX 7700 01148", "AT99 AAB"]
    accounts = [TAX, penalty("BJ90034458", second_keys=["AT99 AAB"]), running_account("3000000123", "19", balance_pence=3500)]
    ends = []
    for seed in range(4):
        council = f"W9999990{seed}"
        packs = Packs([replace(PACKS[COUNCIL], council=council)])
        chance = random.Random(seed)
        heard = [misread(pence, text, called=f"{text} {pence}") for text in typed for pence in (9610, 3500, 7)]
        chance.shuffle(heard)
        heard += chance.sample(heard, 5)
        await hear(pool, *(fact.model_copy(update={"council": council}) for fact in accounts), packs=packs)
        for start in range(0, len(heard), step := chance.randrange(1, 9)):
            await hear(pool, *(fact.model_copy(update={"council": council}) for fact in heard[start : start + step]), packs=packs)
        ends.append({id_: placement for (_, id_), placement in (await placed(pool, council)).items()})
    assert len({p.rule for p in ends[0].values()}) > 3
    assert all(end == ends[0] for end in ends)
    await assert_lawful(pool)


async def decide(pool: Any, decided: Decided | None) -> None:
    key = COUNCIL, name("1")
    async with begin(pool) as work:
        reached = await lock([(COUNCIL, part.account_reference) for part in decided.parts] if decided else [], [key], work)
        await bring_up_to_date(News(decided={key: decided}), reached, PACKS, work)


async def outcomes(pool: Any) -> list[tuple[str, bool]]:
    return [tuple(row) for row in await pool.fetch("SELECT fund, is_wrong FROM automatic_outcome")]


async def test_a_scheme_stops_repairing_when_people_found_too_many_wrong(pool: Any) -> None:
    await hear(pool, TAX, misread(), packs=PACKS)
    await decide(pool, Decided(name("right"), (Part("23", "770001148", 9610),)))
    assert await outcomes(pool) == [("23", False)]
    await decide(pool, Decided(name("wrong"), (Part("19", "3000000123", 9610),)))
    assert await outcomes(pool) == [("23", True)]
    await decide(pool, None)
    assert await outcomes(pool) == [("23", False)]
    await decide(pool, Decided(name("wrong"), (Part("19", "3000000123", 9610),)))
    await decide(pool, Decided(name("wrong"), (Part("19", "3000000123", 9610),)))
    assert await outcomes(pool) == [("23", True)]
    await hear(pool, misread(called="2"), packs=PACKS)
    assert await where(pool) == ["officer 3000000123", "unknown-reference"]
    await pool.execute("UPDATE automatic_outcome SET found_on = found_on - 31")
    await hear(pool, misread(called="3"), packs=PACKS)
    assert (await where(pool)).count("reference-repaired 770001148") == 1


async def test_undoing_a_decision_gives_a_repaired_payment_its_home_again_whatever_came_since(pool: Any) -> None:
    await hear(pool, TAX, misread(), packs=PACKS)
    await decide(pool, Decided(name("wrong"), (Part("19", "3000000123", 9610),)))
    await hear(pool, RIVAL, packs=PACKS)
    assert await where(pool) == ["officer 3000000123"]
    await decide(pool, None)
    assert await where(pool) == ["reference-repaired 770001148"]
    assert await pool.fetchval("SELECT count(*) FROM placement WHERE tag IS NOT NULL") == 1
    await assert_lawful(pool)


async def test_undoing_a_decision_weighs_anew_what_was_in_suspense(pool: Any) -> None:
    await hear(pool, misread(), packs=PACKS)
    await decide(pool, Decided(name("early"), (Part("19", "3000000123", 9610),)))
    await hear(pool, TAX, packs=PACKS)
    await decide(pool, None)
    assert await where(pool) == ["reference-repaired 770001148"]
    await assert_lawful(pool)


async def test_undoing_a_decision_on_a_repaired_penalty_settles_it_again_with_all_its_payments(pool: Any) -> None:
    await hear(pool, penalty("BJ90034458"), misread(3500, "BJ90034485"), packs=PACKS)
    await decide(pool, Decided(name("wrong"), (Part("19", "3000000123", 3500),)))
    await hear(pool, payment("BJ90034458", 3500, ON, called="2"), packs=PACKS)
    await decide(pool, None)
    assert sorted(p.outcome for p in (await placed(pool)).values()) == ["discount", "duplicate"]
    await assert_lawful(pool)


async def test_a_payment_that_was_repaired_twice_is_one_repair(pool: Any) -> None:
    other = running_account("770001478", balance_pence=9610)
    for revision, typed in enumerate(["770009148", "770001478", "770009148"], 1):
        await hear(pool, TAX, other, misread(typed=typed, revision=revision), packs=PACKS)
    assert await pool.fetchval("SELECT count(*) FROM placement WHERE tag = 'repaired'") == 2
    await decide(pool, Decided(name("wrong"), (Part("19", "3000000123", 9610),)))
    [row] = await pool.fetch(evidence.WRONG, [COUNCIL], date(2000, 1, 1))
    assert (row["placed"], row["wrong"]) == (1, 1)


async def test_a_payers_name_is_evidence_only_where_there_is_a_key_and_is_kept_nowhere(pool: Any) -> None:
    named = TAX.model_copy(update={"holder": Holder(name="Mr B Sample")})
    names = Names(b"a key that tests know of")
    for number, each in enumerate((Names(), names)):
        async with begin(pool) as work:
            await on_accounts([named.model_copy(update={"revision": number + 2})], work, packs=PACKS, names=each)
        async with begin(pool) as work:
            await on_payments([misread(7, called=str(number), payer=Payer(name="SAMPLE B"))], work, packs=PACKS, names=each)
    assert await where(pool) == ["reference-repaired 770001148", "unknown-reference"]
    written = [str(dict(row)) for table in ("account", "placement", "typed") for row in await pool.fetch(f"SELECT * FROM {table}")]
    assert not any("sample" in text.lower() for text in written)


@pytest.fixture
async def http(pool: Any) -> Any:
    service = build(SETTINGS)
    service.pool, service.api.state.packs = pool, PACKS
    async with client_of(service) as client:
        yield client


async def test_a_payment_tells_what_was_weighed_in_words(pool: Any, http: httpx.AsyncClient) -> None:
    await hear(pool, TAX, misread(), packs=PACKS)
    [step] = (await http.get(f"/v1/payments/{name('1')}", params={"council": COUNCIL})).json()["steps"]
    [candidate] = step["evidence"]["candidates"]
    assert (candidate["account_reference"], step["rule"], step["evidence"]["tag"]) == ("770001148", "reference-repaired", "repaired")
    assert step["words"] == "put on the account whose reference it is but for one keying error"
    assert step["figures"] == ["£96.10 is on 23/770001148"]
    assert [vote.partition(": ")[2] for vote in candidate["votes"]] == [
        "one character is another than in its reference", "the amount is its instalment",
    ]  # fmt: skip


async def test_suspense_ranks_what_was_weighed_as_of_now(pool: Any, http: httpx.AsyncClient) -> None:
    await hear(pool, TAX, RIVAL.model_copy(update={"balance_pence": 1, "instalment_pence": 2}), misread(5), packs=PACKS)
    [item] = (await http.get("/v1/suspense", params={"council": COUNCIL})).json()["items"]
    assert [s["why"] for s in item["suggestions"]] == [["one-character-off", "amount-is-not-due"]] * len(item["suggestions"])
    assert len(item["suggestions"]) >= 1


async def test_one_in_twenty_of_what_was_repaired_is_shown_to_a_person(pool: Any, http: httpx.AsyncClient) -> None:
    many = [misread(called=str(number)) for number in range(100)]
    await hear(pool, TAX, *many, packs=PACKS)
    day = (await pool.fetchval("SELECT max(posted_on) FROM placement")).isoformat()
    sampled = {str(each.payment_id) for each in many if is_sampled(each.payment_id)}
    asked = {"council": COUNCIL, "on": day}
    assert {row["payment_id"] for row in (await http.get("/v1/automatic/sample", params=asked)).json()["payments"]} == sampled
    first = (await http.get("/v1/automatic/sample", params=asked | {"count_max": 1})).json()
    rest = (await http.get("/v1/automatic/sample", params=asked | {"after": first["next"]})).json()
    assert ({row["payment_id"] for row in first["payments"] + rest["payments"]}, rest["next"]) == (sampled, None)


@pytest.mark.parametrize("typed", ["AT99 AAB", "BJ90034485", "BJ9034458 fine"])
@pytest.mark.parametrize("batches", [1, 2])
async def test_a_penalty_named_by_vehicle_or_nearly_is_settled_with_all_its_payments(pool: Any, typed: str, batches: int) -> None:
    heard = [payment("BJ90034458", 3500, ON), misread(3500, typed, called="2")]
    await hear(pool, penalty("BJ90034458", second_keys=["AT99 AAB"]), packs=PACKS)
    for batch in [heard] if batches == 1 else [[each] for each in heard]:
        await hear(pool, *batch, packs=PACKS)
    assert sorted(p.outcome for p in (await placed(pool)).values()) == ["discount", "duplicate"]
    await assert_lawful(pool)
