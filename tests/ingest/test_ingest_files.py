"""The file door: proved as a whole, told once, taken up again where it was interrupted."""

import asyncio
import itertools
import random
from collections import Counter
from pathlib import Path

import pytest

from ims_contracts.accounts import AccountChanged
from ims_contracts.payments import PaymentReceived, PaymentReversed
from ims_contracts.remittances import RemittanceReceived, RemittanceRefused
from ims_contracts.statements import SettlementReceived, StatementLineReceived, StatementReceived
from ims_ingest.handlers import importing
from ims_ingest.store import files
from ims_kit import Service
from ingest.ingest_world import COUNCIL, OTHER_COUNCIL, SAMPLES, Ingest, allpay, pay_event, statement, submitted

DAY = "17/03/2026"


async def test_a_file_of_collections_is_its_payments_and_its_total(ingest: Ingest) -> None:
    answer = await ingest.sample("allpay.txt")
    assert (answer.status_code, answer.json()["state"]) == (201, "received")
    payments, (remittance,) = await ingest.told(PaymentReceived), await ingest.told(RemittanceReceived)
    assert sum(fact.amount_pence for fact in payments) == remittance.payments_pence == 42740
    assert {fact.remittance_id for fact in payments} == {remittance.remittance_id}
    assert [fact.remittance_line for fact in payments] == list(range(1, 9))
    assert (remittance.business_on.isoformat(), remittance.payment_count) == ("2026-03-17", 8)
    assert payments[0].method_of_payment == "allpay"
    assert payments[0].channel == "agent"


async def test_the_same_bytes_twice_have_no_effect_and_the_answer_says_so(ingest: Ingest) -> None:
    await ingest.sample("allpay.txt")
    before = await ingest.names_told()
    answer = await ingest.sample("allpay.txt")
    assert (answer.status_code, answer.json()["state"], answer.json()["is_new"]) == (200, "known", False)
    assert await ingest.names_told() == before


async def test_the_same_rows_written_otherwise_have_no_effect(ingest: Ingest) -> None:
    await ingest.sample("allpay.txt")
    before = await ingest.names_told()
    *rows, blank, total, count = (SAMPLES / "allpay.txt").read_text().splitlines()
    again = "\r\n".join([*reversed(rows), blank, total, count, ""])
    answer = await ingest.file(b"\xef\xbb\xbf" + again.encode())
    assert (answer.status_code, answer.json()["state"]) == (200, "known")
    assert await ingest.names_told() == before


@pytest.mark.parametrize(
    ("second", "why"),
    [
        ([f"770000547 60.00 T {DAY}", f"770000712 61.00 P {DAY}"], "with other content"),
        ([f"770000547 60.00 T {DAY}", f"770000712 60.00 P {DAY}", "770000712 1.00 P 18/03/2026"], "2 of its 3 payments came before"),
    ],
)
async def test_a_file_that_contradicts_one_before_is_for_a_person(ingest: Ingest, second: list[str], why: str) -> None:
    await ingest.file(allpay([f"770000547 60.00 T {DAY}", f"770000712 60.00 P {DAY}"]))
    before = await ingest.names_told()
    answer = await ingest.file(allpay(second))
    assert answer.status_code == 409
    assert why in answer.json()["reasons"][0]
    assert await ingest.names_told() == before | {"RemittanceRefused": 1}, "officers hear of it, whoever sent it"
    assert len((await ingest.http.get("/v1/conflicts", params={"council": COUNCIL})).json()) == 1


PAYPOINT = (Path(__file__).parent / "layouts" / "paypoint.txt").read_text()
OTHER_CARD = "9826120007700007122"


@pytest.mark.parametrize("name", [("417", "417"), ("417", "418")], ids=["under the same name", "under another name"])
async def test_a_file_that_corrects_only_a_reference_is_for_a_person(ingest: Ingest, name: tuple[str, str]) -> None:
    card = PAYPOINT.split(",")[4]
    assert (await ingest.file(PAYPOINT.encode())).status_code == 201
    before = await ingest.names_told()
    assert (await ingest.file(PAYPOINT.replace(*name).encode())).json()["state"] == "known"
    answer = await ingest.file(PAYPOINT.replace(*name).replace(card, OTHER_CARD).encode())
    assert answer.status_code == 409, answer.text
    assert await ingest.names_told() == before | {"RemittanceRefused": 1}


async def test_a_file_with_a_wrong_trailer_is_held_whole(ingest: Ingest) -> None:
    answer = await ingest.file(allpay([f"770000547 60.00 T {DAY}"], total="61.00"))
    assert answer.status_code == 422
    assert "6100p" in answer.json()["faults"][0]["what"]
    assert await ingest.names_told() == {"RemittanceRefused": 1}
    assert await ingest.rows("SELECT 1 FROM payment") == []


