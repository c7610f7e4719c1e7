"""Payments stated line by line: taken in as they are told, or refused with every reason."""

from typing import Any

import pytest

from ims_contracts.payments import PaymentReceived, PaymentRefused
from ims_ingest.domain.observations import contradiction
from ingest.ingest_world import COUNCIL, Ingest, submitted

PAYMENT = submitted().model_dump(mode="json", exclude={"council", "source"}, exclude_none=True)
PARKING, FEE = {"fund": "11", "reference": "BJ90001186", "amount_pence": 3400}, {"fund": "90", "amount_pence": 100}
WRONG: list[tuple[Any, list[str]]] = [
    ([PARKING], ["basket comes to 3400p, and 3500p were paid: send lines that make the amount"]),
    (
        [PARKING, FEE, FEE | {"amount_pence": -100}, FEE | {"amount_pence": 0}],
        [
            "basket.2.amount_pence is not above nothing: send only what was paid for",
            "basket.3.amount_pence is not above nothing: send only what was paid for",
            "basket comes to 3400p, and 3500p were paid: send lines that make the amount",
        ],
    ),
    ([PARKING, {"amount_pence": 100, "reference": " "}], ["basket.1 names neither fund nor reference: send what it is for"]),
]


async def test_a_basket_is_told_as_it_was_stated(ingest: Ingest) -> None:
    lines = [PARKING | {"cost_centre": "PK01", "vat_code": "O"}, FEE]
    assert (await ingest.pays(PAYMENT | {"basket": lines})).status_code == 201
    (told,) = await ingest.told(PaymentReceived)
    assert told.model_dump(mode="json", exclude_none=True)["basket"] == lines


@pytest.mark.parametrize(("lines", "reasons"), WRONG)
async def test_a_basket_that_is_not_what_was_paid_is_refused_and_kept(ingest: Ingest, lines: Any, reasons: list[str]) -> None:
    answer = await ingest.pays(PAYMENT | {"basket": lines})
    assert (answer.status_code, answer.json()["reasons"]) == (422, reasons)
    await ingest.hear(submitted(2, basket=lines))
    assert await ingest.names_told() == {"PaymentRefused": 2}
    assert {tuple(fact.reasons) for fact in await ingest.told(PaymentRefused)} == {tuple(reasons)}
    assert await ingest.rows("SELECT count(*) FROM refusal") == [(2,)]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "basket: list should have at least 1 item"),
        ([{"fund": "11"}], "basket.0.amount_pence: is missing"),
        ([{"fund": "11", "amount_pence": "3500"}], "basket.0.amount_pence: should be a valid integer"),
        ([FEE] * 101, "basket: list should have at most 100 items"),
    ],
)
async def test_a_basket_that_cannot_be_read_is_refused_with_the_place(ingest: Ingest, lines: Any, reason: str) -> None:
    answer = await ingest.pays(PAYMENT | {"basket": lines})
    assert answer.status_code == 422
    assert answer.json()["reasons"][0].lower().startswith(reason), answer.text


async def test_card_numbers_in_a_basket_are_starred(ingest: Ingest) -> None:
    await ingest.pays(PAYMENT | {"basket": [{"reference": "4111 1111 1111 1111", "amount_pence": 3400}, FEE | {"cost_centre": "A\tB"}]})
    (told,) = await ingest.told(PaymentReceived)
    assert told.basket
    assert "4111 1111" not in told.model_dump_json()
    assert told.basket[1].cost_centre == "A B"


async def test_a_basket_told_beside_its_providers_event_adds_to_the_payment_whichever_comes_first(ingest: Ingest) -> None:
    provider = {"provider": "govuk-pay", "provider_payment_id": "pay1"}
    await ingest.hear(submitted("x", source="govuk-pay", **provider, reference=None))
    await ingest.hear(submitted(1, **provider, reference=None, basket=[PARKING, FEE]))
    await ingest.hear(submitted(1, **provider, reference=None, basket=[PARKING | {"amount_pence": 3300}, FEE | {"amount_pence": 200}]))
    facts = await ingest.told(PaymentReceived)
    assert [(fact.revision, len(fact.basket or ())) for fact in facts] == [(1, 0), (2, 2)]
    assert await ingest.rows("SELECT reason FROM conflict") == [("what it is for is stated otherwise",)]


@pytest.mark.parametrize("other", [None, [PARKING, FEE]])
def test_the_same_basket_or_none_contradicts_nothing(other: Any) -> None:
    plain = submitted(basket=[PARKING, FEE]).__dict__ | {"payment_id": "2a2cafdf-7e84-5563-8a40-aecef260286b", "council": COUNCIL}
    held = PaymentReceived.model_validate(plain)
    assert contradiction(held, held.model_copy(update={"basket": PaymentReceived.model_validate(plain | {"basket": other}).basket})) is None


def test_a_payment_without_a_basket_says_nothing_of_it() -> None:
    assert "basket" not in submitted().model_dump_json(exclude_none=True)
