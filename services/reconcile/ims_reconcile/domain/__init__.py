"""Decides what is proved at the bank and what is broken; reads no clock and no database."""

from ims_reconcile.domain.breaks import TYPE_OF, TYPES, Break, Changes, Fault, band_of, changes
from ims_reconcile.domain.days import is_working_day, working_days_after, working_days_between
from ims_reconcile.domain.items import (
    Awaiting,
    FromBank,
    Held,
    Item,
    LateLine,
    Line,
    Member,
    Pages,
    Pairing,
    Remittance,
    Settlement,
    Statement,
    Undone,
    Unplaced,
    derived_id,
)
from ims_reconcile.domain.judging import LateFile, feed_days, feed_faults, late_faults, late_line_fault, line_faults, without_named
from ims_reconcile.domain.matching import WHY, Decisions, match, match_alike
from ims_reconcile.domain.proofs import (
    PLACED_WITHIN,
    REFUSED,
    Horizon,
    failure_fault,
    held_faults,
    in_bulk,
    is_whole,
    items_of,
    member_faults,
    remittance_faults,
    settlement_faults,
    statement_faults,
    undone_faults,
    unplaced_fault,
)
from ims_reconcile.domain.runs import Run, run_faults
from ims_reconcile.domain.sources import Pack, Source

__all__ = [
    "PLACED_WITHIN", "REFUSED", "TYPES", "TYPE_OF", "WHY", "Awaiting", "Break", "Changes", "Decisions", "Fault", "FromBank", "Held",
    "Horizon", "Item", "LateFile", "LateLine", "Line", "Member", "Pack", "Pages", "Pairing", "Remittance", "Run", "Settlement",
    "Source", "Statement", "Undone", "Unplaced", "band_of", "changes", "derived_id", "failure_fault", "feed_days", "feed_faults",
    "held_faults", "in_bulk", "is_whole", "is_working_day", "items_of", "late_faults", "late_line_fault", "line_faults", "match",
    "match_alike", "member_faults", "remittance_faults", "run_faults", "settlement_faults", "statement_faults", "undone_faults",
    "unplaced_fault", "without_named", "working_days_after", "working_days_between",
]  # fmt: skip
