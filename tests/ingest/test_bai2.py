"""BAI2: the sample day, banks' dialects, control totals, and what must be refused."""

import io
import json
import os
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from bai2.bai2 import parse_from_string
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.remittances import Fault
from ims_ingest.formats import Format, detect, inspect
from ims_ingest.formats.bai2 import BAI2
from ims_ingest.formats.camt053 import CAMT053
from ims_ingest.formats.records import Entry, StatementBegins, StatementEnds, Whole
from ingest.ingest_world import SAMPLES

REAL = Path(os.environ.get("IMS_REAL_FILES", Path(__file__).parents[3] / "shared/real-files"))
SAMPLE = (SAMPLES / "bai2.bai").read_bytes()


def read(content: bytes | str) -> list:
    return list(BAI2.read(io.BytesIO(content.encode() if isinstance(content, str) else content)))


def of(kind: type, records: list) -> list:
    return [each for each in records if isinstance(each, kind)]


def money(records: list) -> list[tuple[str, int]]:
    return [(each.transaction_code, each.amount_pence) for each in of(Entry, records)]


def a_file(lines: list[str], *, account: str = "03,20201555555555,GBP,,,,/", total: str = "", group: str = "1,260318,,GBP,2") -> str:
    """A file of one account; without a total nothing is held against anything."""
    head = ["01,BANK,COUNCIL,260319,0510,7,,,2/", f"02,COUNCIL,BANK,{group}/", account]
    return "\n".join([*head, *lines, f"49,{total},/", f"98,{total},1,/", f"99,{total},1,/"])


def faults(content: bytes | str) -> list[tuple[int | None, str]]:
    return [(each.line, each.what) for each in of(Fault, read(content))]


def test_the_day_is_the_same_day_as_in_camt() -> None:
    ours, theirs = read(SAMPLE), list(CAMT053.read(io.BytesIO((SAMPLES / "camt053_v08.xml").read_bytes())))

    def told(records: list) -> tuple:
        account, ends = of(StatementBegins, records)[0].bank_account, of(StatementEnds, records)[0]
        entries = of(Entry, records)
        lines = [(each.booked_on, each.value_on, each.amount_pence, each.bank_reference, each.reference) for each in entries]
        return account, Counter(lines), ends

    assert told(ours) == told(theirs)
    assert ours[-1] == Whole("BUKBGB22:260319:52", None, True)


DAY = SAMPLE.decode()
PADDED = "".join(f"{line:<80}" for line in DAY.replace("52,,,2", "52,80,10,2").splitlines())
UNCOUNTED = DAY.replace(",39/", ",/").replace("1,41/", ",/").replace("1,43/", ",/")
DIALECTS = {
    "CRLF": DAY.replace("\n", "\r\n"),
    "CR": DAY.replace("\n", "\r"),
    "a mark before": "\ufeff" + DAY,
    "a control character behind": DAY + "\x1a",
    "blank lines": DAY.replace("\n", "\n\n"),
    "no slashes": DAY.replace("/\n", "\n"),
    "padded lines": "\n".join(f"{line:<80}" for line in DAY.splitlines()),
    "fixed lines without ends": PADDED,
    "all on one line": "     ".join(line if line.endswith("/") else line + "/" for line in DAY.splitlines()),
    "several on a line": DAY.replace("/\n16", "/ 16").replace("/\n49", "/    49").replace("/\n9", "/ 9").replace("/\n03", "/03"),
    "counts without continuations": DAY.replace(",39/", ",21/").replace(",41/", ",23/").replace(",43/", ",25/"),
    "no counts": UNCOUNTED,
    "blank account total": DAY.replace("49,2947812", "49,"),
    "a total with a sign and zeros": DAY.replace("49,2947812", "49,+0000002947812"),
    "summaries continued": UNCOUNTED.replace(",,,100,311504", ",,/\n88,100,311504"),
    "summaries broken at a type": UNCOUNTED.replace(",100,311504", ",100/\n88,311504"),
    "no currency": DAY.replace(",GBP", ","),
    "another currency for the group": DAY.replace("2359,GBP", "2359,USD"),
    "the century": DAY.replace(",260318,", ",20260318,").replace(",260319,", ",20260319,"),
    "no status, no time": DAY.replace("BUKBGB22,1,260318,2359", "BUKBGB22,,260318,"),
    "a text with a line's end": DAY.replace("88,STRIPE ", "88,STRIPE\n"),
}  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_says_the_same(dialect: str) -> None:
    content = DIALECTS[dialect].encode()
    stream = io.BytesIO(content)
    assert detect(stream) is BAI2
    records, plain = read(content), read(SAMPLE)
    assert [each._replace(line=0) for each in of(Entry, records)] == [each._replace(line=0) for each in of(Entry, plain)]
    assert of(StatementEnds, records) == of(StatementEnds, plain)
    assert (of(Fault, records), records[-1].is_proved) == ([], True)


