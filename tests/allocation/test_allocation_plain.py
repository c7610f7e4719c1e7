"""Plain payments, which is most of them: told without a model's help, and yet word for word as the model writes it."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from allocation.anytown import payment
from ims_allocation.handlers.plain import allocated
from ims_allocation.store.placements import Plain
from ims_contracts.allocations import PaymentAllocated
from ims_contracts.message import PENCE_MAX
from ims_kit.telling import body_of

CODES = st.sampled_from(["23", "card-stripe", "LC02", "é \" \\", "\u2028£\t"])
DAYS = st.dates(date(2000, 1, 1))


@given(CODES, CODES, CODES, CODES, CODES | st.none(), DAYS, DAYS, st.integers(1, PENCE_MAX))
def test_what_is_told_is_what_the_message_would_write(
    method: str, fund: str, reference: str, vat_code: str, centre: str | None, decided_on: date, today: date, pence: int
) -> None:
    heard = payment(method_of_payment=method, amount_pence=pence)
    said = allocated(Plain(heard, str(heard.payment_id), fund, reference, decided_on, "v1", vat_code, centre), today)
    message = PaymentAllocated.model_validate(said)
    assert to_json(said) == body_of(message)
    assert (PaymentAllocated.of_valid(said).event_id, PaymentAllocated.of_valid(said).key) == (message.event_id, message.key)
    assert sum(line.amount_pence for line in message.lines) == 0
