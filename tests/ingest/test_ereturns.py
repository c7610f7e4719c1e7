"""E-returns, by file and by their door: counted to the penny, approved by another person, told once."""

import asyncio
import io
import itertools
from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.payments import PaymentReceived
from ims_contracts.remittances import Fault, RemittanceReceived
from ims_ingest.domain.ereturns import DENOMINATIONS, DONE, NEXT, EReturn, decide, faults, rows
from ims_ingest.domain.templates import filled
from ims_ingest.formats import FORMATS, detect
from ims_ingest.formats.records import Row, Whole
from ims_ingest.handlers.templates import read_templates
from ingest.ingest_world import COUNCIL, OTHER_TOKEN, SAMPLES, Ingest

LEISURE = read_templates(None)[COUNCIL].templates[0]
SAMPLE = (SAMPLES / "ereturn.csv").read_bytes()
# The sample's bag, as it is entered at the door.
BAG: dict[str, Any] = {
    "number": "ER000123", "template": "leisure-centre", "bag_number": "500123", "taken_on": "2026-03-18", "total_pence": 42545,
    "cash": {"2000": 12, "1000": 6, "5": 9}, "lines": [{"row": "swimming", "amount_pence": 30045}],
    "cheques": [{"number": "000101", "amount_pence": 1000, "row": "council-tax", "reference": "770002118"},
                {"number": "000202", "amount_pence": 11500, "row": "penalty", "reference": "BJ90078817"}],
    "entered_by": "J Cashier", "submitted_by": "J Cashier",
}  # fmt: skip
OTHER = {"number": "ER000124", "bag_number": "500124"}


def read(content: bytes) -> list[Any]:
    return list(FORMATS["ereturn"].read(io.BytesIO(content)))


def test_a_bags_file_is_a_payment_for_each_purpose_of_its_cash_and_for_each_cheque() -> None:
    assert detect(io.BytesIO(SAMPLE)) == FORMATS["ereturn"]
    cash, first, second, whole = read(SAMPLE)
    assert [(each.key, each.amount_pence, each.fund, each.reference) for each in (cash, first, second)] == [
        ("ER000123:cash:13:LEISURE", 30045, "13", "LEISURE"),
        ("ER000123:000101", 1000, "23", "770002118"),
        ("ER000123:000202", 11500, "11", "BJ90078817"),
    ]
    assert [(each.line, each.channel, each.method_of_payment, each.paid_on) for each in (cash, first)] == [
        (2, "cash", "cash", None),
        (5, "cheque", "cheque", None),
    ]
    assert whole == Whole("500123", None, None)


@pytest.mark.parametrize(
    ("change", "line", "position"),
    [
        (("2000,12,24000", "2000,12,24001"), 2, "amount_pence"),
        (("2000,12,24000", "2000,,24000"), 2, "amount_pence"),
        (("2000,12,24000", "2000,12,240.00"), 2, "amount_pence"),
        (("2000,12,24000", "2500,10,25000"), 2, "denomination"),
        (("2000,12,24000", "2000,-12,-24000"), 2, "amount_pence"),
        (("CASH,1", "CARD,1"), 2, "type"),
        (("000101", ""), 5, "cheque_number"),
        ((",23,", ",,"), 5, "fund"),
        (("500123,CHEQUE,4", "500124,CHEQUE,4"), 5, "bag_no"),
        (("ER000123", ""), 2, "ereturn_no, bag_no"),
        (("13,LEISURE", f"13,{'L' * 600}"), 2, None),
    ],
)
def test_what_does_not_come_to_what_was_counted_is_a_fault(change: tuple[str, str], line: int, position: str | None) -> None:
    found = read(SAMPLE.decode().replace(*change, 1).encode())
    assert [(each.line, each.position) for each in found if isinstance(each, Fault)] == [(line, position)]


