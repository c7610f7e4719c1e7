"""The topic's door, on a real PostgreSQL: batches, repetitions, contradictions, any order."""

import random
from datetime import date

import pytest

from ims_contracts.accounts import AccountChanged, AccountSubmitted
from ims_contracts.message import Message
from ims_contracts.payments import PaymentReceived, PaymentRefused, PaymentReversed, ReversalSubmitted
from ims_kit import Refused
from ingest.ingest_world import COUNCIL, Ingest, submitted

PROVIDER = {"provider": "govuk-pay", "provider_payment_id": "pay1"}


def reversal(number: int = 1, **strange) -> ReversalSubmitted:
    plain = {
        "council": COUNCIL, "source": "bank", "source_reversal_id": f"R{number}", "reason": "cheque-returned", "amount_pence": 3500,
        "reversed_on": date(2026, 3, 18), "method_of_payment": "cheque", "original_source": "portal", "original_source_payment_id": "P1",
    }  # fmt: skip
    return ReversalSubmitted.model_validate(plain | strange)


def account(revision: int, **strange) -> AccountSubmitted:
    plain = {"council": COUNCIL, "source": "council", "fund": "23", "account_reference": "770000123", "revision": revision}
    return AccountSubmitted.model_validate(plain | strange)


async def test_a_batch_with_repetitions_is_told_once(ingest: Ingest) -> None:
    batch = [submitted(number) for number in (1, 2, 1, 3, 2)]
    await ingest.hear(*batch)
    await ingest.hear(*batch, submitted(4))
    assert [fact.source_payment_id for fact in await ingest.told(PaymentReceived)] == ["P1", "P2", "P3", "P4"]
    assert await ingest.rows("SELECT count(*) FROM observation") == [(0,)]


async def test_what_is_refused_is_told_back_once_and_the_rest_goes_on(ingest: Ingest) -> None:
    batch = [submitted(1), submitted(2, paid_on=date(2999, 1, 1)), submitted(3)]
    await ingest.hear(*batch)
    await ingest.hear(*batch)
    assert await ingest.names_told() == {"PaymentReceived": 2, "PaymentRefused": 1}
    (refused,) = await ingest.told(PaymentRefused)
    assert refused.reasons[0].startswith("paid_on 2999-01-01 is after today")


async def test_a_contradiction_changes_nothing_and_is_kept_for_a_person(ingest: Ingest) -> None:
    await ingest.hear(submitted(1), submitted(1, amount_pence=1), submitted(1, reference="BJ90001187"))
    await ingest.hear(submitted(1, amount_pence=1))
    assert [(fact.amount_pence, fact.revision) for fact in await ingest.told(PaymentReceived)] == [(3500, 1)]
    assert sorted(await ingest.rows("SELECT reason FROM conflict")) == [("the amount is another",), ("the reference is another",)]


SEVERAL = [
    submitted(1, **PROVIDER, reference=None),
    submitted(1, **PROVIDER, vehicle="AT99AAA", paid_at="2026-03-18T10:00:00Z"),
    submitted("x", source="govuk-pay", **PROVIDER, narrative="Pay a fine", payer={"email": "a@example.org"}),
    submitted("t", source="stripe", **PROVIDER, reference=None, paid_on=date(2026, 3, 17)),
]


@pytest.mark.parametrize("seed", range(12))
async def test_several_tellings_end_the_same_in_any_order_repetition_and_batch(ingest: Ingest, seed: int) -> None:
    chance = random.Random(seed)
    told = SEVERAL + chance.sample(SEVERAL, 2)
    chance.shuffle(told)
    while told:
        size = chance.randint(1, len(told))
        await ingest.hear(*told[:size])
        told = told[size:]
    last = max(await ingest.told(PaymentReceived), key=lambda fact: fact.revision)
    assert (last.source, last.reference, last.vehicle, last.narrative) == ("govuk-pay", "BJ90001186", "AT99AAA", "Pay a fine")
    assert (last.paid_on.isoformat(), last.payer.email) == ("2026-03-18", "a@example.org")
    assert [fact.revision for fact in await ingest.told(PaymentReceived)] == list(range(1, last.revision + 1))
    assert await ingest.rows("SELECT revision, source FROM payment") == [(last.revision, "govuk-pay")]


async def test_a_reversal_is_told_once_and_names_its_payment(ingest: Ingest) -> None:
    await ingest.hear(reversal(), reversal(), submitted(1))
    await ingest.hear(reversal(), reversal(amount_pence=1))
    (told,) = await ingest.told(PaymentReversed)
    (payment,) = await ingest.told(PaymentReceived)
    assert told.payment_id == payment.payment_id
    assert await ingest.rows("SELECT kind, reason FROM conflict") == [("reversal", "the amount is another")]


async def test_a_reversal_whose_id_may_not_be_kept_is_set_aside(ingest: Ingest) -> None:
    with pytest.raises(Refused, match="source_reversal_id"):
        await ingest.hear(reversal(source_reversal_id="4111111111111111"))


@pytest.mark.parametrize(
    ("revisions", "told"), [([1, 2, 3], [1, 2, 3]), ([3, 1, 2], [3]), ([2, 2, 1, 3, 3], [2, 3]), ([1, 3, 2], [1, 3])]
)
async def test_a_lower_revision_of_an_account_changes_nothing(ingest: Ingest, revisions: list[int], told: list[int]) -> None:
    for revision in revisions:
        await ingest.hear(account(revision))
    assert [fact.revision for fact in await ingest.told(AccountChanged)] == told
    await ingest.empty()
    await ingest.hear(*map(account, revisions))
    assert [fact.revision for fact in await ingest.told(AccountChanged)] == [max(revisions)]


async def test_a_card_number_in_an_accounts_words_is_not_told(ingest: Ingest) -> None:
    await ingest.hear(account(1, holder={"name": "pays by 4111 1111 1111 1111"}, stop_reason="none"))
    (fact,) = await ingest.told(AccountChanged)
    assert (fact.holder.name, fact.stop_reason) == ("pays by **** **** **** 1111", "none")


async def test_a_fact_is_told_because_of_what_was_heard(ingest: Ingest) -> None:
    messages: list[Message] = [submitted(1), reversal(), account(1)]
    await ingest.hear(*messages)
    assert await ingest.names_told() == {"PaymentReceived": 1, "PaymentReversed": 1, "AccountChanged": 1}
