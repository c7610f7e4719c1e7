"""What a penalty costs and when, by law, where parking tells of it and not what it costs. What parking tells always wins.

Sources: TMA is the Traffic Management Act 2004; GR is the Civil Enforcement of Road Traffic Contraventions (Approved Devices, Charging
Guidelines and General Provisions) (England) Regulations 2022, SI 2022/71. All days are days in Europe/London.
"""

from datetime import date, timedelta
from string import ascii_letters

from holidays import country_holidays

from ims_allocation.domain.editions.tables import on
from ims_allocation.domain.editions.written import Tariffs
from ims_contracts.accounts import AccountChanged, Stage

BANKS = country_holidays("GB", subdiv="ENG")
DISCOUNT_DAYS, DISCOUNT_DAYS_OF_A_CAMERA = 14, 21
POST_DAYS, BY_POST = 2, ("post", "camera")


def with_schedule(told: AccountChanged, tariffs: Tariffs | None) -> AccountChanged:
    """A penalty with the schedule that the law gives it; as it was told, where parking told one, or what is told does not say enough."""
    if tariffs is None or told.fund != tariffs.fund or told.schedule:
        return told
    stages = schedule(told, tariffs)
    return told.model_copy(update={"schedule": stages}) if stages else told


def schedule(told: AccountChanged, tariffs: Tariffs) -> list[Stage]:
    """Discount, full, charge certificate, registered: each from the day the law begins it. A certificate and a registration are acts of
    the council: they count from the days that parking tells, and never by themselves. (After a warrant the amount stays; `with-agent`
    says that it is for the enforcement agent.)"""
    penalty_pence, served = penalty(told, tariffs), served_on(told)
    if penalty_pence is None or served is None:
        return []
    stages = [
        Stage(stage="discount", amount_pence=discounted(penalty_pence), until_on=applicable_date(told, served)),
        Stage(stage="full", amount_pence=penalty_pence),
    ]
    if told.charge_certificate_on:
        stages.append(Stage(stage="charge-certificate", amount_pence=surcharged(penalty_pence), from_on=told.charge_certificate_on))
    if told.registered_on:
        fee = next(on(told.registered_on, tariffs.registration_fees), None)
        if fee is None:
            return []
        stages.append(Stage(stage="registered", amount_pence=surcharged(penalty_pence) + fee.pence, from_on=told.registered_on))
    return stages


def penalty(told: AccountChanged, tariffs: Tariffs) -> int | None:
    """The penalty charge in pence, by its band, the level of its contravention, and the tariff of the day of issue: £110 was band B,
    higher, before 7 April 2025 in London, and is band A, lower, since (TMA section 77 and schedule 9)."""
    code = (told.contravention_code or "").rstrip(ascii_letters)
    band = told.tariff_band or tariffs.band
    if told.issued_on is None:
        return None
    found = next(on(told.issued_on, [each for each in tariffs.bands if each.band == band]), None)
    if found is None or code not in {*tariffs.higher, *tariffs.lower}:
        return None
    return found.higher_pence if code in tariffs.higher else found.lower_pence


def served_on(told: AccountChanged) -> date | None:
    """The day of service: as told; for a notice by post the second working day after posting (GR regulation 3), which is its date (GR
    schedule 2, paragraph 3); for one on the vehicle its day of issue (GR regulation 9)."""
    if told.served_on or told.issued_on is None or told.notice not in BY_POST:
        return told.served_on or told.issued_on
    return BANKS.get_nth_working_day(told.issued_on, POST_DAYS)


def applicable_date(told: AccountChanged, served: date) -> date:
    """The last day of the discount: of 14 days beginning with the day of service, of 21 for a notice by post on the evidence of an
    approved device (GR regulation 2, "the applicable date")."""
    days = DISCOUNT_DAYS_OF_A_CAMERA if told.notice == "camera" else DISCOUNT_DAYS
    return served + timedelta(days=days - 1)


def discounted(penalty_pence: int) -> int:
    """Half of the penalty (TMA schedule 9, the guidelines under it); half a penny is the payer's."""
    return penalty_pence // 2


def surcharged(penalty_pence: int) -> int:
    """The penalty and half of it (GR regulation 21); half a penny is the payer's."""
    return penalty_pence + penalty_pence // 2
