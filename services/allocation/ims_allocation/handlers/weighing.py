"""What free text is weighed by, looked up for a batch at once; and the penalties that it, or a vehicle, names."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ims_allocation.domain import (
    Accounts,
    Home,
    Pack,
    Payment,
    PaymentKey,
    choose,
    is_weighed,
    keys_of,
    may_mean_a_penalty,
    references_to_weigh,
)
from ims_allocation.store import accounts, evidence, payers
from ims_allocation.store.accounts import Key


async def with_evidence(
    payments: Mapping[PaymentKey, Payment], known: Accounts, packs: Mapping[str, Pack], connection: Any, today: date | None = None
) -> Accounts:
    """What is known, and for those payments that the evidence decides, what it is weighed by: the accounts that their payers are known to
    pay, those that their texts could mean, each in one query, how common their amounts are, and what is stopped. Without
    a day it is to be shown and not to be decided by: then what was learned of payers and nobody confirmed is among it."""
    is_shown = today is None
    asked = {(key[0], p.payer) for key, p in payments.items() if p.payer} if is_shown else digests(payments, known, packs)
    paid = await payers.paid(asked, connection, with_learned=is_shown)
    known = Accounts(list(known.by_key.values()), known.figures, known.stopped, paid) if paid else known
    weighed = {key: wanted for key, p in payments.items() if (wanted := references_to_weigh(p, known, packs[key[0]]))}
    if not weighed:
        return known
    councils, amounts = {council for council, _ in weighed}, {payments[key].amount_pence for key in weighed}
    more = await accounts.find(set().union(*weighed.values()), connection)
    owing = await evidence.owing(councils, amounts, connection)
    stopped = await evidence.stopped(councils, today, connection) if today else set()
    return Accounts(list({account.key: account for account in (*known.by_key.values(), *more)}.values()), owing, stopped, paid)


def digests(payments: Mapping[PaymentKey, Payment], known: Accounts, packs: Mapping[str, Pack]) -> set[tuple[str, str]]:
    """Council and payer of the payments that are to be weighed, where they tell who paid."""
    return {(key[0], p.payer) for key, p in payments.items() if p.payer and is_weighed(p, known, packs[key[0]])}


def penalties_named(payments: Mapping[PaymentKey, Payment], known: Accounts, packs: Mapping[str, Pack]) -> set[Key]:
    """Council and reference of the penalties that these payments are for by what is known."""
    chosen = [(council, choose(payment, known, packs[council])) for (council, _), payment in payments.items()]
    homes = [(council, share) for council, home in chosen if isinstance(home, Home) for share in home.shares]
    return {(council, share.account_reference) for council, share in homes if packs[council].is_penalty(share.fund)}


async def penalties_meant(
    payments: Mapping[PaymentKey, Payment], packs: Mapping[str, Pack], connection: Any, today: date
) -> set[Key]:
    """The penalties that payments which name no reference are for as it seems before any lock is taken, so that most need one go of
    locks alone. What counts is looked at again under the locks."""
    unclear = {key: payment for key, payment in payments.items() if may_mean_a_penalty(payment, packs[key[0]])}
    if not unclear:
        return set()
    keys = {each for (council, _), payment in unclear.items() for each in keys_of(council, payment)}
    there = Accounts(await accounts.find(keys, connection))
    return penalties_named(unclear, await with_evidence(unclear, there, packs, connection, today), packs)