async def test_every_fault_of_a_file_is_named_with_its_line(ingest: Ingest) -> None:
    content = allpay([f"770000547 60.00 T {DAY}", f"770000712 61.00 P {DAY}", "770000712 60.00 P 31/02/2026", f"770000712 1.00 ? {DAY}"])
    content = content.replace(b"61.00P", b"6x.00P")
    answer = await ingest.file(content)
    assert [(fault["line"], fault["position"]) for fault in answer.json()["faults"]] == [(2, "24-32"), (3, "34-43"), (4, "33")]
    (refused,) = await ingest.told(RemittanceRefused)
    assert (refused.fault_count, refused.format) == (3, "allpay")
    kept = (await ingest.http.get(f"/v1/files/{answer.json()['file_id']}/content")).content
    assert kept == content


async def test_two_payments_alike_in_every_field_are_two(ingest: Ingest) -> None:
    await ingest.file(allpay([f"770000547 60.00 T {DAY}"] * 3))
    assert len({fact.payment_id for fact in await ingest.told(PaymentReceived)}) == 3


async def test_a_row_below_nothing_is_money_that_went_back(ingest: Ingest) -> None:
    await ingest.file(allpay([f"770000547 60.00 T {DAY}", f"770000547 -60.00 Q {DAY}"]))
    (reversal,) = await ingest.told(PaymentReversed)
    (remittance,) = await ingest.told(RemittanceReceived)
    assert (reversal.amount_pence, reversal.reason, reversal.payment_id) == (6000, "cheque-returned", None)
    assert (remittance.payments_pence, remittance.reversals_pence, remittance.reversal_count) == (6000, 6000, 1)


@pytest.mark.parametrize("chunks_before", [0, 1, 2, 3])
async def test_a_file_interrupted_anywhere_is_told_once(ingest: Ingest, chunks_before: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"{770000000 + number % 700} {1 + number % 90}.25 P {DAY}" for number in range(3500)]
    advance, told = files.advance, Counter[str]()

    async def advance_until_killed(head, chunk, work) -> None:
        told["chunks"] += 1
        if told["chunks"] > chunks_before:
            raise ConnectionError("killed")
        await advance(head, chunk, work)

    monkeypatch.setattr(files, "advance", advance_until_killed)
    with pytest.raises(ConnectionError):
        await ingest.file(allpay(rows))
    monkeypatch.undo()
    assert len(await ingest.told(PaymentReceived)) == 1000 * chunks_before
    finishing = asyncio.ensure_future(importing.finish_files(ingest.service))
    answer = await ingest.file(allpay(rows))  # sent again while the file is taken up behind the door
    finishing.cancel()
    assert answer.json()["state"] == "known"
    payments, (remittance,) = await ingest.told(PaymentReceived), await ingest.told(RemittanceReceived)
    assert len(payments) == len({fact.payment_id for fact in payments}) == 3500
    assert sum(fact.amount_pence for fact in payments) == remittance.payments_pence
    assert all(law["holds"] for law in (await ingest.http.get("/v1/laws")).json())


async def test_accounts_come_once_and_again_only_when_they_differ(ingest: Ingest) -> None:
    for name in ("accounts.csv", "pcns.csv", "pcns_late.csv"):
        assert (await ingest.sample(name)).status_code == 201
    told = await ingest.told(AccountChanged)
    assert len(told) == 25 + 16 + 2
    changed = (SAMPLES / "pcns.csv").read_text().replace("AT99 AAA,vehicle,2026-03-03", "AT99 ZZZ,vehicle,2026-03-03")
    assert (await ingest.file(changed.encode())).status_code == 201
    again = (await ingest.told(AccountChanged))[43:]
    assert [(fact.account_reference, fact.second_keys) for fact in again] == [("BJ90001186", ["AT99ZZZ"])]
    assert again[0].revision > told[25].revision


async def test_a_penalty_comes_with_its_stages(ingest: Ingest) -> None:
    await ingest.sample("pcns.csv")
    (fact,) = [each for each in await ingest.told(AccountChanged) if each.account_reference == "BJ90078817"]
    stages = [(stage.stage, stage.amount_pence, stage.until_on and stage.until_on.isoformat()) for stage in fact.schedule]
    assert stages == [
        ("discount", 3500, "2025-06-25"),
        ("full", 7000, "2025-09-03"),
        ("charge-certificate", 10500, "2025-10-12"),
        ("registered", 11500, None),
    ]
    assert (fact.fund, fact.status, fact.is_stopped, fact.second_keys) == ("11", "with-agent", True, ["AT99AAH"])


