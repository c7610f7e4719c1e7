"""Within its major version a message may gain optional fields and better words; everything else breaks a reader."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts import MESSAGES
from ims_contracts.compatibility import breaking
from ims_contracts.documents import json_schema

Schema = dict[str, Any]
Change = Callable[[Schema], object]

LEDGER: Schema = {
    "title": "Thing",
    "description": "A thing came.",
    "type": "object",
    "$defs": {
        "Part": {"type": "object", "properties": {"fund": {"type": "string", "maxLength": 64}}, "required": ["fund"]},
        "Twin": {"type": "object", "properties": {"fund": {"type": "string", "maxLength": 64}}, "required": ["fund"]},
    },
    "properties": {
        "thing_id": {"type": "string", "format": "uuid"},
        "council": {"type": "string", "pattern": r"^[EWSN]\d{8}$"},
        "amount_pence": {"type": "integer", "exclusiveMinimum": 0, "maximum": 100},
        "paid_on": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}], "default": None},
        "vat_code": {"type": "string", "default": "O"},
        "state": {"enum": ["open", "closed"]},
        "kind": {"enum": ["cash", "card"], "x-open-enum": True},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}, "maxItems": 5},
        "first": {"anyOf": [{"$ref": "#/$defs/Part"}, {"type": "null"}], "default": None},
        "by_fund": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Part"}},
    },
    "required": ["thing_id", "council", "amount_pence", "parts"],
    "x-topic": "ims.things.v1",
    "x-key": "thing_id",
    "x-one-per": ["council", "thing_id"],
}


def field(name: str, **rules: Any) -> Change:
    return lambda schema: schema["properties"].__setitem__(name, {**schema["properties"].get(name, {}), **rules})


def replaced(name: str, schema: Schema) -> Change:
    return lambda whole: whole["properties"].__setitem__(name, schema)


def part(**changes: Any) -> Change:
    return lambda schema: schema["$defs"]["Part"].update(changes)


def renamed(schema: Schema) -> None:
    schema["properties"]["amount_pennies"] = schema["properties"].pop("amount_pence")


def _new_required(schema: Schema) -> None:
    schema["properties"]["fund"] = {"type": "string"}
    schema["required"].append("fund")


def _part_renamed(schema: Schema) -> None:
    schema["$defs"]["Share"] = schema["$defs"].pop("Part")
    for place in (schema["properties"]["parts"]["items"], schema["properties"]["first"]["anyOf"][0]):
        place["$ref"] = "#/$defs/Share"
    schema["properties"]["by_fund"]["additionalProperties"]["$ref"] = "#/$defs/Share"


def _as_it_was(_: Schema) -> None: ...


FUND = {"type": "string", "maxLength": 64}

ALLOWED: dict[str, Change] = {
    "nothing": _as_it_was,
    "an optional field": field("narrative", type="string", default=""),
    "an optional field that may be null": field("fund", anyOf=[FUND, {"type": "null"}], default=None),
    "an optional field of a part": part(properties={"fund": FUND, "vat_code": {"type": "string", "default": "O"}}),
    "other words about the message": lambda schema: schema.update(description="A thing is known of.", title="ThingReceived"),
    "other words about a field": field("amount_pence", description="In whole pence."),
    "a part is renamed": _part_renamed,
    "the same part by another name": field("parts", items={"$ref": "#/$defs/Twin"}),
    "the order of the fields": lambda schema: schema.update(properties=dict(reversed(schema["properties"].items()))),
    "the order of what is required": lambda schema: schema["required"].reverse(),
    "a new value of an open list": field("kind", enum=["cash", "card", "cheque"]),
}

BREAKING: dict[str, tuple[Change, list[str]]] = {
    "a field is gone": (lambda schema: schema["properties"].pop("vat_code"), [".vat_code: the field is gone"]),
    "a required field is renamed": (renamed, [".amount_pence: the field is gone"]),
    "a new field is required": (_new_required, [".fund: the field is new and required"]),
    "an optional field is required": (lambda schema: schema["required"].append("vat_code"), [".vat_code: the field is now required"]),
    "a required field is optional": (lambda schema: schema["required"].remove("parts"), [".parts: the field was required"]),
    "pence become pounds": (
        replaced("amount_pence", {"type": "number", "exclusiveMinimum": 0, "maximum": 100}),
        [".amount_pence: type was 'integer' and is 'number'"],
    ),
    "a string becomes a date": (field("vat_code", format="date"), [".vat_code: format was None and is 'date'"]),
    "a smaller maximum": (field("amount_pence", maximum=99), [".amount_pence: maximum was 100 and is 99"]),
    "a larger maximum": (field("amount_pence", maximum=101), [".amount_pence: maximum was 100 and is 101"]),
    "zero is a sum of money": (
        replaced("amount_pence", {"type": "integer", "minimum": 0, "maximum": 100}),
        [".amount_pence: exclusiveMinimum was 0 and is None", ".amount_pence: minimum was None and is 0"],
    ),
    "a pattern": (field("council", pattern="^E.*$"), [r".council: pattern was '^[EWSN]\\d{8}$' and is '^E.*$'"]),
    "a new bound": (field("vat_code", maxLength=2), [".vat_code: maxLength was None and is 2"]),
    "a shorter list": (field("parts", maxItems=4), [".parts: maxItems was 5 and is 4"]),
    "a default": (field("vat_code", default="S"), [".vat_code: default was 'O' and is 'S'"]),
    "no null any more": (field("paid_on", anyOf=[{"type": "string", "format": "date"}]), [".paid_on: had 2 alternatives and has 1"]),
    "null as well": (
        replaced("vat_code", {"anyOf": [{"type": "string"}, {"type": "null"}], "default": "O"}),
        [".vat_code: type was 'string' and is None", ".vat_code: had 0 alternatives and has 2"],
    ),
    "a value of a closed list is gone": (field("state", enum=["open"]), [".state: the value 'closed' is gone"]),
    "a value of an open list is gone": (field("kind", enum=["cash"]), [".kind: the value 'card' is gone"]),
    "a new value of a closed list": (field("state", enum=["open", "closed", "lost"]), [".state: the value 'lost' is new"]),
    "a list becomes free": (replaced("state", {}), [".state: the list of its values was written down, or no longer is"]),
    "an open list is closed": (replaced("kind", {"enum": ["cash", "card"]}), [".kind: whether the list is open was True and is None"]),
    "a field of a part is gone": (
        part(properties={}),
        [".by_fund[].fund: the field is gone", ".first.fund: the field is gone", ".parts[].fund: the field is gone"],
    ),
    "a list of other things": (field("parts", items={"type": "string"}), [".parts[].fund: the field is gone"]),
    "no word on what a list holds": (
        replaced("parts", {"type": "array", "maxItems": 5}),
        [".parts: items was {'$ref': '#/$defs/Part'} and is True"],
    ),
    "told elsewhere": (
        lambda schema: schema.update({"x-topic": "ims.others.v1"}),
        [": x-topic was 'ims.things.v1' and is 'ims.others.v1'"],
    ),
    "another key": (lambda schema: schema.update({"x-key": "council"}), [": x-key was 'thing_id' and is 'council'"]),
    "another identity": (
        lambda schema: schema.update({"x-one-per": ["council"]}),
        [": x-one-per was ['council', 'thing_id'] and is ['council']"],
    ),
}


def changed(change: Change) -> list[str]:
    new = copy.deepcopy(LEDGER)
    change(new)
    return breaking({"thing": LEDGER}, {"thing": new})


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED)
def test_a_change_that_breaks_nobody_is_allowed(change: Change) -> None:
    assert changed(change) == []


@pytest.mark.parametrize(("change", "faults"), BREAKING.values(), ids=BREAKING)
def test_a_change_that_breaks_a_reader_is_named(change: Change, faults: list[str]) -> None:
    found = changed(change)

    assert [fault for fault in faults if f"thing{fault}" not in found] == [], found


def test_a_message_may_come_but_not_go() -> None:
    assert breaking({}, {"thing": LEDGER}) == []
    assert breaking({"thing": LEDGER}, {}) == ["thing: the message is gone"]


@given(st.sampled_from(sorted(MESSAGES)), st.data())
def test_no_field_of_a_real_message_can_be_taken_away(type: str, data: st.DataObject) -> None:
    released = json_schema(MESSAGES[type])
    taken = copy.deepcopy(released)
    name = data.draw(st.sampled_from(sorted(released["properties"])))
    del taken["properties"][name]

    assert f"{type}.{name}: the field is gone" in breaking({type: released}, {type: taken})
