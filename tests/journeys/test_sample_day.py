"""The sample day alone, every file of it that is money: it ends as its own page says, to the penny."""

from collections import Counter

from ims_local.day.generated import Generated
from ims_local.day.outcome import outcome
from ims_local.day.run import Day
from ims_local.laws import ledger_is_heard, ledgers_heard
from ims_local.progress import Steps
from ims_local.settings import COUNCIL
from ims_local.whole import WholeStack

SAID = {"received": 335475, "reversed": 13300, "refunded": 1550, "allocated": 290715, "suspended": 22410, "refund_due": 7500}
SUSPENDED = {"no-event": 2500, "no-reference": 6300, "unknown-reference": 13610}


async def test_the_sample_day_ends_as_its_page_says(stack: WholeStack) -> None:
    opening = await Day(stack.addresses(), Generated(0, seed=1), Steps(None)).run()
    found = await outcome(stack.addresses(), COUNCIL, opening)
    assert {name: found[name]["pence"] for name in SAID} == SAID
    assert {reason: total["pence"] for reason, total in found["suspended_by_reason"].items()} == SUSPENDED
    assert (found["breaks"]["count"], found["check"]["broken"]) == (0, [])

    [law] = await ledger_is_heard(stack.addresses())
    assert (law["difference"], law["on_the_way"]) == (0, 0)
    [ledger] = await ledgers_heard(stack.addresses(), COUNCIL)
    heard = Counter[str]()
    for row in ledger["accounts"]:
        heard[row["ledger_account"]] += row["heard_credit_pence"] - row["heard_debit_pence"]
    assert (heard["suspense"], heard["refunds-due"], heard.total()) == (SAID["suspended"], SAID["refund_due"], 0)
