"""What an officer's rule does to a payment: before what its references say, or where they say nothing."""

from ims_allocation.domain.choosing import Accounts, Hold, Home
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.payments import Part, Payment


def by_rule(payment: Payment, accounts: Accounts, pack: Pack) -> Home | Hold | None:
    """Where the rule puts the payment, or why it holds it; none, where no rule decides. An account that must be known and is not is
    awaited, as one that a reference names."""
    ruled = payment.ruled
    if ruled is None or (payment.reading.candidates and not ruled.is_before_references):
        return None
    if ruled.reason:
        return Hold(ruled.reason)
    fund = pack.funds.get(ruled.fund or "")
    account = accounts.find(pack.council, fund, ruled.account_reference or "") if fund else None
    if account is None:
        return Hold("account-awaited")
    return Home((Part(account.fund, account.account_reference, payment.amount_pence),), f"rule:{ruled.rule}")
