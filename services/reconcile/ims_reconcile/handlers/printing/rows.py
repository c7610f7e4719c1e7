"""A document as rows for a spreadsheet (CSV) and for analysis (Parquet), amounts in pence."""

import csv
import io
from typing import Any

from arro3.core import Array, DataType, Table
from arro3.io import write_parquet

from ims_reconcile.handlers.printing.document import Document


def csv_of(document: Document) -> str:
    """Each figure with its section, row and name; of a single section, its rows as they are."""
    out = io.StringIO()
    writer = csv.writer(out)
    if len(document.sections) == 1:
        rows = document.sections[0].rows
        writer.writerow([*document.about, *(rows[0] if rows else ())])
        writer.writerows([*document.about.values(), *map(harmless, row.values())] for row in rows)
    else:
        writer.writerow([*document.about, "section", "row", "name", "value"])
        writer.writerows(
            [*document.about.values(), section, row, name, harmless(value)] for section, row, name, value in document.figures()
        )
    return out.getvalue()


def harmless(value: Any) -> Any:
    """No text that a spreadsheet would take for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def parquet_of(document: Document) -> bytes:
    """The same figures: `value` as text, and of amounts `pence` as a whole number, to be summed."""
    figures = list(document.figures())
    columns: dict[str, tuple[list[Any], DataType]] = {
        **{name: ([value] * len(figures), DataType.string()) for name, value in document.about.items()},
        "section": ([section for section, *_ in figures], DataType.string()),
        "row": ([row for _, row, *_ in figures], DataType.int64()),
        "name": ([name for *_, name, _ in figures], DataType.string()),
        "value": ([None if value is None else str(value) for *_, value in figures], DataType.string()),
        "pence": ([value if name.endswith("pence") else None for *_, name, value in figures], DataType.int64()),
    }
    out = io.BytesIO()
    write_parquet(
        Table.from_pydict({name: Array(values, type=kind) for name, (values, kind) in columns.items()}), out, compression="zstd(3)"
    )
    return out.getvalue()
