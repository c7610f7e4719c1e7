"""Put notify together: what it hears, whom it serves, what it answers."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from fastapi.exceptions import RequestValidationError

from ims_contracts.accounts import AccountChanged
from ims_contracts.allocations import JournalPosted, PaymentAllocated, PaymentSuspended, PaymentUnallocated
from ims_contracts.documents import asyncapi
from ims_contracts.payments import RefundSent
from ims_kit import Service
from ims_notify.alerting import watch_alerts
from ims_notify.alerts_api import router as alerts_router
from ims_notify.api import router
from ims_notify.callbacks_api import router as callbacks_router
from ims_notify.channels.email import EmailChannel
from ims_notify.channels.folder import FolderChannel
from ims_notify.channels.incident import QUEUE as INCIDENTS
from ims_notify.channels.incident import incident_letter
from ims_notify.channels.laid import Shelf
from ims_notify.channels.pace import Pace
from ims_notify.channels.webhook import WebhookChannel
from ims_notify.collecting import Collector
from ims_notify.delivery import Channel, Courier, Rules
from ims_notify.domain.addresses import Reach
from ims_notify.domain.attempts import Due
from ims_notify.domain.govuk import Medium
from ims_notify.domain.letters import Letter
from ims_notify.domain.received import Received
from ims_notify.domain.wording import letter_of
from ims_notify.doors import Unwelcome, unreadable, unwelcome
from ims_notify.handlers import Files, on_accounts, on_moves, on_payments
from ims_notify.incidents_api import router as incidents_router
from ims_notify.opt_outs_api import router as opt_outs_router
from ims_notify.pack import FileSetup, Pack, load
from ims_notify.runs import FileChannel, Runner, RunRules
from ims_notify.runs_api import router as runs_router
from ims_notify.settings import GovukNotify, Place, Settings
from ims_notify.store import notices, words
from ims_notify.store.deliveries import Opened, Queue
from ims_notify.store.incident_messages import Pace as IncidentPace
from ims_notify.store.retention import forget
from ims_notify.store.vault import Vault
from ims_notify.templates_api import router as templates_router


def build(settings: Settings) -> Service:
    """The service. Raises ValueError if a destination is set that no council has."""
    pack = load(settings.council_pack, settings.layouts)
    if unknown := settings.destinations.keys() - pack.destinations.keys():
        raise ValueError(f"IMS_DESTINATIONS names what the council pack does not: {', '.join(sorted(unknown))}")
    served = [pack.destinations[name] for name in settings.destinations]
    files = [placed(pack, name, place) for name, place in settings.places.items()]
    service = Service("notify", settings, asyncapi=asyncapi("notify"))
    reach, vault = reach_of(settings, pack), vault_of(settings)
    service.hears(partial(on_accounts, reach=reach, vault=vault), AccountChanged)
    service.hears(partial(on_payments, reach=reach, vault=vault), Received, RefundSent)
    moving = partial(on_moves, destinations=served, files=Files.of(setup.destination for setup in files))
    service.hears(moving, PaymentAllocated, PaymentSuspended, PaymentUnallocated, JournalPosted)
    served_by = channels(settings, pack)
    for channel in served_by:
        courier = Courier(channel, Rules.of(settings, channel.queue), pack.manners, Opened(vault))
        service.background(f"deliver by {channel.queue.name}", courier.run)
    for setup in files:
        name, place = setup.destination.name, settings.places[setup.destination.name]
        there = file_channel(place)
        service.background(f"runs of {name}", Runner(setup, there, RunRules()).run)
        if place.answers:
            service.background(f"answers of {name}", Collector(setup, there).run)
    for channel in incident_channels(settings, pack, served_by):
        pace = IncidentPace(settings.incident_per_minute, vault, pack.manners)
        courier = Courier(channel, Rules.of(settings, channel.queue), pack.manners, pace)
        service.background(f"send messages of {channel.queue.name}", courier.run)
    watch_alerts(service, settings, pack, [setup.destination for setup in files])
    for council, setting in settings.govuk_notify.items():
        service.background(f"ask GOV.UK Notify for {council}", asker(council, setting, settings.answer_seconds))
    service.background("keep words", partial(words.keep, councils=pack.councils))
    service.background("write notices", notices.write)
    service.background("forget contacts", partial(forget, days=settings.contact_days, vault=vault))
    for each in (router, runs_router, callbacks_router, templates_router, opt_outs_router, alerts_router, incidents_router):
        service.api.include_router(each)
    service.api.state.pack, service.api.state.vault = pack, vault
    service.api.state.files = {setup.destination.name: setup for setup in files}
    service.api.add_exception_handler(Unwelcome, unwelcome)
    service.api.add_exception_handler(RequestValidationError, unreadable)
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
    found: list[Channel] = [WebhookChannel(name, endpoint) for name, endpoint in settings.destinations.items()]
    letter = partial(letter_of, councils=pack.councils)
    elsewhere = govuk_channels(settings, pack, letter)
    if settings.smtp_host:
        found.append(EmailChannel(settings, letter, Queue("email", "", but=by_govuk(elsewhere))))
    return found + elsewhere


def by_govuk(channels: list[Channel]) -> tuple[str, ...]:
    """The councils whose e-mail goes by GOV.UK Notify."""
    return tuple(council for channel in channels if channel.queue.channel == "email" for council in channel.queue.only or [])


def incident_channels(settings: Settings, pack: Pack, served_by: list[Channel]) -> list[Channel]:
    """Where a council's e-mail goes, its incident messages go, in a queue of their own."""
    letter = partial(incident_letter, councils=pack.councils)
    found: list[Channel] = []
    if settings.govuk_notify:
        from ims_notify.channels.govuk_notify import GovukNotifyChannel

        by_mail = [each for each in served_by if isinstance(each, GovukNotifyChannel) and each.medium == "email"]
        found += [each.beside(INCIDENTS, letter) for each in by_mail]
    if settings.smtp_host:
        found.append(EmailChannel(settings, letter, INCIDENTS._replace(but=by_govuk(served_by))))
    return found


