"""Whether a layout holds together: what in it does not go with the rest, each by its key."""

from collections.abc import Iterator, Sequence

from ims_ingest.formats.layout_model import FieldOf, Layout, SignOf, Where

TYPES = {"paid_on": ("date",), "amount": ("pence", "pounds")}
TEXTS = ("reference", "narrative", "channel", "method_of_payment", "fund")


def mistakes(layout: Layout) -> Iterator[str]:
    """Every mistake, as `key: what is wrong`."""
    for place, record in layout.records():
        if record.where is None and place != "detail":
            yield f"{place}.where: is missing; only the detail can be every other line"
        for name, field in record.fields.items():
            yield from mistakes_of_field(layout, f"{place}.fields.{name}", field)
            if isinstance(field.sign, SignOf) and field.sign.field not in record.fields:
                yield f"{place}.fields.{name}.sign.field: there is no field {field.sign.field} beside it"
    wheres = [(f"{place}.where", record.where) for place, record in layout.records() if record.where is not None]
    for place, where in [*wheres, *((f"ignore.{number}", each) for number, each in enumerate(layout.ignore))]:
        yield from mistakes_of_where(layout, place, where)
    yield from mistakes_of_names(layout)
    yield from mistakes_of_types(layout)


def mistakes_of_field(layout: Layout, key: str, field: FieldOf) -> Iterator[str]:
    if layout.kind == "fixed" and (field.start is None or field.length is None or field.column is not None):
        yield f"{key}: a field of a fixed layout has start and length, and no column"
    if layout.kind == "delimited" and (field.column is None or field.start is not None or field.length is not None):
        yield f"{key}: a field of a delimited layout has column, and neither start nor length"
    yield from mistakes_of_column(layout, key, field.column)


def mistakes_of_where(layout: Layout, key: str, where: Where) -> Iterator[str]:
    other = "column" if layout.kind == "fixed" else "at"
    if other in where.model_fields_set:
        yield f"{key}.{other}: is not for a {layout.kind} layout"
    yield from mistakes_of_column(layout, key, where.column)


def mistakes_of_column(layout: Layout, key: str, column: int | str | None) -> Iterator[str]:
    if isinstance(column, str) and not layout.named_columns:
        yield f"{key}.column: columns have no names here: give its number, or named_columns"
    if isinstance(column, int) and column < 1:
        yield f"{key}.column: columns are counted from 1"


def mistakes_of_names(layout: Layout) -> Iterator[str]:
    """Fields that are spoken of and are not there."""
    detail = set(layout.detail.fields)
    rows = detail | set(layout.header.fields if layout.header else ())
    said = [name for place, record in layout.records() if place != "detail" for name in record.fields]
    spoken: list[tuple[str, Sequence[str | None], set[str]]] = [("key", layout.key, rows), ("identity", layout.identity, rows)]
    spoken += [("business_on", [layout.business_on], rows)]
    if layout.negative is not None:
        spoken += [("negative.field", [layout.negative.field], detail), ("negative.undoes", layout.negative.undoes or [], rows)]
    for number, total in enumerate(layout.totals):
        spoken += [(f"totals.{number}.said", [total.said], set(said)), (f"totals.{number}.field", [total.field], detail)]
    for key, names, known in spoken:
        yield from (f"{key}: there is no field {name}" for name in names if name is not None and name not in known)
    yield from (f"two records that are no rows have a field {name}" for name in sorted(set(said)) if said.count(name) > 1)
    for name in ("amount", "channel", "method_of_payment"):
        if name not in (detail if name == "amount" else rows | set(layout.constants)):
            yield f"detail.fields.{name}: is missing" + ("" if name == "amount" else ", and so is constants." + name)


def mistakes_of_types(layout: Layout) -> Iterator[str]:
    """Fields that are of another type than what they are used for."""
    fields = (layout.header.fields if layout.header else {}) | layout.detail.fields
    wanted = {name: TYPES.get(name, ("text",)) for name in (*TYPES, *TEXTS)}
    if layout.business_on is not None:
        wanted[layout.business_on] = ("date",)
    wanted |= {total.field: ("integer",) for total in layout.totals if total.field is not None}
    for name, types in wanted.items():
        if name in fields and fields[name].type not in types:
            yield f"{name}: is {fields[name].type}, but has to be {' or '.join(types)}"
    said = {name: field for place, record in layout.records() if place != "detail" for name, field in record.fields.items()}
    for number, total in enumerate(layout.totals):
        types = ("pence", "pounds") if total.of == "value" else ("integer",)
        if total.said in said and said[total.said].type not in types:
            yield f"totals.{number}.said: {total.said} is {said[total.said].type}, but has to be {' or '.join(types)}"
