"""What a payer is told besides the receipt: that money was given back, or taken back, or placed otherwise than the receipt said."""

from typing import NamedTuple
from uuid import UUID, uuid5

from ims_contracts.allocations import PaymentUnallocated
from ims_contracts.payments import RefundSent
from ims_notify.domain.facts import NAMESPACE

# A bank or its customer took it. What a file or an officer puts right is no payer's concern.
TAKEN_BACK = frozenset({"direct-debit-returned", "direct-debit-indemnity", "cheque-returned", "chargeback-lost"})
# What a payer must hear even after the receipt went, as it asks something of them or promises them something. Else only whoever
# read that we did not know whose the money is hears where it went.
NOTABLE = frozenset({"part", "late-discount", "over", "duplicate", "closed", "with-agent", "refund-due"})
# Of these nothing is told as a placement: what went back has its own notice.
SILENT = frozenset({"suspended", "reversed", "refunded"})


class Notice(NamedTuple):
    """One thing to be told, once."""

    notice_id: UUID
    council: str
    payment_id: UUID
    kind: str
    revision: int
    amount_pence: int | None
    facts: dict[str, object]


class Anew(NamedTuple):
    """A payment that was placed anew, and what its payer has been told of it last."""

    council: str
    payment_id: UUID
    revision: int
    outcome: str
    said_revision: int | None
    """None: nothing."""
    said_outcome: str | None


def notice_id(kind: str, council: str, cause: object) -> UUID:
    """The same for the same, however often it is heard."""
    return uuid5(NAMESPACE, f"{kind}|{council}|{cause}")


def refund_sent(fact: RefundSent) -> Notice:
    """Money was given back."""
    told: dict[str, object] = {"on": fact.sent_on.isoformat()}
    found = notice_id("refund-sent", fact.council, fact.refund_id)
    return Notice(found, fact.council, fact.payment_id, "refund-sent", 0, fact.amount_pence, told)


def taken_back(fact: PaymentUnallocated) -> Notice | None:
    """Money was taken back by a bank; None where it went otherwise."""
    if fact.reason not in TAKEN_BACK:
        return None
    told: dict[str, object] = {"on": fact.posted_on.isoformat(), "reason": fact.reason, "balance_pence": fact.balance_pence}
    found = notice_id("taken-back", fact.council, f"{fact.payment_id}|{fact.cause_id}")
    return Notice(found, fact.council, fact.payment_id, "taken-back", 0, fact.amount_pence, told)


def placement(anew: Anew) -> Notice | None:
    """Money is elsewhere than its payer read; None where they read nothing, or need not know."""
    is_new = anew.said_revision is not None and anew.revision > anew.said_revision and anew.outcome not in SILENT
    if not is_new or not (anew.outcome in NOTABLE or anew.said_outcome == "suspended"):
        return None
    found = notice_id("placement", anew.council, f"{anew.payment_id}|{anew.revision}")
    return Notice(found, anew.council, anew.payment_id, "placement", anew.revision, None, {})
