"""The measurement of a large file measures what it says: every posting is in the file, and the ledger is the same money."""

from ims_local.measure.posting_file import measured, placements
from ims_local.progress import Steps


def test_every_posting_is_in_the_file_and_the_ledger_has_both_sides(tmp_path) -> None:
    found = measured(tmp_path / "stack", 300, Steps(None))

    assert (found["revenues"]["lines"], found["ledger"]["lines"], found["ledger-summed"]["lines"]) == (300, 600, 2)
    assert len({fact.payment_id for fact in placements(300)}) == 300
