"""Bank statements as CSV: each bank's own export, any that explains itself, what proves them, and what a spreadsheet does to them."""

import io
import json
import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.remittances import Fault
from ims_contracts.statements import StatementLineReceived, StatementReceived
from ims_ingest.domain.cards import redact
from ims_ingest.domain.planning import Plan
from ims_ingest.domain.proving import Proof
from ims_ingest.domain.rows import FileHead, statement_line
from ims_ingest.formats import FORMATS, Format, detect, inspect
from ims_ingest.formats.bank_csv import BANK_CSVS
from ims_ingest.formats.bank_csv_values import written_day, written_pence
from ims_ingest.formats.records import Entry, StatementBegins, StatementEnds
from ingest.ingest_world import SAMPLES, Ingest

REAL = Path(os.environ.get("IMS_REAL_FILES", Path(__file__).parents[3] / "shared/real-files"))
ACCOUNT, OTHER = "20201555555555", "60123412345678"
DAY = date(2026, 3, 18)


def read(content: str | bytes, name: str | None = None) -> list:
    stream = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    found = detect(stream, name)
    return list(found.read(stream)) if isinstance(found, Format) else [found]


def named(content: str) -> str | None:
    found = detect(io.BytesIO(content.encode()))
    return found.name if isinstance(found, Format) else None


def of(kind: type, records: list) -> list:
    return [each for each in records if isinstance(each, kind)]


def faults(content: str, name: str | None = None) -> list[tuple[int | None, str | None, str]]:
    return [(each.line, each.position, each.what) for each in of(Fault, read(content, name))]


def amounts(content: str) -> list[int]:
    records = read(content)
    assert of(Fault, records) == []
    return [each.amount_pence for each in of(Entry, records)]


@pytest.mark.parametrize(
    ("file", "opening_pence", "closing_pence", "proved"),
    [("barclays.csv", None, None, None), ("natwest.csv", 1_000_000, 1_298_204, True), ("lloyds.csv", 1_000_000, 1_298_204, True)],
)
def test_a_days_export_is_the_banks_own_statement_of_that_day(
    file: str, opening_pence: int | None, closing_pence: int | None, proved: bool | None
) -> None:
    def lines(records: list) -> Counter:
        account = of(StatementBegins, records)[0].bank_account
        return Counter((account, each.booked_on, each.amount_pence) for each in of(Entry, records))

    records = read((SAMPLES / file).read_bytes())
    assert lines(records) == lines(read((SAMPLES / "camt053_v08.xml").read_bytes()))
    (ends,) = of(StatementEnds, records)
    assert (ends.opening_pence, ends.closing_pence, ends.is_proved) == (opening_pence, closing_pence, proved)
    assert (ends.opened_on, ends.closed_on) == (DAY, DAY)
    assert of(StatementBegins, records)[0].reference == f"{ACCOUNT} 2026-03-18..2026-03-18"


def test_barclays_memo_is_the_payer_and_what_the_payer_typed() -> None:
    header = "Number,Date,Account,Amount,Subcategory,Memo\n"
    records = read(header + " ,18/03/2026,20-20-15 55555555,1.00,Counter Credit,MR A   SAMPLE\t770001478 BGC\n"
                   " ,18/03/2026,20-20-15 55555555,1.00,Counter Credit,CASH 500123\n")  # fmt: skip
    assert [(each.counterparty_name, each.reference, each.narrative) for each in of(Entry, records)] == [
        ("MR A SAMPLE", "770001478", "MR A SAMPLE 770001478 BGC"), (None, "CASH 500123", "CASH 500123"),
    ]  # fmt: skip


# How each bank writes an entry of an amount, on a day, with a balance after it.
def barclays(day: date, amount: str, balance: str) -> str:
    return f" ,{day:%d/%m/%Y},20-20-15 55555555,{amount},Counter Credit,MR A SAMPLE\t770001478"


def natwest(day: date, amount: str, balance: str) -> str:
    return f"{day:%d %b %Y},BAC,\"'770001478\",{amount},{balance},\"'GENERAL\",\"'202015-55555555\","


