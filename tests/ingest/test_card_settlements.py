"""What card providers paid over: Stripe's reports, Adyen's batches, Worldpay's; each row a member, each payout proved."""

import io
import json
import os
from collections import Counter
from collections.abc import Callable, Collection
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.remittances import Fault
from ims_contracts.statements import SettlementFailed, SettlementReceived
from ims_ingest.domain.identity import named_payment
from ims_ingest.domain.planning import Plan
from ims_ingest.domain.proving import Proof
from ims_ingest.domain.rows import FileHead
from ims_ingest.formats import Format, detect, inspect
from ims_ingest.formats.records import Member
from ingest.ingest_world import SAMPLES

REAL = Path(os.environ.get("IMS_REAL_FILES", Path(__file__).parents[3] / "shared/real-files"))
ADYEN = (SAMPLES / "adyen_settlement_detail_batch_77.csv").read_text()
STRIPE = (SAMPLES / "stripe_payout_reconciliation.csv").read_text()
HISTORY = (
    "id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Description,Transfer,Transfer Date (UTC),"
    "govuk_pay_transaction_external_id (metadata)\n"
)
WORLDPAY = "Merchant Code,Settlement Date,Order Code,Type,Amount,Fee,Currency,Transaction Date\n"


def read(content: str | bytes, name: str | None = None) -> list:
    stream = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    found = detect(stream, name)
    return list(found.read(stream)) if isinstance(found, Format) else [found]


def members(content: str) -> list[Member]:
    records = read(content)
    assert [each for each in records if isinstance(each, Fault)] == []
    return [each for each in records if isinstance(each, Member)]


def faults(content: str, name: str | None = None) -> list[tuple[int | None, str]]:
    return [(each.line, each.what.split(":")[0]) for each in read(content, name) if isinstance(each, Fault)]


def history(kind: str, amount: str, fee: str = "0.00", net: str | None = None, **other: str) -> str:
    """A row of Stripe's balance history: payout po_1 of the 18th."""
    said = {"id": f"txn_{kind}", "source": "ch_1", "currency": "gbp", "transfer": "po_1", "pay_id": ""} | other
    return (
        f"{said['id']},{kind},{said['source']},{amount},{fee},{net or amount},{said['currency']},2026-03-16 23:30,2026-03-18 00:00,X,"
        f"{said['transfer']},2026-03-18 00:00,{said['pay_id']}\n"
    )


def test_the_same_payout_in_either_of_stripes_reports_is_the_same_settlement() -> None:
    same = {"transfer": "po_1SYNTH", "pay_id": "hu20sqlact5260q2nanm0q8u93"}
    content = HISTORY + "".join([
        history("payment", "50.00", "0.75", "49.25", id="txn_1", currency="GBP", **same),
        history("charge", "80.00", "1.20", "78.80", id="txn_2", **same | {"pay_id": "hu20sqlact5260q2nanm0q8u94"}),
        history("payment_refund", "-10.00", id="txn_3", **same),
    ])  # fmt: skip
    assert parts(content) == parts(STRIPE)


HEAD = FileHead(UUID(int=1), "E07999999", "stripe", "x", "", datetime.fromisoformat("2026-03-19T06:00:00Z"))


def proof_of(content: str, source: str = "stripe") -> Proof:
    proof = Proof(HEAD._replace(source=source), 1_000_000)
    for record in read(content):
        proof.take(record)
    return proof


def parts(content: str) -> list:
    proof = proof_of(content)
    assert proof.faults == []
    return proof.parts()


