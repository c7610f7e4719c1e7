"""Where money belongs: decided from what is known, and from nothing else."""

from ims_allocation.domain.accounts import Account, AccountKey, Stage, amounts, vehicle_mark
from ims_allocation.domain.candidates import NEAR, near_keys, payer_key, whole
from ims_allocation.domain.choosing import Accounts, Hold, Home, choose, is_weighed, may_mean_a_penalty, references_to_weigh
from ims_allocation.domain.evidence import PAYER_KNOWN, PAYER_LEARNED, Owing, Paid
from ims_allocation.domain.facts import Telling, tell
from ims_allocation.domain.hearing import cause, known, orphan
from ims_allocation.domain.judging import BY_PAYER, REPAIRED, WATCHED_DAYS, is_found_wrong, is_sampled, stops
from ims_allocation.domain.learning import Learned, lesson
from ims_allocation.domain.ledger import Line, journal_id, lines_of, written
from ims_allocation.domain.names import NO_NAMES, Names
from ims_allocation.domain.packs import Fund, Pack, no_pack, pack
from ims_allocation.domain.payments import (
    Cause,
    Coded,
    Decided,
    Evidence,
    Part,
    Payment,
    PaymentKey,
    Placement,
    Record,
    Rejection,
    Stated,
    Vote,
    Weighing,
    keys_of,
    near_keys_of,
)
from ims_allocation.domain.placing import kept_home
from ims_allocation.domain.progress import Change, Progress
from ims_allocation.domain.references import Reading
from ims_allocation.domain.suggesting import in_evidence, near, suggest
from ims_allocation.domain.validation import Intended, Standing, validate

__all__ = [
    "BY_PAYER", "NEAR", "NO_NAMES", "PAYER_KNOWN", "PAYER_LEARNED", "REPAIRED", "WATCHED_DAYS", "Account", "AccountKey", "Accounts",
    "Cause", "Change", "Coded", "Decided", "Evidence", "Fund", "Hold", "Home", "Intended", "Learned", "Line", "Names", "Owing", "Pack",
    "Paid", "Part", "Payment", "PaymentKey", "Placement", "Progress", "Reading", "Record", "Rejection", "Stage", "Standing", "Stated",
    "Telling", "Vote", "Weighing", "amounts", "cause", "choose", "in_evidence", "is_found_wrong", "is_sampled", "is_weighed",
    "journal_id", "kept_home", "keys_of", "known", "lesson", "lines_of", "may_mean_a_penalty", "near", "near_keys", "near_keys_of",
    "no_pack", "orphan", "pack", "payer_key", "references_to_weigh", "stops", "suggest", "tell", "validate", "vehicle_mark", "whole",
    "written",
]  # fmt: skip
