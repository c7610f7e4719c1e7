"""What is shown to people in one form or another: sections of rows, each figure with its name."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ims_reconcile.domain.wording import pounds

type Row = Mapping[str, Any]


class Section(NamedTuple):
    """Rows under a heading. A record is of one row, shown as a line for each of its figures."""

    name: str
    heading: str
    rows: Sequence[Row]
    is_record: bool = False
    drawing: str = ""
    """SVG of the same figures, whose text is escaped."""


class Document(NamedTuple):
    """A page. `about`: what it is of, in each row of an export, such as council, bank account and day."""

    title: str
    note: str
    about: Mapping[str, str]
    sections: Sequence[Section]

    @property
    def file_name(self) -> str:
        """Its title, as a file is called."""
        return "".join(each if each.isascii() and each.isalnum() else "-" for each in self.title.lower())

    def figures(self) -> Iterator[tuple[str, int, str, Any]]:
        """Section, row from 1, name and value of each figure."""
        for section in self.sections:
            for number, row in enumerate(section.rows, 1):
                yield from ((section.name, number, name, value) for name, value in row.items())


def words(key: str) -> str:
    """A column's name, for a person."""
    return "Amount" if key == "pence" else key.removesuffix("_pence").removeprefix("is_").replace("_", " ").capitalize()


def said(key: str, value: Any) -> str:
    """A figure, for a person: amounts in pounds."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return pounds(value) if key.endswith("pence") else str(value)


def is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
