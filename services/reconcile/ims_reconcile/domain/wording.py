"""The words in which officers are told what breaks are, and amounts in pounds."""

BROKEN = {
    "settlement-without-bank-line": "a payout that is not at the bank",
    "remittance-without-bank-line": "a file that is not at the bank",
    "payment-without-settlement": "a payment that its provider has not paid over",
    "payment-without-bank-line": "a payment that is not at the bank",
    "bank-line-unexplained": "a bank line whose file is not here",
    "settlement-without-payment": "a payment in a payout that nobody told of",
    "amount-differs": "a bank line of another amount than what it is for",
    "settlement-amount": "a payment that its provider paid over with another amount",
    "fee-differs": "a bank line that misses its payout by a fee",
    "cash-difference": "cash over or short",
    "out-of-window": "a bank line of an unlikely day",
    "duplicate-line": "a bank line that is there twice",
    "duplicate-file": "a file that came twice",
    "settled-twice": "a payment that was paid over twice",
    "bank-debit-unexplained": "money out that nobody explains",
    "ambiguous": "a bank line that could be several things",
    "reversal-without-payment": "money taken back of a payment that nobody told of",
    "settlement-without-refund": "money taken back in a payout that nobody told of",
    "dispute-won": "a dispute that was won, and whose money is told as taken back",
    "balance": "a statement that does not prove",
    "opening": "a statement that does not follow from the one before",
    "remittance-refused": "a file that was refused",
    "remittance-total": "a file of which not all came as it says",
    "remittance-unplaced": "a file of which not all is on accounts or in suspense",
    "settlement-total": "a payout that is not what its rows come to",
    "settlement-incomplete": "a payout of which rows are missing",
    "statement-incomplete": "a statement of which lines or pages are missing",
    "run-rejected": "lines that a back office rejected",
    "run-total": "an answer of a back office that is not of what it was sent",
    "sequence-gap": "a statement that is missing",
    "file-conflict": "a file that another contradicts",
    "file-late": "a file that has not come",
    "run-unanswered": "lines that a back office has not answered",
    "currency": "a file that is not in pounds",
    "wrong-account": "a bank line on another of the council's accounts",
    "payout-failed": "a payout that failed",
    "late-line": "a bank line that came after its day was closed",
    "closed-account": "payments for accounts that are not open",
    "low-evidence": "payments that do not say whose they are",
}
"""What a break of each kind is of."""

MENDED = "mended by what was heard"
PUT_RIGHT = {
    "came": "a good file of the same name or day came",
    "accepted": "a person took the file in as it is",
    "rejected": "a person rejected the file: nothing of it is ever counted",
    "taken-back": "the file that said otherwise was taken back",
}
"""How a file that was refused, held or contradicted ended to be."""


def broken(kind: str) -> str:
    """A kind in words, and as the filter of breaks takes it."""
    return f"{BROKEN[kind]} ({kind})"


def pounds(pence: int) -> str:
    """As a person writes it, such as -£1,234.56."""
    return f"{'-' if pence < 0 else ''}£{abs(pence) // 100:,}.{abs(pence) % 100:02d}"