def test_cash_of_two_funds_is_two_payments_and_two_cheques_alike_are_two() -> None:
    content = SAMPLE.replace(b"9,45,,,,13,LEISURE", b"9,45,,,,19,300000001").replace(b"000202,11,BJ90078817", b"000101,11,BJ90078817")
    assert [(row.key, row.amount_pence) for row in read(content)[:-1]] == [
        ("ER000123:cash:13:LEISURE", 30000),
        ("ER000123:cash:19:300000001", 45),
        ("ER000123:000101", 1000),
        ("ER000123:000101", 11500),
    ]


PIECES = st.sampled_from([b",", b"\n", b'"', b"\x00", b"\xff", b"-", b"9" * 20, b"x" * 600])


@given(st.integers(0, 450), st.integers(0, 60), st.lists(PIECES, max_size=3).map(b"".join))
def test_a_damaged_file_is_faults_or_payments_that_can_be_told(at: int, cut: int, put: bytes) -> None:
    for each in read(SAMPLE[:at] + put + SAMPLE[at + cut :]):
        assert isinstance(each, Row | Fault | Whole)
        assert not isinstance(each, Row) or (each.amount_pence > 0 and len(each.key) <= 130)


COUNTS = st.dictionaries(st.sampled_from(DENOMINATIONS), st.integers(1, 10_000), min_size=1)


@given(COUNTS, st.lists(st.integers(1, 10**8), max_size=5))
def test_a_bag_is_the_same_payments_by_its_file_and_by_its_door(counts: dict[int, int], cheques: list[int]) -> None:
    cash_pence = sum(denomination * count for denomination, count in counts.items())
    lines = [f"E1,B1,CASH,1,{each},{count},{each * count},,,,13,LEISURE,S" for each, count in counts.items()]
    lines += [f"E1,B1,CHEQUE,1,,1,{pence},,,{number:06},23,770002118,O" for number, pence in enumerate(cheques)]
    *by_file, whole = read("\n".join([SAMPLE.decode().splitlines()[0], *lines]).encode())
    by_door = filled(EReturn.model_validate(BAG | {
        "number": "E1", "bag_number": "B1", "taken_on": date(2026, 3, 18), "cash": {str(each): count for each, count in counts.items()},
        "lines": [{"row": "swimming", "amount_pence": cash_pence}], "total_pence": cash_pence + sum(cheques),
        "cheques": [{"number": f"{number:06}", "amount_pence": pence, "row": "council-tax", "reference": "770002118"}
                    for number, pence in enumerate(cheques)],
    }), LEISURE)  # fmt: skip
    assert faults(by_door) == []
    assert [(row.key, row.amount_pence, row.fund) for row in rows(by_door)] == [(row.key, row.amount_pence, row.fund) for row in by_file]
    assert sum(row.amount_pence for row in by_file) == by_door.total_pence
    assert whole.source_reference == by_door.bag_number


STATES, ACTIONS = ("absent", "new", "submitted", "authorised", "voided"), ("save", "submit", "approve", "void")


@pytest.mark.parametrize(("state", "action", "is_same"), list(itertools.product(STATES, ACTIONS, (False, True))))
def test_an_e_return_goes_only_where_the_table_says(state: str, action: str, is_same: bool) -> None:
    found = decide(state, action, is_same)
    if is_same and state in DONE[action]:
        assert (found.state, found.is_new, found.reason) == (state, False, None)
    elif (state, action) in NEXT:
        assert (found.state, found.is_new, found.reason) == (NEXT[state, action], True, None)
    else:
        assert (found.state, found.is_new) == (state, False)
        assert state in (found.reason or "")


def test_what_is_money_never_changes_again() -> None:
    assert not [state for state, _ in NEXT if state in ("authorised", "voided")]
    assert [pair for pair, state in NEXT.items() if state == "authorised"] == [("submitted", "approve")]


async def enter(ingest: Ingest, **changes: Any) -> httpx.Response:
    body = {name: value for name, value in (BAG | changes).items() if value is not None}
    return await ingest.http.post("/v1/e-returns", json=body)


async def approve(ingest: Ingest, by: str = "S Manager", number: str = "ER000123") -> httpx.Response:
    return await ingest.http.post(f"/v1/e-returns/{number}/approve", json={"approved_by": by})


