"""Refunds that were approved are asked of GOV.UK Pay, each once, and followed until they are sent or have failed.

What is about to be asked is committed first; nothing is asked inside a transaction. After a crash, or an answer that did not come, the
payment's refunds are read before it is asked again (`domain/asked_refunds.py`)."""

import asyncio
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

import structlog

from ims_contracts.payments import RefundFailed
from ims_contracts.refunds import RefundApproved
from ims_ingest.domain.asked_refunds import (
    NOT_THERE,
    Adopt,
    Ask,
    AskedRefund,
    ByHand,
    Fail,
    SeenPayment,
    SeenRefund,
    Wait,
    next_step,
    refusal,
)
from ims_ingest.domain.govuk_pay import SOURCE, is_finished
from ims_ingest.formats.govuk_pay_api import FoundPayment, FoundRefund
from ims_ingest.handlers.pay_api import Declined, PayApi, Unreachable
from ims_ingest.handlers.sweeping import tell_refunds
from ims_ingest.settings import PayAccount, Settings
from ims_ingest.store import asked_refunds, files, looks, refunds
from ims_ingest.store.looks import Look
from ims_kit import Refused, Service, Work

log = structlog.get_logger()

LOOK_SECONDS = 5.0
# Of a refund's state it may not be asked more often.
POLL = timedelta(minutes=5)
SOON, LATER = timedelta(minutes=1), timedelta(hours=1)
AT_ONCE_MAX = 50
# A refund ends within the hour. What is not there by then, the sweep finds.
LOOKED_FOR = timedelta(days=1)
# Declined, and that it is not the refund's fault: what is available has changed; too fast; not let in.
AMOUNT_CHANGED, TOO_FAST, NOT_LET_IN = 412, 429, (401, 403)


async def on_refunds(heard: list[RefundApproved], work: Work, councils: Collection[str]) -> None:
    """Remember each refund that was approved, once; one that no provider can be asked for waits for a person who sends it."""
    amounts = await asked_refunds.amounts([each.refund_id for each in heard], work)
    if any(amounts.setdefault(each.refund_id, each.amount_pence) != each.amount_pence for each in heard):
        raise Refused("a refund was approved before with another amount: approve what is more as another refund")
    approved = list({each.refund_id: each for each in heard}.values())
    known = await asked_refunds.payments([each.payment_id for each in approved], SOURCE, work)
    rows = []
    for each in approved:
        provider_payment_id = known[each.payment_id].provider_payment_id if each.payment_id in known else None
        reason = refusal(each.payment_id in known, provider_payment_id, each.council in councils)
        rows.append((each, provider_payment_id, reason))
    await asked_refunds.approve(rows, work)


def refund_failed(refund: AskedRefund, source: str, reason: str, work: Work) -> RefundFailed:
    """Of a refund that never got a name of its provider's."""
    return RefundFailed(
        council=refund.council, refund_id=refund.refund_id, payment_id=refund.payment_id, source=source,
        source_refund_id=str(refund.refund_id), amount_pence=refund.amount_pence, failed_on=work.today, reason=reason,
    )  # fmt: skip


async def keep_refunding(service: Service) -> None:
    """Ask and follow, whenever one is due; one process at a time does."""
    settings: Settings = service.settings
    while settings.govuk_pay_accounts:
        async with files.alone(service.pool, SOURCE, files.ALL_REFUNDS) as is_alone:
            if is_alone:
                await follow(service, datetime.now(UTC))
        await asyncio.sleep(LOOK_SECONDS)