def test_another_reader_finds_the_same_in_the_sample() -> None:
    (account,) = parse_from_string(DAY, check_integrity=True).children[0].children
    theirs = [(each.type_code.code, each.amount, each.availability["date"], each.bank_reference) for each in account.children]
    ours = of(Entry, read(SAMPLE))
    assert theirs == [(each.transaction_code, abs(each.amount_pence), each.value_on, each.bank_reference) for each in ours]


def test_the_line_of_an_entry_is_its_own() -> None:
    lines = SAMPLE.decode().splitlines()
    assert [lines[each.line - 1][:3] for each in of(Entry, read(SAMPLE))] == ["16,"] * 19


@pytest.mark.parametrize(
    ("change", "proved", "whole"),
    [
        ((b"16,165,44400", b"16,165,44401"), False, False),  # neither total nor closing
        ((b"16,165,44400,V", b"16,465,44400,V"), False, False),  # a debit now: only the closing tells
        ((b"49,2947812", b"49,2947813"), False, False),
        ((b"98,2947812", b"98,2947813"), False, False),
        ((b"99,2947812", b"99,2947813"), False, False),
        ((b"2947812,39/", b"2947812,38/"), False, False),
        ((b"98,2947812,1", b"98,2947812,2"), False, False),
        ((b"010,1000000,,,015,1298204", b"012,1000000,,,015,1298204"), None, True),  # no opening: only the totals prove
        ((b"010,1000000,,,015,1298204", b"010,1298204,,,015,1000000"), False, False),
    ],
)
def test_a_statement_proves_by_balances_and_totals_and_what_does_not_is_no_fault(change: tuple, proved: bool, whole: bool) -> None:
    records = read(SAMPLE.replace(*change))
    assert [each.is_proved for each in of(StatementEnds, records)] == [proved]
    assert (of(Fault, records), records[-1].is_proved) == ([], whole)


def test_a_statement_without_totals_and_balances_cannot_be_proved() -> None:
    records = read(a_file(["16,191,100,,,/"]))
    assert (of(StatementEnds, records)[0].is_proved, records[-1].is_proved) == (None, None)


def test_a_group_that_disagrees_leaves_its_last_statement_unproved() -> None:
    one = "03,20201555555555,GBP,010,100,,,015,100,,/\n49,200,2/"
    content = f"01,B,C,260319,0510,7,,,2/\n02,C,B,1,260318,,GBP,2/\n{one}\n{one}\n98,999,2,6/\n99,999,1,8/"
    assert [each.is_proved for each in of(StatementEnds, read(content))] == [True, False]


def test_statements_of_one_account_in_one_file_have_names_of_their_own() -> None:
    one = "03,20201555555555,GBP,,,,/\n49,,/"
    content = f"01,B,C,260319,0510,7,,,2/\n02,C,B,1,260318,,GBP/\n{one}\n{one}\n98,,,/\n99,,,/"
    assert [each.reference for each in of(StatementBegins, read(content))] == ["7:260318", "7:260318/2"]


@pytest.mark.parametrize(
    ("written", "account"),
    [
        ("20201555555555", "20201555555555"),
        ("202015-55555555", "20201555555555"),
        ("GB33BUKB20201555555555", "20201555555555"),
        ("55555555 202015", "20201555555555"),  # NatWest
        ("77777777", "77777777"),
        ("", "unnamed"),
    ],
)
def test_an_account_has_one_name_however_it_is_written(written: str, account: str) -> None:
    assert of(StatementBegins, read(a_file([], account=f"03,{written},GBP,,,,/")))[0].bank_account == account


