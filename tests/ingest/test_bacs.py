"""Bacs: what the council collects, what comes back of it, and what payers' banks say of their instructions."""

import asyncio
import io
import itertools
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.payments import PaymentReceived, PaymentReversed
from ims_contracts.remittances import Fault, RemittanceReceived
from ims_ingest.domain.submissions import LONDON
from ims_ingest.formats import FORMATS, Format, detect, inspect
from ims_ingest.formats.bacs_collection import bacs_day
from ims_ingest.formats.records import Advice, Row, Whole
from ims_ingest.handlers import importing
from ims_ingest.store import files
from ingest.ingest_world import OTHER_TOKEN, SAMPLES, Ingest

BACS = [name for name in FORMATS if name.startswith("bacs_")]
COUNCIL_ACCOUNT = "20201555555555"


def read(content: bytes, name: str | None = None) -> list:
    stream = io.BytesIO(content)
    found = detect(stream, name)
    return list(found.read(stream)) if isinstance(found, Format) else [found]


def rows(records: list) -> list[Row]:
    return [each for each in records if isinstance(each, Row)]


def faults(records: list) -> list[str]:
    return [each.what for each in records if isinstance(each, Fault)]


def label(day: date) -> str:
    return f" {day:%y%j}"


def data(code: str, pence: int, reference: str, day: date | None = None, account: str = COUNCIL_ACCOUNT) -> str:
    destination = account if reference == "CONTRA" else "08999966374958"
    record = f"{destination}0{code}{account}    {pence:011}{'ANYTOWN COUNCIL':<18}{reference:<18}{'MR TEST ONE':<18}"
    return record + (label(day) if day else "")


def submission(records: list[str], *, days: str = "1 DAILY  ", day: date = date(2026, 3, 17), utl1: str | None = None) -> bytes:
    """A submission with these records; the trailer right unless it is given."""
    counted = {"debit": [0, 0], "credit": [0, 0], "instruction": [0, 0]}
    for record in records:
        kind = "debit" if record[15:17] in ("01", "17", "18", "19") else "instruction" if record[15] == "0" else "credit"
        counted[kind][0] += 1
        counted[kind][1] += int(record[35:46])
    (debits, debit_pence), (credits, credit_pence), (instructions, _) = counted.values()
    trailer = utl1 or f"UTL1{debit_pence:013}{credit_pence:013}{debits:07}{credits:07}{'':8}{instructions:07}"
    lines = [
        f"{'VOL1260318':<41}123456{'':32}1",
        "HDR1A123456S  112345626031800010001       26075 26106 000000",
        "HDR2F0200000100                                   00",
        f"UHL1{label(day)}999999    00000000{days:<9}001",
        *records,
        "EOF1A123456S  112345626031800010001       26075 26106 000000",
        "EOF2F0200000100                                   00",
        trailer,
    ]
    return "\n".join(f"{line:<80}" for line in [*lines, ""]).encode()


def collections(*pence: int) -> list[str]:
    return [*(data("17", each, f"77000{number:04}") for number, each in enumerate(pence)), data("99", sum(pence), "CONTRA")]


@pytest.mark.parametrize(
    ("file", "name", "entries", "credits_pence", "debits_pence"),
    [
        ("bacs_std18_dd.txt", "bacs_std18", 3, 44400, 0),
        ("bacs_std18_dd_earlier.txt", "bacs_std18", 2, 8300, 0),
        ("bacs_arudd.xml", "bacs_arudd", 1, 0, 4500),
        ("bacs_ddica.xml", "bacs_ddica", 2, 0, 8800),
        ("bacs_addacs.xml", "bacs_addacs", 2, None, None),
    ],
)
def test_the_days_files_are_read(file: str, name: str, entries: int, credits_pence: int | None, debits_pence: int | None) -> None:
    found = inspect(SAMPLES / file)
    assert (found["format"], found["entries"], found["proved"], found["faults"]) == (name, entries, True, [])
    assert (found["credits_pence"], found["debits_pence"]) == (credits_pence, debits_pence)


def test_no_other_file_looks_like_bacs() -> None:
    others = [path for path in sorted(SAMPLES.glob("*")) if not path.name.startswith("bacs_")]
    heads = {path.name: path.read_bytes() for path in others}
    assert [(name, file) for file, head in heads.items() for name in BACS if FORMATS[name].looks_like(head)] == []


# --- Standard 18


