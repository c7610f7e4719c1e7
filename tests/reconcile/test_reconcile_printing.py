"""What is printed and exported says the same in every form; each is read back by another program than ours where there is one."""

import csv
import io
from typing import Any

import httpx
import pytest
from arro3.io import read_parquet
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from pypdf import PdfReader

from ims_reconcile.handlers.printing import Document, Section
from ims_reconcile.handlers.printing.document import said
from ims_reconcile.handlers.printing.html import page_of
from ims_reconcile.handlers.printing.pdf import pdf_of
from ims_reconcile.handlers.printing.rows import csv_of, parquet_of
from reconcile.anytown_bank import ACCOUNT, COUNCIL, DAY, line
from reconcile.reconcile_world import World
from reconcile.two_officers import FACTS, NEXT, closed, sheet

PATH = f"/v1/days/{ACCOUNT}/{DAY}"


def squeezed(text: str) -> str:
    """Without white space, which a page breaks as it likes."""
    return "".join(text.split())


def text_of(pdf: bytes) -> str:
    return squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def rows_in(parquet: bytes) -> list[dict[str, Any]]:
    table = read_parquet(io.BytesIO(parquet)).read_all()
    columns = {name: table[name].to_pylist() for name in table.schema.names}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def of(rows: list[dict[str, Any]], is_record: bool = False) -> Document:
    return Document("Sheet of 1, today", "A note", {"council": COUNCIL}, [Section("a", "A", rows, is_record), Section("b", "B", [])])


async def test_a_closed_day_says_the_same_in_every_form(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(FACTS)
    await world.settle()
    await closed(client)
    await world.hear([line("late", -900, "770001020")])
    await world.settle()
    for day in (DAY, NEXT):
        found = await sheet(client, day)
        shown = [(section, name, value) for section, rows in found.items() if isinstance(rows, list) and not section.endswith("to_date")
                 for row in rows for name, value in row.items()]  # fmt: skip
        forms = {form: (await client.get(f"/v1/days/{ACCOUNT}/{day}", params={"council": COUNCIL, "format": form})).content
                 for form in ("html", "pdf", "csv", "parquet")}  # fmt: skip
        page = squeezed(html.fromstring(forms["html"]).text_content())
        text = text_of(forms["pdf"])
        assert len(shown) > 40
        first, *_, last = found["movement"][0]
        assert (first, last) == ("brought_forward_pence", "carried_forward_pence")
        assert all([*row][:4] == ["is_counted", "source", "method_of_payment", "fee_account"] for row in found["settled"])
        for section, name, value in shown:
            assert squeezed(said(name, value)) in page, (section, name)
            assert squeezed(said(name, value)) in text, (section, name)
        wanted = sorted((section, name, "" if value is None else str(value)) for section, name, value in shown)
        rows = list(csv.DictReader(io.StringIO(forms["csv"].decode())))
        assert sorted((row["section"], row["name"], row["value"]) for row in rows if row["section"] != "sheet") == wanted
        filed = [row for row in rows_in(forms["parquet"]) if row["section"] != "sheet"]
        assert sorted((row["section"], row["name"], row["value"] or "") for row in filed) == wanted
        assert all(str(row["pence"]) == row["value"] for row in filed if row["pence"] is not None)


@pytest.mark.parametrize(("accept", "media_type"), [
    ("application/pdf", "application/pdf"),
    ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
    ("text/csv;q=0.5, application/pdf;q=0.9", "application/pdf"),
    ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
    ("text/html;q=none", "text/html; charset=utf-8"),
    ("*/*", "application/json"),
    ("image/png", "application/json"),
])  # fmt: skip
async def test_the_form_is_what_is_accepted(client: httpx.AsyncClient, accept: str, media_type: str) -> None:
    answer = await client.get(PATH, params={"council": COUNCIL}, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    asked = await client.get(PATH, params={"council": COUNCIL, "format": "csv"}, headers={"Accept": accept})
    assert asked.headers["content-type"] == "text/csv; charset=utf-8"


async def test_an_account_of_strange_letters_makes_no_strange_head(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/v1/days/%22%0d%0aX: y/{DAY}", params={"council": COUNCIL, "format": "pdf"})
    assert answer.headers["content-disposition"] == 'attachment; filename="control-sheet-of----x--y--2026-03-18.pdf"'


def test_a_pdf_is_the_same_bytes_and_goes_on_over_pages_under_its_head() -> None:
    long = of([{"source": f"source {number}", "amount_pence": number} for number in range(200)])
    assert pdf_of(long) == pdf_of(long)
    pages = PdfReader(io.BytesIO(pdf_of(long))).pages
    assert len(pages) > 3
    assert all("Source" in page.extract_text() for page in pages[:-1])
    assert "£1.99" in text_of(pdf_of(long))


def test_a_pdf_has_letters_of_wales_without_what_its_font_lacks() -> None:
    text = text_of(pdf_of(of([{"closed_by": "Siân Ŵyn 漢"}])))
    assert squeezed("Siân Wyn ?") in text


@given(st.text(max_size=60), st.booleans())
def test_no_text_breaks_a_form_or_becomes_more_than_text(text: str, is_record: bool) -> None:
    document = of([{"narrative": text, "<b>name</b>": f"<script>{text}"}], is_record)
    assert pdf_of(document).startswith(b"%PDF-")
    assert "<script" not in page_of(document)
    assert "<b>" not in page_of(document)
    assert not any(cell[:1] in ("=", "+", "-", "@") for row in csv.reader(io.StringIO(csv_of(document), newline="")) for cell in row)
    assert rows_in(parquet_of(document))[0]["value"] == text


def test_of_a_single_section_a_spreadsheet_has_the_rows_themselves() -> None:
    single = Document("T", "", {"council": COUNCIL}, [Section("a", "A", [{"source": "dwp", "pence": 5}])])
    assert csv_of(single).splitlines() == ["council,source,pence", f"{COUNCIL},dwp,5"]
    assert csv_of(single._replace(sections=[Section("a", "A", [])])).splitlines() == ["council"]
