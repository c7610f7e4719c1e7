"""What a receipt says, in the payer's language: words from a template, facts from the payment, and no link."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from ims_notify.domain.attempts import Due
from ims_notify.domain.facts import receipt_number

# A cheque or a Direct Debit is not paid before the payer's bank has honoured it.
PROVISIONAL = frozenset({"cheque", "direct-debit"})
# Zero-rated, exempt, outside the scope: there is nothing of VAT in it. Of the others the invoice says how much.
VAT_FREE = frozenset({"Z", "E", "O"})


class Council(NamedTuple):
    """Who writes, in one language."""

    name: str
    enquiries: str
    funds: Mapping[str, str]


class Words(NamedTuple):
    """One language's sentences: `lines` by name, and the words of lists that grow."""

    language: str
    lines: Mapping[str, str]
    outcomes: Mapping[str, str]
    methods: Mapping[str, str]
    months: list[str]
    version: str = ""
    """Of these very words."""


class Letter(NamedTuple):
    """What is sent, before any channel's own form."""

    language: str
    subject: str
    text: str
    short: str = ""
    """The same for a telephone's screen."""
    fields: Mapping[str, str] = MappingProxyType({})
    """Its facts by name, for a template that is kept elsewhere."""
    version: str = ""
    """Of the words."""


def letter_of(due: Due, councils: Mapping[tuple[str, str], Council], words: Mapping[str, Words]) -> Letter | None:
    """A receipt in its reader's language, in English where we have no other; none for a council we have no words of."""
    language = due.language if due.language and due.language in words else "en"
    council = councils.get((due.council, language))
    return write(due, council, words[language]) if council else None


def write(due: Due, council: Council, words: Words) -> Letter:
    """The receipt in words. It says only what is true at any time: the money has come, and where it went."""
    line = words.lines
    number = receipt_number(due.delivery_id)
    opening = "opening_provisional" if due.paid_by in PROVISIONAL else "opening"
    sections = [
        [council.name],
        [line[opening]],
        particulars(due, council, words),
        outcome(due, words),
        [line["enquiries"].format(enquiries=council.enquiries), line["no_links"]],
    ]
    return Letter(
        words.language,
        line["subject"].format(number=number, council=council.name),
        "\n\n".join("\n".join(section) for section in sections if section) + "\n",
        "\n".join([f"{council.name}: {line[opening]}", *particulars(due, council, words), *outcome(due, words)]),
        fields(due, council, words),
        words.version,
    )


def fields(due: Due, council: Council, words: Words) -> dict[str, str]:
    """What a letter says, one by one; what is not known is empty."""
    return {
        "council": council.name,
        "enquiries": council.enquiries,
        "number": receipt_number(due.delivery_id),
        "amount": pounds(due.amount_pence),
        "paid_on": day(due.paid_on, words),
        "method": words.methods.get(due.paid_by, words.lines["method_other"]),
        "fund": council.funds.get(due.fund or "", ""),
        "account_reference": due.account_reference or due.account_references or "",
        "outcome": "\n".join(outcome(due, words)),
    }


def particulars(due: Due, council: Council, words: Words) -> list[str]:
    """The facts, one to a line: amount, day, how, which account, which receipt."""
    line = words.lines
    facts = [
        line["amount"].format(amount=pounds(due.amount_pence)),
        line["paid_on"].format(date=day(due.paid_on, words)),
        line["method"].format(method=words.methods.get(due.paid_by, line["method_other"])),
    ]
    if due.account_reference:
        fund = council.funds.get(due.fund or "")
        pattern = line["account" if fund else "account_unnamed"]
        facts.append(pattern.format(fund=fund, account_reference=due.account_reference))
    elif due.outcome == "suspended" and due.reference:
        facts.append(line["reference"].format(reference=due.reference))
    facts.append(line["number"].format(number=receipt_number(due.delivery_id)))
    return facts


def outcome(due: Due, words: Words) -> list[str]:
    """What became of the money: what is closed, what is left, and what goes back."""
    line = words.lines
    told = [words.outcomes.get(due.outcome or "", line["outcome_other"])]
    if due.account_references:
        told = [line["several"].format(account_references=due.account_references)]
    # What an agent collects has the agent's fees in it, which we do not know: no balance then.
    if due.balance_pence and due.balance_pence > 0 and due.outcome != "with-agent":
        told.append(left_to_pay(due.balance_pence, due.next_due_on, words))
    if due.refund_due_pence:
        told.append(line["refund"].format(refund=pounds(due.refund_due_pence)))
    if due.vat_code in VAT_FREE:
        told.append(line["no_vat"])
    return told


def left_to_pay(balance_pence: int, next_due_on: date | None, words: Words) -> str:
    """What is still owed and, where it will grow, from which day."""
    if next_due_on is None:
        return words.lines["balance"].format(balance=pounds(balance_pence))
    return words.lines["balance_grows"].format(balance=pounds(balance_pence), date=day(next_due_on, words))


def pounds(pence: int) -> str:
    """1234567 as £12,345.67; what was taken back has its sign before the pound."""
    sign = "-" if pence < 0 else ""
    return f"{sign}£{abs(pence) // 100:,}.{abs(pence) % 100:02}"


def day(on: date, words: Words) -> str:
    """16 March 2026, in the language of the letter."""
    return f"{on.day} {words.months[on.month - 1]} {on.year}"
