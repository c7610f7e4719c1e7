"""Which format a file is in, by its content."""

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from ims_contracts.remittances import Fault
from ims_ingest.formats.accounts_csv import ACCOUNTS_CSV
from ims_ingest.formats.accounts_json import ACCOUNTS_JSON
from ims_ingest.formats.adyen import ADYEN
from ims_ingest.formats.bacs_ddica import BACS_DDICA
from ims_ingest.formats.bacs_messages import BACS_ADDACS, BACS_AUDDIS, BACS_AWACS
from ims_ingest.formats.bacs_reports import BACS_INPUT_REPORT
from ims_ingest.formats.bacs_returns import BACS_ARUCS, BACS_ARUDD
from ims_ingest.formats.bacs_std18 import BACS_STD18
from ims_ingest.formats.bai2 import BAI2
from ims_ingest.formats.bank_csv import BANK_CSVS, STATEMENT_CSV
from ims_ingest.formats.bankline_direct import BANKLINE_DIRECT
from ims_ingest.formats.camt052 import CAMT052
from ims_ingest.formats.camt053 import CAMT053
from ims_ingest.formats.camt054 import CAMT054
from ims_ingest.formats.dwp import DWP
from ims_ingest.formats.ereturn import ERETURN
from ims_ingest.formats.layout_files import SHIPPED, read_layouts
from ims_ingest.formats.mt940 import MT940, MT942
from ims_ingest.formats.ofx import OFX
from ims_ingest.formats.pcns_csv import PCNS_CSV
from ims_ingest.formats.records import Format, fault
from ims_ingest.formats.stripe_charges import STRIPE_CHARGES
from ims_ingest.formats.stripe_payout import STRIPE_BALANCE, STRIPE_PAYOUT
from ims_ingest.formats.worldpay import WORLDPAY

type Formats = Mapping[str, Format]

STATEMENTS = (CAMT052, CAMT053, CAMT054, MT940, MT942, BAI2, BANKLINE_DIRECT, OFX, *BANK_CSVS, STATEMENT_CSV)
SETTLEMENTS = (STRIPE_PAYOUT, STRIPE_BALANCE, STRIPE_CHARGES, ADYEN, WORLDPAY)
BACS = (BACS_STD18, BACS_ARUDD, BACS_DDICA, BACS_ADDACS, BACS_AUDDIS, BACS_AWACS, BACS_ARUCS, BACS_INPUT_REPORT)
COLLECTIONS = (DWP, ERETURN, *read_layouts(SHIPPED))
FORMATS: Formats = {each.name: each for each in (ACCOUNTS_CSV, ACCOUNTS_JSON, PCNS_CSV, *COLLECTIONS, *BACS, *STATEMENTS, *SETTLEMENTS)}
# Whatever marks a format is within this: a header line, the root element, the first row.
HEAD_BYTES = 65_536


def formats_with(layouts: Path | None) -> Formats:
    """Every format that is read, with a council's own layouts, each in place of ours of its name. Raises FileWrong, or OSError."""
    return FORMATS if layouts is None else {**FORMATS, **{each.name: each for each in read_layouts(layouts)}}


def detect(stream: BinaryIO, named: str | None = None, formats: Formats = FORMATS) -> Format | Fault:
    """The one format that the file's beginning is in (or the one that is named); a fault if there is none, or several."""
    if named is not None:
        return formats.get(named) or fault(None, f"no format is called {named[:64]}", "name one of those that the page of ingest lists")
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    # A header that explains itself is believed where no format knows the file better.
    found = [each for each in formats.values() if each is not STATEMENT_CSV and each.looks_like(head)]
    found = found or [each for each in (STATEMENT_CSV,) if each.looks_like(head)]
    if len(found) == 1:
        return found[0]
    if found:
        names = " or ".join(each.name for each in found)
        return fault(1, f"the file could be {names}", "say which it is")
    ask = "send it in a format that ingest's page lists, or describe its own by a layout"
    return fault(1, "the file is in no format that is known here", ask)
