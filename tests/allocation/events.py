"""Everything that may be heard of a handful of accounts and payments, for tests in which its order must not matter."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

from allocation.anytown import COUNCIL, name, payment, penalty, refund, reversal, running_account
from ims_allocation.domain import Decided, Part, PaymentKey
from ims_contracts.accounts import AccountChanged
from ims_contracts.payments import BasketLine, PaymentReceived, PaymentReversed, RefundSent


class Ruled(NamedTuple):
    """A decision that a person took of a payment, in force from now on."""

    key: PaymentKey
    decided: Decided


type Heard = AccountChanged | PaymentReceived | PaymentReversed | RefundSent
type Happened = Heard | Ruled

ACCOUNTS: list[AccountChanged] = [
    running_account("770001478", balance_pence=15000, instalment_pence=5000),
    running_account("770001478", revision=2, balance_pence=10000, instalment_pence=5000),
    running_account("770001559"),
    running_account("3000000123", "19", balance_pence=7000),
    running_account("3000000123", "19", revision=2, balance_pence=0),
    penalty("BJ90012273", second_keys=["AT99 AAB"]),
    penalty("BJ90012273", second_keys=["AT99 AAB"], revision=3, status="cancelled"),
    penalty("BJ90034458", second_keys=["AT99 AAC"]),
    penalty("BJ90045545", second_keys=["AT99 AAC"], revision=2),
    penalty("BJ90045545", revision=1, status="with-agent"),
]
TYPED = [
    "770001478", "770001559", "3000000123", "BJ90012273", "BJ90034458", "BJ90034458 BJ90045545", "BJ90045545", "BJ90034458 770001478",
    "770001478 770001559",
    "AT99 AAB", "AT99 AAC", "BJ90138361", "nothing", None,
]  # fmt: skip
AMOUNTS = [3500, 7000, 5000, 1500]
STATED = [*TYPED, "LEISURE", "BJ90034458"]


@st.composite
def baskets(draw: st.DrawFn, amount_pence: int) -> list[BasketLine]:
    """What a payment of this amount is stated to be for."""
    lines, left = [], amount_pence
    for typed in draw(st.lists(st.sampled_from(STATED), min_size=1, max_size=4)):
        pence = draw(st.sampled_from([left, (left + 1) // 2]))
        fund = draw(st.sampled_from([None, "23", "13"])) if typed else "13"
        centre, code = draw(st.sampled_from([None, "LC02"])), draw(st.sampled_from([None, None, "Z", "O", "?"]))
        if pence:
            lines.append(BasketLine(fund=fund, reference=typed, amount_pence=pence, cost_centre=centre, vat_code=code))
        left -= pence
    return lines if not left else [*lines, BasketLine(reference="nothing", amount_pence=left)]


@st.composite
def payments(draw: st.DrawFn, called: str) -> list[Heard]:
    """A payment, perhaps known better later, and what went back of it."""
    on = date(2026, 3, 2) + timedelta(days=draw(st.integers(0, 95)))
    at = datetime(on.year, on.month, on.day, 9, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 3)))
    common = {"called": called, "paid_at": draw(st.sampled_from([at, None])), "channel": draw(st.sampled_from(["web", "bank-transfer"]))}
    amount = draw(st.sampled_from(AMOUNTS))
    is_stated = draw(st.booleans())
    stated = [draw(baskets(amount)) if is_stated and draw(st.booleans()) else None for _ in range(2)]
    heard: list[Any] = [payment(draw(st.sampled_from(TYPED)), amount, on, basket=stated[0], **common)]
    if draw(st.booleans()):
        heard.append(payment(draw(st.sampled_from(TYPED)), amount, on, revision=2, basket=stated[1], **common))
    if draw(st.booleans()):
        heard.append(reversal(called, draw(st.sampled_from([amount, 500])), on + timedelta(days=3), reference=draw(st.sampled_from(TYPED))))
    if draw(st.booleans()):
        heard.append(refund(called, draw(st.sampled_from([amount, 700])), on + timedelta(days=4)))
    if draw(st.integers(0, 9)) == 0:
        heard.append(reversal(None, 4500, on, called=f"orphan {called}", reference=draw(st.sampled_from(TYPED))))
    if draw(st.integers(0, 4)) == 0:  # of a payment that never comes
        for number in range(draw(st.integers(1, 3))):
            reference = draw(st.sampled_from([*TYPED[:3], None]))
            heard.append(reversal(f"never {called}", 4500, on, called=f"back {number} of {called}", reference=reference))
    return heard


HOMES = [("23", "770001478"), ("23", "770001559"), ("11", "BJ90012273"), ("11", "BJ90034458"), ("11", "BJ90045545"), ("11", "BJ90999999")]


@st.composite
def decisions(draw: st.DrawFn, heard: list[Heard]) -> Ruled:
    """What a person decides of a payment, who may know of what went back of it."""
    paid = next(each for each in heard if isinstance(each, PaymentReceived))
    causes = [each for each in heard if isinstance(each, PaymentReversed | RefundSent) and each.payment_id]
    seen = [each for each in causes if draw(st.booleans())]
    left, parts = paid.amount_pence - sum(each.amount_pence for each in seen), []
    for fund, reference in draw(st.lists(st.sampled_from(HOMES), unique=True, max_size=3)):
        if left > 0:
            parts.append(Part(fund, reference, draw(st.sampled_from([left, (left + 1) // 2]))))
            left -= parts[-1].amount_pence
    due = draw(st.integers(0, max(0, left)))
    ids = tuple(each.reversal_id if isinstance(each, PaymentReversed) else each.refund_id for each in seen)
    return Ruled((COUNCIL, paid.payment_id), Decided(name(f"decision {paid.source_payment_id}"), tuple(parts), due, ids))


@st.composite
def decided_worlds(draw: st.DrawFn) -> list[Happened]:
    """The same, with decisions of some of the payments."""
    happened: list[Happened] = [*draw(st.lists(st.sampled_from(ACCOUNTS), unique_by=id, min_size=1))]
    for number in range(draw(st.integers(1, 3))):
        heard = draw(payments(str(number)))
        happened += [*heard, *([draw(decisions(heard))] if draw(st.booleans()) else [])]
    return happened


@st.composite
def worlds(draw: st.DrawFn) -> list[Heard]:
    """Accounts and payments, in the order in which they were thought of."""
    accounts = draw(st.lists(st.sampled_from(ACCOUNTS), unique_by=id, min_size=1))
    return accounts + [each for number in range(draw(st.integers(1, 4))) for each in draw(payments(str(number)))]


@st.composite
def tellings[Each: Happened](draw: st.DrawFn, world: list[Each]) -> list[list[Each]]:
    """The same facts in some order, some of them twice, in batches."""
    order = draw(st.permutations(world + draw(st.lists(st.sampled_from(world), max_size=3))))
    batches, start = [], 0
    while start < len(order):
        size = draw(st.integers(1, len(order) - start))
        batches.append(list(order[start : start + size]))
        start += size
    return batches
