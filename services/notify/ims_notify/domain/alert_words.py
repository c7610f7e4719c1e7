"""What an alert says to officers: what happened, where, and what to do; and how Slack and Teams take it."""

from typing import Any, NamedTuple

from ims_notify.domain.alerting import LASTING, Kind, Saying


class Words(NamedTuple):
    """Of one kind of alert; `{subject}` and `{count}` are put in."""

    one: str
    more: str
    to_do: str
    ended: str


WORDS: dict[Kind, Words] = {
    "file-late": Words(
        "The file of {subject} has not come",
        "{count} files of {subject} have not come",
        "Ask {subject} whether it was sent, and look in the inbox folder for a file that was set aside.",
        "The file of {subject} has come",
    ),
    "file-refused": Words(
        "A file of {subject} was refused; nothing in it was counted",
        "{count} files of {subject} were refused; nothing in them was counted",
        "Read its faults in ingest, and ask {subject} for a corrected file.",
        "",
    ),
    "statement-unproved": Words(
        "A statement of {subject} does not prove",
        "{count} statements of {subject} do not prove",
        "Open the break in reconcile, and ask the bank for the statement again or explain the difference.",
        "The statements of {subject} prove",
    ),
    "duplicate": Words(
        "A penalty was paid twice by {subject}",
        "{count} penalties were paid twice by {subject}",
        "Approve the refunds in allocation; if there are many, ask the provider whether it collected a batch twice.",
        "",
    ),
    "delivery-failed": Words(
        "{subject} could not be told of a payment, and is not tried any more",
        "{subject} could not be told {count} times, and is not tried any more",
        "Look at the failed deliveries in notify for the reason, mend it, and ask for them again.",
        "",
    ),
}


class Notice(NamedTuple):
    """An alert in words, without any payer's data."""

    title: str
    to_do: str
    """Empty where nothing is left to do."""

    @property
    def text(self) -> str:
        return f"{self.title}. {self.to_do}".strip() if self.to_do else f"{self.title}."


def notice(council: str, kind: Kind, subject: str, count: int, said: Saying) -> Notice:
    """What officers read."""
    words = WORDS[kind]
    template = words.ended if said == "ended" else words.one if count == 1 else words.more
    title = template.format(subject=subject, count=count)
    again = "Still: " if kind in LASTING else "More: "
    begin = again if said == "again" else ""
    return Notice(f"{council}: {begin}{title}", "" if said == "ended" else words.to_do.format(subject=subject))


def slack(notice: Notice) -> dict[str, Any]:
    """The body of an incoming webhook of Slack. `&`, `<` and `>` command there (`<!channel>` rings everybody), so they are escaped."""
    return {"text": notice.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}


def teams(notice: Notice) -> dict[str, Any]:
    """The body of a Teams workflow that posts what its webhook receives: a message with one Adaptive Card."""
    blocks = [{"type": "TextBlock", "text": words, "wrap": True} for words in notice if words]
    card = {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": blocks}
    return {"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}]}