@pytest.mark.parametrize(
    ("row", "kind", "net_pence"),
    [
        (history("charge", "50.00", "0.75", "49.25"), "charge", 4925),
        (history("refund", "-50.00"), "refund", -5000),
        (history("dispute", "-50.00", "15.00", "-65.00"), "dispute", -6500),
        (history("dispute_reversal", "50.00", "-15.00", "65.00", transfer=""), "dispute-reversal", 6500),
        (history("adjustment", "-50.00", "15.00", "-65.00", source="dp_1"), "dispute", -6500),
        (history("adjustment", "50.00", source="du_1"), "dispute-reversal", 5000),
        (history("adjustment", "1.00"), "adjustment", 100),
        (history("stripe_fee", "-1.00"), "fee", -100),
        (history("charge", "0.10", "0.15", "-0.05"), "charge", -5),
        (history("payout_failure", "118.05", source="po_0"), "payout-failed", 11805),
        (history("payout_reversal", "118.05", source="po_1"), "payout-failed", -11805),
        (history("something_new", "1.00"), "adjustment", 100),
    ],
)
def test_each_kind_of_row_is_named_and_counted(row: str, kind: str, net_pence: int) -> None:
    (found,) = members(HISTORY + row)
    assert (found.kind, found.net_pence) == (kind, net_pence)
    assert found.gross_pence - found.fee_pence == found.net_pence
    assert (found.occurred_on, found.paid_on) == (date(2026, 3, 16), date(2026, 3, 18))


CHARGE, PAID = history("charge", "120.00", "1.95", "118.05"), history("payout", "-118.05", source="po_1")
FAILED = history("payout_failure", "118.05", source="po_1")
FAILED_LATER = history("payout_failure", "118.05", source="po_1", transfer="po_2")
FAILED_UNPAID = history("payout_failure", "118.05", source="po_1", transfer="")


def test_a_payout_that_failed_brings_nothing_and_still_is_the_sum_of_its_rows() -> None:
    assert read(HISTORY + CHARGE + PAID)[-1].is_proved is True
    failed = HISTORY + CHARGE + PAID + FAILED
    assert read(failed)[-1].is_proved is True
    assert sum(each.net_pence for each in members(failed)) == 0


def told(
    content: str, source: str = "stripe", known: Collection[UUID] = ()
) -> tuple[list[SettlementReceived], list[SettlementFailed]]:
    proof = proof_of(content, source)
    assert proof.faults == []
    facts = [fact for chunk in Plan(proof, known).chunks(read(content)) for fact in chunk.facts]
    return [each for each in facts if isinstance(each, SettlementReceived)], [each for each in facts if isinstance(each, SettlementFailed)]


@pytest.mark.parametrize("row", [FAILED, FAILED_LATER, FAILED_UNPAID, FAILED + FAILED_LATER])
def test_a_failed_payout_is_told_once_and_its_settlement_stays_what_it_was(row: str) -> None:
    settlements, (failed,) = told(HISTORY + CHARGE + PAID + row)
    first = settlements[0]
    assert (first.settlement_reference, first.net_pence, first.member_count) == ("po_1", 11_805, 1)
    assert (failed.settlement_id, failed.settlement_reference) == (first.settlement_id, "po_1")
    assert (failed.net_pence, failed.failed_on, failed.provider) == (11_805, date(2026, 3, 16), "govuk-pay")
    (paid_again,) = settlements[1:] or [None]
    assert (paid_again and (paid_again.settlement_reference, paid_again.net_pence)) == (("po_2", 11_805) if "po_2" in row else None)


def test_a_failure_that_a_later_report_tells_is_no_other_settlement() -> None:
    before, after = parts(HISTORY + CHARGE + PAID), parts(HISTORY + CHARGE + PAID + FAILED)
    assert [each for each in after if each.kind == "settlement"] == before
    assert told(HISTORY + CHARGE + PAID + FAILED, known={each.part_id for each in before})[0] == []
    assert parts(HISTORY + FAILED) == parts(HISTORY + FAILED_UNPAID) == [each for each in after if each.kind == "failure"]
    assert told(HISTORY + FAILED, known={each.part_id for each in after}) == ([], [])


