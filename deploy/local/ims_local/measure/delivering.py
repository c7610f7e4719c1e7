"""The process that delivers while something is measured, to be killed at any moment: notify as it is set, without a broker."""

import asyncio

from ims_kit import open_pool
from ims_notify.app import build, channels
from ims_notify.delivery import Courier, Rules
from ims_notify.pack import load
from ims_notify.settings import Settings


async def deliver(settings: Settings) -> None:
    """Serve every receiver that is set."""
    pack, service = load(settings.council_pack), build(settings)
    service.pool = await open_pool(settings.database_url.get_secret_value())
    couriers = [Courier(channel, Rules.of(settings, channel.queue), pack.manners) for channel in channels(settings, pack)]
    await asyncio.gather(*(courier.run(service) for courier in couriers))


if __name__ == "__main__":
    asyncio.run(deliver(Settings()))
