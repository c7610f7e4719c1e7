"""What ingest decides: identity, acceptance, card numbers, what several tellings come to, and which bank lines are new."""

import itertools
import re
import time
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from golden import examples
from ims_contracts.payments import Payer, PaymentReceived, PaymentRefused, PaymentSubmitted, ReversalSubmitted
from ims_ingest.domain.cards import LINE_MAX, Redactor, passes_luhn, redact, redacted
from ims_ingest.domain.identity import from_source, original_payment, payment_id
from ims_ingest.domain.observations import content, contradiction, enrich, merge
from ims_ingest.domain.refunds import increments
from ims_ingest.domain.statement_lines import Held, new_lines
from ims_ingest.domain.submissions import accept
from ingest.ingest_world import COUNCIL, OTHER_COUNCIL, submitted

TODAY = date(2026, 3, 19)
DAY = date(2026, 3, 18)
MADE_BY_PAY = {"provider": "govuk-pay", "provider_payment_id": "x"}


def accepted(**strange) -> PaymentReceived:
    fact = accept(submitted(**strange), TODAY)
    assert isinstance(fact, PaymentReceived)
    return fact


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({}, {"amount_pence": 1, "reference": None}, True),
        ({}, {"source": "bank"}, False),
        ({}, {"source_payment_id": "P2"}, False),
        ({}, {"council": OTHER_COUNCIL}, False),
        (MADE_BY_PAY, MADE_BY_PAY | {"source": "stripe", "source_payment_id": "txn_1"}, True),
        (MADE_BY_PAY, MADE_BY_PAY | {"provider": "adyen"}, False),
        ({"provider": "govuk-pay"}, {}, True),
        ({"source": "a", "source_payment_id": "bc"}, {"source": "ab", "source_payment_id": "c"}, False),
    ],
)
def test_a_payment_is_one_by_its_providers_id_else_by_its_sources(one: dict, other: dict, same: bool) -> None:
    first, second = submitted(**one), submitted(**other)
    assert (payment_id(first.council, first) == payment_id(second.council, second)) is same


def test_a_reversal_names_its_payment_without_anybody_looking_it_up() -> None:
    plain = {"council": COUNCIL, "source": "bank", "source_reversal_id": "R1", "reason": "x", "amount_pence": 1, "reversed_on": DAY}
    by_source = ReversalSubmitted(**plain, method_of_payment="x", original_source="portal", original_source_payment_id="P1")
    by_provider = ReversalSubmitted(**plain, method_of_payment="x", provider="govuk-pay", provider_payment_id="pay1")
    assert original_payment(COUNCIL, by_source) == from_source(COUNCIL, "portal", "P1") == accepted().payment_id
    assert original_payment(COUNCIL, by_provider) == accepted(provider="govuk-pay", provider_payment_id="pay1").payment_id
    assert original_payment(COUNCIL, ReversalSubmitted(**plain, method_of_payment="x", reference="1")) is None


@pytest.mark.parametrize(
    ("paid_at", "paid_on"),
    [
        ("2026-03-18T23:59:59Z", "2026-03-18"),
        ("2026-06-14T22:59:59Z", "2026-06-14"),  # one second before midnight, in summer
        ("2026-06-14T23:00:00Z", "2026-06-15"),  # 00:00 on the next day in London
        ("2026-06-14T23:30:00+01:00", "2026-06-14"),
        (None, "2026-03-18"),
    ],
)
def test_the_day_is_londons(paid_at: str | None, paid_on: str) -> None:
    fact = accept(submitted(paid_at=paid_at), date(2026, 12, 1))
    assert isinstance(fact, PaymentReceived)
    assert fact.paid_on.isoformat() == paid_on


@pytest.mark.parametrize(
    ("strange", "named"),
    [
        ({"source_payment_id": "P\x00"}, ["source_payment_id"]),
        ({"source_payment_id": "4111111111111111"}, ["source_payment_id"]),
        ({"provider_payment_id": "x"}, ["provider_payment_id"]),
        ({"paid_on": date(2026, 3, 21)}, ["paid_on"]),
        (
            {"paid_on": date(2026, 3, 21), "received_on": date(2027, 1, 1), "source_payment_id": "a\nb"},
            ["source_payment_id", "paid_on", "received_on"],
        ),
    ],
)
def test_a_payment_is_refused_with_every_reason(strange: dict, named: list[str]) -> None:
    refused = accept(submitted(**strange), TODAY)
    assert isinstance(refused, PaymentRefused)
    assert [reason.split()[0] for reason in refused.reasons] == named
    assert "411111111111" not in refused.model_dump_json()