def test_another_payouts_failure_is_money_that_this_one_is_made_of() -> None:
    rows = [history("charge", "1.00"), history("payout_failure", "118.05", source="po_0"), history("payout", "-119.05", source="po_1")]
    assert read(HISTORY + "".join(rows))[-1].is_proved is True
    assert faults(HISTORY + "".join([*rows[:2], history("payout", "-1.00", source="po_1")])) == [
        (None, "payout po_1 is not the sum of its rows")
    ]


@pytest.mark.parametrize("content", [STRIPE.replace("gbp", "eur"), HISTORY + history("charge", "1.00", currency="EUR")])
def test_rows_of_another_currency_can_be_looked_into_but_not_loaded(content: str) -> None:
    assert {each.currency for each in members(content)} == {"EUR"}
    assert {(each.line, each.what) for each in proof_of(content).faults} >= {(2, "the row is not in pounds")}


CHARGES = "id,Description,Seller Message,Created date (UTC),Amount,Converted Amount,Converted Currency,Fee,Taxes On Fee,Status\n"


def test_a_list_of_charges_is_part_of_no_settlement() -> None:
    content = CHARGES + "ch_1,X,,2026-03-18 10:00,9.00,5.00,gbp,0.20,0.04,Paid\nch_2,X,,2026-03-18 10:00,9.00,5.00,gbp,,,Failed\n"
    assert [(each.gross_pence, each.fee_pence, each.net_pence) for each in members(content)] == [(500, 24, 476), (0, 0, 0)]
    assert parts(content) == []


@pytest.mark.skipif(not REAL.exists(), reason="the real files are not at hand")
@pytest.mark.parametrize("file", sorted(path.name for path in (REAL / "stripe-payout-report").glob("*")) if REAL.exists() else [])
def test_real_reports_are_read_as_other_programs_read_them(file: str) -> None:
    facts = json.loads((REAL / "expected.json").read_text())[f"stripe-payout-report/{file}"]
    found = inspect(REAL / "stripe-payout-report" / file)
    assert (found["faults"], found["entries"], found["currency"]) == ([], facts["rows"], "CAD")


def test_adyens_batch_is_its_bank_line() -> None:
    found = members(ADYEN)
    assert {each.settlement_reference for each in found} == {"TX77XT"}
    assert (sum(each.gross_pence for each in found), sum(each.fee_pence for each in found)) == (27_000, 124)
    assert sum(each.net_pence for each in found) == 26_876
    assert Counter(each.kind for each in found) == {"charge": 4, "refund": 1}
    assert {(each.provider, each.method_of_payment, each.provider_payment_id, each.is_telling) for each in found} == {
        ("govuk-pay", "card-smartpay", None, False)
    }
    assert (found[0].member_reference, found[0].narrative) == ("8816000000000001:Settled:8816000000000002", "770001630")
    assert {each.paid_on for each in found} == {date(2026, 3, 17)}
    assert read(ADYEN)[-1].is_proved is True


def test_a_settlement_of_adyens_makes_no_payment() -> None:
    proof = proof_of(ADYEN, "adyen")
    (chunk,) = Plan(proof, set()).chunks(read(ADYEN))
    assert (chunk.payments, chunk.known_from_settlement, chunk.reversals) == ([], [], [])
    (fact,) = chunk.facts
    assert isinstance(fact, SettlementReceived)
    assert (fact.source, fact.settlement_reference, fact.net_pence, fact.member_count) == ("adyen", "TX77XT", 26_876, 5)
    assert [each.reference for each in fact.members] == ["770001630", "770001711", "BJ9006772A", "BJ90167633", "770001630"]


def test_adyens_columns_are_known_by_name() -> None:
    table = [line.split(",") for line in ADYEN.replace('"TX77XT batch 77, AnytownCouncil"', "TX77XT batch 77").splitlines()]
    again = "\n".join(",".join(["extra", *reversed(values)]) for values in table)
    assert [each[1:] for each in members(again)] == [each[1:] for each in members(ADYEN)]


