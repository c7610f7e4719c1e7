"""Refunds: what is due back or asked for, approved by others, sent once, and never more than was paid."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allocation.anytown import COUNCIL, name, payment, penalty, reversal, running_account
from allocation.doors import Office, empty, group, of, to
from databases import tamper
from ims_allocation.store import reports
from ims_contracts import MESSAGES
from ims_contracts.payments import RefundFailed, RefundSent

TAX, PENALTY = "23/770001478", "11/BJ90012273"


@pytest.fixture
async def office(clean_pool: Any) -> Office:
    return await furnished(clean_pool)


async def furnished(pool: Any) -> Office:
    """Council tax (600.00), a penalty paid for with 50.00 of which 15.00 is due back, and 40.00 in suspense."""
    office = Office(pool)
    await office.hear(
        running_account("770001478"), penalty("BJ90012273"), payment("770001478", 60000, called="tax"),
        payment("BJ90012273", 5000, date(2026, 3, 10), called="fine"), payment(None, 4000, called="lost"),
    )  # fmt: skip
    return office


async def refunds_of(office: Office, called: str, **asked: Any) -> list[Any]:
    found = await office.get("/v1/refunds", payment_id=str(name(called)), **asked)
    return list(found["refunds"])


async def standing(office: Office, called: str) -> Any:
    """The one refund of a payment that waits for approval."""
    (found,) = [each for each in await refunds_of(office, called) if each["state"] in ("requested", "approved")]
    return found


async def ask(office: Office, called: str, pence: int, revision: int = 1, **more: Any) -> Any:
    body = {"payment_id": str(name(called)), "revision": revision, "amount_pence": pence, "reason": "paid by mistake"}
    return await office.post("/v1/refunds", body, **more)


async def approve(office: Office, refund: Any, by: str = "Bob", **body: Any) -> Any:
    return await office.post(f"/v1/refunds/{refund['refund_id']}/approve", body, by=by)


def sent(refund: Any, pence: int | None = None) -> RefundSent:
    own = ended(refund) | {"amount_pence": pence or refund["amount_pence"], "sent_on": date(2026, 3, 20), "method_of_payment": "card"}
    return RefundSent(**own)


def failed(refund: Any) -> RefundFailed:
    own = ended(refund) | {"amount_pence": refund["amount_pence"], "failed_on": date(2026, 3, 20), "reason": "the card is closed"}
    return RefundFailed(**own)


def ended(refund: Any) -> dict[str, Any]:
    return {
        "council": COUNCIL, "refund_id": UUID(str(refund["refund_id"])), "payment_id": UUID(str(refund["payment_id"])),
        "source": "govuk-pay", "source_refund_id": f"pay {refund['refund_id']}",
    }  # fmt: skip


async def told(pool: Any, kind: str = "refund-approved") -> list[Any]:
    rows = await pool.fetch("SELECT headers::json ->> 'ce_type' AS type, body FROM told ORDER BY id")
    return [MESSAGES[row["type"]].model_validate_json(row["body"]) for row in rows if kind in row["type"]]


async def test_what_is_due_back_is_asked_for_approved_told_and_sent(office: Office) -> None:
    due = await standing(office, "fine")
    assert (due["amount_pence"], due["origin"], due["requested_by"], due["approvals_needed"]) == (1500, "rule", None, 1)
    assert due["words"] == "£15.00 is due back: it is more than was owed; it waits for another person's approval"
    asked = (await approve(office, due, by="Ann")).json()
    assert (asked["state"], asked["approved_by"]) == ("asked", ["Ann"])
    (fact,) = await told(office.pool)
    assert (str(fact.refund_id), fact.payment_id, fact.amount_pence) == (due["refund_id"], name("fine"), 1500)
    await office.hear(sent(asked), sent(asked))
    await office.hear(sent(asked))
    (gone,) = await refunds_of(office, "fine")
    assert (gone["state"], gone["sent_pence"]) == ("sent", 1500)
    assert await office.placed("fine") == {PENALTY: 3500}
    words = (await office.story("fine"))["refunds"][0]["words"]
    assert words == "£15.00 is due back: it is more than was owed; Ann approved £15.00; £15.00 was sent"
    await office.assert_lawful()


async def test_what_failed_is_open_again_with_the_reason_and_stays_due(office: Office) -> None:
    first = (await approve(office, await standing(office, "fine"))).json()
    await office.hear(failed(first))
    await office.hear(failed(first))
    old, again = await refunds_of(office, "fine")
    assert {old["state"], again["state"]} == {"failed", "requested"}
    again = await standing(office, "fine")
    assert (again["amount_pence"], again["again_of"], again["since_on"]) == (1500, first["refund_id"], first["since_on"])
    assert await office.placed("fine") == {PENALTY: 3500, "refund_due": 1500}
    (old,) = await refunds_of(office, "fine", state="failed")
    assert old["words"].endswith("it could not be sent: the card is closed")
    await office.hear(sent((await approve(office, again)).json()))
    assert await office.placed("fine") == {PENALTY: 3500}
    assert [each.refund_id for each in await told(office.pool)] == [UUID(first["refund_id"]), UUID(again["refund_id"])]
    await office.assert_lawful()


async def test_an_officers_refund_that_failed_is_to_be_approved_again(office: Office) -> None:
    first = (await ask(office, "tax", 2000)).json()
    await approve(office, first)
    await office.hear(failed(first))
    again = await standing(office, "tax")
    assert (again["amount_pence"], again["requested_by"], again["again_of"]) == (2000, "Ann", first["refund_id"])
    assert (await approve(office, again, by="Ann")).status_code == 403
    await office.assert_lawful()


async def test_what_an_officer_decides_to_give_back_another_approves(office: Office) -> None:
    assert (await office.decide(group(of("lost"), refund_due_pence=4000))).status_code == 201
    due = await standing(office, "lost")
    assert (due["origin"], due["requested_by"], due["amount_pence"]) == ("decision", "Ann", 4000)
    assert (await approve(office, due, by="Ann")).status_code == 403
    assert (await approve(office, due, by="Bob")).json()["state"] == "asked"
    await office.assert_lawful()


@pytest.mark.parametrize(
    ("method", "how"), [("card-stripe", ""), ("cash", " by hand, as there is no way back by its method of payment (Cash)")]
)
async def test_it_says_whether_a_person_sends_it(office: Office, method: str, how: str) -> None:
    await office.hear(running_account("770001559"), payment("770001559", 2000, called="how", method_of_payment=method))
    asked = (await ask(office, "how", 500)).json()
    passed_on = (await approve(office, asked)).json()["words"]
    assert passed_on == f"Ann asked for £5.00 back: paid by mistake; Bob approved £5.00; it was passed on to be sent{how}"
    assert (await office.story("how"))["refunds"][0]["words"] == passed_on


async def test_a_request_follows_what_is_due(office: Office) -> None:
    due = await standing(office, "fine")
    assert (await office.post(f"/v1/refunds/{due['refund_id']}/cancel", {"reason": "no"})).status_code == 409
    assert (await office.decide(group(of("fine"), to((PENALTY, 3500), (TAX, 1500))))).status_code == 201
    (old,) = await refunds_of(office, "fine")
    assert (old["state"], old["cancelled_because"]) == ("cancelled", "it is no longer what is due back")
    assert (await approve(office, old)).status_code == 409
    await office.assert_lawful()


async def test_a_part_is_approved_and_the_rest_is_asked_for_anew(office: Office) -> None:
    due = await standing(office, "fine")
    assert (await approve(office, due, amount_pence=1501)).status_code == 422
    part = (await approve(office, due, amount_pence=1000)).json()
    assert (part["state"], part["amount_pence"], part["requested_pence"]) == ("asked", 1000, 1500)
    rest = await standing(office, "fine")
    assert (rest["amount_pence"], rest["since_on"]) == (500, due["since_on"])
    await office.hear(sent(part))
    assert await office.placed("fine") == {PENALTY: 3500, "refund_due": 500}
    assert (await standing(office, "fine"))["refund_id"] == rest["refund_id"]
    await office.assert_lawful()


async def test_above_the_limit_two_approve_and_splitting_does_not_help(office: Office) -> None:
    first = (await ask(office, "tax", 30000)).json()
    assert first["approvals_needed"] == 1
    second = (await ask(office, "tax", 30000)).json()
    assert second["approvals_needed"] == 2
    one = (await approve(office, second)).json()
    assert (one["state"], await told(office.pool)) == ("approved", [])
    assert (await approve(office, second)).json() == one
    assert (await approve(office, second, by="Cid", amount_pence=1)).status_code == 409
    assert (await approve(office, second, by="Cid")).json()["state"] == "asked"
    assert len(await told(office.pool)) == 1
    await office.assert_lawful()


@pytest.mark.parametrize(
    ("called", "pence", "revision", "status"),
    [("tax", 60001, 1, 422), ("tax", 0, 1, 422), ("tax", 1, 2, 412), ("nobody", 1, 1, 422), ("tax", 60000, 1, 201), ("lost", 4000, 1, 201)],
)
async def test_only_what_is_left_may_be_asked_for(office: Office, called: str, pence: int, revision: int, status: int) -> None:
    assert (await ask(office, called, pence, revision)).status_code == status
    await office.assert_lawful()


async def test_asking_needs_a_token_a_key_and_a_revision(office: Office) -> None:
    body = {"payment_id": str(name("tax")), "amount_pence": 1, "reason": "r"}
    assert (await office.post("/v1/refunds", body)).status_code == 428
    assert (await office.post("/v1/refunds", body, by="Eve")).status_code == 401
    assert (await office.post("/v1/refunds", body, **{"if-match": '"1"'}, key="k")).status_code == 201
    assert (await office.post("/v1/refunds", body, **{"if-match": '"1"'}, key="k")).status_code == 200
    assert (await office.post("/v1/refunds", body | {"amount_pence": 2}, **{"if-match": '"1"'}, key="k")).status_code == 422
    (made,) = await refunds_of(office, "tax")
    stale = await office.post(f"/v1/refunds/{made['refund_id']}/cancel", {"reason": "no"}, **{"if-match": '"2"'})
    assert stale.status_code == 412
    cancelled = await office.post(f"/v1/refunds/{made['refund_id']}/cancel", {"reason": "no"}, **{"if-match": '"1"'})
    assert (cancelled.json()["state"], cancelled.headers["etag"]) == ("cancelled", '"2"')
    assert (await office.get("/v1/refunds", state="cancelled"))["refunds"][0]["words"].endswith("it was cancelled: no")


async def test_what_an_officer_asks_for_is_first_of_what_is_due(office: Office) -> None:
    mine = (await ask(office, "fine", 2000)).json()
    assert [each["state"] for each in await refunds_of(office, "fine") if each["origin"] == "rule"] == ["cancelled"]
    assert (await ask(office, "fine", 3001)).status_code == 422
    await approve(office, mine)
    await office.hear(sent(mine))
    assert await office.placed("fine") == {PENALTY: 3000}
    await office.assert_lawful()


async def test_after_a_reversal_less_is_left_to_approve(office: Office) -> None:
    mine = (await ask(office, "tax", 2000)).json()
    await office.hear(reversal("tax", 59000))
    assert (await approve(office, mine)).status_code == 409
    assert (await approve(office, mine, amount_pence=1000)).json()["state"] == "asked"
    await office.assert_lawful()


async def test_pages_filters_and_the_overdue_list(office: Office) -> None:
    for pence in (1, 2, 3):
        await ask(office, "tax", pence)
    seen, after = [], None
    while True:
        page = await office.get("/v1/refunds", count_max=2, **({"after": after} if after else {}))
        seen += [each["amount_pence"] for each in page["refunds"]]
        if (after := page["next"]) is None:
            break
    assert sorted(seen) == [1, 2, 3, 1500]
    assert len((await office.get("/v1/refunds", by="ann", amount_min=2))["refunds"]) == 2
    assert (await office.get("/v1/refunds", is_overdue="true"))["refunds"] == []
    await tamper(office.pool, "UPDATE refund SET since_on = since_on - 30 WHERE origin = 'rule'")
    (late,) = (await office.get("/v1/refunds", is_overdue="true"))["refunds"]
    assert (late["origin"], late["is_overdue"], late["age"] > 15) == ("rule", True, True)
    assert (await office.get("/v1/refunds", is_overdue="true", state="sent"))["refunds"] == []
    await approve(office, late)
    assert [each["state"] for each in (await office.get("/v1/refunds", is_overdue="true"))["refunds"]] == ["asked"]  # until it is sent
    by_hand = sent(late).model_copy(update={"source": "by-hand", "source_refund_id": "BACS 0318/7", "method_of_payment": "bacs"})
    await office.hear(by_hand)
    assert (await office.get("/v1/refunds", is_overdue="true"))["refunds"] == []
    assert (await office.get(f"/v1/refunds/{late['refund_id']}"))["state"] == "sent"
    await office.assert_lawful()


async def test_the_database_holds_that_others_approve_and_no_more_goes_than_is_there(office: Office) -> None:
    due, put = await standing(office, "fine"), "INSERT INTO refund_step SELECT council, refund_id, $2, $3, requested_by, $4, NULL, now() "
    put += "FROM refund WHERE refund_id = $1"
    mine = (await ask(office, "tax", 100)).json()
    with pytest.raises(asyncpg.CheckViolationError, match="who_asks_does_not_approve"):
        await office.pool.execute(put, UUID(mine["refund_id"]), "approved", " ANN ", 100)
    with pytest.raises(asyncpg.RaiseError, match="not approved"):
        await office.pool.execute(put, UUID(due["refund_id"]), "asked", "Bob", 1500)
    with pytest.raises(asyncpg.RaiseError, match="of less"):
        await office.pool.execute(put, UUID(due["refund_id"]), "asked", "Bob", 1501)
    with pytest.raises(asyncpg.RaiseError, match="only grows"):
        await office.pool.execute("DELETE FROM refund_step")
    await office.hear(reversal("fine", 4000))
    with pytest.raises(asyncpg.RaiseError, match="more would go back"):
        await office.pool.execute(put, UUID(due["refund_id"]), "asked", "Bob", 1500)


@pytest.mark.parametrize(
    ("broken", "law"),
    [
        ("DELETE FROM refund_step; DELETE FROM refund WHERE origin = 'rule'", "what is due back is asked for, once"),
        ("UPDATE refund_step SET amount_pence = 5001 WHERE step <> 'approved'", "no more was approved to go back than was paid"),
        ("UPDATE refund_step SET amount_pence = 1 WHERE step = 'asked'", "what was sent is what was approved, and off its payment"),
        ("UPDATE refund_step SET amount_pence = 1501 WHERE step <> 'failed'", "what was sent is what was approved, and off its payment"),
    ],
)
async def test_a_broken_law_is_seen(office: Office, broken: str, law: str) -> None:
    part = (await approve(office, await standing(office, "fine"), amount_pence=500)).json()
    await office.hear(sent(part))
    await office.assert_lawful()
    await tamper(office.pool, broken)
    assert law in {each["law"] for each in await reports.laws(office.pool) if not each["holds"]}


async def test_the_database_alone_keeps_two_writers_from_giving_more_than_is_there(office: Office) -> None:
    """Without our locks: two transactions approve refunds of the same money, and the second is refused."""
    ids = [UUID((await ask(office, "lost", 4000)).json()["refund_id"])]
    another = """INSERT INTO refund SELECT council, $2, payment_id, amount_pence, origin, requested_by, approvals_needed, refund_over_pence,
      decision_id, again_of, content_sha256, reason, note, requested_at, since_on FROM refund WHERE refund_id = $1"""
    await office.pool.execute(another, ids[0], name("other"))
    ids.append(name("other"))
    put = "INSERT INTO refund_step SELECT council, refund_id, $2, 'Bob', requested_by, 4000, NULL, now() FROM refund WHERE refund_id = $1"

    async def write(refund_id: UUID) -> None:
        async with office.pool.acquire() as connection, connection.transaction():
            await connection.execute(put, refund_id, "approved")
            await connection.execute(put, refund_id, "asked")
            await asyncio.sleep(0.1)

    ends = await asyncio.gather(*(write(each) for each in ids), return_exceptions=True)
    assert sorted(str(type(each).__name__) for each in ends) == ["NoneType", "RaiseError"]


async def test_the_database_alone_keeps_one_person_from_giving_back_more_than_one_may(office: Office) -> None:
    ids = [UUID((await ask(office, "tax", pence)).json()["refund_id"]) for pence in (50000, 1)]
    (two,) = [each for each in await refunds_of(office, "tax") if each["approvals_needed"] == 2]
    assert two["refund_id"] == str(ids[1])
    another = """INSERT INTO refund SELECT council, $2, payment_id, {}, origin, requested_by, 1, refund_over_pence, decision_id, again_of,
      content_sha256, reason, note, requested_at, since_on FROM refund WHERE refund_id = $1"""
    with pytest.raises(asyncpg.CheckViolationError, match="a_large_refund_needs_two"):
        await office.pool.execute(another.format(50001), ids[0], name("other"))
    await office.pool.execute(another.format(1), ids[0], name("other"))  # nor in two refunds
    put = """INSERT INTO refund_step SELECT council, refund_id, $2, 'Bob', requested_by, amount_pence, NULL, now() FROM refund
      WHERE refund_id = $1"""
    for step in ("approved", "asked"):
        await office.pool.execute(put, ids[0], step)
    await office.pool.execute(put, name("other"), "approved")
    with pytest.raises(asyncpg.RaiseError, match="one person would give back too much"):
        await office.pool.execute(put, name("other"), "asked")


async def test_what_was_asked_and_not_sent_needs_no_second_person(office: Office) -> None:
    first = (await approve(office, (await ask(office, "tax", 30000)).json())).json()
    await office.hear(sent(first, 10000))
    second = (await ask(office, "tax", 40000, revision=2)).json()
    assert (second["approvals_needed"], (await approve(office, second)).json()["state"]) == (1, "asked")
    await office.assert_lawful()


async def test_concurrent_requests_and_approvals_never_give_back_more_than_was_paid(office: Office) -> None:
    async def approved(made: Any) -> None:
        if made.status_code == 201:
            await asyncio.gather(*(approve(office, made.json(), by=by) for by in ("Bob", "Cid", "Bob")))

    async def one(pence: int) -> None:
        await approved(await ask(office, "lost", pence))

    first = await ask(office, "lost", 100)  # whoever comes first below, something goes back
    sums = (1500, 1500, 1500, 2500, 4000, 1000)
    await asyncio.gather(approved(first), *(one(pence) for pence in sums), office.hear(reversal("lost", 500)))
    asked = await told(office.pool)
    assert 0 < sum(each.amount_pence for each in asked) <= 4000
    assert len({each.refund_id for each in asked}) == len(asked)
    await office.hear(*(sent(each.model_dump()) for each in asked))
    await office.assert_lawful()


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "approve", "approve", "sent", "failed", "reversed", "decide", "cancel"]),
        st.integers(0, 5),
        st.sampled_from([700, 1500, 3500, 5000]),
    ),
    max_size=10,
)


async def act(office: Office, what: str, which: int, pence: int) -> None:
    """Do something to some refund of the payment, if there is one to do it to."""
    known = await refunds_of(office, "fine")
    refund = known[which % len(known)] if known else None
    revision = len((await office.story("fine"))["steps"])
    if what == "ask":
        await ask(office, "fine", pence, revision)
    elif what == "decide":
        await office.decide(group(of(("fine", revision)), to((TAX, pence)), rest_to_suspense=True), by="Cid")
    elif what == "reversed":
        await office.hear(reversal("fine", pence, called=f"reversal {which}"))
    elif refund and what in ("approve", "cancel"):
        await office.post(f"/v1/refunds/{refund['refund_id']}/{what}", {"reason": "no"} if what == "cancel" else {}, by="Bob")
    elif refund and refund["state"] in ("asked", "sent", "failed"):
        # How it ended, as often as it is said; a provider says only one of the two.
        is_sent = refund["state"] == "sent" or (refund["state"] == "asked" and what == "sent")
        await office.hear(sent(refund) if is_sent else failed(refund))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
async def test_whatever_happens_no_more_goes_back_than_was_paid(kept_pool: Any, acts: list[tuple[str, int, int]]) -> None:
    await empty(kept_pool)
    office = await furnished(kept_pool)
    for each in acts:
        await act(office, *each)
        await office.assert_lawful()
    gone = [each for state in ("asked", "sent") for each in await refunds_of(office, "fine", state=state)]
    assert sum(each["amount_pence"] for each in gone) <= 5000


async def test_a_payment_says_what_of_it_is_left_beside_what_is_asked_back(office: Office) -> None:
    await office.hear(running_account("3000000123", "19"))
    await office.decide(group(of("lost"), to((TAX, 1000), ("19/3000000123", 500)), refund_due_pence=2000))
    await ask(office, "lost", 3700, revision=2)
    left = (await office.story("lost"))["left"]
    assert [(each["place"], each["account_reference"], each["amount_pence"], each["left_pence"]) for each in left] == [
        ("due-back", None, 2000, 0), ("suspense", None, 500, 0), ("account", "770001478", 1000, 0), ("account", "3000000123", 500, 300),
    ]  # fmt: skip
