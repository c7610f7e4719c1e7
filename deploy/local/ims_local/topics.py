"""The system's topics, as `deploy/topics.yaml` lists them, on a Kafka."""

from pathlib import Path
from typing import Any

import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pydantic import BaseModel

from ims_local.faults import Fault

# In the repository this is a link to deploy/topics.yaml; in a wheel, a copy of it.
LISTED = Path(__file__).with_name("topics.yaml")
DAY_MILLISECONDS = 24 * 60 * 60 * 1000


class Topic(BaseModel):
    """How a topic is to be made."""

    name: str
    partitions: int
    replication: int
    retention_days: int

    def as_new(self) -> NewTopic:
        """The same in the client's words."""
        settings = {"retention.ms": str(self.retention_days * DAY_MILLISECONDS), "cleanup.policy": "delete"}
        return NewTopic(self.name, self.partitions, self.replication, topic_configs=settings)


def listed(file: Path = LISTED) -> list[Topic]:
    """Every topic of the system."""
    content: dict[str, Any] = yaml.safe_load(file.read_text())
    return [Topic(name=name, **{**content["defaults"], **(own or {})}) for name, own in content["topics"].items()]


async def create(bootstrap: str, topics: list[Topic]) -> list[str]:
    """Make the topics that are not there, and name those that were made."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in there]
        if missing:
            answer = await admin.create_topics([topic.as_new() for topic in missing])
            refused = [f"{error[0]}: {error[2]}" for error in answer.topic_errors if error[1]]
            if refused:
                raise Fault(f"Kafka did not make every topic. {'; '.join(refused)}")
        return [topic.name for topic in missing]
    finally:
        await admin.close()
