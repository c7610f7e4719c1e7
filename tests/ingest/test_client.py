"""The publishers that suppliers use, against a real ingest and a real Kafka: once is once, whatever breaks on the way."""

import asyncio
import contextlib
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer

import ims_contracts.client.answers
import ims_contracts.client.http
from ims_contracts import MESSAGES
from ims_contracts.accounts import AccountSubmitted
from ims_contracts.client import BlockingHttpPublisher, HttpPublisher, KafkaPublisher, NotSent, Refused
from ims_contracts.client.patience import Patience
from ims_contracts.payments import PaymentReceived, PaymentSubmitted, ReversalSubmitted
from ims_ingest.handlers.submissions import on_submissions
from ims_kit.decoding import Hearing
from ims_kit.hearing import Reader
from ims_kit.settings import ServiceSettings
from ingest.ingest_world import COUNCIL, TOKEN, Ingest, submitted

INBOUND = "ims.inbound.v1"
REVERSAL = ReversalSubmitted(
    council=COUNCIL, source="portal", source_reversal_id="R1", reason="chargeback-lost", amount_pence=3500, reversed_on=date(2026, 3, 18),
    original_source="portal", original_source_payment_id="P1", method_of_payment="card-stripe",
)  # fmt: skip
ACCOUNT = AccountSubmitted(council=COUNCIL, source="portal", fund="11", account_reference="BJ90001186", revision=1)
SOON = Patience(attempts=4, first_wait=0.001)


class Broken(httpx.AsyncBaseTransport):
    """Lets every request through to ingest, and loses the answer of all but every third."""

    def __init__(self, ingest: Ingest) -> None:
        self.inside, self.count = httpx.ASGITransport(app=ingest.service.api), 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        answer = await self.inside.handle_async_request(request)
        if self.count % 3:
            raise httpx.ReadTimeout("the line is cut")
        return answer


def publisher_of(transport: httpx.AsyncBaseTransport, patience: Patience = SOON) -> HttpPublisher:
    return HttpPublisher("http://ingest", TOKEN, patience, httpx.AsyncClient(transport=transport))


@pytest.fixture
async def publisher(ingest: Ingest) -> AsyncIterator[HttpPublisher]:
    async with publisher_of(httpx.ASGITransport(app=ingest.service.api)) as publisher:
        yield publisher


async def test_each_kind_is_published_once_however_often(ingest: Ingest, publisher: HttpPublisher) -> None:
    told = [(await publisher.publish(each)).state for _ in range(2) for each in (submitted(1), REVERSAL, ACCOUNT)]
    assert told == ["received", "received", "changed", "received", "known", "known"]
    assert await ingest.names_told() == {"PaymentReceived": 1, "PaymentReversed": 1, "AccountChanged": 1}


async def test_many_are_published_in_as_many_requests_as_it_takes(
    ingest: Ingest, publisher: HttpPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ims_contracts.client.http, "BULK_MAX", 100)
    await publisher.publish(submitted(7))
    payments = [submitted(7, amount_pence=1), submitted(8, source="another"), *map(submitted, range(100, 350))]
    results = await publisher.publish_all(payments)
    assert [(each.status, each.state, each.is_taken) for each in results[:3]] == [
        (409, "conflict", False), (403, "refused", False), (201, "received", True),
    ]  # fmt: skip
    assert results[0].reasons == ("the amount is another",)
    assert len(results) == 252
    assert len(await ingest.told(PaymentReceived)) == 251
    assert await publisher.publish_all([]) == []


def test_requests_are_parted_by_size_as_well() -> None:
    bodies = [b"x" * (1 << 20)] * 70
    assert [len(each) for each in ims_contracts.client.http.requests_of(bodies)] == [31, 31, 8]


