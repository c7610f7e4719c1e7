"""What a person may set for the embedded stack, as environment variables that begin with IMS_."""

from pathlib import Path

from platformdirs import user_cache_path
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

COUNCIL = "E07999999"
"""The fictional council of the samples and of what is generated: Anytown."""


class LocalSettings(BaseSettings):
    """Where the stack keeps its things, and servers given instead of its own."""

    model_config = SettingsConfigDict(env_prefix="IMS_", frozen=True)

    home: Path = Field(default=Path(".ims"), description="The folder of one stack: its data, logs, mail and state")
    cache: Path = Field(
        default_factory=lambda: user_cache_path("ims"), description="Downloads that every stack of this user shares"
    )
    kafka_bootstrap: str | None = Field(default=None, description="A Kafka to use instead of starting one: host:port")
    postgres_url: SecretStr | None = Field(
        default=None, description="A PostgreSQL to use instead of starting one, as a role that may create others"
    )
    kafka_heap: str = Field(default="512m", pattern=r"^\d+[mMgG]$", description="Memory for Kafka's Java heap")
