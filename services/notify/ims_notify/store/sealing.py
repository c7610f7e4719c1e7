"""Seal what is kept of people from before the operator had a key: a page a transaction, until there is none."""

from itertools import groupby

from ims_kit import Service, Work
from ims_notify.domain.facts import Contact, Heard
from ims_notify.store.vault import Vault

PAGE = 5000

PAYERS = """SELECT to_char(heard_on, 'YYYY-MM') AS month, council, payment_id, heard_revision, channel, paid_on, receipt_id, email, phone,
  reference FROM payment WHERE coalesce(email, phone) NOT LIKE 'enc1:%' ORDER BY 1, 3 LIMIT $1 FOR UPDATE"""
SEAL_PAYERS = """UPDATE payment p SET email = n.email, phone = n.phone, reference = n.reference, email_key = n.email_key
FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
  AS n (council, payment_id, email, phone, reference, email_key) WHERE p.council = n.council AND p.payment_id = n.payment_id"""

HOLDERS = """SELECT council, fund, account_reference, revision, email, phone, address, language, vat_code FROM contact
WHERE coalesce(email, phone, address) NOT LIKE 'enc1:%' ORDER BY 1, 2, 3 LIMIT $1 FOR UPDATE"""
SEAL_HOLDERS = """UPDATE contact c SET email = n.email, phone = n.phone, address = n.address, email_key = n.email_key
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
  AS n (council, fund, account_reference, email, phone, address, email_key)
WHERE c.council = n.council AND c.fund = n.fund AND c.account_reference = n.account_reference"""


async def seal_all(service: Service, vault: Vault) -> None:
    """At the start, where there is a key."""
    for seal in (seal_payers, seal_holders) if vault.wrapper else ():
        count = PAGE
        while count == PAGE:
            async with service.begin() as work:
                count = await seal(vault, work)


async def seal_payers(vault: Vault, work: Work) -> int:
    """Each by the key of the month in which it was heard, as if it had been there then. Returns how many."""
    rows = await work.connection.fetch(PAYERS, PAGE)
    for month, of_month in groupby(rows, key=lambda row: str(row[0])):
        found = await vault.seal_heard([Heard(*tuple(row)[1:]) for row in of_month], work, month)
        columns = [(each.council, each.payment_id, each.email, each.phone, each.reference, each.email_key) for each in found]
        await work.connection.execute(SEAL_PAYERS, *zip(*columns, strict=True))
    return len(rows)


async def seal_holders(vault: Vault, work: Work) -> int:
    """Returns how many."""
    found = await vault.seal_contacts([Contact(*row) for row in await work.connection.fetch(HOLDERS, PAGE)], work)
    if found:
        columns = [(*each[:3], each.email, each.phone, each.address, each.email_key) for each in found]
        await work.connection.execute(SEAL_HOLDERS, *zip(*columns, strict=True))
    return len(found)
