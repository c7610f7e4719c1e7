"""The topic's door: what external systems, and reconcile, submit straight to Kafka. The path that has to be fast."""

from ims_contracts.acceptance import faults_of_reversal
from ims_contracts.accounts import AccountChanged, AccountSubmitted
from ims_contracts.message import Message
from ims_contracts.payments import PaymentReceived, PaymentRefused, PaymentReversed, PaymentSubmitted, ReversalSubmitted
from ims_ingest.domain.submissions import accept, accept_account, accept_reversal
from ims_ingest.store.accounts import change
from ims_ingest.store.payments import record, refuse, reverse
from ims_kit import Refused, Work

type Submitted = PaymentSubmitted | ReversalSubmitted | AccountSubmitted


async def on_submissions(heard: list[Submitted], work: Work) -> None:
    """Take in each payment, reversal and account once, and tell back what is refused, with every reason."""
    payments: list[PaymentReceived] = []
    refusals: list[PaymentRefused] = []
    reversals: list[PaymentReversed] = []
    accounts: list[AccountChanged] = []
    causes: dict[int, Message] = {}
    today = work.today
    for submitted in heard:
        fact: PaymentReceived | PaymentRefused | PaymentReversed | AccountChanged
        if isinstance(submitted, PaymentSubmitted):
            fact = accept(submitted, today)
            if isinstance(fact, PaymentReceived):
                payments.append(fact)
            else:
                refusals.append(fact)
        elif isinstance(submitted, ReversalSubmitted):
            if faults := faults_of_reversal(submitted):
                raise Refused("; ".join(map(str, faults)))
            reversals.append(fact := accept_reversal(submitted))
        else:
            accounts.append(fact := accept_account(submitted))
        causes[id(fact)] = submitted
    await record(payments, work, causes)
    await refuse(refusals, work, causes)
    await reverse(reversals, work, causes)
    await change(accounts, work, "revisions", causes)
