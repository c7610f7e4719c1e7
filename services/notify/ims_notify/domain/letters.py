"""What a receipt says, in the payer's language: words from a template, facts from the payment, and no link."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from ims_notify.domain.attempts import Due
from ims_notify.domain.facts import ATTENDED, receipt_id, receipt_number

# A cheque or a Direct Debit is not paid before the payer's bank has honoured it.
PROVISIONAL = frozenset({"cheque", "direct-debit"})
# Zero-rated, exempt, outside the scope: there is nothing of VAT in it. Of the others the invoice says how much.
VAT_FREE = frozenset({"Z", "E", "O"})


class Words(NamedTuple):
    """One language's sentences: `lines` by name, and the words of lists that grow."""

    language: str
    lines: Mapping[str, str]
    outcomes: Mapping[str, str]
    methods: Mapping[str, str]
    reversals: Mapping[str, str]
    months: list[str]
    version: str = ""
    """Of these very words."""


class Council(NamedTuple):
    """Who writes, in one language."""

    name: str
    enquiries: str
    funds: Mapping[str, str]
    words: Words
    vat_number: str | None = None

    def said(self) -> dict[str, object]:
        """All that its letters are made of besides a payment's facts."""
        words = {name: value for name, value in self.words._asdict().items() if name != "version"}
        return {"name": self.name, "enquiries": self.enquiries, "funds": self.funds, "vat_number": self.vat_number, "words": words}


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


def write(due: Due, council: Council) -> Letter:
    """The receipt in words. It says only what is true at any time: the money has come, and where it went."""
    words, line = council.words, council.words.lines
    opening = line["opening_provisional" if due.paid_by in PROVISIONAL else "opening"]
    sections = [
        [council.name],
        [line["opening_copy"], opening] if due.kind == "copy" else [opening],
        particulars(due, council),
        [*outcome(due, council), *vat(due, council)],
        [line["enquiries"].format(enquiries=council.enquiries), line["no_links"]],
    ]
    return Letter(
        words.language,
        line["subject"].format(number=number(due), council=council.name),
        "\n\n".join("\n".join(section) for section in sections if section) + "\n",
        "\n".join([f"{council.name}: {opening}", *particulars(due, council), *outcome(due, council), *vat(due, council)]),
        fields(due, council),
        words.version,
    )


def number(due: Due) -> str:
    """The number of the payment's one receipt: also on what is told of it later."""
    return receipt_number(receipt_id(due.council, due.payment_id))


def fields(due: Due, council: Council) -> dict[str, str]:
    """What a letter says, one by one; what is not known is empty."""
    words = council.words
    return {
        "council": council.name,
        "enquiries": council.enquiries,
        "number": number(due),
        "amount": pounds(due.amount_pence),
        "paid_on": day(due.paid_on, words),
        "method": words.methods.get(due.paid_by, words.lines["method_other"]),
        "fund": council.funds.get(due.fund or "", ""),
        "account_reference": due.account_reference or due.account_references or "",
        "outcome": "\n".join(outcome(due, council)),
        "vat": "\n".join(vat(due, council)),
    }


def particulars(due: Due, council: Council) -> list[str]:
    """The facts, one to a line: amount, day, how, which account, which receipt."""
    return [council.words.lines["amount"].format(amount=pounds(due.amount_pence)), *payment_meant(due, council)]


def payment_meant(due: Due, council: Council) -> list[str]:
    """Which payment it is about, whatever is said of it."""
    words, line = council.words, council.words.lines
    facts = [
        line["paid_on"].format(date=day(due.paid_on, words)),
        line["method"].format(method=words.methods.get(due.paid_by, line["method_other"])),
    ]
    if due.account_reference:
        fund = council.funds.get(due.fund or "")
        pattern = line["account" if fund else "account_unnamed"]
        facts.append(pattern.format(fund=fund, account_reference=due.account_reference))
    elif due.outcome == "suspended" and due.reference:
        facts.append(line["reference"].format(reference=due.reference))
    facts.append(line["number"].format(number=number(due)))
    return facts


def outcome(due: Due, council: Council) -> list[str]:
    """What became of the money: what is closed, what is left, and what goes back, and which way."""
    words, line = council.words, council.words.lines
    told = [words.outcomes.get(due.outcome or "", line["outcome_other"])]
    if due.account_references:
        told = [line["several"].format(account_references=due.account_references)]
    # What an agent collects has the agent's fees in it, which we do not know: no balance then.
    if due.balance_pence and due.balance_pence > 0 and due.outcome != "with-agent":
        told.append(left_to_pay(due.balance_pence, due.next_due_on, words))
    if due.refund_due_pence:
        told.append(line["refund"].format(refund=pounds(due.refund_due_pence)))
        told.append(line["refund_back"] if due.paid_by in ATTENDED else line["refund_ask"])
    return told


def vat(due: Due, council: Council) -> list[str]:
    """The statement of VAT: how much is in it, or that there is none; nothing where that is not known."""
    line = council.words.lines
    if due.vat_pence:
        said = [line["vat"].format(vat=pounds(due.vat_pence))]
        return [*said, line["vat_number"].format(number=council.vat_number)] if council.vat_number else said
    return [line["no_vat"]] if due.vat_pence == 0 or due.vat_code in VAT_FREE else []


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
