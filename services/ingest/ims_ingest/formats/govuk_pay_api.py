"""What GOV.UK Pay's API answers: pages of what was searched for, payments, refunds and disputes. Amounts are pence, times UTC."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from ims_contracts.message import PositivePence
from ims_ingest.domain.govuk_pay import RefundState, refund_state
from ims_ingest.formats.govuk_pay import LONDON, Dispute, Id, Resource


class Link(BaseModel):
    href: str


class Links(BaseModel):
    next_page: Link | None = None


class Page(BaseModel):
    """One page of what was found, and where the next one is."""

    results: list[dict[str, Any]]
    links: Links = Field(default=Links(), alias="_links")


class FoundPayment(Resource):
    created_date: AwareDatetime

    @property
    def created_on(self) -> date:
        return self.created_date.astimezone(LONDON).date()


class FoundRefund(BaseModel):
    """A refund; among those of a payment it does not name the payment."""

    refund_id: Id
    payment_id: Id | None = None
    amount: PositivePence
    status: str | None = None
    created_date: AwareDatetime

    @property
    def state(self) -> RefundState:
        return refund_state(self.status)

    @property
    def created_on(self) -> date:
        return self.created_date.astimezone(LONDON).date()


class EmbeddedRefunds(BaseModel):
    refunds: list[FoundRefund]


class RefundsOfPayment(BaseModel):
    embedded: EmbeddedRefunds = Field(alias="_embedded")


class Unreadable(NamedTuple):
    """Something that was found and cannot be read, and why."""

    told: dict[str, Any]
    error: ValidationError


READ_PAGE = TypeAdapter(Page).validate_json
READ_PAYMENT = TypeAdapter(FoundPayment).validate_json
READ_REFUND = TypeAdapter(FoundRefund).validate_json
READ_REFUNDS = TypeAdapter(RefundsOfPayment).validate_json


def payments(results: Iterable[dict[str, Any]]) -> tuple[list[FoundPayment], list[Unreadable]]:
    """Those that are finished, and those that should be and cannot be read. What a payer only began, and nobody paid, has no fields to
    speak of."""
    finished = [each for each in results if status_of(each) in ("success", "error")]
    return read(finished, FoundPayment)


def status_of(told: dict[str, Any]) -> object:
    state = told.get("state")
    return state.get("status") if isinstance(state, dict) else None


def refunds(results: Iterable[dict[str, Any]]) -> tuple[list[FoundRefund], list[Unreadable]]:
    return read(results, FoundRefund)


def disputes(results: Iterable[dict[str, Any]]) -> tuple[list[Dispute], list[Unreadable]]:
    return read(results, Dispute)


def read[Found: BaseModel](results: Iterable[dict[str, Any]], kind: type[Found]) -> tuple[list[Found], list[Unreadable]]:
    found, unreadable = [], []
    for each in results:
        try:
            found.append(kind.model_validate(each))
        except ValidationError as error:
            unreadable.append(Unreadable(each, error))
    return found, unreadable
