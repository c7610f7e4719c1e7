"""Chargebacks that a settlement tells of a payment that it knows by other ids than ours."""

import pytest

from ims_contracts.payments import PaymentReceived, PaymentReversed
from ims_contracts.statements import SettlementFailed, SettlementReceived
from ingest.ingest_world import SAMPLES, Ingest, pay_event

ADYEN = (SAMPLES / "adyen_settlement_detail_batch_77.csv").read_text()
HEAD, *_, PAYOUT = ADYEN.splitlines()
ROW = 'Anytown,AnytownCouncil,P{0},{1},visa,2026-03-19 12:00:00,GMT,{2},M{0},GBP,{3},,1,GBP,{3},,,,,,,,78,,,,,,,\n'


def chargeback(reference: str = "770001478", pounds: str = "50.00", batch: str = "") -> bytes:
    return (HEAD + "\n" + ROW.format(1, reference, "Chargeback", pounds) + batch).encode()


def whole(content: bytes) -> bytes:
    """With the merchant's payment of a batch below nothing."""
    return content + b'Anytown,AnytownCouncil,,,,2026-03-20 23:59:59,GMT,MerchantPayout,"TX78XT",,,,,GBP,,50.00,,,,,,,78,,,,,,,\n'


async def pay(ingest: Ingest, payment: str = "pay1", **resource: object) -> None:
    await ingest.event(pay_event("captured", payment, **{"payment_provider": "smartpay"} | resource))


async def reversal(ingest: Ingest, reference: str = "770001478") -> PaymentReversed:
    answer = await ingest.http.post("/v1/files", params={"source": "adyen"}, content=whole(chargeback(reference)))
    assert answer.status_code == 201, answer.text
    (found,) = await ingest.told(PaymentReversed)
    return found


@pytest.fixture
def adyen(ingest: Ingest) -> Ingest:
    publishers = {name: each.model_copy(update={"sources": [*each.sources, "adyen"]}) for name, each in
                  ingest.service.settings.publishers.items()}  # fmt: skip
    ingest.service.settings = ingest.service.settings.model_copy(update={"publishers": publishers})
    return ingest


async def test_a_chargeback_finds_the_one_payment_of_its_reference_pence_and_method(adyen: Ingest) -> None:
    await pay(adyen)
    await pay(adyen, "other1", reference="770001711")
    await pay(adyen, "other2", amount=4999)
    await pay(adyen, "other3", payment_provider="stripe")
    found, payments = await reversal(adyen), await adyen.told(PaymentReceived)
    assert (found.payment_id, found.provider_payment_id, found.amount_pence) == (payments[0].payment_id, "pay1", 5000)
    assert (found.reason, found.reference) == ("chargeback-lost", None)


async def test_of_two_payments_alike_nobody_can_say_which_and_the_reference_is_told(adyen: Ingest) -> None:
    await pay(adyen)
    await pay(adyen, "pay2")
    found = await reversal(adyen)
    assert (found.payment_id, found.provider_payment_id, found.reference) == (None, None, "770001478")


async def test_a_chargeback_of_a_payment_that_nobody_told_of_has_its_reference(adyen: Ingest) -> None:
    found = await reversal(adyen, "BJ9006772A")
    assert (found.payment_id, found.reference, found.method_of_payment) == (None, "BJ9006772A", "card-smartpay")


async def test_a_chargeback_by_pays_own_id_names_its_payment_whichever_comes_first(adyen: Ingest) -> None:
    pay_id = "hu20sqlact5260q2nanm0q8v01"
    found = await reversal(adyen, pay_id)
    await pay(adyen, pay_id)
    (payment,) = await adyen.told(PaymentReceived)
    assert (found.payment_id, found.provider_payment_id, found.reference) == (payment.payment_id, pay_id, None)


async def test_a_payout_that_failed_is_told_once_whatever_reports_tell_it(adyen: Ingest) -> None:
    head = "id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Description,Transfer,Transfer Date (UTC)"
    row = "{},{},{},{},0.00,{},gbp,2026-03-16 10:00,2026-03-18 00:00,X,{},2026-03-18 00:00"
    charge = row.format("t1", "charge", "ch_1", "1.00", "1.00", "po_1")
    failed = row.format("t2", "payout_failure", "po_1", "1.00", "1.00", "po_1")
    later = row.format("t3", "payout_failure", "po_1", "1.00", "1.00", "po_2")
    states = []
    for rows in ([charge], [charge, failed], [failed], [later], [later, charge]):
        answer = await adyen.file("\n".join([head, *rows]).encode(), source="stripe")
        states.append(answer.json()["state"])
    assert states == ["received", "received", "known", "received", "known"]
    assert [each.settlement_reference for each in await adyen.told(SettlementReceived)] == ["po_1", "po_2"]
    (fact,) = await adyen.told(SettlementFailed)
    assert (fact.settlement_reference, fact.net_pence) == ("po_1", 100)
