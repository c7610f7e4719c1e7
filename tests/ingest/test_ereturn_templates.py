"""Templates of e-returns: what an establishment may enter, line by line, and what a finance officer may write."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.payments import PaymentReceived
from ims_ingest.domain.ereturns import EReturn
from ims_ingest.domain.templates import Template, faults_by_template, filled
from ims_ingest.formats.yaml_files import FileWrong
from ims_ingest.handlers.templates import read_templates
from ingest.ingest_world import COUNCIL, OTHER_COUNCIL, OTHER_TOKEN, Ingest

LEISURE = read_templates(None)[COUNCIL].template("leisure-centre")
SWIMMING = {"row": "swimming", "amount_pence": 2000}
TAX = {"row": "council-tax", "amount_pence": 2000, "reference": "770002118"}


def ereturn(**strange: Any) -> dict[str, Any]:
    plain = {
        "number": "ER1", "template": "leisure-centre", "bag_number": "B1", "taken_on": "2026-03-18", "total_pence": 2000,
        "cash": {"2000": 1}, "lines": [SWIMMING], "entered_by": "J Cashier", "submitted_by": "J Cashier",
    }  # fmt: skip
    return plain | strange


async def enter(ingest: Ingest, **strange: Any) -> httpx.Response:
    return await ingest.http.post("/v1/e-returns", json=ereturn(**strange))


async def test_the_councils_templates_are_shown_with_what_may_change(ingest: Ingest) -> None:
    found = (await ingest.http.get("/v1/e-returns/templates")).json()
    assert (found["council"], found["version"]) == (COUNCIL, "anytown-2026-03")
    assert [each["name"] for each in found["templates"]] == ["leisure-centre", "car-park", "post-room"]
    assert found["templates"][0]["rows"][2] == {
        "name": "council-tax", "description": "Council tax", "fund": "23", "reference": "77*******", "vat_code": "O",
        "may_change": ["reference"],
    }  # fmt: skip
    other = {"authorization": f"Bearer {OTHER_TOKEN}"}
    assert (await ingest.http.get("/v1/e-returns/templates", headers=other)).json() == {"templates": []}
    assert (await ingest.http.get("/v1/e-returns/templates", headers={"authorization": ""})).status_code == 401


async def test_what_a_line_leaves_out_is_the_templates(ingest: Ingest) -> None:
    lines = [SWIMMING, {"row": "hall", "amount_pence": 500, "description": "Badminton"}, {"row": "hall", "amount_pence": 500}, TAX]
    assert (await enter(ingest, lines=lines, cash={"5000": 1}, total_pence=5000)).status_code == 201
    kept = (await ingest.http.get("/v1/e-returns/ER1")).json()
    assert [(each["fund"], each["reference"], each["description"]) for each in kept["lines"]] == [
        ("13", "LEISURE", "Swimming"), ("13", "LEISURE", "Badminton"), ("13", "LEISURE", "Hall hire"), ("23", "770002118", "Council tax"),
    ]  # fmt: skip
    await ingest.http.post("/v1/e-returns/ER1/approve", json={"approved_by": "S Manager"})
    assert [(each.fund, each.reference, each.amount_pence, each.narrative) for each in await ingest.told(PaymentReceived)] == [
        ("13", "LEISURE", 3000, "ER1"), ("23", "770002118", 2000, "ER1 Council tax"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("strange", "reasons"),
    [
        ({"template": "pool"}, ["template: there is leisure-centre, car-park, post-room; GET /v1/e-returns/templates"]),
        ({"lines": [SWIMMING | {"row": "sauna"}]},
         ["lines 1: the template leisure-centre has no such row; its rows are swimming, hall, council-tax, penalty"]),
        ({"lines": [SWIMMING | {"reference": "POOL"}]},
         ["lines 1: the reference is the template's, and may not be changed: it is LEISURE"]),
        ({"lines": [SWIMMING | {"description": "Diving"}]}, ["lines 1: the description is the template's, and may not be changed"]),
        ({"lines": [SWIMMING | {"fund": "23"}]}, ["lines 1: the fund of swimming is 13"]),
        ({"lines": [{"row": "council-tax", "amount_pence": 2000}]}, ["lines 1: the reference is missing: it is 77*******"]),
        ({"lines": [TAX | {"reference": "780002118"}]},
         ["lines 1: the reference is not as the template has it: it is 77*******, and character 2 is another"]),
        ({"lines": [TAX | {"reference": "77000211X"}]},
         ["lines 1: the reference has something else than digits: it is 77*******, and character 9 is another"]),
        ({"lines": [TAX | {"reference": "77000211"}]}, ["lines 1: the reference is too short: it is 77*******"]),
        ({"lines": [TAX | {"reference": "7700021188"}]}, ["lines 1: the reference is too long: it is 77*******"]),
        ({"template": "post-room", "lines": [TAX]}, ["cash: the template post-room takes none"]),
        ({"template": "car-park", "lines": [], "cash": {}, "cheques": [TAX | {"row": "pay-and-display", "number": "1"}]},
         ["cheque: the template car-park takes none",
          "cheques 1: the reference is the template's, and may not be changed: it is LEISURE"]),
        ({"lines": [TAX | {"reference": "1"}, SWIMMING | {"fund": "1"}], "submitted_by": None},
         ["lines 1: the reference is not as the template has it: it is 77*******, and character 1 is another",
          "lines 2: the fund of swimming is 13"]),
        ({"lines": [SWIMMING | {"amount_pence": 1}]},
         ["lines: they come to 1p, but 2000p of cash was counted"]),
    ],
)  # fmt: skip
async def test_what_a_template_does_not_allow_is_refused_in_words(ingest: Ingest, strange: dict[str, Any], reasons: list[str]) -> None:
    answer = await enter(ingest, **strange)
    assert (answer.status_code, answer.json()["reasons"]) == (422, reasons)
    assert await ingest.rows("SELECT 1 FROM e_return") == []


async def test_what_was_submitted_is_approved_as_it_was_whatever_the_template_says_by_then(ingest: Ingest) -> None:
    await enter(ingest)
    ingest.service.api.state.templates = {}
    answer = await ingest.http.post("/v1/e-returns/ER1/approve", json={"approved_by": "S Manager"})
    assert answer.json()["state"] == "authorised"
    assert [each.reference for each in await ingest.told(PaymentReceived)] == ["LEISURE"]
    assert (await enter(ingest, number="ER2", bag_number="B2")).status_code == 422


@given(st.lists(st.tuples(st.sampled_from(["swimming", "council-tax", "penalty", "sauna"]), st.text(max_size=12)), max_size=5))
def test_every_line_that_is_let_through_is_a_rows(entries: list[tuple[str, str]]) -> None:
    assert LEISURE
    lines = [{"row": row, "amount_pence": 1, **({"reference": text} if text.isprintable() and text else {})} for row, text in entries]
    found = filled(EReturn.model_validate(ereturn(lines=lines)), LEISURE)
    wrong = {int(each.split(":")[0].split()[1]) for each in faults_by_template(found, LEISURE)}
    for number, line in enumerate(found.lines, 1):
        row = LEISURE.row(line.row)
        if number not in wrong:
            assert row
            assert (line.fund, len(line.reference)) == (row.fund, len(row.reference))
            assert all(wanted in ("*", "?", sign) for sign, wanted in zip(line.reference, row.reference, strict=True))


GOOD = """council: E08999999
version: "1"
templates:
  - name: pool
    description: Pool
    rows:
      - {name: swimming, description: Swimming, fund: "1", reference: "12345678901", vat_code: S}
