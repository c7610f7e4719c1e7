"""Rows of settlements that name no payment are tied to their own: by its provider's id, by reference, by their kin; in any order."""

from datetime import date
from random import Random
from typing import Any

import pytest

from ims_contracts import Message
from ims_contracts.statements import SettlementMember
from reconcile.anytown_bank import line, member, named, payment, refund, reversal, settlement, statement
from reconcile.reconcile_world import World

ON = date(2026, 3, 16)
LATER = statement([], "later", closed_on=date(2026, 4, 30), opening=0, bank_account="20201599999999")
CARD = {"method_of_payment": "card-smartpay"}


def row(name: str, pence: int, kind: str = "charge", **changes: Any) -> SettlementMember:
    """A row that names no payment of ours."""
    return member(name, pence, 0, kind, **{"payment_id": None, "occurred_on": ON} | changes)


def batch(name: str, *rows: SettlementMember, source: str = "adyen") -> list[Message]:
    whole = settlement(name, list(rows), source=source, **CARD)
    return [*whole, line(f"of {name}", whole[0].net_pence, f"{source} {name}")]


PAY = payment("a", 5000, provider="govuk-pay", provider_payment_id="pay id", reference="770001630", **CARD)
PORTAL = payment("a", 5000, source="portal", provider="worldpay", provider_payment_id="ORDER-1", reference="770001630", **CARD)
CHARGE = row("c", 5000, provider_reference="PSP1", merchant_reference="770001630", reference="770001630")
ORDERED = row("c", 5000, provider_reference="ORDER-1", merchant_reference="770001630", reference="ORDER-1")
BY_ORDER = ORDERED.model_copy(update={"occurred_on": None})
BACK = row("r", -900, "refund", provider_reference="PSP1", merchant_reference="770001630")
LOST = row("d", -5000, "dispute", provider_reference="PSP1", merchant_reference="770001630")
OTHER = row("o", 7000, provider_reference="PSP9", merchant_reference="BJ90167633")
OTHERS = payment("o", 7000, provider="govuk-pay", reference="BJ90167633", **CARD)
TWIN = payment("b", 5000, provider="govuk-pay", provider_payment_id="other id", reference="770001630", **CARD)
TWIN_CHARGE = row("c2", 5000, provider_reference="PSP2", merchant_reference="770001630")
PENCE = {"c": 5000, "r": -900, "d": -5000, "o": 7000}
TOLD = reversal("d", 5000, source="adyen", reason="chargeback-lost", reversed_on=ON, **CARD)

CASES: list[tuple[str, list[Message], dict[str, str | None], list[tuple[str, int]]]] = [
    # case, facts, which row is whose, what is broken
    ("Adyen, by what it was given as reference", [PAY, *batch("TX77XT", CHARGE)], {"c": "a"}, []),
    ("Worldpay, whose own words are the order code", [PAY, *batch("M1:7", ORDERED, source="worldpay")], {"c": "a"}, []),
    ("the id under which its provider told it, of whatever day", [PORTAL, *batch("M1:7", BY_ORDER, source="worldpay")], {"c": "a"}, []),
    ("the same id of another provider is nothing", [PORTAL, *batch("TX77XT", BY_ORDER)],
     {"c": None}, [("payment-without-settlement", 5000), ("settlement-without-payment", 5000)]),
    ("a refund in the same batch", [PAY, refund("r", "a", 900, **CARD), *batch("TX77XT", CHARGE, BACK)], {"c": "a", "r": "a"}, []),
    ("a refund in another batch", [PAY, refund("r", "a", 900, **CARD), *batch("TX77XT", CHARGE), *batch("TX78XT", OTHER, BACK), OTHERS],
     {"c": "a", "r": "a", "o": "o"}, []),
    ("a refund that nobody told of", [PAY, *batch("TX77XT", CHARGE), *batch("TX78XT", OTHER, BACK), OTHERS],
     {"c": "a", "r": "a"}, [("settlement-without-refund", -900)]),
    ("a charge-back that is told without its payment", [PAY, TOLD, *batch("TX77XT", CHARGE, OTHER, LOST), OTHERS],
     {"c": "a", "d": "a"}, []),
    ("what went back of one of two alike", [PAY, TWIN, refund("r", "b", 900, **CARD), *batch("TX77XT", CHARGE, TWIN_CHARGE, BACK)], {}, []),
    ("a refund whose payment nobody knows", [*batch("TX77XT", OTHER, BACK), OTHERS], {"o": "o", "r": None}, []),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "ties", "broken"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
async def test_a_row_is_tied_to_its_payment_in_any_order(
    world: World, facts: list[Message], ties: dict[str, str | None], broken: list[tuple[str, int]]
) -> None:
    wanted = {PENCE[name]: whose and named(whose) for name, whose in ties.items()}
    for seed in range(6):
        shuffled = [*facts, *facts, LATER]
        Random(seed).shuffle(shuffled)
        await world.clear()
        for fact in shuffled:
            await world.hear([fact])
            await world.settle()
        held = dict(await world.pool.fetch("SELECT gross_pence, payment_id FROM member"))
        assert {pence: held[pence] for pence in wanted} == wanted
        assert await world.breaks() == broken
        assert await world.broken_laws() == []