async def follow(service: Service, now: datetime) -> None:
    """Take every refund that is due a step further, and read the refunds of every payment that is to be looked at."""
    settings: Settings = service.settings
    for council in dict.fromkeys(account.council for account in settings.govuk_pay_accounts):
        accounts = [account for account in settings.govuk_pay_accounts if account.council == council]
        name, errors = f"refunds {council}", []
        for asked in await asked_refunds.due([council], now, AT_ONCE_MAX, service.pool):
            errors.append(await without_accident(service, asked, accounts, now))
        for look in await looks.due([council], now, AT_ONCE_MAX, service.pool):
            errors.append(await read_refunds(service, look, accounts, now))
        if failed := [each for each in errors if each]:
            log.warning("refunds cannot be followed", council=council, error=failed[0])
            service.background_errors[name] = failed[0]
        elif errors:
            service.background_errors.pop(name, None)


async def without_accident(service: Service, asked: AskedRefund, accounts: Iterable[PayAccount], now: datetime) -> str | None:
    """Take a refund a step further; where Pay cannot be reached, later. Says why it could not."""
    try:
        found = await payment_of(asked.provider_payment_id or "", accounts)
        if found is None:
            # What was asked may have been taken all the same: nobody is to send it again.
            await (hand_over if asked.state == "approved" else fail)(service, asked, NOT_THERE)
            return None
        api_of, payment = found
        async with PayApi(api_of) as api:
            await (poll if asked.state == "submitted" else ask)(service, api, (asked, payment), now)
    except Unreachable as unreachable:
        async with service.begin() as work:
            await asked_refunds.later(asked, now + SOON, f"GOV.UK Pay: {unreachable}", work)
        return str(unreachable)
    return None


async def payment_of(payment_id: str, accounts: Iterable[PayAccount]) -> tuple[PayAccount, FoundPayment] | None:
    """The payment, and whose it is: nobody says at which of a council's accounts it was made. Raises Unreachable."""
    for account in accounts:
        async with PayApi(account) as api:
            if payment := await api.payment(payment_id):
                return account, payment
    return None


async def fail(service: Service, asked: AskedRefund, reason: str) -> None:
    """End it, and have the payment's refunds read: one that we did not ask for may be why, and is told then."""
    async with service.begin() as work:
        if await asked_refunds.end(asked, "failed", reason, work):
            work.tell(refund_failed(asked, SOURCE, reason, work))
            await looks.look_again({(asked.council, asked.provider_payment_id or "")}, work.now, work)
    log.warning("refund failed", council=asked.council, refund_id=str(asked.refund_id), reason=reason)


async def hand_over(service: Service, asked: AskedRefund, reason: str) -> None:
    """Leave it to a person: it is approved as it is, and no provider can send it."""
    async with service.begin() as work:
        await asked_refunds.hand_over(asked, reason, work)
    log.warning("refund to be sent by hand", council=asked.council, refund_id=str(asked.refund_id), reason=reason)


async def ask(service: Service, api: PayApi, what: tuple[AskedRefund, FoundPayment], now: datetime) -> None:
    """Ask for a refund that Pay has not named yet, or find that it was asked already."""
    asked, payment = what
    seen = seen_payment(payment, await api.refunds(payment.payment_id))
    match next_step(asked, seen, await others(service, asked), now):
        case Fail(reason):
            await fail(service, asked, reason)
        case ByHand(reason):
            await hand_over(service, asked, reason)
        case Wait(reason):
            async with service.begin() as work:
                await asked_refunds.later(asked, now + (SOON if asked.state == "asking" else LATER), reason, work)
        case Adopt(refund):
            async with service.begin() as work:
                await asked_refunds.taken(asked, refund.provider_refund_id, now, work)
                await looks.look_again({(asked.council, payment.payment_id)}, now, work)
        case Ask(available_pence):
            async with service.begin() as work:
                if not await asked_refunds.ask(asked, available_pence, now + SOON, work):
                    return
            await send(service, api, (asked, payment), available_pence)


