"""What payers will read, before they do: a council's words by kind and language, and how they come out."""

import json
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from ims_notify.domain.attempts import Due
from ims_notify.domain.facts import receipt_id
from ims_notify.domain.letters import Council, Letter
from ims_notify.domain.wording import KINDS, letter_of
from ims_notify.doors import Unwelcome, council_of, service_of
from ims_notify.pack import Pack
from ims_notify.store import words
from ims_notify.wordings import LANGUAGES, versioned, words_of

router = APIRouter(prefix="/v1", tags=["templates"])

Version = Annotated[str, Path(pattern="^[0-9a-f]{12}$")]
PAYMENT_ID = UUID(int=1)
ON = date(2026, 3, 16)
# Nobody's payment: what each kind tells of is set to something that shows as much of its words as there is.
EXAMPLE: dict[str, dict[str, Any]] = {
    "receipt": {"outcome": "full", "vat_code": "O"},
    "copy": {"outcome": "full", "vat_code": "O"},
    "placement": {"outcome": "part", "balance_pence": 3500, "next_due_on": date(2026, 4, 14)},
    "refund-sent": {"facts": json.dumps({"on": "2026-03-18"})},
    "taken-back": {"facts": json.dumps({"on": "2026-03-18", "reason": "cheque-returned", "balance_pence": 7000})},
}


class Preview(BaseModel, extra="forbid"):
    """What to show: the example of a kind, with what is said here otherwise; in words that are only tried, if they are given."""

    language: Literal["en", "cy"] = "en"
    outcome: str | None = Field(default=None, max_length=64)
    paid_by: str | None = Field(default=None, max_length=64)
    fund: str | None = Field(default=None, max_length=64)
    balance_pence: int | None = None
    next_due_on: date | None = None
    refund_due_pence: int | None = None
    vat_pence: int | None = None
    words: dict[str, Any] | None = None
    """As they would be in the council pack, under `words` and the language."""


@router.get("/templates")
async def get_templates(request: Request) -> list[dict[str, Any]]:
    """The kinds there are, and in which version the caller's council has its words now."""
    council = council_of(request)
    found = [(language, pack_of(request).councils.get((council, language))) for language in LANGUAGES]
    versions = {language: each.words.version for language, each in found if each}
    return [{"name": kind, "language": language, "version": version} for kind in KINDS for language, version in versions.items()]


@router.get("/templates/words/{version}")
async def get_words(request: Request, version: Version) -> dict[str, Any]:
    """The words of a version in which something was sent, for ever: of the caller's council."""
    found = await words.find(service_of(request).pool, council_of(request), version)
    if found is None:
        raise Unwelcome(404, "There are no words of that version", "Look for `template` in GET /v1/deliveries: the last word of it.")
    language, said, kept_at = found
    return {"version": version, "language": language, "kept_at": kept_at, **json.loads(said)}


@router.post("/templates/{name}/preview")
async def post_preview(request: Request, name: str, preview: Preview) -> dict[str, Any]:
    """How a kind comes out, in every form: subject, text, text message, and the fields for a template at GOV.UK Notify."""
    if name not in KINDS:
        raise Unwelcome(404, "There is no such template", f"There are {', '.join(KINDS)}.")
    council = council_of(request)
    letter = written(name, preview, council, pack_of(request))
    shown = {"language": letter.language, "version": letter.version, "subject": letter.subject, "text": letter.text, "short": letter.short}
    return {"name": name, **shown, "fields": dict(letter.fields)}


def written(name: str, preview: Preview, council: str, pack: Pack) -> Letter:
    """Raises Unwelcome where the council has no words, or those tried do not fit."""
    whose = pack.councils.get((council, preview.language))
    if whose is None:
        raise Unwelcome(404, "There are no words of your council", "Put it into the council pack.")
    if preview.words is not None:
        whose = tried(whose, preview)
    changes = preview.model_dump(exclude_unset=True, exclude={"language", "words"}, exclude_none=True)
    due = example(council, name)._replace(language=preview.language, **EXAMPLE[name])._replace(**changes)
    letter = letter_of(due, {(council, preview.language): whose})
    assert letter is not None
    return letter


def tried(whose: Council, preview: Preview) -> Council:
    try:
        return versioned(whose._replace(words=words_of(preview.language, preview.words or {})))
    except ValueError as fault:
        raise Unwelcome(422, "These words cannot be used", f"{fault}.") from None


def example(council: str, kind: str) -> Due:
    """A payment of a penalty charge that nobody made."""
    return Due(
        receipt_id(council, PAYMENT_ID), council, PAYMENT_ID, kind, "email", "", 1, datetime(2026, 3, 16, 12, tzinfo=UTC), 3500, None,
        "payer@example.org", None, "web", ON, None, "full", "11", "BJ90001186", None, 0, 0, None, None,
    )  # fmt: skip


def pack_of(request: Request) -> Pack:
    pack: Pack = request.app.state.pack
    return pack