@pytest.mark.parametrize(
    ("summaries", "opening", "closing"),
    [
        ("010,100,,,015,200,,/", 100, 200),
        ("010,-100,,,015,+000,,/", -100, 0),
        ("010,100,,,015,200/", 100, 200),
        ("010,100,4,0,015,200,,Z/", 100, 200),
        (",,,,060,7,,,010,100,,,015,200,,/", 100, 200),
        ("010,100,,S,1,2,3,015,200,,/", 100, 200),
        ("010,100,3,V,260318,,015,200,3,V,260318,1200/", 100, 200),
        ("010,100,3,V,260318/\n88,015,200,,/", 100, 200),
        ("010,100,,D,2,0,50,1,50,015,200,,/", 100, 200),
        ("010,100,,,/\n88,015,200,,,/", 100, 200),
        ("010,100/\n88,015,200/", 100, 200),
        ("010,100,,,015/\n88,200,,/", 100, 200),
        ("010,100,,\n88,015,200,,", 100, 200),
        ("010,\n88,100,,,015,200,,", 100, 200),
        ("010,,,,015,200,,/", None, 200),
        ("015,1133,,Z,045,583,,Z,972,583,,Z,974,1133,,Z,990,550,,Z/", None, 1133),  # Lloyds
        ("/", None, None),
    ],
)
def test_balances_are_found_wherever_they_stand(summaries: str, opening: int | None, closing: int | None) -> None:
    records = read(a_file([], account=f"03,1,GBP,{summaries}"))
    ends = of(StatementEnds, records)[0]
    assert (of(Fault, records), ends.opening_pence, ends.closing_pence) == ([], opening, closing)


@pytest.mark.parametrize(
    ("lines", "value", "bank", "reference"),
    [
        (["16,191,100,,B1,C1,TEXT, WITH A COMMA"], None, "B1", "TEXT, WITH A COMMA"),
        (["16,191,100,Z,,,TEXT/"], None, None, "TEXT"),
        (["16,191,100,1,B1,, TEXT"], None, "B1", "TEXT"),
        (["16,191,100,0,B1,C1/"], None, "B1", "C1"),
        (["16,191,100,V,260320,,B1,C1,TEXT/"], 20, "B1", "TEXT"),
        (["16,191,100,V,260320,1530,B1,C1/", "88,TEXT"], 20, "B1", "TEXT"),
        (["16,191,100,V,,,B1,,TEXT/"], None, "B1", "TEXT"),
        (["16,191,100,v,000000,,B1,,TEXT/"], None, "B1", "TEXT"),
        (["16,191,100,S,20,30,50,B1,C1,TEXT/"], None, "B1", "TEXT"),
        (["16,191,100,S,,30,70,,,TEXT NO.1"], None, None, "TEXT NO.1"),
        (["16,191,100,S,20,30,50/", "88,B1,C1,TEXT"], None, "B1", "TEXT"),
        (["16,191,100,S,20/", "88,30,50,B1,C1,TEXT"], None, "B1", "TEXT"),
        (["16,191,100,D,2,0,50,1,50,B1,C1,TEXT/"], None, "B1", "TEXT"),
        (["16,191,100,D/", "88,1,0,100,B1,C1,TEXT/"], None, "B1", "TEXT"),
        (["16,191,100,,,/", "88,TEXT"], None, None, "TEXT"),
        (["16,191,100,,B1,/", "88,TEXT", "88,MORE"], None, "B1", "TEXT MORE"),
        (["16,191,100,,B1/", "88,TEXT"], None, "B1", "TEXT"),
        (["16,191,100/", "88,TEXT, MORE"], None, None, "TEXT, MORE"),
        (["16,191/", "88,100,,B1,C1,TEXT"], None, "B1", "TEXT"),
        (["16,191,100,,B1,,/", "88,A   LONG   TEXT    /"], None, "B1", "A LONG TEXT"),
        (["16,191,100,,B1,,/", "88," + "X" * 77, "88,YZ"], None, "B1", "X" * 77 + "YZ"),  # NatWest cuts at the 80th column
        (["16,191,100,,B1,,/", "88," + "X" * 76, "88,YZ"], None, "B1", "X" * 76 + " YZ"),
        (["16,191,100,,B1,,/", "88,PAID 12/03 FOR 7/16,STAIR/"], None, "B1", "PAID 12/03 FOR 7/16,STAIR"),
    ],
)
def test_the_funds_type_says_which_fields_follow(lines: list[str], value: int | None, bank: str | None, reference: str) -> None:
    records = read(a_file(lines))
    (found,) = of(Entry, records)
    assert of(Fault, records) == []
    assert (found.amount_pence, found.booked_on, found.value_on) == (100, date(2026, 3, 18), date(2026, 3, value or 18))
    assert (found.bank_reference, found.reference) == (bank, reference)