PAYOUT_ROW = ADYEN.splitlines()[-1]
MORE = 'Anytown,AnytownCouncil,{0},{1},{2},2026-03-17 12:00:00,GMT,{3},{4},{5},{6},{7},1,GBP,{8},{9},,,,,,,77,,,,,,,\n'


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("", "", "", "Fee", "Monthly", "", "", "", "1.00", ""), ("fee", 0, 100, -100)),
        (("", "", "", "InvoiceDeduction", "I", "", "", "", "1.00", ""), ("fee", 0, 100, -100)),
        (("", "", "", "Balancetransfer", "B", "", "", "", "", "1.00"), ("adjustment", 100, 0, 100)),
        (("P", "R", "visa", "Settled", "M", "GBP", "5.00", "", "5.00", ""), ("charge", -500, 0, -500)),
        (("P", "R", "visa", "Settled", "M", "GBP", "", "0.10", "0.05", ""), ("charge", 10, 15, -5)),
        (("P", "R", "visa", "Chargeback", "M", "GBP", "5.00", "", "20.00", ""), ("dispute", -500, 1500, -2000)),
        (("P", "R", "visa", "ChargebackReversed", "M", "GBP", "", "5.00", "", "5.00"), ("dispute-reversal", 500, 0, 500)),
        (("P", "R", "visa", "Settled", "M", "EUR", "", "6.00", "", "5.00"), ("charge", 500, 0, 500)),
    ],
)
def test_what_a_row_moves_is_its_column_and_never_its_type(row: tuple[str, ...], expected: tuple) -> None:
    net_pence = 26_876 + expected[3]
    content = ADYEN.replace(PAYOUT_ROW, MORE.format(*row) + PAYOUT_ROW.replace("268.76", f"{net_pence // 100}.{net_pence % 100:02}"))
    found = members(content)[-1]
    assert (found.kind, found.gross_pence, found.fee_pence, found.net_pence) == expected


BACK = MORE.format("", "", "", "MerchantPayout", "{}", "", "", "", "", "{}")


@pytest.mark.parametrize("number", ["TX77XT batch 77", "no number"])
def test_an_adyen_payout_that_came_back_is_told_and_its_batch_stays_what_it_was(number: str) -> None:
    (batch,), (failed,) = told(ADYEN + BACK.format(number, "268.76"), "adyen")
    assert (batch.net_pence, batch.member_count, batch.settlement_reference) == (26_876, 5, "TX77XT")
    assert (failed.settlement_id, failed.settlement_reference, failed.net_pence) == (batch.settlement_id, "TX77XT", 26_876)
    assert sum(each.net_pence for each in members(ADYEN + BACK.format(number, "268.76"))) == 0


def test_an_earlier_payout_that_came_back_is_money_that_the_batch_is_made_of() -> None:
    content = ADYEN.replace(PAYOUT_ROW, BACK.format("TX76XT batch 76", "10.00") + PAYOUT_ROW.replace("268.76", "278.76"))
    (batch,), (failed,) = told(content, "adyen")
    assert (batch.net_pence, batch.member_count) == (27_876, 6)
    assert (failed.settlement_reference, failed.net_pence) == ("TX76XT", 1_000)
    assert faults(ADYEN + BACK.format("TX76XT batch 76", "10.00")) != []


def test_a_worldpay_payout_that_failed_is_told() -> None:
    (batch,), (failed,) = told(WORLDPAY + "C,18/03/2026,O1,Settled,10.00,,,\nC,18/03/2026,X,Payout failed,10.00,,,\n", "worldpay")
    assert (batch.net_pence, batch.member_count) == (1_000, 1)
    assert (failed.settlement_id, failed.settlement_reference, failed.net_pence) == (batch.settlement_id, "C:2026-03-18", 1_000)