def test_a_collection_is_of_its_entry_day_and_is_named_as_a_return_names_it() -> None:
    first, *_, whole = read((SAMPLES / "bacs_std18_dd_earlier.txt").read_bytes())
    (returned,) = rows(read((SAMPLES / "bacs_arudd.xml").read_bytes()))
    assert (first.amount_pence, first.paid_on, first.reference) == (4500, date(2026, 3, 16), "770001258")
    assert (first.channel, first.method_of_payment, first.narrative) == ("direct-debit", "direct-debit", "collection")
    assert returned.undoes == ("bacs-dd", first.key) == ("bacs-dd", "dd:123456:2026-03-13:770001258:4500")
    assert whole == Whole("123456:260316:2026-03-13", date(2026, 3, 16), True)


@pytest.mark.parametrize(
    ("processed", "entered"),
    [
        (date(2026, 3, 17), date(2026, 3, 18)),
        (date(2026, 3, 13), date(2026, 3, 16)),  # over a weekend
        (date(2026, 4, 2), date(2026, 4, 7)),  # over Easter
        (date(2026, 12, 31), date(2027, 1, 4)),  # over New Year
    ],
)
def test_money_moves_on_the_working_day_after_it_is_processed(processed: date, entered: date) -> None:
    (row,) = rows(read(submission(collections(100), day=processed)))
    assert (row.paid_on, row.key) == (entered, f"dd:123456:{processed}:770000000:100")


@pytest.mark.parametrize(
    ("text", "day"),
    [(" 26076", date(2026, 3, 17)), (" 24366", date(2024, 12, 31)), (" 26366", None), (" 26000", None), ("", None), (" 2607x", None)],
)
def test_a_day_of_the_year_is_one_of_that_year(text: str, day: date | None) -> None:
    if day is None:
        with pytest.raises(ValueError, match="day"):
            bacs_day(text)
    else:
        assert bacs_day(text) == day


def test_instructions_are_counted_and_give_no_row() -> None:
    records = read(submission([data("0N", 0, "770000123"), data("0C", 0, "770000124"), *collections(100)]))
    assert (len(rows(records)), records[-1].is_proved) == (1, True)
    (only,) = read(submission([data("0S", 0, "770000123")]))
    assert only == Whole("123456:260318:2026-03-17", date(2026, 3, 18), True)


def test_an_instruction_whose_account_was_taken_for_a_card_is_still_counted() -> None:
    starred = submission([data("0N", 0, "770000123"), *collections(100)]).replace(b"08999966374958" + b"00N", b"************5800N")
    assert faults(read(starred)) == []


FIRST, SECOND = date(2026, 3, 17), date(2026, 3, 19)


def test_a_file_of_many_days_is_a_remittance_for_each_day_and_account() -> None:
    other = "20201566666666"
    records = [
        data("17", 100, "770000001", FIRST), data("17", 200, "770000002", SECOND), data("17", 400, "770000003", SECOND, other),
        data("99", 200, "CONTRA", SECOND), data("99", 100, "CONTRA", FIRST), data("99", 400, "CONTRA", SECOND, other),
    ]  # fmt: skip
    found = read(submission(records, days="4 MULTI"))
    names = [f"123456:260318:{FIRST}:{COUNCIL_ACCOUNT}", f"123456:260318:{SECOND}:{COUNCIL_ACCOUNT}", f"123456:260318:{SECOND}:{other}"]
    assert [(row.remittance, row.paid_on) for row in rows(found)] == list(
        zip(names, [date(2026, 3, 18), *[date(2026, 3, 20)] * 2], strict=True)
    )
    assert found[-1] == Whole(f"123456:260318:{FIRST}+123456:260318:{SECOND}", date(2026, 3, 18), True)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (submission(collections(100, 200)[:-1]), f"the collections of {FIRST} are 300p, their contra is 0p"),
        (
            submission([data("17", 100, "770000001"), data("99", 99, "CONTRA")]),
            f"the collections of {FIRST} are 100p, their contra is 99p",
        ),
        (
            submission(
                [data("17", 100, "770000001", FIRST), data("17", 100, "770000002", SECOND), data("99", 200, "CONTRA", FIRST)],
                days="4 MULTI",
            ),
            f"the collections of {FIRST} are 100p, their contra is 200p",
        ),
        (
            submission(collections(100), utl1=f"UTL1{100:013}{100:013}{2:07}{1:07}{'':8}{0:07}"),
            "the trailer says 2 debits of 100p, 1 credits of 100p and 0 instructions, "
            "but there are 1 debits of 100p, 1 credits of 100p and 0 instructions",
        ),
        (submission(collections(100), utl1=f"UTL1{'x':13}{100:013}{1:07}{1:07}"), "the trailer's figures cannot be read"),
        (
            submission([data("99", 100, "770000001"), data("17", 100, "CONTRA")]),
            "the file pays money out: only collections are taken in here",
        ),
        (submission([data("55", 100, "770000001")]), "the transaction code is none that is known"),
        (submission([data("17", 0, "770000001")]), "a collection is of nothing"),
        (submission([data("0N", 1, "770000001")]), "an instruction has an amount"),
        (submission(collections(100)).replace(b"00000000100ANYTOWN", b"0000000010OANYTOWN"), "the amount cannot be read"),
        (submission(collections(100), days="5 RECALLS"), "the file recalls payments"),
        (submission(collections(100)).replace(b"UHL1 26076", b"UHL1 26976"), "there is no such processing day"),
        (submission(collections(100)).replace(b"UHL1", b"XXX1"), "the line is neither a label nor a payment record"),
        (submission(collections(100)).partition(b"EOF1")[0], "the file ends without its trailer, UTL1"),
        (submission(collections(100)).partition(b"HDR2")[0], "the file ends without its trailer, UTL1"),
        (submission(collections(100), days="4 MULTI"), "there is no such processing day"),
    ],
)
def test_a_submission_that_does_not_prove_is_refused_with_what_is_wrong(content: bytes, what: str) -> None:
    records = read(content)
    assert what in faults(records)
    assert records[-1].is_proved is False


