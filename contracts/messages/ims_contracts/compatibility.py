"""What may change in a message's schema within its major version: words, and new optional fields; anything else breaks someone."""

from collections.abc import Iterator
from typing import Any

# A reader of the old release must read what a new teller tells, and a new reader what was told years ago. So tighter is breaking
# (old messages are refused), and looser is breaking too (old readers refuse new messages): both are a new version of the type.

Schema = dict[str, Any]

# Words for people; they bind nobody.
WORDS = {"$schema", "$id", "title", "description", "examples"}
# Compared by following them, not by their text: a part that is renamed and otherwise the same changes no message.
ALTERNATIVES = {"anyOf", "oneOf", "allOf", "prefixItems"}
HELD = {"items", "additionalProperties"}
FOLLOWED = ALTERNATIVES | HELD | {"$ref", "$defs", "properties", "required", "enum", "x-open-enum"}


def breaking(old: dict[str, Schema], new: dict[str, Schema]) -> list[str]:
    """Every way in which the new schemas (by message type) break who relies on the old ones; none: the change is allowed."""
    gone = [f"{type}: the message is gone" for type in old if type not in new]
    return gone + [f"{type}{fault}" for type in old if type in new for fault in _Comparison(old[type], new[type]).faults()]


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self.old = old
        self.new = new

    def faults(self) -> Iterator[str]:
        return self._compare(self.old, self.new, "")

    def _compare(self, old: Schema, new: Schema, at: str) -> Iterator[str]:
        old, new = _followed(old, self.old), _followed(new, self.new)
        for rule in sorted((old.keys() | new.keys()) - WORDS - FOLLOWED):
            if old.get(rule) != new.get(rule):
                yield f"{at}: {rule} was {old.get(rule)!r} and is {new.get(rule)!r}"
        yield from _enumerations(old, new, at)
        yield from self._fields(old, new, at)
        for rule in sorted(ALTERNATIVES):
            yield from self._alternatives(old.get(rule, []), new.get(rule, []), at)
        for rule in sorted(HELD):
            # Nothing said of what it holds is the schema `true`, which allows everything.
            before, after = old.get(rule, True), new.get(rule, True)
            if isinstance(before, dict) and isinstance(after, dict):
                yield from self._compare(before, after, f"{at}[]")
            elif before != after:
                yield f"{at}: {rule} was {before!r} and is {after!r}"

    def _fields(self, old: Schema, new: Schema, at: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        required_before, required_after = set(old.get("required", [])), set(new.get("required", []))
        for name in sorted(before.keys() - after.keys()):
            yield f"{at}.{name}: the field is gone"
        for name in sorted(after.keys() - before.keys()):
            if name in required_after:
                yield f"{at}.{name}: the field is new and required"
        for name in sorted(before.keys() & after.keys()):
            if (name in required_before) != (name in required_after):
                yield f"{at}.{name}: the field {'was' if name in required_before else 'is now'} required"
            yield from self._compare(before[name], after[name], f"{at}.{name}")

    def _alternatives(self, old: list[Schema], new: list[Schema], at: str) -> Iterator[str]:
        if len(old) != len(new):
            yield f"{at}: had {len(old)} alternatives and has {len(new)}"
            return
        for before, after in zip(old, new, strict=True):
            yield from self._compare(before, after, at)


def _enumerations(old: Schema, new: Schema, at: str) -> Iterator[str]:
    if ("enum" in old) != ("enum" in new):
        yield f"{at}: the list of its values was written down, or no longer is"
        return
    if old.get("x-open-enum") != new.get("x-open-enum"):
        yield f"{at}: whether the list is open was {old.get('x-open-enum')} and is {new.get('x-open-enum')}"
    for value in old.get("enum", []):
        if value not in new["enum"]:
            yield f"{at}: the value {value!r} is gone"
    for value in new.get("enum", []):
        # Readers of an open list were told to expect values they do not know.
        if value not in old["enum"] and not old.get("x-open-enum"):
            yield f"{at}: the value {value!r} is new"


def _followed(schema: Schema, document: Schema) -> Schema:
    """The schema with the part it refers to in place of the reference."""
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].removeprefix("#/$defs/")
    return {**document["$defs"][name], **{rule: value for rule, value in schema.items() if rule != "$ref"}}
