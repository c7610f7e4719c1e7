"""No card number is kept, whatever it comes in: neither in the database nor in the folders, neither as it is nor packed."""

import gzip
import io
import zipfile
import zlib
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest

from ims_contracts.payments import PaymentReceived
from ims_ingest.formats.unkept import why_not_kept
from ims_ingest.handlers.folders import Watch, look
from ims_ingest.settings import Folder
from ims_ingest.store.files import PIECE_BYTES
from ims_kit.unit import Unit, place
from ingest.ingest_world import COUNCIL, Ingest, allpay, statement
from ingest.test_packed import zipped

CARD, ALMOST = b"4111111111111111", b"411111111111"
DAY = "17/03/2026"
TEXT = allpay([f"{CARD.decode()} 1.00 T {DAY}"])
HEADER = ("CreditorRef", "Scheme", "Benefit", "NINO", "Surname", "CustomerReference", "Initials", "OfficeCode", "PeriodFrom", "PeriodTo",
          "PaymentDate", "Amount", "Sign")  # fmt: skip
STANDARD_18 = (Path(__file__).parents[2] / "samples" / "bacs_std18_dd_earlier.txt").read_bytes()
BANKLINE = (Path(__file__).parents[2] / "samples" / "bankline_direct.txt").read_bytes()


