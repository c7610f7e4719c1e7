"""Whatever officers and messages do in whatever order, and however often they say it, the service does what a model of a page says."""

from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from allocation.doors import empty
from allocation.modelled import OFFICERS, PAYMENTS, Model

CALLED, PERCENT, BY = st.sampled_from([*PAYMENTS]), st.sampled_from([10, 30, 60, 100, 120]), st.sampled_from(OFFICERS)
NUMBER, ACCOUNT = st.integers(0, 5), st.integers(0, 2)
MOVES = st.lists(st.tuples(ACCOUNT, ACCOUNT, PERCENT, st.sampled_from([0, 0, 50])), min_size=1, max_size=2)
ACTS = st.one_of(
    st.tuples(st.just("says"), st.lists(CALLED, min_size=1, max_size=2, unique=True), st.lists(PERCENT, min_size=1, max_size=4), BY),
    st.tuples(st.just("moves_lines"), CALLED, MOVES, BY),
    st.tuples(st.just("notes_credit"), CALLED, BY),
    st.tuples(st.just("lays"), CALLED, BY),
    st.tuples(st.just("moves"), st.sampled_from([1, 60000, 120000]), NUMBER, BY),
    st.tuples(st.just("approves"), NUMBER, BY),
    st.tuples(st.just("undoes"), NUMBER, BY),
    st.tuples(st.just("writes"), CALLED, BY),
    st.tuples(st.just("settles"), CALLED, BY),
    st.tuples(st.just("learns"), NUMBER, st.sampled_from(["confirm", "revoke"]), BY),
    st.tuples(st.just("asks"), CALLED, PERCENT, BY),
    st.tuples(st.just("cancels"), CALLED, NUMBER, BY),
    st.tuples(st.just("sends"), CALLED, NUMBER, BY, st.sampled_from(["whole", "part", "fails"])),
    st.tuples(st.just("returns"), CALLED, PERCENT),
    st.tuples(st.just("is_refunded_elsewhere"), CALLED, PERCENT),
    st.tuples(st.just("is_rejected"), CALLED),
    st.tuples(st.just("is_heard_again"), NUMBER),
    st.tuples(st.just("is_added_up")),
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(acts=st.lists(ACTS, min_size=6, max_size=14))
@example(acts=[("says", ["stray"], [60, 30], "Ann"), ("returns", "stray", 60), ("undoes", 0, "Bob")])
@example(acts=[("asks", "tax", 10, "Ann"), ("sends", "tax", 0, "Bob", "part"), ("is_added_up",), ("sends", "tax", 0, "Bob", "whole"),
               ("returns", "tax", 100), ("lays", "tax", "Ann"), ("is_heard_again", 3), ("undoes", 0, "Bob")])  # fmt: skip
@example(acts=[("notes_credit", "stray", "Ann"), ("learns", 0, "confirm", "Ann"), ("learns", 0, "confirm", "Bob"), ("undoes", 0, "Cid"),
               ("learns", 0, "revoke", "Cid"), ("settles", "tax", "Ann"), ("is_rejected", "tax")])  # fmt: skip
async def test_the_service_does_what_the_model_says(kept_pool: Any, acts: list[Any]) -> None:
    await empty(kept_pool)
    office = await Model(kept_pool).furnish()
    for what, *more in acts:
        if what in ("approves", "undoes"):
            known = [*office.decided]
            if not known:
                continue
            more[0] = known[-1 - more[0] % len(known)]
        await getattr(office, what)(*more)
        await office.compare()
