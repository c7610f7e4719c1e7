"""Which account a payment is for, or why it is held."""

from datetime import date
from typing import Any

import pytest

from allocation.anytown import COUNCIL, PACK, end, name, payment, penalty, remembered, reversal, running_account, story
from ims_allocation.domain import Accounts, known, near, suggest

COUNCIL_TAX = running_account("770001478", balance_pence=15000, instalment_pence=5000)
SUNDRY = running_account("3000000123", "19", balance_pence=24000)
CAR, OTHER_CAR = (penalty(r, second_keys=["AT99 AAB"]) for r in ("BJ90012273", "BJ90001186"))
ONE, TWO = penalty("BJ90034458"), penalty("BJ90045545")


@pytest.mark.parametrize(
    ("typed", "pence", "fields", "accounts", "ends"),
    [
        # typed, pence                    what else is known                        accounts           where it ends
        ("770001478", 5000, {}, [COUNCIL_TAX], "770001478 5000"),
        ("770001478", 1, {}, [COUNCIL_TAX], "770001478 1"),
        ("770001478", 5000, {}, [], "account-awaited"),
        ("LEISURE", 5000, {}, [], "LEISURE 5000"),
        ("770001478", 5000, {"fund": "11"}, [COUNCIL_TAX], "wrong-fund"),
        ("BJ90034458", 3500, {"fund": "12"}, [ONE], "wrong-fund"),
        ("770009148", 5000, {}, [COUNCIL_TAX], "unknown-reference"),
        ("QC12345678", 3500, {}, [ONE], "other-council"),
        (None, 5000, {}, [COUNCIL_TAX], "no-reference"),
        (None, 5000, {"source": "stripe"}, [COUNCIL_TAX], "no-event"),
        ("3000000123", 24000, {"channel": "bank-transfer"}, [SUNDRY], "3000000123 24000"),
        ("3000000123", 23000, {"channel": "bank-transfer"}, [SUNDRY], "ambiguous"),
        ("3000000123", 23000, {}, [SUNDRY], "3000000123 23000"),
        ("BJ90034458 BJ90045545", 7000, {}, [ONE, TWO], "BJ90034458 3500, BJ90045545 3500"),
        ("BJ90034458 BJ90045545", 10500, {"on": date(2026, 3, 20)}, [ONE, TWO], "several-accounts"),
        ("BJ90034458 BJ90045545", 3500, {}, [ONE], "BJ90034458 3500"),
        ("BJ90034458 BJ90045545", 7000, {}, [ONE], "account-awaited"),  # never due back: the rest is the other's
        ("BJ90034458 3000000123", 7000, {}, [ONE], "BJ90034458 3500"),  # any long number looks like a sundry debt
        ("BJ90034458 770001478", 5000, {}, [ONE, COUNCIL_TAX], "several-accounts"),
        ("AT99 AAB", 3500, {"channel": "bank-transfer"}, [CAR], "BJ90012273 3500"),
        ("fine", 3500, {"vehicle": "at99aab"}, [CAR], "BJ90012273 3500"),
        ("AT99 AAB", 3600, {}, [CAR], "ambiguous"),
        ("AT99 AAB", 3500, {}, [CAR, OTHER_CAR], "ambiguous"),
        ("AT99 AAB", 3500, {"on": date(2026, 3, 1)}, [CAR], "no-reference"),  # the penalty was issued after it was paid
        ("AT99 AAC", 3500, {}, [CAR], "no-reference"),
        ("BJ90012273", 3500, {}, [penalty("BJ90012273", schedule=[])], "account-awaited"),
    ],
)
def test_where_a_payment_goes(typed: str | None, pence: int, fields: dict[str, Any], accounts: list[Any], ends: str) -> None:
    fields = {"on": date(2026, 3, 10)} | fields
    placed = end(story(accounts, payment(typed, pence, **fields)))[COUNCIL, name("1")]
    assert (placed.reason or ", ".join(f"{part.account_reference} {part.amount_pence}" for part in placed.parts)) == ends


@pytest.mark.parametrize(
    ("reference", "accounts", "allocated", "suspended", "reason"),
    [
        ("770001478", [COUNCIL_TAX], -4500, 0, None),
        ("770001478", [], 0, -4500, "account-awaited"),
        ("nothing", [COUNCIL_TAX], 0, -4500, "no-reference"),
        ("BJ90034458", [ONE], 0, -4500, "payment-awaited"),  # what an unknown payment settled of a penalty nobody can say
    ],
)
def test_a_reversal_that_names_no_payment(
    reference: str, accounts: list[Any], allocated: int, suspended: int, reason: str | None
) -> None:
    placed = end(story(accounts, reversal(None, 4500, called="ddic", reference=reference)))[COUNCIL, name("ddic")]
    assert (placed.allocated_pence, placed.suspended_pence, placed.reason) == (allocated, suspended, reason)


@pytest.mark.parametrize(
    ("typed", "pence", "suggested"),
    [
        ("770009148", 9610, [("770001148", ["one-character-off", "amount-is-instalment"])]),
        ("BJ90138361", 4000, [("BJ90134361", ["one-character-off"])]),
        ("7700114", 1, []),
        ("70001148", 9610, [("770001148", ["one-character-off", "amount-is-instalment"])]),
        ("707001148", 1, [("770001148", ["neighbours-swapped"])]),
        ("BJ09134361", 3500, [("BJ90134361", ["neighbours-swapped", "amount-is-due"])]),
    ],
)
def test_what_a_misread_reference_may_have_been(typed: str, pence: int, suggested: list[tuple[str, list[str]]]) -> None:
    there = [running_account("770001148", balance_pence=19220, instalment_pence=9610), penalty("BJ90134361")]
    accounts = Accounts([remembered(each) for each in there])
    heard = payment(typed, pence, date(2026, 3, 10))
    puzzle = known(heard, PACK.references.read(typed, None), PACK)
    why = near(puzzle, PACK)
    found = suggest(puzzle, why, [a for fund, ref in why if (a := accounts.by_key.get((COUNCIL, fund, ref)))])
    assert [(each.account_reference, each.why) for each in found] == suggested


def test_at_most_five_accounts_are_suggested_and_those_of_the_amount_first() -> None:
    there = [remembered(running_account(f"77000{n}", instalment_pence=n)) for n in range(9)]
    puzzle = known(payment("770009148", 7), PACK.references.read("770009148", None), PACK)
    found = suggest(puzzle, {("23", a.account_reference): "one-character-off" for a in there}, there)
    assert found[0].account_reference == "770007"
    assert len(found) == 5
