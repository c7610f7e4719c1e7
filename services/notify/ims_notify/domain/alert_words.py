"""What an alert says to officers: what happened, where, and what to do; and how mail, Slack and Teams take it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from ims_notify.domain.alerting import LASTING, Kind, Saying

NOTICES_MAX = 20


class Words(NamedTuple):
    """Of one kind of alert; `{subject}`, `{count}` and `{detail}` are put in."""

    one: str
    more: str
    to_do: str
    ended: str = ""


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
    ),
    "statement-unproved": Words(
        "A statement of {subject} does not prove",
        "{count} statements of {subject} do not prove",
        "Open the break in reconcile, and ask the bank for the statement again or explain the difference.",
        "The statements of {subject} prove",
    ),
    "duplicate": Words(
        "Something was paid twice by {subject}",
        "{count} things were paid twice by {subject}",
        "Look at the cases of the alert, and give back in allocation what was meant once; if there are many, ask the provider whether it"
        " collected a batch twice.",
    ),
    "delivery-failed": Words(
        "{subject} could not be told of something, and is not tried any more",
        "{subject} could not be told {count} times, and is not tried any more",
        "Look at the failed deliveries in notify for the reason, mend it, and ask for them again.",
    ),
    "lines-rejected": Words(
        "{subject} did not take everything that it was sent",
        "{subject} answered {count} times that it did not take everything",
        "Look in allocation at the rejected lines of {subject}: decide what is in suspense, and settle those that are open.",
    ),
    "suspense-high": Words(
        "There is much in suspense: {detail}",
        "There is ever more in suspense: {detail}",
        "Look at the suspense list in allocation, the largest amounts first, and decide where they belong.",
        "What is in suspense is below the threshold again",
    ),
    "suspense-old": Words(
        "A payment has been in suspense for {detail}",
        "A payment has been in suspense for {detail}",
        "Look at the suspense list in allocation, the oldest first, and decide where it belongs or give it back.",
        "Nothing in suspense is too old any more",
    ),
    "breaks-high": Words(
        "Much is open at the bank: {detail}",
        "Ever more is open at the bank: {detail}",
        "Look at the open breaks in reconcile by kind: many of one kind have one cause, often a file that is missing.",
        "What is open at the bank is below the threshold again",
    ),
    "breaks-old": Words(
        "A break at the bank has been open for {detail}",
        "A break at the bank has been open for {detail}",
        "Look at the open breaks in reconcile, the oldest first, and explain or mend it.",
        "No break at the bank is too old any more",
    ),
    "deliveries-waiting": Words(
        "{subject} does not take what it is to be told: {detail}",
        "{subject} does not take what it is to be told: {detail}",
        "Ask who runs {subject} whether it is up; nothing is lost, and it is tried again by itself.",
        "{subject} takes what it is told again",
    ),
    "run-late": Words(
        "The run of {subject} of {detail} has not been made",
        "The run of {subject} of {detail} has not been made",
        "Ask the operator to look at notify's health and log: its background work says why.",
        "The run of {subject} has been made",
    ),
    "service-silent": Words(
        "Nothing has been heard of {subject} since {detail}",
        "Nothing has been heard of {subject} since {detail}",
        "Ask the operator to look at the health and log of {subject}; what it has not told yet is not lost.",
        "{subject} is heard of again",
    ),
    "set-aside": Words(
        "Messages that {subject} could not handle are set aside: {detail}",
        "Ever more messages that {subject} could not handle are set aside: {detail}",
        "Ask the operator to look at the dead letters of {subject}, and to try them again once the cause is mended.",
        "No message is set aside any more",
    ),
}


class Notice(NamedTuple):
    """An alert in words, without any payer's data."""

    title: str
    to_do: str
    """Empty where nothing is left to do."""

    @property
    def text(self) -> str:
        return f"{self.title}. {self.to_do}".strip()


class Digest(NamedTuple):
    """All that one receiver is told at once."""

    council: str
    """Its name."""
    notices: list[Notice]
    more: int = 0
    """How many there are besides."""

    @property
    def subject(self) -> str:
        if len(self.notices) == 1:
            return f"{self.council}: {self.notices[0].title}"
        return f"{self.council}: {len(self.notices) + self.more} things to look at"

    @property
    def lines(self) -> list[str]:
        rest = [f"And {self.more} more: see the list of alerts in notify."] if self.more else []
        return [each.text for each in self.notices] + rest


def notice(kind: Kind, subject: str, count: int, said: Saying, detail: str = "") -> Notice:
    """What officers read. A name comes from outside: no line of its own, and nothing that a terminal or a header would obey."""
    words, subject = WORDS[kind], "".join(each if each.isprintable() else " " for each in subject)
    template = words.ended if said == "ended" else words.one if count == 1 else words.more
    title = template.format(subject=subject, count=count, detail=detail)
    again = "Still: " if kind in LASTING else "More: "
    begin = again if said == "again" else ""
    return Notice(f"{begin}{title}", "" if said == "ended" else words.to_do.format(subject=subject))


def digest(council: str, notices: Sequence[Notice]) -> Digest:
    """As many as are read; the rest are in the list."""
    return Digest(council, list(notices[:NOTICES_MAX]), max(len(notices) - NOTICES_MAX, 0))


def slack(said: Digest) -> dict[str, Any]:
    """The body of an incoming webhook of Slack. `&`, `<` and `>` command there (`<!channel>` rings everybody), so they are escaped."""
    text = "\n".join([said.council, *(f"• {line}" for line in said.lines)])
    return {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}


def teams(said: Digest) -> dict[str, Any]:
    """The body of a Teams workflow that posts what its webhook receives: a message with one Adaptive Card."""
    blocks = [block(said.subject, weight="Bolder"), *(block(line) for line in said.lines)]
    card = {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": blocks}
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}],
    }


def block(text: str, **looks: str) -> dict[str, Any]:
    return {"type": "TextBlock", "text": plain(text), "wrap": True} | looks


def plain(text: str) -> str:
    """Without what a card takes for a link or an emphasis: a name in it comes from outside."""
    return text.translate(dict.fromkeys(map(ord, "[]*_"), " "))


def mail(said: Digest) -> tuple[str, str]:
    """Subject and text."""
    return said.subject, "\n\n".join([said.council, *said.lines]) + "\n"


def written(said: Digest) -> dict[str, Any]:
    """As it is kept, and shown."""
    return {"council": said.council, "notices": [each._asdict() for each in said.notices], "more": said.more}


def read(kept: dict[str, Any]) -> Digest:
    """What was kept."""
    return Digest(kept["council"], [Notice(**each) for each in kept["notices"]], kept["more"])
