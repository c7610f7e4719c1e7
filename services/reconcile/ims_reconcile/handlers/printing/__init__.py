"""Shows what was asked for in the form that was asked for: the same figures in each."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from fastapi import Request, Response

from ims_reconcile.handlers.printing.document import Document, Section
from ims_reconcile.handlers.printing.html import POLICY, page_of
from ims_reconcile.handlers.printing.pdf import pdf_of
from ims_reconcile.handlers.printing.rows import csv_of, parquet_of

__all__ = ["POLICY", "Document", "Form", "Section", "form_of", "shown"]

type Form = Literal["json", "html", "csv", "pdf", "parquet"]


class Made(NamedTuple):
    """How a form is made, and what it is called."""

    media_type: str
    of: Callable[[Document], str | bytes]
    headers: Mapping[str, str] = {}


FORMS: dict[str, Made] = {
    "html": Made("text/html; charset=utf-8", page_of, POLICY),
    "csv": Made("text/csv; charset=utf-8", csv_of),
    "pdf": Made("application/pdf", pdf_of),
    "parquet": Made("application/vnd.apache.parquet", parquet_of),
}
MEDIA = {"application/json": "json"} | {made.media_type.partition(";")[0]: name for name, made in FORMS.items()}


def form_of(request: Request, asked: str | None, others: Mapping[str, str] = {}) -> str:
    """What `?format=` says, or the first of the media types accepted that we make, or of `others`; else JSON."""
    if asked:
        return asked
    accepted = [each.partition(";") for each in request.headers.get("accept", "").split(",")]
    ranked = [kind.strip().lower() for kind, _, parameters in sorted(accepted, key=lambda each: -weight(each[2]))]
    known = {**MEDIA, **others}
    return next((known[kind] for kind in ranked if kind in known), "json")


def weight(parameters: str) -> float:
    """How much a media type is wanted: its `q`."""
    said = next((each.strip()[2:] for each in parameters.split(";") if each.strip().startswith("q=")), "1")
    try:
        return float(said)
    except ValueError:
        return 0


async def shown(document: Document, form: str) -> Response:
    """The document. Beside the event loop, since a long one takes a while."""
    made = FORMS[form]
    content: Any = await asyncio.to_thread(made.of, document)
    kept = {} if form == "html" else {"Content-Disposition": f'attachment; filename="{document.file_name}.{form}"'}
    return Response(content, media_type=made.media_type, headers={**made.headers, **kept, "Vary": "Accept"})
