"""Weighs everything that a free text, an amount and a name say for each account that could be meant, and for none of these.

After Fellegi and Sunter, "A Theory for Record Linkage" (1969): what is seen counts by how much likelier it is if the payment is for
the account than if it is not. All in whole numbers, so that the same facts weigh the same on every machine.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from ims_allocation.domain.accounts import Account, AccountKey
from ims_allocation.domain.candidates import Meaning, meanings
from ims_allocation.domain.packs import Fund, Pack
from ims_allocation.domain.payments import Payment, Vote, Weighing
from ims_allocation.domain.penalties import stage_on
from ims_allocation.domain.rates import MILLION, Rates
from ims_allocation.domain.references import Scheme

ONE = 10**18
"""The weight of "none of these", against which all others are."""
ACCOUNTS_IMAGINED = 100
"""How many accounts the rate `amount_by_chance` counts as: a small register says little of how common an amount is."""
TWO_ERRORS_AWAY = 3_000
"""Texts two keying errors away from a reference of nine or ten characters: a small register cannot be crowded."""
KINDS_OF_DIGIT = 10
"""A letter of a mask counts as no more."""
SHOWN_MAX = 5


class Ratio(NamedTuple):
    """How many times likelier something is if the payment is for the account: `is_so` over `by_chance`."""

    is_so: int
    by_chance: int

    @property
    def times(self) -> int:
        """Rounded down; below nothing where it is less likely."""
        return self.is_so // self.by_chance if self.is_so >= self.by_chance else -(self.by_chance // max(self.is_so, 1))


class Owing:
    """How many of a fund's accounts owe an amount (council, fund, pence), and how many there are (council, fund)."""

    def __init__(self, by_amount: Mapping[tuple[str, str, int], int], accounts: Mapping[tuple[str, str], int]) -> None:
        self.by_amount, self.accounts = by_amount, accounts
        self.in_council: Counter[str] = Counter()
        for (council, _), count in accounts.items():
            self.in_council[council] += count

    def among(self, account: Account) -> tuple[int, int]:
        """How many accounts an account's fund has, and how many its council; at least the one."""
        return max(1, self.accounts.get((account.council, account.fund), 0)), max(1, self.in_council[account.council])


def due(account: Account, payment: Payment) -> frozenset[int]:
    """The amounts by which a payment may be known to be for an account."""
    if account.stages:
        return frozenset({stage_on(account.stages, payment.decided_on).amount_pence})
    return account.amounts_pence


def counted(accounts: Iterable[Account]) -> Owing:
    """The amounts that some accounts owe, counted: for a register that is held whole."""
    by_amount: Counter[tuple[str, str, int]] = Counter()
    there: Counter[tuple[str, str]] = Counter()
    for account in accounts:
        fund = account.council, account.fund
        there[fund] += 1
        by_amount.update((*fund, pence) for pence in account.amounts_pence | {stage.amount_pence for stage in account.stages})
    return Owing(by_amount, there)


