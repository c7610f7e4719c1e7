"""An office that keeps a model beside the service, and expects of each answer what the model says."""

from collections import Counter
from typing import Any

import httpx

from allocation.anytown import COUNCIL, name, payment, refund, reversal, running_account
from allocation.doors import Office, group, of, to
from allocation.model import JOURNAL, Paid, Said, moved, needs_another, shared
from allocation.test_allocation_by_line import move
from allocation.test_allocation_payers import KEY, transfer
from allocation.test_allocation_refunds import failed, sent
from allocation.test_allocation_rejections import answer as acknowledged
from allocation.test_allocation_rejections import hear as hear_acknowledged
from allocation.test_allocation_rejections import rejected
from ims_allocation.store import reports, sums
from ims_kit import begin

ACCOUNTS = ["23/770001478", "23/770001559", "19/3000000123"]
PAYMENTS = {"lost": (700000, None), "stray": (5000, None), "tax": (150000, ACCOUNTS[0])}
OFFICERS = ["Ann", "Bob", "Cid"]
NOTED = 1000
"""What a credit note gives, in pence."""


class Model(Office):
    """Officers and messages, and the model."""

    def __init__(self, pool: Any) -> None:
        super().__init__(pool, name_key=KEY)
        self.paid = {called: Paid(*known) for called, known in PAYMENTS.items()}
        self.decided: dict[str, dict[str, Any]] = {}
        self.journals: Counter[str] = Counter()
        self.claims: dict[str, dict[str, Any]] = {}
        self.approved: dict[str, int] = {}
        self.heard: list[Any] = []
        self.number = 0

    async def furnish(self) -> "Model":
        come = [payment(known[1] and known[1][3:], known[0], called=called) for called, known in PAYMENTS.items() if called != "stray"]
        come.append(transfer("stray", "thanks", PAYMENTS["stray"][0]))
        await self.hear(*(running_account(each[3:], each[:2]) for each in ACCOUNTS), *come)
        return self

    async def hear(self, *heard: Any) -> None:
        self.heard += heard
        await super().hear(*heard)

    async def post(
        self, path: str, body: dict[str, Any] | None = None, key: str | None = None, by: str = "Ann", **headers: str
    ) -> httpx.Response:
        """Everything is sent twice: what was done is known then, and what was refused is refused."""
        self.number += 1
        first, again = [await super(Model, self).post(path, body, f"command {self.number}", by, **headers) for _ in range(2)]
        assert (again.status_code, again.json().get("is_new", False)) == (min(first.status_code, 200) if first.is_success
                                                                          else first.status_code, False), again.text  # fmt: skip
        return first

    async def revision(self, called: str) -> int:
        return int((await self.story(called))["revision"])

    def part(self, called: list[str], percent: int) -> int:
        """So much of what is left of some payments, in pence."""
        return max(1, sum(self.paid[each].live for each in called) * percent // 100)

    async def says(self, called: list[str], percent: list[int], by: str) -> None:
        """A decision of one payment or two, for as many accounts as amounts but one, which goes back."""
        pence = [self.part(called, each // len(percent)) for each in percent]
        payments, accounts, due = [self.paid[each] for each in called], [*zip(ACCOUNTS, pence[1:], strict=False)], pence[0]
        is_fine = min(each.live for each in payments) > 0 and sum(pence) <= sum(each.live for each in payments)
        said = {"to": to(*accounts), "refund_due_pence": due, "rest_to_suspense": True}
        await self.decides(called, said, shared(payments, accounts, due) if is_fine else None, by)

    async def moves_lines(self, called: str, moves: list[tuple[int, int, int, int]], by: str) -> None:
        """Some of what is on one account of a payment goes to another, and some of that to the payer."""
        known = [(ACCOUNTS[s], ACCOUNTS[t], self.part([called], percent), back) for s, t, percent, back in moves]
        known = [(s, t, pence, back * (pence - 1) // 100) for s, t, pence, back in known]
        said = {"moves": [move(s, pence, (t, pence - back), refund_due_pence=back) for s, t, pence, back in known]}
        after = moved(self.paid[called], known) if self.paid[called].live > 0 else None
        await self.decides([called], said, [after] if after else None, by)

    async def notes_credit(self, called: str, by: str) -> None:
        """All of a payment goes to an account, and beyond it what a credit note gives."""
        live = self.paid[called].live
        said = {"to": to((ACCOUNTS[0], live + NOTED)), "credit_notes": to((ACCOUNTS[2], NOTED))}
        given = [([(ACCOUNTS[0], live)], 0)] if live > 0 else None
        await self.decides([called], said, given, by, Counter({ACCOUNTS[0]: NOTED, ACCOUNTS[2]: -NOTED}))

    async def lays(self, called: str, by: str) -> None:
        """What went back beyond what came is laid on an account."""
        if (live := self.paid[called].live) < 0:
            await self.decides([called], {"to": to((ACCOUNTS[2], live))}, [([(ACCOUNTS[2], live)], 0)], by)

    async def decides(self, called: list[str], said: dict[str, Any], given: Any, by: str, noted: Counter[str] | None = None) -> None:
        """A decision that gives each payment's money so; none: it cannot be."""
        payments, seen = [self.paid[each] for each in called], {each: await self.revision(each) for each in called}
        answer = await self.decide(group(of(*seen.items()), **said), by=by)
        assert answer.status_code == (201 if given else 422), answer.text
        if given:
            waits, id_ = needs_another(payments, given), answer.json()["decision_id"]
            shares = {each: Said(id_, *one, (paid := self.paid[each]).back, paid.placed(), waits)
                      for each, one in zip(called, given, strict=True)}  # fmt: skip
            self.keep(answer.json(), by, waits, shares=shares, seen=seen, moved=noted or Counter(), undoes=None)

    async def moves(self, pence: int, which: int, by: str) -> None:
        source, target = ACCOUNTS[which % 3], ACCOUNTS[(which + 1) % 3]
        body = {"sources": to((source, pence)), "targets": to((target, pence)), "reason": "r"}
        answer = await self.post("/v1/journals", body, by=by)
        change, waits = Counter({source: -pence, target: pence}), pence > JOURNAL or pence > self.on_accounts()[source]
        self.keep(answer.json(), by, waits, shares={}, seen={}, moved=change, undoes=None)

    def on_accounts(self) -> Counter[str]:
        on = Counter(self.journals)
        for paid in self.paid.values():
            on.update({place: pence for place, pence in paid.placed().items() if place in ACCOUNTS})
        return on

    def keep(self, told: dict[str, Any], by: str, waits: bool, **what: Any) -> None:
        assert told["state"] == ("proposed" if waits else "in-force"), told
        own = self.decided[told["decision_id"]] = {"by": by, "waits": waits, "state": "proposed", "moved": Counter()} | what
        if not waits:
            self.enact(own)

    def enact(self, own: dict[str, Any]) -> None:
        own["state"] = "in-force"
        if own["undoes"]:
            undone = self.decided[own["undoes"]]
            undone["state"] = "undone"
            for called, said in undone["shares"].items():
                self.paid[called].said.remove(said)
            self.journals.subtract(undone["moved"])
        for called, said in own["shares"].items():
            self.paid[called].said.append(said)
        self.journals.update(own["moved"])

    def is_last(self, own: dict[str, Any]) -> bool:
        return all(self.paid[called].said[-1:] == [said] for called, said in own["shares"].items())

    async def approves(self, id_: str, by: str) -> None:
        own = self.decided[id_]
        undone = self.decided.get(own["undoes"])
        fits = self.is_last(undone) if undone else all([await self.revision(c) == seen for c, seen in own["seen"].items()])
        answer = await self.post(f"/v1/decisions/{id_}/approve", {}, by=by)
        if own["state"] != "proposed":
            assert answer.status_code in (200, 409), answer.text
        elif by == own["by"]:
            assert answer.status_code == 403, answer.text
        elif not fits or (undone and undone["state"] != "in-force"):
            assert answer.status_code == 409, answer.text
        else:
            assert answer.status_code == 200, answer.text
            self.enact(own)

    async def undoes(self, id_: str, by: str) -> None:
        own, on = self.decided[id_], self.on_accounts()
        answer = await self.post(f"/v1/decisions/{id_}/undo", {"reason": "r"}, by=by)
        if own["state"] == "proposed":
            assert answer.json()["state"] == "withdrawn", answer.text
            own["state"] = "withdrawn"
        elif own["state"] != "in-force" or own["undoes"] or not self.is_last(own):
            assert answer.status_code in ((200, 409) if own["state"] == "withdrawn" else (409,)), answer.text
        else:
            assert answer.status_code == 200, answer.text
            is_gone = not own["shares"] and any(pence > on[account] for account, pence in own["moved"].items() if pence > 0)
            self.keep(answer.json(), by, own["waits"] or is_gone, shares={}, seen={}, undoes=id_)

    async def returns(self, called: str, percent: int) -> None:
        """A chargeback, perhaps of more than is left after a refund."""
        self.number += 1
        pence = min(max(1, self.paid[called].pence * percent // 100), self.paid[called].pence)
        await self.hear(reversal(called, pence, called=f"back {self.number}"))
        self.paid[called].back += pence

    async def is_refunded_elsewhere(self, called: str, percent: int) -> None:
        """In the provider's own pages: nobody asked for it here."""
        if (pence := min(self.part([called], percent), self.left(called))) > 0:
            self.number += 1
            await self.hear(refund(called, pence, called=f"elsewhere {self.number}"))
            self.paid[called].back += pence

    async def is_heard_again(self, which: int) -> None:
        """A message that came before, or what is known of an account otherwise than before: no penny moves."""
        self.number += 1
        await super().hear(self.heard[which % len(self.heard)])
        account = ACCOUNTS[which % 3]
        await self.hear(running_account(account[3:], account[:2], revision=1 + self.number, balance_pence=which))

    async def is_rejected(self, called: str) -> None:
        """Its back office does not take what rules put on its account: it is in suspense whenever no decision is in force."""
        paid = self.paid[called]
        if paid.home and not paid.said and paid.live > 0:
            self.number += 1
            line = rejected(called, paid.home, paid.live, self.number, revision=await self.revision(called))
            for _ in range(2):
                await hear_acknowledged(self, acknowledged(line, run_id=name(f"run {self.number}")))
            paid.home = None

    async def settles(self, called: str, by: str) -> None:
        """What a back office did not take of what is no payment's is noted, and an officer says what was done about it."""
        self.number += 1
        run_id = name(f"run {self.number}")
        await hear_acknowledged(self, acknowledged(rejected(called, ACCOUNTS[0], -1, self.number), run_id=run_id))
        said = {"run_id": str(run_id), "sequence": self.number, "reason": "r"}
        assert (await self.post("/v1/rejected-lines/settle", said, by=by)).is_success

    async def learns(self, which: int, how: str, by: str) -> None:
        """What a decision taught of a payer is confirmed by another, or revoked: no money moves."""
        if found := (await self.get("/v1/payers"))["payers"]:
            held = found[which % len(found)]
            before = held["revoked_by"] if how == "revoke" else held["confirmed_by"] if held["state"] == "confirmed" else None
            may = held["revoked_by"] is None if how == "revoke" else held["state"] == "learned"
            expected = 200 if by == before else 409 if not may else 403 if how == "confirm" and by == held["learned_by"] else 200
            answer = await self.post(f"/v1/payers/{held['learning_id']}/{how}", {"reason": "r"}, by=by)
            assert answer.status_code == expected, answer.text

    async def writes(self, called: str, by: str) -> None:
        """A note and an owner, which move nothing."""
        acts = {"note": [{"payment_id": str(name(called)), "note": "n"}], "assign": [{"payment_id": str(name(called)), "owner": by}]}
        results = (await self.post("/v1/suspense/actions", acts, by=by)).json()["results"]
        is_there = bool(self.paid[called].placed().get("suspended"))
        assert {each["status"] for each in results} <= ({200, 201, 409} if is_there else {404}), results

    def left(self, called: str) -> int:
        return self.paid[called].live - sum(claim["pence"] for claim in self.claims.values() if claim["of"] == called)

    async def asks(self, called: str, percent: int, by: str) -> None:
        pence = self.part([called], percent)
        body = {"payment_id": str(name(called)), "revision": await self.revision(called), "amount_pence": pence, "reason": "r"}
        answer = await self.post("/v1/refunds", body, by=by)
        assert answer.status_code == (201 if pence <= self.left(called) else 422), answer.text
        if answer.status_code == 201:
            self.claims[answer.json()["refund_id"]] = {"of": called, "pence": pence}

    async def cancels(self, called: str, which: int, by: str) -> None:
        """What an officer asked for is cancelled; what is due back is not."""
        open_ = [r for r in await self.refunds(called) if r["state"] in ("requested", "approved")]
        if open_:
            chosen = open_[which % len(open_)]
            answer = await self.post(f"/v1/refunds/{chosen['refund_id']}/cancel", {"reason": "r"}, by=by)
            assert answer.status_code == (200 if chosen["origin"] == "officer" else 409), answer.text
            if answer.status_code == 200:
                del self.claims[chosen["refund_id"]]

    async def sends(self, called: str, which: int, by: str, how: str) -> None:
        """Some refund of the payment that waits is approved, whole or in part; and once enough people have, it is sent, or fails."""
        open_ = [r for r in await self.refunds(called) if r["state"] in ("requested", "approved", "asked")]
        if not open_:
            return
        refund = open_[which % len(open_)]
        if refund["state"] != "asked":
            pence = max(1, refund["amount_pence"] // 2) if how == "part" and not refund["approved_by"] else None
            answer = await self.post(f"/v1/refunds/{refund['refund_id']}/approve", {"amount_pence": pence}, by=by)
            pence = pence or self.approved.get(refund["refund_id"], refund["amount_pence"])
            left = self.left(called) + self.claims.get(refund["refund_id"], {"pence": 0})["pence"]
            expected = 200 if by in refund["approved_by"] else 403 if by == refund["requested_by"] else 409 if pence > left else 200
            assert answer.status_code == expected, answer.text
            if answer.status_code == 200 and by not in refund["approved_by"]:
                self.approved[refund["refund_id"]] = pence
                if refund["origin"] == "officer" or answer.json()["state"] == "asked":
                    self.claims[refund["refund_id"]] = {"of": called, "pence": pence}
            return
        pence = self.claims.pop(refund["refund_id"])["pence"]
        await self.hear(failed(refund) if how == "fails" else sent(refund))
        if how != "fails":
            self.paid[called].back += pence
        elif refund["origin"] == "officer" and (pence := max(0, min(pence, self.left(called)))):
            (again,) = [each for each in await self.refunds(called) if each["again_of"] == refund["refund_id"]]
            assert again["amount_pence"] == pence
            self.claims[again["refund_id"]] = {"of": called, "pence": pence}

    async def refunds(self, called: str) -> list[Any]:
        return list((await self.get("/v1/refunds", payment_id=name(called)))["refunds"])

    async def is_added_up(self) -> None:
        """No balance is another for it."""
        before = await reports.balances(self.pool, COUNCIL)
        async with begin(self.pool) as work:
            await sums.add_up(work.connection)
        assert await reports.balances(self.pool, COUNCIL) == before

    async def compare(self) -> None:
        """Each payment and account is as the model has it, what is due back is asked for, and no penny is lost or made."""
        on_accounts = self.on_accounts()
        for called, paid in self.paid.items():
            assert await self.placed(called) == paid.placed(), called
            due = [each["amount_pence"] for each in await self.refunds(called)
                   if each["origin"] != "officer" and each["state"] in ("requested", "approved")]  # fmt: skip
            claimed = paid.live - self.left(called)
            assert sum(due) == max(0, min(paid.placed().get("refund_due", 0), paid.live) - claimed), called
        for each in ACCOUNTS:
            assert (await self.get(f"/v1/accounts/{COUNCIL}/{each}"))["paid_pence"] == on_accounts[each]
        await self.assert_lawful()
