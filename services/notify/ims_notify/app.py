"""Put notify together: what it hears, whom it serves, what it answers."""

from functools import partial

from ims_contracts.accounts import AccountChanged
from ims_contracts.allocations import PaymentAllocated, PaymentSuspended, PaymentUnallocated
from ims_contracts.documents import asyncapi
from ims_contracts.payments import PaymentReceived
from ims_kit import Service
from ims_notify.api import router
from ims_notify.channels.email import EmailChannel
from ims_notify.channels.webhook import WebhookChannel
from ims_notify.delivery import Channel, Courier, Rules
from ims_notify.domain.letters import letter_of
from ims_notify.handlers import on_accounts, on_allocations, on_payments
from ims_notify.pack import Pack, load
from ims_notify.settings import Settings
from ims_notify.store.retention import forget


def build(settings: Settings) -> Service:
    """The service. Raises ValueError if a destination is set that no council has."""
    pack = load(settings.council_pack)
    if unknown := settings.destinations.keys() - pack.destinations.keys():
        raise ValueError(f"IMS_DESTINATIONS names what the council pack does not: {', '.join(sorted(unknown))}")
    served = [pack.destinations[name] for name in settings.destinations]

    service = Service("notify", settings, asyncapi=asyncapi("notify"))
    service.hears(on_accounts, AccountChanged)
    service.hears(on_payments, PaymentReceived)
    service.hears(partial(on_allocations, destinations=served), PaymentAllocated, PaymentSuspended, PaymentUnallocated)
    for channel in channels(settings, pack):
        courier = Courier(channel, Rules.of(settings))
        service.background(f"deliver by {channel.queue.channel} {channel.queue.destination}".rstrip(), courier.run)
    service.background("forget contacts", partial(forget, days=settings.contact_days))
    service.api.include_router(router)
    return service


def channels(settings: Settings, pack: Pack) -> list[Channel]:
    """Every receiver that is set."""
    found: list[Channel] = [WebhookChannel(name, endpoint, settings.answer_seconds) for name, endpoint in settings.destinations.items()]
    if settings.smtp_host:
        found.append(EmailChannel(settings, partial(letter_of, councils=pack.councils, words=pack.words)))
    return found
