"""Decides what is proved at the bank and what is broken; reads no clock and no database."""

from ims_reconcile.domain.days import is_working_day, working_days_after, working_days_between
from ims_reconcile.domain.items import (
    Awaiting,
    FromBank,
    Item,
    Line,
    Member,
    Pairing,
    Remittance,
    Settlement,
    Statement,
    derived_id,
)
from ims_reconcile.domain.matching import Decisions, match
from ims_reconcile.domain.proofs import (
    Break,
    Changes,
    Fault,
    Horizon,
    changes,
    is_whole,
    line_faults,
    member_faults,
    remittance_faults,
    settlement_faults,
    statement_faults,
)
from ims_reconcile.domain.sources import Pack, Source, quotes

__all__ = [
    "Awaiting", "Break", "Changes", "Decisions", "Fault", "FromBank", "Horizon", "Item", "Line", "Member", "Pack", "Pairing",
    "Remittance", "Settlement", "Source", "Statement", "changes", "derived_id", "is_whole", "is_working_day", "line_faults",
    "match", "member_faults", "quotes", "remittance_faults", "settlement_faults", "statement_faults", "working_days_after",
    "working_days_between",
]
