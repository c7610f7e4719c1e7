"""A back office's answer to a run: which lines were accepted and rejected, once; and what a person may see and ask of runs."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ims_notify.domain.answering import AnswerLayout, Unreadable, Verdict, read
from ims_notify.layout_files import read_layout
from ims_notify.settings import Application
from notify.notify_world import COUNCIL, notifying, payment
from notify.runs_world import Receiver, client, hear, hear_many, known, make, placed, runner, settings, setup, went_back

LAYOUT = read_layout("answer", AnswerLayout)
FIXED = """
name: own
kind: fixed
header: {starts: H, fields: {run: {start: 2, length: 5}}}
detail:
  fields:
    sequence: {start: 1, length: 3}
    verdict: {start: 4, length: 1, codes: {A: accepted, R: rejected}}
    reason: {start: 5, length: 4}
"""


@pytest.fixture
async def world(notify_url, tmp_path: Path):
    """Notify, what asks it, and its two file destinations, each with a run of three lines."""
    async with notifying(notify_url, **settings(tmp_path)) as notify, client(notify) as asking:
        await notify.empty()
        revenues = setup(tmp_path)
        for number, name in enumerate(("one", "two", "three")):
            await hear(notify, revenues, payment(name), placed(name, 1000 + number, f"77000012{number}"))
        await make(notify, revenues)
        yield notify, asking, revenues


def answer(*verdicts: str, count: int | None = None) -> bytes:
    """Lines of the generic layout: `1 Y`, `2 N no-account`."""
    rows = [f"A,1,{','.join(each.split(' '))}" for each in verdicts]
    return "\r\n".join([*rows, f"T,1,{len(rows) if count is None else count}", ""]).encode()


async def say(asking: Any, body: bytes, path: str = "/v1/runs/revenues/1/answer") -> Any:
    return await asking.post(path, content=body)


async def test_what_is_accepted_and_rejected_is_kept_and_told_once(world) -> None:
    notify, asking, revenues = world
    [pence] = await notify.rows("SELECT array_agg(amount_pence ORDER BY sequence) FROM posting_line")
    one, two, three = pence[0]

    for is_new in (True, False):
        said = (await say(asking, answer("1 Y", "2 N no-account", "3 Y"))).json()
        come_to = {"accepted_count": 2, "accepted_pence": one + three, "rejected_count": 1, "rejected_pence": two}
        assert said == {"is_new": is_new, "is_test": False} | come_to

    [told] = await notify.told()
    assert (told["type"], told["run_id"], told["revision"]) == ("posting-acknowledged", str(known(revenues.destination, 1)), 1)
    assert (told["sent_count"], told["sent_pence"]) == (3, told["accepted_pence"] + told["rejected_pence"])
    [line] = told["rejected"]
    assert (line["sequence"], line["amount_pence"], line["reason"], line["fund"]) == (2, two, "no-account", "23")
    assert line["account_reference"].startswith("77000012")
    assert line["payment_id"]
    [line_id] = await notify.rows("SELECT line_id FROM posting_line WHERE sequence = 2")
    assert (line["revision"], line["line_id"]) == (1, str(line_id[0]))
    shown = (await asking.get("/v1/runs/revenues/1")).json()
    assert (shown["accepted_count"], [each["sequence"] for each in shown["rejected"]]) == (2, [2])


async def test_an_answer_in_two_files_is_two_revisions(world) -> None:
    notify, asking, _ = world
    await say(asking, answer("1 Y"))
    await say(asking, answer("1 Y", "2 N no-account", "3 N closed"))

    told = await notify.told()
    assert [(fact["revision"], fact["accepted_count"], fact["rejected_count"]) for fact in told] == [(1, 1, 0), (2, 1, 2)]
    assert [[line["sequence"] for line in fact["rejected"]] for fact in told] == [[], [2, 3]]


async def test_many_rejected_lines_are_told_in_pages_that_come_to_the_whole(notify_url, tmp_path: Path) -> None:
    async with notifying(notify_url, **settings(tmp_path)) as notify, client(notify) as asking:
        await notify.empty()
        revenues = setup(tmp_path)
        await hear_many(notify, revenues, [str(number) for number in range(1201)])
        await make(notify, revenues)
        await say(asking, answer("1 Y", *(f"{number} N closed" for number in range(2, 1202))))
        told = await notify.told()

    pages = [(fact["revision"], len(fact["rejected"]), fact["rejected_count"]) for fact in told]
    assert pages == [(1, 500, 500), (2, 500, 1000), (3, 200, 1200)]
    assert len({line["sequence"] for fact in told for line in fact["rejected"]}) == 1200
    last = told[-1]
    assert (last["accepted_count"] + last["rejected_count"], last["accepted_pence"] + last["rejected_pence"]) == (
        last["sent_count"], last["sent_pence"],
    )  # fmt: skip


async def test_where_only_rejects_come_back_the_others_were_accepted(world, tmp_path: Path) -> None:
    notify, asking, _ = world
    kerbside = setup(tmp_path, "kerbside")
    for number, name in enumerate(("four", "five")):
        await hear(notify, kerbside, payment(name), placed(name, 3500, f"BJ9000118{number}", "11"))
    await make(notify, kerbside)
    rejects = b"run,line,verdict,code\n1,2,REJ,E1\nEND,1,1\n"

    said = (await say(asking, rejects, "/v1/runs/kerbside/1/answer")).json()

    assert (said["accepted_count"], said["accepted_pence"], said["rejected_count"]) == (1, 3500, 1)
    [told] = await notify.told()
    assert [line["reason"] for line in told["rejected"]] == ["unknown-account"]
    assert (await say(asking, rejects, "/v1/runs/kerbside/1/answer")).json()["is_new"] is False


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (answer("1 N closed"), 409, "lines 1"),
        (answer("4 Y"), 422, "run 1: lines 4"),
        (answer("0 Y"), 422, "lines 0"),
        (answer("2 Y", "2 N no"), 422, "line 2: says another thing of a line"),
        (answer("2 Y", count=2), 422, "says it has 2 lines, but has 1"),
        (answer("2 Y")[:-8], 422, "cut short"),
        (answer("2 X"), 422, "line 1: the verdict is none"),
        (answer("x Y"), 422, "line 1: the sequence is no number"),
        (answer("2 Y").replace(b"A,1", b"A,2"), 422, "line 1: is not of run 1"),
        (b"B,1,2\n", 422, "line 1: is no kind of line"),
        (b"\xff", 422, "no text in UTF-8"),
        (b"", 422, "does not say which run"),
    ],
)
async def test_an_answer_that_cannot_be_is_refused_whole_with_the_reason(world, body: bytes, status: int, why: str) -> None:
    notify, asking, _ = world
    await say(asking, answer("1 Y"))

    said = await say(asking, body)

    assert (said.status_code, said.headers["content-type"]) == (status, "application/problem+json")
    assert any(why in reason for reason in said.json()["reasons"])
    assert await notify.value("SELECT count(*) FROM run_answer") == 1
    assert len(await notify.told()) == 1


async def test_of_a_test_run_an_answer_is_only_tried(world, tmp_path: Path) -> None:
    notify, asking, _ = world
    test = setup(tmp_path, is_test=True)
    await hear(notify, test, payment("four"), placed("four"), payment("five"), went_back("five", revision=1))
    await make(notify, test)
    path = "/v1/runs/revenues/1/answer?is_test=true"

    assert (await say(asking, answer("1 Y", "2 N closed"), path)).json()["rejected_count"] == 1
    assert (await say(asking, answer("3 Y"), path)).status_code == 422
    assert await notify.value("SELECT count(*) FROM run_answer") == 0


async def test_an_officer_may_have_a_run_made_now(world) -> None:
    notify, asking, revenues = world
    await hear(notify, revenues, payment("four"), placed("four"))

    assert (await asking.post("/v1/runs/revenues")).json() == {"number": 2, "is_test": False}
    assert (await asking.get("/v1/runs/revenues/2")).json()["line_count"] == 1
    assert (await asking.post("/v1/runs/revenues")).status_code == 409
    assert (await asking.post("/v1/runs/nobody")).status_code == 404


async def test_runs_are_listed_with_filters_a_page_at_a_time(world) -> None:
    notify, asking, revenues = world
    for slot, name in enumerate(("four", "five"), 1):
        await hear(notify, revenues, payment(name), placed(name))
        await make(notify, revenues, datetime(2026, 4, slot, tzinfo=UTC))
    await runner(revenues, Receiver()).deliver(notify.service)

    seen, after = [], {}
    while True:
        page = (await asking.get("/v1/runs", params={"count_max": 2, **after})).json()
        seen += [run["number"] for run in page["runs"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert seen == [3, 2, 1]
    for filters, numbers in (({"destination": "kerbside"}, []), ({"is_test": True}, []), ({"state": "due"}, [3, 2, 1])):
        assert [run["number"] for run in (await asking.get("/v1/runs", params=filters)).json()["runs"]] == numbers


async def test_the_content_is_there_byte_for_byte_and_is_sent_again_under_its_number(world) -> None:
    notify, asking, revenues = world
    receiver = Receiver()
    found = runner(revenues, receiver)
    assert (await asking.post("/v1/runs/revenues/1/resend")).status_code == 409
    for _ in range(2):
        while await found.deliver(notify.service):
            pass
        assert (await asking.post("/v1/runs/revenues/1/resend")).json() == {"state": "due"}

    body = await asking.get("/v1/runs/revenues/1/content")
    [(name, content)] = receiver.files.items()
    assert receiver.names == [name, name]
    assert body.content == content
    assert body.headers["etag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    shown = (await asking.get("/v1/runs/revenues/1")).json()
    assert (shown["line_count"], shown["net_pence"], shown["bytes"]) == (3, 3003, len(content))
    assert shown["sha256"] == hashlib.sha256(content).hexdigest()


async def test_who_may_not_is_told_so(world) -> None:
    notify, asking, _ = world
    token = hashlib.sha256(b"parking's").hexdigest()
    parking = Application(token_sha256=token, council=COUNCIL, destinations=["kerbside"])
    other = Application(token_sha256=hashlib.sha256(b"other").hexdigest(), council="E07000001")
    applications = {"parking": parking, "other": other}
    notify.service.settings = notify.service.settings.model_copy(update={"applications": applications})

    async def status(path: str, token: str | None, **more: Any) -> int:
        return (await asking.get(path, headers={"Authorization": f"Bearer {token}"}, **more)).status_code

    for path in ("/v1/runs", "/v1/runs/revenues/1", "/v1/runs/revenues/1/content", "/v1/runs/revenues"):
        assert await status(path, "wrong") == 401
    assert await status("/v1/runs/revenues/1", "parking's") == 404
    assert await status("/v1/runs/revenues/1", "other") == 404
    assert await status("/v1/runs/kerbside", "parking's") == 200
    for who in ("parking's", "other"):
        assert (await asking.get("/v1/runs", headers={"Authorization": f"Bearer {who}"})).json()["runs"] == []
    as_parking = {"Authorization": "Bearer parking's"}
    assert (await asking.post("/v1/runs/revenues/1/answer", content=answer("1 Y"), headers=as_parking)).status_code == 404


async def test_what_waits_is_shown_with_what_cannot_be_written(world) -> None:
    notify, asking, revenues = world
    await hear(notify, revenues, payment("long"), placed("long", account="77000012345678901234"), placed("unheard"))
    await make(notify, revenues)

    shown = (await asking.get("/v1/runs/revenues")).json()

    assert (shown["line_count"], shown["net_pence"], shown["unfit_count"]) == (2, 7000, 1)
    assert shown["unfit"][0]["reason"] == "account: is longer than 12"
    assert (await asking.get("/v1/runs/nothing")).status_code == 404
    assert (await asking.get("/v1/runs/revenues/9")).status_code == 404


def test_an_answer_of_fixed_width_is_read() -> None:
    layout = AnswerLayout.model_validate(yaml.safe_load(FIXED))

    said = read(layout, b"H00007\n001A\n002RE1  \n003R\n", 7)
    assert said == [Verdict(1, True, ""), Verdict(2, False, "E1"), Verdict(3, False, "rejected")]


@given(st.binary(max_size=200) | st.builds(lambda cut: answer("1 Y", "2 N no", "3 Y")[:cut], st.integers(0, 60)))
def test_no_bytes_do_anything_but_be_read_or_refused(content: bytes) -> None:
    for layout in (LAYOUT, AnswerLayout.model_validate(yaml.safe_load(FIXED))):
        try:
            assert all(isinstance(each, Verdict) for each in read(layout, content, 1))
        except Unreadable as unreadable:
            assert unreadable.faults  # noqa: PT017 - either is right


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"detail": {"fields": {"sequence": {"column": 1}}}}, "the detail has sequence and verdict"),
        ({"kind": "fixed"}, "start and length"),
        ({"trailer": {"fields": {"count": {"column": 1}}}}, "say what they begin with"),
        ({"detail": {"fields": {"sequence": {"column": 1}, "verdict": {"column": 1, "codes": {"Y": "yes"}}}}}, "stand for"),
    ],
)
def test_a_layout_of_answers_that_does_not_hold_together_says_why(change: dict, why: str) -> None:
    said = LAYOUT.model_dump(exclude_unset=True) | change

    with pytest.raises(ValidationError, match=why):
        AnswerLayout.model_validate(said)
