"""Payers who type what they like: mostly the reference, now and then with a keying error, beside words, names, dates and other numbers."""

import random
from collections.abc import Iterator
from typing import NamedTuple

from ims_allocation.domain.penalties import stage_on
from ims_contracts.payments import Payer, PaymentReceived
from ims_local.measure.register import PENALTIES, TODAY, Entry, Register, bank_account, stages

PAID_TO = {"23": 0.50, "05": 0.22, "24": 0.06, "19": 0.12, "11": 0.05, "12": 0.05}
"""Of free-text payments, by fund."""
HOW = {"exact": 0.866, "one-error": 0.07, "two-errors": 0.004, "foreign": 0.03, "nothing": 0.025, "misquoted": 0.005}
"""How the reference is given. `misquoted`: a valid reference of the payer's, beside words of the other debt that is meant."""
ERRORS = {"substituted": 0.60, "swapped": 0.20, "dropped": 0.12, "inserted": 0.08}
"""Of keying errors (formats.md 4.4)."""
WORDS = {
    "23": ["COUNCIL TAX", "CTAX", "CT"], "05": ["RENT"], "24": ["BUSINESS RATES", "NNDR"], "19": ["INVOICE"],
    "11": ["PCN", "PARKING FINE"], "12": ["PCN", "PENALTY"],
}  # fmt: skip
PAID_THOUGH_CLOSED = 0.2
OWN_WORDS, WRONG_WORDS = 0.30, 0.0005
NAMED, USUAL = 0.96, 0.82
"""Transfers that carry the payer's name; and those that who usually pays for the account makes."""
OWN_ACCOUNT = 0.85
"""Of what holders or their spouses pay, what comes from the holder's own bank account."""
DUE = {"23": 0.82, "05": 0.75, "24": 0.85, "19": 0.80, "11": 0.93, "12": 0.93}
"""Payments of an amount that is owed; the others are of round sums, or of any."""


class Transfer(NamedTuple):
    """A payment, what it was meant for (none: for nothing that the register has), and how it was typed."""

    payment: PaymentReceived
    meant: Entry | None
    how: str


