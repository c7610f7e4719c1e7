"""What a person may say of a break."""

from datetime import date, timedelta
from typing import Literal

from ims_reconcile.domain.breaks import BANDS, band_of
from ims_reconcile.domain.days import working_days_between

CODES = {
    "timing": "it is on its way, and comes on another day",
    "fee": "a charge of the bank or the provider",
    "rounding": "a penny or two of rounding",
    "cash-over": "more was counted than was said",
    "cash-short": "less was counted than was said",
    "bank-error": "the bank was asked to correct it",
    "provider-error": "the provider was asked to correct it",
    "source-error": "whoever sent the file was asked to correct it",
    "duplicate": "the same thing came twice",
    "not-income": "money that is no income of this system, such as a transfer between our accounts",
    "investigating": "its owner looks into it, and the day is closed with it",
}
"""Explanation codes. `written-off` is none of them: it has a door of its own, with a limit."""
type Given = Literal["cash-over", "cash-short", "fee", "rounding", "written-off"]
"""What a difference is that is written off."""
ACCOUNTS: dict[Given, str] = {
    "cash-over": "differences:cash",
    "cash-short": "differences:cash",
    "fee": "differences:fees",
    "rounding": "differences:rounding",
    "written-off": "differences:written-off",
}
"""The ledger account of each, where the council's pack names no other."""
type Band = Literal["0-2", "3-5", "6-10", "11-30", "31+"]
"""A band of ages in working days."""
BAND_NAMES = (*(name for _, name in BANDS), "31+")
# Longer than thirty working days take, Christmas and Easter included.
DAYS_LOOKED_AT = 70


def given_up_as(kind: str, pence: int, code: str | None) -> Given:
    """What it is that is written off of a break: as an officer explained it, or else by its kind."""
    found: dict[str | None, Given] = {name: name for name in ACCOUNTS}
    found["cash-difference"], found["fee-differs"] = "cash-over" if pence > 0 else "cash-short", "fee"
    return found.get(code) or found.get(kind, "written-off")


def opened_between(band: str, today: date) -> tuple[date, date]:
    """The first and last day on which a break was opened that is now in a band of ages."""
    days = [today - timedelta(days=number) for number in range(DAYS_LOOKED_AT)]
    inside = [day for day in days if band_of(working_days_between(day, today)) == band]
    return (date.min if band == BAND_NAMES[-1] else min(inside)), (date.max if band == BAND_NAMES[0] else max(inside))
