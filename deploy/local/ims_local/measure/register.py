"""A synthetic register of accounts, the same for the same seed: what a council's own would have, and nobody's of any."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate

from ims_allocation.domain import PAYER_KNOWN, Account, AccountKey, Names, Pack, Stage
from ims_allocation.domain.evidence import Owing
from ims_allocation.domain.references import Scheme

TODAY = date(2026, 3, 18)
SHARES = {"23": 0.40, "05": 0.12, "24": 0.03, "11": 0.05, "12": 0.10, "19": 0.30}
"""Of all accounts, by fund."""
MAKES = {"23": "77{:06d}", "05": "6{:09d}", "24": "56{:06d}", "11": "BJ{:07d}", "12": "CN{:08d}", "19": "3{:09d}"}
IN_SEQUENCE = {"11": 4_000_000, "12": 31_000_000, "19": 240_000_000}
"""Funds that number their accounts one after another, from here on; a third of the numbers are paid and gone. Others are scattered."""
SCATTERED_OVER = {"23": 1_000_000, "24": 1_000_000, "05": 50_000_000}
PENALTIES = ("11", "12")
CLOSED = 0.03
RESIDENTS = 0.6
"""Of accounts that are no dwelling's, those whose holder has a dwelling's too."""
HELPED, BY_HELPER = 0.15, 0.75
"""Residents for whom somebody else pays as a rule, and how often it is they who do."""
HELPERS = {"family": 0.4, "neighbour": 0.3, "anybody": 0.3}
"""One of the same surname; one who pays the same instalment of council tax themselves; such as a landlord."""
ONE_OFF = 0.1
"""Of what is known of payers, a stranger's only payment for that account."""
SURNAMES = 4_000
SYLLABLES = "BA CO DU FE GI HAR JEN KEL LO MAR NOR PEN QUI ROS SAN TOL VIN WES YAR ZEL".split()  # noqa: SIM905 - a line of words
ENDS = "BY DEN FORD GATE LEY MAN NER SON TON WELL".split()  # noqa: SIM905 - a line of words


@dataclass(slots=True)
class Entry:
    """One account: what it owes, whose it is."""

    fund: str
    reference: str
    person: int
    balance_pence: int
    instalment_pence: int
    is_open: bool
    issued_on: date | None = None
    mark: str = ""


