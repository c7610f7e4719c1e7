"""GOV.UK Pay's API on the loopback, as far as ingest uses it: searches by closed windows in pages, and refunds under its lock."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

TOKEN = "a-token-of-pay"


class FakePay:
    """What it holds, what it was asked, and how it misbehaves."""

    def __init__(self) -> None:
        self.url = ""
        self.payments: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        """Every request: method and path with its query."""
        self.answers: list[tuple[int, dict[str, str], Any]] = []
        """What the next requests are answered instead, in this order."""
        self.unlisted: set[str] = set()
        """Refunds that no list shows yet."""
        self.page_size = 500
        self.refund_status = "submitted"
        self.is_deaf_after_refund = False
        """It takes a refund, and hangs up without an answer."""
        self.next_link = ""
        self.seconds = 0.0

    def pay(self, name: str, at: str = "2026-03-16T10:00:00.000Z", amount: int = 5000, **strange: Any) -> dict[str, Any]:
        """A payment that was taken; one keyword away from another."""
        plain = {
            "payment_id": name, "amount": amount, "state": {"status": "success", "finished": True}, "reference": "770001478",
            "description": "Pay your council tax", "payment_provider": "stripe", "created_date": at, "moto": False,
            "settlement_summary": {"capture_submit_time": at, "captured_date": at[:10]},
        }  # fmt: skip
        self.payments[name] = plain | strange
        return self.payments[name]

    def refunded(self, name: str, payment: str, amount: int, at: str = "2026-03-17T10:00:00.000Z", status: str = "success") -> None:
        self.refunds[name] = {"refund_id": name, "payment_id": payment, "amount": amount, "status": status, "created_date": at}

    def dispute(self, name: str, payment: str, amount: int, status: str, at: str = "2026-03-18T10:00:00.000Z") -> None:
        self.disputes[name] = {
            "dispute_id": name, "payment_id": payment, "amount": amount, "status": status, "created_date": at, "fee": 1500,
            "reason": "fraudulent", "net_amount": -amount - 1500,
        }  # fmt: skip

    def shown(self, payment: dict[str, Any]) -> dict[str, Any]:
        kept = [each for each in self.refunds.values() if each["payment_id"] == payment["payment_id"] and each["status"] != "error"]
        gone = sum(each["amount"] for each in kept)
        left = payment.get("amount", 0) - gone
        summary = {"status": "available" if left else "full", "amount_available": left, "amount_submitted": gone}
        return {"refund_summary": summary} | payment

    def answer(self, method: str, target: str, body: Any) -> tuple[int, Any]:
        parts = urlsplit(target)
        match method, parts.path.split("/")[2:]:
            case "GET", [("payments" | "refunds" | "disputes") as kind]:
                return 200, self.search(kind, dict(parse_qsl(parts.query)))
            case "GET", ["payments", name] if name in self.payments:
                return 200, self.shown(self.payments[name])
            case "GET", ["payments", name, "refunds"] if name in self.payments:
                found = [each for each in self.listed() if each["payment_id"] == name]
                return 200, {"payment_id": name, "_embedded": {"refunds": [{**each, "payment_id": None} for each in found]}}
            case "GET", ["payments", name, "refunds", refund] if self.refunds.get(refund, {}).get("payment_id") == name:
                return 200, self.refunds[refund]
            case "POST", ["payments", name, "refunds"] if name in self.payments:
                return self.refund(name, body)
        return 404, {"code": "P0200", "description": "Not found"}

    def listed(self) -> list[dict[str, Any]]:
        return [each for name, each in self.refunds.items() if name not in self.unlisted]

    def search(self, kind: str, query: dict[str, str]) -> dict[str, Any]:
        """Newest first; from its day on, and before the other, as instants without fractions compare."""
        payments = [self.shown(each) for each in self.payments.values()]
        held = {"payments": payments, "refunds": self.listed(), "disputes": [*self.disputes.values()]}
        wanted = [each for each in held[kind] if query["from_date"][:19] <= each["created_date"][:19] < query["to_date"][:19]]
        wanted.sort(key=lambda each: each["created_date"], reverse=True)
        page, size = int(query.get("page", "1")), min(self.page_size, int(query["display_size"]))
        links = {}
        if page * size < len(wanted):
            links["next_page"] = {"href": self.next_link or f"{self.url}/v1/{kind}?{urlencode(query | {'page': str(page + 1)})}"}
        return {"total": len(wanted), "page": page, "results": wanted[(page - 1) * size : page * size], "_links": links}

    def refund(self, name: str, body: dict[str, int]) -> tuple[int, Any]:
        summary = self.shown(self.payments[name])["refund_summary"]
        if body["refund_amount_available"] != summary["amount_available"]:
            return 412, {"code": "P0604", "description": "Refund amount available mismatch"}
        if body["amount"] > summary["amount_available"]:
            return 400, {"code": "P0603", "description": "The payment is not available for refund"}
        refund = f"{name}-refund-{len(self.refunds) + 1}"
        self.refunded(refund, name, body["amount"], self.clock(), self.refund_status)
        return 202, self.refunds[refund]

    def clock(self) -> str:
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError), contextlib.closing(writer):
            while line := await reader.readline():
                method, target, _ = line.decode().split()
                headers = {}
                while (header := (await reader.readline()).decode().strip()):
                    key, _, value = header.partition(":")
                    headers[key.lower()] = value.strip()
                raw = await reader.readexactly(int(headers.get("content-length", "0")))
                if not await self.respond(writer, method, target, (headers, json.loads(raw) if raw else None)):
                    return

    async def respond(self, writer: asyncio.StreamWriter, method: str, target: str, said: tuple[dict[str, str], Any]) -> bool:
        self.asked.append(f"{method} {target}")
        await asyncio.sleep(self.seconds)
        more: dict[str, str] = {}
        if said[0].get("authorization") != f"Bearer {TOKEN}":
            status, body = 401, {"code": "P0900"}
        elif self.answers:
            status, more, body = self.answers.pop(0)
        else:
            status, body = self.answer(method, target, said[1])
            if method == "POST" and self.is_deaf_after_refund:
                return False
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"{name}: {value}" for name, value in {"content-length": len(content), **more}.items()]
        writer.write("\r\n".join([f"HTTP/1.1 {status} Said", *lines, "", ""]).encode() + content)
        await writer.drain()
        return True


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[FakePay]:
    pay = FakePay()
    server = await asyncio.start_server(pay.serve, "127.0.0.1", 0)
    pay.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield pay
    finally:
        server.close()
