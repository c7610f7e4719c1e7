"""What a penalty costs on a day, and what each payment settles of it: whatever order they were heard in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from ims_allocation.domain.accounts import Account, AccountKey, Stage
from ims_allocation.domain.payments import Placement

A_DAY = timedelta(days=1)
NO_TIME = datetime.min.replace(tzinfo=UTC)


def starts(stages: tuple[Stage, ...]) -> list[date]:
    """The first day of each stage: as told, or the day after the stage before it; never, where that one does not end."""
    days, before = [], date.min
    for stage in stages:
        days.append(stage.from_on or before)
        before = stage.until_on + A_DAY if stage.until_on else date.max
    return days


def stage_on(stages: tuple[Stage, ...], day: date) -> Stage:
    """The stage a penalty is in on a day: the last that has begun and not ended; where all have ended, the last begun."""
    begun = [stage for stage, start in zip(stages, starts(stages), strict=True) if start <= day] or [stages[0]]
    lasting = [stage for stage in begun if stage.until_on is None or day <= stage.until_on]
    return (lasting or begun)[-1]


def grows_on(stages: tuple[Stage, ...], day: date) -> date | None:
    """The next day on which the penalty costs more than it does on this day; none, if it stays."""
    now = stage_on(stages, day).amount_pence
    turns = {*starts(stages), *(stage.until_on + A_DAY for stage in stages if stage.until_on)} - {date.max}
    return next((turn for turn in sorted(turns) if turn > day and stage_on(stages, turn).amount_pence > now), None)


def owed_on(account: Account, placed: Iterable[Placement], day: date) -> int | None:
    """What is still owed of a penalty on a day, in pence, `placed` being where its payments are; none, where they do not say, as one that
    pays several penalties in part."""
    here = [each for each in placed if any(part[:2] == account.key[1:] for part in each.parts)]
    if account.status in ("cancelled", "closed") or any(each.balance_pence == 0 for each in here):
        return 0
    if any(len(each.parts) > 1 for each in here) or not account.stages:
        return None
    return max(0, stage_on(account.stages, day).amount_pence - sum(each.allocated_pence for each in here))


class Claim(NamedTuple):
    """A payment's wish to settle penalties: how much of it is for which, and what went back of it."""

    payment_id: UUID
    decided_on: date
    paid_at: datetime | None
    shares: tuple[tuple[AccountKey, int], ...]
    reversed_pence: int = 0
    refunded_pence: int = 0


@dataclass(slots=True)
class Settled:
    """What one payment did to one penalty."""

    key: AccountKey
    taken_pence: int
    refund_due_pence: int
    outcome: str
    due_before_pence: int = 0
    balance_pence: int = 0
    next_due_on: date | None = None
    stage: str = ""
    """The stage that the penalty was in on the day that decides, or `closed`, where its back office says so; none of one that is
    cancelled."""


@dataclass(slots=True)
class Penalty:
    """A penalty while its payments are laid upon it, oldest first."""

    account: Account
    tolerance_pence: int = 0
    """Paid short by no more, it is settled."""
    paid_pence: int = 0
    is_settled: bool = False
    """It was paid in full at a stage; a later stage does not open it again."""

    def take(self, amount_pence: int, day: date) -> Settled:
        """What a payment decided on a day settles: outcome by the table of model-office outcomes, and what is too much."""
        key, stages = self.account.key, self.account.stages
        if self.account.status == "cancelled":
            return Settled(key, 0, amount_pence, "closed")
        stage = stage_on(stages, day)
        due = 0 if self.is_settled else max(0, stage.amount_pence - self.paid_pence)
        taken, outcome = self.outcome(amount_pence, due, stage)
        called = "closed" if self.account.status == "closed" else stage.stage
        return Settled(key, taken, amount_pence - taken, outcome, due_before_pence=due, stage=called)

    def outcome(self, amount_pence: int, due: int, stage: Stage) -> tuple[int, str]:
        if self.account.status == "with-agent" and stage == self.account.stages[-1]:
            return amount_pence, "with-agent"  # fees fall due there that only the agent knows
        if due == 0:
            return 0, "duplicate"
        if amount_pence > due:
            return due, "over"
        if amount_pence >= due - self.tolerance_pence:
            return amount_pence, "discount" if stage.stage == "discount" else "full"
        is_discount = any(s.stage == "discount" and s.amount_pence == amount_pence for s in self.account.stages)
        is_late = is_discount and self.paid_pence == 0 and stage.stage != "discount"
        return amount_pence, "late-discount" if is_late else "part"

    def count(self, settled: Settled, day: date) -> None:
        """Lay what is kept of a payment upon the penalty."""
        self.paid_pence += settled.taken_pence
        stages = self.account.stages
        left = max(0, stage_on(stages, day).amount_pence - self.paid_pence)
        self.is_settled = self.is_settled or (left <= self.tolerance_pence and settled.taken_pence > 0)
        if self.account.status != "cancelled" and not self.is_settled:
            settled.balance_pence, settled.next_due_on = left, grows_on(stages, day)


def settle(
    penalties: Mapping[AccountKey, Account], claims: Iterable[Claim], tolerances: Mapping[str, int]
) -> dict[UUID, list[Settled]]:
    """What each of all the payments of some penalties settles: a function of the set of them, not of their order. `tolerances` are in
    pence, by fund."""
    open_ = {key: Penalty(account, tolerances.get(account.fund, 0)) for key, account in penalties.items()}
    oldest_first = sorted(claims, key=lambda claim: (claim.decided_on, claim.paid_at or NO_TIME, claim.payment_id.int))
    return {claim.payment_id: lay(open_, claim) for claim in oldest_first}


def lay(penalties: dict[AccountKey, Penalty], claim: Claim) -> list[Settled]:
    """Lay one payment on its penalties, less what went back of it: a refund first out of what was due back."""
    reversed_pence, settled = claim.reversed_pence, []
    for key, amount_pence in claim.shares:
        back = min(amount_pence, reversed_pence)
        reversed_pence -= back
        if amount_pence > back:
            settled.append(penalties[key].take(amount_pence - back, claim.decided_on))
    give_back(settled, claim.refunded_pence)
    for one in settled:
        penalties[one.key].count(one, claim.decided_on)
    return settled


def stage_of(settled: Iterable[Settled]) -> str | None:
    """The stage that penalties were in, if it was the same for all."""
    stages = {one.stage for one in settled}
    return stages.pop() or None if len(stages) == 1 else None


def give_back(settled: list[Settled], refunded_pence: int) -> None:
    for one in settled:
        back = min(one.refund_due_pence, refunded_pence)
        one.refund_due_pence -= back
        refunded_pence -= back
    for one in settled:
        back = min(one.taken_pence, refunded_pence)
        one.taken_pence -= back
        refunded_pence -= back
