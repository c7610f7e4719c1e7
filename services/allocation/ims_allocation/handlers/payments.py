"""Give each payment a home, once; take off it what went back."""

from collections.abc import Collection, Mapping
from datetime import date

from ims_allocation.domain import NO_NAMES, AccountKey, Fund, Names, Pack, PaymentKey, Reading, cause, orphan, whole
from ims_allocation.handlers.news import News, bring_up_to_date, lock
from ims_allocation.handlers.weighing import penalties_meant
from ims_allocation.store import accounts, placements
from ims_allocation.store.accounts import Key
from ims_contracts.allocations import PaymentAllocated
from ims_contracts.payments import PaymentReceived, PaymentReversed, RefundFailed, RefundSent
from ims_kit import Work

type Heard = PaymentReceived | PaymentReversed | RefundSent | RefundFailed


async def on_payments(heard: list[Heard], work: Work, *, packs: Mapping[str, Pack], names: Names = NO_NAMES) -> None:
    """Most payments name a running account that is known: they are placed without looking at anything else.
    All others are placed together with what they touch, under locks."""
    received = newest(heard)
    readings = {key: packs[key[0]].references.read(p.reference, p.narrative) for key, p in received.items()}
    there = await accounts.known({(key[0], r.candidates[0][1]) for key, r in readings.items() if len(r.candidates) == 1}, work)
    plain = {key: p for key, p in received.items() if is_plain(p, readings[key], packs[key[0]], there)}
    news = News()
    hear_what_went_back(heard, news, packs)
    news.hear({key: p for key, p in received.items() if key not in plain}, readings, packs, names)
    reached = await lock_all(news, news.payments, packs, work) if news.payments else set()
    fresh = await place_plain(plain, readings, packs, work)
    again = {key: p for key, p in plain.items() if key not in fresh}
    if again:  # told before, known better, or something went back before it came
        news.hear(again, readings, packs, names)
        reached |= await lock_all(news, again, packs, work)
    if news.payments:
        await keep_typed({key: received[key] for key in news.facts if not is_just_a_reference(received[key], readings[key])}, work)
        await bring_up_to_date(news, reached, packs, work)


async def lock_all(news: News, payments: Collection[PaymentKey], packs: Mapping[str, Pack], work: Work) -> set[Key]:
    """Keep everyone else out of all that these payments name, and of the penalties that they mean without naming them."""
    meant = await penalties_meant(news.facts, packs, work.connection, work.today)
    return await lock(news.keys() | meant, payments, work, news.near_keys(packs))


def newest(heard: list[Heard]) -> dict[PaymentKey, PaymentReceived]:
    """Each payment as the highest revision heard tells it."""
    received: dict[PaymentKey, PaymentReceived] = {}
    for each in heard:
        if isinstance(each, PaymentReceived):
            key = each.council, each.payment_id
            if key not in received or received[key].revision < each.revision:
                received[key] = each
    return received


def is_plain(payment: PaymentReceived, reading: Reading, pack: Pack, there: Mapping[AccountKey, accounts.Known]) -> bool:
    """One reference, of a running account that there is, and nothing that speaks against it."""
    if len(reading.candidates) != 1 or payment.basket:
        return False
    code, reference = reading.candidates[0]
    fund = pack.funds[code]
    if fund.is_penalty or (payment.fund and payment.fund != code):
        return False
    if pack.tables.rules.before and pack.tables.rules.of(payment, pack.decided_on(payment), has_reference=True).ruled:
        return False
    if fund.vat_code in pack.vatable:
        return False
    if not fund.needs_account:
        return True
    account = there.get((pack.council, code, reference))
    return account is not None and (not pack.is_free_text(payment.channel) or is_beyond_doubt(payment, account, fund, pack))


def is_beyond_doubt(payment: PaymentReceived, account: accounts.Known, fund: Fund, pack: Pack) -> bool:
    """Typed freely, and still plain: the account is open and owes this, and no word names another kind of debt."""
    if fund.needs_second_fact or account.status != "open" or payment.amount_pence not in account[1:]:
        return False
    return not pack.words.contradict(whole(payment.reference, payment.narrative), fund.line_of_business)


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


async def place_plain(
    payments: Mapping[PaymentKey, PaymentReceived], readings: Mapping[PaymentKey, Reading], packs: Mapping[str, Pack], work: Work
) -> set[PaymentKey]:
    """Credit each payment to the account it names; tell those that were new, and say which they are."""
    # In order of their keys: two transactions that hold the same payments must not wait for each other crosswise.
    in_order = sorted(payments.items(), key=lambda item: (item[0][0], item[0][1].int))
    plain = [to_be_placed(payment, readings[key], packs[key[0]]) for key, payment in in_order]
    today = work.today
    fresh = await placements.place_plain(plain, today, work)
    for (key, payment), each in zip(in_order, plain, strict=True):
        if key in fresh:
            work.tell(allocated(each, today), because=payment)
    return fresh


def to_be_placed(payment: PaymentReceived, reading: Reading, pack: Pack) -> placements.Plain:
    fund, reference = reading.candidates[0]
    known = pack.funds[fund]
    return placements.Plain(payment, fund, reference, pack.decided_on(payment), pack.version, known.vat_code, known.cost_centre)


def allocated(plain: placements.Plain, today: date) -> PaymentAllocated:
    payment, fund, reference, decided_on, version, vat_code, centre = plain
    pence = payment.amount_pence
    clearing = {"ledger_account": f"clearing:{payment.method_of_payment}", "amount_pence": pence}
    part = {"fund": fund, "account_reference": reference, "amount_pence": pence}
    income = {"ledger_account": f"fund:{fund}", "account_reference": reference, "amount_pence": -pence, "vat_code": vat_code}
    if centre:
        part["cost_centre"] = income["cost_centre"] = centre
    return PaymentAllocated.model_validate(
        {
            "council": payment.council,
            "payment_id": payment.payment_id,
            "revision": 1,
            "amount_pence": pence,
            "parts": [part],
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
