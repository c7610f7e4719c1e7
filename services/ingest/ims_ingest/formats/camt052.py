"""camt.052, what a bank has entered so far today: a later statement shows the same entries, finally."""

from ims_ingest.formats.camt_statement import Message, camt

CAMT052 = camt("camt052", Message("BkToCstmrAcctRpt", "Rpt", is_provable=False))