def in_two(amount: str, debit_first: bool = True) -> str:
    pair = (amount[1:], "") if amount.startswith("-") else ("", amount)
    return ",".join(pair if debit_first else reversed(pair))


def bankline(day: date, amount: str, balance: str) -> str:
    return f"202015,55555555,GEN,GENERAL,GBP,CA,NWBKGB2L,BANK,ANYTOWN,{day:%d/%m/%y},MR A SAMPLE,770001478,,,,BAC,{in_two(amount)}"


def rbs(day: date, amount: str, balance: str) -> str:
    return f",202015,55555555,{day:%d/%m/%Y},BAC,{amount.lstrip('-')},{'-' if amount.startswith('-') else '+'},MR A SAMPLE,770001478,"


def lloyds(day: date, amount: str, balance: str) -> str:
    return f"{day:%d/%m/%Y},FPI,'20-20-15,55555555,MR A SAMPLE 770001478,{in_two(amount)},{balance}"


def lloyds_commercial(day: date, amount: str, balance: str) -> str:
    return f"{day:%d/%m/%y},202015-55555555,,FPI,{amount},770001478,MR A SAMPLE"


def clydesdale(day: date, amount: str, balance: str) -> str:
    return f"{day:%Y/%m/%d},,20201555555555,,,,MR A SAMPLE,{amount},770001478"


def barclays_net(day: date, amount: str, balance: str) -> str:
    return f",202015,55555555,,{amount.lstrip('-')},{'DR' if amount.startswith('-') else 'CR'},MR A SAMPLE,,770001478"


def starling(day: date, amount: str, balance: str) -> str:
    return f'{day:%d/%m/%Y},MR A SAMPLE,770001478,FASTER PAYMENT,{amount},{balance},INCOME,""'


NATWEST = "Date, Type, Description, Value, Balance, Account Name, Account Number\n\n"
LLOYDS = (
    "Transaction Date,Transaction Type,Sort Code,Account Number,Transaction Description,Debit Amount,Credit Amount,Balance\n"
)
NET = ",,,20260318,,,,,\nA,Sort,Account,B,Value,CR/DR,Description,Cheque,Narrative\n"
# name, what stands above, an entry, whether it has balances, whether rows have days
KINDS: list[tuple[str, str, Callable[[date, str, str], str], bool]] = [
    ("barclays_csv", "Number,Date,Account,Amount,Subcategory,Memo\n", barclays, False),
    ("barclays_net_csv", NET, barclays_net, False),
    ("natwest_csv", NATWEST, natwest, True),
    ("bankline_csv", "", bankline, False),
    ("rbs_csv", "", rbs, False),
    ("lloyds_csv", LLOYDS, lloyds, True),
    ("lloyds_commercial_csv", "", lloyds_commercial, False),
    ("clydesdale_csv", "", clydesdale, False),
    ("statement_csv", "Date,Counter Party,Reference,Type,Amount (GBP),Balance (GBP),Spending Category,Notes\n", starling, True),
]
by_kind = pytest.mark.parametrize(("name", "above", "write", "has_balance"), KINDS, ids=[kind[0] for kind in KINDS])


def test_every_export_is_tried_here() -> None:
    assert [kind[0] for kind in KINDS] == [*(each.name for each in BANK_CSVS), "statement_csv"]


@by_kind
def test_each_export_is_known_and_read(name: str, above: str, write: Callable, has_balance: bool) -> None:
    content = above + write(DAY, "12.50", "112.50") + "\n" + write(DAY, "-2.00", "110.50") + "\n"
    assert named(content) == name
    records = read(content)
    assert of(Fault, records) == []
    (begins,), (ends,) = of(StatementBegins, records), of(StatementEnds, records)
    assert begins.bank_account == ("unnamed" if name == "statement_csv" else ACCOUNT)
    assert [(each.booked_on, each.amount_pence) for each in of(Entry, records)] == [(DAY, 1250), (DAY, -200)]
    expected = (10_000, 11_050, True) if has_balance else (None, None, None)
    assert (ends.opening_pence, ends.closing_pence, ends.is_proved) == expected
    assert all("770001478" in f"{each.reference} {each.narrative}" for each in of(Entry, records))


