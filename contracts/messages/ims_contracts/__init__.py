"""What the services of the income management system may know of one another: the messages, and nothing else."""

from ims_contracts.catalogue import MESSAGES, STREAMS, Stream
from ims_contracts.message import Message, Pence, PositivePence, Value

__all__ = ["MESSAGES", "STREAMS", "Message", "Pence", "PositivePence", "Stream", "Value"]
