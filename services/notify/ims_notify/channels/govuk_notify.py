"""Receipts by GOV.UK Notify: e-mail, text message, letter.

The official client writes each call and its token; our own connections carry it. By itself it sends one at a time (it is not
thread-safe), hides what we must tell apart (no connection, Retry-After), and writes into the log what GOV.UK Notify says, which may be
an address. There is no idempotency key: our reference is the delivery's id, and before another attempt it is asked whether it has it."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin
from uuid import UUID

from notifications_python_client.authentication import create_jwt_token
from notifications_python_client.notifications import NotificationsAPIClient

from ims_notify.channels.calls import Call, Caller, NoAnswer, Said
from ims_notify.channels.pace import Pace
from ims_notify.domain.attempts import Answer, Due
from ims_notify.domain.govuk import UNSURE, Medium, Sent, known_already, recipient, refusal, unfilled
from ims_notify.domain.letters import Letter
from ims_notify.settings import GovukNotify
from ims_notify.store.deliveries import Queue

# Within the time that a courier gives an attempt: a turn is waited for first, and a question may go before.
SHARE_OF_TIME = 0.4

type Clock = Callable[[], datetime]


class Writer(NotificationsAPIClient):
    """The official client, as one that writes calls instead of making them."""

    def __init__(self, key: str, url: str) -> None:
        super().__init__(key, base_url=url)  # type: ignore[no-untyped-call] # it has no types

    def request(self, method: str, url: str, data: Any = None, params: Any = None) -> Call:
        headers = self.generate_headers(create_jwt_token(self.api_key, self.service_id))
        asked = "?" + urlencode(params) if params else ""
        return Call(method, urljoin(self.base_url, url) + asked, headers, json.dumps(data).encode() if data is not None else None)


class Account(Caller):
    """A council's service at GOV.UK Notify, over connections of its own. All that has its key shares its pace."""

    def __init__(self, setting: GovukNotify, pace: Pace, answer_seconds: float) -> None:
        super().__init__(answer_seconds * SHARE_OF_TIME)
        self.setting, self.writer = setting, Writer(setting.key, setting.url)
        self.pace, self.answer_seconds = pace, answer_seconds
        self.versions: dict[UUID, str] = {}
        """Of each template that we have looked at and can fill, by its id."""

    async def newest(self, reference: UUID) -> Sent | None:
        """What it took last under a reference. Raises NoAnswer where it does not say."""
        answer = said_ok(await self.call(self.writer.get_all_notifications(reference=str(reference))))
        found = [
            (each["created_at"], Sent(UUID(each["id"]), each["status"], f"{each['template']['id']}:{each['template']['version']}"))
            for each in json.loads(answer.body)["notifications"]
        ]
        return max(found)[1] if found else None

    async def status(self, notification_id: UUID) -> str | None:
        """What has become of something; None where it is not known any more. Raises NoAnswer where it does not say."""
        answer = await self.call(self.writer.get_notification_by_id(notification_id))
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        return str(json.loads(said_ok(answer).body)["status"])

    async def fault_of(self, template: UUID, filled: Mapping[str, str]) -> Answer | None:
        """Why a template cannot be used: better all wait for it to be put right than that each is refused for good."""
        if template in self.versions:
            return None
        answer = await self.call(self.writer.get_template(template))
        if answer.status != HTTPStatus.OK:
            return Answer("unreachable", f"GOV.UK Notify: {answer.status} for the template {template}")
        said = json.loads(answer.body)
        if unknown := unfilled(said.get("personalisation") or {}, filled):
            return Answer("unreachable", f"the template {template} wants what we do not fill: {', '.join(unknown)}")
        self.versions[template] = str(said["version"])
        return None

    async def rest(self) -> None:
        self.versions.clear()
        await super().rest()


class Route(NamedTuple):
    """How one council writes by one medium."""

    council: str
    medium: Medium
    templates: Mapping[str, UUID]
    """By language; there is one in English."""


class GovukNotifyChannel:
    """One medium of a council's service."""

    def __init__(self, account: Account, route: Route, letter: Callable[[Any], Letter | None]) -> None:
        self.queue = Queue(route.medium, "", [route.council])
        self.account, self.route, self.medium, self.templates, self.letter = account, route, route.medium, route.templates, letter
        self.clock: Clock = lambda: datetime.now(UTC)

    async def send(self, due: Due) -> Answer:
        """Hand one over, unless it has been."""
        letter = self.letter(due)
        to = due.to
        if not to:
            return Answer("no-contact")
        if letter is None:
            return Answer("later", "no words for this council")
        template = self.templates.get(letter.language) or self.templates["en"]
        try:
            if due.attempts > 1 and (found := known_already(await self.account.newest(due.delivery_id), due.notification_id)):
                return found
            filled = recipient(self.medium, to) | {**letter.fields, "subject": letter.subject, "text": self.words(letter)}
            if fault := await self.account.fault_of(template, filled):
                return fault
            await asyncio.sleep(self.account.pace.take())
            return await self.hand_over(self.written(due, template, to, filled), template, filled, letter.version)
        except NoAnswer as error:
            why = f"GOV.UK Notify: {error}"
            return Answer("later", why, UNSURE) if error.is_sent else Answer("unreachable", why)

    def beside(self, queue: Queue, letter: Callable[[Any], Letter | None]) -> "GovukNotifyChannel":
        """The same medium for another queue of its council's: on connections of its own, at the pace that all share."""
        account = Account(self.account.setting, self.account.pace, self.account.answer_seconds)
        other = GovukNotifyChannel(account, self.route, letter)
        other.queue = queue._replace(only=[self.route.council])
        return other

    def words(self, letter: Letter) -> str:
        return letter.short if self.medium == "sms" else letter.text

    def written(self, due: Due, template: UUID, to: str, filled: Mapping[str, str]) -> Call:
        """The request, as the official client writes it."""
        writer, told = self.account.writer, {"template_id": str(template), "personalisation": filled, "reference": str(due.delivery_id)}
        request: Call
        match self.medium:
            case "email":
                request = writer.send_email_notification(to, **told)
            case "sms":
                request = writer.send_sms_notification(to, **told)
            case "letter":
                request = writer.send_letter_notification(**told)
        return request

    async def hand_over(self, request: Call, template: UUID, filled: Mapping[str, str], version: str) -> Answer:
        """One request, and what its answer means. A refusal is final only while the template is one that we can fill."""
        answer, now = await self.account.call(request), self.clock()
        if answer.status == HTTPStatus.CREATED:
            said = json.loads(answer.body)
            return Answer("sent", notification_id=UUID(said["id"]), template=f"{template}:{said['template']['version']} {version}")
        refused = refusal(answer.status, error_type(answer), now, answer.retry_after(now))
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            self.account.pace.empty()
        if refused.verdict == "refused":
            self.account.versions.pop(template, None)
            return await self.account.fault_of(template, filled) or refused
        return refused

    async def rest(self) -> None:
        """Let the connections go."""
        await self.account.rest()


def said_ok(answer: Said) -> Said:
    """The answer, if it is one. Raises NoAnswer."""
    if answer.status != HTTPStatus.OK:
        raise NoAnswer(f"status {answer.status}")
    return answer


def error_type(answer: Said) -> str:
    """The type of the first error, of which there is a short list; nothing of what it says in words."""
    try:
        found = json.loads(answer.body)["errors"][0]["error"]
    except (ValueError, LookupError, TypeError):
        return ""
    return found if isinstance(found, str) and found.isascii() and found.isalnum() and len(found) <= 40 else ""