@by_kind
@given(pence=st.lists(st.integers(-99_999_999, 99_999_999).filter(bool), min_size=1, max_size=12), data=st.data())
def test_what_is_written_is_read_to_the_penny(name: str, above: str, write: Callable, has_balance: bool, pence: list, data) -> None:
    balance, rows = 12_345, []
    for number, amount in enumerate(pence):
        balance += amount
        day = DAY if name == "barclays_net_csv" else DAY + timedelta(number // 3)
        rows.append(write(day, pounds(amount), pounds(balance)))
    is_newest_first = data.draw(st.booleans())
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    content = (above + "\n".join(reversed(rows) if is_newest_first else rows)).replace("\n", end) + end
    records = read(data.draw(st.sampled_from(["", "\ufeff"])) + content)
    assert of(Fault, records) == []
    assert Counter(each.amount_pence for each in of(Entry, records)) == Counter(pence)
    (ends,) = of(StatementEnds, records)
    assert (ends.opening_pence, ends.closing_pence) == ((12_345, balance) if has_balance else (None, None))


def pounds(amount_pence: int) -> str:
    return f"{'-' if amount_pence < 0 else ''}{abs(amount_pence) // 100}.{abs(amount_pence) % 100:02}"


def test_entries_alike_stay_several() -> None:
    content = "".join(lloyds_commercial(DAY, "20.00", "") + "\n" for _ in range(3))
    assert amounts(content) == [2000, 2000, 2000]


def both(rows: list[tuple[str, int, int]]) -> str:
    """Rows of accounts: sort code and number, pence, balance."""
    return LLOYDS + "".join(
        f"18/03/2026,FPI,'{account[:2]}-{account[2:4]}-{account[4:6]},{account[6:]},X,{in_two(pounds(amount))},{pounds(balance)}\n"
        for account, amount, balance in rows
    )


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [0, 2, 1, 3]], ids=["one after the other", "between each other"])
def test_each_account_in_a_file_is_a_statement(order: list[int]) -> None:
    rows = [(ACCOUNT, 100, 1100), (ACCOUNT, 200, 1300), (OTHER, 5000, 5000), (OTHER, -1, 4999)]
    records = read(both([rows[number] for number in order]))
    assert of(Fault, records) == []
    assert [each.bank_account for each in of(StatementBegins, records)] == [ACCOUNT, OTHER]
    proofs = [(each.opening_pence, each.closing_pence, each.is_proved) for each in of(StatementEnds, records)]
    assert proofs == [(1000, 1300, True), (0, 4999, True)]
    inside = [type(each).__name__[:5] for each in records]
    assert inside == ["State", "Entry", "Entry", "State"] * 2 + ["Whole"]


def test_accounts_between_each_other_are_read_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ims_ingest.formats.bank_csv.MIXED_ROWS_MAX", 20)
    rows = [(ACCOUNT, 100, 100), (OTHER, 100, 100)] * 10
    assert len(of(Entry, read(both(rows)))) == 20
    (refused,) = read(both([*rows, (ACCOUNT, 1, 1)]))
    assert "accounts between each other" in refused.what


@pytest.mark.parametrize(
    ("rows", "proof"),
    [
        ([("18", "1.00", "11.00"), ("18", "2.00", "13.00")], (1000, 1300, True)),
        ([("18", "2.00", "13.00"), ("18", "1.00", "11.00")], (1000, 1300, True)),
        ([("17", "1.00", "11.00"), ("18", "2.00", "13.01")], (1000, 1301, False)),
        ([("19", "2.00", "13.01"), ("18", "1.00", "11.00")], (1000, 1301, False)),
        ([("17", "1.00", ""), ("18", "2.00", "13.00"), ("18", "1.00", "")], (1000, 1400, True)),
        ([("19", "1.00", ""), ("18", "2.00", "13.00"), ("17", "1.00", "")], (1000, 1400, True)),
        ([("17", "", "10.00"), ("18", "2.00", "12.00")], (1000, 1200, True)),
        ([("17", "1.00", ""), ("18", "2.00", "")], (None, None, None)),
        ([("18", "1.00", "-11.00")], (-1200, -1100, True)),
    ],
)
def test_the_running_balance_proves_the_entries(rows: list, proof: tuple) -> None:
    content = "Date,Description,Amount,Balance\n" + "".join(f"{day}/03/2026,X,{amount},{balance}\n" for day, amount, balance in rows)
    records = read(content)
    (ends,) = of(StatementEnds, records)
    assert of(Fault, records) == []
    assert (ends.opening_pence, ends.closing_pence, ends.is_proved) == proof
    assert records[-1].is_proved is proof[2]


