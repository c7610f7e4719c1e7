"""What payers hear beside the receipt: each once, in whatever order facts come, and nothing that is not so."""

import itertools
import json
from typing import Any

import pytest

from ims_contracts.allocations import Part
from ims_contracts.payments import RefundSent
from ims_kit import begin
from ims_notify.domain.wording import letter_of
from ims_notify.pack import load
from ims_notify.store.retention import forget_before
from notify.notify_world import (
    COUNCIL,
    DAY,
    account,
    allocated,
    mail_server,
    notifying,
    payment,
    payment_id,
    suspended,
    unallocated,
    until,
)
from notify.test_notify_domain import due

FINISHED = "SELECT count(*) = $1 FROM delivery WHERE state IN ('sent', 'delivered', 'failed', 'no-contact')"
PACK = load()


def refunded(name: str = "one", **changes: Any) -> RefundSent:
    facts: dict[str, Any] = {
        "council": COUNCIL, "payment_id": payment_id(name), "refund_id": payment_id(f"{name} given back"), "source": "govuk-pay",
        "source_refund_id": "r1", "amount_pence": 500, "sent_on": DAY, "method_of_payment": "card",
    }  # fmt: skip
    return RefundSent(**facts | changes)


def taken(name: str = "one", **changes: Any):
    return unallocated(name, fund="23", **changes)


def plain(name: str = "one", **changes: Any):
    return allocated(name, fund="23", **changes)


@pytest.fixture
async def world(notify_url):
    async with mail_server() as (mailbox, mail), notifying(notify_url, **mail) as notify:
        await notify.empty()
        yield notify, mailbox


async def notices(notify) -> list:
    return await notify.rows("SELECT kind, state FROM delivery WHERE kind NOT IN ('receipt', 'posting') ORDER BY kind, delivery_id")


@pytest.mark.parametrize(
    ("told", "due"),
    [
        ([payment(), plain(), refunded()], [("refund-sent", "due")]),
        ([payment(), plain(), taken()], [("taken-back", "due")]),
        ([payment(), plain(), refunded(), refunded(refund_id=payment_id("again"))], [("refund-sent", "due")] * 2),
        ([payment(), plain(), taken(reason="import-reversed")], []),
        ([payment(), plain(), taken(reason="refund-sent"), refunded()], [("refund-sent", "due")]),
        # whom to write to: the holder hears that money was taken back, whoever paid; of a refund only whoever has a receipt
        ([payment(to=None), plain(), account(fund="23"), refunded()], [("refund-sent", "due")]),
        ([payment(to=None, channel="direct-debit"), plain(), account(fund="23"), taken()], [("taken-back", "due")]),
        ([payment(to=None, channel="direct-debit"), plain(), account(fund="23"), refunded()], [("refund-sent", "waiting")]),
        ([payment(to=None), plain(), refunded()], [("refund-sent", "waiting")]),
        ([payment(), refunded()], [("refund-sent", "waiting")]),
    ],
)
async def test_what_is_due_in_every_order_and_with_repetition(world, told: list, due: list) -> None:
    notify, _ = world
    for order in itertools.permutations(told):
        await notify.empty()
        for fact in [*order, *order]:
            await notify.hears(fact)
            await notify.pool.execute("UPDATE delivery SET due_at = now() WHERE state = 'waiting'")
            await notify.look()
        assert await notices(notify) == due, order


async def test_a_payer_reads_of_a_refund_and_of_money_taken_back_each_once(world) -> None:
    notify, mailbox = world
    await notify.hears(payment(), plain(), refunded(), taken(reason="chargeback-lost", amount_pence=3000))
    for _ in range(3):
        await notify.look()
    async with notify.delivering():
        await until(lambda: notify.value(FINISHED, 3))
        await notify.look()

    mails = {mail["Subject"]: mail.get_content() for _, mail in mailbox.mails}
    assert len(mailbox.mails) == 3
    given = mails["Anytown Council has given £5.00 back to you"]
    assert "On 16 March 2026 we gave £5.00 of a payment back to you." in given
    assert "Receipt number: TRJ4-T7AF-R5E8" in given
    back = mails["Your payment to Anytown Council was taken back: £30.00"]
    assert "£30.00 of a payment of yours was taken back: your card's bank gave the money back to you." in back
    assert "It does not count as paid.\r\n£70.00 is left to pay." in back
    assert [fact["type"] for fact in await notify.told()] == ["receipt-issued"]


