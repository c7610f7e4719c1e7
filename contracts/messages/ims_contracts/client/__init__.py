"""Publish payment events from outside, over HTTP or Kafka: `pip install 'ims-contracts[client]'`. See contracts/PUBLISHING.md."""

from ims_contracts.client.answers import NotSent, Refused, Result
from ims_contracts.client.blocking import BlockingHttpPublisher
from ims_contracts.client.http import HttpPublisher
from ims_contracts.client.kafka import KafkaPublisher
from ims_contracts.client.patience import Patience

__all__ = ["BlockingHttpPublisher", "HttpPublisher", "KafkaPublisher", "NotSent", "Patience", "Refused", "Result"]
