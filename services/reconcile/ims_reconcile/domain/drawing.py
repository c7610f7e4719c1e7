"""Plots as SVG: nothing is told by colour alone, every mark has its figure in words, and no text is more than text."""

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import NamedTuple

INK, PAPER = "#1a1a1a", "#ffffff"
# Each with its dashes and its mark, so that the lines are told apart in black and white.
PENS = (("#12436d", "none", "circle"), ("#8f3b00", "7 4", "square"))
ROW, CELL, BAR, NAMES, HEAD = 22, 190, 80, 190, 40
"""Of bars, in pixels: a row's height, a column's width, the longest bar, the room for names, and for the head."""
WIDTH, HEIGHT, LEFT, TOP, TICKS_MAX = 900, 300, 60, 50, 8
"""Of lines, in pixels; and how many days are named below them at most."""
WHOLE = 10_000
"""All of it, in hundredths of a percent."""
# What no XML may have, whichever way it is written.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Words(NamedTuple):
    """What a plot says to who cannot see it."""

    title: str
    description: str


class Series(NamedTuple):
    """One line of a plot: its name, and a share of each day in hundredths of a percent; none: there was nothing to share."""

    name: str
    shares: Sequence[int | None]


def text(said: str) -> str:
    """Words as SVG has them."""
    return escape(FORBIDDEN.sub("?", said))


def svg(words: Words, width: int, height: int, parts: Iterable[str]) -> str:
    """A picture with its title and description."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="plot-title plot-desc" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="12" fill="{INK}">'
        f'<title id="plot-title">{text(words.title)}</title><desc id="plot-desc">{text(words.description)}</desc>'
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>{"".join(parts)}</svg>'
    )


def label(x: int, y: int, said: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{text(said)}</text>'


def bars(words: Words, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[int]]], say: Callable[[int], str]) -> str:
    """A bar for each row and column, as long as its figure, which stands beside it; hollow where it is below nothing."""
    longest = max((abs(value) for _, values in rows for value in values), default=0) or 1
    parts = [label(NAMES + CELL * number, HEAD - 14, name) for number, name in enumerate(columns)]
    for number, (name, values) in enumerate(rows):
        y = HEAD + ROW * number
        parts.append(label(NAMES - 10, y + 14, name, "end"))
        parts += [bar(NAMES + CELL * at, y, value, (longest, say(value))) for at, value in enumerate(values) if value]
    return svg(words, NAMES + CELL * len(columns), HEAD + ROW * len(rows) + 10, parts)


def bar(x: int, y: int, value: int, scale: tuple[int, str]) -> str:
    """A bar and its figure. `scale`: the longest bar's value, and this one's in words."""
    longest, said = scale
    length = max(BAR * abs(value) // longest, 1)
    colour, fill = PENS[0][0], PENS[0][0] if value > 0 else "none"
    drawn = f'<rect x="{x}" y="{y + 4}" width="{length}" height="{ROW - 9}" fill="{fill}" stroke="{colour}"/>'
    return drawn + label(x + length + 5, y + 14, said)


def lines(words: Words, days: Sequence[str], series: Sequence[Series]) -> str:
    """Shares by day, from nothing at the foot to all at the head; a line for each of at most two series."""
    bottom, right = TOP + HEIGHT, LEFT + WIDTH
    parts = []
    for percent in range(0, 101, 25):
        y = height_of(percent * 100)
        parts += [f'<path d="M{LEFT} {y}H{right}" stroke="#767676" stroke-width="0.5"/>', label(LEFT - 8, y + 4, f"{percent} %", "end")]
    named_every = -(-len(days) // TICKS_MAX) or 1
    parts += [label(place_of(n, days), bottom + 20, day, "middle") for n, day in enumerate(days) if n % named_every == 0]
    for number, (each, pen) in enumerate(zip(series, PENS, strict=False)):
        points = [(place_of(n, days), height_of(share)) for n, share in enumerate(each.shares) if share is not None]
        x = LEFT + 260 * number
        parts += [*drawn(points, pen), *drawn([(x, 20), (x + 40, 20)], pen), label(x + 52, 24, each.name)]
    return svg(words, right + 60, bottom + 40, parts)


def height_of(share: int) -> int:
    return TOP + HEIGHT * (WHOLE - share) // WHOLE


def place_of(number: int, days: Sequence[str]) -> int:
    return LEFT + WIDTH * (2 * number + 1) // (2 * len(days))


def drawn(points: Sequence[tuple[int, int]], pen: tuple[str, str, str]) -> list[str]:
    """A line with its marks."""
    colour, dashes, mark = pen
    path = " ".join(f"{x},{y}" for x, y in points)
    found = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>']
    for x, y in points:
        round_mark, square = f'<circle cx="{x}" cy="{y}" r="4"', f'<rect x="{x - 4}" y="{y - 4}" width="8" height="8"'
        found.append(f'{round_mark if mark == "circle" else square} fill="{colour}"/>')
    return found
