"""When people are left in peace, and who does not want to be written to."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import NamedTuple
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
# Whoever asked for a copy wants it; that money was taken back, or wrongly taken, has consequences that a person must know of.
ALWAYS = frozenset({"copy", "taken-back", "incident"})


class Quiet(NamedTuple):
    """From when until when nothing is sent, Europe/London; it may go over midnight."""

    begins: time
    ends: time
    media: frozenset[str]
    spares_receipts: bool
    """Whether a receipt still goes to whoever paid in person just now: they are awake, and wait for it."""


class Manners(NamedTuple):
    """A council's."""

    quiet: Quiet | None = None
    always: frozenset[str] = ALWAYS
    """Kinds that go even to whoever opted out: the law, or they themselves, want it."""


def quiet_until(quiet: Quiet | None, medium: str, now: datetime) -> datetime | None:
    """When quiet ends, while it lasts."""
    if quiet is None or medium not in quiet.media:
        return None
    local = now.astimezone(LONDON)
    is_over_midnight = quiet.begins > quiet.ends
    is_evening, is_morning = local.time() >= quiet.begins, local.time() < quiet.ends
    if not (is_evening or is_morning if is_over_midnight else is_evening and is_morning):
        return None
    day = local.date() + timedelta(days=is_over_midnight and is_evening)
    until = datetime.combine(day, quiet.ends, LONDON)
    # Where the clock is put back, the same hour comes twice; it is quiet in the first.
    return until if until > now else None


def digest(council: str, address: str) -> str:
    """What is kept of an address whose owner opted out: enough to know it again."""
    return sha256(f"{council}|{address.strip().lower()}".encode()).hexdigest()


def may_go(kind: str, is_opted_out: bool, manners: Mapping[str, Manners], council: str) -> bool:
    """Whether a delivery goes to somebody who may have opted out."""
    return not is_opted_out or kind in manners.get(council, Manners()).always
