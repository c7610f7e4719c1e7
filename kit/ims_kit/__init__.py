"""The one way, in Python, to keep the delivery promise: nothing lost, nothing twice. It knows no message."""

from ims_kit.bearer import holder
from ims_kit.errors import Refused, Stop
from ims_kit.migrations import migrate
from ims_kit.rows import Insert
from ims_kit.service import Service, main, open_pool, search_seldom
from ims_kit.settings import ServiceSettings
from ims_kit.telling import Cause, body_of
from ims_kit.work import Door, Work, begin

__all__ = [
    "Cause", "Door", "Insert", "Refused", "Service", "ServiceSettings", "Stop", "Work", "begin", "body_of", "holder", "main", "migrate",
    "open_pool", "search_seldom",
]  # fmt: skip