def test_a_submission_is_read_with_any_line_ends_and_without_trailing_spaces() -> None:
    plain = submission(collections(100, 200))
    stripped = b"\r\n".join(line.rstrip() for line in plain.splitlines())
    for content in (plain, plain.replace(b"\n", b"\r"), stripped, b"\xef\xbb\xbf" + plain, plain + b"\x1a"):
        assert read(content) == read(plain)
        assert faults(read(content)) == []


def test_several_files_of_a_submission_are_each_proved() -> None:
    plain = submission(collections(100))
    second = plain.partition(b"\n")[2].replace(b"A123456S", b"A654321S")
    records = read(plain.rstrip(b" \n") + b"\n" + second)
    assert [row.key for row in rows(records)] == [f"dd:{user}:{FIRST}:770000000:100" for user in (123456, 654321)]
    assert records[-1].is_proved is True
    assert read(plain.rstrip(b" \n") + b"\n" + second.replace(b"00000000100ANY", b"00000000101ANY", 1))[-1].is_proved is False


@given(st.lists(st.integers(1, 10**9), max_size=40))
def test_any_submission_comes_to_what_was_written(pence: list[int]) -> None:
    records = read(submission(collections(*pence) if pence else []))
    assert [row.amount_pence for row in rows(records)] == pence
    assert faults(records) == []


# --- what comes back


def item(pence: int, *, ref: str = "770001258", day: str = "2026-03-13", code: str = "0", why: str = "", kind: str = "Debit") -> str:
    came = f' originalProcessingDate="{day}"' if day else ""
    return (
        f'<Returned{kind}Item ref="{ref}" transCode="17" returnCode="{code}" returnDescription="{why}"{came}'
        f' valueOf="{pence / 100:.2f}" currency="British Pound"><PayerAccount number="63849203" sortCode="13-40-20"/></Returned{kind}Item>'
    )


def arudd(items: list[str], *, totals: str | None = None, user: str = '<ServiceLicenseInformation userNumber="123456"/>') -> bytes:
    """A report with these items; the totals right unless they are given."""
    pence = sum(round(float(each.partition('valueOf="')[2].partition('"')[0]) * 100) for each in items)
    totals = totals or f'<Totals numberOf="{len(items)}" valueOf="{pence / 100:.2f}" currency="GBP"/>'
    account = f'<OriginatingAccount number="55555555" sortCode="20-20-15"/>{"".join(items)}{totals}'
    records = f"<OriginatingAccountRecords><OriginatingAccountRecord>{account}</OriginatingAccountRecord></OriginatingAccountRecords>"
    header = '<Header reportType="REFT1019" adviceNumber="7" currentProcessingDate="2026-03-18"/><AddresseeInformation name="A"/>'
    advice = f"<Advice>{records if items else ''}</Advice>"
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!-- Generated by Oracle Reports version 10.1.2.3.0 -->\n'
        f"<BACSDocument><Data><!-- d --><ARUDD>{header}{user}{advice}</ARUDD></Data><SignatureMethod/></BACSDocument>"
    ).encode("latin-1")


def arucs(items: list[str]) -> bytes:
    return arudd(items).replace(b"ARUDD", b"ARUCS")


