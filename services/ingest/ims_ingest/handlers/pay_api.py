"""GOV.UK Pay's API, as far as we use it: searching, reading, and asking for refunds. It is waited for when it says so."""

import asyncio
import functools
import os
import re
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

from ims_ingest.domain.govuk_pay import Window
from ims_ingest.formats.govuk_pay_api import READ_PAGE, READ_PAYMENT, READ_REFUND, READ_REFUNDS, FoundPayment, FoundRefund, Page
from ims_ingest.settings import PayAccount

# A page of 500 payments takes it seconds.
TIMEOUT_SECONDS = 20.0
PAGE_SIZE = 500
# Half a second, doubled each time; or what Pay says, but never longer than this at once.
PAUSE_SECONDS, PAUSE_SECONDS_MAX, TRIES_MAX = 0.5, 120.0, 6
# A window is a day: a million payments of one would be a fault.
PAGES_MAX = 2_000
ID = re.compile(r"[A-Za-z0-9_-]{1,140}")


class Unreachable(Exception):
    """Pay does not answer, does not let us in, or answers what it should not; says why, without a secret."""


class Unreadable(Unreachable):
    """Pay answers what we cannot read; says where."""


class Declined(Exception):
    """Pay understood what was asked, and has surely not done it: its status, and its own code where it gives one (`P0604`)."""

    def __init__(self, status: int, code: str | None) -> None:
        super().__init__(f"{status} {code or ''}".strip())
        self.status, self.code = status, code


class Fault(BaseModel):
    code: str | None = None


@functools.cache
def trusted() -> ssl.SSLContext:
    """Whom to trust: read once, as that takes a tenth of a second."""
    return httpx.create_ssl_context(trust_env=False)


class PayApi:
    """One account's API, while the block lasts."""

    def __init__(self, account: PayAccount) -> None:
        self.account, self.base = account, httpx.URL(account.url)
        headers = {"authorization": f"Bearer {os.environ[account.token_env]}", "accept": "application/json"}
        self.http = httpx.AsyncClient(headers=headers, timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, verify=trusted())

    async def __aenter__(self) -> "PayApi":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def search(self, kind: str, window: Window) -> AsyncIterator[list[dict[str, Any]]]:
        """What of a kind (`payments`, `refunds`, `disputes`) was made in a window, page by page. Raises Unreachable."""
        asked = {"from_date": written(window.begins), "to_date": written(window.ends), "display_size": str(PAGE_SIZE)}
        at: httpx.URL | None = self.base.join(f"/v1/{kind}").copy_merge_params(asked)
        seen: set[httpx.URL] = set()
        while at is not None:
            if at in seen or len(seen) >= PAGES_MAX:
                raise Unreachable("the pages of a search do not end")
            seen.add(at)
            page = await self.page(at)
            yield page.results
            at = self.own(page.links.next_page.href) if page.links.next_page else None

    async def page(self, at: httpx.URL) -> Page:
        answer = await self.send("GET", at)
        if answer.status_code == httpx.codes.NOT_FOUND:  # how it says that a page holds nothing
            return Page.model_validate({"results": []})
        return read(answer, READ_PAGE)

    def own(self, href: str) -> httpx.URL:
        """Where a link leads, if that is the account's own host. Raises Unreachable: our token goes nowhere else."""
        at = self.base.join(href)
        if (at.scheme, at.host, at.port) != (self.base.scheme, self.base.host, self.base.port):
            raise Unreachable("a link to the next page leads to another host")
        return at

    async def payment(self, payment_id: str) -> FoundPayment | None:
        """A payment; none where this account has no such payment. Raises Unreachable."""
        if not ID.fullmatch(payment_id):
            return None
        answer = await self.send("GET", self.at("payments", payment_id))
        return None if answer.status_code == httpx.codes.NOT_FOUND else read(answer, READ_PAYMENT)

    async def refunds(self, payment_id: str) -> list[FoundRefund]:
        """A payment's refunds, perhaps without the latest. Raises Unreachable."""
        return read(await self.send("GET", self.at("payments", payment_id, "refunds")), READ_REFUNDS).embedded.refunds

    async def refund(self, payment_id: str, refund_id: str) -> FoundRefund:
        """A refund as it is now. Raises Unreachable."""
        return read(await self.send("GET", self.at("payments", payment_id, "refunds", refund_id)), READ_REFUND)

    async def ask(self, payment_id: str, amount_pence: int, available_pence: int) -> FoundRefund:
        """Ask for a refund, if so much is available. Raises Declined where it surely was not taken; after Unreachable it may have been."""
        body = {"amount": amount_pence, "refund_amount_available": available_pence}
        answer = await self.send("POST", self.at("payments", payment_id, "refunds"), body)
        if 400 <= answer.status_code < 500 and answer.status_code != httpx.codes.REQUEST_TIMEOUT:
            raise Declined(answer.status_code, code_of(answer))
        return read(answer, READ_REFUND)

    def at(self, *parts: str) -> httpx.URL:
        assert all(map(ID.fullmatch, parts)), "an id cannot lead elsewhere"
        return self.base.join(f"/v1/{'/'.join(parts)}")

    async def send(self, method: str, at: httpx.URL, body: dict[str, int] | None = None) -> httpx.Response:
        """The answer. What is too fast is sent again, and what is only read also after an error. Raises Unreachable."""
        again = (429, 500, 502, 503, 504) if method == "GET" else (429,)
        for tries in range(1, TRIES_MAX + 1):
            why, pause = "", PAUSE_SECONDS * 2 ** (tries - 1)
            try:
                answer = await self.http.request(method, at, json=body)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                why = type(error).__name__
                if method != "GET":
                    raise Unreachable(why) from None
            else:
                if answer.status_code not in again or (method != "GET" and tries == TRIES_MAX):
                    return answer
                why, pause = f"status {answer.status_code}", retry_after(answer) or pause
            if tries < TRIES_MAX:
                await asyncio.sleep(min(pause, PAUSE_SECONDS_MAX))
        raise Unreachable(f"{why}, {TRIES_MAX} times")


def written(at: datetime) -> str:
    """As the search takes it: UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read[Found](answer: httpx.Response, reader: Callable[[bytes], Found]) -> Found:
    """What an answer says. Raises Unreachable where it is no answer, or another than we know; never with its words."""
    if not answer.is_success:
        raise Unreachable(f"status {answer.status_code} {code_of(answer) or ''}".strip())
    try:
        return reader(answer.content)
    except ValidationError as error:
        where = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        raise Unreadable(f"an answer cannot be read: {where or 'not JSON'}") from None


def code_of(answer: httpx.Response) -> str | None:
    try:
        code = Fault.model_validate_json(answer.content).code
    except ValidationError:
        return None
    return code if code and code.isalnum() and len(code) <= 10 else None


def retry_after(answer: httpx.Response) -> float | None:
    """How many seconds Pay wants us to wait: said in seconds, or as an instant."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, (at - datetime.now(UTC)).total_seconds()) if at.tzinfo else None
