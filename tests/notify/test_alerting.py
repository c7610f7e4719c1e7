"""What officers hear of, how often, and in which words."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_contracts.allocations import PaymentAllocated
from ims_contracts.notifications import DeliveryFailed, PostingAcknowledged
from ims_contracts.reconciliations import BreakClosed, BreakOpened
from ims_contracts.remittances import RemittanceLate, RemittanceReceived, RemittanceRefused
from ims_contracts.statements import SettlementReceived, StatementReceived
from ims_notify.domain.alert_facts import alarms, arrivals, breaks
from ims_notify.domain.alert_levels import Heard, Held, Level, Limit, Limits, Measured, Waiting, levels, silent
from ims_notify.domain.alert_rounds import InPlay, Quiet, Receiver, messages, over
from ims_notify.domain.alert_words import NOTICES_MAX, WORDS, Digest, Notice, digest, mail, notice, read, slack, teams, written
from ims_notify.domain.alerting import CALM, LASTING, MEASURED, Standing, Told, alarm, is_over, pause, saying

EXAMPLES = Path(__file__).parents[2] / "contracts" / "examples"
NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)
COUNCIL = "E07999999"
MODELS = {
    model.type.split(".")[2]: model
    for model in (
        RemittanceLate, RemittanceReceived, RemittanceRefused, BreakOpened, BreakClosed, PaymentAllocated, DeliveryFailed,
        SettlementReceived, StatementReceived, PostingAcknowledged,
    )
}


def example(name: str, **changes):
    """The first golden example of a message, with changes."""
    model = MODELS[name]
    path = sorted((EXAMPLES / model.topic).glob(f"{name}.v1.*.json"))[0]
    return model.model_validate_json(path.read_bytes()).model_copy(update=changes)


def standing(kind="file-late", raised=1, still=None, **changes) -> Standing:
    facts = {"subject": "allpay", "began_at": NOON, "raised_at": NOON, "ended_at": None, "acknowledged": 0} | changes
    return Standing(council=COUNCIL, kind=kind, raised=raised, open=raised if still is None else still, **facts)


def after(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


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
        (example("posting-acknowledged", rejected=[]), None),
        (example("posting-acknowledged", rejected=["a line"]), "lines-rejected"),
    ],
)
def test_what_alarms(fact, kind) -> None:
    found = alarm(fact)
    assert (found and found.kind) == kind


def test_what_only_happened_is_news_for_a_week() -> None:
    facts = [
        example("remittance-refused", received_on=date(2026, 3, 9)),
        example("remittance-late", expected_on=date(2026, 1, 5)),
        example("remittance-refused", received_on=date(2026, 3, 10), remittance_id=UUID(int=1)),
    ]
    assert [(each.kind, each.on) for each in alarms(facts, date(2026, 3, 16))] == [
        ("file-late", date(2026, 1, 5)), ("file-refused", date(2026, 3, 10)),
    ]


def test_the_same_heard_twice_is_one_alarm() -> None:
    assert len(alarms([example("remittance-late")] * 2, NOON.date())) == 1


def test_the_last_file_of_a_source_counts_whatever_is_in_it() -> None:
    days = [
        example("remittance-received", source="bank", received_on=date(2026, 3, 17)),
        example("statement-received", source="bank", received_on=date(2026, 3, 18)),
        example("settlement-received", source="bank", received_on=date(2026, 3, 16)),
        example("statement-received", source=None),
    ]
    for order in itertools.permutations(days):
        (found,) = [each for each in arrivals(order) if each.source == "bank"]
        assert found.on == date(2026, 3, 18)


def test_a_break_is_as_its_highest_revision_has_it() -> None:
    opened = example("break-opened", revision=1)
    story = [
        opened, example("break-closed", council=opened.council, break_id=opened.break_id, revision=2),
        opened.model_copy(update={"revision": 3, "amount_pence": 7}),
    ]
    for order in itertools.permutations(story):
        (found,) = breaks(order)
        assert (found.revision, found.is_open, found.amount_pence) == (3, True, 7)


@pytest.mark.parametrize(
    ("alert", "told", "minutes", "said"),
    [
        (standing(raised=0), None, 0, None),
        (standing(), None, 0, "first"),
        (standing(raised=4, least=5), None, 0, None),
        (standing(raised=5, least=5), None, 0, "first"),
        (standing(), Told(NOON, 1, 1), 59, None),
        (standing(), Told(NOON, 1, 1), 60, "again"),
        (standing(acknowledged=1), Told(NOON, 1, 1), 60, None),
        (standing(acknowledged=1), None, 60, None),
        (standing(raised=2, acknowledged=1), Told(NOON, 1, 1), 60, "again"),
        # One came and another is missing: as many as were acknowledged, and yet something new.
        (standing(raised=2, still=1, acknowledged=1), Told(NOON, 1, 1), 60, "again"),
        (standing(still=0), Told(NOON, 1, 1), 1, "ended"),
        (standing(still=0, acknowledged=1), Told(NOON, 1, 1), 1, "ended"),
        (standing(still=0), None, 1, None),
        (standing(still=0), Told(NOON, 2, 1, "ended"), 600, None),
        # What is measured and was so a moment ago may be so again.
        (standing("service-silent", still=0, ended_at=NOON), Told(NOON, 1, 1), 59, None),
        (standing("service-silent", still=0, ended_at=NOON), Told(NOON, 1, 1), 60, "ended"),
        (standing("duplicate", raised=5), Told(NOON, 1, 5), 600, None),
        (standing("duplicate", raised=6), Told(NOON, 1, 5), 59, None),
        (standing("duplicate", raised=6), Told(NOON, 1, 5), 60, "again"),
    ],
)
def test_what_is_said_when(alert, told, minutes, said) -> None:
    assert saying(alert, told, after(minutes)) == said


@pytest.mark.parametrize(
    ("alert", "told", "minutes", "over"),
    [
        (standing(), [], 9999, False),
        (standing(still=0), [], 0, True),
        (standing(still=0), [Told(NOON, 1, 1), None], 0, False),
        (standing(still=0), [Told(NOON, 2, 1, "ended"), None], 0, True),
        (standing("run-late", still=0, ended_at=NOON), [], 59, False),
        (standing("duplicate"), [Told(NOON, 1, 1)], 1439, False),
        (standing("duplicate"), [Told(NOON, 1, 1)], 1440, True),
        (standing("duplicate", raised=2), [Told(NOON, 1, 1)], 9999, False),
        (standing("duplicate"), [None], 9999, False),
        (standing("duplicate", least=2), [None], 1440, True),
        (standing("duplicate", acknowledged=1), [None], 0, True),
    ],
)
def test_when_nothing_more_is_to_be_said(alert, told, minutes, over) -> None:
    assert is_over(alert, told, after(minutes)) is over


TEAM = Receiver("team", COUNCIL, "email", None, None)
WINDOW = timedelta(minutes=5)


def in_play(number: int, alert: Standing, **told: Told) -> InPlay:
    return InPlay(UUID(int=number), alert, told)


def test_what_comes_within_the_window_is_one_message() -> None:
    alerts = [in_play(each, standing(subject=f"s{each}", began_at=after(each))) for each in range(5)]
    assert list(messages(alerts, [TEAM], {}, WINDOW, after(4))) == []
    (found,) = messages(alerts, [TEAM], {}, WINDOW, after(5))
    assert [each.alert.subject for each, _ in found.said] == ["s0", "s1", "s2", "s3", "s4"]
    assert list(messages(alerts, [TEAM], {"team": after(1)}, WINDOW, after(5))) == []


def test_a_receiver_hears_what_is_for_it() -> None:
    receivers = [
        Receiver("another", "E07000001", "email", None, None),
        Receiver("files", COUNCIL, "slack", frozenset({"file-refused"}), None),
        TEAM,
    ]
    alerts = [in_play(1, standing()), in_play(2, standing("file-refused"))]
    assert {each.receiver.name: len(each.said) for each in messages(alerts, receivers, {}, WINDOW, after(5))} == {"files": 1, "team": 2}


@pytest.mark.parametrize(
    ("begins", "ends", "weekends", "now", "quiet"),
    [
        ("18:30", "07:30", False, "2026-03-16T18:30Z", True),
        ("18:30", "07:30", False, "2026-03-17T07:29Z", True),
        ("18:30", "07:30", False, "2026-03-17T07:30Z", False),
        ("00:00", "06:00", False, "2026-03-16T05:59Z", True),
        ("00:00", "06:00", False, "2026-03-16T06:00Z", False),
        ("00:00", "00:00", False, "2026-03-21T06:00Z", False),
        ("00:00", "00:00", True, "2026-03-21T06:00Z", True),
        ("00:00", "00:00", True, "2026-03-22T23:30Z", True),
        # In summer the clock is an hour ahead: half past midnight on Monday.
        ("00:00", "00:00", True, "2026-06-21T23:30Z", False),
    ],
)
def test_quiet_hours_are_those_of_the_wall_clock(begins, ends, weekends, now, quiet) -> None:
    hours = Quiet(time.fromisoformat(begins), time.fromisoformat(ends), weekends)
    assert hours.is_now(datetime.fromisoformat(now)) is quiet


def test_nothing_is_said_in_quiet_hours_and_all_afterwards() -> None:
    quiet = TEAM._replace(quiet=Quiet(time(12), time(14), False))
    alerts = [in_play(1, standing())]
    assert list(messages(alerts, [quiet], {}, WINDOW, after(60))) == []
    assert len(list(messages(alerts, [quiet], {}, WINDOW, after(120)))) == 1
    assert over(alerts, [quiet], after(60)) == []


@settings(max_examples=30)
@given(kind=st.sampled_from(sorted(WORDS)), arrivals=st.lists(st.tuples(st.integers(0, 2880), st.integers(0, 40)), max_size=400))
def test_never_a_flood(kind, arrivals) -> None:
    """Two days of any number of alarms of forty subjects: each is said at most five times, and nobody is written to within the window."""
    raised: dict[int, int] = {}
    told: dict[int, Told] = {}
    sent: list[datetime] = []
    for minute in range(0, 2881, 5):
        for _, subject in (each for each in arrivals if each[0] // 5 * 5 == minute):
            raised[subject] = raised.get(subject, 0) + 1
        alerts = [
            in_play(each, standing(kind, count, subject=str(each)), **({"team": told[each]} if each in told else {}))
            for each, count in raised.items()
        ]
        last = {"team": sent[-1]} if sent else {}
        for message in messages(alerts, [TEAM], last, timedelta(minutes=10), after(minute)):
            sent.append(after(minute))
            for each, said in message.said:
                number = each.alert_id.int
                told[number] = Told(after(minute), told[number].times + 1 if number in told else 1, each.alert.raised, said)
    assert all(each.times <= 5 for each in told.values())
    assert all(later - earlier >= timedelta(minutes=10) for earlier, later in itertools.pairwise(sent))


def test_a_pause_grows_to_a_day() -> None:
    assert [pause(n) for n in (1, 2, 3, 4, 99)] == [timedelta(hours=h) for h in (1, 4, 16, 24, 24)]


NOTHING = Held(0, 0, None)
CALM_DAY = Measured(NOTHING, NOTHING, [], [], [], 0)
LIMITS = Limits(Limit(pence=1000, items=10, days=5), Limit(items=3))


@pytest.mark.parametrize(
    ("measured", "found"),
    [
        (CALM_DAY, []),
        (CALM_DAY._replace(suspense=Held(9, 999, date(2026, 3, 12))), []),
        (CALM_DAY._replace(suspense=Held(9, 1000, None)), [("suspense-high", "suspense", "£10.00 in 9 payments", 0)]),
        (CALM_DAY._replace(suspense=Held(10, 4100, None)), [("suspense-high", "suspense", "£41.00 in 10 payments", 2)]),
        # Money that went back and nobody knows whose it was is too much as well.
        (CALM_DAY._replace(suspense=Held(1, -2000, None)), [("suspense-high", "suspense", "-£20.00 in 1 payment", 1)]),
        (CALM_DAY._replace(suspense=Held(1, 1, date(2026, 3, 11))), [("suspense-old", "suspense", "5 days", 0)]),
        (CALM_DAY._replace(suspense=Held(1, 1, date(2026, 3, 6))), [("suspense-old", "suspense", "10 days", 1)]),
        (CALM_DAY._replace(breaks=Held(3, 10**9, date(2025, 1, 1))), [("breaks-high", "breaks", "£10,000,000.00 in 3 breaks", 0)]),
        (CALM_DAY._replace(waiting=[Waiting("parking", 3, NOON)]), [("deliveries-waiting", "parking", "3 since 16 March 12:00", 0)]),
        (CALM_DAY._replace(late_runs=[("revenues", NOON)]), [("run-late", "revenues", "16 March 12:00", 0)]),
        (CALM_DAY._replace(silent=[("allocation", NOON)]), [("service-silent", "allocation", "16 March 12:00", 0)]),
        (CALM_DAY._replace(set_aside=2), [("set-aside", "notify", "2", 1)]),
    ],
)
def test_what_is_too_much(measured, found) -> None:
    assert list(levels(measured, LIMITS, NOON.date())) == [Level(*each) for each in found]


@pytest.mark.parametrize(("minutes", "is_silent"), [(29, False), (30, True)])
def test_a_service_is_silent_while_others_are_not(minutes, is_silent) -> None:
    heard = [Heard("allocation", NOON, NOON), Heard("reconcile", NOON, NOON)]
    found = silent(heard, {"allocation": timedelta(minutes=30)}, after(minutes))
    assert found == ([("allocation", NOON)] if is_silent else [])


@pytest.mark.parametrize("kind", sorted(WORDS))
def test_each_kind_says_what_where_and_what_to_do(kind) -> None:
    for count, said in ((1, "first"), (3, "again")):
        words = notice(kind, "parking", count, said, "figures")
        assert "parking" in words.title or "figures" in words.title
        assert words.to_do
        assert "{" not in words.text
    assert ("3" in words.title) is (kind not in MEASURED)
    assert ("Still: " if kind in LASTING else "More: ") in words.title
    if kind in LASTING:
        assert notice(kind, "parking", 0, "ended") == Notice(WORDS[kind].ended.format(subject="parking"), "")


def test_every_kind_has_words_and_what_is_measured_lasts() -> None:
    assert MEASURED < LASTING < WORDS.keys()
    assert timedelta() < CALM <= pause(1)


def test_a_digest_says_as_much_as_is_read() -> None:
    said = digest("Anytown", [Notice(f"A{number}", "Do.") for number in range(NOTICES_MAX + 3)])
    subject, text = mail(said)
    assert subject == f"Anytown: {NOTICES_MAX + 3} things to look at"
    assert "And 3 more" in text
    assert digest("Anytown", [Notice("A", "")]).subject == "Anytown: A"
    assert read(written(said)) == said


def test_slack_takes_no_commands_from_a_name() -> None:
    assert slack(Digest("Anytown", [Notice("<!channel> & co", "")])) == {"text": "Anytown\n• &lt;!channel&gt; &amp; co."}


def test_a_name_is_one_line() -> None:
    assert notice("file-late", "a\r\nBcc: b", 1, "first").title == "The file of a  Bcc: b has not come"


def test_teams_takes_a_card() -> None:
    body = teams(Digest("Anytown", [Notice("A [title](https://x)", "Do this.")]))
    (attachment,) = body["attachments"]
    assert body["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    texts = [block["text"] for block in attachment["content"]["body"]]
    assert texts == ["Anytown: A  title (https://x)", "A  title (https://x). Do this."]


def test_the_day_of_an_alarm_is_that_on_which_the_file_was_due() -> None:
    raised = alarm(example("remittance-late", expected_on=date(2026, 3, 16)))
    assert raised is not None
    assert (raised.on, raised.case) == (date(2026, 3, 16), "2026-03-16")