@pytest.mark.parametrize(
    ("kind", "amount"),
    [
        ("100", 100), ("165", 100), ("399", 100), ("930", 100), ("959", 100), ("708", 100), ("829", 100),
        ("400", -100), ("455", -100), ("557", -100), ("699", -100), ("960", -100), ("999", -100), ("760", -100), ("828", -100),
    ],
)  # fmt: skip
def test_the_type_gives_the_direction(kind: str, amount: int) -> None:
    assert money(read(a_file([f"16,{kind},100,Z,,,/"]))) == [(kind, amount)]
    assert money(read(a_file([f"16,{kind},-100,Z,,,/"]))) == [(kind, -amount)]


def test_an_entry_of_nothing_is_never_booked() -> None:
    found = of(Entry, read(a_file(["16,890,,,,,SOMETHING ELSE", "16,191,0,,,,/", "16,191,1,,,,/"])))
    assert [(each.amount_pence, each.is_booked) for each in found] == [(0, False), (0, False), (1, True)]


@pytest.mark.parametrize(("group", "booked"), [("1,260318,,GBP,2", True), ("1,260318,,GBP,4", True), ("1,260318,,GBP", True),
                                               ("1,260318,,GBP,1", False), ("1,260318,,GBP,3", False)])  # fmt: skip
def test_what_is_interim_is_not_booked_and_closes_nothing(group: str, booked: bool) -> None:
    records = read(a_file(["16,191,100,,,/"], account="03,1,GBP,010,0,,,015,100,,/", group=group))
    (entry,), (ends,) = of(Entry, records), of(StatementEnds, records)
    assert (entry.is_booked, ends.closing_pence, ends.is_proved) == ((True, 100, True) if booked else (False, None, None))


@pytest.mark.parametrize(
    ("status", "what"),
    [
        ("2", "the group takes back what the bank sent before"),
        ("3", "the group replaces what the bank sent before"),
        ("4", "the group is a test"),
        ("9", "the group has a status that is not known"),
    ],
)
def test_a_group_that_is_not_new_is_a_fault_and_is_still_read(status: str, what: str) -> None:
    records = read(a_file(["16,191,100,,,/", "16,191,1x,,,/"], group=f"{status},260318,,GBP,2"))
    assert [(each.line, each.what) for each in of(Fault, records)] == [(2, what), (5, "a number cannot be read")]
    assert money(records) == [("191", 100)]


CITI = ["16,191,100,V,260318,,1234567890,RP123/", "88,FR:FP SIP INCOMING", "88,ENDT:20260318", "88,TRID:RP123",
        "88,PY:RP123                 770001012 SMITH", "88,BI:22222222", "88,OB:111111 SOME STREET OB3:SOME BANK PLC",
        "88,BO:22222222 BO1:MRS A EXAMPLE"]  # fmt: skip
LLOYDS = ["16,241,132,Z,,A EXAMPLE 020788,A EXAMPLE 020788", "88,FR 55555555 202015", "88,TRNID=00000000022-14", "88,TRNIDDATE=20260318"]
GOLDMAN = ["16,195,50,,B1,C1,RTP Incoming,From: X", "88,REMI: 560000126", "88,DBNM: BAKERY LTD", "88,DACT: 99"]
GOLDMAN_DEBIT = ["16,495,50,,B1,C1,Outgoing Wire,To: X", "88,CRNM: SOMEBODY", "88,CACT: 7"]
PAYER = ["16,191,100,,B1,C1/", "88,REF:770001012"]