def test_a_return_is_money_that_went_back_of_the_collection_it_names() -> None:
    (row,) = rows(read(arudd([item(4500, code="1012", why="INSTRUCTION CANCELLED")])))
    assert (row.amount_pence, row.paid_on, row.reversal_reason) == (-4500, date(2026, 3, 18), "direct-debit-returned")
    assert (row.undoes, row.narrative) == (("bacs-dd", "dd:123456:2026-03-13:770001258:4500"), "instruction cancelled")
    assert row.remittance == f"123456:2026-03-18:7:{COUNCIL_ACCOUNT}"
    assert "63849203" not in repr(row)


@pytest.mark.parametrize(
    ("code", "why", "told"),
    [("0", "", "refer to payer"), ("101B", "", "account closed"), ("0", "NO ACCOUNT", "no account"), ("ZZ", "", "reason ZZ")],
)
def test_why_it_came_back_is_told_in_words(code: str, why: str, told: str) -> None:
    assert [row.narrative for row in rows(read(arudd([item(1, code=code, why=why)])))] == [told]


@pytest.mark.parametrize("content", [arudd([item(1, day="")]), arudd([item(1, day="^^-^^-^^")]), arudd([item(1)], user="")])
def test_a_return_without_day_or_user_names_no_collection(content: bytes) -> None:
    assert [row.undoes for row in rows(read(content))] == [None]


def test_an_account_may_have_a_user_of_its_own() -> None:
    own = arudd([item(1)]).replace(b"<OriginatingAccount ", b'<ServiceLicenseInformation userNumber="4321"/><OriginatingAccount ')
    assert [row.undoes[1].split(":")[1] for row in rows(read(own)) if row.undoes] == ["004321"]


def test_a_report_without_returns_is_sound() -> None:
    assert read(arudd([])) == [Whole("123456:2026-03-18:7", date(2026, 3, 18), None)]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (
            arudd([item(100)], totals='<Totals numberOf="1" valueOf="1.01" currency="GBP"/>'),
            "the totals say 1 items of 101p, but there are 1 of 100p",
        ),
        (
            arudd([item(100)], totals='<Totals numberOf="2" valueOf="1.00" currency="GBP"/>'),
            "the totals say 2 items of 100p, but there are 1 of 100p",
        ),
        (arudd([item(100)], totals="<X/>"), "the account has no totals"),
        (arudd([item(100)], totals='<Totals numberOf="one" valueOf="1.00"/>'), "the totals cannot be read"),
        (arudd([item(100)]).replace(b"British Pound", b"EUR"), "the item is not in pounds"),
        (arudd([item(100)]).replace(b'valueOf="1.00"', b'valueOf="1.005"'), "the amount cannot be read: a fraction of a penny"),
        (arudd([item(0)]), "the amount is nothing"),
        (arudd([item(100, ref="7" * 36)]), "the reference is too long for Bacs"),
        (arudd([item(100, kind="Credit")]), "the item is of another report's kind"),
        (arudd([]).replace(b"<Header", b"<Heading"), "the report has no header with its processing day"),
        (arudd([item(100)]).replace(b"2026-03-18", b"2026-02-30"), "the report says no processing day before its first item"),
        (arudd([item(100)])[:-40], "the XML is broken or cut short"),
        (
            arudd([item(100)]).replace(b"<BACSDocument>", b'<!DOCTYPE x [<!ENTITY e "770001258">]><BACSDocument>'),
            "the file declares a document type, which no report needs",
        ),
    ],
)
def test_a_report_of_returns_that_does_not_prove_is_refused_with_what_is_wrong(content: bytes, what: str) -> None:
    assert what in faults(read(content))


@given(st.lists(st.integers(1, 10**9), max_size=30))
def test_any_report_of_returns_comes_to_what_was_written(pence: list[int]) -> None:
    records = read(arudd([item(each) for each in pence]))
    assert [row.amount_pence for row in rows(records)] == [-each for each in pence]
    assert faults(records) == []


def test_the_councils_own_credit_that_came_back_is_money_again() -> None:
    (row,) = rows(read(arucs([item(1550, kind="Credit", code="5", why="NO ACCOUNT")])))
    assert (row.amount_pence, row.method_of_payment, row.reference, row.reversal_reason) == (
        1550,
        "bacs-credit-returned",
        "770001258",
        None,
    )


def ddica(section: str, *, user: str = "<ServiceUserNumber>123456</ServiceUserNumber>") -> bytes:
    return f'<?xml version="1.0"?><VocaDocument><Data><Document>{user}{section}</Document></Data></VocaDocument>'.encode()