async def void(ingest: Ingest, number: str = "ER000123") -> httpx.Response:
    return await ingest.http.post(f"/v1/e-returns/{number}/void", json={"voided_by": "S Manager"})


async def test_a_bag_is_told_once_another_person_approves_it(ingest: Ingest) -> None:
    answer = await enter(ingest)
    assert (answer.status_code, answer.json()["state"], answer.json()["is_new"]) == (201, "submitted", True)
    assert await ingest.told() == []
    answer = await approve(ingest)
    assert (answer.status_code, answer.json()["state"]) == (201, "authorised")
    payments, (remittance,) = await ingest.told(PaymentReceived), await ingest.told(RemittanceReceived)
    assert [(fact.amount_pence, fact.fund, fact.channel, fact.method_of_payment) for fact in payments] == [
        (30045, "13", "cash", "cash"),
        (1000, "23", "cheque", "cheque"),
        (11500, "11", "cheque", "cheque"),
    ]
    assert {fact.remittance_id for fact in payments} == {remittance.remittance_id}
    assert (remittance.source, remittance.source_reference, remittance.payments_pence) == ("ereturn", "500123", 42545)
    assert (remittance.business_on.isoformat(), remittance.payment_count) == ("2026-03-18", 3)
    assert all(law["holds"] for law in (await ingest.http.get("/v1/laws")).json())
    kept = (await ingest.http.get(f"/v1/files/{answer.json()['file_id']}")).json()
    assert (kept["state"], kept["payments_pence"]) == ("received", 42545)


async def test_who_submits_may_not_approve_however_the_name_is_typed(ingest: Ingest) -> None:
    await enter(ingest)
    for name in ("J Cashier", " j CASHIER "):
        answer = await approve(ingest, by=name)
        assert (answer.status_code, answer.json()["title"]) == (403, "Who submitted an e-return may not approve it")
    assert await ingest.told() == []
    (state,) = await ingest.rows("SELECT state FROM e_return")
    assert state == ("submitted",)


@pytest.mark.parametrize(
    "change",
    [
        "approved_by = ' j cashier'",
        "approved_by = NULL",
        "file_id = NULL",
        "submitted_by = NULL",
        "state = 'submitted'",
        "state = 'voided'",
        "total_pence = -1",
    ],
)
async def test_the_database_itself_refuses_what_may_not_be(ingest: Ingest, change: str) -> None:
    await enter(ingest)
    await approve(ingest)
    with pytest.raises(asyncpg.CheckViolationError):
        await ingest.rows(f"UPDATE e_return SET {change}")


async def test_asked_again_in_the_same_words_it_is_known(ingest: Ingest) -> None:
    for ask in (enter, approve):
        assert (await ask(ingest)).status_code == 201
        before = await ingest.names_told()
        for again in (enter, ask):
            answer = await again(ingest)
            assert (answer.status_code, answer.json()["is_new"]) == (200, False)
        assert await ingest.names_told() == before
    assert (await approve(ingest, by="Another")).status_code == 409
    assert (await enter(ingest, total_pence=1, cash={"1": 1}, cheques=[], lines=[])).status_code == 422
    assert (await enter(ingest, taken_on="2026-03-17")).status_code == 409
    assert (await void(ingest)).status_code == 409


async def test_an_e_return_that_changed_since_it_was_looked_at_is_not_acted_on(ingest: Ingest) -> None:
    draft = (await enter(ingest, submitted_by=None)).headers["etag"]
    changed = await enter(ingest, submitted_by=None, taken_on="2026-03-17")
    assert (await ingest.http.get("/v1/e-returns/ER000123")).headers["etag"] == changed.headers["etag"] != draft

    async def post(path: str, body: dict[str, Any], seen: str) -> httpx.Response:
        return await ingest.http.post(f"/v1/e-returns{path}", json=body, headers={"if-match": seen})

    assert (await post("", BAG, draft)).status_code == 412
    submitted = await post("", BAG, changed.headers["etag"])
    assert submitted.json()["state"] == "submitted"
    for path, body in (("/ER000123/approve", {"approved_by": "S Manager"}), ("/ER000123/void", {"voided_by": "S Manager"})):
        stale = await post(path, body, draft)
        assert (stale.status_code, stale.json()["reasons"]) == (412, ["It is submitted: look at it again."])
    assert await ingest.told() == []
    for status in (201, 200):  # and once more, by who does not know that it was done
        assert (await post("/ER000123/approve", {"approved_by": "S Manager"}, submitted.headers["etag"])).status_code == status


