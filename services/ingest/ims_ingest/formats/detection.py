"""Which format a file is in, by its content."""

from typing import BinaryIO

from ims_contracts.remittances import Fault
from ims_ingest.formats.accounts_csv import ACCOUNTS_CSV
from ims_ingest.formats.accounts_json import ACCOUNTS_JSON
from ims_ingest.formats.allpay import ALLPAY
from ims_ingest.formats.camt053 import CAMT053
from ims_ingest.formats.pcns_csv import PCNS_CSV
from ims_ingest.formats.records import Format, fault
from ims_ingest.formats.stripe_payout import STRIPE_PAYOUT

FORMATS = {each.name: each for each in (ALLPAY, ACCOUNTS_CSV, ACCOUNTS_JSON, PCNS_CSV, CAMT053, STRIPE_PAYOUT)}
# Whatever marks a format is within this: a header line, the root element, the first row.
HEAD_BYTES = 65_536


def detect(stream: BinaryIO, named: str | None = None) -> Format | Fault:
    """The one format that the file's beginning is in (or the one that is named); a fault if there is none, or several."""
    if named is not None:
        return FORMATS.get(named) or fault(None, f"no format is called {named[:64]}", f"name one of {', '.join(FORMATS)}")
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    found = [each for each in FORMATS.values() if each.looks_like(head)]
    if len(found) == 1:
        return found[0]
    if found:
        names = " or ".join(each.name for each in found)
        return fault(1, f"the file could be {names}", "say which it is")
    return fault(1, "the file is in no format that is known here", f"send one of {', '.join(FORMATS)}")
