"""What every message is: a fact, told once, about one thing, in one council."""

from hashlib import sha1
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# A hundred billion pounds: what no council's day can hold, and far inside a bigint, so that no sum overflows in a database.
PENCE_MAX = 10_000_000_000_000

Pence = Annotated[int, Field(strict=True, ge=-PENCE_MAX, le=PENCE_MAX)]
"""An amount of money in whole pence, of either sign."""

PositivePence = Annotated[int, Field(strict=True, gt=0, le=PENCE_MAX)]
"""An amount of money in whole pence, above nothing."""

Council = Annotated[str, StringConstraints(pattern=r"^[EWSN][0-9]{8}$")]
"""The council (the tenant) by its ONS code, such as E08000016."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""A short word of a list that may grow; the known values are written beside the field."""

Reference = Annotated[str, StringConstraints(min_length=1, max_length=140)]
"""An identifier as its owner writes it."""

Words = Annotated[str, StringConstraints(max_length=500)]
"""Free text; never a card number (the door takes those out before anything is written)."""

# A model's slots, to be written without the checks of setattr.
put_fields, put_said, put_extra, put_private = (
    BaseModel.__dict__[slot].__set__
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)


class Value(BaseModel):
    """A part of a message. Readers ignore fields they do not know."""

    model_config = ConfigDict(extra="ignore", frozen=True, use_attribute_docstrings=True)

    @classmethod
    def of_valid(cls, said: dict[str, Any]) -> Self:
        """Made of what has been validated already, every field of it, without looking again: five times as fast as the check, for
        a message that is made of another. `said` is not to be changed afterwards."""
        made = cls.__new__(cls)
        put_fields(made, said)
        put_said(made, set(said))
        put_extra(made, None)
        put_private(made, None)
        return made


class Message(Value):
    """A fact (or, on the inbound topic, a submission). Its class says where it is told and what makes it one."""

    type: ClassVar[str]
    topic: ClassVar[str]
    keyed_by: ClassVar[str]
    """The field whose value is the message's key: the thing that the fact is about."""
    one_per: ClassVar[tuple[str, ...]]
    """The fields that together make the fact one: a second message that agrees in them is the same fact told again."""

    council: Council

    @property
    def key(self) -> str:
        """The council, and the thing that the fact is about."""
        return f"{self.council}/{self.__dict__[self.keyed_by]}"

    @property
    def event_id(self) -> str:
        """The CloudEvents id: derived from what the fact is about, so that telling it again is the same message.
        A hash, because it travels in headers and logs, where no account and no payer may be read."""
        said = self.__dict__
        parts = [self.type, self.council, *[str(said[field]) for field in self.one_per]]
        return sha1("\x1f".join(parts).encode(), usedforsecurity=False).hexdigest()
