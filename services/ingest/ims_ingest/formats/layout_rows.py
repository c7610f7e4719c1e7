"""A row made of what a layout's fields say, or the reason why there is none."""

from collections.abc import Callable, Mapping, Sequence

from ims_contracts.remittances import Fault
from ims_ingest.formats.layout_fields import Value
from ims_ingest.formats.layout_model import Layout
from ims_ingest.formats.records import Row, fitting

type Values = Mapping[str, Value]


def maker(layout: Layout) -> Callable[[int, Values], Row | Fault | str | None]:
    """Makes a row of its values: nothing where it is of nothing and that is meant, a text that says why it cannot be one."""
    key_of, meaning = joined(layout.key), meaning_of(layout)
    undone = joined(layout.negative.undoes) if layout.negative and layout.negative.undoes else None

    def make(number: int, values: Values) -> Row | Fault | str | None:
        amount_pence: int = values["amount"]  # type: ignore[assignment]
        if amount_pence == 0 and layout.zero == "ignore":
            return None
        is_wrong, reason = meaning(amount_pence, values)
        if is_wrong:
            return reason
        key, get = key_of(values), values.get
        undoes = ("", undone(values)) if undone and amount_pence < 0 else None
        return fitting(Row(
            number, key, amount_pence, get("paid_on"), get("reference") or "", get("narrative") or "", get("channel"),  # type: ignore[arg-type]
            get("method_of_payment"), reason, undoes, get("fund") or None,  # type: ignore[arg-type]
        ))  # fmt: skip

    return make


def joined(names: Sequence[str]) -> Callable[[Values], str]:
    """The values of these fields, as one key."""
    return lambda values: ":".join([str(values[name]) for name in names])


def meaning_of(layout: Layout) -> Callable[[int, Values], tuple[bool, str | None]]:
    """Whether an amount cannot be, and why; or why money went back, where it did."""
    negative = layout.negative
    mark = negative.field if negative else None
    called = (layout.detail.fields[mark].called or mark.replace("_", " ")) if mark else ""
    against = (True, f"the amount's sign does not go with the {called}")

    def meaning(amount_pence: int, values: Values) -> tuple[bool, str | None]:
        if amount_pence > 0:
            return against if negative and mark and values[mark] in negative.always else (False, None)
        if amount_pence == 0:
            return True, "the amount is nothing"
        if negative is None:
            return True, "the amount is below nothing"
        reason = negative.reason or negative.reasons.get(str(values[mark]))  # type: ignore[index]
        return (False, reason) if reason else against

    return meaning
