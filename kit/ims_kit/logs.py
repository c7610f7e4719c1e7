"""Logs as lines of JSON: what happened, to which ids; never a payer's data."""

import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

LIBRARIES = ("aiohttp", "aiokafka", "asyncio", "faststream", "sqlalchemy", "alembic", "uvicorn", "httpx")


def configure(service: str, level: str) -> None:
    """Send all logging of this process, ours and the libraries', to standard output."""

    def name_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_service,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()])
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # A library's words may quote what it was given: only its errors, and the broker's absence is ours to tell.
    for library in LIBRARIES:
        logging.getLogger(library).setLevel(logging.ERROR)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
