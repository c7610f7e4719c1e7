"""The words in which officers are told what the codes of placements, suspense, evidence and reversals mean."""

WORDS = {
    "account": "put on the account that its reference names",
    "discount": "settled the penalty at the discount",
    "full": "settled the penalty",
    "part": "paid part of the penalty",
    "late-discount": "was the discount amount, too late: it paid part of the penalty",
    "over": "settled the penalty, and more than was owed is due back",
    "duplicate": "came for a penalty already settled: due back",
    "closed": "came for a cancelled penalty: due back",
    "with-agent": "was taken for a penalty that an enforcement agent collects, to be forwarded",
    "refund-due": "is due back",
    "reversed": "went back: nothing of it counts any more",
    "refunded": "was refunded",
}
CHANNELS = {
    "web": "on the web",
    "telephone": "by telephone",
    "agent": "at a shop or post office",
    "bank-transfer": "by bank transfer",
    "standing-order": "by standing order",
    "direct-debit": "by Direct Debit",
    "cheque": "by cheque",
    "cash": "in cash",
    "benefit-deduction": "as a deduction from benefit",
}
"""How money came."""
DUE = {
    "over": "it is more than was owed",
    "duplicate": "the penalty was already settled",
    "closed": "the penalty is cancelled",
}
"""Why a rule says that money is due back."""
NEARLY = {
    "reference-fits": "its reference is what is typed",
    "one-character-off": "one character of its reference is typed otherwise",
    "neighbours-swapped": "two neighbouring characters of its reference are swapped",
    "reference-in-narrative": "its reference is in the narrative",
}
"""What speaks for an account of which nothing was weighed."""
BACK = {
    "direct-debit-returned": "the Direct Debit was returned",
    "direct-debit-indemnity": "the payer's bank claimed the Direct Debit back",
    "cheque-returned": "the cheque was returned",
    "chargeback-lost": "the card's holder disputed it, and won",
    "import-reversed": "the file that told of it was taken back",
    "told-by-file": "a file explains the bank's line",
    "refund-sent": "it was refunded",
}
"""Why money went back."""
FOUND = {
    "reference-repaired": "put on the account whose reference it is but for one keying error",
    "reference-and-evidence": "put on the account that its reference names, and for which more speaks",
    "payer-and-evidence": "put on the account that its payer is known to pay",
}
"""What is said of an account's payment that was placed by such a rule."""
HOW = {
    "second-key": "its vehicle and the amount name it",
    "several-references": "what the penalties that it names cost comes to its amount",
    "reference-repaired": "its reference was put right: one keying error",
    "reference-and-evidence": "its reference names it, and more speaks for it",
}
"""How a penalty was found, where its reference does not simply name it."""
PENALTIES = {"discount", "full", "part", "late-discount", "over", "duplicate", "closed", "with-agent"}
STAGES = {
    "charge-certificate": ", after the charge certificate",
    "registered": ", after its registration with the court",
    "closed": ", though its back office has closed it",
}
"""When a penalty was paid, where that was not while its notice ran."""
NOT_TAKEN = {
    "unknown-fund": "the council has no such fund, or it is closed",
    "unknown-method-of-payment": "the council takes no money by that method of payment",
    "above-fund-maximum": "it is more than the fund takes at once",
    "above-method-maximum": "it is more than is taken at once by that method of payment",
    "below-method-minimum": "it is less than is taken by that method of payment",
    "reference-invalid": "it is not a reference of that fund: look for a mistyped character",
    "account-not-found": "no account of that reference is known: look for a mistyped character, or try again tomorrow",
    "account-on-stop": "its back office asks that no payment be taken without its word",
}
"""Why a payment may not be taken."""
REASONS = {
    "account-awaited": "the reference is valid, and its account is not known yet",
    "wait-over": "the reference is valid, but its account has not become known for too long",
    "unknown-reference": "the reference fails its check digit",
    "invalid-reference": "the reference is of no fund's shape",
    "no-reference": "there is nothing to go by",
    "no-event": "only the settlement knows of it",
    "other-council": "the reference is another council's",
    "wrong-fund": "the reference is of another fund than the one that was paid",
    "several-accounts": "it names several accounts, and the amount does not say how to share it",
    "not-open": "the account that it names is not open",
    "ambiguous": "what is given does not say enough to be sure of one account",
    "needs-person": "a rule leaves it to a person",
    "payment-awaited": "money went back of a payment that is not known",
    "overdrawn": "more went back than ever came",
    "unknown-fund": "the fund that was stated is none of the council's, or closed",
    "basket-differs": "what was stated line by line does not come to the amount",
    "vat-code-not-allowed": "the VAT code that was stated is another than the fund's, which lets no line differ",
    "unknown-vat-code": "the VAT code that was stated is none of the council's",
    "method-takes-no-fee": "a fee was stated, and its method of payment takes none",
    "fee-alone": "a fee was stated, and nothing that it is for",
    "left-by-officer": "an officer left the rest of it here, or took it off its account",
}

SAID = {
    "reference-exact": "the reference is written as its own",
    "substituted": "one character is another than in its reference",
    "swapped": "two neighbouring characters of its reference are swapped",
    "dropped": "a character of its reference is missing",
    "inserted": "there is a character more than in its reference",
    "reference-differs": "what is typed is another number",
    "payer-known": "the payer's bank account is known to pay it, as two people said",
    "payer-learned": "the payer's bank account paid it before, as an officer decided and nobody confirmed",
    "amount-is-due": "the amount is one that it owes",
    "amount-is-instalment": "the amount is its instalment",
    "amount-is-not-due": "the amount is none that it owes",
    "nothing-due": "it owes nothing",
    "name-agrees": "the payer has its holder's surname",
    "name-differs": "the payer has another name than its holder",
    "vehicle": "the vehicle is its own",
    "vehicle-differs": "the vehicle is another",
    "words-agree": "the words name its kind of debt",
    "words-of-another-debt": "the words name another kind of debt",
}
WAYS = {"repaired": "putting references right", "by-payer": "placing by the payer alone"}
"""The ways of placing without a person that can be stopped."""
HELD_BY = {
    "not-open": "an account that is not open is never chosen automatically",
    "not-sure": "that is less than finance asks for",
    "no-second-fact": "nothing but the reference speaks for it",
    "other-number": "its payer alone points at it, and what is typed is another number",
    "payer-alone": "nothing but its payer's history speaks for it",
    "repair-off": "finance has not switched automatic repair on for it",
    "repair-stopped": "automatic repair is stopped for it: too many were wrong, or an officer stopped it",
    "by-payer-off": "finance lets no payment to it be placed by its payer without a reference",
    "by-payer-stopped": "placing by the payer alone is stopped for it: too many were wrong, or an officer stopped it",
}
