"""Learned payers: what a decision teaches, who may confirm it, what it weighs then, and that the bank account is nowhere in clear."""

import asyncio
import itertools
import random
from dataclasses import replace
from datetime import date
from typing import Any

import asyncpg
import pytest

from allocation.anytown import COUNCIL, PACK, PACKS, name, payment, penalty, remembered, running_account
from allocation.doors import Office, group, of, to
from ims_allocation.domain import PAYER_KNOWN, PAYER_LEARNED, Accounts, Hold, Names, Owing, Weighing, choose, known
from ims_allocation.domain.evidence import counted
from ims_allocation.handlers import again, weighing
from ims_allocation.store.accounts import account as from_row
from ims_allocation.store.accounts import row as to_row
from ims_allocation.store.tables import AccountRow
from ims_contracts.accounts import Holder
from ims_contracts.payments import Payer, PaymentReceived
from ims_kit import begin

KEY = "a key that only tests know"
NAMES = Names(KEY.encode())
BANK_ACCOUNT = "20000055779911"
TAX = running_account("770001148", balance_pence=19220, instalment_pence=9610)
OTHER = running_account("770001478", balance_pence=15000, instalment_pence=7500)
HOME = "23/770001148"


def transfer(called: str = "1", typed: str = "council tax", pence: int = 9610, **fields: Any) -> PaymentReceived:
    payer = fields.pop("payer", Payer(bank_account=BANK_ACCOUNT))
    return payment(typed, pence, date(2026, 3, 10), called=called, channel="bank-transfer", payer=payer, **fields)


@pytest.fixture
async def office(pool: Any) -> Office:
    office = Office(pool, name_key=KEY)
    await office.hear(TAX, OTHER, transfer())
    await pool.execute("UPDATE owing SET accounts = 100000 WHERE amount_pence = 0")  # among so many, the amount is a rare one
    return office


async def teach(office: Office, called: str = "1", by: str = "Ann", account: str = HOME, pence: int = 9610) -> Any:
    """A decision of a whole payment; what it taught."""
    revision = (await office.story(called))["revision"]
    answer = await office.decide(group(of((called, revision)), to((account, pence))), by=by)
    assert answer.status_code == 201, answer.text
    found = (await office.get("/v1/payers", payment_id=name(called)))["payers"]
    return answer.json() | {"learned": found[0] if found else None}


async def say(office: Office, what: str, learned: Any, by: str = "Bob") -> Any:
    return await office.post(f"/v1/payers/{learned['learning_id']}/{what}", {"reason": "looked at last year's payments"}, by=by)


@pytest.mark.parametrize("given", ["20000055779911", "20-00-00 55779911", "GB33BUKB20000055779911", "gb33 bukb 2000 0055 7799 11"])
def test_a_bank_account_is_the_same_however_it_is_given(given: str) -> None:
    digest = NAMES.of_bank_account(given)
    assert digest == NAMES.of_bank_account(BANK_ACCOUNT) != NAMES.of_bank_account("20000055779912")
    assert digest != Names(b"another key of the council").of_bank_account(given)
    assert BANK_ACCOUNT not in str(digest)


@pytest.mark.parametrize("given", ["", " -"])
def test_what_is_no_bank_account_and_what_has_no_key_is_nobody(given: str) -> None:
    assert NAMES.of_bank_account(given) is None
    assert Names().of_bank_account(BANK_ACCOUNT) is None


DEBT = running_account("3000000123", "19", balance_pence=24000)
NEXT_DEBT = running_account("3000000124", "19", balance_pence=31000)
TWIN = running_account("770001559", balance_pence=19220, instalment_pence=9610)
MANY = {(COUNCIL, "23"): 100_000, (COUNCIL, "19"): 100_000}


