"""Each transfer decided as the service would decide it."""

import time
from bisect import bisect_right
from collections.abc import Iterable

from ims_allocation.domain import Account, Accounts, Hold, Home, Payment, choose, is_weighed, known
from ims_allocation.domain.candidates import meanings
from ims_allocation.domain.choosing import references_to_weigh
from ims_allocation.domain.evidence import contradicts, due
from ims_local.measure.register import Register
from ims_local.measure.tally import SAID, Tally
from ims_local.measure.transfers import Transfer

FIFTIETH, THOUSANDTH = 50, 1_000


class Run:
    """Decides transfers against a register, and counts."""

    def __init__(self, register: Register) -> None:
        self.register, self.tally = register, Tally()
        self.council, self.pack = register.pack.council, register.pack

    def take(self, transfer: Transfer) -> None:
        """Decide one transfer, and say whether that was right."""
        heard, tally = transfer.payment, self.tally
        began = time.process_time()
        payment = known(heard, self.pack.references.read(heard.reference, heard.narrative), self.pack, self.register.names)
        accounts = self.there(payment.reading.candidates, payment)
        paid = self.register.paid.get(payment.payer or "", {}) if is_weighed(payment, accounts, self.pack) else {}
        accounts.payers = {(self.council, payment.payer or ""): paid}
        wanted = references_to_weigh(payment, accounts, self.pack)
        if wanted:
            accounts = self.there([*meanings(payment.tokens, self.pack.references), *(key[1:] for key in paid)], payment)
            accounts.payers = {(self.council, payment.payer or ""): paid}
        chosen = choose(payment, accounts, self.pack)
        tally.seconds["weighed" if wanted else "exact"] += time.process_time() - began
        tally.weighed += bool(wanted)
        self.count(transfer, payment, chosen)

    def there(self, keys: Iterable[tuple[str, str]], payment: Payment) -> Accounts:
        """The accounts that there are of some funds and references, and of the vehicle."""
        found = [a for key in keys if (a := self.register.account(*key))]
        found += [a for key in self.register.of_mark.get(payment.vehicle or "", ()) if (a := self.register.account(*key))]
        return Accounts(found, self.register.owing)

    def count(self, transfer: Transfer, payment: Payment, chosen: Home | Hold) -> None:
        tally, meant = self.tally, transfer.meant
        truth = (meant.fund, meant.reference) if meant else None
        is_decidable = self.is_decidable(transfer, payment)
        tally.count += 1
        tally.decidable += is_decidable
        evidence = chosen.evidence
        if evidence and evidence.weighings:
            best = evidence.weighings[0]
            tally.said[bisect_right(SAID, best.probability) - 1, (best.fund, best.account_reference) == truth] += 1
        if isinstance(chosen, Hold):
            tally.held[f"{chosen.reason}: {evidence.held_by}" if evidence else chosen.reason] += 1
            tally.missed[transfer.how, evidence.held_by if evidence else chosen.reason] += is_decidable
            return
        is_right = chosen.shares[0][:2] == truth
        tally.automatic += 1
        tally.decidable_automatic += is_decidable and is_right
        tally.wrong += not is_right
        tally.doubt += 1_000_000 - evidence.weighings[0].probability if evidence else 0
        tally.ways[chosen.rule + (" weighed" if evidence and chosen.rule == "reference" else ""), is_right] += 1
        if not is_right:
            said = evidence.weighings[0].votes if evidence else ()
            tally.mistakes.append({"how": transfer.how, "meant": truth, "chosen": chosen.shares[0][:2], "votes": said})

    def is_decidable(self, transfer: Transfer, payment: Payment) -> bool:
        """Whether a careful person with the register could be sure: of an open account that the text means, exactly or one keying error
        away, and more than any other that it could mean. A reference with a check digit, typed exactly, is enough; for one without, a
        name, a vehicle or an amount that fewer than one account in fifty owes must speak for it; for a repaired one a vehicle, name and
        amount, or an amount that fewer than one in a thousand owe. Never against the words beside it, nor where what was typed is a
        number that may yet become an account's."""
        meant = transfer.meant
        account = self.register.account(meant.fund, meant.reference) if meant else None
        if not meant or not account or not meant.is_open or contradicts(payment, self.pack.funds[meant.fund]):
            return False
        meaning = meanings(payment.tokens, self.pack.references).get((meant.fund, meant.reference))
        if meaning is None:
            return False
        if meaning.scheme.check_digit and not meaning.error:
            return True
        facts = self.facts(payment, account)
        rivals = [a for key in meanings(payment.tokens, self.pack.references) if (a := self.register.account(*key)) and a != account]
        if any(self.facts(payment, rival) >= facts for rival in rivals):
            return False
        if meaning.error:
            is_plausible = any(not self.register.account(*key) for key in payment.reading.candidates)
            return not is_plausible and ("vehicle" in facts or {"name", "amount"} <= facts or self.is_rare(payment, account, THOUSANDTH))
        return bool(facts & {"vehicle", "name"}) or self.is_rare(payment, account, FIFTIETH)

    def facts(self, payment: Payment, account: Account) -> set[str]:
        """What speaks for an account beside the reference."""
        facts = {
            "amount": payment.amount_pence in due(account, payment),
            "name": bool(payment.names & account.names),
            "vehicle": payment.vehicle in account.second_keys,
        }
        return {fact for fact, holds in facts.items() if holds}

    def is_rare(self, payment: Payment, account: Account, one_in: int) -> bool:
        fund, owing = (account.council, account.fund), self.register.owing
        owe = owing.by_amount.get((*fund, payment.amount_pence), 0)
        return payment.amount_pence in due(account, payment) and owe * one_in <= owing.accounts[fund]
