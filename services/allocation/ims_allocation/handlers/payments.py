"""Give each payment a home, once; take off it what went back."""

from collections.abc import Collection, Mapping

from ims_allocation.domain import NO_NAMES, Names, Pack, PaymentKey, Reading, cause, orphan
from ims_allocation.handlers.news import News, Read, bring_up_to_date, lock
from ims_allocation.handlers.plain import is_plain, place_plain, to_be_placed
from ims_allocation.handlers.weighing import penalties_meant
from ims_allocation.store import accounts, placements
from ims_allocation.store.accounts import Key
from ims_allocation.store.placements import Plain
from ims_contracts.payments import PaymentReceived, PaymentReversed, RefundFailed, RefundSent
from ims_kit import Work

type Heard = PaymentReceived | PaymentReversed | RefundSent | RefundFailed


async def on_payments(heard: list[Heard], work: Work, *, packs: Mapping[str, Pack], names: Names = NO_NAMES) -> None:
    """Most payments name a running account that is known: they are placed without looking at anything else.
    All others are placed together with what they touch, under locks."""
    read = [(p, packs[p.council].references.read(p.reference, p.narrative)) for p in newest(heard)]
    there = await accounts.known({(p.council, r.candidates[0][1]) for p, r in read if len(r.candidates) == 1}, work)
    plain, others = list[Plain](), dict[PaymentKey, Read]()
    for payment, reading in read:
        pack = packs[payment.council]
        if is_plain(payment, reading, pack, there):
            plain.append(to_be_placed(payment, reading, pack))
        else:
            others[payment.council, payment.payment_id] = payment, reading
    news = News()
    hear_what_went_back([each for each in heard if type(each) is not PaymentReceived], news, packs)
    news.hear(others, packs, names)
    reached = await lock_all(news, news.payments, packs, work) if news.payments else set()
    before = await place_plain(plain, work)
    if before:  # told before, known better, or something went back before it came
        again = {key: each for each in read if (key := (each[0].council, each[0].payment_id)) in before}
        news.hear(again, packs, names)
        reached |= await lock_all(news, again, packs, work)
        others |= again
    if news.payments:
        await keep_typed({key: payment for key, (payment, reading) in others.items() if not is_just_a_reference(payment, reading)}, work)
        await bring_up_to_date(news, reached, packs, work)


async def lock_all(news: News, payments: Collection[PaymentKey], packs: Mapping[str, Pack], work: Work) -> set[Key]:
    """Keep everyone else out of all that these payments name, and of the penalties that they mean without naming them."""
    meant = await penalties_meant(news.facts, packs, work.connection, work.today)
    return await lock(news.keys() | meant, payments, work, news.near_keys(packs))


def newest(heard: list[Heard]) -> Collection[PaymentReceived]:
    """Each payment as the highest revision heard tells it."""
    received: dict[PaymentKey, PaymentReceived] = {}
    for each in heard:
        if isinstance(each, PaymentReceived):
            key = each.council, each.payment_id
            if received.setdefault(key, each).revision < each.revision:
                received[key] = each
    return received.values()


def hear_what_went_back(heard: list[Heard], news: News, packs: Mapping[str, Pack]) -> None:
    for each in heard:
        if isinstance(each, RefundSent | RefundFailed):
            news.refunds.append(each)
        if isinstance(each, PaymentReceived | RefundFailed):
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


def is_just_a_reference(payment: PaymentReceived, reading: Reading) -> bool:
    return payment.basket is None and [payment.reference] == [reference for _, reference in reading.candidates]


def typed_as_reference(payment: PaymentReceived) -> str | None:
    stated = [line.reference for line in payment.basket or () if line.reference]
    return ", ".join(stated) or payment.reference


async def keep_typed(payments: Mapping[PaymentKey, PaymentReceived], work: Work) -> None:
    """Keep what payers typed that is not simply a reference: whoever looks at suspense needs it."""
    rows = [
        (council, id_, p.revision, typed_as_reference(p), p.narrative)
        for (council, id_), p in sorted(payments.items(), key=lambda item: (item[0][0], item[0][1].int))
    ]
    await placements.TYPED(work.connection, rows)