@pytest.mark.parametrize("example", examples(PaymentSubmitted), ids=str)
def test_every_golden_example_of_a_payment_is_accepted(example: PaymentSubmitted) -> None:
    fact = accept(example, max(example.paid_on, example.received_on))
    assert isinstance(fact, PaymentReceived)
    assert PaymentReceived.model_validate_json(fact.model_dump_json()) == fact


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("4111111111111111", "************1111"),
        ("card 4111 1111 1111 1111 thanks", "card **** **** **** 1111 thanks"),
        ("5555-5555-5555-4444 12", "****-****-****-4444 12"),
        ("378282246310005", "***********0005"),
        ("two: 4111111111111111, 5555555555554444", "two: ************1111, ************4444"),
        ("4111111111111112", "4111111111111112"),  # fails its check digit
        ("770001478", "770001478"),
        ("61100000123", "61100000123"),
        ("2223003122003222", "************3222"),
        ("3530111333300000", "************0000"),
        ("30569309025904", "**********5904"),
        ("3056 930902 5904", "**** ****** 5904"),
        ("6011 0009 9013 9424", "**** **** **** 9424"),
        ("6200000000000005", "************0005"),
        ("6759649826438453", "************8453"),
        ("6304939304310009610", "***************9610"),
        ("4222222222222", "*********2222"),
        ("1234 4111 1111 1111 1111", "1234 **** **** **** 1111"),
        ("4111 4111 1111 1111 1111", "4111 **** **** **** 1111"),
        ("4111111111111111 12", "************1111 12"),
        ("ref4111111111111111x", "ref************1111x"),
        ("9826001234567890125", "9826001234567890125"),  # a council's bill card is no payment card: PayPoint's
        ("9826120007700005472", "9826120007700005472"),
        ("6335970007700005475", "6335970007700005475"),  # allpay's
        ("30512 770012345", "30512 770012345"),  # two numbers, which together would be a card's
        ("18 03 2026 4111 1111 11", "18 03 2026 4111 1111 11"),
        ("GB33LOYD30000012345670", "GB33LOYD30000012345670"),
        ("<Id>30000012345670</Id>", "<Id>30000012345670</Id>"),
        ("2026-03-18 10:00:00 123456", "2026-03-18 10:00:00 123456"),
    ],
)
def test_card_numbers_go_and_references_stay(text: str, left: str) -> None:
    assert redact(text) == left


@given(st.from_regex(re.compile(r"[0-9]{1,11}"), fullmatch=True))
def test_a_council_reference_of_eleven_digits_is_never_taken_for_a_card(reference: str) -> None:
    assert redact(f"ref {reference}") == f"ref {reference}"


@given(st.text(), st.sampled_from(["4111111111111111", "5555555555554444", "6011111111111117"]), st.text())
def test_a_card_number_among_any_words_is_gone(before: str, card: str, after: str) -> None:
    if before[-1:].isdigit() or after[:1].isdigit():
        before, after = before + "x", "x" + after
    assert card not in redact(before + card + after)
    assert len(redact(before + card + after)) == len(before + card + after)


@given(st.sampled_from(["9826", "633", "61", "66", "68", "77"]), st.integers(0, 10**15 - 1))
def test_no_bill_card_and_no_reference_of_a_council_is_taken_for_a_card(issuer: str, number: int) -> None:
    body = f"{issuer}{number:0{18 - len(issuer)}d}"
    bill_card = next(body + digit for digit in "0123456789" if passes_luhn(body + digit))
    assert redact(bill_card) == bill_card
    reference = body[:12]
    assert redact(f"paid {reference} 12.50") == f"paid {reference} 12.50"


LONG = ["1 " * 500_000, "4111111111111111 " * 20_000, "4111-" * 100_000, "<Id>30000012345670" * 50_000, "4" * 10**6]


@pytest.mark.parametrize("text", LONG)
def test_no_text_keeps_the_search_for_card_numbers_long(text: str) -> None:
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 3


def test_a_card_number_is_found_where_a_text_without_lines_is_cut() -> None:
    redactor, card = Redactor(), b"4111111111111111"
    pieces = [b"x" * (LINE_MAX - 5) + card[:8], card[8:] + b" more"]
    given_ = b"".join([*map(redactor.take, pieces), redactor.end()])
    assert given_.endswith(b"x************1111 more")


WORDS = st.sampled_from(["4111111111111111", "<a>", "\n", " 770000547   60.00T", "é", "GB33LOYD30000012345670"])


@given(st.lists(WORDS), st.integers(1, 30))
def test_a_file_in_pieces_is_redacted_as_one(words: list[str], size: int) -> None:
    content_ = "".join(words).encode()
    redactor = Redactor()
    pieces = [redactor.take(content_[start : start + size]) for start in range(0, len(content_), size)]
    assert b"".join([*pieces, redactor.end()]) == redacted(content_)


@pytest.mark.parametrize(("digits", "passes"), [("79927398713", True), ("79927398710", False), ("0", True), ("18", True), ("81", False)])
def test_luhn(digits: str, passes: bool) -> None:
    assert passes_luhn(digits) is passes


@pytest.mark.parametrize(
    ("strange", "reason"),
    [
        ({}, None),
        ({"narrative": "x", "paid_on": date(2026, 3, 1)}, None),
        ({"reference": None}, None),
        ({"reference": "bj9000 1186"}, None),
        ({"reference": "BJ90001187"}, "the reference is another"),
        ({"amount_pence": 3501}, "the amount is another"),
        ({"amount_pence": 3501, "reference": "x"}, "the amount is another"),
        ({"basket": [{"fund": "11", "amount_pence": 3500}]}, None),
    ],
)
def test_only_another_amount_or_another_reference_contradicts(strange: dict, reason: str | None) -> None:
    assert contradiction(accepted(), accepted(**strange)) == reason


