"""The ways in which a record, or a whole service, cannot go on."""

import traceback

import asyncpg
from aiokafka.errors import (
    CorruptRecordException,
    GroupAuthorizationFailedError,
    KafkaError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
    UnsupportedCodecError,
)


class Refused(Exception):
    """This message can never be handled; the words say why, without a payer's data. It is set aside."""


class Stop(Exception):
    """The service must not go on by itself: someone has to look."""


class Fenced(Exception):
    """Another process has moved this partition on, or the poll did not begin where PostgreSQL stands."""


NEVER_BETTER = (
    CorruptRecordException,
    GroupAuthorizationFailedError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
    UnsupportedCodecError,
)
"""What the broker will answer for ever."""

# What the database refuses of a row is the record's fault. asyncpg has two classes called DataError: the server's, and
# the client's, which is an InterfaceError and a ValueError (a number beyond bigint, for instance).
OF_THE_RECORD = (
    ValueError,
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.RaiseError,
    asyncpg.ProgramLimitExceededError,
)
ACCIDENTS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, KafkaError, Fenced)


def is_accident(error: BaseException) -> bool:
    """Whether trying again later can help: the database or the broker is away, or someone was quicker."""
    return isinstance(error, ACCIDENTS) and not isinstance(error, OF_THE_RECORD)


def describe(error: BaseException) -> str:
    """What kind of error it is, and where in the code: never its words, which may quote a payer's data."""
    if isinstance(error, Refused | Stop):
        return str(error)
    words = type(error).__name__
    if isinstance(error, Fenced):
        return f"{words}: {error}"
    if isinstance(error, asyncpg.PostgresError):
        named = getattr(error, "constraint_name", None) or getattr(error, "table_name", None)
        words += f" {error.sqlstate}" + (f" ({named})" if named else "")
    frames = traceback.extract_tb(error.__traceback__)[-2:]
    places = " < ".join(f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno}" for frame in reversed(frames))
    return f"{words} at {places}" if places else words