def govuk_channels(settings: Settings, pack: Pack, letter: Callable[[Due], Letter | None]) -> list[Channel]:
    """Every medium of GOV.UK Notify that a council has a key and a template for."""
    if not settings.govuk_notify:
        return []
    from ims_notify.channels.govuk_notify import Account, GovukNotifyChannel, Route

    found: list[Channel] = []
    for council, setting in settings.govuk_notify.items():
        pace = Pace(setting.per_minute / 60, setting.burst, setting.connections * len(pack.templates[council]))
        for medium, templates in pack.templates[council].items():
            account = Account(setting, pace, settings.answer_seconds)
            found.append(GovukNotifyChannel(account, Route(council, medium, templates), letter))
    return found


def asker(council: str, setting: GovukNotify, answer_seconds: float) -> Callable[[Service], Awaitable[None]]:
    """Who asks what has become of things of which no report came."""
    from ims_notify.asking import ask
    from ims_notify.channels.govuk_notify import Account

    account = Account(setting, Pace(setting.per_minute / 60, setting.burst), answer_seconds)
    return partial(ask, account=account, council=council)


def vault_of(settings: Settings) -> Vault:
    """With the operator's key, if there is one."""
    return Vault(settings.contact_key.get_secret_value() if settings.contact_key is not None else None)


def reach_of(settings: Settings, pack: Pack) -> Reach:
    """Which councils write by text message and by letter. Raises ValueError where the pack has no templates of a council's."""
    if unknown := [council for council in settings.govuk_notify if not pack.templates.get(council)]:
        raise ValueError(f"IMS_GOVUK_NOTIFY names councils without templates in the council pack: {', '.join(sorted(unknown))}")

    def by(medium: Medium) -> frozenset[str]:
        return frozenset(council for council in settings.govuk_notify if medium in pack.templates[council])

    return Reach(by("sms"), by("letter"))
