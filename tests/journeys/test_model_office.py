"""The model office's scenarios for single penalties, as journeys through the whole running system; each number is the scenario's."""

from datetime import date

from ims_contracts.accounts import Stage
from journeys.office import Office, at, day_of

MARCH = date(2026, 3, 2)
CERTIFICATE = Stage(stage="charge-certificate", amount_pence=10500, from_on=date(2026, 4, 20))
REGISTERED = Stage(stage="registered", amount_pence=11500, from_on=date(2026, 5, 20))


async def test_01_the_discount_holds_until_midnight_of_day_fourteen(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    paid = await office.pays_by_card(penalty, 3500, at(day_of(MARCH, 14), 23, 59))
    assert (await office.outcome_of(paid, "discount"))["balance_pence"] == 0
    assert await office.ledger_of(paid) == {"clearing:card-stripe": 3500, "fund:11": -3500}
    (told,) = await office.told_to_parking(paid)
    assert (told["outcome"], told["amount_pence"], told["balance_pence"]) == ("discount", 3500, 0)
    assert told["parts"] == [{"fund": "11", "account_reference": penalty, "amount_pence": 3500}]
    receipt = await office.receipt_of(paid)
    assert "£35.00" in receipt
    assert "paid the discounted amount in time" in receipt


async def test_02_half_past_midnight_in_summer_is_day_fifteen_whatever_the_portals_clock_says(office: Office) -> None:
    served = date(2026, 4, 1)
    penalty = await office.penalty(served)
    in_utc = day_of(served, 14)  # where it is still 23:30 of the day before
    paid = await office.pays_by_card(penalty, 3500, at(day_of(served, 15), 0, 30), paid_on=in_utc)
    step = await office.outcome_of(paid, "late-discount")
    assert (step["balance_pence"], step["decided_on"]) == (3500, day_of(served, 15).isoformat())
    (told,) = await office.told_to_parking(paid)
    assert (told["outcome"], told["balance_pence"]) == ("late-discount", 3500)


async def test_03_a_camera_penalty_has_its_discount_for_twenty_one_days(office: Office) -> None:
    penalty = await office.penalty(MARCH, days=21)
    paid = await office.pays_by_card(penalty, 3500, at(day_of(MARCH, 21), 23, 59))
    assert (await office.outcome_of(paid, "discount"))["balance_pence"] == 0


async def test_04_the_discount_amount_on_day_twenty_pays_part_and_the_payer_is_told_what_is_left(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    paid = await office.pays_by_card(penalty, 3500, at(day_of(MARCH, 20)))
    step = await office.outcome_of(paid, "late-discount")
    assert (step["due_before_pence"], step["balance_pence"], step["refund_due_pence"]) == (7000, 3500, 0)
    (told,) = await office.told_to_parking(paid)
    assert (told["outcome"], told["amount_pence"], told["balance_pence"]) == ("late-discount", 3500, 3500)
    assert "£35.00 is left to pay" in await office.receipt_of(paid)


async def test_05_the_full_amount_after_the_notice_to_owner_closes_it(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    paid = await office.pays_by_card(penalty, 7000, at(day_of(MARCH, 40)))
    assert (await office.outcome_of(paid, "full"))["balance_pence"] == 0
    (told,) = await office.told_to_parking(paid)
    assert (told["outcome"], told["amount_pence"], told["balance_pence"]) == ("full", 7000, 0)


async def test_06_the_old_amount_after_the_charge_certificate_pays_part(office: Office) -> None:
    penalty = await office.penalty(MARCH, later=[CERTIFICATE])
    paid = await office.pays_by_card(penalty, 7000, at(date(2026, 4, 25)))
    step = await office.outcome_of(paid, "part")
    assert (step["due_before_pence"], step["balance_pence"]) == (10500, 3500)
    (told,) = await office.told_to_parking(paid)
    assert (told["outcome"], told["amount_pence"], told["balance_pence"]) == ("part", 7000, 3500)


async def test_07_the_registered_amount_with_the_court_fee_closes_it(office: Office) -> None:
    penalty = await office.penalty(MARCH, later=[CERTIFICATE, REGISTERED])
    paid = await office.pays_by_card(penalty, 11500, at(date(2026, 5, 25)))
    assert (await office.outcome_of(paid, "full"))["balance_pence"] == 0
    assert await office.paid_on(penalty) == 11500


async def test_08_a_penalty_paid_twice_within_three_minutes_is_paid_once_and_the_other_is_due_back(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    first = await office.pays_by_card(penalty, 3500, at(day_of(MARCH, 5), 14, 19))
    second = await office.pays_by_card(penalty, 3500, at(day_of(MARCH, 5), 14, 22))
    await office.outcome_of(first, "discount")
    assert (await office.outcome_of(second, "duplicate"))["refund_due_pence"] == 3500
    assert await office.ledger_of(second) == {"clearing:card-stripe": 3500, "refunds-due": -3500}
    assert await office.paid_on(penalty) == 3500
    assert "£35.00 is more than was owed, and will be given back to you" in await office.receipt_of(second)
    assert [each["amount_pence"] for each in await office.told_to_parking(first)] == [3500]
    assert await office.told_nothing_to_parking(second)


async def test_14_a_transfer_in_small_letters_and_with_a_blank_finds_its_penalty(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    typed = f"{penalty[:6]} {penalty[6:]}".lower()
    paid = await office.bank_credit(typed, 3500, day_of(MARCH, 10))
    assert (await office.outcome_of(paid, "discount"))["balance_pence"] == 0
    assert await office.ledger_of(paid) == {"clearing:bank-transfer": 3500, "fund:11": -3500}


async def test_15_a_transfer_with_letters_for_digits_finds_its_penalty(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    typed = penalty[:2] + penalty[2:].replace("0", "O").replace("1", "I")
    assert typed != penalty
    paid = await office.bank_credit(typed, 3500, day_of(MARCH, 10))
    assert (await office.outcome_of(paid, "discount"))["parts"][0]["account_reference"] == penalty


async def test_17_one_transfer_for_two_penalties_is_shared_when_it_is_what_both_owe(office: Office) -> None:
    one, other = await office.penalty(MARCH), await office.penalty(MARCH)
    paid = await office.bank_credit(f"{one} {other}", 7000, day_of(MARCH, 10))
    shares = {part["account_reference"]: part["amount_pence"] for part in (await office.outcome_of(paid, "discount"))["parts"]}
    assert shares == {one: 3500, other: 3500}
    (told,) = await office.told_to_parking(paid)
    assert {part["account_reference"]: part["amount_pence"] for part in told["parts"]} == shares


async def test_19_a_penalty_paid_to_another_department_is_held_with_the_right_account_suggested(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    paid = await office.pays_by_card(penalty, 3500, at(day_of(MARCH, 3)), fund="19")
    assert (await office.outcome_of(paid, "wrong-fund"))["suspended_pence"] == 3500
    assert await office.ledger_of(paid) == {"clearing:card-stripe": 3500, "suspense": -3500}
    waiting = await office.asked("allocation", "/v1/suspense", count_max=200)
    (item,) = [each for each in waiting["items"] if each["payment_id"] == str(paid)]
    assert (item["reason"], item["suspended_pence"]) == ("wrong-fund", 3500)
    assert (item["suggestions"][0]["fund"], item["suggestions"][0]["account_reference"]) == ("11", penalty)
    assert await office.paid_on(penalty) == 0
    assert "You need not pay again" in await office.receipt_of(paid)
    assert await office.told_nothing_to_parking(paid)


async def test_20_a_penalty_paid_before_parking_has_told_of_it_is_settled_when_it_comes(office: Office) -> None:
    penalty = office.new_reference()
    paid = await office.pays_by_card(penalty, 3500, at(day_of(MARCH, 2)))
    assert (await office.outcome_of(paid, "account-awaited"))["suspended_pence"] == 3500
    assert await office.ledger_of(paid) == {"clearing:card-stripe": 3500, "suspense": -3500}
    await office.penalty(MARCH, reference=penalty)
    step = await office.outcome_of(paid, "discount")
    assert (step["revision"], step["suspended_pence"], step["balance_pence"]) == (2, 0, 0)
    assert await office.ledger_of(paid) == {"clearing:card-stripe": 3500, "fund:11": -3500}
    (told,) = await office.told_to_parking(paid)
    assert (told["revision"], told["outcome"]) == (2, "discount")


async def test_25_a_payment_after_the_warrant_is_taken_and_marked_for_the_agent(office: Office) -> None:
    penalty = await office.penalty(MARCH, later=[CERTIFICATE, REGISTERED], status="with-agent", is_stopped=True)
    paid = await office.pays_by_card(penalty, 11500, at(date(2026, 6, 10)))
    await office.outcome_of(paid, "with-agent")
    assert await office.ledger_of(paid) == {"clearing:card-stripe": 11500, "fund:11": -11500}
    (told,) = await office.told_to_parking(paid)
    assert (told["outcome"], told["amount_pence"], told["is_for_agent"]) == ("with-agent", 11500, True)
    assert "with an enforcement agent" in await office.receipt_of(paid)


async def test_27_a_cheque_that_bounces_opens_the_penalty_again_at_the_stage_it_is_in_by_then(office: Office) -> None:
    penalty = await office.penalty(MARCH, later=[CERTIFICATE])
    paid = await office.cheque("CHEQUE-27", penalty, 7000, date(2026, 4, 17))
    assert (await office.outcome_of(paid, "full"))["balance_pence"] == 0
    await office.cheque_bounces("CHEQUE-27", 7000, date(2026, 4, 22))
    assert (await office.outcome_of(paid, "reversed"))["parts"] == []
    assert await office.ledger_of(paid) == {}
    assert await office.paid_on(penalty) == 0
    settled, opened = await office.told_to_parking(paid, 2)
    assert (settled["amount_pence"], settled["balance_pence"]) == (7000, 0)
    assert (opened["outcome"], opened["amount_pence"], opened["balance_pence"]) == ("cheque-returned", -7000, 10500)
    again = await office.pays_by_card(penalty, 10500, at(date(2026, 4, 28)))
    assert (await office.outcome_of(again, "full"))["due_before_pence"] == 10500


async def test_29_an_officer_reallocates_what_is_in_suspense_undoes_it_and_does_it_again(office: Office) -> None:
    penalty = await office.penalty(MARCH)
    paid = await office.pays_by_card(penalty, 3500, at(day_of(MARCH, 3)), fund="19")
    held = await office.outcome_of(paid, "wrong-fund")
    decision = await office.decides(paid, held["revision"], penalty)
    step = await office.outcome_of(paid, "discount")
    assert (step["rule"], step["balance_pence"], await office.paid_on(penalty)) == ("officer", 0, 3500)
    (told,) = await office.told_to_parking(paid)
    assert (told["outcome"], told["amount_pence"]) == ("discount", 3500)
    await office.undoes(decision)
    assert (await office.outcome_of(paid, "wrong-fund"))["suspended_pence"] == 3500
    assert await office.paid_on(penalty) == 0
    await office.decides(paid, 3, penalty)
    assert (await office.outcome_of(paid, "discount"))["revision"] == 4
    assert await office.ledger_of(paid) == {"clearing:card-stripe": 3500, "fund:11": -3500}
