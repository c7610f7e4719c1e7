"""The golden examples of the contract, for every test that reads messages as they were once told."""

from pathlib import Path

from ims_contracts import Message
from ims_contracts.documents import path

CONTRACTS = Path(__file__).parents[1] / "contracts"


def example_files(message: type[Message]) -> list[Path]:
    """The files of a message's examples, such as `ims.payments.v1/payment-received.v1.minimal.json`."""
    schema = CONTRACTS / "examples" / path(message)
    return sorted(schema.parent.glob(f"{schema.stem}.*.json"))


def examples[M: Message](message: type[M]) -> list[M]:
    """A message's examples, read by its model."""
    return [message.model_validate_json(file.read_bytes()) for file in example_files(message)]
