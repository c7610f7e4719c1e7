"""Which words a delivery is written in: a receipt or a copy of it, or one of the notices beside it."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from ims_notify.domain.attempts import Due
from ims_notify.domain.letters import (
    Council,
    Letter,
    day,
    fields,
    left_to_pay,
    number,
    outcome,
    particulars,
    payment_meant,
    pounds,
    write,
)

KINDS = ("receipt", "copy", "placement", "refund-sent", "taken-back")


def letter_of(due: Due, councils: Mapping[tuple[str, str], Council]) -> Letter | None:
    """What is sent, in its reader's language, in English where we have no other; none for a council we have no words of."""
    council = councils.get((due.council, due.language or "en")) or councils.get((due.council, "en"))
    if council is None:
        return None
    return write(due, council) if due.kind in ("receipt", "copy") else notice(due, council)


def notice(due: Due, council: Council) -> Letter:
    """A notice: what happened, to which payment, and what it means."""
    words, line = council.words, council.words.lines
    said = {"placement": placement, "refund-sent": refund_sent, "taken-back": taken_back}[due.kind](due, council)
    about = particulars(due, council) if due.kind == "placement" else payment_meant(due, council)
    sections = [[council.name], said, about, [line["enquiries"].format(enquiries=council.enquiries), line["no_links"]]]
    return Letter(
        words.language,
        line[f"subject_{due.kind}"].format(number=number(due), council=council.name, amount=pounds(due.amount_pence)),
        "\n\n".join("\n".join(section) for section in sections) + "\n",
        "\n".join([f"{council.name}: {said[0]}", *said[1:], *about]),
        fields(due, council) | {"outcome": "\n".join(said)},
        words.version,
    )


def placement(due: Due, council: Council) -> list[str]:
    return [council.words.lines["opening_placement"], *outcome(due, council)]


def refund_sent(due: Due, council: Council) -> list[str]:
    line, told = council.words.lines, facts_of(due)
    on = day(date.fromisoformat(told["on"]), council.words)
    return [line["refund_sent"].format(refund=pounds(due.amount_pence), date=on), line["refund_arrives"]]


def taken_back(due: Due, council: Council) -> list[str]:
    words, told = council.words, facts_of(due)
    because = words.reversals.get(told["reason"], words.lines["reversal_other"])
    said = [words.lines["taken_back"].format(amount=pounds(due.amount_pence), reason=because), words.lines["taken_back_counts"]]
    balance_pence = told.get("balance_pence")
    return [*said, left_to_pay(balance_pence, None, words)] if balance_pence and balance_pence > 0 else said


def facts_of(due: Due) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(due.facts or "{}")
    return found