async def test_an_answer_that_is_lost_is_asked_for_again_and_counts_once(ingest: Ingest) -> None:
    async with publisher_of(Broken(ingest)) as publisher:
        assert (await publisher.publish(submitted(1))).state == "received"
        assert [each.state for each in await publisher.publish_all(map(submitted, range(1, 50)))] == ["known"] + ["received"] * 48
        assert (await publisher.publish(REVERSAL)).state == "known"  # it was new when its answer was lost
    assert await ingest.names_told() == {"PaymentReceived": 49, "PaymentReversed": 1}


async def test_a_supplier_that_dies_and_sends_its_day_again_changes_nothing(ingest: Ingest, publisher: HttpPublisher) -> None:
    day = [submitted(number) for number in range(60)]
    for died_after in (20, 45, 60):
        await publisher.publish_all(day[:died_after])
    async with asyncio.TaskGroup() as tasks:
        for payment in day:
            tasks.create_task(publisher.publish(payment))
    assert await ingest.names_told() == {"PaymentReceived": 60}


async def test_what_would_be_refused_is_not_sent(ingest: Ingest, publisher: HttpPublisher) -> None:
    wrong = [submitted(1, source_payment_id="4111111111111111"), submitted(1, paid_on=date(2999, 1, 1)),
             REVERSAL.model_copy(update={"source_reversal_id": "a\0"})]  # fmt: skip
    for each in wrong:
        with pytest.raises(Refused) as refused:
            await publisher.publish(each)
        assert (refused.value.status, len(refused.value.reasons)) == (None, 1)
    with pytest.raises(ValueError, match="amount_pence"):
        await publisher.publish(submitted(1).model_copy(update={"amount_pence": -1}))
    assert await ingest.rows("SELECT 1 FROM event") == []


