"""Who holds a bearer token (RFC 6750), of those whose tokens' SHA-256 a service's settings have."""

import hashlib
import hmac
from collections.abc import Mapping


def holder(authorization: str | None, sha256_of: Mapping[str, str]) -> str | None:
    """The name of whoever's token the header `Authorization` shows. Every token is compared, so that the time taken tells nothing."""
    scheme, _, token = (authorization or "").partition(" ")
    digest, found = hashlib.sha256(token.strip().encode()).hexdigest(), None
    for name, sha256 in sha256_of.items():
        if hmac.compare_digest(sha256, digest):
            found = name
    return found if scheme.lower() == "bearer" else None
