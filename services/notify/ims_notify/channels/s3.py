"""Runs put into a bucket of S3, or of what speaks like it: an object is there whole, or not at all."""

from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from ims_notify.channels.laid import Away, Laid, is_whole
from ims_notify.domain.attempts import Answer
from ims_notify.settings import Place


class S3Channel:
    """A bucket and the prefix of its objects' names."""

    def __init__(self, place: Place) -> None:
        url = urlsplit(place.url)
        self.prefix = url.path.strip("/")
        self.answers = (place.answers or self.prefix).strip("/")
        self.store: Any = S3Store(
            url.netloc,
            endpoint=place.endpoint,
            region=place.region,
            access_key_id=place.secret(place.access_key_env),
            secret_access_key=place.secret(place.secret_key_env),
            virtual_hosted_style_request=False,
            client_options={"allow_http": (place.endpoint or "").startswith("http://"), "timeout": "120s"},
            retry_config={"max_retries": 2},
        )

    async def put(self, name: str, content: bytes) -> Answer:
        """Put an object, or the same once more. The library's own words quote whole requests: only the kind of error is kept."""
        try:
            await obstore.put_async(self.store, f"{self.prefix}/{name}".lstrip("/"), content)
        except (BaseError, OSError, ValueError) as error:
            return Answer("unreachable", f"s3: {type(error).__name__}")
        return Answer("delivered")

    async def laid(self) -> list[Laid]:
        """The answers that lie there. Raises Away."""
        try:
            listed = await obstore.list_with_delimiter_async(self.store, self.answers)
        except (BaseError, OSError, ValueError) as error:
            raise Away(f"s3: {type(error).__name__}") from None
        found = [(each["path"].rpartition("/")[2], each) for each in listed["objects"]]
        return [Laid(name, f"{each['size']}/{each['e_tag']}", each["size"]) for name, each in found if is_whole(name)]

    async def fetch(self, name: str) -> bytes:
        """An answer's bytes. Raises Away."""
        try:
            got = await obstore.get_async(self.store, f"{self.answers}/{name}".lstrip("/"))
            return bytes(await got.bytes_async())
        except (BaseError, OSError, ValueError) as error:
            raise Away(f"s3: {type(error).__name__}") from None