async def test_a_settlement_is_told_with_its_members_and_reveals_a_lost_webhook(ingest: Ingest) -> None:
    await ingest.event(pay_event("captured", payment="hu20sqlact5260q2nanm0q8u96", amount=7000))
    await ingest.sample("stripe_payout_reconciliation_parking.csv")
    (settlement,) = await ingest.told(SettlementReceived)
    assert (settlement.gross_pence, settlement.fee_pence, settlement.net_pence) == (20000, 302, 19698)
    assert (settlement.settlement_reference, settlement.member_count, settlement.page, settlement.pages) == ("po_2SYNTH", 5, 1, 1)
    payments = await ingest.told(PaymentReceived)
    assert [fact.source for fact in payments] == ["govuk-pay", *["stripe"] * 4]
    assert {member.payment_id for member in settlement.members} == {fact.payment_id for fact in payments}
    assert all(fact.reference is None for fact in payments[1:])


async def test_an_event_that_comes_after_its_settlement_adds_what_it_knows(ingest: Ingest) -> None:
    event = pay_event("captured", payment="hu20sqlact5260q2nanm0q8u99", amount=2500, reference="BJ90089904")
    await ingest.sample("stripe_payout_reconciliation_parking.csv")
    await ingest.event(event)
    (late,) = [fact for fact in await ingest.told(PaymentReceived) if fact.revision == 2]
    await ingest.empty()
    await ingest.event(event)
    await ingest.sample("stripe_payout_reconciliation_parking.csv")
    (early,) = [fact for fact in await ingest.told(PaymentReceived) if fact.source == "govuk-pay"]
    assert late.model_copy(update={"revision": 1}) == early


async def test_a_settlement_in_pages_is_whole(ingest: Ingest) -> None:
    header = (SAMPLES / "stripe_payout_reconciliation.csv").read_text().splitlines()[0]
    charge = "po_9,2026-03-18,txn_{0},2026-03-16 10:00:00,2026-03-18,gbp,1.00,0.01,0.99,charge,c,c,p,Tax,pay{0}"
    rows = [charge.format(number) for number in range(1201)]
    await ingest.file("\n".join([header, *rows]).encode())
    pages = await ingest.told(SettlementReceived)
    assert [(page.page, page.pages, len(page.members)) for page in pages] == [(1, 3, 500), (2, 3, 500), (3, 3, 201)]
    assert sum(member.net_pence for page in pages for member in page.members) == pages[0].net_pence == 1201 * 99


async def test_a_dispute_that_a_settlement_takes_back_is_a_reversal(ingest: Ingest) -> None:
    header = (SAMPLES / "stripe_payout_reconciliation.csv").read_text().splitlines()[0]
    row = "po_9,2026-03-18,{},2026-03-16 10:00:00,2026-03-18,gbp,{},{},{},{},c,c,p,Tax,{}"
    rows = [
        row.format("txn_1", "50.00", "0.75", "49.25", "charge", "pay1"),
        row.format("txn_2", "-20.00", "15.00", "-35.00", "dispute", "pay2"),
    ]
    content = "\n".join([header, *rows]).encode()
    for _ in range(2):
        await ingest.event(pay_event("captured", payment="pay2", amount=2000))
        await ingest.file(content)
    (reversal,) = await ingest.told(PaymentReversed)
    disputed = [fact for fact in await ingest.told(PaymentReceived) if fact.source_payment_id == "pay2"]
    assert [(reversal.payment_id, reversal.amount_pence, reversal.reason)] == [(disputed[0].payment_id, 2000, "chargeback-lost")]
    (settlement,) = await ingest.told(SettlementReceived)
    assert (settlement.gross_pence, settlement.fee_pence, settlement.net_pence) == (3000, 1575, 1425)


async def test_the_days_statement_is_nineteen_lines_whichever_version_and_however_often(ingest: Ingest) -> None:
    for name in ("camt053_v08.xml", "camt053_v02.xml", "camt053_v08.xml"):
        assert (await ingest.sample(name)).status_code in (200, 201)
    lines, (whole,) = await ingest.told(StatementLineReceived), await ingest.told(StatementReceived)
    assert (whole.opening_pence, whole.closing_pence, whole.is_proved) == (1_000_000, 1_298_204, True)
    assert (whole.credit_count, whole.credits_pence, whole.debit_count, whole.debits_pence) == (17, 311504, 2, 13300)
    assert sum(line.amount_pence for line in lines) == 298204
    assert len({line.statement_line_id for line in lines}) == len(lines) == 19
    assert {line.bank_account for line in lines} == {"20201555555555"}
    typed = {line.bank_reference: line.reference for line in lines}
    assert typed["BC0000000012"] == "bj9003 4458"
    assert typed["BC0000000015"] is None