@pytest.mark.parametrize(
    ("first", "then", "is_told"),
    [
        (suspended(), plain(revision=2, outcome="part", balance_pence=3500), True),
        (suspended(), plain(revision=2), True),
        (plain(), plain(revision=2, outcome="duplicate", refund_due_pence=3500), True),
        (plain(), plain(revision=2, account="BJ90001187"), False),
        (plain(), plain(revision=2, outcome="reversed"), False),
        (plain(), suspended(revision=2), False),
    ],
)
async def test_a_payer_whose_receipt_is_no_longer_so_hears_of_it(world, first, then, is_told: bool) -> None:
    notify, mailbox = world
    await notify.hears(payment(), first)
    async with notify.delivering():
        await until(lambda: notify.value(FINISHED, 1))
        await notify.hears(then, then)
        for _ in range(3):
            await notify.look()
        await until(lambda: notify.value(FINISHED, 1 + is_told))

    assert len(mailbox.mails) == 1 + is_told
    assert await notify.value("SELECT count(*) FROM payment WHERE is_anew") == 0
    if is_told:
        assert "This is how it stands now." in mailbox.mails[1][1].get_content()


async def test_while_a_receipt_is_on_its_way_nothing_is_said_beside_it(world) -> None:
    notify, mailbox = world
    await notify.hears(payment(), suspended(), plain(revision=2, outcome="part", balance_pence=100))
    await notify.look()
    assert await notices(notify) == []

    async with notify.delivering():
        await until(lambda: notify.value(FINISHED, 1))
    await notify.look()
    assert (await notices(notify), await notify.value("SELECT count(*) FROM payment WHERE is_anew")) == ([], 0)
    assert "£1.00 is left to pay." in mailbox.mails[0][1].get_content()


async def test_whoever_cannot_be_written_to_is_let_go_after_a_day(world) -> None:
    notify, _ = world
    await notify.hears(payment(to=None), plain(), refunded())
    await notify.pool.execute("UPDATE delivery SET since = now() - interval '25 hours'")
    await notify.look()

    assert await notices(notify) == [("refund-sent", "no-contact")]


async def test_a_contact_is_kept_while_a_notice_needs_it(world) -> None:
    notify, _ = world
    await notify.hears(payment(), plain(), refunded())
    await notify.pool.execute("UPDATE delivery SET state = 'delivered' WHERE kind = 'receipt'")
    await notify.pool.execute("UPDATE payment SET heard_on = '2020-01-01'")
    async with begin(notify.pool) as work:
        assert await forget_before(DAY, work) == 0


def text(**changes: Any) -> str:
    letter = letter_of(due(**changes), PACK.councils)
    assert letter is not None
    return letter.text


@pytest.mark.parametrize(
    ("paid_by", "outcome", "says"),
    [
        ("web", "over", "It goes back the way that you paid."),
        ("cheque", "duplicate", "to which account we should send it."),
        ("bank-transfer", "refund-due", "We give all of it back to you."),
    ],
)
def test_what_is_too_much_says_which_way_it_goes_back(paid_by: str, outcome: str, says: str) -> None:
    assert says in text(paid_by=paid_by, outcome=outcome, refund_due_pence=500)


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("kind", ["copy", "placement", "refund-sent", "taken-back"])
def test_no_notice_has_a_link_or_an_unfilled_word(language: str, kind: str) -> None:
    facts = json.dumps({"on": "2026-03-16", "reason": "cheque-returned", "balance_pence": 100})
    letter = letter_of(due(kind=kind, language=language, facts=facts), PACK.councils)

    assert letter is not None
    for words in (letter.subject, letter.text, letter.short):
        assert not [sign for sign in ("http", "www.", "://", "<a", "{", "}") if sign in words]
        assert "TRJ4-T7AF-R5E8" in letter.text


@pytest.mark.parametrize(
    ("parts", "vat_pence"),
    [
        ([("S", 1200, 200)], 200),
        ([("S", 600, 100), ("E", 600, 0)], 100),
        ([("E", 1200, 0)], 0),
        ([("S", 600, 100), (None, 600, None)], None),
    ],
)
async def test_the_vat_in_a_payment_is_that_of_its_parts(world, parts: list, vat_pence: int | None) -> None:
    notify, _ = world
    told = [
        Part(fund="13", account_reference=f"L{number}", amount_pence=pence, vat_code=code, vat_pence=vat)
        for number, (code, pence, vat) in enumerate(parts)
    ]
    await notify.hears(payment(), allocated(amount_pence=1200, parts=told))

    assert await notify.value("SELECT vat_pence FROM payment") == vat_pence


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"vat_pence": 200}, "This includes VAT of £2.00."),
        ({"vat_pence": 0}, "This payment includes no VAT."),
        ({"vat_pence": None, "vat_code": "O"}, "This payment includes no VAT."),
        ({"vat_pence": None, "vat_code": "S"}, None),
    ],
)
def test_the_statement_of_vat(facts: dict, says: str | None) -> None:
    words = text(**facts)

    assert ("VAT" in words) == (says is not None)
    assert says is None or says in words


def test_a_council_with_a_vat_number_has_it_beside_the_vat() -> None:
    council = PACK.councils[COUNCIL, "en"]._replace(vat_number="GB 123 4567 89")
    letter = letter_of(due(vat_pence=200), {(COUNCIL, "en"): council})

    assert letter is not None
    assert "Our VAT registration number: GB 123 4567 89" in letter.text
