"""Where money belongs: decided from what is known, and from nothing else."""

from ims_allocation.domain.accounts import Account, AccountKey, Stage, amounts, vehicle_mark
from ims_allocation.domain.choosing import Accounts, Hold, Home, choose
from ims_allocation.domain.facts import Telling, tell
from ims_allocation.domain.ledger import Line, journal_id, lines_of, written
from ims_allocation.domain.names import NO_NAMES, Names
from ims_allocation.domain.packs import Pack, no_pack, pack
from ims_allocation.domain.payments import Cause, Part, Payment, PaymentKey, Placement, Record, cause, keys_of, known, orphan
from ims_allocation.domain.progress import Change, Progress
from ims_allocation.domain.references import Reading
from ims_allocation.domain.suggesting import near, suggest
from ims_allocation.domain.validation import Intended, Standing, validate

__all__ = [
    "Account", "AccountKey", "Accounts", "Cause", "Change", "Hold", "Home", "Intended", "Line", "NO_NAMES", "Names", "Pack", "Part", "Payment", "PaymentKey",
    "Placement", "Progress", "Reading", "Record", "Stage", "Standing", "Telling", "amounts", "cause", "choose", "journal_id", "keys_of",
    "known", "lines_of", "near", "no_pack", "orphan", "pack", "suggest", "tell", "validate", "vehicle_mark", "written",
]  # fmt: skip
