"""By what else than e-mail a person can be written to: a mobile telephone, a postal address; only where their council does so."""

import re
from typing import NamedTuple

from ims_contracts.accounts import Holder

MOBILE = re.compile(r"(?:\+44|0044|0)(7\d{9})")
MOBILE_SPACING = re.compile(r"[\s().-]")
POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}")
# GOV.UK Notify: at least three lines, at most seven, and the last is the postcode.
ADDRESS_LINES_MIN, ADDRESS_LINES_MAX = 3, 7


class Reach(NamedTuple):
    """Which councils write by text message, and which by letter. Of all others no telephone or address is kept."""

    texted: frozenset[str] = frozenset()
    lettered: frozenset[str] = frozenset()


NOWHERE = Reach()


def mobile(text: str | None) -> str | None:
    """A UK mobile number as 07…, or none: a text abroad costs more than a receipt is worth, and a landline takes none."""
    found = MOBILE.fullmatch(MOBILE_SPACING.sub("", text or ""))
    return f"0{found[1]}" if found else None


def postal(holder: Holder) -> str | None:
    """A name and address as lines, the postcode last; none where a letter would not arrive."""
    postcode = " ".join((holder.postcode or "").upper().split())
    told = [holder.name or "", *re.split(r"[\n,]", holder.address or "")]
    lines = [line for line in (" ".join(each.split()) for each in told) if line and line.upper() != postcode]
    if not holder.name or not POSTCODE.fullmatch(postcode) or len(lines) + 1 < ADDRESS_LINES_MIN:
        return None
    most = ADDRESS_LINES_MAX - 1
    return "\n".join([*lines[: most - 1], ", ".join(lines[most - 1 :]), postcode] if len(lines) > most else [*lines, postcode])