async def test_many_who_approve_at_once_tell_it_once(ingest: Ingest) -> None:
    await enter(ingest)
    answers = await asyncio.gather(*(approve(ingest, by=f"Manager {number % 2}") for number in range(8)))
    assert [answer.status_code for answer in answers].count(201) == 1
    assert {answer.status_code for answer in answers} == {200, 201, 409}
    assert await ingest.names_told() == {"PaymentReceived": 3, "RemittanceReceived": 1}


async def test_many_who_enter_at_once_enter_it_once(ingest: Ingest) -> None:
    answers = await asyncio.gather(*(enter(ingest, **([{}, OTHER | {"bag_number": "500123"}][number % 2])) for number in range(8)))
    assert [answer.status_code for answer in answers].count(201) == 1
    assert {answer.status_code for answer in answers} == {200, 201, 409}


async def test_until_it_is_submitted_it_may_be_changed_and_need_not_add_up(ingest: Ingest) -> None:
    assert (await enter(ingest, submitted_by=None, cash={"2000": 1}, total_pence=0)).json()["state"] == "new"
    assert (await approve(ingest)).status_code == 409
    assert (await enter(ingest, submitted_by=None, bag_number="500999")).json()["state"] == "new"
    assert (await enter(ingest, **OTHER)).status_code == 201
    assert (await enter(ingest, **OTHER, submitted_by=None)).status_code == 409
    assert (await enter(ingest)).json()["state"] == "submitted"
    assert (await ingest.http.get("/v1/e-returns/ER000123")).json()["total_pence"] == 42545
    assert await ingest.told() == []


async def test_a_voided_e_return_is_no_money_and_frees_its_bag(ingest: Ingest) -> None:
    await enter(ingest)
    assert (await enter(ingest, number="ER000124")).status_code == 409
    assert (await void(ingest)).json()["state"] == "voided"
    assert (await void(ingest)).status_code == 200
    assert (await approve(ingest)).status_code == 409
    assert (await enter(ingest)).status_code == 409
    assert (await enter(ingest, number="ER000124")).status_code == 201
    assert await ingest.told() == []


async def test_whoever_approves_finds_what_waits_page_by_page(ingest: Ingest) -> None:
    for number in ("ER1", "ER2", "ER3"):
        await enter(ingest, number=number, bag_number=number, submitted_by="J Cashier" if number != "ER2" else None)
    await approve(ingest, number="ER3")

    async def numbers(**asked: Any) -> tuple[list[str], str | None]:
        page = (await ingest.http.get("/v1/e-returns", params=asked)).json()
        return [each["number"] for each in page["e_returns"]], page["next"]

    assert await numbers(state="submitted") == (["ER1"], None)
    assert await numbers(by="s manager") == (["ER3"], None)
    assert await numbers(template="none") == ([], None)
    assert await numbers(count_max=2) == (["ER1", "ER2"], "ER2")
    assert await numbers(count_max=2, after="ER2") == (["ER3"], None)
    (waiting,) = (await ingest.http.get("/v1/e-returns", params={"state": "submitted"})).json()["e_returns"]
    assert (waiting["total_pence"], waiting["submitted_by"], "cheques" in waiting) == (42545, "J Cashier", False)


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"cash": {"2000": 11, "1000": 6, "5": 9}}, ["lines", "total_pence"]),
        ({"total_pence": 42544}, ["total_pence"]),
        ({"lines": []}, ["lines"]),
        ({"cash": {"2500": 1}}, ["cash"]),
        ({"cash": {"twenty": 1}, "submitted_by": None}, ["cash"]),
        ({"cash": {"2000": -1}}, ["cash.2000"]),
        ({"cash": {"2000": 1.5}}, ["cash.2000"]),
        ({"total_pence": "42545", "taken_on": "yesterday", "cheque": []}, ["taken_on", "total_pence", "cheque"]),
        ({"number": "ER 1", "bag_number": ""}, ["number", "bag_number"]),
        ({"number": "4111111111111111"}, ["number"]),
        ({"taken_on": "2126-03-18"}, ["payment 1", "payment 2", "payment 3"]),
        ({"entered_by": None}, ["entered_by"]),
    ],
)
async def test_a_bag_that_does_not_add_up_is_refused_with_every_reason(ingest: Ingest, changes: dict[str, Any], reasons: list[str]) -> None:
    answer = await enter(ingest, **changes)
    assert answer.status_code == 422
    assert [reason.split(":")[0] for reason in answer.json()["reasons"]] == reasons
    assert await ingest.rows("SELECT 1 FROM e_return") == []


