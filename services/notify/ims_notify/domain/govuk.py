"""What GOV.UK Notify answers and reports, by its codes and types alone: its words may quote an address."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus
from typing import Literal, NamedTuple
from uuid import UUID

from ims_notify.domain.attempts import Answer, State

# Its limits are counted by its own clock; a token's time may differ from it by half a minute.
PAST_MIDNIGHT = timedelta(minutes=1)
# It may have taken what it did not answer: by then it knows the reference, if it has.
UNSURE = timedelta(seconds=60)
ENDED = {"delivered": "delivered", "received": "delivered", "permanent-failure": "failed", "temporary-failure": "failed",
         "technical-failure": "failed", "validation-failed": "failed", "virus-scan-failed": "failed", "cancelled": "failed"}  # fmt: skip
WHY = {
    "permanent-failure": "permanent-failure: there is no such address or number",
    "temporary-failure": "temporary-failure: the mailbox was full, or the telephone off, for too long",
    "technical-failure": "technical-failure: its provider could not say",
}


class Sent(NamedTuple):
    """Something that it has under our reference."""

    notification_id: UUID
    status: str
    template: str


def until_midnight(now: datetime) -> timedelta:
    """How long until its daily limits count anew: midnight UTC, and a little."""
    tomorrow = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
    return tomorrow - now + PAST_MIDNIGHT


def refusal(status: int, error: str, now: datetime, retry_after: timedelta | None = None) -> Answer:
    """What it means that something was not taken. `error` is the type it gives, or nothing."""
    said = f"GOV.UK Notify: {status} {error}".rstrip()
    if status == HTTPStatus.TOO_MANY_REQUESTS and error == "TooManyRequestsError":
        return Answer("held", f"{said}: its daily limit; goes on after midnight UTC", until_midnight(now))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Answer("unreachable", f"{said}: look at its key, and at this machine's clock", retry_after)
    if status == HTTPStatus.BAD_REQUEST and error == "BadRequestError":
        return Answer("refused", f"{said}: not taken; a service in trial mode, or with a team key, writes to its team alone")
    if status == HTTPStatus.BAD_REQUEST:
        return Answer("refused", f"{said}: it takes no such address or number")
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Answer("unreachable", said, retry_after)
    return Answer("later", said, retry_after)


def known_already(newest: Sent | None, notification_id: UUID | None) -> Answer | None:
    """What a look-up by our reference says: it took this attempt's, or (None) has nothing but what we know it to have failed with."""
    if newest is None or newest.notification_id == notification_id:
        return None
    return Answer("sent", notification_id=newest.notification_id, template=newest.template)


def reported(status: str) -> tuple[State, str] | None:
    """What a delivery comes to by a report; None where the report ends nothing."""
    match ENDED.get(status):
        case "delivered":
            return "delivered", ""
        case "failed":
            return "failed", f"GOV.UK Notify: {WHY.get(status, status)}"
    return None


def unfilled(fields: Iterable[str], filled: Iterable[str]) -> list[str]:
    """The fields of a template that we have nothing for. It does not mind case, spaces, hyphens and underscores in their names; a letter's
    address has fields of its own, of which it takes as many as there are lines."""

    def plain(name: str) -> str:
        return re.sub(r"[\s_-]", "", name.lower())

    known = set(map(plain, filled))
    return sorted(name for name in fields if plain(name) not in known and not re.fullmatch(r"addressline\d|postcode", plain(name)))


Medium = Literal["email", "sms", "letter"]


def recipient(medium: Medium, to: str) -> dict[str, str]:
    """The fields that say to whom: an address or a number; of a letter each line of the address."""
    if medium == "letter":
        return {f"address_line_{number}": line for number, line in enumerate(to.split("\n"), 1)}
    return {"email_address" if medium == "email" else "phone_number": to}
