"""The HTTP publisher for programs that are not asynchronous."""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from ims_contracts.acceptance import Submitted
from ims_contracts.client.answers import Result
from ims_contracts.client.http import HttpPublisher
from ims_contracts.client.patience import Patience
from ims_contracts.payments import PaymentSubmitted


class BlockingHttpPublisher:
    """As HttpPublisher, but each call waits. Of one thread; within asyncio, use HttpPublisher."""

    def __init__(self, url: str, token: str, patience: Patience | None = None) -> None:
        self.publisher, self.runner = HttpPublisher(url, token, patience), asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.runner.run(self.publisher.aclose())
        self.runner.close()

    def publish(self, submitted: Submitted) -> Result:
        """Tell of one payment, reversal or account. Raises Refused or NotSent."""
        return self.runner.run(self.publisher.publish(submitted))

    def publish_all(self, payments: Iterable[PaymentSubmitted]) -> list[Result]:
        """Tell of many payments: a result for each, in their order. Raises Refused or NotSent for a whole request."""
        return self.runner.run(self.publisher.publish_all(payments))

    def submission(self, source: str, own_id: str) -> dict[str, Any] | None:
        """What became of a payment or reversal by its own id; none where nothing came under it (yet)."""
        return self.runner.run(self.publisher.submission(source, own_id))
