"""Put notify together: what it hears, whom it serves, what it answers."""

from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from ims_contracts.accounts import AccountChanged
from ims_contracts.allocations import JournalPosted, PaymentAllocated, PaymentSuspended, PaymentUnallocated
from ims_contracts.documents import asyncapi
from ims_contracts.payments import PaymentReceived
from ims_kit import Service
from ims_notify.api import router
from ims_notify.channels.email import EmailChannel
from ims_notify.channels.folder import FolderChannel
from ims_notify.channels.laid import Shelf
from ims_notify.channels.webhook import WebhookChannel
from ims_notify.collecting import Collector
from ims_notify.delivery import Channel, Courier, Rules
from ims_notify.domain.letters import letter_of
from ims_notify.doors import Unwelcome, unwelcome
from ims_notify.handlers import Files, on_accounts, on_allocations, on_moves, on_payments
from ims_notify.pack import FileSetup, Pack, load
from ims_notify.runs import FileChannel, Runner, RunRules
from ims_notify.runs_api import router as runs_router
from ims_notify.settings import Place, Settings
from ims_notify.store.retention import forget


def build(settings: Settings) -> Service:
    """The service. Raises ValueError if a destination is set that no council has."""
    pack = load(settings.council_pack, settings.layouts)
    if unknown := settings.destinations.keys() - pack.destinations.keys():
        raise ValueError(f"IMS_DESTINATIONS names what the council pack does not: {', '.join(sorted(unknown))}")
    served = [pack.destinations[name] for name in settings.destinations]
    files = [placed(pack, name, place) for name, place in settings.places.items()]

    service = Service("notify", settings, asyncapi=asyncapi("notify"))
    service.hears(on_accounts, AccountChanged)
    service.hears(on_payments, PaymentReceived)
    placements = (PaymentAllocated, PaymentSuspended, PaymentUnallocated)
    if files:
        targets = Files.of(setup.destination for setup in files)
        service.hears(partial(on_moves, destinations=served, files=targets), *placements, JournalPosted)
    else:
        service.hears(partial(on_allocations, destinations=served), *placements)
    for channel in channels(settings, pack):
        courier = Courier(channel, Rules.of(settings))
        service.background(f"deliver by {channel.queue.channel} {channel.queue.destination}".rstrip(), courier.run)
    for setup in files:
        name, place = setup.destination.name, settings.places[setup.destination.name]
        there = file_channel(place)
        service.background(f"runs of {name}", Runner(setup, there, RunRules()).run)
        if place.answers:
            service.background(f"answers of {name}", Collector(setup, there).run)
    service.background("forget contacts", partial(forget, days=settings.contact_days))
    service.api.include_router(router)
    service.api.include_router(runs_router)
    service.api.state.files = {setup.destination.name: setup for setup in files}
    service.api.add_exception_handler(Unwelcome, unwelcome)
    return service


def placed(pack: Pack, name: str, place: Place) -> FileSetup:
    """A file destination that has a place. Raises ValueError if no council has it, or has it elsewhere."""
    setup = pack.files.get(name)
    if setup is None:
        raise ValueError(f"IMS_PLACES names what the council pack has not as a file destination: {name}")
    if setup.delivery != place.kind:
        raise ValueError(f"the council pack delivers to {name} by {setup.delivery}, but its place in IMS_PLACES is for {place.kind}")
    if place.answers and setup.answers is None:
        raise ValueError(f"IMS_PLACES says where the answers of {name} lie, but the council pack names no layout for them")
    return setup


class PlaceChannel(FileChannel, Shelf, Protocol):
    """A place that files go to, and answers come from."""


def file_channel(place: Place) -> PlaceChannel:
    """The way to a place. Its library is loaded only where it is used."""
    if place.kind == "sftp":
        from ims_notify.channels.sftp import SftpChannel

        return SftpChannel(place)
    if place.kind == "s3":
        from ims_notify.channels.s3 import S3Channel

        return S3Channel(place)
    return FolderChannel(Path(unquote(urlsplit(place.url).path)), Path(place.answers) if place.answers else None)


def channels(settings: Settings, pack: Pack) -> list[Channel]:
    """Every receiver that is set."""
    found: list[Channel] = [WebhookChannel(name, endpoint, settings.answer_seconds) for name, endpoint in settings.destinations.items()]
    if settings.smtp_host:
        found.append(EmailChannel(settings, partial(letter_of, councils=pack.councils, words=pack.words)))
    return found