@pytest.mark.parametrize(
    ("lines", "reference", "name", "account"),
    [
        (CITI, "RP123 770001012 SMITH", "MRS A EXAMPLE", "11111122222222"),
        (LLOYDS, "A EXAMPLE 020788 FR 55555555 202015", None, None),
        (GOLDMAN, "560000126", "BAKERY LTD", "99"),
        (GOLDMAN_DEBIT, "Outgoing Wire,To: X", "SOMEBODY", "7"),
        (PAYER, "REF:770001012", None, None),
    ],
    ids=["Citi", "Lloyds", "Goldman", "Goldman debit", "a payer's own colon"],
)
def test_what_the_payer_typed_is_told_from_what_the_bank_adds(lines: list, reference: str, name: str | None, account: str | None) -> None:
    (found,) = of(Entry, read(a_file(lines)))
    assert (found.reference, found.counterparty_name, found.counterparty_account) == (reference, name, account)
    assert found.narrative is not None
    assert reference in found.narrative


def test_a_payers_text_that_looks_like_a_record_is_refused() -> None:
    plain = ["16,191,100,Z,B1,,/", "88,TEXT"]
    assert faults(a_file(plain, total="100")) == []
    for text in ("88,A/ 16,191,999,Z,,,", "88,A/ 16,191,999,Z,,,/ 16,191,-999,Z,,,/", "88,A/16,191,999,,"):
        content = a_file([plain[0], text], total="100").replace("49,100,/", "49,100,4/")
        assert (6, "the account's trailer disagrees with its records, some of which stand behind a text") in faults(content)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["16,191,12.50,,,/", "16,191,1,,,/", "16,xxx,1,,,/"], [(4, "a number cannot be read"), (6, "the type code cannot be read")]),
        (["16,015,100,,,/"], [(4, "type 015 says neither credit nor debit")]),
        (["16,191,100,V,260230,,,/"], [(4, "there is no such date")]),
        (["16,191,100,V,TODAY,,,/"], [(4, "a date cannot be read")]),
        (["16,191,100,D,999999999,0,1,,,/"], [(4, "an amount is spread over more days than any bank's")]),
        (["16,191,99999999999999,,,/"], [(4, "an amount is larger than any can be")]),
        (["49,,/", "16,191,1,,,/", "03,1,GBP,,,,/"], [(5, "an entry stands outside an account")]),
        (["49,,/", "17,something/", "03,1,GBP,,,,/"], [(5, "the line is no record of this format")]),
        (["03,1,GBP,,,,/"], [(4, "the account before this line has no trailer (49)")]),
        (["49,,/", "98,,,/", "99,,,/", "01,B,C,260319,,7,,,1/", "02,C,B,1,260318/", "03,1,GBP,,,,/"],
         [(7, "the file is in the first version of BAI, not the second")]),
        (["49,,/", "98,,,/", "03,1,GBP,,,,/", "02,C,B,1,/", "03,1,GBP,xx,1/"],
         [(6, "an account stands outside a group"), (7, "the group has no day"), (8, "a type code cannot be read")]),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_line(lines: list[str], found: list) -> None:
    assert faults(a_file(lines)) == found


@pytest.mark.parametrize("lines", range(43))
def test_a_file_that_was_cut_short_is_refused(lines: int) -> None:
    assert faults(b"\n".join(SAMPLE.splitlines()[:lines]))


def test_a_file_of_nothing_but_continuations_fills_no_memory() -> None:
    (fault,) = faults(a_file(["16,191,1,,,/"] + ["88,x"] * 100_000))
    assert fault[1].endswith("a record and its continuations are longer than 65536 characters")


@pytest.mark.skipif(not REAL.exists(), reason="the real files are not at hand")
@pytest.mark.parametrize("file", sorted(path.name for path in (REAL / "bai2").glob("*")))
def test_real_banks_files_are_read_as_other_programs_read_them(file: str) -> None:
    facts = json.loads((REAL / "expected.json").read_text())[f"bai2/{file}"]
    told = inspect(REAL / "bai2" / file)
    wanted = [(a["tx"], a["sum_credit"], a["sum_debit"]) for a in facts["accounts"]]
    assert told["faults"] == []
    assert [(each["entries"], each["credits_pence"], each["debits_pence"]) for each in told["statements"]] == wanted
    assert told["proved"] is ("sample4" not in file)  # its counts and totals were not redone when it was made anonymous


