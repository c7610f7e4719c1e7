"""Accounts as JSON: what is written is read, whatever is damaged is a fault, and memory does not grow with the file."""

import io
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.accounts import AccountChanged
from ims_contracts.remittances import Fault
from ims_ingest.formats.accounts_json import ACCOUNTS_JSON, looks_like
from ims_ingest.formats.records import AccountRow, Record, Whole
from ingest.ingest_world import SAMPLES, Ingest

ACCOUNT = {
    "fund": "11", "account_reference": "BJ90001186", "status": "open", "holder": {"name": "Ms Ŵyn", "postcode": "AT1 1AA"},
    "schedule": [{"stage": "discount", "amount_pence": 3500, "until_on": "2026-03-31"}, {"stage": "full", "amount_pence": 7000}],
    "second_keys": ["AT99AAA"], "issued_on": "2026-03-17",
}  # fmt: skip


def read(content: bytes) -> list[Record]:
    return list(ACCOUNTS_JSON.read(io.BytesIO(content)))


def account(number: int, **strange: Any) -> dict[str, Any]:
    return {"fund": "23", "account_reference": f"{number}", "balance_pence": number} | strange


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)


@given(
    st.lists(st.builds(account, st.integers(0, 10**9), holder=st.builds(lambda name: {"name": name}, texts)), max_size=30),
    st.sampled_from([None, 1, 4]), st.sampled_from(["", "\ufeff", "\r\n "]), st.booleans(),
)  # fmt: skip
def test_what_is_written_is_read(written: list[dict[str, Any]], indent: int | None, before: str, is_ascii: bool) -> None:
    content = (before + json.dumps(written, indent=indent, ensure_ascii=is_ascii) + "\n").encode()
    *rows, whole = read(content)
    assert isinstance(whole, Whole)
    assert [row.fields for row in rows if isinstance(row, AccountRow)] == written
    assert looks_like(content) == bool(written)


SMALL = json.dumps([ACCOUNT, account(1), account(2)], indent=1).encode()


@given(st.one_of(
    st.binary(max_size=100),
    st.binary(max_size=100).map(lambda tail: b"[{" + tail),
    st.integers(0, len(SMALL) - 1).map(lambda cut: SMALL[:cut]),
    st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)).map(lambda at: SMALL[: at[0]] + bytes([at[1]]) + SMALL[at[0] + 1 :]),
))  # fmt: skip
def test_whatever_is_damaged_ends_in_faults_or_accounts(content: bytes) -> None:
    *rows, whole = read(content)
    assert isinstance(whole, Whole)
    assert all(isinstance(row, AccountRow | Fault) for row in rows)


def test_a_list_that_is_cut_short_is_a_fault() -> None:
    assert [cut for cut in range(len(SMALL)) if not any(isinstance(row, Fault) for row in read(SMALL[:cut]))] == []


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        (b'[\n{"fund": "23"},\n{"fund": "23", "account_reference": "1", "balance_pence": 1.5}]', 2, "cannot be read"),
        (b"[1]", 1, "no account"),
        (b"[%s\n%s]", 2, "no `,`"),
        (b"[%s,]", 1, "cut short"),
        (b"[%s] x", 1, "more follows"),
        (b"{}", 1, "no `[`"),
        (b"", 1, "cut short"),
        (b"[" * 60_000, 1, "cut short"),
        (b'[{"fund": "' + b"x" * 200_000, 1, "too long"),
        (b'[\n{"fund": "\xff"}]', 1, "not in UTF-8"),
    ],
)
def test_a_fault_says_where(content: bytes, line: int, what: str) -> None:
    found = next(row for row in read(content.replace(b"%s", json.dumps(ACCOUNT).encode())) if isinstance(row, Fault))
    assert found.line == line
    assert what in found.what


def test_memory_does_not_grow_with_the_file() -> None:
    content = json.dumps([ACCOUNT] * 50_000).encode()
    stream = io.BytesIO(content)
    tracemalloc.start()
    assert sum(isinstance(row, AccountRow) for row in ACCOUNTS_JSON.read(stream)) == 50_000
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()


def test_no_other_files_are_taken_for_accounts() -> None:
    assert [path.name for path in SAMPLES.iterdir() if path.is_file() and looks_like(path.read_bytes()[:65_536])] == []


async def test_accounts_in_json_are_told_whole(ingest: Ingest) -> None:
    assert (await ingest.file(json.dumps([ACCOUNT, account(7, revision=3)]).encode())).status_code == 201
    plain, penalty = sorted(await ingest.told(AccountChanged), key=lambda fact: fact.account_reference)
    assert (penalty.account_reference, [stage.amount_pence for stage in penalty.schedule]) == ("BJ90001186", [3500, 7000])
    assert penalty.holder is not None
    assert (penalty.holder.name, plain.revision) == ("Ms Ŵyn", 3)
