"""Payments of an invented day, as many as asked, the same for the same seed: accounts, events, settlements, bank lines."""

import csv
import hashlib
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from ims_allocation.domain.references import Scheme
from ims_allocation.settings import ANYTOWN, read_packs
from ims_contracts.accounts import AccountSubmitted, Holder, Stage
from ims_contracts.payments import Payer, PaymentSubmitted
from ims_local.settings import COUNCIL

PAID_ON, SETTLED_ON = date(2026, 3, 18), date(2026, 3, 19)
DAY_BEGINS = datetime(2026, 3, 18, tzinfo=UTC)
SETTLEMENT_MAX = 5000
"""Payments in one payout."""
RUNNING = (("23", "77{:06d}", 0.74), ("05", "6{:09d}", 0.19), ("24", "56{:06d}", 0.07))
"""Running accounts: fund, how a reference is made, and its share of their payments."""
PARKING, PENALTY = "11", "BJ{:07d}"
OF_25 = (9,)
"""Of 25 payments, these are for penalties, each for one of its own: half as much again as penalties' share of what English
councils receive in a year, 10 of 363 million."""
FIRST = 100_000
"""The lowest number of an account: the sample files have those below."""
PENALTY_PENCE = 3500
WAYS = (("typed-wrong", 0.01), ("nothing-typed", 0.005), ("too-much", 0.005))
"""What goes wrong, and how often."""
AS_LETTERS = str.maketrans("012345678", "ghijkmnpq")
"""A long run of digits would look like a card number, which no provider's id does."""
COLUMNS = [
    *("automatic_payout_id", "automatic_payout_effective_at", "balance_transaction_id", "created", "available_on", "currency"),
    *("gross", "fee", "net", "reporting_category", "source_id", "charge_id", "payment_intent_id", "description"),
    "payment_metadata[govuk_pay_transaction_external_id]",
]


def pounds(pence: int) -> str:
    sign = "-" if pence < 0 else ""
    return f"{sign}{abs(pence) // 100}.{abs(pence) % 100:02d}"


def fee_of(amount_pence: int) -> int:
    """A provider's 1.5 %, half a penny up."""
    return (amount_pence * 15 + 500) // 1000


