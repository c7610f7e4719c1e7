"""What a payment at GOV.UK Pay is for, as its portal wrote it into the metadata: it comes to what was paid, whatever was written."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.payments import PaymentReceived
from ims_ingest.domain.submissions import accept
from ims_ingest.formats.govuk_pay import Resource, payment
from ims_ingest.formats.govuk_pay_basket import UNSAID, basket

TODAY = date(2026, 3, 18)
TAX = '{"fund":"23","reference":"770001478","amount_pence":6000}'
POOL = '{"fund":"13","reference":"LEISURE","amount_pence":4000,"cost_centre":"LC01","vat_code":"S"}'


def lines(metadata: dict[str, Any] | None, pence: int = 10_000) -> list[tuple[str | None, str | None, int]] | None:
    found = basket(metadata, pence)
    return None if found is None else [(line.fund, line.reference, line.amount_pence) for line in found]


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        (None, None),
        ({}, None),
        ({"fund": "23", "basket": TAX, "basket_0": TAX, "xbasket_1": TAX}, None),
        ({"basket_2": POOL, "basket_1": TAX}, [("23", "770001478", 6000), ("13", "LEISURE", 4000)]),
        ({"basket_10": POOL, "basket_9": TAX, "order": 7}, [("23", "770001478", 6000), ("13", "LEISURE", 4000)]),
        # what is left is for a person: a corporate card's surcharge, or a line that nobody can read
        ({"basket_1": TAX}, [("23", "770001478", 6000), (None, UNSAID, 4000)]),
        ({"basket_1": TAX, "basket_2": POOL[:-1]}, [("23", "770001478", 6000), (None, UNSAID, 4000)]),
        ({"basket_1": TAX, "basket_2": 4000}, [("23", "770001478", 6000), (None, UNSAID, 4000)]),
        ({"basket_1": TAX, "basket_2": '{"amount_pence":4000}'}, [("23", "770001478", 6000), (None, UNSAID, 4000)]),
        # what cannot be so is all for a person
        ({"basket_1": TAX, "basket_2": TAX}, [(None, UNSAID, 10_000)]),
        ({"basket_1": TAX, "basket_2": POOL, "basket_3": True}, [(None, UNSAID, 10_000)]),
        ({"basket_1": TAX.replace("6000", "-6000")}, [(None, UNSAID, 10_000)]),
    ],
)
def test_the_lines_come_to_what_was_paid(metadata: dict[str, Any] | None, found: Any) -> None:
    assert lines(metadata) == found


def test_an_entry_has_room_for_a_whole_line() -> None:
    assert all(len(each) <= 100 for each in (TAX, POOL))


def resource(metadata: Any, **fields: Any) -> Resource:
    told = {"payment_id": "pay1", "amount": 10_000, "payment_provider": "stripe", "reference": "ORDER7", "metadata": metadata}
    return Resource.model_validate(told | fields)


def test_a_payment_has_its_basket_and_a_surcharge_is_a_line_of_its_own() -> None:
    told = payment(resource({"basket_1": TAX, "basket_2": POOL}, total_amount=10_250), TODAY, "E07999999", TODAY)
    assert told.basket is not None
    assert [line.amount_pence for line in told.basket] == [6000, 4000, 250]
    assert (told.basket[1].cost_centre, told.basket[1].vat_code, told.reference) == ("LC01", "S", "ORDER7")
    assert payment(resource(None), TODAY, "E07999999", TODAY).basket is None


VALUES = st.one_of(
    st.text(max_size=100), st.integers(), st.booleans(), st.none(),
    st.fixed_dictionaries(
        {"amount_pence": st.integers(-10, 20_000)},
        optional={"fund": st.text(max_size=8), "reference": st.text(max_size=30), "vat_code": st.text(max_size=3), "else": st.none()},
    ).map(json.dumps),
)  # fmt: skip


@given(st.dictionaries(st.one_of(st.from_regex(r"basket_\d{1,3}", fullmatch=True), st.text(max_size=30)), VALUES, max_size=15))
def test_money_is_never_refused_for_what_a_portal_wrote(metadata: dict[str, Any]) -> None:
    taken = accept(payment(resource(metadata), TODAY, "E07999999", TODAY), TODAY)
    assert isinstance(taken, PaymentReceived)
    assert taken.basket is None or sum(line.amount_pence for line in taken.basket) == 10_000
