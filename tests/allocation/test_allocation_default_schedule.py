"""What a penalty costs by law where parking does not tell: the same as parking told of every penalty of the sample day."""

from datetime import date
from typing import Any

import pytest

from allocation.anytown import PACK, penalty, rows
from ims_allocation.domain.default_schedule import with_schedule
from ims_allocation.domain.penalties import stage_on
from ims_allocation.store.accounts import account, row
from ims_allocation.store.tables import AccountRow
from ims_contracts.accounts import AccountChanged, Stage

TARIFFS = PACK.tables.tariffs
TOLD = rows("pcns.csv")
OUTSIDE, INSIDE = date(2025, 4, 6), date(2025, 4, 7)


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def notice(**fields: Any) -> AccountChanged:
    """A penalty of which parking tells all but what it costs."""
    own = {"schedule": [], "issued_on": date(2026, 3, 2), "served_on": None, "notice": "vehicle", "contravention_code": "01"}
    return penalty("BJ90012273", **own | fields)


def stages(told: AccountChanged) -> list[tuple[str, int, date | None, date | None]]:
    return [(s.stage, s.amount_pence, s.from_on, s.until_on) for s in with_schedule(told, TARIFFS).schedule]


def costs(told: AccountChanged, on: date) -> int:
    changed = with_schedule(told, TARIFFS)
    columns = dict(zip(AccountRow.model_fields, row(changed), strict=True)) | {"owed": []}
    return stage_on(account(columns).stages, on).amount_pence


def began(until: str) -> date | None:
    """The first day of the stage after one that lasted until a day."""
    return date.fromordinal(date.fromisoformat(until).toordinal() + 1) if until else None


@pytest.mark.parametrize("told", TOLD, ids=[each["reference"] for each in TOLD])
def test_the_law_gives_every_penalty_of_the_sample_day_what_parking_told(told: dict[str, str]) -> None:
    by_law = notice(
        issued_on=day(told["issued_on"]), served_on=day(told["served_on"]), notice=told["evidence"],
        contravention_code="01" if told["full_pence"] == "7000" else "05",
        charge_certificate_on=began(told["full_until"]), registered_on=began(told["charge_certificate_until"]),
    )  # fmt: skip
    [discount, full, *later] = stages(by_law)
    assert discount == ("discount", int(told["discount_pence"]), None, day(told["discount_until"]))
    assert full == ("full", int(told["full_pence"]), None, None)
    by_parking = [told[name] for name in ("charge_certificate_pence", "registered_pence") if told[name]]
    assert [amount for _, amount, _, _ in later] == [int(pence) for pence in by_parking]


@pytest.mark.parametrize(
    ("fields", "until"),
    [
        # 14 days beginning with service, 21 for an approved device by post
        ({}, date(2026, 3, 15)),
        ({"served_on": date(2026, 3, 3)}, date(2026, 3, 16)),
        ({"notice": None}, date(2026, 3, 15)),
        # by post: served on the second working day after posting, over a weekend, over Easter
        ({"notice": "post"}, date(2026, 3, 17)),
        ({"notice": "camera"}, date(2026, 3, 24)),
        ({"notice": "camera", "issued_on": date(2026, 3, 5)}, date(2026, 3, 29)),
        ({"notice": "post", "issued_on": date(2026, 4, 2)}, date(2026, 4, 21)),
        ({"notice": "camera", "served_on": date(2026, 3, 20)}, date(2026, 4, 9)),
        # London's day of issue is a date, not an instant: clocks change on 29 March and it is still 14 days
        ({"issued_on": date(2026, 3, 28)}, date(2026, 4, 10)),
    ],
)  # fmt: skip
def test_the_last_day_of_the_discount(fields: dict[str, Any], until: date) -> None:
    assert stages(notice(**fields))[0] == ("discount", 3500, None, until)
    assert (costs(notice(**fields), until), costs(notice(**fields), date.fromordinal(until.toordinal() + 1))) == (3500, 7000)


