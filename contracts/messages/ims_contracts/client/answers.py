"""What a publisher is told: taken in, refused with reasons, or not known."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from ims_contracts.acceptance import Submitted, faults_of_submission


class Refused(Exception):
    """It will not be taken in as it is, and nothing was counted: put it right, then publish it again under its own id."""

    def __init__(self, reasons: Sequence[str], status: int | None = None) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = list(reasons)
        self.status = status
        """The door's status; none where the check before sending found it."""


class NotSent(Exception):
    """No answer came, however often it was tried: it may have been taken in or not. Publish the same again later: it counts once."""


class Result(NamedTuple):
    """What became of one submission."""

    status: int
    state: str
    """`received`, `known`, `enriched`, and of accounts `changed`; `conflict` (409, for a person) or `refused` (422, 403)."""
    reasons: tuple[str, ...] = ()

    @property
    def is_taken(self) -> bool:
        """Whether it is in, now or since before."""
        return self.status < 400


def body_of(submitted: Submitted) -> bytes:
    """The message as it is sent: the same message gives the same bytes. Raises Refused if the doors would refuse it, or
    pydantic's ValidationError for one that was made without being validated."""
    body = submitted.model_dump_json(exclude_none=True).encode()
    if faults := faults_of_submission(type(submitted).model_validate_json(body), datetime.now(UTC).date()):
        raise Refused([str(fault) for fault in faults])
    return body