@pytest.mark.parametrize(
    ("typed", "pence", "accounts", "paid", "end"),
    [
        # its payer alone points at it
        ("council tax", 9610, [TAX, OTHER], [(TAX, PAYER_KNOWN)], "payer-and-evidence"),
        ("council tax", 5, [TAX, OTHER], [(TAX, PAYER_KNOWN)], "payer-alone"),
        ("from me", 5, [TAX, OTHER], [(TAX, PAYER_KNOWN)], "payer-alone"),
        ("invoice 60023459", 9610, [TAX, OTHER], [(TAX, PAYER_KNOWN)], "other-number"),
        ("invoice 12345", 9610, [TAX, OTHER], [(TAX, PAYER_KNOWN)], "other-number"),
        ("XY1234567A", 9610, [TAX, OTHER], [(TAX, PAYER_KNOWN)], "other-number"),
        ("770001478", 9610, [TAX, OTHER], [(TAX, PAYER_KNOWN)], "other-number"),  # typed is one, paid another: a doubt
        ("RENT", 9610, [TAX, OTHER], [(TAX, PAYER_KNOWN)], "not-sure"),
        ("council tax", 9610, [TAX, TWIN], [(TAX, PAYER_KNOWN), (TWIN, PAYER_KNOWN)], "not-sure"),
        ("council tax", 9610, [TAX, OTHER], [(TAX, PAYER_KNOWN), (OTHER, PAYER_KNOWN)], "payer-and-evidence"),  # by the amount
        ("council tax", 5, [TAX, OTHER], [(TAX, PAYER_KNOWN), (OTHER, PAYER_KNOWN)], "payer-alone"),
        # beside a reference that needs a second fact
        ("3000000123", 5, [DEBT], [], "no-second-fact"),
        ("3000000123", 5, [DEBT], [(DEBT, PAYER_KNOWN)], "reference-and-evidence"),
        ("3000000123", 5, [DEBT], [(DEBT, PAYER_LEARNED)], "no-second-fact"),
        ("3000000123", 5, [DEBT, NEXT_DEBT], [(DEBT, PAYER_KNOWN)], "payer-alone"),
        ("3000000123", 24000, [DEBT, NEXT_DEBT], [(DEBT, PAYER_KNOWN)], "reference-and-evidence"),
        ("3000000123", 5, [DEBT, TAX], [(TAX, PAYER_KNOWN)], "no-second-fact"),
    ],
)
def test_a_payers_history_is_one_vote_and_never_alone_enough(typed: str, pence: int, accounts: Any, paid: Any, end: str) -> None:
    found = [remembered(each) for each in accounts]
    heard = transfer(typed=typed, pence=pence)
    asked = known(heard, PACK.references.read(heard.reference, None), PACK, NAMES)
    of_payer = {remembered(each).key: says for each, says in paid}
    owing = Owing(counted(found).by_amount, MANY)
    chosen = choose(asked, Accounts(found, owing, (), {(COUNCIL, str(asked.payer)): of_payer}), PACK)
    assert chosen.evidence is not None
    assert end == (chosen.evidence.held_by if isinstance(chosen, Hold) else chosen.rule)
    assert (chosen.evidence.tag == "by-payer") == (end == "payer-and-evidence")


@pytest.mark.parametrize(("others", "end"), [(0, "payer-and-evidence"), (1, "not-sure"), (50, "not-sure")])
def test_an_amount_that_others_owe_too_is_not_enough_beside_the_payer_alone(others: int, end: str) -> None:
    asked = known(transfer(), PACK.references.read("council tax", None), PACK, NAMES)
    owing = Owing({(COUNCIL, "23", 9610): 1 + others}, MANY)
    payers = {(COUNCIL, str(asked.payer)): {remembered(TAX).key: PAYER_KNOWN}}
    chosen = choose(asked, Accounts([remembered(TAX)], owing, (), payers), PACK)
    assert chosen.evidence is not None
    assert end == (chosen.evidence.held_by if isinstance(chosen, Hold) else chosen.rule)


def test_the_payers_name_adds_nothing_to_its_bank_account() -> None:
    debt = DEBT.model_copy(update={"holder": Holder(name="Mr B Sample")})
    columns = list(AccountRow.model_fields)
    account = from_row(dict(zip(columns, to_row(debt, NAMES), strict=True)) | {"owed": []})
    owing = Owing(counted([account]).by_amount, MANY)

    def weighed(typed: str, name: str | None) -> Weighing:
        heard = transfer(typed=typed, pence=5, payer=Payer(bank_account=BANK_ACCOUNT, name=name))
        asked = known(heard, PACK.references.read(typed, None), PACK, NAMES)
        chosen = choose(asked, Accounts([account], owing, (), {(COUNCIL, str(asked.payer)): {account.key: PAYER_KNOWN}}), PACK)
        assert chosen.evidence is not None
        return chosen.evidence.weighings[0]

    assert weighed("from me", "B SAMPLE") == weighed("from me", None) == weighed("from me", "C OTHER")
    assert weighed("3000000123", "C OTHER") == weighed("3000000123", None)
    votes = {vote.says for vote in weighed("3000000123", "B SAMPLE").votes}
    assert {"name-agrees", "payer-known"} <= votes


