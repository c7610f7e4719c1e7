"""The sweep: GOV.UK Pay's API is asked what it took, gave back and had disputed, so that what webhooks lost is known all the same."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from ims_contracts.payments import PaymentReceived, PaymentRefused
from ims_ingest.domain.govuk_pay import SOURCE, Window, dispute_state, is_finished, windows
from ims_ingest.domain.identity import named_payment
from ims_ingest.domain.refunds import NamedRefund
from ims_ingest.domain.submissions import accept
from ims_ingest.formats import govuk_pay, govuk_pay_api
from ims_ingest.formats.govuk_pay_api import FoundPayment, FoundRefund, Unreadable
from ims_ingest.handlers import pay_api
from ims_ingest.handlers.pay_api import PayApi, Unreachable
from ims_ingest.handlers.publishers import reasons_of
from ims_ingest.handlers.pulling import is_due
from ims_ingest.handlers.webhooks import take_disputes
from ims_ingest.settings import PayAccount, Settings
from ims_ingest.store import disputes, files, refunds, sweeps
from ims_ingest.store.answers import Asked, keep_events
from ims_ingest.store.payments import contradict, methods, record, refuse
from ims_ingest.store.sweeps import Mark
from ims_kit import Service, Work

log = structlog.get_logger()

LOOK_SECONDS = 5.0
FAILED_LATER = "the provider says that the payment failed, after it was told as taken"


async def keep_sweeping(service: Service) -> None:
    """Sweep each account when its time has come; one process at a time does, whichever comes first. One account after the other: each
    takes two connections to the database while it is swept, and a council may have more accounts than there are."""
    settings: Settings = service.settings
    while settings.govuk_pay_accounts:
        for account in settings.govuk_pay_accounts:
            await sweep_if_due(service, account)
        await asyncio.sleep(LOOK_SECONDS)


async def sweep_if_due(service: Service, account: PayAccount) -> None:
    async with files.alone(service.pool, f"{account.council} {account.name}", files.AN_ACCOUNT) as is_alone:
        if not is_alone:
            return
        async with service.begin() as work:
            mark = await sweeps.mark(account.council, account.name, account.begins, work)
        if is_due(account, mark, datetime.now(UTC)):
            await sweep(service, account, mark)


async def sweep(service: Service, account: PayAccount, mark: Mark) -> None:
    """Sweep from some days before the mark until a little ago, moving the mark window by window; remember what was found, or why it
    failed. Whatever is told already has no effect."""
    found: Counter[str] = Counter()
    error = None
    try:
        async with PayApi(account) as api:
            mark = await sweep_windows(service, api, mark, found)
    except Unreachable as unreachable:
        error = str(unreachable)
    async with service.begin() as work:
        await sweeps.looked(mark, error, None if error else found, work)
    name = f"sweep {account.council} {account.name}"
    if error:
        log.warning("account cannot be swept", council=account.council, account=account.name, error=error)
        service.background_errors[name] = error
    else:
        log.info("account swept", council=account.council, account=account.name, until=mark.swept_until.isoformat(), **found)
        service.background_errors.pop(name, None)


async def sweep_windows(service: Service, api: PayApi, mark: Mark, found: Counter[str]) -> Mark:
    account, now = api.account, datetime.now(UTC)
    begins = max(account.begins, mark.swept_until - timedelta(days=account.again_days))
    open_since = await disputes.oldest_open(account.council, service.pool)
    closed = list(windows(begins, now))
    if closed:
        since = min(begins, open_since or begins)
        await take_pages(service, api, ("disputes", Window(since, closed[-1].ends)), found)
    for window in closed:
        for kind in ("payments", "refunds"):
            await take_pages(service, api, (kind, window), found)
        if window.ends > mark.swept_until:
            async with service.begin() as work:
                if not await sweeps.move(mark, window.ends, work):
                    log.info("sweep begins again", council=account.council, account=account.name)
                    return mark
            mark = mark._replace(swept_until=window.ends)
    return mark


async def take_pages(service: Service, api: PayApi, what: tuple[str, Window], found: Counter[str]) -> None:
    """Take in what was made in a window, a transaction a page."""
    kind, window = what
    async for results in api.search(kind, window):
        counts = await TAKE[kind](service, api, results)
        found.update({f"{kind}_{name}": count for name, count in counts.items() if count})


async def take_payments(service: Service, api: PayApi, results: list[dict[str, Any]]) -> Counter[str]:
    told, unreadable = govuk_pay_api.payments(results)
    async with service.begin() as work:
        counts = await keep_payments(told, api.account.council, work)
        counts["unreadable"] += await keep_unreadable(unreadable, api.account.council, work)
    return counts


async def keep_payments(told: Sequence[FoundPayment], council: str, work: Work) -> Counter[str]:
    """Take in what was taken; what failed after it was told is for a person."""
    facts = [
        accept(govuk_pay.payment(each, each.created_on, council, work.today), work.today) for each in told if each.is_money
    ]
    refusals = [each for each in facts if isinstance(each, PaymentRefused)]
    outcomes = await record([each for each in facts if isinstance(each, PaymentReceived)], work)
    await refuse(refusals, work)
    failed = await methods([identity(each.payment_id, council) for each in told if not each.is_money], work.connection)
    for payment_id in failed:
        await contradict("payment", payment_id, council, FAILED_LATER, work)
    return Counter(each.state for each in outcomes) + Counter(refused=len(refusals), failed_later=len(failed))


async def take_refunds(service: Service, api: PayApi, results: list[dict[str, Any]]) -> Counter[str]:
    told, unreadable = govuk_pay_api.refunds(results)
    counts = await tell_refunds(service, api, told)
    async with service.begin() as work:
        counts["unreadable"] += await keep_unreadable(unreadable, api.account.council, work)
    return counts


async def tell_refunds(service: Service, api: PayApi, told: Iterable[FoundRefund]) -> Counter[str]:
    """Tell how each refund ended that did, with its payment where that is not known yet. Raises Unreachable."""
    council = api.account.council
    ended = [(each, each.payment_id) for each in told if each.payment_id and is_finished(each.state)]
    ids = {payment_id: identity(payment_id, council) for _, payment_id in ended}
    known = await methods(list(ids.values()), service.pool)
    new = [await readable(api, payment_id) for payment_id, key in ids.items() if key not in known]
    async with service.begin() as work:
        await keep_payments([each for each in new if each], council, work)
        known = await methods(list(ids.values()), work.connection)
        named = [named_refund(each, ids[of], (council, known[ids[of]])) for each, of in ended if ids[of] in known]
        counts = Counter(await refunds.end(named, work))
    counts["without_payment"] = len(ended) - len(named)
    return counts


async def readable(api: PayApi, payment_id: str) -> FoundPayment | None:
    try:
        return await api.payment(payment_id)
    except pay_api.Unreadable as unreadable:
        log.warning("payment cannot be read", council=api.account.council, account=api.account.name, error=str(unreadable))
        return None


def named_refund(found: FoundRefund, payment_id: UUID, of: tuple[str, str]) -> NamedRefund:
    """A refund that ended, of a payment with this council and method of payment."""
    assert found.payment_id is not None
    council, method = of
    return NamedRefund(
        payment_id, found.refund_id, found.amount, found.created_on, council, SOURCE, found.payment_id, method, found.state
    )


async def take_disputes_found(service: Service, api: PayApi, results: list[dict[str, Any]]) -> Counter[str]:
    council = api.account.council
    told, unreadable = govuk_pay_api.disputes(results)
    seen = [(each, state, council) for each in told if (state := dispute_state(each.status))]
    async with service.begin() as work:
        new = await take_disputes(seen, work)
        count = await keep_unreadable(unreadable, council, work)
    return Counter(told=new, known=len(seen) - new, unreadable=count)


async def keep_unreadable(unreadable: Sequence[Unreadable], council: str, work: Work) -> int:
    """What cannot be read keeps no other waiting: its bytes are kept, with every reason."""
    asked = [(Asked(SOURCE, "", council, SOURCE, json.dumps(each.told, sort_keys=True).encode()), each.error) for each in unreadable]
    await keep_events([each for each, _ in asked], work, {each.event_id: "; ".join(reasons_of(error)) for each, error in asked})
    return len(asked)


def identity(payment_id: str, council: str) -> UUID:
    found = named_payment(council, SOURCE, payment_id)
    assert found is not None
    return found


type Take = Callable[[Service, PayApi, list[dict[str, Any]]], Coroutine[Any, Any, Counter[str]]]
TAKE: dict[str, Take] = {"payments": take_payments, "refunds": take_refunds, "disputes": take_disputes_found}
