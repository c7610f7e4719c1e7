"""A control sheet as a page that prints, and as rows for a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from html import escape
from typing import Any

from ims_reconcile.domain.control_sheet import Sheet

SECTIONS = {
    "statement": "Bank statement",
    "lines": "Bank lines",
    "received": "Received, by source and method of payment",
    "settled": "Settled, by source",
    "movement": "Unsettled: from the day closed before to this",
    "unsettled": "Unsettled, by source and age in working days",
    "breaks": "Breaks and differences",
    "late": "Late items of days that are closed",
    "sums": "Sums that must hold",
    "sign_off": "Sign-off",
}
STYLE = """body { font-family: sans-serif; margin: 2rem; } table { border-collapse: collapse; margin-bottom: 1.5rem; }
th, td { border: 1px solid; padding: 0.25rem 0.5rem; text-align: left; } td.number { text-align: right; }
@media print { body { margin: 0; } table { page-break-inside: avoid; } }"""


def page_of(sheet: Sheet) -> str:
    """HTML: a table a section, amounts in pounds; no scripts."""
    title = f"Control sheet of {escape(sheet['bank_account'])}, {escape(sheet['day'])}"
    tables = "".join(table(name, sheet[name]) for name in SECTIONS)
    return (
        f'<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style></head>'
        f"<body><h1>{title}</h1><p>Council {escape(sheet['council'])}. It counts all that no closed day has counted; the day closed "
        f"before is {escape(sheet['closed_before'] or 'none')}.</p>{tables}</body></html>"
    )


def table(name: str, rows: list[dict[str, Any]]) -> str:
    """A section; of one row, a line for each of its figures."""
    heading = f"<h2>{escape(SECTIONS[name])}</h2>"
    if not rows:
        return f"{heading}<p>None.</p>"
    if name in ("statement", "movement", "sign_off"):
        lines = "".join(f'<tr><th scope="row">{escape(words(key))}</th>{cell(key, value)}</tr>' for key, value in rows[0].items())
        return f"{heading}<table>{lines}</table>"
    head = "".join(f'<th scope="col">{escape(words(key))}</th>' for key in rows[0])
    body = "".join(f"<tr>{''.join(cell(key, value) for key, value in row.items())}</tr>" for row in rows)
    return f"{heading}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def words(key: str) -> str:
    """A column's name, for a person."""
    return key.removesuffix("_pence").removeprefix("is_").replace("_", " ").capitalize()


def cell(key: str, value: Any) -> str:
    if value is not None and key.endswith("pence"):
        return f'<td class="number">{pounds(value)}</td>'
    if isinstance(value, bool):
        return f"<td>{'yes' if value else 'no'}</td>"
    kind = ' class="number"' if isinstance(value, int) else ""
    return f"<td{kind}>{escape(str(value)) if value is not None else ''}</td>"


def pounds(pence: int) -> str:
    """As a person writes it, such as -£1,234.56."""
    return f"{'-' if pence < 0 else ''}£{abs(pence) // 100:,}.{abs(pence) % 100:02d}"


def rows_of(sheet: Sheet) -> str:
    """CSV: each figure with its section, row and name; amounts in pence."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["council", "bank_account", "day", "section", "row", "name", "value"])
    for line in figures(sheet):
        writer.writerow([sheet["council"], sheet["bank_account"], sheet["day"], *line])
    return out.getvalue()


def figures(sheet: Sheet) -> Iterator[tuple[str, int, str, Any]]:
    for section in SECTIONS:
        for number, row in enumerate(sheet[section], 1):
            yield from ((section, number, name, harmless(value)) for name, value in row.items())


def harmless(value: Any) -> Any:
    """No text that a spreadsheet would take for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
