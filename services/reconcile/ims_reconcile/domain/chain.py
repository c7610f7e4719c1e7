"""Evidence as it is frozen and signed: each day's hash goes on from the one signed before."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

BEGINNING = "0" * 64
"""What the first closed day of a bank account goes on from."""


class Signature(NamedTuple):
    """Who prepared evidence and who signed it, and when."""

    evidence_sha256: str
    prepared_by: str
    prepared_at: datetime
    closed_by: str
    closed_at: datetime

    @property
    def sha256(self) -> str:
        """The hash of all of it: what the next day goes on from."""
        words = (self.evidence_sha256, self.prepared_by, moment(self.prepared_at), self.closed_by, moment(self.closed_at))
        return hashlib.sha256("\n".join(words).encode()).hexdigest()


def canonical(sheet: Mapping[str, Any]) -> str:
    """The sheet as it is frozen: JSON, its names in order, without a space."""
    return json.dumps(sheet, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def chained(previous_sha256: str, evidence: str) -> str:
    """The hash of evidence that goes on from the day signed before."""
    return hashlib.sha256(f"{previous_sha256}\n{evidence}".encode()).hexdigest()


def moment(at: datetime) -> str:
    """A time as it is hashed and printed: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
