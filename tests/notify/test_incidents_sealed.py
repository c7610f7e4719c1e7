"""An incident message reaches each address once, though none can be read at rest."""

from cryptography.fernet import Fernet

from notify.alerts_world import client
from notify.incidents_world import ANN, CAT, OFFICERS, body, courier, empty, path, send_all, twice, welsh
from notify.notify_world import mail_server, notifying


async def test_addresses_that_are_sealed_are_known_again_and_written_to_once_each(notify_url) -> None:
    key = Fernet.generate_key().decode()
    async with mail_server() as (mailbox, mail), notifying(notify_url, **mail, officers=OFFICERS, contact_key=key) as notify:
        await empty(notify)
        await twice(notify, "ann", "dai")
        await welsh(notify, "wyn")
        async with client(notify, ANN) as ann, client(notify, CAT) as cat:
            shown = (await ann.put(path(), json=body())).json()
            assert shown["preview"]["address_count"] == 3
            assert (await cat.post(path("/approve"))).status_code == 200
        await send_all(notify, courier(notify))

        assert sorted(to for to, _ in mailbox.mails) == ["ann@example.org", "dai@example.org", "wyn@example.org"]
        assert "example.org" not in str(await notify.rows("SELECT * FROM incident_message"))
