"""What officers hear of, how often, and in which words."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.allocations import PaymentAllocated
from ims_contracts.notifications import DeliveryFailed
from ims_contracts.reconciliations import BreakClosed, BreakOpened
from ims_contracts.remittances import RemittanceLate, RemittanceReceived, RemittanceRefused
from ims_contracts.statements import SettlementReceived
from ims_notify.domain.alert_words import WORDS, Notice, notice, slack, teams
from ims_notify.domain.alerting import LASTING, Extent, Told, alarm, is_ended, pause, saying

EXAMPLES = Path(__file__).parents[2] / "contracts" / "examples"
NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)
MODELS = {
    model.type.split(".")[2]: model
    for model in (
        RemittanceLate,
        RemittanceReceived,
        RemittanceRefused,
        BreakOpened,
        BreakClosed,
        PaymentAllocated,
        DeliveryFailed,
        SettlementReceived,
    )
}


def example(name: str, **changes):
    """The first golden example of a message, with changes."""
    model = MODELS[name]
    path = sorted((EXAMPLES / model.topic).glob(f"{name}.v1.*.json"))[0]
    return model.model_validate_json(path.read_bytes()).model_copy(update=changes)


@pytest.mark.parametrize(
    ("fact", "kind"),
    [
        (example("remittance-late"), "file-late"),
        (example("remittance-refused"), "file-refused"),
        (example("break-opened", kind="balance"), "statement-unproved"),
        (example("break-opened", kind="fee-differs"), None),
        (example("payment-allocated", outcome="duplicate"), "duplicate"),
        (example("payment-allocated", outcome="full"), None),
        (example("delivery-failed"), "delivery-failed"),
    ],
)
def test_what_alarms(fact, kind) -> None:
    found = alarm(fact)
    assert (found and found.kind) == kind


@pytest.mark.parametrize(("days", "ended"), [(-1, False), (0, True), (1, True)])
def test_a_late_file_ends_with_one_of_its_day_or_later(days, ended) -> None:
    late = example("remittance-late")
    came = example("remittance-received", council=late.council, source=late.source, received_on=late.expected_on + timedelta(days=days))
    raised = alarm(late)
    assert raised is not None
    assert is_ended(raised, [came], []) is ended
    assert not is_ended(raised, [came.model_copy(update={"council": "E07000001"})], [])
    assert not is_ended(raised, [came.model_copy(update={"source": "another"})], [])


def test_a_late_settlement_ends_it_as_well() -> None:
    late = example("remittance-late")
    came = example("settlement-received", council=late.council, source=late.source, received_on=late.expected_on)
    raised = alarm(late)
    assert raised is not None
    assert is_ended(raised, [came], [])


def test_a_break_ends_with_its_own_end() -> None:
    opened = example("break-opened", kind="balance")
    raised = alarm(opened)
    assert raised is not None
    assert is_ended(raised, [], [example("break-closed", council=opened.council, break_id=opened.break_id)])
    assert not is_ended(raised, [], [example("break-closed", council="E07000001", break_id=opened.break_id)])


@pytest.mark.parametrize(
    ("kind", "extent", "told", "acknowledged", "minutes", "said"),
    [
        ("file-late", Extent(0, 0), None, False, 0, None),
        ("file-late", Extent(1, 1), None, False, 0, "first"),
        ("file-late", Extent(1, 1), Told(NOON, 1, 1), False, 59, None),
        ("file-late", Extent(1, 1), Told(NOON, 1, 1), False, 60, "again"),
        ("file-late", Extent(1, 1), Told(NOON, 1, 1), True, 60, None),
        ("file-late", Extent(2, 2), Told(NOON, 1, 1), True, 60, "again"),
        # One came and another is missing: as many as were acknowledged, and yet something new.
        ("file-late", Extent(2, 1), Told(NOON, 1, 1), True, 60, "again"),
        ("file-late", Extent(1, 0), Told(NOON, 1, 1), True, 1, "ended"),
        ("duplicate", Extent(5, 5), Told(NOON, 1, 5), False, 600, None),
        ("duplicate", Extent(6, 6), Told(NOON, 1, 5), False, 59, None),
        ("duplicate", Extent(6, 6), Told(NOON, 1, 5), False, 60, "again"),
    ],
)
def test_what_is_said_when(kind, extent, told, acknowledged, minutes, said) -> None:
    assert saying(kind, extent, told, acknowledged, NOON + timedelta(minutes=minutes)) == said


@given(kind=st.sampled_from(sorted(WORDS)), arrivals=st.lists(st.integers(0, 2 * 24 * 60), max_size=2000))
def test_never_a_flood(kind, arrivals) -> None:
    told: Told | None = None
    count = 0
    for minute in sorted(arrivals):
        count, now = count + 1, NOON + timedelta(minutes=minute)
        if saying(kind, Extent(count, count), told, False, now):
            told = Told(now, told.times + 1 if told else 1, count)
    # Two days of any number: at once, after 1 h, 4 h and 16 h, then once a day.
    assert (told.times if told else 0) <= 5


def test_a_pause_grows_to_a_day() -> None:
    assert [pause(n) for n in (1, 2, 3, 4, 99)] == [timedelta(hours=h) for h in (1, 4, 16, 24, 24)]


@pytest.mark.parametrize("kind", sorted(WORDS))
def test_each_kind_says_what_where_and_what_to_do(kind) -> None:
    for count, said in ((1, "first"), (3, "again")):
        words = notice("E07999999", kind, "parking", count, said)
        assert "parking" in words.title
        assert words.to_do
        assert "{" not in words.text
    assert "3" in words.title
    assert ("Still: " if kind in LASTING else "More: ") in words.title
    if kind in LASTING:
        assert notice("E07999999", kind, "parking", 0, "ended") == Notice(f"E07999999: {WORDS[kind].ended.format(subject='parking')}", "")


def test_slack_takes_no_commands_from_a_name() -> None:
    assert slack(Notice("<!channel> & co", "")) == {"text": "&lt;!channel&gt; &amp; co."}


def test_teams_takes_a_card() -> None:
    body = teams(Notice("A title", "Do this."))
    (attachment,) = body["attachments"]
    assert body["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert [block["text"] for block in attachment["content"]["body"]] == ["A title", "Do this."]


def test_the_day_of_an_alarm_is_that_on_which_the_file_was_due() -> None:
    raised = alarm(example("remittance-late", expected_on=date(2026, 3, 16)))
    assert raised is not None
    assert (raised.on, raised.case) == (date(2026, 3, 16), "2026-03-16")