def test_an_account_that_is_not_open_is_never_chosen_by_its_payer() -> None:
    asked = known(transfer(), PACK.references.read("council tax", None), PACK, NAMES)
    closed = remembered(TAX.model_copy(update={"status": "closed"}))
    payers = {(COUNCIL, str(asked.payer)): {closed.key: PAYER_KNOWN}}
    chosen = choose(asked, Accounts([closed], Owing({}, MANY), (), payers), PACK)
    assert (isinstance(chosen, Hold), chosen.evidence and chosen.evidence.held_by) == (True, "not-open")


async def test_a_decision_teaches_a_suggestion_and_a_second_person_makes_it_evidence(office: Office) -> None:
    learned = (await teach(office))["learned"]
    assert (learned["state"], learned["learned_by"], learned["account_reference"]) == ("learned", "Ann", "770001148")
    await office.hear(transfer("2"))
    item = await office.get(f"/v1/suspense/{name('2')}")
    assert [(s["account_reference"], s["why"][:2]) for s in item["suggestions"]] == [
        ("770001148", ["amount-is-instalment", "payer-learned"])
    ]
    assert (await say(office, "confirm", learned, by="Ann")).status_code == 403
    confirmed = await say(office, "confirm", learned)
    assert (confirmed.status_code, confirmed.json()["state"], confirmed.json()["confirmed_by"]) == (200, "confirmed", "Bob")
    assert (await say(office, "confirm", learned)).json() == confirmed.json()
    assert (await say(office, "confirm", learned, by="Cid")).status_code == 409
    assert await office.placed("2") == {HOME: 9610}  # what was in suspense of that payer was looked at again
    await office.hear(transfer("3"))
    assert await office.placed("3") == {HOME: 9610}
    await office.assert_lawful()


async def test_placing_by_the_payer_stops_for_a_fund_where_people_found_it_wrong_and_goes_on_after_thirty_days(office: Office) -> None:
    await say(office, "confirm", (await teach(office))["learned"])
    await office.hear(transfer("2"))
    assert await office.get("/v1/automatic/stopped") == []
    await office.decide(group(of("2"), to(("23/770001478", 9610))))
    [found] = await office.get("/v1/automatic/stopped")
    assert (found["fund"], found["tag"], found["wrong"], found["placed"], found["is_stopped"]) == ("23", "by-payer", 1, 1, True)
    await office.hear(transfer("3"), transfer("4", "770001148"))
    assert (await office.placed("3"), await office.placed("4")) == ({"suspended": 9610}, {HOME: 9610})
    [step] = (await office.story("3"))["steps"]
    assert step["evidence"]["held_by"] == "placing by the payer alone is stopped for it: too many were wrong, or an officer stopped it"
    await office.pool.execute("UPDATE automatic_outcome SET found_on = found_on - 31")
    await office.hear(transfer("5"))
    assert await office.placed("5") == {HOME: 9610}
    await office.assert_lawful()


def test_finance_can_switch_placing_by_the_payer_off_for_a_fund() -> None:
    asked = known(transfer(), PACK.references.read("council tax", None), PACK, NAMES)
    payers = {(COUNCIL, str(asked.payer)): {remembered(TAX).key: PAYER_KNOWN}}
    accounts = Accounts([remembered(TAX)], Owing(counted([remembered(TAX)]).by_amount, MANY), (), payers)
    off = replace(PACK, funds=PACK.funds | {"23": replace(PACK.funds["23"], by_payer=False)})
    chosen = choose(asked, accounts, off)
    assert isinstance(chosen, Hold)
    assert (chosen.evidence and chosen.evidence.held_by) == "by-payer-off"
    assert not isinstance(choose(asked, accounts, PACK), Hold)


async def test_what_was_learned_is_suggested_for_a_payment_whose_account_never_came_too(office: Office) -> None:
    await teach(office)
    await office.hear(transfer("2", typed="770001559"))
    item = await office.get(f"/v1/suspense/{name('2')}")
    assert item["reason"] == "account-awaited"
    [learned] = [each for each in item["suggestions"] if each["account_reference"] == "770001148"]
    assert learned["why"] == ["payer-learned", "amount-is-instalment"]


