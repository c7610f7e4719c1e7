"""What is told of files of which nothing is counted."""

from datetime import date
from uuid import UUID

from ims_contracts.remittances import Fault, RemittanceDecided, RemittanceRefused
from ims_ingest.domain.identity import derive
from ims_ingest.domain.proving import Proof
from ims_ingest.domain.rows import FileHead

TOLD_FAULTS_MAX = 100
OF_NAME = "name"
"""Where a file says otherwise than another of its name, or has payments of another: a person decides."""


def refused_id(head: FileHead) -> UUID:
    """A file that was refused is named by its bytes: what it says of itself is not to be trusted."""
    return derive("refused", head.council, head.content_sha256)


def refusal(proof: Proof, faults: list[Fault], fault_count: int) -> RemittanceRefused:
    """That nothing of a file is counted, why, and of what it is, so that another like it is known as what came in its stead."""
    head, (business_on, name) = proof.head, proof.last_named()
    return RemittanceRefused(
        council=head.council,
        remittance_id=refused_id(head),
        source=head.source or "unknown",
        format=head.format or None,
        content_sha256=head.content_sha256,
        fault_count=fault_count,
        faults=faults[:TOLD_FAULTS_MAX],
        received_on=head.received_on,
        source_reference=name,
        business_on=business_on,
    )


def decided(head: FileHead, verdict: str, decided_on: date) -> RemittanceDecided:
    """What a person has made of such a file."""
    return RemittanceDecided(council=head.council, remittance_id=refused_id(head), verdict=verdict, decided_on=decided_on)