def workbook(*references: object) -> bytes:
    made, written = openpyxl.Workbook(), io.BytesIO()
    sheet = made.active
    assert sheet is not None
    sheet.append(HEADER)
    for reference in references:
        sheet.append(("00123", "CTX", "UC", "QQ123456A", "PLOVER", reference, "A", 100, "", "", "18/03/2026", 405, "+"))
    made.save(written)
    return written.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The same workbook, and something in it that nobody reads."""
    written = io.BytesIO(content)
    with zipfile.ZipFile(written, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, part)
    return written.getvalue()


RUNS = b"<si><r><t>4111 1111 </t></r><r><rPr><b/></rPr><t>1111 1111</t></r></si>"
SPREADSHEETS = [
    workbook(CARD.decode()),
    workbook("my card 4111 1111 1111 1111"),
    workbook(int(CARD)),
    with_part(workbook("770001889"), "xl/comments1.xml", b"<comment><text><t>4111111111111111</t></text></comment>"),
    with_part(workbook("770001889"), "xl/far.xml", b"<si><t>x</t></si>" * 40_000 + RUNS),
]
TEXTS = [TEXT, statement(["1.00 4111-1111-1111-1111"]), b"no format, and 4111111111111111 in it", b"4111111111111111"]
# The digits of the fields beside it are one run with the card number's.
RUN_TOGETHER = [
    TEXT.replace(b" 335   ", b"1234567"),
    STANDARD_18.replace(b"ANYTOWN COUNCIL   770", CARD + b"  770"),
    BANKLINE.replace(b"MRS A EXAMPLE   ", CARD),
]
PACKED = [
    gzip.compress(TEXT, mtime=0),
    zipped(TEXT),
    zipped(gzip.compress(TEXT, mtime=0), statement(["1.00"])),
    zipped(workbook(CARD.decode())),
    zipped(TEXT, b""),
]
# In these nobody can search. In a folder they stay in quarantine, where their sender laid them down.
UNSEARCHED = [
    zipped(TEXT, TEXT)[:-40], gzip.compress(TEXT, mtime=0)[:-4],
    "".join(f"{digit}\0" for digit in CARD.decode()).encode(), b"\0\1\2" + CARD,
    b"PK\x03\x04\n" + CARD, b"\x1f\x8b\x08\n" + CARD,
]  # fmt: skip
SEARCHED = [*TEXTS, *RUN_TOGETHER, *SPREADSHEETS, *PACKED]


def traces(kept: bytes) -> list[str]:
    """Where the number still is: as it is, or after unpacking."""
    found = ["as it is"] if ALMOST in kept or ALMOST in kept.replace(b" ", b"").replace(b"-", b"").replace(b"\0", b"") else []
    if kept.startswith(b"\x1f\x8b\x08"):
        found += ["in a gzip"] if traces(gzip.decompress(kept)) else []
    if kept.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(kept)) as archive:
            found += [f"in {name}" for name in archive.namelist() if traces(archive.read(name))]
    return found


async def in_database(ingest: Ingest) -> list[str]:
    found = []
    for (table,) in await ingest.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        rows = await ingest.service.pool.fetch(f"SELECT to_jsonb(each)::text FROM {table} AS each")
        found += [f"{table}: {trace}" for row in rows for trace in traces(row[0].encode())]
    pieces = await ingest.rows("SELECT content FROM file_piece")
    return found + [f"a piece: {trace}" for (content,) in pieces for trace in traces(zlib.decompress(content))]


@pytest.mark.parametrize("content", [*SEARCHED, *UNSEARCHED])
async def test_a_file_leaves_no_card_number_in_the_database(ingest: Ingest, content: bytes) -> None:
    answer = await ingest.file(content)
    assert answer.status_code in (201, 422)
    assert await ingest.rows("SELECT 1 FROM file")
    assert await in_database(ingest) == []
    assert (await ingest.file(content)).status_code == (200 if answer.status_code == 201 else 422)


@pytest.mark.parametrize("content", SEARCHED)
async def test_nor_in_a_folder(ingest: Ingest, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "inbound").mkdir()
    (tmp_path / "inbound" / "a").write_bytes(content)
    watch = Watch(Folder(path=tmp_path, council=COUNCIL))
    for _ in range(2):
        await look(ingest.service, watch)
    kept = what_lies_in(tmp_path)
    assert kept
    assert not any(name.startswith(("inbound", ".taking")) for name in kept)
    assert {name: traces(content) for name, content in kept.items() if traces(content)} == {}


def what_lies_in(folder: Path) -> dict[str, bytes]:
    return {f"{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_what_is_kept_of_a_text_is_all_but_the_number(ingest: Ingest, tmp_path: Path) -> None:
    for content in RUN_TOGETHER:
        file_id = (await ingest.file(content)).json()["file_id"]
        assert (await ingest.http.get(f"/v1/files/{file_id}/content")).content == content.replace(CARD, b"************1111")
    assert next(fact.reference for fact in await ingest.told(PaymentReceived)) == "************1111"


async def test_what_is_not_kept_is_said_in_words(ingest: Ingest) -> None:
    answer = await ingest.file(SPREADSHEETS[0])
    (fault,) = answer.json()["faults"]
    assert fault["what"] == "the spreadsheet has what looks like a payment card number, which may not be kept"
    assert "take the number out" in fault["what_to_do"]
    gone = await ingest.http.get(f"/v1/files/{answer.json()['file_id']}/content")
    assert (gone.status_code, gone.json()["title"]) == (410, "The file's bytes were not kept")
    assert await ingest.names_told() == {"RemittanceRefused": 1}


async def test_a_spreadsheet_with_a_councils_own_long_numbers_is_taken_in(ingest: Ingest) -> None:
    content = workbook("770001889", "9826120007700005472", "6335970007700005475")
    assert why_not_kept(io.BytesIO(content), False) is None
    assert (await ingest.file(content)).status_code == 201
    assert len(await ingest.told(PaymentReceived)) == 3


async def test_a_number_across_two_pieces_of_what_is_kept_is_gone(ingest: Ingest) -> None:
    await ingest.file(b"x" * (PIECE_BYTES - 8) + CARD + b"\n")
    kept = b"".join([zlib.decompress(each) for (each,) in await ingest.rows("SELECT content FROM file_piece ORDER BY piece")])
    assert traces(kept) == []


async def test_what_is_set_aside_has_none_either(ingest: Ingest) -> None:
    service, number = ingest.service, CARD.decode()
    record = SimpleNamespace(
        topic="ims.inbound.v1", partition=0, offset=7, key=b"portal/" + CARD, value=b'{"payer": "' + CARD + b'"}', headers=[("note", CARD)]
    )
    unit = Unit("ingest", service.pool, service.settings, service.hearings)
    async with service.pool.acquire() as connection:
        assert await unit.set_aside(connection, [record], {place(record): "cannot be read"}) == 1
    ((key, headers, body),) = await ingest.rows("SELECT key, headers, body FROM set_aside")
    assert not any(number in str(each) for each in (key, headers, body))
    assert body == b'{"payer": "************1111"}'
    assert await in_database(ingest) == []
