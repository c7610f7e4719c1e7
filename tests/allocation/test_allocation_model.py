"""Whatever officers and messages do in whatever order, the service does what a model of a page says."""

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from allocation.anytown import COUNCIL, name, payment, reversal, running_account
from allocation.doors import Office, empty, group, of, to
from allocation.model import JOURNAL, Paid, Said, needs_another, shared
from allocation.test_allocation_refunds import failed, sent

ACCOUNTS = ["23/770001478", "23/770001559", "19/3000000123"]
PAYMENTS = {"lost": (700000, None), "stray": (5000, None), "tax": (150000, ACCOUNTS[0])}
OFFICERS = ["Ann", "Bob", "Cid"]


class Model(Office):
    """An office that keeps the model beside the service, and expects of each answer what the model says."""

    def __init__(self, pool: Any) -> None:
        super().__init__(pool)
        self.paid = {called: Paid(*known) for called, known in PAYMENTS.items()}
        self.decided: dict[str, dict[str, Any]] = {}
        self.journals: Counter[str] = Counter()
        self.claims: dict[str, dict[str, Any]] = {}
        self.number = 0

    async def furnish(self) -> "Model":
        come = [payment(known[1] and known[1][3:], known[0], called=called) for called, known in PAYMENTS.items()]
        await self.hear(*(running_account(each[3:], each[:2]) for each in ACCOUNTS), *come)
        return self

    async def revision(self, called: str) -> int:
        return int((await self.story(called))["revision"])

    def part(self, called: list[str], percent: int) -> int:
        """So much of what is left of some payments, in pence."""
        return max(1, sum(self.paid[each].live for each in called) * percent // 100)

    async def says(self, called: list[str], percent: list[int], by: str) -> None:
        """A decision of one payment or two, for as many accounts as amounts but one, which goes back."""
        pence = [self.part(called, each // len(percent)) for each in percent]
        payments, accounts, due = [self.paid[each] for each in called], [*zip(ACCOUNTS, pence[1:], strict=False)], pence[0]
        seen = {each: await self.revision(each) for each in called}
        answer = await self.decide(group(of(*seen.items()), to(*accounts), refund_due_pence=due, rest_to_suspense=True), by=by)
        if min(each.live for each in payments) <= 0 or sum(pence) > sum(each.live for each in payments):
            assert answer.status_code == 422, answer.text
            return
        assert answer.status_code == 201, answer.text
        given = shared(payments, accounts, due)
        waits, id_ = needs_another(payments, given), answer.json()["decision_id"]
        shares = {each: Said(id_, *one, (paid := self.paid[each]).back, paid.placed(), waits)
                  for each, one in zip(called, given, strict=True)}  # fmt: skip
        self.keep(answer.json(), by, waits, shares=shares, seen=seen, undoes=None)

    async def moves(self, pence: int, which: int, by: str) -> None:
        source, target = ACCOUNTS[which % 3], ACCOUNTS[(which + 1) % 3]
        body = {"sources": to((source, pence)), "targets": to((target, pence)), "reason": "r"}
        answer = await self.post("/v1/journals", body, by=by)
        moved = Counter({source: -pence, target: pence})
        self.keep(answer.json(), by, pence > JOURNAL, shares={}, seen={}, moved=moved, undoes=None)

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
        own = self.decided[id_]
        answer = await self.post(f"/v1/decisions/{id_}/undo", {"reason": "r"}, by=by)
        if own["state"] == "proposed":
            assert answer.json()["state"] == "withdrawn", answer.text
            own["state"] = "withdrawn"
        elif own["state"] != "in-force" or own["undoes"] or not self.is_last(own):
            assert answer.status_code in ((200, 409) if own["state"] == "withdrawn" else (409,)), answer.text
        else:
            assert answer.status_code == 200, answer.text
            self.keep(answer.json(), by, own["waits"], shares={}, seen={}, undoes=id_)

    async def returns(self, called: str, percent: int) -> None:
        """A chargeback of no more than is left."""
        if pence := min(self.part([called], percent), self.paid[called].live):
            self.number += 1
            await self.hear(reversal(called, pence, called=f"back {self.number}"))
            self.paid[called].back += pence

    def left(self, called: str) -> int:
        return self.paid[called].live - sum(claim["pence"] for claim in self.claims.values() if claim["of"] == called)

    async def asks(self, called: str, percent: int, by: str) -> None:
        pence = self.part([called], percent)
        body = {"payment_id": str(name(called)), "revision": await self.revision(called), "amount_pence": pence, "reason": "r"}
        answer = await self.post("/v1/refunds", body, by=by)
        assert answer.status_code == (201 if pence <= self.left(called) else 422), answer.text
        if answer.status_code == 201:
            self.claims[answer.json()["refund_id"]] = {"of": called, "pence": pence}

    async def sends(self, called: str, which: int, by: str, ends: bool) -> None:
        """Some refund of the payment that waits is approved; and once enough people have, it is sent, or fails."""
        open_ = [r for r in await self.refunds(called) if r["state"] in ("requested", "approved", "asked")]
        if not open_:
            return
        refund = open_[which % len(open_)]
        if refund["state"] != "asked":
            answer = await self.post(f"/v1/refunds/{refund['refund_id']}/approve", {}, by=by)
            is_own = by == refund["requested_by"]
            left = self.left(called) + self.claims.get(refund["refund_id"], {"pence": 0})["pence"]
            expected = 200 if by in refund["approved_by"] else 403 if is_own else 409 if refund["amount_pence"] > left else 200
            assert answer.status_code == expected, answer.text
            if answer.status_code == 200 and answer.json()["state"] == "asked":
                self.claims[refund["refund_id"]] = {"of": called, "pence": refund["amount_pence"]}
            return
        pence = self.claims.pop(refund["refund_id"])["pence"]
        await self.hear(sent(refund) if ends else failed(refund))
        if ends:
            self.paid[called].back += pence
        elif refund["origin"] == "officer" and (pence := min(pence, self.left(called))):
            (again,) = [each for each in await self.refunds(called) if each["again_of"] == refund["refund_id"]]
            assert again["amount_pence"] == pence
            self.claims[again["refund_id"]] = {"of": called, "pence": pence}

    async def refunds(self, called: str) -> list[Any]:
        return list((await self.get("/v1/refunds", payment_id=name(called)))["refunds"])

    async def compare(self) -> None:
        on_accounts = Counter(dict.fromkeys(ACCOUNTS, 0)) + Counter()
        on_accounts.update(self.journals)
        for called, paid in self.paid.items():
            assert await self.placed(called) == paid.placed(), called
            on_accounts.update({place: pence for place, pence in paid.placed().items() if place in ACCOUNTS})
            due = [each["amount_pence"] for each in await self.refunds(called)
                   if each["origin"] != "officer" and each["state"] in ("requested", "approved")]  # fmt: skip
            claimed = paid.live - self.left(called)
            assert sum(due) == max(0, min(paid.placed().get("refund_due", 0), paid.live) - claimed), called
        for each in ACCOUNTS:
            assert (await self.get(f"/v1/accounts/{COUNCIL}/{each}"))["paid_pence"] == on_accounts[each]


CALLED, PERCENT, BY = st.sampled_from([*PAYMENTS]), st.sampled_from([10, 30, 60, 100, 120]), st.sampled_from(OFFICERS)
NUMBER = st.integers(0, 5)
ACTS = st.one_of(
    st.tuples(st.just("says"), st.lists(CALLED, min_size=1, max_size=2, unique=True), st.lists(PERCENT, min_size=1, max_size=4), BY),
    st.tuples(st.just("moves"), st.sampled_from([1, 60000, 120000]), NUMBER, BY),
    st.tuples(st.just("approves"), NUMBER, BY),
    st.tuples(st.just("undoes"), NUMBER, BY),
    st.tuples(st.just("returns"), CALLED, PERCENT),
    st.tuples(st.just("asks"), CALLED, PERCENT, BY),
    st.tuples(st.just("sends"), CALLED, NUMBER, BY, st.booleans()),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(acts=st.lists(ACTS, min_size=6, max_size=14))
@example(acts=[("says", ["stray"], [60, 30], "Ann"), ("returns", "stray", 60), ("undoes", 0, "Bob")])
async def test_the_service_does_what_the_model_says(kept_pool: Any, acts: list[Any]) -> None:
    await empty(kept_pool)
    office = await Model(kept_pool).furnish()
    for what, *more in acts:
        if what in ("approves", "undoes"):
            known = [*office.decided]
            if not known:
                continue
            more[0] = known[-1 - more[0] % len(known)]
        await getattr(office, what)(*more)
        await office.compare()
    await office.assert_lawful()
