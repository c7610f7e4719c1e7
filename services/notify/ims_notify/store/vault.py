"""How people are written to, encrypted at rest: a key for each council and bucket, wrapped by the operator's key. Dropping it removes
what it opened, in every copy of the rows."""

import base64
import hmac
import os
from functools import lru_cache
from typing import Any

import structlog
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ims_kit import Work
from ims_notify.domain.attempts import Due
from ims_notify.domain.facts import Contact, Heard

log = structlog.get_logger()

PREFIX = "enc1:"
NONCE_BYTES, KEY_BITS = 12, 256
# Of holders: kept until their back office tells the account without them, so that no month's end removes them.
HOLDERS = "holders"
# By which the same address is known again, without being read.
ALIKE = "alike"

MAKE = """INSERT INTO contact_key (council, bucket, wrapped, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING wrapped"""
FIND = "SELECT wrapped, made_at < $3 FROM contact_key WHERE council = $1 AND bucket = $2"
ALL = "SELECT council, bucket, wrapped FROM contact_key WHERE wrapped IS NOT NULL ORDER BY council, bucket FOR UPDATE"
REWRAP = "UPDATE contact_key SET wrapped = $3 WHERE council = $1 AND bucket = $2"

# A month whose people are all forgotten. The row stays: that there was a key, and when it went.
DROP = """UPDATE contact_key k SET wrapped = NULL, dropped_at = $2
WHERE wrapped IS NOT NULL AND bucket NOT IN ('holders', 'alike') AND bucket < to_char($1::date, 'YYYY-MM') AND NOT EXISTS (
  SELECT FROM payment p WHERE p.council = k.council AND to_char(p.heard_on, 'YYYY-MM') = k.bucket
    AND (p.email IS NOT NULL OR p.phone IS NOT NULL OR p.reference IS NOT NULL))"""


class Vault:
    """Seals what is kept of people, and opens it to write to them. Without a key it leaves all as it is."""

    def __init__(self, keys: str | None) -> None:
        self.wrapper = MultiFernet([Fernet(key.strip()) for key in keys.split(",")]) if keys else None
        self.known: dict[tuple[str, str], bytes] = {}
        """Those that are committed."""

    async def seal_heard(self, rows: list[Heard], work: Work, month: str | None = None) -> list[Heard]:
        """What is kept of payers, by the month in which it was heard: this one, if no other is said."""
        if self.wrapper is None:
            return rows
        bucket = month or f"{work.today:%Y-%m}"
        councils = {row.council for row in rows if row.email or row.phone}
        keys = {council: await self.key_to_seal(council, bucket, work) for council in councils}
        alike = {council: await self.key_to_seal(council, ALIKE, work) for council in councils}
        return [
            row._replace(
                email=sealed(keys[row.council], bucket, row.email),
                phone=sealed(keys[row.council], bucket, row.phone),
                reference=sealed(keys[row.council], bucket, row.reference),
                email_key=key_of(alike[row.council], row.email),
            )
            if row.email or row.phone
            else row
            for row in rows
        ]

    async def seal_contacts(self, rows: list[Contact], work: Work) -> list[Contact]:
        """What is kept of holders."""
        if self.wrapper is None:
            return rows
        councils = {row.council for row in rows}
        keys = {council: await self.key_to_seal(council, HOLDERS, work) for council in councils}
        alike = {council: await self.key_to_seal(council, ALIKE, work) for council in councils}
        return [
            row._replace(
                email=sealed(keys[row.council], HOLDERS, row.email),
                phone=sealed(keys[row.council], HOLDERS, row.phone),
                address=sealed(keys[row.council], HOLDERS, row.address),
                email_key=key_of(alike[row.council], row.email),
            )
            for row in rows
        ]

    async def alike(self, council: str, email: str, work: Work) -> str | None:
        """By what an address is known again among those that are sealed."""
        return None if self.wrapper is None else key_of(await self.key_to_seal(council, ALIKE, work), email)

    async def open(self, due: list[Due], work: Work) -> list[Due]:
        """Deliveries as they can be written; whose key is gone cannot be written to. A back office's needs nothing of people."""
        return [
            each
            if each.channel == "webhook"
            else each._replace(
                email=await self.opened(each.council, each.email, work),
                phone=await self.opened(each.council, each.phone, work),
                address=await self.opened(each.council, each.address, work),
                reference=await self.opened(each.council, each.reference, work),
            )
            for each in due
        ]

    async def opened(self, council: str, text: str | None, work: Work) -> str | None:
        if text is None or not text.startswith(PREFIX):
            return text
        bucket, _, rest = text.removeprefix(PREFIX).partition(":")
        key = self.known.get((council, bucket)) or await self.key_to_open(council, bucket, work)
        if key is None:
            return None
        content = base64.urlsafe_b64decode(rest)
        return cipher(key).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], bucket.encode()).decode()

    async def key_to_seal(self, council: str, bucket: str, work: Work) -> bytes:
        """The key of a bucket, made if there is none. What this transaction makes may be undone with it: it is not
        remembered before another has found it."""
        if found := self.known.get((council, bucket)) or await self.key_to_open(council, bucket, work):
            return found
        assert self.wrapper is not None
        key = AESGCM.generate_key(KEY_BITS)
        if await work.connection.fetchval(MAKE, council, bucket, self.wrapper.encrypt(key).decode(), work.now):
            return key
        found = await self.key_to_open(council, bucket, work)
        assert found is not None, f"the key of {bucket} has been dropped, and is wanted again"
        return found

    async def key_to_open(self, council: str, bucket: str, work: Work) -> bytes | None:
        """None: there is none, or not any more. Raises ValueError without the operator's key, InvalidToken with another's."""
        if self.wrapper is None:
            raise ValueError("IMS_CONTACT_KEY is not set, but what is kept of people is encrypted")
        row = await work.connection.fetchrow(FIND, council, bucket, work.now)
        if row is None or row[0] is None:
            return None
        wrapped, is_of_before = row
        key = self.wrapper.decrypt(wrapped)
        if is_of_before:
            self.known[council, bucket] = key
        return key


# Without a key.
PLAIN = Vault(None)


# Made once for each key: it is half of the work.
cipher = lru_cache(maxsize=256)(AESGCM)


def key_of(key: bytes, email: str | None) -> str | None:
    """The same for the same address, however it is written."""
    return hmac.digest(key, email.lower().encode(), "sha256").hex() if email else None


def sealed(key: bytes, bucket: str, text: str | None) -> str | None:
    if text is None:
        return None
    nonce = os.urandom(NONCE_BYTES)
    return f"{PREFIX}{bucket}:{base64.urlsafe_b64encode(nonce + cipher(key).encrypt(nonce, text.encode(), bucket.encode())).decode()}"


async def rewrap(vault: Vault, work: Work) -> None:
    """At the start: wrap every key by the operator's newest, so that the ones before it can be thrown away."""
    if vault.wrapper is None:
        log.warning("what is kept of people is not encrypted: IMS_CONTACT_KEY is not set")
        return
    for council, bucket, wrapped in await work.connection.fetch(ALL):
        await work.connection.execute(REWRAP, council, bucket, vault.wrapper.rotate(wrapped).decode())


async def drop(day: Any, work: Work) -> int:
    """Drop the keys of months that ended before a day, once nothing is kept by them. Returns how many."""
    answer: str = await work.connection.execute(DROP, day, work.now)
    return int(answer.split()[-1])
