"""Between services: what one told beside what another heard."""

from typing import Any

import pytest

from ims_local.laws import between, differing

ROW = {"posted_on": "2026-03-16", "ledger_account": "fund:23", "debit_pence": 100, "credit_pence": 3500}
HEARD = {"posted_on": "2026-03-16", "ledger_account": "fund:23", "heard_debit_pence": 100, "heard_credit_pence": 3500}


@pytest.mark.parametrize(
    ("rows", "accounts", "first_day", "apart"),
    [
        ([ROW], [HEARD], None, 0),
        ([ROW], [HEARD | {"heard_credit_pence": 3400}], None, 100),
        ([ROW], [HEARD | {"heard_debit_pence": 0, "heard_credit_pence": 3400}], None, 200),
        ([ROW], [HEARD | {"posted_on": "2026-03-17"}], None, 7200),
        ([ROW], [], None, 3600),
        ([], [HEARD], None, 3600),
        ([ROW, ROW | {"posted_on": "2026-03-15"}], [HEARD], "2026-03-16", 0),
    ],
)
def test_what_a_finance_system_gets_differs_from_the_ledger_by_so_much(
    rows: list[Any], accounts: list[Any], first_day: str | None, apart: int
) -> None:
    assert differing({"first_day": first_day, "accounts": accounts}, rows) == apart


@pytest.mark.parametrize(("missing", "waiting", "holds"), [(0, 0, True), (5, 1, True), (5, 0, False), (-5, 1, False)])
def test_what_is_missing_may_only_be_on_the_way(missing: int, waiting: int, holds: bool) -> None:
    assert between("law", "E07999999", missing, waiting)["holds"] is holds