def claim(number: int, *parts: str, total: str, kind: str = "DDICAdvice") -> str:
    taken = "".join(
        f"<C><DateOfDirectDebit>{day}</DateOfDirectDebit><Amount>{amount}</Amount></C>" for day, amount in map(str.split, parts)
    )
    return (
        f"<{kind}><SeqNo>{number:07}</SeqNo><PayingBankReference>ABCD1</PayingBankReference><SUReference>770000880</SUReference>"
        f"<ReasonCode>5</ReasonCode><TotalAmount>{total}</TotalAmount><DDCollections>{taken}</DDCollections></{kind}>"
    )


def advices(*claims: str, count: int, total: str, day: str = "<DateOfDebit>2026-03-18</DateOfDebit>") -> str:
    totals = f"<TotalNumberOfAdvices>{count}</TotalNumberOfAdvices><TotalValueOfDebits>{total}</TotalValueOfDebits>{day}"
    return f"<NewAdvices>{''.join(claims)}{totals}</NewAdvices>"


BIG = claim(77, "2026-01-18 1,234.50", "2026-02-18 0.50", total="1,235.00")


def test_a_claim_takes_back_each_of_its_collections() -> None:
    found = rows(read(ddica(advices(BIG, claim(78, "2026-02-18 1.00", total="1.00"), count=2, total="1,236.00"))))
    assert [(row.amount_pence, row.paid_on, row.remittance) for row in found] == [
        (-123450, date(2026, 3, 18), "0000077"),
        (-50, date(2026, 3, 18), "0000077"),
        (-100, date(2026, 3, 18), "0000078"),
    ]
    assert {row.reversal_reason for row in found} == {"direct-debit-indemnity"}
    # The 18th of January was a Sunday: banks entered it on the 19th, and Bacs processed it on the Friday before.
    assert [row.undoes and row.undoes[1] for row in found[:2]] == [
        "dd:123456:2026-01-16:770000880:123450",
        "dd:123456:2026-02-17:770000880:50",
    ]


def test_a_claim_of_a_file_without_service_user_names_no_collection() -> None:
    assert [row.undoes for row in rows(read((SAMPLES / "bacs_ddica.xml").read_bytes()))] == [None, None]


def test_a_claim_that_is_given_up_brings_money_again() -> None:
    given_up = claim(5, "2026-02-18 1.00", total="1.00", kind="DDICCancellation")
    section = f"<Cancellations>{given_up}<TotalValueOfCancellations>1.00</TotalValueOfCancellations></Cancellations>"
    records = read(ddica(advices(BIG, count=1, total="1235.00") + section))
    assert [(row.amount_pence, row.reversal_reason, row.paid_on) for row in rows(records)][2:] == [(100, None, None)]
    assert records[-1].is_proved is True


@pytest.mark.parametrize(
    ("section", "what"),
    [
        (advices(BIG, count=1, total="1235.01"), "the totals say 1 claims of 123501p, but there are 1 of 123500p"),
        (advices(BIG, count=2, total="1235.00"), "the totals say 2 claims of 123500p, but there are 1 of 123500p"),
        (advices(BIG, count=1, total="12,35.00"), "the totals cannot be read"),
        (advices(BIG.replace("0.50", "0.51"), count=1, total="1235.00"), "the claim's total is not the sum of its collections"),
        (advices(BIG.replace("0.50", "x"), count=1, total="1235.00"), "an amount of the claim cannot be read: not an amount"),
        (advices(BIG, count=1, total="1235.00", day=""), "the claims have no date of debit"),
        ("<NewAdvices", "the XML is broken or cut short"),
    ],
)
def test_claims_that_do_not_prove_are_refused_with_what_is_wrong(section: str, what: str) -> None:
    assert what in faults(read(ddica(section), "bacs_ddica"))


# --- what moves no money


def messages(kind: str, *entries: str) -> bytes:
    header = f'<MessagingHeader advice-type="{kind}" user-number="4321" envelope-sequence-number="52" report-generation-date="2026-03-18"/>'
    body = "".join(f"<MessagingAdvice {entry}/>" for entry in entries)
    return f"<BACSDocument><Data><MessagingAdvices>{header}{body}<MessagingError/></MessagingAdvices></Data></BACSDocument>".encode()


