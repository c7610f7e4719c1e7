"""A GOV.UK Notify on the loopback, with its real limits. It writes to nobody."""

import asyncio
import contextlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import uvicorn
from notifications_python_client.authentication import decode_jwt_token, get_token_issuer
from notifications_python_client.errors import TokenError

# What its code says of its limits: 3,000 a minute for each key, refilled evenly, and 1,000 at once.
PER_SECOND, BURST = 50, 1_000
SERVICE, SECRET = str(UUID(int=1)), str(UUID(int=2))
KEY = f"anytown-{SERVICE}-{SECRET}"
FULL = {"subject", "text"}


class Bucket:
    """Its own: refilled at a rate, up to a burst. One request costs one."""

    def __init__(self, per_second: float, burst: int) -> None:
        self.per_second, self.burst, self.left, self.at = per_second, burst, float(burst), time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self.left, self.at = min(self.burst, self.left + (now - self.at) * self.per_second), now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class GovukNotify:
    """What it would do. It has no idempotency: the same reference twice is two messages."""

    def __init__(self, per_second: float = PER_SECOND, burst: int = BURST) -> None:
        self.bucket = Bucket(per_second, burst)
        self.daily: dict[str, int] = {}
        """What is left of the day, by medium; none: plenty."""
        self.team: set[str] | None = None
        """Of a service in trial mode: whom alone it writes to."""
        self.wants: dict[str, set[str]] = {}
        """Of each template the fields that it has."""
        self.retry_after: int | None = None
        self.seconds = 0.0
        """How long it takes over each message."""
        self.taken: list[dict[str, Any]] = []
        self.by_reference: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.answers: Counter[str] = Counter()
        """How often each error was said."""
        self.looked_up = 0
        self.after: Callable[[], None] = lambda: None
        """Called when something is taken, before that is said."""

    @property
    def references(self) -> Counter[str]:
        return Counter(each["reference"] for each in self.taken)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            part = await receive()
            if part["type"] == "http.disconnect":
                return  # whoever asked was killed
            body, more = body + part.get("body", b""), part.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, said = self.answer(scope, headers, body)
        if isinstance(said, str):
            self.answers[said] += 1
            said = {"status_code": status, "errors": [{"error": said, "message": "of payer@example.org we say nothing"}]}
        if scope["method"] == "POST":
            await asyncio.sleep(self.seconds)
        more_headers = [(b"content-type", b"application/json")]
        if status == HTTPStatus.TOO_MANY_REQUESTS and self.retry_after is not None:
            more_headers.append((b"retry-after", str(self.retry_after).encode()))
        await send({"type": "http.response.start", "status": status, "headers": more_headers})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})

    def answer(self, scope: Any, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        token = headers["authorization"].removeprefix("Bearer ")
        try:
            is_known = get_token_issuer(token) == SERVICE and decode_jwt_token(token, SECRET)
        except TokenError:
            is_known = False
        path = scope["path"]
        if not is_known:
            return 403, "AuthError"
        if scope["method"] == "POST":
            return self.take(path.rpartition("/")[2], json.loads(body))
        if path.startswith("/v2/template/"):
            wanted = self.wants.get(path.rpartition("/")[2], FULL)
            return 200, {"id": path.rpartition("/")[2], "version": 3, "personalisation": {name: {"required": True} for name in wanted}}
        if path != "/v2/notifications":
            found = [each for each in self.taken if each["id"] == path.rpartition("/")[2]]
            return (200, found[0]) if found else (404, "NoResultFound")
        self.looked_up += 1
        reference = parse_qs(scope["query_string"].decode())["reference"][0]
        return 200, {"notifications": self.by_reference.get(reference, [])[::-1]}

    def take(self, medium: str, said: dict[str, Any]) -> tuple[int, Any]:
        """In its order: the rate, the day, to whom, the words."""
        filled = said["personalisation"]
        to = said.get("email_address") or said.get("phone_number") or filled["address_line_1"]
        if not self.bucket.take():
            return 429, "RateLimitError"
        if self.daily.get(medium, 1) <= 0:
            return 429, "TooManyRequestsError"
        if self.team is not None and to not in self.team:
            return 400, "BadRequestError"
        if self.wants.get(said["template_id"], FULL) - filled.keys():
            return 400, "BadRequestError"
        if medium in self.daily:
            self.daily[medium] -= 1
        template = {"id": said["template_id"], "version": 3}
        told = {"id": str(uuid4()), "reference": said["reference"], "status": "created", "created_at": f"{len(self.taken):09}"}
        kept = told | {"medium": medium, "to": to, "said": filled, "template": template}
        self.taken.append(kept)
        self.by_reference[said["reference"]].append(kept)
        self.after()
        return 201, told | {"template": template}

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Its address, while the block lasts."""
        server = Unsignalled(uvicorn.Config(self, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
        serving = asyncio.ensure_future(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        await serving


class Unsignalled(uvicorn.Server):
    """A server that leaves the process's signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
