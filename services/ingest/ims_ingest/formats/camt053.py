"""camt.053, the bank's statement of an account, with balances before and after its entries."""

from ims_ingest.formats.camt_statement import Message, camt

CAMT053 = camt("camt053", Message("BkToCstmrStmt", "Stmt", is_provable=True))