# The types that both we and the library know, of either direction.
KINDS = st.sampled_from(["142", "165", "191", "195", "301", "399", "451", "475", "495", "555", "557", "699"])
TEXTS = st.text("ABC 019.,-", max_size=30).map(lambda text: "X" + text.strip())
FUNDS = st.sampled_from([",", "Z,", "1,", "V,260320,,", "V,260320,1200,", "S,1,2,3,", "D,2,0,50,1,50,"])
ENTRIES = st.lists(st.tuples(KINDS, st.integers(1, 10**10), FUNDS, TEXTS, st.integers(0, 3)), max_size=8)


def written(accounts: list) -> str:
    """A file that agrees with itself: the opening balance of each account is nothing."""
    lines, all_pence = [], 0
    for number, entries in enumerate(accounts):
        closing = sum(amount if kind < "400" else -amount for kind, amount, *_ in entries)
        begins = len(lines)
        lines.append(f"03,{20201500000000 + number},GBP,010,0,,,015,{closing},,/")
        for kind, amount, funds, text, more in entries:
            lines += [f"16,{kind},{amount},{funds}B{amount},,{text}", *[f"88,{text}"] * more]
        pence = closing + sum(amount for _, amount, *_ in entries)
        all_pence += pence
        lines.append(f"49,{pence},{len(lines) + 1 - begins}/")
    head = ["01,BANK,COUNCIL,260319,0510,7,,,2/", "02,COUNCIL,BANK,1,260318,2359,GBP,2/"]
    count, last = len(lines), len(accounts)
    return "\n".join([*head, *lines, f"98,{all_pence},{last},{count + 2}/", f"99,{all_pence},1,{count + 4}/"])


@given(st.lists(ENTRIES, min_size=1, max_size=4))
def test_what_was_written_is_read_here_and_by_another_reader(accounts: list) -> None:
    content = written(accounts)
    records = read(content)
    wanted = [(kind, amount if kind < "400" else -amount) for entries in accounts for kind, amount, *_ in entries]
    assert (money(records), of(Fault, records), records[-1].is_proved) == (wanted, [], True)
    theirs = parse_from_string(content, check_integrity=True)
    found = [entry for group in theirs.children for account in group.children for entry in account.children]
    assert [(each.type_code.code, each.amount) for each in found] == [(kind, abs(amount)) for kind, amount in wanted]
    assert [each.bank_reference for each in found] == [each.bank_reference for each in of(Entry, records)]


@given(st.lists(ENTRIES.filter(bool), min_size=1, max_size=3), st.data())
def test_no_amount_changes_unseen(accounts: list, data: st.DataObject) -> None:
    lines = written(accounts).splitlines()
    at = data.draw(st.sampled_from([at for at, line in enumerate(lines) if line.startswith("16,")]))
    fields = lines[at].split(",", 3)
    lines[at] = ",".join([*fields[:2], str(int(fields[2]) + data.draw(st.integers(1, 10**6))), *fields[3:]])
    assert False in [each.is_proved for each in of(StatementEnds, read("\n".join(lines)))]


PIECES = ["/", "16,", "88,", "03,", "49,", "98,", "99,", "01,", "02,", "\n", "\r", " ", ",", "D,", "S,", "-", "9" * 19, "\x00", "٣"]
GARBAGE = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@given(st.integers(0, len(DAY)), st.integers(0, 40), GARBAGE, st.sampled_from(["", *DIALECTS]))
def test_a_damaged_file_never_raises(at: int, cut: int, put: str, dialect: str) -> None:
    content = DIALECTS.get(dialect, DAY)
    for each in (content[:at] + put + content[at + cut :], put):
        records = read(each)
        assert of(Fault, records) or isinstance(records[-1], Whole)


@pytest.mark.parametrize("content", [b"", b"01", b"01,a,b,260318\n", b"01,02,03\n02,", b"03,a\n02,", b"VOL1", b"a,b\n1,2\n"])
def test_what_is_no_bai2_is_not_taken_for_it(content: bytes) -> None:
    assert not BAI2.looks_like(content)


@pytest.mark.parametrize("file", sorted(path.name for path in SAMPLES.glob("*")))
def test_no_other_sample_is_taken_for_it(file: str) -> None:
    with (SAMPLES / file).open("rb") as stream:
        found = detect(stream)
    assert (found is BAI2) == (file == "bai2.bai")
    assert not (isinstance(found, Fault) and "could be" in found.what)


def test_the_format_is_one_that_is_registered() -> None:
    assert isinstance(detect(io.BytesIO(b""), "bai2"), Format)
