"""Who is told what of each fact, and what an answer from outside means."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.accounts import Holder
from ims_contracts.allocations import JournalLine, Part
from ims_contracts.payments import PaymentReceived
from ims_notify.domain import facts
from ims_notify.domain.attempts import Answer, Due, pause, reply_answer, settle, status_answer, told
from ims_notify.domain.facts import Contact, Destination, mailbox, newest, postings, receipt_id, receipt_number
from ims_notify.domain.received import Received
from notify.notify_world import COUNCIL, DAY, PARKING, account, allocated, payment, payment_id, suspended, unallocated

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def due(**changes) -> Due:
    whole = Due(
        delivery_id=receipt_id(COUNCIL, payment_id()), council=COUNCIL, payment_id=payment_id(),
        kind="receipt", channel="email", destination="", attempts=1, since=NOON, amount_pence=3500, facts=None,
        email="payer@example.org", language=None,
        paid_by="web", paid_on=DAY, reference=None, outcome="full", fund="11", account_reference="BJ90001186",
        account_references=None, refund_due_pence=0, balance_pence=0, next_due_on=None, vat_code=None,
    )  # fmt: skip
    return whole._replace(**changes)


@pytest.mark.parametrize(
    ("channel", "address", "kept"),
    [
        # channel        the payer's own       what is kept
        ("web", "payer@example.org", "payer@example.org"),
        ("telephone", "payer@example.org", "payer@example.org"),
        ("agent", "payer@example.org", "payer@example.org"),
        ("web", None, "a receipt, no address"),
        ("telephone", None, "a receipt, no address"),
        ("web", "not an address", "a receipt, no address"),
        ("agent", None, "nothing"),
        ("direct-debit", None, "nothing"),
        ("bank-transfer", None, "nothing"),
        ("agent", "not an address", "nothing"),
    ],
)
def test_a_payers_contact_is_kept_only_where_a_receipt_is_written(channel: str, address: str | None, kept: str) -> None:
    row = facts.heard(payment(channel=channel, to=address))

    assert (row.email or ("a receipt, no address" if row.receipt_id else "nothing")) == kept
    assert (row.reference is None) == (row.email is None)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("BJ9000 1186", True), ("rent 6/11", True), ("see evil.example", False), ("http://evil", False), ("a\r\nb", False), ("x" * 41, False)],
)
def test_a_receipt_repeats_a_reference_but_no_message(given: str, kept: bool) -> None:
    assert (facts.heard(payment(reference=given)).reference == given) == kept


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" ann.o'hara+tax@mail.example.org ", "ann.o'hara+tax@mail.example.org"),
        ("ann@example.org\r\nBcc: all@example.org", None),
        ("ann@example.org\n", "ann@example.org"),
        ("ann@example.org,bob@example.org", None),
        ("<ann@example.org>", None),
        ("ann@example", None),
        ("ann@@example.org", None),
        ("Ann <ann@example.org>", None),
        ("siân@example.org", None),
        ("a" * 65 + "@example.org", None),
        ("a@" + "b" * 250 + ".org", None),
        ("", None),
        (None, None),
    ],
)
def test_only_one_plain_mailbox_is_written_to(text: str | None, address: str | None) -> None:
    assert mailbox(text) == address


@given(st.text())
def test_no_text_smuggles_a_line_or_a_second_receiver_into_an_address(text: str) -> None:
    address = mailbox(text)

    assert address is None or (address.isascii() and address.isprintable() and not set(address) & set(' ,;<>"\\') and len(address) <= 254)


def test_a_receipt_number_can_be_read_out() -> None:
    assert receipt_number(receipt_id(COUNCIL, payment_id())) == "TRJ4-T7AF-R5E8"
    assert len({receipt_number(receipt_id(COUNCIL, payment_id(str(number)))) for number in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("told_of", "outcome", "fund", "account_reference", "several"),
    [
        (allocated(), "discount", "11", "BJ90001186", None),
        (suspended(), "suspended", None, None, None),
        (unallocated(), "chargeback-lost", None, None, None),
        (
            allocated(parts=[], refund_due_pence=3500, outcome="duplicate",
                      lines=[JournalLine(ledger_account="refunds-due", account_reference="BJ90001186", amount_pence=-3500)]),
            "duplicate", None, "BJ90001186", None,
        ),
        (
            allocated(parts=[Part(fund="11", account_reference="BJ1", amount_pence=1500),
                             Part(fund="23", account_reference="77", amount_pence=2000)], outcome="account"),
            "account", None, None, "BJ1, 77",
        ),
        (
            allocated(parts=[Part(fund="13", account_reference="HALL", amount_pence=1500, cost_centre="LC01"),
                             Part(fund="13", account_reference="HALL", amount_pence=2000, cost_centre="LC02")], outcome="account"),
            "account", None, None, "HALL",
        ),
    ],
    ids=["one account", "in suspense", "went back", "all of it due back", "two accounts", "two cost centres"],
)  # fmt: skip
def test_what_a_receipt_will_say_of_a_placement(told_of, outcome, fund, account_reference, several) -> None:
    row = facts.placed(told_of)

    assert (row.outcome, row.fund, row.account_reference, row.account_references) == (outcome, fund, account_reference, several)


def test_of_a_holder_only_how_to_write_to_them_is_kept() -> None:
    assert facts.contact(account(language="cy", vat_code="S")) == Contact(
        COUNCIL, "11", "BJ90001186", 1, "holder@example.org", None, None, "cy", "S"
    )
    assert facts.contact(account(holder=None)).email is None
    assert facts.contact(account(holder=Holder(email="no address"))).email is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 5))), st.randoms(use_true_random=False))
def test_the_highest_revision_is_kept_in_any_order_and_with_any_repetition(told_of: list, chance: random.Random) -> None:
    rows = [facts.placed(allocated(name, revision=revision, amount_pence=100 * revision)) for name, revision in told_of]
    again = rows + rows
    chance.shuffle(again)

    assert sorted(newest(again)) == sorted(newest(rows))
    assert {row.payment_id: row.revision for row in newest(rows)} == {
        payment_id(name): max(revision for other, revision in told_of if other == name) for name, _ in told_of
    }


def test_a_back_office_is_told_of_its_own_funds_parts() -> None:
    split = allocated(
        parts=[Part(fund="11", account_reference="BJ1", amount_pence=1500), Part(fund="23", account_reference="77", amount_pence=2000)]
    )

    [posting] = postings(split, [PARKING])

    assert posting.amount_pence == 1500
    assert posting.facts["parts"] == [{"fund": "11", "account_reference": "BJ1", "amount_pence": 1500}]


@pytest.mark.parametrize(
    ("told_of", "outcome"),
    [
        # what was told                              what parking is told
        (allocated(), "payment.allocated 3500 discount"),
        (allocated(revision=2, outcome="full"), "payment.allocated 3500 full"),
        (unallocated(), "payment.unallocated -3500 chargeback-lost"),
        (allocated(fund="23"), "nothing"),
        (suspended(), "nothing"),
        (unallocated(fund="23"), "nothing"),
        (allocated(council="E07000001"), "nothing"),
        # Only if it was told of an earlier revision:
        (allocated(revision=2, fund="23"), "payment.allocated 0 discount"),
        (suspended(revision=2), "payment.allocated 0 suspended"),
    ],
)
def test_what_parking_is_told_of_a_placement(told_of, outcome: str) -> None:
    found = [f"{each.facts['type']} {each.amount_pence} {each.facts['outcome']}" for each in postings(told_of, [PARKING])]

    assert (found or ["nothing"]) == [outcome]
    assert all(each.is_withdrawal == (each.amount_pence == 0) for each in postings(told_of, [PARKING]))


def test_each_revision_and_each_destination_has_a_posting_of_its_own() -> None:
    other = Destination("enforcement", COUNCIL, frozenset({"11"}))
    ids = {each.posting_id for fact in (allocated(), allocated(revision=2)) for each in postings(fact, [PARKING, other])}

    assert len(ids) == 4
    assert ids == {each.posting_id for fact in (allocated(revision=2), allocated()) for each in postings(fact, [other, PARKING])}


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, "delivered"), (204, "delivered"), (301, "later"), (400, "later"), (401, "later"), (404, "later"), (410, "refused"),
     (429, "unreachable"), (500, "later"), (503, "unreachable")],
)  # fmt: skip
def test_what_a_status_means(status: int, verdict: str) -> None:
    assert (status_answer(status).verdict, status_answer(status).code) == (verdict, status)


@pytest.mark.parametrize(("code", "verdict"), [(450, "later"), (452, "later"), (550, "refused"), (554, "refused"), (0, "later")])
def test_what_a_mail_servers_reply_means(code: int, verdict: str) -> None:
    assert reply_answer(code).verdict == verdict


@pytest.mark.parametrize(
    ("number", "seconds"),
    # attempt, pause before the next
    [(1, 5), (2, 20), (3, 80), (4, 320), (5, 1280), (6, 5120), (7, 20480), (8, 21600), (900, 21600)],
)
def test_each_pause_is_four_times_the_one_before_up_to_six_hours(number: int, seconds: int) -> None:
    middle = seconds * SECOND

    assert pause(number, 5 * SECOND, 50) == middle
    assert 0.8 * middle <= pause(number, 5 * SECOND, 0) <= pause(number, 5 * SECOND, 99) <= 1.2 * middle


@pytest.mark.parametrize(
    ("answer", "changes", "at", "state", "due_in"),
    [
        (Answer("delivered"), {}, NOON, "delivered", 0),
        (Answer("refused", "gone: 410"), {}, NOON, "failed", 0),
        (Answer("no-contact"), {}, NOON, "no-contact", 0),
        (Answer("later"), {}, NOON, "due", 5),
        (Answer("later", retry_after=60 * SECOND), {}, NOON, "due", 60),
        (Answer("later", retry_after=1 * SECOND), {}, NOON, "due", 5),
        # Nobody may make us give up by asking for patience.
        (Answer("later", retry_after=timedelta(days=100)), {}, NOON, "due", 21600),
        (Answer("unreachable"), {"attempts": 3}, NOON, "due", 80),
        # A day for a receipt, three for a posting.
        (Answer("later"), {}, NOON + timedelta(hours=23), "due", 5),
        (Answer("later"), {}, NOON + timedelta(days=1), "failed", 0),
        (Answer("later"), {"channel": "webhook"}, NOON + timedelta(days=1), "due", 5),
        (Answer("later"), {"channel": "webhook"}, NOON + timedelta(days=3), "failed", 0),
    ],
)
def test_what_becomes_of_a_delivery(answer: Answer, changes: dict, at: datetime, state: str, due_in: int) -> None:
    settled = settle(answer, due(**changes), at, 5 * SECOND, 50)

    assert (settled.state, settled.due_at - at) == (state, due_in * SECOND)


def test_what_is_told_of_a_delivery_names_no_person() -> None:
    receipt = told(due(), "delivered", "", DAY)
    posting = told(due(kind="posting", channel="webhook", destination="parking", attempts=3), "delivered", "", DAY)
    failure = told(due(), "failed", "refused: 550", DAY)

    assert [type(fact).__name__ for fact in (receipt, posting, failure)] == ["ReceiptIssued", "PostingDelivered", "DeliveryFailed"]
    assert all("example.org" not in fact.model_dump_json() for fact in (receipt, posting, failure) if fact)
    assert told(due(), "due", "status 500", DAY) is None
    assert told(due(), "no-contact", "", DAY) is None


@pytest.mark.parametrize("field", Received.model_fields)
def test_what_is_read_of_a_payment_is_what_the_contract_says(field: str) -> None:
    said, read = PaymentReceived.model_fields[field], Received.model_fields[field]
    assert (read.annotation, read.metadata, read.default) == (said.annotation, said.metadata, said.default)