@pytest.mark.parametrize(
    ("kind", "change", "expected"),
    [
        ("lloyds_csv", ("'20-20-15", "1.23E+11"), ("sort code", "power of ten")),
        ("lloyds_csv", (",55555555", ",5555555"), ("sort code", "leading zeros may be gone")),
        ("lloyds_csv", ("'20-20-15,55555555", "2020155,5555555"), ("sort code", "leading zeros may be gone")),
        ("lloyds_csv", ("MR A SAMPLE 770001478", "7.70001E+11"), ("transaction description", "power of ten")),
        ("lloyds_csv", ("18/03/2026", "03/18/2026"), ("transaction date", "no such day")),
        ("lloyds_csv", ("18/03/2026", "30/02/2026"), ("transaction date", "no such day")),
        ("lloyds_csv", ("18/03/2026", "46099"), ("transaction date", "no such day")),
        ("lloyds_csv", (",12.50,", ",1250O,"), ("credit amount", "amount cannot be read")),
        ("lloyds_csv", (",12.50,", ",-12.50,"), ("credit amount", "below nothing")),
        ("lloyds_csv", (",,12.50,", ",1.00,12.50,"), ("debit amount", "both a debit and a credit")),
        ("lloyds_csv", (",12.50,112.50", ",12.50"), (None, "the row has 7 columns, not 8")),
        ("lloyds_csv", ("112.50", "112.50,surplus"), (None, "the row has 9 columns, not 8")),
        ("natwest_csv", (",12.50,112.50", ",,"), ("value", "no amount")),
        ("natwest_csv", ("'202015-55555555", "2.02015E+13"), ("account number", "power of ten")),
        ("bankline_csv", ("202015,", "20201,"), ("column 1", "leading zeros may be gone")),
        ("clydesdale_csv", ("20201555555555", "2.02016E+13"), ("column 3", "power of ten")),
        ("lloyds_commercial_csv", (",770001478,", ",7.7E+11,"), ("column 6", "power of ten")),
        ("rbs_csv", (",+,", ",?,"), ("column 7", "neither a debit nor a credit")),
        ("barclays_net_csv", ("20260318", "20261318"), ("column 4", "no such day")),
    ],
)
def test_a_spreadsheets_damage_is_named_with_its_line_and_column(kind: str, change: tuple[str, str], expected: tuple) -> None:
    above, write = next((above, write) for name, above, write, _ in KINDS if name == kind)
    content = above + "\n".join([write(DAY, "12.50", "112.50"), write(DAY, "7.25", "119.75")]) + "\n"
    assert change[0] in content
    found = faults(content.replace(*change, 1), kind)
    assert [(position, expected[1] in what) for _, position, what in found] == [(expected[0], True)]
    assert found[0][0] == (1 if kind == "barclays_net_csv" else above.count("\n") + 1)


def test_one_bad_row_does_not_hide_the_next() -> None:
    rows = [lloyds(DAY, "1.00", "1.00").replace("1.00,", "1.OO,") for _ in range(4)]
    assert [line for line, _, _ in faults(LLOYDS + "\n".join([*rows, lloyds(DAY, "1.00", "1.00")]))] == [2, 3, 4, 5]


def test_a_day_that_another_bank_writes_first_is_no_day_of_a_british_export() -> None:
    assert [what for _, _, what in faults(NATWEST + natwest(DAY, "1.00", "1.00").replace("18 Mar 2026", "03/18/2026"))] == [
        "there is no such day: a spreadsheet may have turned day and month"
    ]


