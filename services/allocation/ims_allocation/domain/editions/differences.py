"""What one version of a pack says otherwise than another, in words for whoever approves it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ims_allocation.domain.rounding import money

KINDS = {
    "funds": "fund", "methods_of_payment": "method of payment", "offices": "office", "channels": "channel", "rules": "rule",
    "codes": "code", "bands": "band",
}  # fmt: skip
NAMES = {"rules": ("name",), "bands": ("band", "from"), "registration_fees": ("from",), "rates": ("from",)}
"""What tells the items of a list apart."""


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Each item that is new, gone or otherwise, a line for each; `old` and `new` are the contents of two versions."""
    return list(compare("", {**old, "version": None}, {**new, "version": None}))


def dropped(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Funds that the later of two versions no longer knows, though payments may be on them."""
    return [
        f"fund {code} would be known no more, and payments may be on it: close it with `until` instead"
        for code in sorted(old["funds"].keys() - new["funds"].keys())
    ]


def compare(name: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    ours, theirs = by_name(name, old), by_name(name, new)
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        yield f"{name}: was {said(old, name)}, is {said(new, name)}"
        return
    for key in [*theirs, *(key for key in ours if key not in theirs)]:
        full = called(name, key)
        if key not in ours:
            yield f"{full} is new: {said(theirs[key], full)}"
        elif key not in theirs:
            yield f"{full} is gone; it was {said(ours[key], full)}"
        else:
            yield from compare(full, ours[key], theirs[key])


def by_name(name: str, value: Any) -> Any:
    """A list whose items have names, by their names."""
    fields = NAMES.get(name.rpartition(", ")[2])
    if not fields or not isinstance(value, list):
        return value
    return {" from ".join(str(each.get(field, "ever")) for field in fields): each for each in value}


def called(name: str, key: str) -> str:
    """The item as people would call it: `fund 05, masks`."""
    before, _, last = name.rpartition(", ")
    if last in KINDS:
        return f"{before}, {KINDS[last]} {key}" if before else f"{KINDS[last]} {key}"
    return f"{name}, {key}" if name else key


def said(value: Any, name: str) -> str:
    """A value as it is written; pence as people write pounds."""
    return money(value) if name.endswith("pence") and isinstance(value, int) else json.dumps(value, ensure_ascii=False)
