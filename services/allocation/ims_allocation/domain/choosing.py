"""Which account a payment is for, from what was typed, the accounts that there are, and the amount."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ims_allocation.domain.accounts import Account, AccountKey
from ims_allocation.domain.candidates import meanings
from ims_allocation.domain.evidence import NOTHING_PAID, Owing, Paid, counted, find
from ims_allocation.domain.judging import Stopped, is_sure, judge
from ims_allocation.domain.packs import Fund, Pack
from ims_allocation.domain.payments import Evidence, Part, Payment
from ims_allocation.domain.penalties import stage_on


class Home(NamedTuple):
    """The account, or accounts, that a payment is for, and the rule that said so."""

    shares: tuple[Part, ...]
    rule: str
    evidence: Evidence | None = None


class Hold(NamedTuple):
    """No account can be named, and this is why; `near` are those it may be for."""

    reason: str
    near: tuple[AccountKey, ...] = ()
    evidence: Evidence | None = None


class Accounts:
    """The accounts that a batch's payments can be for, by key and by vehicle; what accounts in all owe, the ways that
    are stopped for a fund because too much was wrong, and what payers (council, digest) are known to pay."""

    def __init__(
        self,
        accounts: list[Account],
        owing: Owing | None = None,
        stopped: Stopped = frozenset(),
        payers: Mapping[tuple[str, str], Paid] = MappingProxyType({}),
    ) -> None:
        """Without figures of what accounts owe, these are all there are."""
        self.figures, self.stopped, self.payers = owing, stopped, payers
        self.by_key = {account.key: account for account in accounts}
        self.by_vehicle: dict[tuple[str, str], list[Account]] = {}
        for account in accounts:
            for mark in account.second_keys:
                self.by_vehicle.setdefault((account.council, mark), []).append(account)

    @property
    def owing(self) -> Owing:
        """What accounts owe; counted when it is first asked for, where it was not given."""
        if self.figures is None:
            self.figures = counted(self.by_key.values())
        return self.figures

    def paid_by(self, council: str, payer: str | None) -> Paid:
        """What a payer is known to pay."""
        return self.payers.get((council, payer), NOTHING_PAID) if payer else NOTHING_PAID

    def find(self, council: str, fund: Fund, reference: str) -> Account | None:
        """The account; a fund that needs none has whatever account is named."""
        found = self.by_key.get((council, fund.code, reference))
        if found and fund.is_penalty and not found.stages:
            return None  # parking has named the penalty, and not yet said what it costs
        return found or (None if fund.needs_account else Account(council, fund.code, reference))


def choose(payment: Payment, accounts: Accounts, pack: Pack) -> Home | Hold:
    """The account that the reference names; else, for want of one, the penalty that the vehicle and the amount name; else, of free
    text, the account that the evidence names."""
    candidates = payment.reading.candidates
    if not candidates:
        chosen = choose_by_vehicle(payment, accounts, pack)
        return chosen if isinstance(chosen, Home) else choose_by_evidence(payment, accounts, pack, chosen)
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
    if pack.is_free_text(payment.channel) and not is_sure(payment, account, pack.funds[account.fund]):
        return choose_by_evidence(payment, accounts, pack, Hold("ambiguous", (account.key,)))
    return Home((share(account, payment.amount_pence),), "reference")


def choose_by_evidence(payment: Payment, accounts: Accounts, pack: Pack, otherwise: Hold) -> Home | Hold:
    """The account that everything together makes all but certain; `otherwise`, with what was weighed, if none is."""
    paid = accounts.paid_by(pack.council, payment.payer)
    found = find(payment, accounts.by_key, accounts.owing, pack, paid) if payment.tokens or paid else []
    if not found:
        return otherwise
    evidence = judge(payment, found, pack, accounts.stopped)
    if evidence.shares and payment.fund not in (None, evidence.shares[0].fund):
        return otherwise._replace(reason="wrong-fund", evidence=evidence)
    if evidence.shares:
        return Home(evidence.shares, evidence.rule, evidence)
    reason = "not-open" if evidence.held_by == "not-open" and not found[0].is_repair else otherwise.reason
    return otherwise._replace(reason=reason, evidence=evidence)


def references_to_weigh(payment: Payment, accounts: Accounts, pack: Pack) -> set[tuple[str, str]]:
    """Council and reference of every account that a payment's text could mean, or that its payer is known to pay, if it is to be decided
    by evidence; else none. The accounts that it names exactly must be known."""
    paid = accounts.paid_by(pack.council, payment.payer)
    if not is_weighed(payment, accounts, pack) or not (payment.tokens or paid):
        return set()
    of_payer = {(pack.council, reference) for _, _, reference in paid}
    return of_payer | {(pack.council, reference) for _, reference in meanings(payment.tokens, pack.references)}


def is_weighed(payment: Payment, accounts: Accounts, pack: Pack) -> bool:
    """Whether a payment is to be decided by evidence, if there is any. The accounts that it names exactly must be known."""
    if not (payment.tokens or payment.payer) or not pack.is_free_text(payment.channel):
        return False
    chosen = choose(payment, accounts, pack)
    return chosen.evidence is not None or (isinstance(chosen, Hold) and not payment.reading.candidates)


def may_mean_a_penalty(payment: Payment, pack: Pack) -> bool:
    """Whether a payment that names no reference could be for a penalty, by a vehicle or by a text that is nearly one's reference."""
    if payment.reading.candidates:
        return False
    is_near = pack.is_free_text(payment.channel) and any(pack.is_penalty(fund) for fund, _ in meanings(payment.tokens, pack.references))
    return bool(payment.vehicle) or is_near


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
