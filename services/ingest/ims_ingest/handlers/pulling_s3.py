"""A bucket of S3, or of what speaks like it, and the prefix of its files' names."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from ims_ingest.handlers.pulling import Unreachable
from ims_ingest.settings import Pull
from ims_ingest.store.pulls import Listed

PIECE_BYTES = 1 << 20


@contextlib.contextmanager
def reached() -> Iterator[None]:
    """What the library says, in our words: the kind of error, for its details quote whole requests."""
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        raise Unreachable(f"{type(error).__name__}: the bucket cannot be read; look at its name, endpoint and keys") from None


class Bucket:
    """The bucket, asked anew each time: it has no connection to keep."""

    is_atomic = True

    def __init__(self, pull: Pull) -> None:
        url = urlsplit(pull.url)
        self.prefix = url.path.strip("/")
        with reached():
            self.store: Any = S3Store(
                url.netloc,
                endpoint=pull.endpoint,
                region=pull.region,
                access_key_id=pull.secret(pull.access_key_env),
                secret_access_key=pull.secret(pull.secret_key_env),
                virtual_hosted_style_request=False,
                client_options={"allow_http": (pull.endpoint or "").startswith("http://"), "timeout": "60s"},
                retry_config={"max_retries": 2},
            )

    async def listed(self) -> list[Listed]:
        with reached():
            return [
                Listed(each["path"], each["size"], each["last_modified"].isoformat())
                async for batch in obstore.list(self.store, self.prefix or None)
                for each in batch
                if each["size"]
            ]

    async def pieces(self, name: str) -> AsyncIterator[bytes]:
        with reached():
            found = await obstore.get_async(self.store, name)
            async for piece in found.stream(min_chunk_size=PIECE_BYTES):
                yield bytes(piece)
