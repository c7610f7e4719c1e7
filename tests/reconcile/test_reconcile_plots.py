"""Plots are well-formed whatever they are of, say in words what they show, and agree with the table beside them."""

import xml.etree.ElementTree as ET
from datetime import date

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from ims_reconcile.domain.ageing import Left, aged
from ims_reconcile.domain.drawing import INK, PAPER, PENS, Series, Words, bars, lines
from ims_reconcile.handlers.plots import match_rate_plot, unsettled_plot
from reconcile.anytown_bank import COUNCIL, DAY, anytown_day
from reconcile.reconcile_world import World

SVG = "{http://www.w3.org/2000/svg}"
DAYS = {"first_on": "2026-03-01", "last_on": "2026-03-31"}


def words_in(svg: str) -> list[str]:
    return [each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text")]


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, from 1 to 21."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_everything_drawn_stands_out_and_is_told_apart_without_colour() -> None:
    assert all(contrast(colour, PAPER) >= 4.5 for colour in (INK, *(pen[0] for pen in PENS)))
    assert len({pen[1] for pen in PENS}) == len({pen[2] for pen in PENS}) == len(PENS)


@given(st.text(max_size=30), st.lists(st.tuples(st.text(max_size=10), st.integers(-(10**12), 10**12)), max_size=6))
def test_no_text_or_figure_breaks_a_drawing(said: str, found: list[tuple[str, int]]) -> None:
    drawn = bars(Words(said, said), [said], [(name, [pence]) for name, pence in found], str)
    assert {each.tag.removeprefix(SVG) for each in ET.fromstring(drawn).iter()} <= {"svg", "title", "desc", "rect", "text"}
    plot = lines(Words(said, said), [name for name, _ in found], [Series(said, [pence % 10_001 for _, pence in found])])
    assert "<script" not in plot
    assert ET.fromstring(plot).find(f"{SVG}title") is not None


@given(
    st.lists(
        st.builds(Left, st.sampled_from(["stripe", "dwp"]), st.dates(date(2025, 12, 1), DAY), st.integers(1, 9), st.integers(-999, 999))
    )
)
def test_bands_lose_no_penny_and_every_bar_has_its_figure(left: list[Left]) -> None:
    found = aged(left, DAY)
    assert sum(each.pence for each in found) == sum(each.pence for each in left)
    assert sum(each.item_count for each in found) == sum(each.item_count for each in left)
    assert len({each[:2] for each in found}) == len(found)
    plot = unsettled_plot(found, "t")
    assert sum("£" in each for each in words_in(plot.svg)) == sum(each.pence != 0 for each in found)


def test_what_is_below_nothing_is_hollow() -> None:
    (drawn,) = [each for each in ET.fromstring(bars(Words("t", "d"), ["a"], [("s", [-5])], str)).iter(f"{SVG}rect") if each.get("stroke")]
    assert drawn.get("fill") == "none"


def test_a_rate_is_all_only_if_all_is_there() -> None:
    row = {"booked_on": DAY, "line_count": 20_000, "matched_count": 19_999, "line_pence": 10**9, "matched_pence": 10**9}
    (shown,) = match_rate_plot([row], "t").rows
    assert (shown["by_count_percent"], shown["by_value_percent"]) == ("99.99", "100.00")
    drawn = ET.fromstring(match_rate_plot([row], "t").svg)
    assert [each.get("stroke-dasharray") for each in drawn.iter(f"{SVG}polyline")][::2] == [pen[1] for pen in PENS]


async def test_the_plots_of_a_day(world: World, client: httpx.AsyncClient) -> None:
    await world.hear(anytown_day())
    await world.settle()
    unsettled = (await client.get("/v1/plots/unsettled", params={"council": COUNCIL, "format": "json"})).json()
    asked = (await client.get("/v1/unsettled", params={"council": COUNCIL})).json()
    assert [(row["source"], row["pence"]) for row in unsettled] == [(row["source"], row["pence"]) for row in asked]
    (rate,) = (await client.get("/v1/plots/match-rate", params={"council": COUNCIL, "format": "json", **DAYS})).json()
    lines = (await client.get("/v1/lines", params={"council": COUNCIL})).json()
    credits = [each for each in lines if each["amount_pence"] > 0]
    assert (rate["line_count"], rate["line_pence"]) == (len(credits), sum(each["amount_pence"] for each in credits))
    matched = [each for each in credits if each["state"] == "matched"]
    assert (rate["matched_count"], rate["matched_pence"]) == (len(matched), sum(each["amount_pence"] for each in matched))
    assert rate["from_bank_count"] == 10


@pytest.mark.parametrize("plot", ["unsettled", "match-rate"])
async def test_a_plot_comes_with_its_table_and_in_every_form(world: World, client: httpx.AsyncClient, plot: str) -> None:
    await world.hear(anytown_day())
    await world.settle()
    asked = {"council": COUNCIL} | (DAYS if plot == "match-rate" else {})
    page = await client.get(f"/v1/plots/{plot}", params=asked, headers={"Accept": "text/html"})
    read = html.fromstring(page.text)
    assert (len(read.findall(".//svg")), len(read.findall(".//table")), page.text.count("<script")) == (1, 1, 0)
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    svg = await client.get(f"/v1/plots/{plot}", params=asked, headers={"Accept": "image/svg+xml"})
    assert (svg.headers["content-type"], ET.fromstring(svg.text).get("role")) == ("image/svg+xml", "img")
    rows = (await client.get(f"/v1/plots/{plot}", params=asked)).json()
    exported = await client.get(f"/v1/plots/{plot}", params={**asked, "format": "csv"})
    assert len(exported.text.splitlines()) == len(rows) + 1
    await world.clear()
    nothing = await client.get(f"/v1/plots/{plot}", params={**asked, "format": "svg"})
    assert ET.fromstring(nothing.text).find(f"{SVG}desc") is not None


@pytest.mark.parametrize("days", [{"first_on": "2026-03-31", "last_on": "2026-03-01"}, {"first_on": "2024-01-01", "last_on": "2026-03-01"}])
async def test_days_that_are_none_or_too_many_are_refused(client: httpx.AsyncClient, days: dict[str, str]) -> None:
    answer = await client.get("/v1/plots/match-rate", params={"council": COUNCIL, **days})
    assert (answer.status_code, "at most 366 days" in answer.text) == (422, True)
