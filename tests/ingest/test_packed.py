"""Archives: each file in them is a file by itself, within limits, and nothing is counted of one that cannot be unpacked whole."""

import gzip
import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.payments import PaymentReceived
from ims_contracts.statements import StatementReceived
from ims_ingest.formats import inspect, packed
from ims_ingest.formats.packed import Unpackable, is_packed, members
from ingest.ingest_world import SAMPLES, Ingest, allpay, statement

DAY = "17/03/2026"


def zipped(*contents: bytes, kind: int = zipfile.ZIP_DEFLATED, names: Iterable[str] = ()) -> bytes:
    packed, given_names = io.BytesIO(), list(names)
    with zipfile.ZipFile(packed, "w", kind) as archive:
        for number, content in enumerate(contents):
            archive.writestr(given_names[number] if given_names else f"{number}.txt", content)
    return packed.getvalue()


def nested(content: bytes, depth: int) -> bytes:
    for _ in range(depth):
        content = zipped(content)
    return content


def encrypted() -> bytes:
    content = bytearray(zipped(b"secret"))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def overlapping() -> bytes:
    """Sixty thousand names of the same bytes."""
    packed = io.BytesIO(zipped(*[b""] * 3))
    with zipfile.ZipFile(packed, "a") as archive:
        for number in range(60_000):
            archive.filelist.append(archive.filelist[0])
            archive.NameToInfo[f"{number}"] = archive.filelist[0]
        archive._didModify = True  # type: ignore[attr-defined]
    return packed.getvalue()


def out_of(content: bytes, bytes_max: int = 1 << 20) -> list[bytes]:
    return [member.read() for member in members(io.BytesIO(content), bytes_max)]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (gzip.compress(b"a", mtime=0), [b"a"]),
        (gzip.compress(b"a", mtime=0) + gzip.compress(b"b", mtime=0), [b"ab"]),
        (gzip.compress(b"a", mtime=0) + b"\x00" * 512, [b"a"]),
        (zipped(b"a", b"b"), [b"a", b"b"]),
        (zipped(b"a", b"b", kind=zipfile.ZIP_STORED), [b"a", b"b"]),
        (zipped(gzip.compress(b"a", mtime=0), b"b"), [b"a", b"b"]),
        (gzip.compress(zipped(b"a", b"b"), mtime=0), [b"a", b"b"]),
        (zipped(b"a", b"?", b"?", names=["x/../../a", "__MACOSX/._a", "x/.DS_Store"]), [b"a"]),
        (zipped(b"a", b"b", names=["1/same", "2/same"]), [b"a", b"b"]),
    ],
)
def test_what_is_packed_comes_out(content: bytes, found: list[bytes]) -> None:
    assert is_packed(io.BytesIO(content))
    assert out_of(content) == found


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (nested(b"a", 3), "archives that hold archives"),
        (zipped(*[b"a"] * 1001), "more than 1000 files"),
        (zipped(b"a" * (1 << 20), b"a"), "more than 1048576 bytes"),
        (gzip.compress(b"a" * ((1 << 20) + 1), mtime=0), "more than 1048576 bytes"),
        (encrypted(), "file 1 of the archive is encrypted"),
        (zipped(b"a" * 99, kind=zipfile.ZIP_LZMA), "not read here"),
        (zipped(), "holds no file"),
        (zipped(b"a", b""), "file 2 of the archive is empty"),
        (gzip.compress(b"a" * 1000, mtime=0)[:-9], "damaged"),
        (gzip.compress(b"a" * 1000, mtime=0)[:-1] + b"?", "damaged"),
        (zipped(b"a" * 1000).replace(b"0.txt", b"1.txt", 1), "damaged"),
        (zipped(b"abc" * 50, kind=zipfile.ZIP_STORED).replace(b"abcabc", b"abcabd", 1), "damaged"),
        (zipped(b"a")[:-5], "damaged"),
        (b"PK\x03\x04 and then words", "damaged"),
        (overlapping(), "list of files is too long"),
    ],
)
def test_what_cannot_be_unpacked_within_limits_is_not(content: bytes, why: str) -> None:
    assert is_packed(io.BytesIO(content))
    with pytest.raises(Unpackable) as refused:
        out_of(content)
    assert why in refused.value.fault.what
    assert refused.value.fault.what_to_do


def bomb() -> bytes:
    """A gigabyte of nothing in a megabyte, within a zip."""
    return zipped(gzip.compress(b"\x00" * (1 << 30), 1))


def flat_bomb() -> bytes:
    """As above, with a directory that says it is small."""
    content = bytearray(zipped(b"\x00" * (400 << 20)))
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize("make", [bomb, flat_bomb])
def test_a_bomb_is_refused_before_it_goes_off(make: Callable[[], bytes]) -> None:
    content = make()
    tracemalloc.start()
    began = time.perf_counter()
    found = packed.fault_of(io.BytesIO(content))
    assert found is not None
    assert time.perf_counter() - began < 5
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()


