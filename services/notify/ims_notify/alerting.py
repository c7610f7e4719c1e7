"""Put alerts together: what is heard, who watches, and how each receiver is reached."""

from collections.abc import Sequence

from ims_contracts.reconciliations import BreakClosed, BreakOpened
from ims_contracts.remittances import RemittanceLate, RemittanceReceived, RemittanceRefused
from ims_contracts.statements import SettlementReceived, StatementReceived
from ims_kit import Service
from ims_notify.alert_courier import AlertChannel, AlertCourier
from ims_notify.alert_hearing import on_breaks, on_remittances, on_statements
from ims_notify.alert_watch import Watch, Watched
from ims_notify.channels.chat import ChatChannel, OfficerMail
from ims_notify.domain.alert_rounds import Receiver
from ims_notify.domain.alert_words import slack, teams
from ims_notify.domain.postings import FileDestination
from ims_notify.pack import Pack
from ims_notify.settings import AlertPlace, Settings

BODIES = {"slack": slack, "teams": teams}


def watch_alerts(service: Service, settings: Settings, pack: Pack, files: Sequence[FileDestination]) -> None:
    """Let a service hear what officers must hear of, watch it, and tell them. Raises ValueError for a place that fits no receiver."""
    service.hears(on_remittances, RemittanceLate, RemittanceReceived, RemittanceRefused)
    service.hears(on_statements, StatementReceived, SettlementReceived)
    service.hears(on_breaks, BreakOpened, BreakClosed)
    receivers = {each.name: each for council in pack.alerts.values() for each in council.receivers}
    if unknown := settings.alerts.keys() - receivers.keys():
        raise ValueError(f"IMS_ALERTS names what the council pack does not: {', '.join(sorted(unknown))}")
    placed = [receivers[name] for name in settings.alerts]
    for receiver in placed:
        channel = channel_of(receiver, settings.alerts[receiver.name], settings)
        service.background(f"alert {receiver.name}", AlertCourier(receiver.name, channel, settings.answer_seconds).run)
    watched = Watched(list(pack.alerts.values()), placed, list(files), settings.topic_prefix)
    service.background("watch for alerts", Watch(watched).run)


def channel_of(receiver: Receiver, place: AlertPlace, settings: Settings) -> AlertChannel:
    """The way to a receiver. Raises ValueError where its place is of another kind, or there is no mail server."""
    if receiver.form == "email" and place.to is not None:
        if settings.smtp_host is None:
            raise ValueError(f"IMS_ALERTS has a mailbox for {receiver.name}, and there is no IMS_SMTP_HOST")
        return OfficerMail(settings, place.to)
    if receiver.form != "email" and place.url is not None:
        return ChatChannel(place.url.get_secret_value(), BODIES[receiver.form])
    raise ValueError(f"the council pack tells {receiver.name} by {receiver.form}, but its place in IMS_ALERTS is of another kind")
