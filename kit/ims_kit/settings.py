"""What an operator may set of any service."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Read from the environment, names in capitals with `IMS_` before them. No secret has a default."""

    model_config = SettingsConfigDict(env_prefix="IMS_", frozen=True, extra="ignore")

    kafka_bootstrap: str
    """The brokers, as host:port, separated by commas."""
    database_url: SecretStr
    """This service's own database: postgresql://user:password@host:port/name. A direct connection: no transaction pooler."""
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=0, ge=0, le=65535)
    topic_prefix: str = ""
    """Put before every topic's name, where councils share a cluster."""
    records_max: int = Field(default=3000, ge=1, le=10_000)
    """How many records one transaction takes at most."""
    gather_seconds: float = Field(default=0.04, ge=0, le=5)
    """After a transaction of some records, but not as many as it may take, the next ones are left so long to gather: a transaction costs
    about the same for forty records as for four hundred. A few are not kept waiting: nobody is in a hurry but they."""
    refused_max: int = Field(default=100, ge=1)
    """So many records set aside in a row are a bad release, not bad records: the service stops."""
    stuck_seconds: float = Field(default=30, gt=0)
    """Behind, and no progress for so long: the service says that it is stuck."""
    told_days: int = Field(default=7, ge=1)
    """How long a fact told is kept to be told again: as long as its topic keeps it."""
    log_level: str = "info"
