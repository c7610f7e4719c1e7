"""A council's templates of e-returns: the lines of each establishment's form, as reference data that a finance officer owns."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ims_contracts.message import Council
from ims_ingest.domain.ereturns import AccountReference, Description, Entry, EReturn, Fund, Name
from ims_ingest.domain.paying_in import ReferenceRule, TemplateRow

WORDS = {
    "reference-missing": "the reference is missing",
    "reference-length": "the reference is not as long as the council's are",
    "only-digits": "the reference has something else than digits",
    "only-digits-and-asterisks": "the reference has something else than digits and asterisks",
    "only-digits-and-letters": "the reference has something else than digits and capital letters",
    "wildcards-may-not-change": "the reference has * or ?, and may not be changed",
    "reference-may-not-change": "the reference is the template's, and may not be changed",
    "mask-mismatch": "the reference is not as the template has it",
    "reference-too-short": "the reference is too short",
    "reference-too-long": "the reference is too long",
    "description-missing": "the description is missing",
    "description-may-not-change": "the description is the template's, and may not be changed",
    "vat-code-missing": "the VAT code is missing",
}


class Said(BaseModel):
    """What a finance officer writes: a key that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Row(Said):
    """A line of a form."""

    name: Name
    """By which a line of an e-return names it."""
    description: Description
    fund: Fund
    reference: AccountReference
    vat_code: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    may_change: list[Literal["reference", "description"]] = []
    """What may be entered otherwise. Of a reference only its `*` (a digit each) and `?` (a digit or a capital letter each)."""

    @property
    def rules(self) -> TemplateRow:
        changing = ("reference" in self.may_change, "description" in self.may_change)
        return TemplateRow(self.reference, self.description, self.vat_code, *changing)


class Template(Said):
    """The form of an establishment, such as a leisure centre's."""

    name: Name
    description: Description
    takes: list[Literal["cash", "cheque"]] = ["cash", "cheque"]
    rows: list[Row] = Field(min_length=1, max_length=500)

    def row(self, name: str) -> Row | None:
        return next((row for row in self.rows if row.name == name), None)


class References(Said):
    """Where all references of a council's templates are alike: how many characters, and whether digits only."""

    length: int | None = Field(default=None, ge=1, le=50)
    only_digits: bool = False


class Templates(Said):
    """All templates of a council."""

    council: Council
    version: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    references: References = References()
    templates: list[Template]

    @model_validator(mode="after")
    def hold_together(self) -> Self:
        have_names_of_their_own("templates", self.templates)
        rule = ReferenceRule(self.references.length, self.references.only_digits)
        for template in self.templates:
            have_names_of_their_own(f"rows of {template.name}", template.rows)
            for row in template.rows:
                if wrong := row.rules.fault(rule):
                    raise ValueError(f"{template.name}, {row.name}: {WORDS[wrong]}")
        return self

    def template(self, name: str) -> Template | None:
        return next((each for each in self.templates if each.name == name), None)


def have_names_of_their_own(what: str, things: Sequence[Row | Template]) -> None:
    if len({each.name for each in things}) < len(things):
        raise ValueError(f"two {what} have one name")


def filled(ereturn: EReturn, template: Template) -> EReturn:
    """The e-return with what its lines and cheques leave out, as the template's rows have it. It is kept so: what a template says
    later changes nothing of what was submitted."""
    return ereturn.model_copy(
        update={
            "lines": [filled_entry(each, template) for each in ereturn.lines],
            "cheques": [filled_entry(each, template) for each in ereturn.cheques],
        }
    )


def filled_entry[Kind: Entry](entry: Kind, template: Template) -> Kind:
    row = template.row(entry.row)
    if row is None:
        return entry
    reference = entry.reference or ("" if "reference" in row.may_change else row.reference)
    return entry.model_copy(
        update={"fund": entry.fund or row.fund, "reference": reference, "description": entry.description or row.description}
    )


def faults_by_template(ereturn: EReturn, template: Template) -> list[str]:
    """What an e-return that is filled may not say, line by line; nothing that was entered is repeated."""
    found = []
    for kind, amount_pence in (("cash", ereturn.cash_pence), ("cheque", ereturn.cheques_pence)):
        if amount_pence and kind not in template.takes:
            found.append(f"{kind}: the template {template.name} takes none")
    for kind, entries in (("lines", ereturn.lines), ("cheques", ereturn.cheques)):
        for number, entry in enumerate(entries, 1):
            found += [f"{kind} {number}: {wrong}" for wrong in faults_of(entry, template)]
    return found


def faults_of(entry: Entry, template: Template) -> Iterator[str]:
    row = template.row(entry.row)
    if row is None:
        yield f"the template {template.name} has no such row; its rows are {', '.join(each.name for each in template.rows[:20])}"
        return
    if entry.fund != row.fund:
        yield f"the fund of {row.name} is {row.fund}"
    if wrong := row.rules.reference_fault(entry.reference):
        reason, at = wrong
        yield f"{WORDS[reason]}: it is {row.reference}" + (f", and character {at} is another" if at else "")
    if reason_of_words := row.rules.description_fault(entry.description):
        yield WORDS[reason_of_words]