def test_an_instruction_that_moved_is_told_with_both_accounts_and_their_leading_zeros() -> None:
    cancelled, moved, whole = read((SAMPLES / "bacs_addacs.xml").read_bytes())
    assert (cancelled.reference, cancelled.reason, cancelled.bank_account) == (
        "770000547",
        "instruction cancelled by the payer",
        "93861107806039",
    )
    assert (moved.reason_code, moved.new_bank_account, moved.effective_on) == ("3", "08609006774744", date(2026, 3, 18))
    assert moved.key == "123456:2026-03-18:2:770000712:3"
    assert whole.source_reference == "addacs:123456:2026-03-18:52"
    assert "MOVED" not in repr(moved)


def test_what_became_of_our_instructions_is_told() -> None:
    refused = 'record-type="N" reference="770000123" reason-code="L" payer-sort-code="20-00-00" payer-account-number="1"'
    file = 'record-type="V" vol-serial-number="260318" originator-file-number="1" accepted-ddi="9" rejected-ddi="1"'
    first, second, _ = read(messages("AUDDIS", refused, file))
    assert (first.kind, first.service_user, first.reason, first.bank_account) == (
        "auddis",
        "004321",
        "payer's details are wrong",
        "20000000000001",
    )
    assert (second.reference, second.reason) == ("260318/1", "file accepted: 9 instructions accepted, 1 rejected")


@pytest.mark.parametrize(("kind", "name"), [("ADDACS", "bacs_addacs"), ("AUDDIS", "bacs_auddis"), ("AWACS", "bacs_awacs"), ("OTHER", None)])
def test_messages_are_told_apart_by_their_kind(kind: str, name: str | None) -> None:
    found = detect(io.BytesIO(messages(kind, 'reference="1" reason-code="3"')))
    assert (found.name if isinstance(found, Format) else None) == name


ERROR = (
    '<Error type="REJECTED"><ErrorItem errorItemType="DEBIT" reference="770000123" transactionCode="17" currency="GBP" valueOf="1.00">'
    '<OriginatingAccount sortCode="20-20-15" number="55555555"/><DestinationAccount sortCode="08-99-99" number="66374958"/></ErrorItem>'
    '<ErrorMessage type="REJECTED"><MessageLine>INVALID</MessageLine><MessageLine>SORT CODE</MessageLine></ErrorMessage></Error>'
)


def input_report(said: str = "4.00") -> bytes:
    def totals(kind: str, accepted: str, rejected: str, all_of_it: str) -> str:
        parts = [("AcceptedRecords", accepted), ("RejectedRecords", rejected), ("UserTrailerTotals", all_of_it)]
        figures = (f'<{name} numberOf="{value.split()[0]}" valueOf="{value.split()[1]}"/>' for name, value in parts)
        return f"<{kind}>{''.join(figures)}</{kind}>"

    agreement = totals("CreditEntry", "1 4.00", "0 0.00", "1 4.00") + totals("DebitEntry", "2 3.00", "1 1.00", f"3 {said}")
    file = (
        '<UserFileInformation userNumber="123456" userFileNumber="001" fileCurrency="GBP" uhl1ProcessingDate="^^-^^-^^"/>'
        '<DaySection><DaySectionRecord recordDate="^^-^^-^^"/></DaySection>'
        f"<Errors>{ERROR}</Errors><InputReportSummary><AgreementOfFileTotals>{agreement}</AgreementOfFileTotals></InputReportSummary>"
    )
    return (
        '<BACSDocument><Data><InputReport><Header reportType="REFT1001"><ProducedOn date="2026-03-16"/><ProcessingDate date="2026-03-17"/>'
        '</Header><Submission><SubmissionInformation volumeSerialNumber="260318"/>'
        f"<UserFile><InputUserFile>{file}</InputUserFile></UserFile></Submission></InputReport></Data></BACSDocument>"
    ).encode()


def test_an_input_report_tells_what_was_rejected_and_whether_it_is_all_that_was_sent() -> None:
    record, file, whole = read(input_report())
    assert (record.reference, record.reason, record.amount_pence, record.bank_account) == (
        "770000123",
        "INVALID SORT CODE",
        100,
        "08999966374958",
    )
    assert (file.reference, file.reason_code) == ("260318/001", "rejected")
    assert file.reason == "debits accepted 2 of 300p, rejected 1 of 100p; credits accepted 1 of 400p, rejected 0 of 0p"
    assert whole == Whole("123456:260318:2026-03-17", date(2026, 3, 17), True)
    assert [each.reason_code for each in read(input_report("5.00")) if isinstance(each, Advice)] == ["REJECTED", "disagrees"]
    assert read(input_report("5.00"))[-1].is_proved is False
    assert faults(read(input_report("x"))) == ["a figure of the report cannot be read: not an amount"]


