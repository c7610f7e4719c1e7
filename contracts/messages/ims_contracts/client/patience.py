"""When to try again, and how long to wait: back-off with full jitter, and whatever the other side asks for."""

import asyncio
import email.utils
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from ims_contracts.client.answers import NotSent

# Of the way there and back; what is wrong with an address or a certificate does not go away by waiting.
AWAY = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError)


@dataclass(frozen=True)
class Patience:
    """How often something is tried, and the longest wait between, in seconds."""

    attempts: int = 6
    first_wait: float = 0.5
    longest_wait: float = 60

    async def answer(self, ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """The first answer that is one: no connection, 429 and 5xx are not. Raises NotSent when patience ends."""
        for attempt in range(self.attempts):
            is_last = attempt + 1 == self.attempts
            try:
                response = await ask()
            except AWAY as error:
                why, asked = type(error).__name__, 0.0
            else:
                if response.status_code != 429 and response.status_code < 500:
                    return response
                why, asked = f"status {response.status_code}", retry_after(response)
            if is_last or asked > self.longest_wait:
                break
            await asyncio.sleep(self.wait(attempt, asked))
        raise NotSent(f"no answer after {attempt + 1} attempts, the last with {why}: publish the same again later, it counts once")

    def wait(self, attempt: int, asked: float) -> float:
        """Somewhere up to twice as long as before, so that many who wait do not come at once; never sooner than was asked for."""
        most = min(self.longest_wait, self.first_wait * 2**attempt)
        return asked + random.uniform(0, most)  # noqa: S311 - nothing is kept secret by it


def retry_after(response: httpx.Response) -> float:
    """For how many seconds the other side asks not to be asked: RFC 9110 section 10.2.3 has them as a number, or as an instant."""
    said = response.headers.get("retry-after", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        until = email.utils.parsedate_to_datetime(said)
    except ValueError:
        return 0
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