"""


def test_a_council_has_its_templates_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(GOOD)
    assert set(read_templates(tmp_path)) == {COUNCIL, OTHER_COUNCIL}
    (tmp_path / "anytown.yaml").write_text(GOOD.replace(OTHER_COUNCIL, COUNCIL))
    assert isinstance(read_templates(tmp_path)[COUNCIL].template("pool"), Template)
    assert read_templates(tmp_path)[COUNCIL].template("leisure-centre") is None
    with pytest.raises(NotADirectoryError):
        read_templates(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("vat_code: S", "vat: S"), r"ours\.yaml: templates\.0\.rows\.0\.vat_code: Field required"),
        (("12345678901", "123*"), r"pool, swimming: the reference has \* or \?, and may not be changed"),
        (('"1"\ntemplates', '"1"\nreferences: {length: 11, only_digits: true}\ntemplates'), None),
        (('"1"\ntemplates', '"1"\nreferences: {length: 9}\ntemplates'), "the reference is not as long as the council's are"),
        (("vat_code: S}", "vat_code: S}\n      - {name: swimming, description: X, fund: x, reference: x, vat_code: S}"),
         "two rows of pool have one name"),
        (("name: pool", "name: pool\n    name: pool"), "name is given twice"),
        (("council: E08999999", "council: Anytown"), "council"),
    ],
)  # fmt: skip
def test_a_file_of_templates_that_does_not_hold_together_is_refused(tmp_path: Path, change: tuple[str, str], what: str | None) -> None:
    (tmp_path / "ours.yaml").write_text(GOOD.replace(*change))
    if what is None:
        assert OTHER_COUNCIL in read_templates(tmp_path)
        return
    with pytest.raises(FileWrong, match=what):
        read_templates(tmp_path)


def test_two_files_of_one_council_are_a_mistake(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(GOOD)
    with pytest.raises(FileWrong, match=r"two\.yaml: another file has the templates of E08999999"):
        read_templates(tmp_path)
