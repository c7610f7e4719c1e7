"""One version of a council's pack, over all days: made of what is written, or refused with every fault and its line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pydantic import ValidationError

from ims_allocation.domain.editions.checking import check
from ims_allocation.domain.editions.officer_rules import OfficerRules
from ims_allocation.domain.editions.reading import PackFault, Path, Text, read
from ims_allocation.domain.editions.tables import Tables
from ims_allocation.domain.editions.written import WrittenPack
from ims_allocation.domain.packs import Pack, pack
from ims_allocation.domain.references import References

WRONG = {
    "extra_forbidden": "is not known here. Mend its name, or take it out.",
    "missing": "is missing",
    "string_type": "must be text. Put it in quotes.",
    "int_type": "must be a whole number, without quotes",
    "bool_type": "must be true or false",
    "date_from_datetime_parsing": "must be a date, as 2026-04-01",
}
UNWRITTEN = {"from_on", "until_on", "vat_may_differ", "ledger_code"}
"""What of a fund the pack does not need to place a payment: it is in the tables."""
PLACING = {"council", "version", "channels", "settlement_sources", "approvals", "waits", "credit_note_funds", "words", "evidence"}
"""What it needs besides funds."""


@dataclass(frozen=True)
class Edition:
    """A version of a pack, as it is written and as it is used."""

    written: WrittenPack
    said: dict[str, Any]
    """What is written, in words that JSON has: what is kept, and compared with other versions."""
    pack: Pack
    views: dict[frozenset[str], Pack] = field(default_factory=dict)

    @property
    def council(self) -> str:
        return self.written.council

    @property
    def version(self) -> str:
        return self.written.version

    def on(self, day: date) -> Pack:
        """The pack on a posting day. A fund that is closed, or not open yet, reads no reference and takes no payment; what was put on it
        stays there, so it is still known."""
        is_open = frozenset(code for code, fund in self.written.funds.items() if fund.holds(day))
        if is_open not in self.views:
            schemes = [s for of_length in self.pack.references.by_length.values() for s in of_length if s.fund in is_open]
            rules = {code: rule for code, rule in self.pack.rules.items() if code in is_open}
            self.views[is_open] = replace(self.pack, references=References(schemes), rules=rules)
        return self.views[is_open]


def edition_of(files: Mapping[str, str]) -> Edition:
    """The version that is written in these files, by name. Raises PackFault with every reason why it cannot be used, and where."""
    text = read(files)
    written = proved(text)
    if faults := [f"{text.place(path)} {what}" for path, what in check(written)]:
        raise PackFault(faults)
    return Edition(written, text.said, made(written))


def of_content(content: str) -> Edition:
    """A version as it was kept."""
    return edition_of({"the pack": content})


def proved(text: Text) -> WrittenPack:
    """The pack, each field by itself. Dates are text there as here, so it is read as JSON is."""
    try:
        return WrittenPack.model_validate_json(json.dumps(text.said))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise PackFault(f"{text.place(way(each['loc']))} {WRONG.get(each['type'], each['msg'])}" for each in faults) from None


def way(loc: tuple[int | str, ...]) -> Path:
    """The path of a fault; pydantic marks a fault in a mapping's name itself."""
    return tuple(each for each in loc if each != "[key]")


def made(written: WrittenPack) -> Pack:
    """The pack as payments are placed by it."""
    said = written.model_dump(exclude_unset=True, include=PLACING)
    funds = {code: fund.model_dump(exclude_unset=True, exclude=UNWRITTEN) for code, fund in written.funds.items()}
    tables = Tables(
        funds=written.funds,
        methods=written.methods_of_payment,
        vat=written.vat,
        offices=written.offices,
        tariffs=written.tariffs,
        rules=OfficerRules(written.rules, written.version),
        credit_note_funds=frozenset(written.credit_note_funds),
    )
    return replace(pack(said | {"funds": funds}), tables=tables)