async def test_what_was_refused_is_put_right_and_sent_again_under_its_id(
    ingest: Ingest, publisher: HttpPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as unchecked:
        unchecked.setattr(ims_contracts.client.answers, "faults_of_submission", lambda *_: [])
        with pytest.raises(Refused, match="is after today") as refused:
            await publisher.publish(submitted(1, paid_on=date(2999, 1, 1)))
    assert refused.value.status == 422
    found = await publisher.submission("portal", "P1")
    assert found is not None
    assert found["refusals"][0]["reasons"] == refused.value.reasons
    assert (await publisher.publish(submitted(1))).state == "received"
    with pytest.raises(Refused) as refused:
        await publisher.publish(submitted(1, amount_pence=1))
    assert (refused.value.status, refused.value.reasons) == (409, ["the amount is another"])


async def test_an_id_may_have_any_letters(ingest: Ingest, publisher: HttpPublisher) -> None:
    await publisher.publish(submitted(1, source_payment_id="tŷ/7 &?"))
    found = await publisher.submission("portal", "tŷ/7 &?")
    assert found is not None
    assert len(found["payments"]) == 1
    assert await publisher.submission("portal", "another") is None


async def test_a_program_that_is_not_asynchronous_waits(ingest: Ingest, ingest_address: str) -> None:
    def day() -> list[str]:
        with BlockingHttpPublisher(ingest_address, TOKEN) as publisher:
            states = [publisher.publish(submitted(1)).state, *(each.state for each in publisher.publish_all([submitted(1), submitted(2)]))]
            return [*states, str(bool(publisher.submission("portal", "P2")))]

    assert await asyncio.to_thread(day) == ["received", "known", "received", "True"]


class Door:
    """Answers with one status after another; an exception is raised instead."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.keys = list(answers), set[str]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.keys.add(request.headers["idempotency-key"])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, headers, said = (answer, {}, {}) if isinstance(answer, int) else (*answer, {})[:3]
        return httpx.Response(status, headers=headers, json=said or {"state": "received", "reasons": ["no"]})


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, without waiting."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("ims_contracts.client.patience.asyncio.sleep", sleep)
    return waited


async def publish_at(door: Door, patience: Patience | None = None) -> str:
    async with publisher_of(httpx.MockTransport(door), patience or Patience(attempts=4)) as publisher:
        return (await publisher.publish(submitted(1))).state


async def test_no_connection_too_many_and_their_faults_are_tried_again_with_one_key(waits: list[float]) -> None:
    door = Door(httpx.ConnectError("no"), 429, 503, 201)
    assert await publish_at(door) == "received"
    assert len(door.keys) == 1
    assert [0 <= waited <= 0.5 * 2**attempt for attempt, waited in enumerate(waits)] == [True] * 3


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 408, 409, 413, 422])
async def test_a_no_is_not_asked_again(waits: list[float], status: int) -> None:
    with pytest.raises(Refused) as refused:
        await publish_at(Door(status))
    assert (refused.value.status, refused.value.reasons, waits) == (status, ["no"], [])


async def test_patience_ends(waits: list[float]) -> None:
    with pytest.raises(NotSent, match="4 attempts, the last with status 502"):
        await publish_at(Door(503, httpx.ReadTimeout("no"), 500, 502, 201))
    assert len(waits) == 3


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("7", 7, 7.5),
        (timedelta(seconds=50), 30, 50.5),
        (timedelta(days=-1), 0, 0.5),
        ("soon", 0, 0.5),
        ("", 0, 0.5),
    ],
)
async def test_as_long_as_is_asked_for_is_waited(waits: list[float], said: str | timedelta, least: float, most: float) -> None:
    asked = said if isinstance(said, str) else format_datetime(datetime.now(UTC) + said, usegmt=True)
    await publish_at(Door((503, {"retry-after": asked}), 201))
    (waited,) = waits
    assert least <= waited <= most


@pytest.mark.parametrize("said", ["3600", "9" * 400])
async def test_nobody_waits_for_an_hour(waits: list[float], said: str) -> None:
    with pytest.raises(NotSent):
        await publish_at(Door((429, {"retry-after": said}), 201))
    assert waits == []


async def test_what_is_not_ingest_is_said_to_be_another() -> None:
    page = httpx.MockTransport(lambda request: httpx.Response(200, html="<p>Welcome</p>"))
    async with publisher_of(page) as publisher:
        with pytest.raises(Refused, match="is the address right"):
            await publisher.publish(submitted(1))


# Kafka.

MESSAGES_TO_SEND = [*(submitted(number) for number in range(300)), REVERSAL, ACCOUNT]


async def records(bootstrap: str, topic: str, count: int) -> list[Any]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        return [await asyncio.wait_for(consumer.getone(), 20) for _ in range(count)]
    finally:
        await consumer.stop()


async def test_what_is_sent_is_as_the_contract_says(kafka_bootstrap: str, topics: Callable[[dict[str, int]], Awaitable[str]]) -> None:
    topic = await topics({INBOUND: 6}) + INBOUND
    async with KafkaPublisher(kafka_bootstrap, "portal", topic) as publisher:
        assert await publisher.publish(*MESSAGES_TO_SEND) == 302
    found = await records(kafka_bootstrap, topic, 302)
    for record in found:
        headers = {name: value.decode() for name, value in record.headers}
        message = MESSAGES[headers["ce_type"]].model_validate_json(record.value)
        assert record.key.decode() == message.key
        assert record.partition == zlib.crc32(record.key) % 6
        assert headers == {
            "content-type": "application/json", "ce_specversion": "1.0", "ce_type": message.type, "ce_source": "portal",
            "ce_id": message.event_id,
        }  # fmt: skip
    assert len({record.partition for record in found}) == 6


async def test_what_is_on_its_way_is_sent_before_the_end(
    kafka_bootstrap: str, topics: Callable[[dict[str, int]], Awaitable[str]]
) -> None:
    topic = await topics({INBOUND: 2}) + INBOUND
    publisher = KafkaPublisher(kafka_bootstrap, "portal", topic, linger_ms=1_000)
    await publisher.start()
    sending = asyncio.ensure_future(publisher.publish(*MESSAGES_TO_SEND[:50]))
    await asyncio.sleep(0.2)
    assert not sending.done()
    await publisher.aclose()
    assert await sending == 50
    assert len(await records(kafka_bootstrap, topic, 50)) == 50


async def test_nothing_is_sent_where_one_would_be_refused(
    kafka_bootstrap: str, topics: Callable[[dict[str, int]], Awaitable[str]]
) -> None:
    topic = await topics({INBOUND: 1}) + INBOUND
    async with KafkaPublisher(kafka_bootstrap, "portal", topic) as publisher:
        with pytest.raises(Refused):
            await publisher.publish(submitted(1), submitted(2, source_payment_id="4111111111111111"))
        await publisher.publish(submitted(3))
    (record,) = await records(kafka_bootstrap, topic, 1)
    assert json.loads(record.value)["source_payment_id"] == "P3"


async def test_a_broker_that_is_not_there_is_said() -> None:
    with pytest.raises(NotSent, match="is the address right"):
        await KafkaPublisher("127.0.0.1:1", "portal").start()


@contextlib.asynccontextmanager
async def hearing(ingest: Ingest, bootstrap: str, prefix: str) -> AsyncIterator[None]:
    """Ingest's own reader, on a topic of the test's own."""
    settings = ServiceSettings(kafka_bootstrap=bootstrap, database_url=ingest.service.dsn, topic_prefix=prefix)
    hearings = {INBOUND: Hearing(on_submissions, [PaymentSubmitted, ReversalSubmitted, AccountSubmitted])}
    reader = Reader(f"{prefix}ingest", ingest.service.pool, settings, hearings, lambda: None)
    await reader.start()
    try:
        async with asyncio.timeout(30):
            yield
    finally:
        await reader.stop()


async def test_the_same_events_on_the_topic_and_over_http_are_each_once(
    ingest: Ingest, publisher: HttpPublisher, kafka_bootstrap: str, topics: Callable[[dict[str, int]], Awaitable[str]]
) -> None:
    prefix = await topics({INBOUND: 3})
    for died_after in (100, 302):  # a supplier that died, and begins its day again
        async with KafkaPublisher(kafka_bootstrap, "portal", prefix + INBOUND) as sender:
            await sender.publish(*MESSAGES_TO_SEND[:died_after])
    await publisher.publish_all(each for each in MESSAGES_TO_SEND[:150] if isinstance(each, PaymentSubmitted))
    async with hearing(ingest, kafka_bootstrap, prefix):
        while await ingest.names_told() != {"PaymentReceived": 300, "PaymentReversed": 1, "AccountChanged": 1}:
            await asyncio.sleep(0.05)


async def test_what_came_over_the_topic_and_was_refused_is_found_by_its_id(
    ingest: Ingest, publisher: HttpPublisher, kafka_bootstrap: str, topics: Callable[[dict[str, int]], Awaitable[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    prefix = await topics({INBOUND: 1})
    bodies = {1: {}, 2: {"paid_on": "2999-01-01"}, 3: {"amount_pence": "35.00"}, 4: {"channel": None}}
    said = {f"P{number}": json.dumps(submitted(number).model_dump(mode="json") | body).encode() for number, body in bodies.items()}
    monkeypatch.setattr("ims_contracts.client.kafka.body_of", lambda each: said[each.source_payment_id])
    async with KafkaPublisher(kafka_bootstrap, "portal", prefix + INBOUND) as sender:
        await sender.publish(*map(submitted, bodies))
    async with hearing(ingest, kafka_bootstrap, prefix):
        found = {own_id: await until_there(publisher, own_id) for own_id in said}
    assert len(found["P1"]["payments"]) == 1
    assert found["P2"]["refusals"][0]["reasons"][0].startswith("paid_on 2999-01-01 is after today")
    assert [found[own_id]["set_aside"][0]["reasons"][0].split()[0] for own_id in ("P3", "P4")] == ["amount_pence", "channel"]


async def until_there(publisher: HttpPublisher, own_id: str) -> dict[str, Any]:
    while True:
        if found := await publisher.submission("portal", own_id):
            return found
        await asyncio.sleep(0.05)
