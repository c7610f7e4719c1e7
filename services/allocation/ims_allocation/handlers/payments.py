"""Give each payment a home, once; take off it what went back."""

from collections.abc import Mapping
from datetime import date

from ims_allocation.domain import AccountKey, Pack, PaymentKey, Reading, cause, known, orphan
from ims_allocation.handlers.news import News, bring_up_to_date, lock
from ims_allocation.store import accounts, placements
from ims_contracts.allocations import PaymentAllocated
from ims_contracts.payments import PaymentReceived, PaymentReversed, RefundSent
from ims_kit import Work

type Heard = PaymentReceived | PaymentReversed | RefundSent


async def on_payments(heard: list[Heard], work: Work, *, packs: Mapping[str, Pack]) -> None:
    """Most payments name a running account that is known: they are placed without looking at anything else.
    All others are placed together with what they touch, under locks."""
    received = newest(heard)
    readings = {key: packs[key[0]].references.read(p.reference, p.narrative) for key, p in received.items()}
    there = await accounts.known({(key[0], r.candidates[0][1]) for key, r in readings.items() if len(r.candidates) == 1}, work)
    plain = {key: p for key, p in received.items() if is_plain(p, readings[key], packs[key[0]], there)}
    news = News()
    hear_what_went_back(heard, news, packs)
    hear_payments({key: p for key, p in received.items() if key not in plain}, readings, news, packs)
    reached = await lock(news.keys(), news.payments, work) if news.payments else set()
    fresh = await place_plain(plain, readings, packs, work)
    again = {key: p for key, p in plain.items() if key not in fresh}
    if again:  # told before, known better, or something went back before it came
        hear_payments(again, readings, news, packs)
        reached |= await lock(news.keys(), again, work)
    if news.payments:
        await keep_typed({key: received[key] for key in news.facts if not is_just_a_reference(received[key], readings[key])}, work)
        await bring_up_to_date(news, reached, packs, work)


def newest(heard: list[Heard]) -> dict[PaymentKey, PaymentReceived]:
    """Each payment as the highest revision heard tells it."""
    received: dict[PaymentKey, PaymentReceived] = {}
    for each in heard:
        if isinstance(each, PaymentReceived):
            key = each.council, each.payment_id
            if key not in received or received[key].revision < each.revision:
                received[key] = each
    return received


def is_plain(payment: PaymentReceived, reading: Reading, pack: Pack, there: set[AccountKey]) -> bool:
    """One reference, of a running account that there is, and nothing that speaks against it."""
    if len(reading.candidates) != 1:
        return False
    code, reference = reading.candidates[0]
    fund = pack.funds[code]
    if fund.is_penalty or (payment.fund and payment.fund != code):
        return False
    if fund.needs_second_fact and pack.is_free_text(payment.channel):
        return False
    return not fund.needs_account or (pack.council, code, reference) in there


def hear_what_went_back(heard: list[Heard], news: News, packs: Mapping[str, Pack]) -> None:
    for each in heard:
        if isinstance(each, PaymentReceived):
            continue
        if each.payment_id is None:
            assert isinstance(each, PaymentReversed), "a refund always names its payment"
            record = orphan(each, packs[each.council])
            news.orphans[record.key] = record
            news.because[record.key] = each
        else:
            key = each.council, each.payment_id
            news.causes.setdefault(key, []).append(cause(each, packs[each.council]))
            news.because[key] = each


def hear_payments(
    payments: Mapping[PaymentKey, PaymentReceived], readings: Mapping[PaymentKey, Reading], news: News, packs: Mapping[str, Pack]
) -> None:
    for key, payment in payments.items():
        news.facts[key] = known(payment, readings[key], packs[key[0]])
        news.because[key] = payment
        for _, reference in readings[key].candidates:
            news.because.setdefault((key[0], reference), payment)


async def place_plain(
    payments: Mapping[PaymentKey, PaymentReceived], readings: Mapping[PaymentKey, Reading], packs: Mapping[str, Pack], work: Work
) -> set[PaymentKey]:
    """Credit each payment to the account it names; tell those that were new, and say which they are."""
    # In order of their keys: two transactions that hold the same payments must not wait for each other crosswise.
    in_order = sorted(payments.items(), key=lambda item: (item[0][0], item[0][1].int))
    plain = [placements.Plain(p, *readings[key].candidates[0], packs[key[0]].decided_on(p), packs[key[0]].version) for key, p in in_order]
    today = work.today
    fresh = await placements.place_plain(plain, today, work)
    for (key, payment), each in zip(in_order, plain, strict=True):
        if key in fresh:
            work.tell(allocated(each, today), because=payment)
    return fresh


def allocated(plain: placements.Plain, today: date) -> PaymentAllocated:
    payment, fund, reference, decided_on, version = plain
    pence = payment.amount_pence
    clearing = {"ledger_account": f"clearing:{payment.method_of_payment}", "amount_pence": pence}
    income = {"ledger_account": f"fund:{fund}", "account_reference": reference, "amount_pence": -pence}
    return PaymentAllocated.model_validate(
        {
            "council": payment.council,
            "payment_id": payment.payment_id,
            "revision": 1,
            "amount_pence": pence,
            "parts": [{"fund": fund, "account_reference": reference, "amount_pence": pence}],
            "outcome": "account",
            "rule": "reference",
            "rule_version": version,
            "method_of_payment": payment.method_of_payment,
            "decided_on": decided_on,
            "posted_on": today,
            "lines": [clearing, income],
        }
    )


def is_just_a_reference(payment: PaymentReceived, reading: Reading) -> bool:
    return [payment.reference] == [reference for _, reference in reading.candidates]


async def keep_typed(payments: Mapping[PaymentKey, PaymentReceived], work: Work) -> None:
    """Keep what payers typed that is not simply a reference: whoever looks at suspense needs it."""
    rows = [
        (council, id_, p.revision, p.reference, p.narrative)
        for (council, id_), p in sorted(payments.items(), key=lambda item: (item[0][0], item[0][1].int))
    ]
    await placements.TYPED(work.connection, rows)