@dataclass
class Register:
    """All accounts, by fund and reference."""

    pack: Pack
    count: int
    seed: int
    names: Names = field(default_factory=lambda: Names(b"measured"))

    def __post_init__(self) -> None:
        self.chance = random.Random(f"register/{self.seed}")  # noqa: S311 - an invented register
        self.schemes = {s.fund: s for schemes in self.pack.references.by_length.values() for s in schemes}
        self.surnames = sorted({f"{a}{b}{c}" for a in SYLLABLES for b in SYLLABLES for c in ENDS})
        self.chance.shuffle(self.surnames)
        del self.surnames[SURNAMES:]
        self.digests = [self.names.of_holder(surname) for surname in self.surnames]
        self.weights = list(accumulate(1 / (rank + 20) for rank in range(SURNAMES)))
        self.instalments = [self.chance.randrange(9_000, 24_000) for _ in range(240)]
        self.rents = [self.chance.randrange(8_000, 15_000) for _ in range(1_500)]
        self.tariff = [self.chance.randrange(8, 400) * 100 for _ in range(40)]
        self.people = self.chance.choices(range(SURNAMES), cum_weights=self.weights, k=int(self.count * SHARES["23"]))
        self.entries = {fund: self.fund(fund, int(self.count * share)) for fund, share in SHARES.items()}
        self.by_key = {(fund, e.reference): e for fund, entries in self.entries.items() for e in entries}
        self.of_person: dict[int, list[Entry]] = {}
        for fund in SHARES:
            for entry in self.entries[fund]:
                self.of_person.setdefault(entry.person, []).append(entry)
        self.of_surname: dict[int, list[int]] = {}
        self.of_instalment: dict[int, list[int]] = {}
        for person, (surname, home) in enumerate(zip(self.people, self.entries["23"], strict=True)):
            self.of_surname.setdefault(surname, []).append(person)
            self.of_instalment.setdefault(home.instalment_pence, []).append(person)
        self.of_mark = {e.mark: [(fund, e.reference)] for fund in PENALTIES for e in self.entries[fund]}
        self.owing = self.counted()
        self.know_payers(0)

    def know_payers(self, share: float) -> None:
        """Let it be known of so many of the accounts from whose bank account they were paid, by two people's word."""
        chance = random.Random(f"known payers/{self.seed}")  # noqa: S311 - an invented register
        self.paid: dict[str, dict[AccountKey, str]] = {}
        for (fund, reference), entry in self.by_key.items():
            if fund not in PENALTIES and chance.random() < share:
                person = chance.randrange(len(self.people)) if chance.random() < ONE_OFF else self.usual_payer(entry.person, chance)
                payer = self.names.of_bank_account(bank_account(person)) or ""
                self.paid.setdefault(payer, {})[self.pack.council, fund, reference] = PAYER_KNOWN

    def usual_payer(self, person: int, chance: random.Random) -> int:
        """Who pays what a person owes: they themselves, or mostly whoever pays for them as a rule, always the same."""
        own = random.Random(f"helper/{self.seed}/{person}")  # noqa: S311 - an invented register
        if person < 0 or own.random() >= HELPED or chance.random() >= BY_HELPER:
            return person
        kind = own.choices(list(HELPERS), list(HELPERS.values()))[0]
        instalment, surname = self.entries["23"][person].instalment_pence, self.people[person]
        among = {"family": self.of_surname[surname], "neighbour": self.of_instalment[instalment], "anybody": range(len(self.people))}
        return own.choice(among[kind])

    def fund(self, fund: str, count: int) -> list[Entry]:
        if fund in IN_SEQUENCE:
            numbers = [IN_SEQUENCE[fund] + n for n in sorted(self.chance.sample(range(count * 3 // 2), count))]
        else:
            numbers = self.chance.sample(range(SCATTERED_OVER[fund]), count)
        return [self.entry(fund, reference, n) for n, reference in enumerate(self.references(fund, numbers))]

    def references(self, fund: str, numbers: list[int]) -> list[str]:
        scheme: Scheme = self.schemes[fund]
        bodies = [MAKES[fund].format(number) for number in numbers]
        digit = scheme.check_digit
        return [body + (digit.of(body) or "") for body in bodies] if digit else bodies

    def entry(self, fund: str, reference: str, number: int) -> Entry:
        chance = self.chance
        is_resident = chance.random() < RESIDENTS
        person = number if fund == "23" else chance.randrange(len(self.people)) if is_resident else -(int(fund) * self.count + number)
        balance, instalment = self.owes(fund)
        issued = TODAY - timedelta(days=chance.randrange(1, 45)) if fund in PENALTIES else None
        letters = "".join(chance.choices("ABCDEFGHJKLMNPRSTUVWXY", k=5)) if issued else ""
        mark = f"{letters[:2]}{chance.randrange(10, 75)}{letters[2:]}" if issued else ""
        return Entry(fund, reference, person, balance, instalment, chance.random() >= CLOSED, issued, mark)

    def owes(self, fund: str) -> tuple[int, int]:
        """Balance and instalment: instalments are common amounts; balances, and most sundry debts, are not."""
        chance = self.chance
        if fund == "23":
            instalment = chance.choice(self.instalments) * chance.choice((4, 4, 3)) // 4
            instalment = instalment if chance.random() < 0.7 else chance.randrange(2_000, 35_000)
            return instalment * chance.randrange(1, 11) + chance.choice((0, 0, 1, 37)), instalment
        if fund == "05":
            return chance.choice((0, chance.randrange(1_000, 90_000))), chance.choice(self.rents)
        if fund == "24":
            instalment = chance.randrange(5_000, 500_000)
            return instalment * chance.randrange(1, 11), instalment
        if fund == "19":
            return chance.choice(self.tariff) if chance.random() < 0.4 else chance.randrange(1_000, 200_000), 0
        return 0, 0

    def surname(self, person: int) -> int:
        """Whose it is, as the number of a surname."""
        return self.people[person] if person >= 0 else -person * 7919 % SURNAMES

    def counted(self) -> Owing:
        council, amounts, there = self.pack.council, Counter[tuple[str, str, int]](), Counter[tuple[str, str]]()
        for fund, entries in self.entries.items():
            there[council, fund] = len(entries)
            for entry in entries:
                amounts.update((council, fund, pence) for pence in owed(entry))
        return Owing(amounts, there)

    def account(self, fund: str, reference: str) -> Account | None:
        """An account as allocation would have it from its store."""
        entry = self.by_key.get((fund, reference))
        if entry is None:
            return None
        is_penalty = fund in PENALTIES
        return Account(
            self.pack.council, fund, reference,
            status="open" if entry.is_open else "closed",
            stages=stages(entry) if is_penalty else (),
            amounts_pence=frozenset() if is_penalty else owed(entry),
            instalment_pence=entry.instalment_pence or None,
            second_keys=frozenset({entry.mark}) if entry.mark else frozenset(),
            issued_on=entry.issued_on,
            owes_nothing=not is_penalty and not entry.balance_pence,
            names=self.digests[self.surname(entry.person)],
        )  # fmt: skip


def bank_account(person: int) -> str:
    """Whose it is, as sort code and number."""
    return f"{20 if person >= 0 else 30}{abs(person):012}"


def owed(entry: Entry) -> frozenset[int]:
    if entry.fund in PENALTIES:
        return frozenset(stage.amount_pence for stage in stages(entry))
    return frozenset({entry.balance_pence, entry.instalment_pence} - {0})


def stages(entry: Entry) -> tuple[Stage, ...]:
    """35.00 for 14 days, or 21 for a camera's, then 70.00."""
    assert entry.issued_on, "a penalty has a day"
    until = entry.issued_on + timedelta(days=21 if entry.fund == "12" else 14)
    return Stage("discount", 3500, None, until), Stage("full", 7000, None, None)
