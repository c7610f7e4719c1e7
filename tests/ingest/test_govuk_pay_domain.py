"""GOV.UK Pay's words, the windows that are closed, and what to do next for a refund that was approved."""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_ingest.domain.asked_refunds import Adopt, Ask, AskedRefund, ByHand, Fail, SeenPayment, SeenRefund, Wait, next_step, refusal
from ims_ingest.domain.govuk_pay import MARGIN, dispute_state, payment_state, refund_fault, refund_state, windows
from ims_ingest.domain.refunds import increments, not_told_yet
from ims_ingest.formats.govuk_pay import DisputeEvent, PayEvent, read_event
from ingest.pay_world import dispute_event, webhook

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
NOBODY = UUID(int=0)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("created", "awaited"), ("started", "awaited"), ("submitted", "awaited"), ("capturable", "awaited"), ("success", "taken"),
        ("failed", "refused"), ("declined", "refused"), ("timedout", "refused"), ("cancelled", "cancelled"), ("error", "error"),
        ("SUCCESS", "unknown"), ("settled", "unknown"), ("", "unknown"), (None, "unknown"),
    ],
)  # fmt: skip
def test_only_success_is_money(status: str | None, state: str) -> None:
    assert payment_state(status) == state


@pytest.mark.parametrize("status", ["declined", "timedout", "cancelled", "failed", "error", "created", "submitted", "capturable", "new"])
@pytest.mark.parametrize("kind", ["succeeded", "captured", "refunded"])
def test_an_event_of_a_payment_that_was_not_taken_is_no_money(kind: str, status: str) -> None:
    payment = {"payment_id": "pay1", "created_date": "2026-03-16T10:00:00.000Z", "state": {"status": status}}
    assert read_event(webhook(kind, payment)) is None
    assert isinstance(read_event(webhook(kind, payment, state={"status": "success"})), PayEvent)


@pytest.mark.parametrize(("status", "state"), [("submitted", "submitted"), ("success", "sent"), ("error", "failed"), (None, "unknown")])
def test_a_refund_is_sent_when_it_succeeded(status: str | None, state: str) -> None:
    assert refund_state(status) == state


@pytest.mark.parametrize(
    ("kind", "status", "state"),
    [
        ("created", "needs_response", "open"), ("created", None, "open"), ("evidence_submitted", None, "under-review"),
        ("created", "lost", "lost"), ("won", None, "won"), ("lost", None, "lost"), ("evidence_submitted", "under_review", "under-review"),
    ],
)  # fmt: skip
def test_a_dispute_is_in_the_state_that_it_shows_else_in_its_events(kind: str, status: str | None, state: str) -> None:
    dispute = {"dispute_id": "d1", "payment_id": "pay1", "amount": 5000, "created_date": "2026-03-16T10:00:00.000Z"}
    event = read_event(dispute_event(kind, dispute, **({"status": status} if status else {})))
    assert isinstance(event, DisputeEvent)
    assert event.state == state


@pytest.mark.parametrize("status", ["needs_response", "under_review", "won", "lost", "warning", None])
def test_a_dispute_in_a_state_that_is_new_to_us_is_in_none(status: str | None) -> None:
    assert (dispute_state(status) is None) == (status in ("warning", None))


@pytest.mark.parametrize(
    ("status", "pence", "available", "fault"),
    [
        ("available", 1000, 1000, None), ("available", 1001, 1000, "more-than-available"), ("pending", 1, 1000, "payment-not-completed"),
        ("unavailable", 1, 1000, "refund-unavailable"), ("full", 1, 0, "refunded-in-full"), ("else", 1, 1000, "unknown"),
        (None, 1, 1000, "unknown"),
    ],
)  # fmt: skip
def test_what_can_be_refunded(status: str | None, pence: int, available: int, fault: str | None) -> None:
    assert refund_fault(status, pence, available) == fault


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(begins=INSTANTS, lasts=st.timedeltas(timedelta(0), timedelta(days=40)))
def test_windows_are_closed_and_leave_nothing_out(begins: datetime, lasts: timedelta) -> None:
    now = begins + lasts
    found = list(windows(begins, now))
    for before, after in itertools.pairwise(found):
        assert before.ends == after.begins
    for each in found:
        assert each.begins < each.ends <= now - MARGIN
        assert (each.ends - timedelta(seconds=1)).date() == each.begins.date()
    assert bool(found) == (now - MARGIN - begins.replace(microsecond=0) >= timedelta(seconds=1))
    if found:
        assert found[0].begins <= begins
        assert now - found[-1].ends < MARGIN + timedelta(seconds=1)


def refund(name: str = "r1", pence: int = 1000, state: str = "submitted", minutes: int = 0) -> SeenRefund:
    return SeenRefund(name, pence, state, NOON + timedelta(minutes=minutes))  # type: ignore[arg-type]