async def test_a_statement_that_does_not_prove_is_told_as_one_that_does_not(ingest: Ingest) -> None:
    assert (await ingest.file(statement(["10.00 A"], closing="11.00"))).status_code == 201
    (whole,) = await ingest.told(StatementReceived)
    assert whole.is_proved is False
    assert len(await ingest.told(StatementLineReceived)) == 1


TRUTH = [["20.00 A", "20.00 B", "-5.00 C"], ["20.00", "20.00", "-5.00"], ["20.00 A", "20.00 B"], ["20.00 B", "-5.00"]]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_overlapping_statements_in_any_order_show_the_same_lines(ingest: Ingest, order: tuple[int, ...]) -> None:
    for number in order:
        await ingest.file(statement(TRUTH[number], name=f"S{number}"))
    assert Counter(line.amount_pence for line in await ingest.told(StatementLineReceived)) == {2000: 2, -500: 1}


async def test_statements_of_one_account_that_come_at_once_show_the_same_lines(ingest: Ingest) -> None:
    shown = [statement(random.Random(seed).sample(TRUTH[0], 3), name=f"S{seed}") for seed in range(6)]
    await asyncio.gather(*(ingest.file(each) for each in shown))
    assert Counter(line.amount_pence for line in await ingest.told(StatementLineReceived)) == {2000: 2, -500: 1}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"hello", 422),
        (b"reference,fund,holder,balance_pence\n1.23E+11,23,x,1\n", 422),
        (b"\x00" * 1000, 422),
        (b'<!DOCTYPE x [<!ENTITY a "aaaa">]><Document><BkToCstmrStmt><Stmt><Id>&a;</Id></Stmt></BkToCstmrStmt></Document>', 422),
        (statement(["1.00"]).replace(b"GBP", b"EUR"), 422),
        (statement(["1.00"])[:-60], 422),
    ],
)
async def test_what_is_no_file_of_ours_is_refused(ingest: Ingest, content: bytes, status: int) -> None:
    answer = await ingest.file(content)
    assert answer.status_code == status
    assert set(await ingest.names_told()) <= {"RemittanceRefused"}


async def test_card_numbers_in_a_file_are_not_kept(ingest: Ingest) -> None:
    answer = await ingest.file(allpay([f"4111111111111111 1.00 T {DAY}", f"770000123 1.00 T {DAY}"]))
    kept = (await ingest.http.get(f"/v1/files/{answer.json()['file_id']}/content")).content
    assert b"411111111111" not in kept
    assert b"************1111" in kept
    assert [fact.reference for fact in await ingest.told(PaymentReceived)] == ["************1111", "770000123"]


async def test_a_file_for_another_council_is_not_welcome(ingest: Ingest) -> None:
    assert (await ingest.file(allpay([f"1 1.00 T {DAY}"]), council=OTHER_COUNCIL)).status_code == 403
    assert (await ingest.file(allpay([f"1 1.00 T {DAY}"]), source="parking")).status_code == 403


async def test_a_payment_that_a_topic_told_in_a_files_name_is_not_counted_again(ingest: Ingest) -> None:
    named = "335:2026-03-17:770000547:6000:T:1"
    await ingest.hear(submitted(source="allpay", source_payment_id=named, amount_pence=6000, reference="770000547"))
    answer = await ingest.file(allpay([f"770000547 60.00 T {DAY}"]))
    assert answer.json()["state"] == "known"
    assert len(await ingest.told(PaymentReceived)) == 1


async def test_a_file_that_breaks_off_keeps_no_other_waiting(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    async def killed(*_: object) -> None:
        raise ConnectionError("killed")

    read_in, rows = importing.read_in, [[f"770000547 {number}.00 T {number}/03/2026"] for number in (16, 17)]
    monkeypatch.setattr(importing, "read_in", killed)
    for each in rows:
        with pytest.raises(ConnectionError):
            await ingest.file(allpay(each))
    (first, *_) = await files.unfinished(ingest.service.pool)

    async def read_in_unless_first(service: Service, known: files.Known) -> None:
        if known.head.file_id == first:
            raise ValueError("it breaks off, whenever it is read")
        await read_in(service, known)

    monkeypatch.setattr(importing, "read_in", read_in_unless_first)
    with pytest.raises(ValueError, match="breaks off"):
        await importing.finish_files(ingest.service)
    assert [fact.amount_pence for fact in await ingest.told(PaymentReceived)] == [1700]
