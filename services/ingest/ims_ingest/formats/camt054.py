"""camt.054, the bank's notice of single credits and debits, with what is behind a batch; the batch stays one entry."""

from ims_ingest.formats.camt_statement import Message, camt

CAMT054 = camt("camt054", Message("BkToCstmrDbtCdtNtfctn", "Ntfctn", is_provable=False))