@pytest.mark.parametrize("way", ["Arrival", "Withdrawal"])
def test_what_arrived_and_what_was_withdrawn_is_told(way: str) -> None:
    content = input_report().replace(b"InputReport>", f"{way}Report>".encode()).replace(b"InputUserFile", f"{way}UserFile".encode())
    totals = b'<Totals><Credit numberOf="1" valueOf="4.00"/><Debit numberOf="3" valueOf="4.00"/></Totals></DaySection>'
    *_, file, whole = read(content.replace(b"</DaySection>", totals))
    assert (file.kind, file.reason) == (f"{way.lower()}-report", "debits 3 of 400p, credits 1 of 400p")
    assert whole.is_proved is True


# --- damage

WHOLE_FILES = [
    *(path.read_bytes() for path in sorted(SAMPLES.glob("bacs_*"))),
    arudd([item(100)]), arucs([item(100, kind="Credit")]), ddica(advices(BIG, count=1, total="1235.00")),
    messages("AUDDIS", 'reference="1"'), input_report(), submission(collections(100), days="4 MULTI"),
]  # fmt: skip
PIECES = st.sampled_from(
    [b"\x00", b"\xff", b"<", b">", b"&a;", b'"', b"\n", b"UTL1", b"HDR1A", b"9" * 5000, b"<ARUDD>", b"<!--", "٣".encode(), b"-"]
)
DAMAGED = st.builds(
    lambda content, at, cut, put: content[: at % len(content)] + put + content[at % len(content) + cut :],
    st.sampled_from(WHOLE_FILES),
    at=st.integers(0, 4000),
    cut=st.integers(0, 4000),
    put=st.lists(PIECES, max_size=4).map(b"".join),
)


@given(DAMAGED, st.sampled_from([None, *BACS]))
def test_a_damaged_file_never_raises(content: bytes, name: str | None) -> None:
    assert None not in read(content, name)


@given(st.binary(max_size=2000), st.sampled_from(BACS))
def test_what_is_no_file_at_all_is_a_fault(content: bytes, name: str) -> None:
    assert faults(read(content, name))


@pytest.mark.parametrize(
    "content",
    [
        b"<BACSDocument><Data>" + b"<!--" * 20_000,
        b"<BACSDocument>" * 6_000,
        b"<BACSDocument><Data>" + b" " * 60_000 + b"<X/>",
        b"<VocaDocument>" * 6_000,
        b"VOL1" + b"\r" * 60_000,
        b"<BACSDocument><Data><ARUDD>" + b"<Header>" * 10_000,
    ],
)
def test_a_crafted_beginning_takes_no_time(content: bytes) -> None:
    for name in BACS:
        FORMATS[name].looks_like(content)
        assert faults(read(content, name))


# --- taken in


@pytest.mark.parametrize("order", list(itertools.permutations(["bacs_std18_dd_earlier.txt", "bacs_std18_dd.txt", "bacs_arudd.xml"])))
async def test_a_return_names_its_collection_whatever_comes_first(ingest: Ingest, order: tuple[str, ...]) -> None:
    for name in order:
        assert (await ingest.sample(name)).status_code == 201
    payments, (reversal,) = await ingest.told(PaymentReceived), await ingest.told(PaymentReversed)
    (collection,) = [each for each in payments if each.reference == "770001258"]
    assert (reversal.payment_id, reversal.amount_pence) == (collection.payment_id, collection.amount_pence)
    assert (reversal.reversed_on, reversal.reason) == (date(2026, 3, 18), "direct-debit-returned")
    told = {each.source: (each.business_on, each.payments_pence, each.reversals_pence) for each in await ingest.told(RemittanceReceived)}
    assert told["bacs-arudd"] == (date(2026, 3, 18), 0, 4500)
    assert sum(each.amount_pence for each in payments) == 44400 + 8300


async def test_of_collections_alike_the_nth_return_takes_back_the_nth(ingest: Ingest) -> None:
    await ingest.file(arudd([item(100, ref="770000000", day="2026-03-17")] * 2))
    await ingest.file(submission([*[data("17", 100, "770000000")] * 3, data("99", 300, "CONTRA")]))
    payments = [each.payment_id for each in await ingest.told(PaymentReceived)]
    assert [each.payment_id for each in await ingest.told(PaymentReversed)] == payments[:2]


