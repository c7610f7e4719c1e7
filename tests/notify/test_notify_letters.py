"""What payers read, in English and in Welsh."""

from datetime import date

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ims_notify.domain.letters import pounds
from ims_notify.domain.wording import letter_of
from ims_notify.pack import load
from notify.notify_world import COUNCIL
from notify.test_notify_domain import due

PACK = load()
APRIL = date(2026, 4, 3)

NOTHING_OWED = "Nothing more is owed and the case is closed."


def text(**changes) -> str:
    letter = letter_of(due(**changes), PACK.councils)
    assert letter is not None
    return letter.text


def test_a_receipt_as_its_payer_reads_it() -> None:
    assert text(amount_pence=123450, reference="bj9000 1186", vat_code="O") == """\
Anytown Council

We have received your payment.

Amount: £1,234.50
Date of payment: 16 March 2026
How you paid: online
Penalty charge notice: BJ90001186
Receipt number: TRJ4-T7AF-R5E8

Nothing more is owed and the case is closed.
This payment includes no VAT.

If anything here is wrong, tell us the receipt number: telephone 01632 960000, or write to income@anytown.example
Our receipts never have links in them and never ask you to pay.
"""


def test_a_welsh_speaker_reads_welsh() -> None:
    words = text(language="cy", balance_pence=2000, outcome="part", next_due_on=APRIL)

    assert "Cyngor Anytown" in words
    assert "Hysbysiad tâl cosb: BJ90001186" in words
    assert "Dyddiad talu: 16 Mawrth 2026" in words
    assert "Mae £20.00 ar ôl i'w dalu. Bydd y swm yn codi ar 3 Ebrill 2026" in words


@pytest.mark.parametrize(
    ("outcome", "facts", "says"),
    [
        ("account", {"balance_pence": None}, ["The payment is on your account."]),
        ("discount", {}, ["You paid the discounted amount in time. Nothing more is owed and the case is closed."]),
        ("full", {}, [NOTHING_OWED]),
        ("part", {"balance_pence": 2000}, ["This is part of what was owed.", "£20.00 is left to pay."]),
        ("part", {"balance_pence": 2000, "next_due_on": APRIL}, ["The amount goes up on 3 April 2026 if it is not paid before then."]),
        ("late-discount", {"balance_pence": 3500}, ["The discount had ended when you paid", "£35.00 is left to pay."]),
        ("over", {"refund_due_pence": 500}, [NOTHING_OWED, "£5.00 is more than was owed, and will be given back to you."]),
        ("duplicate", {"refund_due_pence": 3500}, ["This had already been paid.", "£35.00 is more than was owed"]),
        ("closed", {"refund_due_pence": 3500}, ["Nothing was owed", "£35.00 is more than was owed"]),
        ("with-agent", {"balance_pence": 7500}, ["with an enforcement agent"]),
        ("suspended", {"fund": None, "account_reference": None}, ["We have your money.", "You need not pay again."]),
        ("one we have no words for", {"balance_pence": None}, ["The payment is on your account."]),
        ("account", {"account_reference": None, "account_references": "BJ1, 77"}, ["The payment was for several accounts: BJ1, 77."]),
    ],
)
def test_what_a_receipt_says_by_outcome(outcome: str, facts: dict, says: list[str]) -> None:
    words = text(outcome=outcome, **facts)

    assert all(said in words for said in says), words
    assert ("left to pay" in words) == any("left to pay" in said or "goes up" in said for said in says)
    assert ("given back" in words) == ("refund_due_pence" in facts)
    assert ("case is closed" in words) == any("case is closed" in said for said in says)


def test_a_payer_whose_money_is_in_suspense_reads_the_reference_they_gave() -> None:
    assert "The reference you gave: bj9000 1186" in text(
        outcome="suspended", fund=None, account_reference=None, reference="bj9000 1186"
    )


@pytest.mark.parametrize(
    ("paid_by", "is_final"), [("web", True), ("telephone", True), ("agent", True), ("cheque", False), ("direct-debit", False)]
)
def test_money_that_a_bank_may_take_back_is_not_called_paid(paid_by: str, is_final: bool) -> None:
    assert ("once your bank has honoured it" not in text(paid_by=paid_by)) == is_final


@pytest.mark.parametrize(("code", "is_said"), [("O", True), ("E", True), ("Z", True), ("S", False), ("R", False), (None, False)])
def test_that_no_vat_is_included_is_said_only_where_it_is_so(code: str | None, is_said: bool) -> None:
    assert ("no VAT" in text(vat_code=code)) == is_said


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("outcome", ["account", "discount", "full", "part", "over", "duplicate", "closed", "with-agent", "suspended"])
def test_no_receipt_has_a_link_in_it(language: str, outcome: str) -> None:
    words = text(language=language, outcome=outcome, balance_pence=100, refund_due_pence=100, reference="x")

    assert not [sign for sign in ("http", "www.", "://", "<a") if sign in words]


def test_both_languages_say_the_same_things() -> None:
    english, welsh = (PACK.councils[COUNCIL, language].words for language in ("en", "cy"))

    assert english.lines.keys() == welsh.lines.keys()
    assert english.outcomes.keys() == welsh.outcomes.keys()
    assert english.methods.keys() == welsh.methods.keys()
    assert english.reversals.keys() == welsh.reversals.keys()
    assert len(english.months) == len(welsh.months) == 12
    for name, line in english.lines.items():
        assert fields(line) == fields(welsh.lines[name])


def fields(line: str) -> list[str]:
    return sorted(part.split("}")[0] for part in line.split("{")[1:])


def test_a_language_we_do_not_have_is_answered_in_english() -> None:
    assert text(language="kw") == text(language="en") == text(language=None)


def test_for_a_council_that_is_not_in_the_pack_there_are_no_words() -> None:
    assert letter_of(due(council="E07000001"), PACK.councils) is None


@pytest.mark.parametrize(("pence", "words"), [(0, "£0.00"), (5, "£0.05"), (3500, "£35.00"), (123456789, "£1,234,567.89"), (-405, "-£4.05")])
def test_pounds(pence: int, words: str) -> None:
    assert pounds(pence) == words


@given(st.integers(-(10**13), 10**13))
def test_an_amount_in_words_is_the_amount(pence: int) -> None:
    assert int(pounds(pence).replace("£", "").replace(",", "").replace(".", "")) == pence


def test_two_destinations_of_one_name_are_refused(tmp_path) -> None:
    twice = {"name": "parking", "council": COUNCIL, "funds": ["11"]}
    path = tmp_path / "pack.yaml"
    path.write_text(yaml.safe_dump({"councils": [], "destinations": [twice, twice]}))

    with pytest.raises(ValueError, match="same name"):
        load(path)
