"""Which account a payment is for, from what was typed, the accounts that there are, and the amount."""

from typing import NamedTuple

from ims_allocation.domain.accounts import Account, AccountKey
from ims_allocation.domain.packs import Fund, Pack
from ims_allocation.domain.payments import Part, Payment
from ims_allocation.domain.penalties import stage_on


class Home(NamedTuple):
    """The account, or accounts, that a payment is for, and the rule that said so."""

    shares: tuple[Part, ...]
    rule: str


class Hold(NamedTuple):
    """No account can be named, and this is why; `near` are those it may be for."""

    reason: str
    near: tuple[AccountKey, ...] = ()


class Accounts:
    """The accounts that a batch's payments can be for, by key and by vehicle."""

    def __init__(self, accounts: list[Account]) -> None:
        self.by_key = {account.key: account for account in accounts}
        self.by_vehicle: dict[tuple[str, str], list[Account]] = {}
        for account in accounts:
            for mark in account.second_keys:
                self.by_vehicle.setdefault((account.council, mark), []).append(account)

    def find(self, council: str, fund: Fund, reference: str) -> Account | None:
        """The account; a fund that needs none has whatever account is named."""
        found = self.by_key.get((council, fund.code, reference))
        if found and fund.is_penalty and not found.stages:
            return None  # parking has named the penalty, and not yet said what it costs
        return found or (None if fund.needs_account else Account(council, fund.code, reference))


def choose(payment: Payment, accounts: Accounts, pack: Pack) -> Home | Hold:
    """The account that the reference names; else, for want of one, the penalty that the vehicle and the amount name."""
    candidates = payment.reading.candidates
    if not candidates:
        return choose_by_vehicle(payment, accounts, pack)
    known = [(pack.funds[fund], reference) for fund, reference in candidates if fund in pack.funds]
    found = [a for fund, reference in known if (a := accounts.find(pack.council, fund, reference))]
    if not found:
        return Hold("account-awaited")
    if len(found) > 1:
        return split(payment, found, pack)
    account = found[0]
    if names_another_penalty(payment, account, known, pack):
        return Hold("account-awaited", (account.key,))
    if payment.fund and payment.fund != account.fund:
        return Hold("wrong-fund", (account.key,))
    needs_more = pack.funds[account.fund].needs_second_fact and pack.is_free_text(payment.channel)
    if needs_more and payment.amount_pence not in account.amounts_pence:
        return Hold("ambiguous", (account.key,))
    return Home((share(account, payment.amount_pence),), "reference-and-amount" if needs_more else "reference")


def names_another_penalty(payment: Payment, account: Account, known: list[tuple[Fund, str]], pack: Pack) -> bool:
    """More than the one known penalty costs, and a second is named that nobody has told of yet: the rest is not too much, it
    is the other's. Money due back could be sent before parking tells of it."""
    others = [reference for fund, reference in known if fund.is_penalty and reference != account.account_reference]
    if not others or not pack.is_penalty(account.fund):
        return False
    return payment.amount_pence > stage_on(account.stages, payment.decided_on).amount_pence


def split(payment: Payment, found: list[Account], pack: Pack) -> Home | Hold:
    """Several penalties in one payment: shared out where what they cost makes the amount exactly; else a person decides."""
    keys = tuple(account.key for account in found)
    if not all(pack.is_penalty(account.fund) for account in found):
        return Hold("several-accounts", keys)
    owed = [stage_on(account.stages, payment.decided_on).amount_pence for account in found]
    if sum(owed) != payment.amount_pence or not all(owed):
        return Hold("several-accounts", keys)
    return Home(tuple(share(a, pence) for a, pence in zip(found, owed, strict=True)), "several-references")


def choose_by_vehicle(payment: Payment, accounts: Accounts, pack: Pack) -> Home | Hold:
    """The one penalty of a vehicle, already issued, that costs exactly this. A misread reference is not overruled."""
    if not payment.vehicle or payment.reading.reason == "unknown-reference":
        return Hold(payment.reading.reason)
    of_vehicle = [
        account
        for account in accounts.by_vehicle.get((pack.council, payment.vehicle), ())
        if account.stages and pack.is_penalty(account.fund) and (account.issued_on or payment.decided_on) <= payment.decided_on
    ]
    fitting = [
        account
        for account in of_vehicle
        if account.status != "cancelled" and stage_on(account.stages, payment.decided_on).amount_pence == payment.amount_pence
    ]
    if len(fitting) == 1:
        return Home((share(fitting[0], payment.amount_pence),), "second-key")
    reason = "ambiguous" if of_vehicle else payment.reading.reason
    return Hold(reason, tuple(account.key for account in of_vehicle))


def share(account: Account, amount_pence: int) -> Part:
    return Part(account.fund, account.account_reference, amount_pence)