async def test_a_bag_that_comes_by_file_as_well_counts_once(ingest: Ingest) -> None:
    await enter(ingest)
    await approve(ingest)
    before = await ingest.names_told()
    answer = await ingest.file(SAMPLE, source="ereturn")
    assert (answer.status_code, answer.json()["state"]) == (200, "known")
    assert await ingest.names_told() == before


async def test_a_bag_that_came_by_file_before_counts_once(ingest: Ingest) -> None:
    asked = {"source": "ereturn", "business_on": "2026-03-18"}
    assert (await ingest.http.post("/v1/files", params=asked, content=SAMPLE)).status_code == 201
    assert {fact.paid_on.isoformat() for fact in await ingest.told(PaymentReceived)} == {"2026-03-18"}
    before = await ingest.names_told()
    await enter(ingest)
    assert (await approve(ingest)).json()["state"] == "authorised"
    assert await ingest.names_told() == before
    assert all(law["holds"] for law in (await ingest.http.get("/v1/laws")).json())


@pytest.mark.parametrize("change", [(b"1,1000,11-87", b"1,1001,11-87"), (b"500123", b"500777")])
async def test_a_bag_that_came_otherwise_by_file_is_not_approved(ingest: Ingest, change: tuple[bytes, bytes]) -> None:
    assert (await ingest.file(SAMPLE.replace(*change), source="ereturn")).status_code == 201
    before = await ingest.names_told()
    await enter(ingest)
    assert (await approve(ingest)).status_code == 409
    assert await ingest.names_told() == before
    assert await ingest.rows("SELECT state FROM e_return") == [("submitted",)]


async def test_a_bag_of_nothing_is_authorised_and_tells_nothing(ingest: Ingest) -> None:
    assert (await enter(ingest, cash={}, lines=[], cheques=[], total_pence=0)).status_code == 201
    assert (await approve(ingest)).json()["state"] == "authorised"
    assert await ingest.told() == []


async def test_another_councils_e_returns_are_not_there_and_not_welcome(ingest: Ingest) -> None:
    await enter(ingest)
    other = {"authorization": f"Bearer {OTHER_TOKEN}"}
    for method, path in (("GET", "/v1/e-returns/ER000123"), ("POST", "/v1/e-returns"), ("POST", "/v1/e-returns/ER000123/approve")):
        assert (await ingest.http.request(method, path, json=BAG, headers=other)).status_code == 403
    assert (await ingest.http.get("/v1/e-returns/ER000123", headers={"authorization": "Bearer none"})).status_code == 401
    assert (await ingest.http.get("/v1/e-returns/ER9")).status_code == 404
    assert (await approve(ingest, number="ER9")).status_code == 404
    assert COUNCIL in str(await ingest.rows("SELECT council FROM e_return"))


async def test_a_card_number_in_an_e_return_is_not_kept(ingest: Ingest) -> None:
    lines = [{"row": "hall", "description": "Hall 4111111111111111", "amount_pence": 30045}]
    assert (await enter(ingest, lines=lines)).status_code == 201
    assert (await approve(ingest)).status_code == 201
    assert (await ingest.told(PaymentReceived))[0].narrative == "ER000123 Hall ************1111"
    assert "41111111" not in str(await ingest.rows("SELECT body FROM e_return"))
