"""Hear what officers may have to hear of: keep it, one statement a batch, and leave the rest to the watch."""

from collections.abc import Sequence

from ims_contracts.reconciliations import BreakClosed, BreakOpened
from ims_contracts.remittances import RemittanceLate, RemittanceReceived, RemittanceRefused
from ims_contracts.statements import SettlementReceived, StatementReceived
from ims_kit import Work
from ims_notify.domain import alert_facts
from ims_notify.domain.postings import Moving
from ims_notify.store import alerts


async def on_remittances(heard: list[RemittanceLate | RemittanceReceived | RemittanceRefused], work: Work) -> None:
    """Files that are late, were refused, or came."""
    await alerts.arrive(alert_facts.arrivals(fact for fact in heard if isinstance(fact, RemittanceReceived)), work)
    await alerts.sound([fact for fact in heard if not isinstance(fact, RemittanceReceived)], work)


async def on_statements(heard: list[StatementReceived | SettlementReceived], work: Work) -> None:
    """Statements and settlements are files as well: one that was late has come."""
    await alerts.arrive(alert_facts.arrivals(heard), work)


async def on_breaks(heard: list[BreakOpened | BreakClosed], work: Work) -> None:
    """What is open at the bank, and statements that do not prove."""
    await alerts.keep_breaks(alert_facts.breaks(heard), work)
    await alerts.sound([fact for fact in heard if isinstance(fact, BreakOpened)], work)


async def on_moved(moves: Sequence[Moving], work: Work) -> None:
    """What moves in suspense, and penalties that were paid twice."""
    await alerts.keep_suspense(list(alert_facts.suspense_moves(moves)), work)
    await alerts.sound(alert_facts.duplicates(moves), work)
