"""Where a running system is reached: by the commands that feed it, look at it and check it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Addresses:
    """A running system. Tokens and secrets are those of this stack, made when it was first started."""

    kafka: str
    http: dict[str, str]
    """Base address of each service."""
    databases: dict[str, str]
    """Each service's own database, as its own role."""
    token: str
    """The bearer token of the stack's own publisher."""
    pay_secret: str
    """The signing secret of GOV.UK Pay webhooks."""
    topic_prefix: str = ""
