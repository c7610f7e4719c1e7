"""Mail that comes back: what is read of it, and what becomes of the receipt."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_kit import begin
from ims_notify.domain.bounces import Bounce, Ours, read
from ims_notify.store.deliveries import Queue, claim
from ims_notify.store.reported import bounced
from notify.incidents_world import OFFICERS, courier, empty, send_all, twice
from notify.notify_world import COUNCIL, allocated, mail_server, notifying, payment, payment_id, until
from notify.test_incidents import approved
from notify.test_notify_delivery import token

OURS = Ours(payment_id("a receipt"), datetime(2026, 3, 18, 9, 0, 0, 123456, UTC))


def came_back(name: str = OURS.name, action: str = "failed", status: str = "5.1.1", back: str = "message/rfc822", **head: str) -> bytes:
    """As mail systems write it."""
    original = f"From: receipts@anytown.example\r\nTo: payer@example.org\r\nMessage-ID: <{name}@anytown.example>\r\n\r\nA receipt\r\n"
    given_head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in head.items())
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: receipts@anytown.example\r\nMessage-ID: <{UUID(int=9)}@mx.example>\r\n{given_head}"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\nI am sorry: <payer@example.org> is unknown.\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; payer@example.org\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 payer@x\r\n"
        f"\r\n--B\r\nContent-Type: {back}\r\n\r\n{original}\r\n--B--\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (came_back(), "bounced: 5.1.1, there is no such mailbox"),
        (came_back(back="text/rfc822-headers"), "bounced: 5.1.1, there is no such mailbox"),
        (came_back(status="4.4.7 (expired)", action="Failed"), "bounced: 4.4.7, it could not be delivered in time"),
        (came_back("another-of-theirs", In_Reply_To=f"<{OURS.name}@anytown.example>", status="5.0.0"), "bounced: 5.0.0"),
        (came_back(action="delayed", status="4.4.1"), None),
        (came_back(action="delivered", status="2.0.0"), None),
        (came_back("another-of-theirs"), None),
        (came_back(str(OURS.message_id)), None),
        (came_back(f"{OURS.message_id}.{9 ** 30}"), None),
        (came_back(status="a word of theirs"), None),
        (b"From: a@b.example\r\nSubject: I am out of office\r\n\r\n", None),
        (b"", None),
    ],
)
def test_what_a_message_says_has_failed(content: bytes, reason: str | None) -> None:
    bounce = read(content)
    assert bounce is None or bounce.ours == OURS
    assert (bounce and bounce.reason) == reason


@given(st.binary(max_size=200), st.integers(0, 900), st.integers(0, 40))
def test_no_message_is_too_strange_to_be_read(garbage: bytes, at: int, length: int) -> None:
    content = came_back()
    for strange in (garbage, content[:at], content[:at] + garbage + content[at + length :]):
        assert isinstance(read(strange), Bounce | None)


async def test_a_receipt_that_came_back_has_failed_and_is_told_and_goes_again_when_a_person_asks(notify_url) -> None:
    """Once more under another name: what is told late, or again, of the first says nothing of the second."""
    async with mail_server() as (mailbox, mail), notifying(notify_url, **mail, applications={"mail": token("mail")}) as notify:
        await notify.empty()
        await notify.hears(payment(), allocated(fund="23"))
        transport = httpx.ASGITransport(app=notify.service.api)
        headers = {"Authorization": "Bearer mail"}
        async with httpx.AsyncClient(transport=transport, base_url="http://notify", headers=headers) as client, notify.delivering():

            async def bounce_of(nth: int, **said: str) -> None:
                name = mailbox.mails[nth][1]["Message-ID"].strip("<>").partition("@")[0]
                for _ in range(2):
                    assert (await client.post("/v1/callbacks/bounce", content=came_back(name, **said))).status_code == 204

            await until(lambda: notify.value("SELECT count(*) = 1 FROM delivery WHERE state = 'sent'"))
            (delivery_id,) = (await notify.rows("SELECT delivery_id FROM delivery"))[0]
            tried = (await client.get(f"/v1/deliveries/{delivery_id}")).json()["tried"]
            assert [(each["code"], each["their_id"]) for each in tried] == [(250, "0000000001")]
            await bounce_of(0)
            assert (await client.post("/v1/callbacks/bounce", content=EmailMessage().as_bytes())).status_code == 422
            assert await notify.rows("SELECT state, reason FROM delivery") == [("failed", "bounced: 5.1.1, there is no such mailbox")]
            assert [fact["type"] for fact in await notify.told()] == ["receipt-issued", "delivery-failed"]
            assert "payer@" not in str(await notify.told()) + str(await notify.rows("SELECT * FROM alarm"))

            assert (await client.post(f"/v1/deliveries/{delivery_id}/retry")).status_code == 200
            await until(lambda: notify.value("SELECT count(*) = 1 FROM delivery WHERE state = 'sent'"))
            before = await notify.rows("SELECT * FROM delivery, alarm")
            await bounce_of(0)
            await bounce_of(0, status="5.2.1")
            assert await notify.rows("SELECT * FROM delivery, alarm") == before
            await bounce_of(1, status="5.2.2")
            found = (await client.get(f"/v1/deliveries/{delivery_id}")).json()

    assert (found["state"], found["reason"]) == ("failed", "bounced: 5.2.2, the mailbox is full")
    assert [(each["attempt"], each["verdict"], each["reason"].partition(",")[0]) for each in found["tried"]] == [
        (1, "sent", ""), (1, "bounced", "bounced: 5.1.1"), (2, "sent", ""), (2, "bounced", "bounced: 5.2.2"),
    ]  # fmt: skip
    assert len(mailbox.mails) == len({mail["Message-ID"] for _, mail in mailbox.mails}) == 2


async def test_a_receipt_that_came_back_before_a_crash_let_us_keep_that_it_was_sent_has_failed(notify_url) -> None:
    """And another council's word of it changes nothing."""
    async with notifying(notify_url) as notify:
        await notify.empty()
        await notify.hears(payment(), allocated(fund="23"))
        async with begin(notify.pool) as work:
            [due] = await claim(Queue("email", ""), 1, timedelta(minutes=2), work)
        bounce = Bounce(Ours(due.delivery_id, due.since), "5.1.1")
        for council, state in (("E07000001", "due"), (COUNCIL, "failed")):
            async with begin(notify.pool) as work:
                await bounced(council, bounce, work)
            assert await notify.rows("SELECT state, attempts FROM delivery") == [(state, 1)]


async def test_an_incident_message_that_came_back_has_failed(notify_url) -> None:
    async with mail_server() as (_, mail), notifying(notify_url, **mail, officers=OFFICERS) as notify:
        await empty(notify)
        await twice(notify, "ann", "dai")
        await approved(notify)
        await send_all(notify, courier(notify))
        [message_id, other] = await notify.rows("SELECT message_id FROM incident_message ORDER BY 1")
        bounce = Bounce(Ours(*(await notify.rows("SELECT message_id, since FROM incident_message ORDER BY 1"))[0]), "5.1.1")
        async with begin(notify.pool) as work:
            await bounced(COUNCIL, bounce, work)
        found = await notify.rows("SELECT message_id, state, reason FROM incident_message ORDER BY 1")
        assert found == [(*message_id, "failed", bounce.reason), (*other, "sent", "")]
