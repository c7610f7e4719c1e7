"""The predecessor's behaviour, case by case, run against our own domains: what is the same, and what is better on purpose."""

from ims_local.vectors.cases import Case, read_cases
from ims_local.vectors.running import Tally, run
from ims_local.vectors.suites import SUITES

__all__ = ["SUITES", "Case", "Tally", "read_cases", "run"]