def test_members_say_by_which_ids_their_payment_goes() -> None:
    pay_id = "hu20sqlact5260q2nanm0q8v01"
    (batch,), _ = told(ADYEN.replace(",770001630,visa,2026-03-16", f",{pay_id},visa,2026-03-16"), "adyen")
    first, second = batch.members[:2]
    assert (first.provider_reference, first.merchant_reference, first.provider_payment_id) == ("8816000000000001", pay_id, pay_id)
    assert first.payment_id == named_payment("E07999999", "govuk-pay", pay_id)
    assert (second.provider_reference, second.merchant_reference, second.payment_id) == ("8816000000000003", "770001711", None)
    assert batch.members[-1].provider_reference == first.provider_reference
    (batch,), _ = told(WORLDPAY.strip() + ",Merchant Reference\nC,18/03/2026,O1,Settled,10.00,,,,770001630\n", "worldpay")
    assert (batch.members[0].provider_reference, batch.members[0].merchant_reference) == ("O1", "770001630")
    (batch,), _ = told(WORLDPAY.strip() + f",Merchant Reference\nC,18/03/2026,O1,Settled,10.00,,,,{pay_id}\n", "worldpay")
    assert batch.members[0].payment_id == first.payment_id
    (payout,), _ = told(STRIPE)
    assert [each.provider_reference for each in payout.members] == ["ch_1", "ch_2", "ch_1"]


def test_two_fees_alike_are_two() -> None:
    fee = MORE.format("", "", "", "Fee", "Monthly", "", "", "", "1.00", "")
    found = members(ADYEN.replace(PAYOUT_ROW, fee + fee + PAYOUT_ROW.replace("268.76", "266.76")))
    assert [each.member_reference for each in found[-2:]] == [":Fee:Monthly:1", ":Fee:Monthly:2"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("268.76", "268.77"), [(None, "the rows of batch 77 of AnytownCouncil are not what its MerchantPayout row paid")]),
        ((PAYOUT_ROW, ""), [(None, "the rows of batch 77 of AnytownCouncil are not what its MerchantPayout row paid")]),
        (("99.55", "99.5S"), [(2, "an amount or a time cannot be read"), (None, "the rows of batch 77 of AnytownCouncil "
                                                                               "are not what its MerchantPayout row paid")]),
        (("2026-03-17 23:59:59,GMT", "2026-03-17 23:59:59,XXX"), [
            (7, "an amount or a time cannot be read"),
            (None, "the rows of batch 77 of AnytownCouncil are not what its MerchantPayout row paid"),
        ]),
        (("Settled,8816000000000002", "8816000000000002"), [(2, "the row has 29 columns, the header 30"),
                              (None, "the rows of batch 77 of AnytownCouncil are not what its MerchantPayout row paid")]),
    ],
)  # fmt: skip
def test_a_batch_that_does_not_prove_is_a_fault(change: tuple[str, str], expected: list) -> None:
    assert faults(ADYEN.replace(*change, 1)) == expected


def test_a_time_in_another_zone_is_the_day_in_britain() -> None:
    content = ADYEN.replace("2026-03-16 10:00:00,GMT", "2026-03-17 00:30:00,CET")
    assert members(content)[0].occurred_on == date(2026, 3, 16)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["CODE1,2026-03-18,O1,SETTLED,10.00,0.20,GBP,2026-03-16"], [("charge", 1000, 20, 980)]),
        (["CODE1,18/03/2026,O1,Settled,10.00,,GBP,16/03/2026"], [("charge", 1000, 0, 1000)]),
        (["CODE1,18/03/2026,O1,Refunded,10.00,,,"], [("refund", -1000, 0, -1000)]),
        (["CODE1,18/03/2026,O1,CHARGED_BACK,-10.00,15.00,GBP,"], [("dispute", -1000, 1500, -2500)]),
    ],
)
def test_worldpay_settles_gross_or_net(rows: list[str], expected: list) -> None:
    found = members(WORLDPAY + "\n".join(rows))
    assert [(each.kind, each.gross_pence, each.fee_pence, each.net_pence) for each in found] == expected
    assert (found[0].settlement_reference, found[0].method_of_payment) == ("CODE1:2026-03-18", "card-worldpay")
    assert found[0].is_telling is False