def test_a_cards_export_counts_what_is_owed() -> None:
    content = NATWEST + natwest(DAY, "12.50", "30.00").replace("202015-55555555", "543484******1234")
    records = read(content)
    assert of(StatementBegins, records)[0].bank_account == "card-1234"
    assert [each.amount_pence for each in of(Entry, records)] == [-1250]
    assert of(StatementEnds, records)[0].closing_pence == -3000


@pytest.mark.parametrize("above", ["", "Sort Code,Account Number,A,B,Currency,C,D,E,F,Date,1,2,3,4,5,Type,Debit,Credit\n"])
def test_a_first_entry_with_something_wrong_is_no_header(above: str) -> None:
    rows = [bankline(DAY, "1.O0", ""), bankline(DAY, "2.00", "")]
    first_line = above.count("\n") + 1
    assert [line for line, _, _ in faults(above + "\n".join(rows), "bankline_csv")] == [first_line]
    assert amounts(above + "\n".join(reversed([rows[1], rows[1]]))) == [200, 200]


def test_an_export_without_its_rows_is_a_fault() -> None:
    assert [what for _, _, what in faults(LLOYDS)] == ["there is no entry in the file"]


def test_a_file_that_two_exports_could_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "lloyds_again_csv", FORMATS["lloyds_csv"]._replace(name="lloyds_again_csv"))
    assert [what for _, _, what in faults(LLOYDS + lloyds(DAY, "1.00", "1.00"))] == ["the file could be lloyds_csv or lloyds_again_csv"]


def test_an_account_number_is_no_card_number() -> None:
    numbers = random.Random(1)
    for _ in range(300):
        number = f"{numbers.randrange(10**8):08}"
        row = f"'60{numbers.randrange(10**4):04}-{number},30-{numbers.randrange(100):02}-14 {number}"
        assert redact(row) == row


GENERAL = [
    # header and rows, amounts
    ("Transaction Date,Posted Date,Card No.,Description,Category,Debit,Credit\n2026-03-17,2026-03-18,1234,X,Y,12.50,\n"
     "2026-03-17,2026-03-18,1234,X,Y,,3.00\n", [-1250, 300]),
    ("Date,Type,Description,Paid In,Paid Out,Balance\n18-Mar-26,BGC,X,\"1,234.56\",,£1234.56\n", [123456]),
    ('Account Name:,Current ****1\nAccount Balance:,£5.00\n\n"Date","Transaction type","Description","Paid out","Paid in","Balance"\n'
     '"18 Mar 2026","Payment","X","£1,002.00","","-£2.00"\n', [-100200]),
    ("Transaction ID,Date,Time,Type,Name,Amount,Currency,Notes and #tags,Description,Money Out,Money In\n"
     "tx_1,18/03/2026,10:00:00,Card payment,Y,-3.50,GBP,,X,-3.50,\n"
     "tx_2,18/03/2026,10:00:00,Card payment,Y,7.00,GBP,,X,,7.00\n", [-350, 700]),
    ("Buchungstag;Wertstellung;Auftraggeber/Empfänger;VWZ1;VWZ2;Betrag;Kontostand;Währung\n"
     "18.03.2026;18.03.2026;Y;X;;-1.234,56;10,00;EUR\n", [-123456]),
    ('"Datum","Naam / Omschrijving","Rekening","Tegenrekening","Code","Af Bij","Bedrag (EUR)","Mutatiesoort","Mededelingen"\n'
     '"20260318","Y","NL20INGB0001234567","NL01","BA","Af","1,25","Betaalautomaat","X"\n'
     '"20260318","Y","NL20INGB0001234567","NL01","GT","Bij","2,00","Online","X"\n', [-125, 200]),
    ('"Date","Description","Original Description","Amount","Transaction Type","Category","Account Name","Labels","Notes"\n'
     '"3/18/2026","X","X","12.50","debit","Y","CHECKING","",""\n"3/02/2026","X","X","2.50","credit","Y","CHECKING","",""\n', [-1250, 250]),
    ("Date\tPayee\tAccount number\tPayment reference\tAmount (EUR)\tAmount (Foreign Currency)\n"
     "2026-03-18\tY\tDE1\tX\t-4.5\t-5.0\n", [-450]),
    ("Date,Description,Amount\n18/03/2026,X,(12.50)\n18/03/2026,X,12.50-\n18/03/2026,X,12.50 DR\n18/03/2026,X,12.50 CR\n",
     [-1250, -1250, -1250, 1250]),
    ("Value Date;Booking Date;Narrative #1;Narrative #2;Withdrawals;Deposits\n2026-03-17;2026-03-18;X;Y;1'234.50;\n", [-123450]),
    ("Date,Narrative,Debit/Credit,Amount\n18/03/2026,X,Debit,5\n", [-500]),
    ("Date,Type,Merchant/Description,Debit/Credit,Balance\n18/03/2026,DD,X,£-5.00,£5.00\n", [-500]),
    ("Produit;Monn.;Description;Date de valeur;Débit;Crédit;Solde\nX;CHF;Y;18.03.2026;10.00;;11'373.94\n", [-1000]),
    ("TransactionDate,Narration,WithdrawalAmount,DepositAmount,RunningBalance\n18/03/2026,X,5.00,,1.00\n", [-500]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), GENERAL, ids=range(len(GENERAL)))
