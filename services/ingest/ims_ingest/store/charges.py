"""Which payment a settlement's chargeback takes back, where the settlement knows it by other ids than ours."""

from collections.abc import Sequence

from ims_contracts.payments import PaymentReversed
from ims_ingest.domain.rows import of_charge
from ims_kit import Work

# The one card payment of this reference, pence and method. Where there are two, nobody can say which: the reference alone is told.
CHARGED = """SELECT number, min(payment.provider) AS provider, min(body::jsonb ->> 'provider_payment_id') AS provider_payment_id
  FROM unnest($1::int[], $2::text[], $3::text[], $4::bigint[], $5::text[]) AS asked (number, council, reference, pence, method)
  JOIN payment ON payment.council = asked.council AND settled_as = asked.reference
    AND payment.amount_pence = asked.pence AND body::jsonb ->> 'method_of_payment' = asked.method
  GROUP BY number HAVING count(*) = 1"""


async def find_charged(reversals: Sequence[PaymentReversed], work: Work) -> list[PaymentReversed]:
    """The reversals, chargebacks that name no payment with the one that they take back, where it is known and is the only one."""
    found = list(reversals)
    loose = [(n, each) for n, each in enumerate(found) if each.reason == "chargeback-lost" and not each.payment_id and each.reference]
    if loose:
        asked = [(n, each.council, (each.reference or "").upper(), each.amount_pence, each.method_of_payment) for n, each in loose]
        for number, provider, provider_payment_id in await work.connection.fetch(CHARGED, *zip(*asked, strict=True)):
            found[number] = of_charge(found[number], provider, provider_payment_id)
    return found