def test_an_order_refunded_twice_by_the_same_amount_is_two_rows() -> None:
    found = members(WORLDPAY + "CODE1,18/03/2026,O1,Refunded,1.00,,,\n" * 2)
    assert len({each.member_reference for each in found}) == 2


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("CODE1,18/03/2026,O1,Settled,1O.00,,,", "an amount or a day cannot be read"),
        ("CODE1,03/18/2026,O1,Settled,10.00,,,", "an amount or a day cannot be read"),
        ("CODE1,18/03/2026,O1,Settled,,,,", "the row has no amount, no merchant code or no order code"),
        ("CODE1,18/03/2026,O1,Parked,10.00,,,", "the type of the row is none that is known"),
    ],
)
def test_a_worldpay_row_that_cannot_be_is_a_fault_with_its_line(row: str, what: str) -> None:
    assert faults(WORLDPAY + row) == [(2, what)]


def adyen_of(pence: list[int]) -> str:
    rows = [MORE.format(f"P{n}", "R", "visa", "Settled", f"M{n}", "GBP", *sides(amount) * 2) for n, amount in enumerate(pence)]
    payout = MORE.format("", "", "", "MerchantPayout", "TX77XT batch 77", "", "", "", *sides(-sum(pence)))
    return "".join([ADYEN.splitlines()[0] + "\n", *rows, payout])


def sides(amount: int) -> tuple[str, str]:
    """Debit and credit."""
    written = f"{abs(amount) // 100}.{abs(amount) % 100:02}"
    return ("", written) if amount > 0 else (written, "")


def stripe_of(pence: list[int]) -> str:
    rows = [history("charge" if amount > 0 else "refund", pounds(amount), id=f"txn_{n}") for n, amount in enumerate(pence)]
    return HISTORY + "".join(rows)


def worldpay_of(pence: list[int]) -> str:
    kinds = ["Settled" if amount > 0 else "Refunded" for amount in pence]
    return WORLDPAY + "".join(f"C,18/03/2026,O{n},{kind},{pounds(pence[n])},,,\n" for n, kind in enumerate(kinds))


def pounds(amount: int) -> str:
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02}"


@pytest.mark.parametrize("write", [stripe_of, worldpay_of, adyen_of])
@given(pence=st.lists(st.integers(-99_999_999, 99_999_999).filter(bool), min_size=1, max_size=12))
def test_what_is_written_is_read_to_the_penny(write: Callable[[list[int]], str], pence: list[int]) -> None:
    assert [each.net_pence for each in members(write(pence))] == pence


PIECES = st.sampled_from(["\n", '"', ",", "\x00", "é", "1E+11", "-", "9" * 40, "gbp", "payout", "MerchantPayout", "GMT", ""])
DAMAGED = st.builds(
    lambda content, at, cut, put: content[:at] + put + content[at + cut :],
    content=st.sampled_from([ADYEN, STRIPE, stripe_of([100, -50]), worldpay_of([100, -50]), CHARGES + "ch_1,X,,2026-03-18,9,5,gbp,,,Paid"]),
    at=st.integers(0, 2_000),
    cut=st.integers(0, 60),
    put=st.lists(PIECES, max_size=4).map("".join),
)
NAMES = ["stripe_payout", "stripe_balance", "stripe_charges", "adyen_settlement", "worldpay_settlement"]


@given(DAMAGED, st.sampled_from([None, *NAMES]))
def test_a_damaged_report_never_raises(content: str, name: str | None) -> None:
    assert None not in read(content, name)


@given(st.binary(max_size=300), st.sampled_from(NAMES))
def test_garbage_is_a_fault(content: bytes, name: str) -> None:
    assert [each for each in read(content, name) if isinstance(each, Fault)]