def test_a_header_that_explains_itself_is_believed(content: str, expected: list[int]) -> None:
    assert named(content) == "statement_csv"
    assert amounts(content) == expected
    assert {each.booked_on for each in of(Entry, read(content))} <= {DAY, date(2026, 3, 2)}


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        ("Date,Description,Amount\n18/03/2026,X,1.00\n03/18/2026,X,1.00\n", 3, "there is no such day"),
        ("Date;Description;Amount\n18/03/2026;X;1,50\n18/03/2026;X;1.50\n", 3, "the amount cannot be read"),
        ("Date;Description;Amount\n18/03/2026;X;1.500\n", 2, "the amount cannot be read"),
        ("Date,Description,Amount\n18/03/2026,X,12..34\n", 2, "the amount cannot be read"),
        ("Date,Description,Amount\n18/03/2026,X,\n", 2, "the row has no amount"),
        ("Date,Type,Description,Amount\n18/03/2026,Credit,X,-1.00\n", 2, "a credit is below nothing"),
        ("Date,Description,Amount,Balance\n18/03/2026,X,1.00\n", 2, "the row has 3 columns, not 4"),
    ],
)
def test_what_cannot_be_read_with_certainty_is_a_fault(content: str, line: int, what: str) -> None:
    assert [(number, said.split(":")[0]) for number, _, said in faults(content)] == [(line, what)]


@pytest.mark.parametrize(
    "content",
    ["Date,Amount\n18/03/2026,1.00\n", "Date,Description\n18/03/2026,X\n", "a,b,c\n1,2,3\n", "date,description,debit_pence,credit_pence\n"],
)
def test_a_header_that_says_too_little_is_no_statements(content: str) -> None:
    assert named(content) is None


def test_a_column_is_the_account_only_where_all_rows_name_one_that_is_whole() -> None:
    def account(header: str, *rows: str) -> str:
        content = f"Date,Description,Amount,{header}\n" + "".join(f"18/03/2026,X,1.00,{row}\n" for row in rows)
        return of(StatementBegins, read(content))[0].bank_account

    assert account("Sort Code,Account Number", "20-20-15,55555555") == ACCOUNT
    assert account("IBAN", "GB33 BUKB 2020 1555 5555 55") == ACCOUNT
    assert account("IBAN", "DE89370400440532013000", "DE89370400440532013000") == "DE89370400440532013000"
    assert account("IBAN", "DE89370400440532013000", "GB33BUKB20201555555555") == "unnamed"
    assert account("Account", "770001478") == "unnamed"
    assert account("Payee,Account Number", "MR A,20-20-15 55555555") == "unnamed"


