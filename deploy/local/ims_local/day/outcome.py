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


IN_BOOKS = ("received", "reversed", "refunded", "allocated", "suspended", "refund_due")
type Books = dict[str, dict[str, int]]
"""Count and pence of each of these in the ledger."""


async def asked(addresses: Addresses, service: str, path: str, council: str) -> dict[str, Any]:
    """What a service answers."""
    async with httpx.AsyncClient(base_url=addresses.http[service], timeout=120, trust_env=False) as http:
        answer = await http.get(path, params={"council": council})
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told


async def books(addresses: Addresses, council: str) -> Books:
    """What the ledger holds now."""
    held = await asked(addresses, "allocation", "/v1/balances", council)
    return {name: held[name] for name in IN_BOOKS}


async def outcome(addresses: Addresses, council: str, opening: Books | None = None) -> dict[str, Any]:
    """A count and pence of everything since the books were as in `opening`, and the laws."""
    held = await asked(addresses, "allocation", "/v1/balances", council)
    bank = await asked(addresses, "reconcile", "/v1/totals", council)
    told = await asked(addresses, "notify", "/v1/totals", council)
    return {name: since(held[name], opening[name] if opening else {}) for name in IN_BOOKS} | {
        "suspended_by_reason": held["suspended_by_reason"],
        "reconciled": figure(bank["reconciled"]),
        "unsettled": figure(bank["unsettled"]),
        "breaks": figure(bank["breaks"]),
        "receipts": figure(told["receipts"]["issued"]),
        "check": await check(addresses),
    }


def since(now: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    return {name: figure - before.get(name, 0) for name, figure in now.items()}


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
