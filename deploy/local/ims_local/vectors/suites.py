"""Every suite of the predecessor's vectors: how it is run here, or why it is not."""

from ims_local.vectors import amounts, arriving, files, giving_back, govuk_pay, moving, references, returns, rules
from ims_local.vectors.running import Suite

LEFT_OUT = {
    "account_fund_message": "A stop is the back office's word on an account; there is no table of messages that it could name wrongly.",
    "address_format": "A postal address is told to whoever prints the letter line by line; nothing writes it in one line.",
    "csv_export": "There is no search screen to export from; facts are told on topics, and answers are JSON.",
    "end_of_day": "Days are dates; nothing is searched for by an instant that stands for the end of one.",
    "reference_hash_md5": "Addresses of pages are not protected by an unsalted hash; we make none.",
    "user_expiry": "People and their passwords are the identity provider's.",
}
SUITES: dict[str, Suite | str] = {
    **references.SUITES,
    **amounts.SUITES,
    **rules.SUITES,
    **moving.SUITES,
    **giving_back.SUITES,
    **files.SUITES,
    **returns.SUITES,
    **govuk_pay.SUITES,
    **arriving.SUITES,
    **LEFT_OUT,
}