def test_a_pending_entry_takes_no_part_in_the_balance() -> None:
    records = read("Date,Description,Amount,Balance,Status\n18/03/2026,X,1.00,1.00,Completed\n18/03/2026,X,5.00,,Pending\n")
    assert [each.is_booked for each in of(Entry, records)] == [True, False]
    assert (of(StatementEnds, records)[0].closing_pence, of(StatementEnds, records)[0].is_proved) == (100, True)


def test_a_long_file_whose_lines_end_in_cr_alone_is_read_line_by_line() -> None:
    rows = [f"18/03/2026,PAYER {number},1.00" for number in range(20_000)]
    entries = of(Entry, read("\r".join(["Date,Description,Amount", *rows])))
    assert [each.narrative for each in entries] == [f"PAYER {number}" for number in range(20_000)]


@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [
        ("1,234.56", ".", 123456), ("-0.50", ".", -50), ("+3", ".", 300), ("£1,000", ".", 100000), ("1.234,56", ",", 123456),
        ("-12,5", ",", -1250), ("1 234,50", ",", 123450), ("1'234.50", ".", 123450), ("−5.00", ".", -500), (" ", ".", None),
        ("(5.00)", ".", -500), ("5.00-", ".", -500),
    ],
)  # fmt: skip
def test_amounts_are_read_as_banks_write_them(text: str, mark: str, amount: int | None) -> None:
    assert written_pence(text, mark) == amount


TWOFOLD = ["12..34", "1,23.45", "1.234", "12,34", "1e3", "--5", "(-5)", "-5-", "()", "-", "DR", "x", "12.345", "9" * 13]


@pytest.mark.parametrize("text", TWOFOLD)
def test_an_amount_that_may_mean_two_things_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|penny"):
        written_pence(text)


@pytest.mark.parametrize(
    "text",
    ["18/03/2026", "18/03/26", "18-03-2026", "18.03.2026", "18 Mar 2026", "18-Mar-26", "18 March 2026", "2026-03-18", "2026/03/18",
     "20260318", "2026-03-18 10:11:12", "2026-03-18T10:11:12Z", "18/03/2026 10:11", "Mar 18, 2026"],
)  # fmt: skip
def test_days_are_read_as_banks_write_them(text: str) -> None:
    assert written_day(text) == DAY


@pytest.mark.parametrize("text", ["", "03/18/2026", "18/03", "18 Xyz 2026", "31/02/2026", "46099", "18/03-2026", "1/1/1"])
def test_a_day_that_cannot_be_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"day|month|range"):
        written_day(text)


@pytest.mark.skipif(not REAL.exists(), reason="the real files are not at hand")
@pytest.mark.parametrize("file", sorted(path.name for path in (REAL / "csv-statement").glob("*")) if REAL.exists() else [])
def test_real_exports_are_read_as_other_programs_read_them(file: str) -> None:
    facts = json.loads((REAL / "expected.json").read_text())[f"csv-statement/{file}"]
    found = inspect(REAL / "csv-statement" / file)
    assert [each["line"] for each in found["faults"]] == [each["line"] for each in facts.get("row_errors", [])]
    assert found["entries"] == facts.get("entries", facts.get("entries_ok"))
    if "net" in facts:
        assert found["credits_pence"] - found["debits_pence"] == written_pence(facts["net"])
    for field, fact in (("credits_pence", "sum_credit"), ("debits_pence", "sum_debit")):
        assert fact not in facts or found[field] == written_pence(facts[fact])


HEAD = FileHead(UUID(int=1), "E07999999", "bank", "natwest_csv", "", datetime.fromisoformat("2026-03-19T06:00:00Z"))


def proof_of(content: str | bytes) -> Proof:
    proof = Proof(HEAD, 1_000_000)
    for record in read(content):
        proof.take(record)
    return proof


def test_a_statement_that_names_no_account_or_is_in_another_currency_can_be_looked_into_but_not_loaded() -> None:
    proof = proof_of("Date,Description,Amount,Currency\n18/03/2026,X,1.00,EUR\n")
    assert [each.what for each in proof.faults] == ["the statement names no account", "the statement is not in pounds"]


