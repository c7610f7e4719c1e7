"""Which format a file is in, by its content."""

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from ims_contracts.remittances import Fault
from ims_ingest.formats.accounts_csv import ACCOUNTS_CSV
from ims_ingest.formats.camt053 import CAMT053
from ims_ingest.formats.dwp import DWP
from ims_ingest.formats.ereturn import ERETURN
from ims_ingest.formats.layout_files import SHIPPED, read_layouts
from ims_ingest.formats.pcns_csv import PCNS_CSV
from ims_ingest.formats.records import Format, fault
from ims_ingest.formats.stripe_payout import STRIPE_PAYOUT

type Formats = Mapping[str, Format]

CODED = (ACCOUNTS_CSV, PCNS_CSV, CAMT053, STRIPE_PAYOUT, DWP, ERETURN)
FORMATS: Formats = {each.name: each for each in (*CODED, *read_layouts(SHIPPED))}
# Whatever marks a format is within this: a header line, the root element, the first row.
HEAD_BYTES = 65_536


def formats_with(layouts: Path | None) -> Formats:
    """Every format that is read, with a council's own layouts, each in place of ours of its name. Raises LayoutWrong, or OSError."""
    return FORMATS if layouts is None else {**FORMATS, **{each.name: each for each in read_layouts(layouts)}}


def detect(stream: BinaryIO, named: str | None = None, formats: Formats = FORMATS) -> Format | Fault:
    """The one format that the file's beginning is in (or the one that is named); a fault if there is none, or several."""
    if named is not None:
        return formats.get(named) or fault(None, f"no format is called {named[:64]}", f"name one of {', '.join(formats)}")
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    found = [each for each in formats.values() if each.looks_like(head)]
    if len(found) == 1:
        return found[0]
    if found:
        names = " or ".join(each.name for each in found)
        return fault(1, f"the file could be {names}", "say which it is")
    return fault(1, "the file is in no format that is known here", f"send one of {', '.join(formats)}")
