"""What accounts are now; and what that means for payments that wait for them, or that settle them."""

from collections.abc import Mapping

from ims_allocation.domain import NO_NAMES, Names, Pack, near_keys, vehicle_mark
from ims_allocation.domain.default_schedule import with_schedule
from ims_allocation.handlers.news import News, bring_up_to_date, lock
from ims_allocation.store import accounts, placements
from ims_allocation.store.accounts import VEHICLE, Key
from ims_contracts.accounts import AccountChanged
from ims_kit import Work


async def on_accounts(heard: list[AccountChanged], work: Work, *, packs: Mapping[str, Pack], names: Names = NO_NAMES) -> None:
    """Remember each account by its highest revision, then place anew the payments that mind: few, or none."""
    about = {key: change for change in heard for key in keys_of(change, packs[change.council])}
    news, keys = News(because=dict(about.items())), list(about)
    reached = await lock(keys, (), work)
    owed = [row for change in heard if needs_second_fact(change, packs) for row in accounts.owed_ever(change)]
    scheduled = [with_schedule(change, packs[change.council].tables.tariffs) for change in heard]
    await accounts.keep(scheduled, owed, work, names)
    if await placements.minding(keys, work):
        await bring_up_to_date(news, reached, packs, work)


def keys_of(change: AccountChanged, pack: Pack) -> list[Key]:
    """What payments mind of this account: its reference, its vehicles, and where it may be repaired to, what its reference may become."""
    marks = [f"{VEHICLE}{vehicle_mark(key)}" for key in change.second_keys]
    near = near_keys(change.council, [change.account_reference]) if may_be_repaired_to(change, pack) else ()
    return [*((change.council, key) for key in (change.account_reference, *marks)), *near]


def may_be_repaired_to(change: AccountChanged, pack: Pack) -> bool:
    fund = pack.funds.get(change.fund)
    return fund is not None and fund.repair


def needs_second_fact(change: AccountChanged, packs: Mapping[str, Pack]) -> bool:
    fund = packs[change.council].funds.get(change.fund)
    return fund is not None and fund.needs_second_fact
