"""Files that are made to do harm: every reader ends them with a fault, soon, and in little memory."""

import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from fuzz.whole_way import prove, take
from ims_contracts.remittances import Fault
from ims_ingest.domain.cards import Redactor
from ims_ingest.domain.rows import FileHead
from ims_ingest.formats import FORMATS, Format, detect
from ims_ingest.formats.packed import Unpackable, members
from ims_ingest.formats.unkept import why_not_kept
from ingest.ingest_world import SAMPLES
from ingest.test_packed import zipped

GIB = 1 << 30
BYTES_MAX, SECONDS_MAX, LOOKED_AT_MAX, RECORDS_MAX = 40 << 20, 3.0, 64 << 20, 50_000
XML = [name for name in sorted(FORMATS) if name.startswith(("camt", "bacs_")) and name != "bacs_std18"]
SPREADSHEET = "dwp"


class Endless(io.RawIOBase):
    """A beginning, then two gigabytes of the same; none of it is anywhere."""

    def __init__(self, head: bytes, unit: bytes, size: int = 2 * GIB) -> None:
        self.head, self.block, self.size, self.at = head, unit * (65_536 // len(unit)), size, 0

    def rewound(self) -> "Endless":
        self.at = 0
        return self

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset + {0: 0, 1: self.at, 2: self.size}[whence]
        return self.at

    def read(self, size: int | None = -1) -> bytes:
        size = self.size - self.at if size is None or size < 0 else min(size, self.size - self.at)
        assert size < LOOKED_AT_MAX, "all of it was asked for at once"
        given = self.head[self.at : self.at + size]
        start = max(self.at - len(self.head), 0) % len(self.block)
        while len(given) < size:
            given += self.block[start : start + size - len(given)]
            start = 0
        self.at += size
        return given


@cache
def heads() -> dict[str, bytes]:
    """The beginning of a file in each format, up to the middle of a line."""
    found = {}
    for path in [*sorted(SAMPLES.iterdir()), *sorted((Path(__file__).parent / "layouts").iterdir())]:
        content = path.read_bytes()
        if isinstance(form := detect(io.BytesIO(content)), Format) and not content.startswith(b"PK"):
            found.setdefault(form.name, content[: len(content) * 2 // 3])
    return found


def head_of(name: str) -> bytes:
    return heads().get(name, b"")


def ends(name: str, make: Callable[[], io.RawIOBase | io.BytesIO]) -> list[Fault]:
    """The faults of a file, which must end soon, and once more in little memory."""
    began = time.process_time()
    faults = [record for record in islice(FORMATS[name].read(make()), RECORDS_MAX) if isinstance(record, Fault)]  # type: ignore[arg-type]
    assert time.process_time() - began < SECONDS_MAX
    tracemalloc.start()
    try:
        for count, _ in enumerate(FORMATS[name].read(make())):  # type: ignore[arg-type]
            assert count < RECORDS_MAX
        assert tracemalloc.get_traced_memory()[1] < BYTES_MAX
    finally:
        tracemalloc.stop()
    return faults


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_line_of_two_gigabytes_is_read_no_further_than_a_line_may_be(name: str) -> None:
    head = head_of(name)
    for unit in (b"x", b"\x00", b",", *([b"<!--"] if name in (*XML, "ofx") else [])):
        stream = Endless(head, unit)
        assert ends(name, stream.rewound), unit
        assert stream.at <= LOOKED_AT_MAX or name == SPREADSHEET


QUOTED = [name for name in sorted(FORMATS) if name.endswith("_csv") or name in ("dwp", "paypoint", "stripe_payout")]


@pytest.mark.parametrize("name", QUOTED)
def test_a_quoted_field_that_never_ends_is_no_field(name: str) -> None:
    assert ends(name, lambda: Endless(head_of(name) + b'\n"', b"one line of many in one field\n", 1 << 25))


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_million_columns_are_no_row(name: str) -> None:
    head = head_of(name)
    for separator in b",", b"|", b"/":
        content = head + separator * 1_000_000
        assert ends(name, lambda content=content: io.BytesIO(content))  # type: ignore[misc]
    for separator in b",;|\t":
        detect(io.BytesIO(b"Date,Amount,Details" + bytes([separator]) * 1_000_000))


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
BOMBS = {
    "a billion laughs": f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>',
    "one long entity, often": '<!DOCTYPE x [<!ENTITY l11 "' + "a" * 50_000 + '">]>',
    "a file": '<!DOCTYPE x [<!ENTITY l11 SYSTEM "file:///etc/passwd">]>',
    "an address": '<!DOCTYPE x [<!ENTITY l11 SYSTEM "http://127.0.0.1:9/x">]>',
    "a parameter": '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
    "a definition elsewhere": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=list(BOMBS))
@pytest.mark.parametrize("name", [*XML, "ofx"])
def test_a_document_type_is_refused_before_any_entity_is_made(name: str, bomb: str) -> None:
    head = head_of(name) or b"<OFX><BANKMSGSRSV1>"
    declaration, _, body = head.partition(b"?>") if head.startswith(b"<?xml") else (b"", b"", head)
    content = (declaration + b"?>" if declaration else b"") + bomb.encode() + body.replace(b"</", b"&l11;" * 2_000 + b"</", 3)
    faults = ends(name, lambda: io.BytesIO(content))
    assert any("document type" in fault.what or "broken" in fault.what for fault in faults)
    assert not any("root:" in fault.what for fault in faults)


@pytest.mark.parametrize("unit", [b"<a>", b"<a b='1'/>", b"<!-- -->", b"<?a?>", b"<Ntry></Ntry>", b"<a xmlns:b='c'/>"], ids=repr)
@pytest.mark.parametrize("name", ["camt053", "bacs_arudd", "bacs_ddica", "ofx"])
def test_elements_without_end_do_not_fill_memory(name: str, unit: bytes) -> None:
    process = psutil.Process()  # the parser's own memory is none of Python's
    before = process.memory_info().rss
    for _ in FORMATS[name].read(io.BytesIO(head_of(name) + unit * (2_000_000 // len(unit)))):
        assert process.memory_info().rss - before < BYTES_MAX
    assert process.memory_info().rss - before < BYTES_MAX


def same_bytes_often() -> bytes:
    """A megabyte that nine hundred names share."""
    made = io.BytesIO(zipped(b"\x00" * (1 << 20)))
    with zipfile.ZipFile(made, "a") as archive:
        archive.filelist += [archive.filelist[0]] * 900
        archive._didModify = True  # type: ignore[attr-defined]
    return made.getvalue()


def claiming(size: int) -> bytes:
    """A zip whose directory says that its file is of another size than it is."""
    content = bytearray(zipped(b"a,b\n" * 1_000))
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = size.to_bytes(4, "little")
    return bytes(content)


LIARS = [same_bytes_often, lambda: claiming(0xFFFF_FFF0), lambda: claiming(10), lambda: zipped(same_bytes_often())]


@pytest.mark.parametrize("make", LIARS)
def test_a_zip_that_lies_is_refused_soon(make: Callable[[], bytes]) -> None:
    content = make()
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(Unpackable):
        list(members(io.BytesIO(content)))
    assert time.process_time() - began < SECONDS_MAX
    assert tracemalloc.get_traced_memory()[1] < BYTES_MAX
    tracemalloc.stop()


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/media/image1.png"])
def test_a_spreadsheet_that_would_burst_is_not_unpacked(part: str) -> None:
    content = zipped(b"<x/>", b"\x00" * (300 << 20), names=["[Content_Types].xml", part])
    began = time.process_time()
    unkept = why_not_kept(io.BytesIO(content), is_text=False)
    assert unkept is not None
    assert "unpacks to more" in unkept.fault.what
    assert time.process_time() - began < SECONDS_MAX
    assert ends(SPREADSHEET, lambda: io.BytesIO(content))


@pytest.mark.parametrize("unit", [b"x", b"\x00", b"1 ", b"1", b"4"], ids=repr)
def test_the_search_for_card_numbers_takes_no_memory_for_a_line_without_end(unit: bytes) -> None:
    redactor, piece = Redactor(), unit * (65_536 // len(unit))
    tracemalloc.start()
    for _ in range(24):
        redactor.take(piece)
    redactor.end()
    assert tracemalloc.get_traced_memory()[1] < BYTES_MAX
    tracemalloc.stop()


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud83d\\ude00"])
def test_a_text_that_cannot_be_kept_is_a_fault(text: str) -> None:
    account = '[{"account_reference": "1", "fund": "23", "balance_pence": 1, "holder": {"name": "HERE"}}]'.replace("HERE", text)
    take(account.encode(), "accounts_json")
    faults = [each for each in FORMATS["accounts_json"].read(io.BytesIO(account.encode())) if isinstance(each, Fault)]
    assert len(faults) == (0 if "ude00" in text else 1)


MOST = "99999999999.00"
ADYEN, ADYEN_ROW = (SAMPLES / "adyen_settlement_detail_batch_77.csv").read_text().splitlines()[:2]
LLOYDS = (SAMPLES / "lloyds.csv").read_text().splitlines()[0]
STRIPE, STRIPE_ROW = (SAMPLES / "stripe_payout_reconciliation.csv").read_text().splitlines()[:2]


def days(*amounts: str) -> str:
    return "\n".join(["Date,Amount,Details", *(f"18/03/2026,{amount},A" for amount in amounts)])


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("statement_csv", days(MOST, MOST), "come to more"),
        ("statement_csv", days(MOST, f"-{MOST}"), None),
        ("statement_csv", days(f"-{MOST}", f"-{MOST}"), "come to more"),
        ("lloyds_csv", f"{LLOYDS}\n18/03/2026,FPI,'20-20-15,55555555,A,{MOST},,-{MOST}", None),
        ("lloyds_csv", f"{LLOYDS}\n18/03/2026,FPI,'20-20-15,55555555,A,,{MOST},-{MOST}", "come to"),
        ("adyen_settlement", "\n".join([ADYEN, ADYEN_ROW.replace(",,99.55,", f",{MOST},-{MOST},")]), "more than any payment"),
        ("stripe_payout", "\n".join([STRIPE, *[STRIPE_ROW] * 3]).replace(",50.00,0.75,49.25,", f",{MOST},0.00,{MOST},"), "come to more"),
        ("mt940", "".join(f":20:A\n:25:1\n:28C:{n}\n:60F:C260317GBP0,\n:62F:C260318GBP0,\n-\n" for n in range(10_001)), "10000 statements"),
        ("adyen_settlement", "\n".join([ADYEN, *(ADYEN_ROW.replace(",77,", f",{n},") for n in range(10_001))]), "10000 batches"),
        ("stripe_payout", "\n".join([STRIPE, *(STRIPE_ROW.replace("po_1", f"po_{n}_") for n in range(10_001))]), "10000 settlements"),
        ("rbs_csv", "\n".join(f"x,20-20-15,{n:08d},18/03/2026,BAC,1.00,C,A,B,x" for n in range(10**7, 10**7 + 1_001)), "1000 accounts"),
    ],
)
def test_what_is_too_much_to_be_told_is_a_fault(name: str, content: str, why: str | None) -> None:
    head = FileHead(UUID(int=1), "E07999999", "bank", name, "0" * 64, datetime(2026, 3, 20, tzinfo=UTC))
    faults = prove(FORMATS[name], head, content.encode()).faults
    assert any(why in each.what for each in faults) if why else not any("come to more" in each.what for each in faults)
    take(content.encode(), name)