async def send(service: Service, api: PayApi, what: tuple[AskedRefund, FoundPayment], available_pence: int) -> None:
    """Ask, once the intent is committed. Where no answer comes it stays `asking`, and is looked for."""
    asked, payment = what
    asking = asked._replace(state="asking")
    try:
        refund = await api.ask(payment.payment_id, asked.amount_pence, available_pence)
    except Declined as declined:
        await decline(service, asking, declined)
        return
    async with service.begin() as work:
        await asked_refunds.taken(asking, refund.refund_id, work.now + POLL, work)
    log.info("refund asked", council=asked.council, refund_id=str(asked.refund_id), state=refund.state)
    if is_finished(refund.state):
        await tell_refunds(service, api, [of_payment(refund, payment)])


async def decline(service: Service, asking: AskedRefund, declined: Declined) -> None:
    """It was surely not taken. Some of that passes, and it is asked again; the rest is left to a person."""
    if declined.status in (AMOUNT_CHANGED, TOO_FAST, *NOT_LET_IN):
        async with service.begin() as work:
            pause = timedelta() if declined.status == AMOUNT_CHANGED else SOON
            await asked_refunds.not_taken(asking, work.now + pause, f"GOV.UK Pay declined for now: {declined}", work)
        return
    await hand_over(service, asking, f"GOV.UK Pay declined it ({declined}): look at the payment there, or send the money back by hand")


async def poll(service: Service, api: PayApi, what: tuple[AskedRefund, FoundPayment], now: datetime) -> None:
    """See what became of a refund that Pay has named."""
    asked, payment = what
    assert asked.provider_refund_id is not None
    refund = await api.refund(payment.payment_id, asked.provider_refund_id)
    if is_finished(refund.state):
        await tell_refunds(service, api, [of_payment(refund, payment)])
        return
    async with service.begin() as work:
        await asked_refunds.later(asked, now + POLL, None, work)


async def read_refunds(service: Service, look: Look, accounts: Iterable[PayAccount], now: datetime) -> str | None:
    """Tell how the refunds of a payment ended; look again while some have not, or the list does not show all. Says why it could not."""
    try:
        found = await payment_of(look.provider_payment_id, accounts)
        listed: list[FoundRefund] = []
        if found:
            async with PayApi(found[0]) as api:
                listed = [of_payment(each, found[1]) for each in await api.refunds(look.provider_payment_id)]
                counts = await tell_refunds(service, api, listed)
    except Unreachable as unreachable:
        async with service.begin() as work:
            await looks.later(look, now + SOON, work)
        return str(unreachable)
    async with service.begin() as work:
        is_awaited = found and (counts["waiting"] or not is_whole(found[1], listed))
        if is_awaited and now < look.hinted_at + LOOKED_FOR:
            await looks.later(look, now + POLL, work)
        else:
            await looks.done(look, work)
    return None


def is_whole(payment: FoundPayment, refunds_listed: Iterable[FoundRefund]) -> bool:
    """Whether a payment's refunds have all ended, and are all those of which the payment says the sum."""
    kept = [each for each in refunds_listed if each.state != "failed"]
    return all(each.state == "sent" for each in kept) and sum(each.amount for each in kept) >= payment.refund_summary.amount_submitted


def of_payment(refund: FoundRefund, payment: FoundPayment) -> FoundRefund:
    """A refund that names its payment, as those that are searched for do."""
    return refund.model_copy(update={"payment_id": payment.payment_id})


def seen_payment(payment: FoundPayment, listed: Iterable[FoundRefund]) -> SeenPayment:
    summary = payment.refund_summary
    found = [SeenRefund(each.refund_id, each.amount, each.state, each.created_date) for each in listed]
    return SeenPayment(summary.status, summary.amount_available, tuple(found))


async def others(service: Service, asked: AskedRefund) -> set[str]:
    """The payment's refunds that are known to be something else: told already, or another that we asked for."""
    async with service.begin() as work:
        mine = await asked_refunds.of_payments([asked.payment_id], work)
        told = await refunds.named([asked.payment_id], work)
    return {*told, *(each.provider_refund_id for each in mine if each.provider_refund_id)}
