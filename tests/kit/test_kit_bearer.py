"""Who holds a bearer token."""

import hashlib

import pytest

from ims_kit import holder

TOKENS = {name: hashlib.sha256(token.encode()).hexdigest() for name, token in (("ann", "a token"), ("bob", "another"))}


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Bearer a token", "ann"),
        ("bearer  another ", "bob"),
        ("Bearer A token", None),
        ("Basic a token", None),
        ("Bearer", None),
        ("a token", None),
        ("", None),
        (None, None),
        ("Bearer \u00e9", None),
    ],
)
def test_a_token_is_somebodys_or_nobodys(header: str | None, name: str | None) -> None:
    assert holder(header, TOKENS) == name


def test_where_nobody_has_a_token_nobody_is_let_in() -> None:
    assert holder("Bearer a token", {}) is None