def test_a_bomb_is_known_by_its_ratio() -> None:
    with pytest.raises(Unpackable) as refused:
        out_of(gzip.compress(b"\x00" * (64 << 20)), 1 << 30)
    assert "200 times" in refused.value.fault.what


def test_a_spreadsheet_is_no_archive() -> None:
    assert not is_packed(io.BytesIO(zipped(b"<x/>", b"<y/>", names=["[Content_Types].xml", "xl/workbook.xml"])))


SMALL = zipped(gzip.compress(b"some words", mtime=0), b"a,b\n1,2\n" * 9)


@given(st.one_of(
    st.binary(max_size=200).map(lambda tail: b"\x1f\x8b\x08" + tail),
    st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail),
    st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)).map(lambda at: SMALL[: at[0]] + bytes([at[1]]) + SMALL[at[0] + 1 :]),
    st.integers(0, len(SMALL)).map(lambda cut: SMALL[:cut]),
))  # fmt: skip
def test_whatever_is_damaged_is_refused_and_nothing_else_happens(content: bytes) -> None:
    stream = io.BytesIO(content)
    if is_packed(stream):
        found = packed.fault_of(stream)
        assert found is None or found.what


def test_inspect_sums_an_archive_as_one_file(tmp_path: Path) -> None:
    days = [statement(["10.00 A", "-4.00 B"], name="S1"), statement(["5.00 C"], opening="6.00", closing="11.00", name="S2")]
    path = tmp_path / "statements"
    path.write_bytes(zipped(*days))
    found = inspect(path)
    assert (found["format"], found["entries"], found["credits_pence"], found["debits_pence"]) == ("camt053", 3, 1500, 400)
    assert [(each["reference"], each["closing_pence"]) for each in found["statements"]] == [("S1", 600), ("S2", 1100)]
    assert (found["proved"], found["faults"]) == (True, [])
    path.write_bytes(gzip.compress(days[0], mtime=0))
    assert inspect(path)["closing_pence"] == 600
    path.write_bytes(zipped(days[0], b"what is this"))
    found = inspect(path)
    assert found["proved"] is False
    assert found["faults"][0]["what"].startswith("file 2 of the archive: ")
    path.write_bytes(b"PK\x03\x04")
    assert inspect(path)["faults"]


async def test_a_packed_file_is_the_file_in_it(ingest: Ingest) -> None:
    content = (SAMPLES / "allpay.txt").read_bytes()
    answer = await ingest.file(gzip.compress(content, mtime=0))
    assert answer.status_code == 201
    (member,) = answer.json()["members"]
    assert (member["member"], member["status"], member["state"], member["payments"]) == (1, 201, "received", 8)
    before = await ingest.names_told()
    again = await ingest.file(content)
    assert (again.status_code, again.json()["state"], again.json()["file_id"]) == (200, "known", member["file_id"])
    for packed_again in (zipped(content), gzip.compress(zipped(content), 1)):
        assert (await ingest.file(packed_again)).status_code == 200
    assert await ingest.names_told() == before


async def test_a_zip_of_statements_is_each_of_them(ingest: Ingest) -> None:
    answer = await ingest.file(zipped(*[statement([f"{number}.00 R{number}"], name=f"S{number}") for number in range(1, 13)]))
    assert answer.status_code == 201
    assert len({member["file_id"] for member in answer.json()["members"]}) == 12
    assert {fact.statement_reference for fact in await ingest.told(StatementReceived)} == {f"S{number}" for number in range(1, 13)}


async def test_a_bad_file_in_an_archive_does_not_spoil_the_others(ingest: Ingest) -> None:
    answer = await ingest.file(zipped(allpay([f"770000547 60.00 T {DAY}"]), b"what is this", statement(["1.00 A"])))
    assert answer.status_code == 422
    assert [(member["status"], member["format"]) for member in answer.json()["members"]] == [(201, "allpay"), (422, None), (201, "camt053")]
    assert len(await ingest.told(PaymentReceived)) == 1


async def test_nothing_is_counted_of_an_archive_that_is_damaged_anywhere(ingest: Ingest) -> None:
    content = zipped(allpay([f"770000547 60.00 T {DAY}"]), b"abcabcabc", kind=zipfile.ZIP_STORED)
    answer = await ingest.file(content.replace(b"abcabcabc", b"abcabcabd", 1))
    assert answer.status_code == 422
    assert "damaged" in answer.json()["faults"][0]["what"]
    assert await ingest.names_told() == {"RemittanceRefused": 1}


async def test_a_source_that_is_not_ones_own_is_refused_before_any_file_of_an_archive_is_taken_in(ingest: Ingest) -> None:
    content = zipped(allpay([f"770000547 60.00 T {DAY}"]), statement(["1.00 A"]))
    answer = await ingest.http.post("/v1/files", params={"source": "parking"}, content=content)
    assert answer.status_code == 403
    assert await ingest.told() == []