def typed(meaning: Meaning, rates: Rates, accounts: tuple[int, int]) -> Ratio:
    """How likely the text is if this account is meant, against a stranger's number, or two keying errors in the reference of another.
    `accounts` are how many the fund has, and how many there are in all, of which any could be meant."""
    length = len(meaning.scheme.mask)
    ways = {"substituted": length * 9, "swapped": length - 1, "dropped": length, "inserted": (length + 1) * KINDS_OF_DIGIT}
    if meaning.error:
        likely, among = rates.one_error * getattr(rates, meaning.error), MILLION * ways[meaning.error]
    else:
        likely, among = rates.exact, 1
    of_fund, in_all = accounts
    crowding = min(rates.crowding, (of_fund - 1) * MILLION // TWO_ERRORS_AWAY)
    by_chance = rates.two_errors * crowding * KINDS_OF_DIGIT**length // MILLION + rates.foreign * in_all
    return Ratio(likely * KINDS_OF_DIGIT**length, by_chance * among)


def amount(payment: Payment, account: Account, rates: Rates, owing: Owing, is_by_payer: bool) -> tuple[Ratio, Vote]:
    """An amount that the account owes speaks for it by how rare it is; one that it does not, against it. Where nothing but the payer
    points at it, others that owe the same count: who pays one account may pay another."""
    fund = account.council, account.fund
    if payment.amount_pence not in due(account, payment):
        likely = rates.nothing_due if account.owes_nothing else MILLION - rates.amount_due
        ratio = Ratio(likely, MILLION)
        return ratio, Vote("nothing-due" if account.owes_nothing else "amount-is-not-due", ratio.times)
    others = max(0, owing.by_amount.get((*fund, payment.amount_pence), 0) - 1)
    common = others * MILLION + ACCOUNTS_IMAGINED * rates.amount_by_chance
    among = max(0, owing.accounts.get(fund, 0) - 1) + ACCOUNTS_IMAGINED
    if is_by_payer and others:
        common = max(common, rates.payer_alike * among)
    ratio = Ratio(rates.amount_due * among + (MILLION - rates.amount_due) * common // MILLION, common)
    return ratio, Vote("amount-is-instalment" if payment.amount_pence == account.instalment_pence else "amount-is-due", ratio.times)


def name(payment: Payment, account: Account, rates: Rates) -> tuple[Ratio, Vote] | None:
    if not payment.names or not account.names:
        return None
    if payment.names & account.names:
        ratio = Ratio(rates.name_agrees, rates.name_by_chance)
        return ratio, Vote("name-agrees", ratio.times)
    ratio = Ratio(MILLION - rates.name_agrees, MILLION - rates.name_by_chance)
    return ratio, Vote("name-differs", ratio.times)


def vehicle(payment: Payment, account: Account, rates: Rates) -> tuple[Ratio, Vote] | None:
    if not payment.vehicle or not account.second_keys:
        return None
    if payment.vehicle in account.second_keys:
        ratio = Ratio(rates.vehicle_agrees, rates.vehicle_by_chance)
        return ratio, Vote("vehicle", ratio.times)
    ratio = Ratio(MILLION - rates.vehicle_agrees, MILLION - rates.vehicle_by_chance)
    return ratio, Vote("vehicle-differs", ratio.times)


def contradicts(payment: Payment, fund: Fund) -> bool:
    """The text names another kind of debt, and not this one."""
    return bool(payment.named) and fund.line_of_business not in payment.named


def words(payment: Payment, fund: Fund) -> tuple[Ratio, Vote] | None:
    if not payment.named:
        return None
    rates = fund.rates
    if contradicts(payment, fund):
        ratio = Ratio(rates.wrong_words, rates.words_by_chance)
        return ratio, Vote("words-of-another-debt", ratio.times)
    ratio = Ratio(rates.words_agree, rates.words_by_chance)
    return ratio, Vote("words-agree", ratio.times)


def payer_agrees(says: str, rates: Rates) -> tuple[Ratio, Vote]:
    """The payer's bank account is known to pay the account that the text means."""
    ratio = Ratio(rates.payer_agrees, rates.payer_by_chance)
    return ratio, Vote(says, ratio.times)


def payer_points(says: str, rates: Rates, known: int) -> tuple[Ratio, Vote]:
    """The payer's bank account is known to pay this account and so many in all, and the text means none of them. The payer, by whatever
    name, is as likely to have meant any of these, and often something else: people have other debts, and pay for others."""
    ratio = Ratio(rates.payer_points, (MILLION - rates.payer_points) * known)
    return ratio, Vote(says, ratio.times)


def stronger(payer: tuple[Ratio, Vote] | None, by_name: tuple[Ratio, Vote] | None) -> list[tuple[Ratio, Vote] | None]:
    """A bank account and a name are both of the payer: together they say no more than the one that says more. A name that differs says
    nothing where the bank account is known."""
    if not payer or not by_name:
        return [payer, by_name]
    if by_name[1].times < 0:
        return [payer]
    less, more = sorted((payer, by_name), key=lambda each: each[1].times)
    return [more, (Ratio(1, 1), less[1])]


def unread(payment: Payment, rates: Rates) -> tuple[Ratio, Vote] | None:
    """What a text says of an account that its payer alone points at: where it holds a number, or another's reference, against it."""
    if payment.reading.reason == "no-reference" and not payment.tokens:
        return None
    ratio = Ratio(rates.two_errors + rates.foreign, MILLION)
    return ratio, Vote("reference-differs", ratio.times)


class Found(NamedTuple):
    """An account that could be meant, how the text means it, and how much it weighs; `elsewhere` is the weight of the payer's having
    given this account's reference for another kind of debt."""

    account: Account
    meaning: Meaning | None
    """None: its payer alone points at it."""
    weight: int
    elsewhere: int
    votes: tuple[Vote, ...]

    @property
    def facts(self) -> set[str]:
        """What speaks for it beside the reference, words left out: they name a kind of debt, not an account."""
        return {vote.says for vote in self.votes if vote.says in SECOND_FACTS and vote.times >= SECOND_FACT_TIMES_MIN}

    @property
    def is_repair(self) -> bool:
        return self.meaning is not None and bool(self.meaning.error)


PAYER_KNOWN, PAYER_LEARNED = "payer-known", "payer-learned"
"""Two people say so; or one, and then it is a suggestion."""
SECOND_FACTS = frozenset({"amount-is-due", "amount-is-instalment", "name-agrees", "vehicle", PAYER_KNOWN})
SECOND_FACT_TIMES_MIN = 5
"""What nearly every account has, such as a penalty's price, is no fact about one."""


type Paid = Mapping[AccountKey, str]
"""Accounts that a payer is known to pay, and whether two people say so or one."""
NOTHING_PAID: Paid = MappingProxyType({})


def find(payment: Payment, there: Mapping[AccountKey, Account], owing: Owing, pack: Pack, paid: Paid = NOTHING_PAID) -> list[Found]:
    """Every account that the payment's text could mean, or that its payer is known to pay, the likeliest first."""
    found, read = by_payer(payment, there, owing, pack, paid), dict[tuple[Scheme, str], Ratio]()
    for (fund, reference), meaning in meanings(payment.tokens, pack.references).items():
        account = there.get((pack.council, fund, reference))
        if account and fund in pack.funds and not is_impossible(payment, account, pack.funds[fund]):
            how = meaning.scheme, meaning.error
            if how not in read:
                read[how] = typed(meaning, pack.funds[fund].rates, owing.among(account))
            payer = payer_agrees(says, pack.funds[fund].rates) if (says := paid.get(account.key)) else None
            found.append(weigh(payment, Candidate(account, meaning, read[how], payer), owing, pack.funds[fund]))
    return sorted(found, key=lambda each: (-each.weight, each.account.key))


def by_payer(payment: Payment, there: Mapping[AccountKey, Account], owing: Owing, pack: Pack, paid: Paid) -> list[Found]:
    """The accounts that the payer alone points at."""
    meant = meanings(payment.tokens, pack.references)
    keys = [key for key in paid if key in there and key[1:] not in meant and key[1] in pack.funds]
    possible = [(there[key], pack.funds[key[1]]) for key in keys if not is_impossible(payment, there[key], pack.funds[key[1]])]
    pointed = [(account, payer_points(paid[account.key], fund.rates, len(paid)), fund) for account, fund in possible]
    return [weigh(payment, Candidate(account, None, None, payer), owing, fund) for account, payer, fund in pointed]


def is_impossible(payment: Payment, account: Account, fund: Fund) -> bool:
    """A penalty that parking has not told the price of, or that was issued after it was paid."""
    return fund.is_penalty and (not account.stages or (account.issued_on or payment.decided_on) > payment.decided_on)


class Candidate(NamedTuple):
    """An account that could be meant: by a text, which is so much likelier then, or by its payer, or both."""

    account: Account
    meaning: Meaning | None
    read: Ratio | None
    payer: tuple[Ratio, Vote] | None


def weigh(payment: Payment, candidate: Candidate, owing: Owing, fund: Fund) -> Found:
    account, meaning, read, payer = candidate
    rates = fund.rates
    of_text = (read, Vote(meaning.error or "reference-exact", read.times)) if meaning and read else unread(payment, rates)
    by_name = name(payment, account, rates) if meaning else None
    of_person = [each for each in (of_text, *stronger(payer, by_name), vehicle(payment, account, rates)) if each]
    of_words = [each for each in (words(payment, fund),) if each]
    of_amount = amount(payment, account, rates, owing, is_by_payer=meaning is None)
    quoted = product(ONE, [ratio for ratio, _ in of_person])
    weight = product(quoted, [ratio for ratio, _ in (of_amount, *of_words)])
    elsewhere = quoted * rates.misquoted * MILLION // (rates.exact * rates.words_by_chance) if contradicts(payment, fund) else 0
    at = 1 if of_text else 0
    votes = [vote for _, vote in (*of_person[:at], of_amount, *of_person[at:], *of_words)]
    return Found(account, meaning, weight, elsewhere, tuple(votes))


def product(weight: int, ratios: Iterable[Ratio]) -> int:
    for ratio in ratios:
        weight = weight * ratio.is_so // ratio.by_chance
    return weight


def probabilities(found: list[Found]) -> tuple[tuple[Weighing, ...], int]:
    """The likeliest accounts with their probability out of a million, and that of none of these."""
    rest = ONE + sum(each.elsewhere for each in found)
    total = rest + sum(each.weight for each in found)
    weighings = tuple(
        Weighing(each.account.fund, each.account.account_reference, each.weight * MILLION // total, each.votes)
        for each in found[:SHOWN_MAX]
    )
    return weighings, rest * MILLION // total