class Payers:
    """All the transfers of one seed."""

    def __init__(self, register: Register, seed: int) -> None:
        self.register = register
        self.chance = random.Random(f"payers/{seed}")  # noqa: S311 - invented payments
        self.bank = random.Random(f"banks/{seed}")  # noqa: S311
        self.seed = seed

    def transfers(self, count: int) -> Iterator[Transfer]:
        return map(self.transfer, range(count))

    def transfer(self, number: int) -> Transfer:
        how = self.one_of(HOW)
        meant = self.account(self.one_of(PAID_TO))
        quoted = self.quoted(meant) if how == "misquoted" else meant
        if quoted is None:
            how, quoted = "nothing", meant
        typed = self.typed(quoted.reference, how)
        text = self.text(typed, self.words(meant, how))
        payer = self.payer(meant, how)
        narrative = f"{payer.name or ''} {text} {self.chance.choice(('BGC', 'FPI', '18MAR'))}" if self.chance.random() < 0.6 else None
        payment = PaymentReceived(
            council=self.register.pack.council, payment_id=f"{self.seed:08x}-0000-5000-8000-{number:012x}", source="bank",
            source_payment_id=f"{self.seed}/{number}", channel="bank-transfer", method_of_payment="bank", amount_pence=self.amount(meant),
            paid_on=TODAY, received_on=TODAY, reference=text or None, narrative=narrative,
            payer=payer,
        )  # fmt: skip
        return Transfer(payment, None if how == "foreign" else meant, how)

    def account(self, fund: str) -> Entry:
        """Any account of a fund; of those that are closed, seldom one."""
        entries = self.register.entries[fund]
        meant = self.chance.choice(entries)
        return meant if meant.is_open or self.chance.random() < PAID_THOUGH_CLOSED else self.chance.choice(entries)

    def one_of(self, shares: dict[str, float]) -> str:
        return self.chance.choices(list(shares), list(shares.values()))[0]

    def quoted(self, meant: Entry) -> Entry | None:
        """Another account of the same person, of another kind, with a reference to be sure of."""
        others = self.register.of_person[meant.person]
        return next((e for e in others if WORDS[e.fund] != WORDS[meant.fund] and e.fund not in ("12", "19")), None)

    def typed(self, reference: str, how: str) -> str:
        if how == "nothing":
            return ""
        if how == "foreign":
            length = self.chance.choice((7, 8, 8, 9, 9, 10, 10, 11, 12))
            return "".join(self.chance.choices("0123456789", k=length))
        for _ in range({"one-error": 1, "two-errors": 2}.get(how, 0)):
            reference = self.mistyped(reference)
        return reference

    def mistyped(self, reference: str) -> str:
        kind, chance = self.one_of(ERRORS), self.chance
        at = chance.choice([n for n, sign in enumerate(reference) if sign.isdecimal()])
        if kind == "swapped":
            pairs = [n for n in range(len(reference) - 1) if reference[n] != reference[n + 1]]
            at = chance.choice(pairs)
            return reference[:at] + reference[at + 1] + reference[at] + reference[at + 2 :]
        if kind == "substituted":
            return reference[:at] + str((int(reference[at]) + chance.randrange(1, 10)) % 10) + reference[at + 1 :]
        if kind == "dropped":
            return reference[:at] + reference[at + 1 :]
        at = chance.randrange(len(reference) + 1)
        return reference[:at] + chance.choice("0123456789") + reference[at:]

    def words(self, meant: Entry, how: str) -> str:
        """Words or a vehicle's mark; none of ours beside a stranger's number."""
        chance = self.chance
        if how == "foreign":
            return ""
        if how == "misquoted" or chance.random() < OWN_WORDS:
            return chance.choice(WORDS[meant.fund])
        if chance.random() < WRONG_WORDS:
            return chance.choice(WORDS[chance.choice([f for f in WORDS if WORDS[f] != WORDS[meant.fund]])])
        if meant.mark and chance.random() < 0.15:
            return f"{meant.mark[:4]} {meant.mark[4:]}"
        return ""

    def text(self, typed: str, words: str) -> str:
        """The reference field as it arrives: spaced, with letters for digits, with other things beside it."""
        chance = self.chance
        if typed and chance.random() < 0.08:
            at = chance.randrange(2, len(typed))
            typed = f"{typed[:at]} {typed[at:]}"
        if chance.random() < 0.02:
            typed = typed.replace("0", "O")
        beside = ["", "", "", "", "", "REF", "MARCH", "18/03", "07700 900123", "PAYMENT", f"{chance.randrange(1, 300)} HIGH ST"]
        parts = [words, typed, chance.choice(beside)]
        if chance.random() < 0.2:
            parts.reverse()
        return " ".join(part for part in parts if part)

    def payer(self, meant: Entry, how: str) -> Payer:
        """Who usually pays for the account, mostly: of a couple with one surname the one or the other. Else anybody, who has debts of
        their own. Whose a stranger's number is has nothing to do with an account of ours."""
        bank, people = self.bank, len(self.register.people)
        is_usual = how != "foreign" and bank.random() < USUAL
        person = self.register.usual_payer(meant.person, bank) if is_usual else bank.randrange(people)
        is_spouse = person == meant.person and bank.random() >= OWN_ACCOUNT
        return Payer(name=self.name(person), bank_account=bank_account(bank.randrange(people) if is_spouse else person))

    def name(self, person: int) -> str | None:
        """A person's, as banks write it, if it is told at all."""
        chance, register = self.chance, self.register
        if chance.random() > NAMED:
            return None
        which = register.surname(person)
        first = chance.choice("ABCDEFGHJKLMNPRSTW")
        return chance.choice((f"{register.surnames[which]} {first}", f"MR {first} {register.surnames[which]}"))

    def amount(self, meant: Entry) -> int:
        chance = self.chance
        if chance.random() < DUE[meant.fund]:
            if meant.fund in PENALTIES:
                return stage_on(stages(meant), TODAY).amount_pence
            owed = [pence for pence in (meant.instalment_pence, meant.instalment_pence, meant.balance_pence) if pence]
            return chance.choice(owed)
        return chance.randrange(5, 200) * 100 if chance.random() < 0.5 else chance.randrange(500, 60_000)
