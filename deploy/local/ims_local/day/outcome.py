"""What became of a day: the totals of every service, side by side, and whether the laws hold."""

from typing import Any

import httpx
from rich.table import Table

from ims_local.addresses import Addresses
from ims_local.laws import check

ROWS = (
    ("received", "Received"),
    ("reversed", "Taken back"),
    ("refunded", "Refunded"),
    ("allocated", "Allocated to accounts"),
    ("suspended", "In suspense"),
    ("refund_due", "Due back to payers"),
    ("reconciled", "Proved at the bank"),
    ("unsettled", "Not yet proved at the bank"),
    ("breaks", "Breaks open"),
    ("receipts", "Receipts sent"),
)


async def asked(addresses: Addresses, service: str, path: str, council: str) -> dict[str, Any]:
    """What a service answers."""
    async with httpx.AsyncClient(base_url=addresses.http[service], timeout=120, trust_env=False) as http:
        answer = await http.get(path, params={"council": council})
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told


async def outcome(addresses: Addresses, council: str) -> dict[str, Any]:
    """A count and pence of everything, and the laws."""
    books = await asked(addresses, "allocation", "/v1/balances", council)
    bank = await asked(addresses, "reconcile", "/v1/totals", council)
    told = await asked(addresses, "notify", "/v1/totals", council)
    from_ledger = {name: books[name] for name in ("received", "reversed", "refunded", "allocated", "suspended", "refund_due")}
    return from_ledger | {
        "suspended_by_reason": books["suspended_by_reason"],
        "reconciled": figure(bank["reconciled"]),
        "unsettled": figure(bank["unsettled"]),
        "breaks": figure(bank["breaks"]),
        "receipts": figure(told["receipts"]["issued"]),
        "check": await check(addresses),
    }


def figure(total: dict[str, Any]) -> dict[str, int]:
    return {"count": total["count"], "pence": total.get("pence", total.get("gross_pence", 0))}


def table(day: dict[str, Any]) -> Table:
    """The same for people."""
    shown = Table(title="What became of the day", title_justify="left")
    for heading, justify in (("", "left"), ("Count", "right"), ("£", "right")):
        shown.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for name, words in ROWS:
        shown.add_row(words, *amounts(day[name]))
        if name == "suspended":
            for reason, total in day["suspended_by_reason"].items():
                shown.add_row(f"  {reason.replace('-', ' ')}", *amounts(total), style="dim")
    shown.caption = "Every law holds." if day["check"]["holds"] else "A LAW DOES NOT HOLD: see `ims check`."
    return shown


def amounts(total: dict[str, int]) -> tuple[str, str]:
    return f"{total['count']:,}", f"{total['pence'] / 100:,.2f}"