@dataclass(frozen=True)
class Generated:
    """One invented day. An account has about five payments, a penalty one."""

    count: int
    seed: int = 1

    @cached_property
    def schemes(self) -> dict[str, Scheme]:
        pack = read_packs(ANYTOWN)[COUNCIL]
        return {scheme.fund: scheme for schemes in pack.references.by_length.values() for scheme in schemes}

    def reference(self, fund: str, makes: str, number: int) -> str:
        """The number-th valid reference of a fund."""
        body, digit = makes.format(FIRST + number), self.schemes[fund].check_digit
        assert digit is not None
        return f"{body}{digit.of(body)}"

    def accounts(self) -> Iterator[AccountSubmitted]:
        """Every account that a payment of the day is for."""
        for fund, makes, share in RUNNING:
            for number in range(self.accounts_of(share)):
                yield self.account(fund, self.reference(fund, makes, number), number)
        for number in range((self.count + 24) // 25 * len(OF_25)):
            yield self.account(PARKING, self.reference(PARKING, PENALTY, number), number)

    def accounts_of(self, share: float) -> int:
        return int(self.count * share) // 5 + 1

    def chosen(self, number: int, chance: random.Random) -> tuple[str, str, int]:
        """What the number-th payment is for: fund, reference, pence."""
        round_of_25, place = divmod(number, 25)
        if place in OF_25:
            which = round_of_25 * len(OF_25) + OF_25.index(place)
            return PARKING, self.reference(PARKING, PENALTY, which), PENALTY_PENCE
        fund, makes, share = chance.choices(RUNNING, weights=[share for *_, share in RUNNING])[0]
        return fund, self.reference(fund, makes, chance.randrange(self.accounts_of(share))), chance.randrange(500, 25_000)

    def account(self, fund: str, reference: str, number: int) -> AccountSubmitted:
        known = {"council": COUNCIL, "source": "generated", "fund": fund, "account_reference": reference, "revision": 1}
        holder = Holder(name=f"Generated Holder {number}", email=f"holder{number}@example.org")
        if fund != PARKING:
            return AccountSubmitted(**known, holder=holder, balance_pence=120_000, instalment_pence=12_000)
        stages = [
            Stage(stage="discount", amount_pence=PENALTY_PENCE, until_on=date(2026, 3, 23)),
            Stage(stage="full", amount_pence=2 * PENALTY_PENCE),
        ]
        return AccountSubmitted(**known, schedule=stages, issued_on=date(2026, 3, 10), served_on=date(2026, 3, 10))

    def payment(self, number: int) -> PaymentSubmitted:
        """The number-th payment: by card, through a portal, with the payment provider's id."""
        chance = random.Random(f"{self.seed}/{number}")  # noqa: S311 - an invented day, not a secret
        _, reference, amount = self.chosen(number, chance)
        way = chance.random()
        typed: str | None = reference
        if way < WAYS[0][1]:
            typed = reference[:-2] + str((int(reference[-2]) + 1) % 10) + reference[-1]
        elif way < WAYS[0][1] + WAYS[1][1]:
            typed = None
        elif way < sum(share for _, share in WAYS):
            amount += 500
        at = DAY_BEGINS + timedelta(seconds=number % 86_000)
        return PaymentSubmitted(
            council=COUNCIL,
            source="portal",
            source_payment_id=f"G{self.seed}N{number:09d}",
            provider="govuk-pay",
            provider_payment_id=self.provider_id(number),
            channel="web" if number % 4 else "telephone",
            method_of_payment="card-stripe",
            amount_pence=amount,
            paid_at=at,
            paid_on=PAID_ON,
            received_on=PAID_ON,
            reference=typed,
            payer=Payer(email=f"payer{number}@example.org") if number % 4 else None,
        )

    def provider_id(self, number: int) -> str:
        """Of 26 letters and digits, as GOV.UK Pay's are."""
        return hashlib.sha1(f"{self.seed}/{number}".encode(), usedforsecurity=False).hexdigest()[:26].translate(AS_LETTERS)

    def payments(self) -> Iterator[PaymentSubmitted]:
        return map(self.payment, range(self.count))

    @property
    def payouts(self) -> int:
        return (self.count + SETTLEMENT_MAX - 1) // SETTLEMENT_MAX

    def settlements(self) -> Iterator[tuple[str, bytes, int]]:
        """The provider's payouts of the day: name, report (CSV), and what reaches the bank, in pence."""
        for start in range(0, self.count, SETTLEMENT_MAX):
            payout = f"po_G{self.seed}S{self.count}P{start // SETTLEMENT_MAX}"
            report, net = io.StringIO(), 0
            rows = csv.writer(report, lineterminator="\n")
            rows.writerow(COLUMNS)
            for number in range(start, min(start + SETTLEMENT_MAX, self.count)):
                amount = self.payment(number).amount_pence
                fee = fee_of(amount)
                net += amount - fee
                rows.writerow(self.member(payout, number, amount, fee))
            yield payout, report.getvalue().encode(), net

    def member(self, payout: str, number: int, amount: int, fee: int) -> list[str]:
        created, at = f"{PAID_ON} 12:00:00", f"{SETTLED_ON} 00:00:00"
        made = [f"{kind}_{self.seed}_{number}" for kind in ("txn", "ch", "ch", "pi")]
        money = [pounds(amount), pounds(fee), pounds(amount - fee)]
        return [payout, at, made[0], created, at, "gbp", *money, "charge", *made[1:], "Generated", self.provider_id(number)]

    def statement(self, payouts: list[tuple[str, int]], opening_pence: int) -> bytes:
        """The bank's statement (camt.053) of the day after, on which the payouts arrive."""
        closing = opening_pence + sum(net for _, net in payouts)
        entries = "".join(entry(number, payout, net) for number, (payout, net) in enumerate(payouts, 1))
        return STATEMENT.format(
            day=SETTLED_ON, opening=pounds(opening_pence), closing=pounds(closing), entries=entries, message=f"GEN{self.seed}N{self.count}"
        ).encode()


STATEMENT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>{message}</MsgId><CreDtTm>2026-03-20T05:10:00Z</CreDtTm><MsgPgntn><PgNb>1</PgNb><LastPgInd>true</LastPgInd></MsgPgntn></GrpHdr>
<Stmt><Id>20201555555555-2026-0053</Id><ElctrncSeqNb>53</ElctrncSeqNb><CreDtTm>2026-03-20T05:10:00Z</CreDtTm>
<Acct><Id><IBAN>GB33BUKB20201555555555</IBAN></Id><Ccy>GBP</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="GBP">{opening}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="GBP">{closing}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>
{entries}</Stmt></BkToCstmrStmt></Document>
"""


def entry(number: int, payout: str, net_pence: int) -> str:
    return (
        f'<Ntry><NtryRef>{number}</NtryRef><Amt Ccy="GBP">{pounds(net_pence)}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>{SETTLED_ON}</Dt></BookgDt><ValDt><Dt>{SETTLED_ON}</Dt></ValDt><AcctSvcrRef>GN{payout}</AcctSvcrRef>"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls>"
        f"<Refs><EndToEndId>{payout}</EndToEndId></Refs><RltdPties><Dbtr><Pty><Nm>STRIPE PAYMENTS UK</Nm></Pty></Dbtr></RltdPties>"
        "<RmtInf><Ustrd>STRIPE ANYTOWN</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
    )