TELLINGS = st.lists(
    st.builds(
        lambda **fields: accepted(provider="govuk-pay", provider_payment_id="pay1", **fields),
        source=st.sampled_from(["portal", "govuk-pay", "stripe", "crm"]),
        reference=st.sampled_from([None, "BJ90001186"]),
        narrative=st.sampled_from([None, "a", "b"]),
        channel=st.sampled_from(["web", "telephone"]),
        vehicle=st.sampled_from([None, "AT99AAA", "AT99AAB"]),
        payer=st.sampled_from([None, Payer(name="Mr A"), Payer(email="a@example.org"), Payer(name="Mr B", email="b@example.org")]),
        paid_at=st.sampled_from([None, datetime(2026, 3, 18, 9, tzinfo=UTC), datetime(2026, 3, 17, 9, tzinfo=UTC)]),
        received_on=st.sampled_from([date(2026, 3, 18), date(2026, 3, 19)]),
        remittance_line=st.sampled_from([None, 1, 2]),
    ),
    min_size=1,
    max_size=5,
)


def told_one_by_one(tellings: list[PaymentReceived]) -> PaymentReceived:
    held, known = tellings[0], [tellings[0]]
    for telling in tellings[1:]:
        if content(telling) not in map(content, known):
            known.append(telling)
        held = enrich(held, known) or held
    return held


@given(TELLINGS, st.randoms(use_true_random=False))
def test_what_is_known_in_the_end_does_not_depend_on_order_or_repetition(tellings: list[PaymentReceived], random) -> None:
    shuffled = tellings + tellings[: random.randrange(len(tellings))]
    random.shuffle(shuffled)
    assert content(told_one_by_one(tellings)) == content(told_one_by_one(shuffled))


@given(TELLINGS)
def test_nothing_that_a_telling_knew_is_lost(tellings: list[PaymentReceived]) -> None:
    merged = merge(tellings)
    for name in ("reference", "narrative", "vehicle", "payer", "paid_at"):
        assert (getattr(merged, name) is None) == all(getattr(each, name) is None for each in tellings)
    if merged.paid_at:
        assert merged.paid_on == merged.paid_at.date()


@given(st.lists(st.integers(1, 10_000)), st.randoms(use_true_random=False))
@example([1550, 1000], None)
def test_refunds_come_to_the_highest_total_in_any_order_and_batch(totals: list[int], random) -> None:
    held, told = 0, 0
    while totals:
        size = random.randint(1, len(totals)) if random else 1
        batch, totals = totals[:size], totals[size:]
        for each in increments(held, batch):
            told, held = told + each.amount_pence, each.in_all_pence
            assert told == held


ENTRIES = st.lists(st.tuples(st.just(DAY), st.sampled_from([100, -100, 200]), st.sampled_from(["A", "B", "C"])), unique=True, max_size=9)


@given(ENTRIES, st.lists(st.tuples(st.booleans(), st.randoms(use_true_random=False)), min_size=1, max_size=5))
def test_statements_of_one_truth_show_the_same_lines_in_any_order_and_format(truth: list, statements: list) -> None:
    """Each statement shows the whole day, in any order, with the bank's references or without."""
    held: dict[tuple, Held] = {}
    for has_references, random in statements:
        entries = [(day, pence, reference if has_references else None) for day, pence, reference in truth]
        random.shuffle(entries)
        seen = new_lines(held.values(), entries)
        places = [(day, pence, each.ordinal) for (day, pence, _), each in zip(entries, seen, strict=True)]
        assert len(set(places)) == len(places), "two entries of one statement are two lines"
        for place, each in zip(places, seen, strict=True):
            held[place] = Held(*place, each.bank_reference)
    assert Counter(line.amount_pence for line in held.values()) == Counter(pence for _, pence, _ in truth)


@pytest.mark.parametrize(
    ("held", "shown", "lines"),
    [
        # references held  shown         lines in the end
        ([], ["A", "B"], 2),
        (["A"], ["A"], 1),
        (["A"], ["B"], 2),
        (["A"], ["A", "A"], 2),  # some banks' references are not unique
        (["A", "A"], ["A", "A"], 2),
        (["A"], [None], 1),
        ([None], ["A"], 1),
        ([None], ["A", "B"], 2),
        ([None, None], ["A"], 2),
        (["A", None], ["A", "B"], 2),
        (["A", None], [None, None, None], 3),
        (["A", "B"], [None, "B"], 2),
    ],
)
def test_an_entry_is_matched_to_the_line_that_it_is(held: list, shown: list, lines: int) -> None:
    known = [Held(DAY, 100, ordinal, reference) for ordinal, reference in enumerate(held, 1)]
    for order in itertools.permutations(shown):
        seen = new_lines(known, [(DAY, 100, reference) for reference in order])
        assert len(known) + sum(each.is_new for each in seen) == lines