APPROVED = AskedRefund(NOBODY, "E07999999", NOBODY, 1000, "approved", NOON, "pay1")
ASKING = APPROVED._replace(state="asking", available_pence=5000, asked_at=NOON)


@pytest.mark.parametrize(
    ("asked", "seen", "others", "minutes", "step"),
    [
        (APPROVED, SeenPayment("available", 5000), (), 0, Ask(5000)),
        # What somebody else refunded before is nothing of ours.
        (APPROVED, SeenPayment("available", 4000, (refund(),)), (), 0, Ask(4000)),
        (APPROVED, SeenPayment("pending", 5000), (), 0, Wait),
        (APPROVED, SeenPayment("pending", 5000), (), 7 * 24 * 60, Fail),
        (APPROVED, SeenPayment("available", 999), (), 0, Fail),
        (APPROVED, SeenPayment("full", 0), (), 0, Fail),
        (APPROVED, SeenPayment("unavailable", 0), (), 0, ByHand),
        (APPROVED, SeenPayment("new", 5000), (), 0, ByHand),
        (ASKING, SeenPayment("available", 4000, (refund(),)), (), 1, Adopt(refund())),
        (ASKING, SeenPayment("full", 0, (refund(state="sent"),)), (), 60, Adopt(refund(state="sent"))),
        (ASKING, SeenPayment("available", 3000, (refund("r2", minutes=2), refund("r1", minutes=1))), (), 3, Adopt(refund("r1", minutes=1))),
        # It may be taken and not listed yet: never asked again before the list is to be trusted.
        (ASKING, SeenPayment("available", 5000), (), 9, Wait),
        (ASKING, SeenPayment("available", 5000), (), 11, Ask(5000)),
        (ASKING, SeenPayment("available", 4000), (), 60, Wait),
        # Others' refunds explain what is missing.
        (ASKING, SeenPayment("available", 4000, (refund(),)), ("r1",), 11, Ask(4000)),
        (ASKING, SeenPayment("available", 4500, (refund(pence=500),)), (), 11, Ask(4500)),
        (ASKING, SeenPayment("available", 5000, (refund(state="failed"),)), (), 11, Ask(5000)),
        # What was refunded before we asked is not ours.
        (ASKING, SeenPayment("available", 5000, (refund(minutes=-6),)), (), 11, Ask(5000)),
        (ASKING, SeenPayment("available", 4500, (refund(pence=4500),)), (), 11, Ask(4500)),
        (ASKING, SeenPayment("available", 500, (refund(pence=4500),)), (), 11, Fail),
    ],
)
def test_the_next_step_of_a_refund(asked: AskedRefund, seen: SeenPayment, others: tuple[str, ...], minutes: int, step: object) -> None:
    found = next_step(asked, seen, others, NOON + timedelta(minutes=minutes))
    assert isinstance(found, step) if isinstance(step, type) else found == step


SEEN = st.lists(st.builds(refund, name=st.uuids().map(str), pence=st.integers(1, 5000)), max_size=4)


@given(SEEN, st.integers(0, 5000), st.integers(0, 30))
def test_what_may_have_been_taken_is_not_asked_again(refunds: list[SeenRefund], available: int, minutes: int) -> None:
    """If less is available than all listed refunds leave, one is not listed, and it may be ours."""
    found = next_step(ASKING, SeenPayment("available", available, tuple(refunds)), (), NOON + timedelta(minutes=minutes))
    if isinstance(found, Ask):
        assert available >= 5000 - sum(each.amount_pence for each in refunds)
        assert all(each.amount_pence != 1000 for each in refunds)


@pytest.mark.parametrize(
    ("known", "provider_id", "has_account", "says"),
    [(True, "pay1", True, None), (True, None, True, "by hand"), (False, None, True, "by hand"), (True, "pay1", False, "by hand")],
)
def test_only_what_came_through_pay_can_be_asked_of_it(known: bool, provider_id: str | None, has_account: bool, says: str | None) -> None:
    found = refusal(known, provider_id, has_account)
    assert (found is None) if says is None else (found is not None and says in found)


@given(st.lists(st.integers(1, 5000), max_size=6), st.data())
def test_totals_and_names_of_the_same_refunds_come_to_their_sum(amounts: list[int], data: st.DataObject) -> None:
    """In whatever order totals and names come, with whatever repetition, no penny is told twice, and none is left out."""
    totals = [("total", sum(amounts[: n + 1])) for n in range(len(amounts))]
    named = [("named", n) for n in range(len(amounts))]
    order = data.draw(st.permutations(named + data.draw(st.lists(st.sampled_from(totals), max_size=6) if totals else st.just([]))))
    told = unnamed = 0
    for kind, value in order:
        if kind == "total":
            more = sum(each.amount_pence for each in increments(told, [value]))
            told, unnamed = told + more, unnamed + more
        else:
            more = not_told_yet(amounts[value], unnamed)
            told, unnamed = told + more, unnamed - (amounts[value] - more)
    assert told == sum(amounts)