async def test_much_of_a_confirmed_payer_is_weighed_in_steps_which_go_on_after_any_end(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(again, "AT_ONCE_MAX", 4)
    learned = (await teach(office))["learned"]
    calls = [str(number) for number in range(2, 13)]
    await office.hear(*map(transfer, calls))
    await say(office, "confirm", learned)
    in_steps = "SELECT count(*) FROM suspense_item", "SELECT count(*) FROM weigh_again"
    assert [await office.pool.fetchval(each) for each in in_steps] == [7, 7]

    async def step(is_cut_off: bool = False) -> bool:
        async with begin(office.pool) as work:
            is_more = await again.weigh_some(PACKS, work)
            if is_cut_off:
                raise ConnectionError
            return is_more

    with pytest.raises(ConnectionError):
        await step(is_cut_off=True)
    assert [await office.pool.fetchval(each) for each in in_steps] == [7, 7]
    assert await asyncio.gather(step(), step()) in ([True, False], [False, True])
    assert [await office.pool.fetchval(each) for each in in_steps] == [0, 0]
    assert [await office.placed(each) for each in calls] == [{HOME: 9610}] * len(calls)
    await office.assert_lawful()


async def test_what_only_is_proposed_teaches_nothing_until_it_takes_effect(office: Office) -> None:
    await office.hear(transfer("2", pence=2_000_000))
    proposed = (await office.decide(group(of("2"), to((HOME, 2_000_000))))).json()
    assert proposed["state"] == "proposed"
    assert (await office.get("/v1/payers"))["payers"] == []
    await office.post(f"/v1/decisions/{proposed['decision_id']}/approve", by="Bob")
    [learned] = (await office.get("/v1/payers"))["payers"]
    assert (learned["learned_by"], learned["state"]) == ("Ann", "learned")
    assert (await say(office, "confirm", learned, by="Ann")).status_code == 403
    assert (await say(office, "confirm", learned, by="Bob")).status_code == 200


async def test_no_payment_that_comes_while_a_payer_is_confirmed_is_left_behind(office: Office) -> None:
    learned = (await teach(office))["learned"]
    coming = [office.hear(transfer(str(number))) for number in range(2, 14)]
    await asyncio.gather(*coming[:6], say(office, "confirm", learned), *coming[6:])
    places = [await office.placed(str(number)) for number in range(2, 14)]
    assert places == [{HOME: 9610}] * 12
    await office.assert_lawful()


async def test_a_payment_says_in_words_what_its_payer_spoke_for_and_what_was_learned_of_it(office: Office) -> None:
    learned = (await teach(office))["learned"]
    await say(office, "confirm", learned)
    await office.hear(transfer("2"))
    story = await office.story("2")
    [step] = story["steps"]
    assert step["words"] == "put on the account that its payer is known to pay"
    assert "for it, 1 times: the payer's bank account is known to pay it, as two people said" in step["evidence"]["candidates"][0]["votes"]
    [taught] = (await office.story("1"))["payer"]
    assert taught["words"] == (
        "Ann's decision says that its payer's bank account pays 23/770001148; Bob confirmed it: looked at last year's payments"
    )


async def test_what_is_revoked_counts_no_more_whichever_decision_taught_it(office: Office) -> None:
    await office.hear(transfer("2"))
    first, second = (await teach(office))["learned"], (await teach(office, "2", by="Cid"))["learned"]
    await say(office, "confirm", first)
    assert (await say(office, "revoke", second, by="Ann")).json()["state"] == "revoked"
    assert (await say(office, "revoke", second, by="Ann")).status_code == 200
    assert (await say(office, "revoke", second, by="Cid")).status_code == 409
    assert (await office.get(f"/v1/payers/{first['learning_id']}"))["state"] == "revoked"
    assert (await say(office, "confirm", second)).status_code == 409
    await office.hear(transfer("3"))
    assert await office.placed("3") == {"suspended": 9610}
    assert (await office.get(f"/v1/suspense/{name('3')}"))["suggestions"] == []
    taught = (await teach(office, "3"))["learned"]  # learned anew, and to be confirmed anew
    assert taught["state"] == "learned"


async def test_undoing_the_decision_takes_back_what_it_taught_and_a_later_decision_replaces_it(office: Office) -> None:
    made = await teach(office)
    await say(office, "confirm", made["learned"])
    later = await office.decide(group(of(("1", 2)), to(("23/770001478", 9610))), by="Ann")
    states = {each["account_reference"]: each["state"] for each in (await office.get("/v1/payers"))["payers"]}
    assert states == {"770001148": "taken-back", "770001478": "learned"}
    await office.post(f"/v1/decisions/{later.json()['decision_id']}/undo", {"reason": "wrong"})
    states = {each["account_reference"]: each["state"] for each in (await office.get("/v1/payers"))["payers"]}
    assert states == {"770001148": "confirmed", "770001478": "taken-back"}
    await office.post(f"/v1/decisions/{made['decision_id']}/undo", {"reason": "wrong"})
    assert (await office.get("/v1/payers", state="taken-back"))["payers"][0]["state"] == "taken-back"
    await office.hear(transfer("2"))
    assert "suspended" in await office.placed("2")


@pytest.mark.parametrize(
    ("heard", "shares"),
    [
        (transfer("2", payer=None), [(HOME, 9610)]),
        (transfer("2"), [(HOME, 9609)]),
        (transfer("2"), [(HOME, 9000), ("23/770001478", 610)]),
        (transfer("2", pence=3500), [("11/BJ90012273", 3500)]),
    ],
)
async def test_nothing_is_learned_of_parts_or_penalties_or_nobody(office: Office, heard: Any, shares: Any) -> None:
    await office.hear(penalty(), heard)
    answer = await office.decide(group(of("2"), to(*shares)))
    assert answer.status_code == 201, answer.text
    assert (await office.get("/v1/payers"))["payers"] == []


async def test_the_database_itself_holds_that_nobody_confirms_what_their_own_decision_taught(office: Office) -> None:
    learned = (await teach(office))["learned"]
    row = "SELECT council, learning_id, 'confirmed', payer, learned_by, $1, 'why', now() FROM payer"
    for who in ("Ann", " ann "):
        with pytest.raises(asyncpg.CheckViolationError, match="who_learned_does_not_confirm"):
            await office.pool.execute(f"INSERT INTO payer_step {row}", who)
    for table in ("payer", "payer_step"):
        with pytest.raises(asyncpg.RaiseError, match="only grows"):
            await office.pool.execute(f"DELETE FROM {table}")
    assert (await say(office, "confirm", learned)).status_code == 200


async def test_a_bank_account_is_kept_nowhere_in_clear_and_not_at_all_without_a_key(office: Office) -> None:
    await teach(office)
    tables = [row[0] for row in await office.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    written = [str(dict(row)) for table in tables for row in await office.pool.fetch(f"SELECT * FROM {table}")]
    assert len(written) > 10
    assert not any(BANK_ACCOUNT in text for text in written)
    blind = Office(office.pool)
    await blind.hear(transfer("2"))
    assert (await teach(blind, "2"))["learned"] is None


async def test_the_list_has_pages_and_filters(office: Office) -> None:
    await office.hear(*(transfer(str(number)) for number in range(2, 5)))
    for number in range(1, 5):
        await teach(office, str(number), by="Ann" if number % 2 else "Cid")
    pages, before = [], None
    while True:
        page = await office.get("/v1/payers", count_max=1, **({"before": before} if before else {}))
        pages += page["payers"]
        if (before := page["next"]) is None:
            break
    assert len({each["learning_id"] for each in pages}) == 4
    assert len((await office.get("/v1/payers", by="cid"))["payers"]) == 2
    assert not (await office.get("/v1/payers", fund="11"))["payers"]
    nobody = await office.http.get(f"/v1/payers/{name('none')}", params={"council": COUNCIL})
    assert nobody.status_code == 404


async def test_plain_payments_look_nothing_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing.payers, "paid", None)
    await office.hear(transfer("2", typed="770001148"), payment("770001148", 77, called="3", payer=Payer(bank_account=BANK_ACCOUNT)))
    assert await office.placed("2") == {HOME: 9610}
    assert await office.pool.fetchval("SELECT count(*) FROM placement WHERE details IS NULL") == 2


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_comes_in_whatever_order_and_twice_no_penny_is_lost_and_what_is_revoked_votes_no_more(
    office: Office, seed: int
) -> None:
    chance = random.Random(seed)
    numbers = itertools.count(2)
    learned = [(await teach(office))["learned"]]
    for _ in range(14):
        what = chance.choice(["hear", "hear", "teach", "confirm", "revoke", "undo", "again"])
        called = f"{next(numbers)}"
        if what in ("hear", "again"):
            await office.hear(*[transfer(called, chance.choice(["council tax", "me", "770009148"]))] * (2 if what == "again" else 1))
        elif what == "teach":
            await office.hear(transfer(called))
            learned.append((await teach(office, called, chance.choice(["Ann", "Cid"])))["learned"])
        elif what == "undo":
            each = chance.choice(learned)
            assert (await office.post(f"/v1/decisions/{each['decision_id']}/undo", {"reason": "again"})).status_code in (200, 409)
        else:
            each = chance.choice(learned)
            twice = [(await say(office, what, each)).status_code for _ in range(2)]
            assert twice[0] == twice[1], "the same, said again, is answered alike"
    await office.assert_lawful()
    for each in learned:
        await say(office, "revoke", each)
    await office.hear(transfer("last"))
    assert await office.placed("last") == {"suspended": 9610}
