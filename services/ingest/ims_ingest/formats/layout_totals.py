"""What the rows of a layout's file come to, held against what the file says of itself; and what names the file."""

from collections.abc import Iterator, Mapping
from datetime import date

from ims_contracts.remittances import Fault
from ims_ingest.formats.layout_fields import Value
from ims_ingest.formats.layout_model import Layout, Total
from ims_ingest.formats.records import fault

# A name holds a dozen codes at most; no more are remembered, however many rows there are.
CODES_MAX = 100
NAME_MAX = 140


class Tally:
    """Counts, values and hashes of the rows, those of nothing as well: what a file says of itself counts them."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.added_count = self.taken_count = self.added_pence = self.taken_pence = self.empty_count = 0
        self.hashed = {total.field: [0, 0, 0] for total in layout.totals if total.field is not None}

    def add(self, amount_pence: int, values: Mapping[str, Value]) -> None:
        if amount_pence > 0:
            self.added_count, self.added_pence = self.added_count + 1, self.added_pence + amount_pence
        elif amount_pence:
            self.taken_count, self.taken_pence = self.taken_count + 1, self.taken_pence - amount_pence
        else:
            self.empty_count += 1
        for field, sums in self.hashed.items():
            sums[(amount_pence > 0) - (amount_pence < 0)] += int(str(values[field]))

    def comes_to(self, total: Total) -> int:
        """What the rows come to, of what a total is of."""
        if total.field is not None:
            empty, added, taken = self.hashed[total.field]
            found = {"credits": added, "debits": taken, "all": added + taken + empty}[total.over]
            return found % 10**total.digits if total.digits else found
        if total.of == "count":
            whole = self.added_count + self.taken_count + self.empty_count
            return {"credits": self.added_count, "debits": self.taken_count, "all": whole}[total.over]
        return {"credits": self.added_pence, "debits": self.taken_pence, "all": self.added_pence - self.taken_pence}[total.over]

    def faults(self, line: int, said: Mapping[str, Value]) -> Iterator[Fault]:
        """Where the file and its rows disagree. A file that was cut short has lost what it says at its end."""
        ask = f"ask {self.layout.sender} for the whole file again; nothing of this one was counted"
        for place, record in self.layout.records():
            wanted = [total.said for total in self.layout.totals if place != "detail" and total.said in record.fields]
            if any(name not in said for name in wanted):
                called = " and ".join(record.fields[name].called or name.replace("_", " ") for name in dict.fromkeys(wanted))
                yield fault(line, f"the file has no {place.partition('.')[0].removesuffix('s')} with its {called}", ask)
        for total in self.layout.totals:
            if total.said in said and said[total.said] != (found := self.comes_to(total)):
                unit = "p" if total.of == "value" else ""
                over = "rows" if total.over == "all" else total.over
                told = f"the file says {total.said.replace('_', ' ')} {said[total.said]}{unit}"
                yield fault(line, f"{told}, but the {total.of} of its {over} is {found}{unit}", ask)


class Identity:
    """What names a file: what its header says, or what its rows have in common, days as the first and the last of them."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        names = dict.fromkeys([*layout.identity, *([layout.business_on] if layout.business_on else [])])
        fields = layout.detail.fields
        self.codes: dict[str, set[str]] = {name: set() for name in names if name in fields and fields[name].type != "date"}
        self.days: dict[str, tuple[date, date] | None] = {name: None for name in names if name in fields and name not in self.codes}

    def add(self, values: Mapping[str, Value]) -> None:
        for name, codes in self.codes.items():
            if len(codes) < CODES_MAX:
                codes.add(str(values[name]))
        for name, days in self.days.items():
            day = values[name]
            assert isinstance(day, date)
            if days is None or not days[0] <= day <= days[1]:
                self.days[name] = (day, day) if days is None else (min(days[0], day), max(days[1], day))

    def name(self, header: Mapping[str, Value]) -> str:
        """As the file is known by; at most 140 characters."""
        return ":".join(self.part(name, header) for name in self.layout.identity)[:NAME_MAX]

    def part(self, name: str, header: Mapping[str, Value]) -> str:
        if name in self.codes:
            return "+".join(sorted(self.codes[name]))
        if name not in self.days:
            return str(header[name])
        first, last = self.days[name] or ("", "")
        return f"{first}" if first == last else f"{first}..{last}"

    def business_on(self, header: Mapping[str, Value]) -> date | None:
        """The day by which the bank's credit is recognised; none where the layout has none, or there is no row."""
        name = self.layout.business_on
        if name is None:
            return None
        day = header[name] if name not in self.days else (self.days[name] or (None, None))[1]
        assert day is None or isinstance(day, date)
        return day