async def test_each_day_and_each_claim_reaches_the_bank_by_itself(ingest: Ingest) -> None:
    records = [data("17", 100, "770000001", FIRST), data("17", 200, "770000002", SECOND)]
    contras = [data("99", 100, "CONTRA", FIRST), data("99", 200, "CONTRA", SECOND)]
    await ingest.file(submission([*records, *contras], days="4 MULTI"))
    claims = ddica(advices(BIG, claim(78, "2026-02-18 1.00", total="1.00"), count=2, total="1,236.00"))
    assert (await ingest.file(claims)).status_code == 201
    remittances = await ingest.told(RemittanceReceived)
    told = [(each.source_reference, each.business_on, each.payments_pence - each.reversals_pence) for each in remittances]
    assert told == [
        (f"123456:260318:{FIRST}:{COUNCIL_ACCOUNT}", date(2026, 3, 18), 100),
        (f"123456:260318:{SECOND}:{COUNCIL_ACCOUNT}", date(2026, 3, 20), 200),
        ("0000077", date(2026, 3, 18), -123500),
        ("0000078", date(2026, 3, 18), -100),
    ]
    assert all(law["holds"] for law in (await ingest.http.get("/v1/laws")).json())
    assert (await ingest.file(claims + b"\n")).json()["state"] == "known"


async def until(ingest: Ingest, kind: type, count: int) -> list:
    """What is told in the background."""
    finishing = asyncio.ensure_future(importing.finish_files(ingest.service))
    for _ in range(200):
        if len(found := await ingest.told(kind)) >= count:
            break
        await asyncio.sleep(0.02)
    finishing.cancel()
    return found


async def test_a_file_that_comes_before_its_money_moves_waits_for_that_day(ingest: Ingest) -> None:
    processed = datetime.now(LONDON).date() + timedelta(days=7)
    content = submission(collections(100, 200), day=processed)
    answer = await ingest.file(content)
    assert (answer.status_code, answer.json()["state"], answer.json()["payments_pence"]) == (202, "waiting", 300)
    assert (await ingest.file(content)).json()["state"] == "known"
    assert await files.unfinished(ingest.service.pool) == []
    assert await ingest.told() == []
    await ingest.service.pool.execute("UPDATE file SET due_on = current_date")
    payments = await until(ingest, RemittanceReceived, 1) and await ingest.told(PaymentReceived)
    assert {each.paid_on for each in payments} == {date.fromisoformat(answer.json()["waits_until"])}
    assert (await ingest.http.get(f"/v1/files/{answer.json()['file_id']}")).json()["state"] == "received"


async def test_a_file_of_a_day_that_nobody_can_mean_is_refused(ingest: Ingest) -> None:
    answer = await ingest.file(submission(collections(100), day=date(2062, 3, 17)))
    assert answer.status_code == 422
    assert [each["what"] for each in answer.json()["faults"]] == ["the file is of a day more than 60 days ahead"]


async def test_claims_that_begin_to_number_again_are_others(ingest: Ingest) -> None:
    for day in ("2026-03-17", "2026-03-18"):
        claims = advices(claim(1, "2026-02-18 1.00", total="1.00"), count=1, total="1.00", day=f"<DateOfDebit>{day}</DateOfDebit>")
        assert (await ingest.file(ddica(claims.replace("770000880", f"7700008{day[-2:]}")))).status_code == 201
    assert len(await ingest.told(RemittanceReceived)) == 2


async def test_advices_are_remembered_once_and_listed_for_those_who_speak_for_their_source(ingest: Ingest) -> None:
    addacs = (SAMPLES / "bacs_addacs.xml").read_bytes()
    for content in (addacs, addacs + b"\n", messages("AUDDIS", 'reference="770000123" reason-code="L" aosn="1"'), input_report()):
        assert (await ingest.file(content)).status_code == 201
    found = (await ingest.http.get("/v1/advices")).json()
    assert [(each["kind"], each["reference"], each["reason_code"]) for each in found] == [
        ("addacs", "770000547", "1"), ("addacs", "770000712", "3"), ("auddis", "770000123", "L"),
        ("input-report", "770000123", "REJECTED"), ("input-report", "260318/001", "rejected"),
    ]  # fmt: skip
    assert found[1]["new_bank_account"] == "08609006774744"
    later = (await ingest.http.get("/v1/advices", params={"since": found[1]["number"], "most": 2})).json()
    assert later == found[2:4]
    assert (await ingest.http.get("/v1/advices", headers={"authorization": f"Bearer {OTHER_TOKEN}"})).json() == []
    assert (await ingest.http.get("/v1/advices", headers={"authorization": "Bearer x"})).status_code == 401
    assert await ingest.told() == []
