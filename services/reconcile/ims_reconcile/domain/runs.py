"""Runs of postings to back offices: what was sent must be what was accepted, in lines and in pence."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from ims_reconcile.domain.breaks import Fault
from ims_reconcile.domain.days import working_days_after
from ims_reconcile.domain.proofs import Horizon
from ims_reconcile.domain.sources import Pack


class Run(NamedTuple):
    """A run of postings, and what its back office has said of it so far."""

    run_id: UUID
    council: str
    destination: str
    line_count: int | None
    """None: only the answer has been heard, and it does not say."""
    net_pence: int | None
    sent_on: date
    """The day it was delivered; until that is heard, the day of the answer."""
    accepted_count: int = 0
    accepted_pence: int = 0
    rejected_count: int = 0
    rejected_pence: int = 0

    @property
    def answered_count(self) -> int:
        return self.accepted_count + self.rejected_count

    @property
    def unanswered_pence(self) -> int:
        return (self.net_pence or 0) - self.accepted_pence - self.rejected_pence

    @property
    def is_whole(self) -> bool:
        """Whether every line of it was accepted."""
        return (self.accepted_count, self.accepted_pence, self.rejected_count) == (self.line_count, self.net_pence, 0)


def run_faults(run: Run, horizon: Horizon, pack: Pack) -> list[Fault]:
    """Lines that were rejected, answers that are not of what was sent, and lines that nobody answered in time."""
    faults = []

    def found(kind: str, amount_pence: int, opened_on: date, explanation: str) -> None:
        faults.append(Fault(kind, run.council, run.destination, run.run_id, amount_pence, opened_on, explanation))

    if run.rejected_count:
        found("run-rejected", run.rejected_pence, run.sent_on, f"the back office rejected {run.rejected_count} lines")
    if run.line_count is None:
        return faults
    due = working_days_after(run.sent_on, pack.answered_within)
    if run.answered_count > run.line_count or (run.answered_count == run.line_count and run.unanswered_pence):
        found("run-total", -run.unanswered_pence, run.sent_on, "what was answered is not what was sent")
    elif run.answered_count < run.line_count and run.destination not in pack.unanswering and horizon.has_passed(run.council, due):
        found("run-unanswered", run.unanswered_pence, due, f"{run.answered_count} of {run.line_count} lines are answered")
    return faults