def test_the_longest_texts_are_lines_that_can_be_told() -> None:
    row = natwest(DAY, "1.00", "1.00").replace("770001478", "x" * 5_000).replace("BAC", "y" * 500)
    proof = proof_of(NATWEST + row)
    (chunk,) = Plan(proof, set()).chunks(read(NATWEST + row))
    assert len(statement_line(chunk.entries[0], "E07999999", 1).narrative or "") == 500


SAME_DAY = ["camt053_v08.xml", "barclays.csv", "natwest.csv", "lloyds.csv"]


@pytest.mark.parametrize("files", [SAME_DAY, list(reversed(SAME_DAY))], ids=["the bank's own first", "exports first"])
async def test_a_day_in_every_format_is_counted_once(ingest: Ingest, files: list[str]) -> None:
    for file in files:
        assert (await ingest.sample(file)).json()["state"] == "received"
    lines, statements = await ingest.told(StatementLineReceived), await ingest.told(StatementReceived)
    assert len({line.statement_line_id for line in lines}) == 19
    assert sum(line.amount_pence for line in {line.statement_line_id: line for line in lines}.values()) == 298_204
    assert {(each.bank_account, each.credits_pence, each.debits_pence) for each in statements} == {(ACCOUNT, 311_504, 13_300)}
    assert len(statements) == 4


async def test_a_later_export_of_days_that_overlap_adds_only_what_is_new(ingest: Ingest) -> None:
    rows = [natwest(DAY + timedelta(number // 2), "20.00", pounds((number + 1) * 2000)) for number in range(6)]
    await ingest.file((NATWEST + "\n".join(rows[:4])).encode())
    await ingest.file((NATWEST + "\n".join(rows[2:])).encode())
    assert Counter(line.booked_on for line in await ingest.told(StatementLineReceived)) == {DAY + timedelta(days): 2 for days in range(3)}


PIECES = st.sampled_from(["\n", "\r", '"', ",", ";", "\x00", "é", "1.23E+11", "-", "9" * 40, "18/03/2026", "", "\t", "0", "'"])
WRITTEN = [above + "\n".join(write(DAY, amount, "9.00") for amount in ("1.00", "-2.00", "3.00")) for _, above, write, _ in KINDS]
DAMAGED = st.builds(
    lambda content, at, cut, put: content[:at] + put + content[at + cut :],
    content=st.sampled_from([*WRITTEN, *(content for content, _ in GENERAL)]),
    at=st.integers(0, 400),
    cut=st.integers(0, 60),
    put=st.lists(PIECES, max_size=4).map("".join),
)


@given(DAMAGED, st.sampled_from([None, "statement_csv", *(each.name for each in BANK_CSVS)]))
def test_a_damaged_export_is_a_fault_or_a_statement_and_never_raises(content: str, name: str | None) -> None:
    for encoding in ("utf-8", "latin-1"):
        records = read(content.encode(encoding, errors="replace"), name)
        assert of(Fault, records) or len(of(StatementBegins, records)) == len(of(StatementEnds, records)) > 0


@pytest.mark.parametrize(
    "content",
    [
        "Date,Description,Amount" + " " * 60_000 + "x\n18/03/2026,X,1.00",
        "Date,Description,Amount\n18/03/2026," + "X" + " " * 60_000 + "x,1" + ",000" * 100,
        "Date,Description,Amount\n" + '18/03/2026,"' * 20_000,
        "Date,Description,Amount" + ",x" * 20_000 + "\n" + ",".join("1" * 20_000),
        KINDS[0][1] + barclays(DAY, "1.00", "").replace("SAMPLE", " " * 60_000) + "\n" + "1" * 200_000,
        NATWEST + "\x00" * 100_000,
    ],
    ids=range(6),
)
@pytest.mark.timeout(5)
def test_a_hostile_file_takes_no_time(content: str) -> None:
    assert of(Fault, read(content))


@given(st.binary(max_size=300), st.sampled_from(["statement_csv", *(each.name for each in BANK_CSVS)]))
def test_garbage_is_a_fault(content: bytes, name: str) -> None:
    assert of(Fault, read(content, name))
