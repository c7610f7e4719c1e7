"""Personal data is kept while it is of use: a payer's contact is forgotten so many days after we heard of it."""

import asyncio
from datetime import date, timedelta
from typing import NamedTuple

import structlog

from ims_kit import Service, Work
from ims_notify.store.sealing import seal_all
from ims_notify.store.vault import Vault, drop, rewrap

log = structlog.get_logger()

FORGET = """UPDATE payment p SET email = NULL, phone = NULL, reference = NULL, email_key = NULL
WHERE heard_on < $1 AND (email IS NOT NULL OR phone IS NOT NULL OR reference IS NOT NULL) AND NOT EXISTS (
  SELECT FROM delivery d WHERE d.council = p.council AND d.payment_id = p.payment_id AND d.kind <> 'posting'
  AND d.state IN ('waiting', 'due'))"""

# Whose address comes after a quarter of a year no longer expects a receipt.
STOP_SEEKING = """DELETE FROM seeker s USING payment p
WHERE p.council = s.council AND p.payment_id = s.payment_id AND p.heard_on < $1"""

# By it an address could be tried against the digests of those that an incident's message went to.
FORGET_SALT = """UPDATE incident i SET salt = NULL WHERE salt IS NOT NULL AND drafted_at < $1::date AND NOT EXISTS (
  SELECT FROM incident_message m WHERE m.incident_id = i.incident_id AND m.state = 'due')"""

# Of one person, by their e-mail address: who paid, and who holds an account.
ERASE_PAYER = """UPDATE payment SET email = NULL, phone = NULL, reference = NULL, email_key = NULL
WHERE council = $1 AND (lower(email) = lower($2) OR email_key = $3)"""
ERASE_HOLDER = """UPDATE contact SET email = NULL, phone = NULL, address = NULL, email_key = NULL
WHERE council = $1 AND (lower(email) = lower($2) OR email_key = $3)"""


class Erased(NamedTuple):
    """Of how many the person is not kept any more."""

    payment_count: int
    account_count: int


async def forget(service: Service, days: int, vault: Vault) -> None:
    """Once a day. At the start the keys are wrapped anew, if the operator has a new one, and what was kept without a key is sealed."""
    async with service.begin() as work:
        await rewrap(vault, work)
    await seal_all(service, vault)
    while True:
        async with service.begin() as work:
            count = await forget_before(work.today - timedelta(days=days), work)
        if count:
            log.info("forgot contacts", count=count)
        await asyncio.sleep(24 * 3600)


async def forget_before(day: date, work: Work) -> int:
    """Blank the contact of payments that were heard of before a day, save where a receipt is still to go. Returns how many."""
    await work.connection.execute(STOP_SEEKING, day)
    await work.connection.execute(FORGET_SALT, day)
    answer: str = await work.connection.execute(FORGET, day)
    if gone := await drop(day, work):
        log.info("dropped keys", count=gone)
    return int(answer.split()[-1])


async def erase(council: str, email: str, vault: Vault, work: Work) -> Erased:
    """Blank what is kept of a person who asks for it, whenever it was heard: what was still to be sent to them is not. Facts, amounts and
    accounts stay. A back office that tells their account again with the address tells it anew."""
    alike = await vault.alike(council, email, work)
    answers = [await work.connection.execute(sql, council, email, alike) for sql in (ERASE_PAYER, ERASE_HOLDER)]
    return Erased(*(int(answer.split()[-1]) for answer in answers))
