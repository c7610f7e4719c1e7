"""A document as a page that prints: no scripts, nothing fetched."""

from html import escape

from ims_reconcile.handlers.printing.document import Document, Section, is_number, said, words

POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
STYLE = """body { font-family: sans-serif; margin: 2rem; } table { border-collapse: collapse; margin-bottom: 1.5rem; }
th, td { border: 1px solid; padding: 0.25rem 0.5rem; text-align: left; } td.number { text-align: right; } svg { max-width: 100%; }
@media print { body { margin: 0; } table { page-break-inside: avoid; } }"""


def page_of(document: Document) -> str:
    """HTML: a table a section, amounts in pounds."""
    title, tables = escape(document.title), "".join(table(section) for section in document.sections)
    return (
        f'<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style></head>'
        f"<body><h1>{title}</h1><p>{escape(document.note)}</p>{tables}</body></html>"
    )


def table(section: Section) -> str:
    """A section; of a record, a line for each of its figures."""
    heading, rows = f'<h2 id="{section.name}">{escape(section.heading)}</h2>{section.drawing}', section.rows
    begin = f'{heading}<table aria-labelledby="{section.name}">'
    if not rows:
        return f"{heading}<p>None.</p>"
    if section.is_record:
        lines = "".join(f'<tr><th scope="row">{escape(words(key))}</th>{cell(key, value)}</tr>' for key, value in rows[0].items())
        return f"{begin}{lines}</table>"
    head = "".join(f'<th scope="col">{escape(words(key))}</th>' for key in rows[0])
    body = "".join(f"<tr>{''.join(cell(key, value) for key, value in row.items())}</tr>" for row in rows)
    return f"{begin}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def cell(key: str, value: object) -> str:
    kind = ' class="number"' if is_number(value) else ""
    return f"<td{kind}>{escape(said(key, value))}</td>"