@pytest.mark.parametrize(
    ("band", "code", "issued_on", "pence"),
    [
        (None, "01", OUTSIDE, 7000), (None, "05", OUTSIDE, 5000), (None, "34J", OUTSIDE, 7000), (None, "16s", OUTSIDE, 7000),
        ("outside-london-lower", "01", OUTSIDE, 6000), ("outside-london-lower", "83", OUTSIDE, 4000),
        ("london-a", "01", OUTSIDE, 13000), ("london-a", "01", INSIDE, 16000), ("london-a", "05", OUTSIDE, 8000),
        ("london-a", "05", INSIDE, 11000), ("london-b", "01", OUTSIDE, 11000), ("london-b", "01", INSIDE, 14000),
        ("london-b", "05", OUTSIDE, 6000), ("london-b", "05", INSIDE, 9000),
    ],
)  # fmt: skip
def test_a_penalty_is_of_its_band_its_level_and_its_day_of_issue(band: str | None, code: str, issued_on: date, pence: int) -> None:
    told = notice(tariff_band=band, contravention_code=code, issued_on=issued_on, charge_certificate_on=date(2025, 9, 1))
    assert [amount for _, amount, _, _ in stages(told)] == [pence // 2, pence, pence * 3 // 2]


def test_a_charge_certificate_and_a_registration_count_from_the_day_that_is_told_and_never_by_themselves() -> None:
    told = notice(charge_certificate_on=date(2026, 5, 6), registered_on=date(2026, 6, 15))
    assert [costs(told, on) for on in (date(2026, 5, 5), date(2026, 5, 6), date(2026, 6, 14), date(2026, 6, 15))] == [
        7000, 10500, 10500, 11500,
    ]  # fmt: skip
    assert costs(notice(), date(2027, 1, 1)) == 7000


@pytest.mark.parametrize(
    "fields",
    [
        {"issued_on": None}, {"contravention_code": None}, {"contravention_code": "00"}, {"tariff_band": "nowhere"},
        {"issued_on": None, "served_on": date(2026, 3, 2)},
    ],
)  # fmt: skip
def test_what_is_not_told_is_not_guessed(fields: dict[str, Any]) -> None:
    assert stages(notice(**fields)) == []


@pytest.mark.parametrize(
    ("registered_on", "pence"),
    [
        (date(2014, 4, 22), 11200), (date(2016, 7, 24), 11200), (date(2016, 7, 25), 11300), (date(2021, 9, 29), 11300),
        (date(2021, 9, 30), 11400), (date(2024, 4, 30), 11400), (date(2024, 5, 1), 11500),
    ],
)  # fmt: skip
def test_a_registration_costs_what_the_court_took_on_its_day(registered_on: date, pence: int) -> None:
    told = notice(issued_on=date(2014, 1, 6), charge_certificate_on=date(2014, 3, 3), registered_on=registered_on)
    assert stages(told)[-1] == ("registered", pence, registered_on, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"issued_on": date(2008, 3, 30)},
        {"issued_on": date(2011, 4, 14), "tariff_band": "london-a"},
        {"issued_on": date(2013, 6, 1), "charge_certificate_on": date(2013, 9, 1), "registered_on": date(2014, 4, 21)},
    ],
)
def test_what_is_older_than_the_tariff_is_not_reckoned(fields: dict[str, Any]) -> None:
    assert with_schedule(notice(**fields), TARIFFS).schedule == []
    issued_on = {"issued_on": date(2011, 4, 15)} if "registered_on" not in fields else {"registered_on": date(2014, 4, 22)}
    assert stages(notice(**fields | issued_on))


def test_what_parking_tells_always_wins() -> None:
    offered_again = [Stage(stage="discount", amount_pence=3500, until_on=date(2026, 6, 1)), Stage(stage="full", amount_pence=7000)]
    told = notice(schedule=offered_again)
    assert with_schedule(told, TARIFFS) is told
    assert with_schedule(notice(), None).schedule == []
    of_another_fund = notice().model_copy(update={"fund": "23"})
    assert with_schedule(of_another_fund, TARIFFS) is of_another_fund
