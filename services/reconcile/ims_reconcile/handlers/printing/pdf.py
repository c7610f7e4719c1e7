"""A document as PDF, for the file: the same bytes for the same figures, its fonts in it."""

import io
import unicodedata
from html import escape
from typing import Any

from reportlab.lib.colors import black, whitesmoke
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import CondPageBreak, Flowable, LongTable, Paragraph, SimpleDocTemplate, TableStyle

from ims_reconcile.handlers.printing.document import Document, Section, is_number, said, words

PLAIN, BOLD = "Vera", "VeraBd"
MARGIN = 15 * mm
# So much a frame keeps clear on each side.
FRAME = 6
# A heading with less room than this below it begins a page.
ROOM = 30 * mm
TEXT = ParagraphStyle("text", fontName=PLAIN, fontSize=7, leading=9, splitLongWords=True)
NUMBER = ParagraphStyle("number", TEXT, alignment=2)
NAME = ParagraphStyle("name", TEXT, fontName=BOLD)
HEADING = ParagraphStyle("heading", TEXT, fontName=BOLD, fontSize=10, leading=13, spaceBefore=4 * mm, spaceAfter=1 * mm)
TITLE = ParagraphStyle("title", HEADING, fontSize=14, leading=18)
LINED = TableStyle([("GRID", (0, 0), (-1, -1), 0.4, black), ("VALIGN", (0, 0), (-1, -1), "TOP"), ("BOTTOMPADDING", (0, 0), (-1, -1), 2)])
HEADED = TableStyle([("BACKGROUND", (0, 0), (-1, 0), whitesmoke)], parent=LINED)
FONTS = {name: TTFont(name, f"{name}.ttf") for name in (PLAIN, BOLD)}
for _font in FONTS.values():
    registerFont(_font)


def pdf_of(document: Document) -> bytes:
    """A4 across, a table a section that goes on over pages under its head, each page with title and number."""
    out = io.BytesIO()
    paper = SimpleDocTemplate(
        out, pagesize=landscape(A4), title=document.title, lang="en-GB", invariant=1,
        leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
    )  # fmt: skip

    def footer(canvas: Any, _: Any) -> None:
        canvas.setFont(PLAIN, 7)
        canvas.drawString(MARGIN, MARGIN / 2, printable(f"{document.title}, page {canvas.getPageNumber()}"))

    story: list[Flowable] = [paragraph(document.title, TITLE), paragraph(document.note, TEXT)]
    for section in document.sections:
        story += [CondPageBreak(ROOM), paragraph(section.heading, HEADING), table(section, paper.width - 2 * FRAME)]
    paper.build(story, onFirstPage=footer, onLaterPages=footer)
    return out.getvalue()


def table(section: Section, width: float) -> Flowable:
    """A section's rows; of a record, a line for each of its figures."""
    if not section.rows:
        return paragraph("None.", TEXT)
    if section.is_record:
        lines = [[paragraph(words(key), NAME), cell(key, value)] for key, value in section.rows[0].items()]
        return LongTable(lines, colWidths=[width / 4, width / 2], style=LINED, hAlign="LEFT")
    names = list(section.rows[0])
    body = [[cell(key, value) for key, value in row.items()] for row in section.rows]
    head = [paragraph(words(key), NAME) for key in names]
    return LongTable([head, *body], colWidths=[width / len(names)] * len(names), repeatRows=1, style=HEADED)


def cell(key: str, value: object) -> Paragraph:
    return paragraph(said(key, value), NUMBER if is_number(value) else TEXT)


def paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(printable(text)), style)


def printable(text: str) -> str:
    """Letters that the font lacks, such as ŵ, without their accents; what is still none of its, as a question mark."""
    known = FONTS[PLAIN].face.charToGlyph
    plain = ("".join(part for part in unicodedata.normalize("NFKD", each) if ord(part) in known) or "?" for each in text)
    return "".join(each if ord(each) in known else other for each, other in zip(text, plain, strict=True))
