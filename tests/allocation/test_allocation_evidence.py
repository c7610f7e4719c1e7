"""What is weighed of free text, what it comes to, and what is never automatic whatever the odds."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation.anytown import COUNCIL, PACK, payment, penalty, remembered, running_account
from ims_allocation.domain import Accounts, Hold, Home, Names, Owing, Pack, choose, is_sampled, known, stops
from ims_allocation.domain.candidates import NEAR, meanings, near_keys, tokens, whole
from ims_allocation.domain.neighbours import corrections, deleted
from ims_allocation.domain.rates import Rates, rates
from ims_allocation.domain.references import Scheme
from ims_allocation.store.accounts import account as from_row
from ims_allocation.store.accounts import row as to_row
from ims_allocation.store.tables import AccountRow
from ims_contracts.accounts import Holder
from ims_contracts.payments import Payer

REPAIRING: Pack = replace(PACK, funds={code: replace(fund, repair=True) for code, fund in PACK.funds.items()})
NAMES = Names(b"a key that tests know of")
SCHEMES = [scheme for schemes in PACK.references.by_length.values() for scheme in schemes if scheme.fund != "13"]
OF_TAX = {"balance_pence": 19220, "instalment_pence": 9610}


def there(*changes: Any) -> list[Any]:
    columns = list(AccountRow.model_fields)
    return [from_row(dict(zip(columns, to_row(change, NAMES), strict=True)) | {"owed": []}) for change in changes]


def decided(typed: str, pence: int, accounts: list[Any], pack: Pack = REPAIRING, owing: Owing | None = None, **fields: Any) -> Home | Hold:
    heard = payment(typed, pence, **{"channel": "bank-transfer", "on": date(2026, 3, 10)} | fields)
    found = known(heard, pack.references.read(heard.reference, heard.narrative), pack, NAMES)
    return choose(found, Accounts(there(*accounts), owing), pack)


def ends(chosen: Home | Hold) -> str:
    if isinstance(chosen, Home):
        return f"{chosen.rule} {chosen.shares[0].account_reference}"
    return f"{chosen.reason} {chosen.evidence.held_by if chosen.evidence else ''}".strip()


TAX = running_account("770001148", **OF_TAX)
NAMED_TAX = running_account("770001148", **OF_TAX, holder=Holder(name="Mr B Sample & Mrs Siân O'Dea"))
DEBT = running_account("3000000123", "19", balance_pence=24000, holder=Holder(name="Anytown Allotment Society Ltd"))
NEXT_DEBT = running_account("3000000124", "19", balance_pence=31000)
FINE = penalty("BJ90034458", second_keys=["AT99 AAB"])


@pytest.mark.parametrize(
    ("typed", "pence", "fields", "accounts", "where"),
    [
        # what was typed, pence         what else is known               accounts             where it ends
        ("770009148", 9610, {}, [TAX], "reference-repaired 770001148"),
        ("770009148", 9611, {}, [TAX], "unknown-reference no-second-fact"),
        ("707001148", 9610, {}, [TAX], "reference-repaired 770001148"),
        ("77001148", 9610, {}, [TAX], "reference-repaired 770001148"),
        ("7700011498", 9610, {}, [TAX], "reference-repaired 770001148"),
        ("770009149", 9610, {}, [TAX], "unknown-reference"),  # two errors
        ("BJ9034458", 3500, {}, [FINE], "reference-repaired BJ90034458"),
        ("BJ934458", 3500, {}, [FINE], "invalid-reference"),  # under seven digits
        ("770009148", 9611, {"payer": Payer(name="SAMPLE B")}, [NAMED_TAX], "reference-repaired 770001148"),
        ("770009148", 9611, {"payer": Payer(name="MR OTHER")}, [NAMED_TAX], "unknown-reference no-second-fact"),
        ("SAMPLE", 9610, {"payer": Payer(name="SAMPLE B")}, [NAMED_TAX], "no-reference"),  # a name alone
        ("770009148", 9610, {"channel": "web"}, [TAX], "unknown-reference"),
        ("770009148", 9610, {"fund": "05"}, [TAX], "wrong-fund"),
        ("770009148 RENT", 9610, {}, [TAX], "unknown-reference not-sure"),
        ("770001148", 1, {}, [TAX], "reference 770001148"),
        ("770001148 RENT", 1, {}, [TAX], "ambiguous not-sure"),
        ("770001148 RENT COUNCIL TAX", 1, {}, [TAX], "reference 770001148"),
        ("770001148", 9610, {"narrative": "PCN 1"}, [TAX], "ambiguous not-sure"),
        ("770001148", 9610, {}, [running_account("770001148", **OF_TAX, status="closed")], "not-open not-open"),
        ("770009148", 9610, {}, [running_account("770001148", **OF_TAX, status="deceased")], "unknown-reference not-open"),
        ("BJ90034485", 3500, {}, [penalty("BJ90034458", status="with-agent")], "unknown-reference not-open"),
        ("BJ90034458", 3500, {}, [penalty("BJ90034458", status="closed")], "reference BJ90034458"),  # its outcome says what becomes of it
        ("3000000123", 24000, {}, [DEBT, NEXT_DEBT], "reference-and-evidence 3000000123"),
        ("3000000123", 7, {}, [DEBT, NEXT_DEBT], "ambiguous no-second-fact"),
        ("3000000123", 7, {"payer": Payer(name="ALLOTMENT SOC")}, [DEBT, NEXT_DEBT], "reference-and-evidence 3000000123"),
        ("3000000123", 31000, {}, [DEBT, NEXT_DEBT], "ambiguous no-second-fact"),  # the one is typed, the other owes this
        ("3000000125", 31000, {}, [DEBT, NEXT_DEBT], "account-awaited"),  # it may yet come: it is not repaired
        ("BJ90034485 AT99 AAB", 1, {}, [FINE], "reference-repaired BJ90034458"),
        ("BJ9OO34458", 7000, {}, [FINE], "reference BJ90034458"),
        ("BJ9OO34485 AT99 AAB", 3500, {}, [FINE], "reference-repaired BJ90034458"),
        ("1 2345678 2 3456789 3 4567891 4 5678912 770001148", 1, {}, [TAX], "reference 770001148"),  # a list of numbers hides nothing
        ("LEISURE", 5, {}, [], "reference LEISURE"),
    ],
)
def test_what_the_evidence_comes_to(typed: str, pence: int, fields: dict[str, Any], accounts: list[Any], where: str) -> None:
    assert ends(decided(typed, pence, accounts, **fields)) == where


def test_nothing_is_repaired_until_finance_switches_it_on() -> None:
    assert ends(decided("770009148", 9610, [TAX], PACK)) == "unknown-reference repair-off"


def test_nothing_is_repaired_in_a_scheme_whose_repairs_went_wrong() -> None:
    heard = known(payment("770009148", 9610, channel="bank-transfer"), REPAIRING.references.read("770009148", None), REPAIRING)
    assert ends(choose(heard, Accounts(there(TAX), stopped={(COUNCIL, "23", "repaired")}), REPAIRING)) == "unknown-reference repair-stopped"


@pytest.mark.parametrize(
    ("placed", "wrong", "is_stopped"), [(5000, 1, False), (4999, 1, True), (0, 1, True), (9999, 2, True), (1, 0, False)]
)
def test_a_way_is_stopped_above_one_wrong_in_five_thousand(placed: int, wrong: int, is_stopped: bool) -> None:
    assert stops(placed, wrong) == is_stopped


def test_a_common_amount_says_little_and_a_rare_one_much() -> None:
    def odds(owe: int) -> int:
        owing = Owing({(COUNCIL, "23", 9610): owe}, {(COUNCIL, "23"): 400_000})
        chosen = decided("770009148", 9610, [TAX], owing=owing)
        assert chosen.evidence
        return chosen.evidence.weighings[0].probability

    assert odds(1) > 999_900 > 999_000 > odds(4_000) > odds(400_000)


def test_so_rare_an_amount_that_it_speaks_louder_than_a_wrong_word() -> None:
    owing = Owing({(COUNCIL, "23", 9610): 1}, {(COUNCIL, "23"): 400_000})
    assert ends(decided("770001148 RENT", 9610, [TAX], owing=owing)) == "reference 770001148"


def test_two_accounts_that_the_text_could_mean_share_the_odds() -> None:
    _, rival = next(key for key in meanings(("770009148",), PACK.references) if key != ("23", "770001148"))
    near, other = (running_account(reference, **OF_TAX) for reference in ("770001148", rival))
    chosen = decided("770009148", 9610, [near, other])
    assert ends(chosen) == "unknown-reference not-sure"
    assert chosen.evidence
    assert sum(each.probability for each in chosen.evidence.weighings) + chosen.evidence.none_of_these in range(999_990, 1_000_001)


def test_what_was_weighed_says_what_spoke_for_and_against() -> None:
    chosen = decided("770001148 RENT", 1, [NAMED_TAX], payer=Payer(name="MRS ODEA"))
    assert chosen.evidence
    [weighed] = chosen.evidence.weighings
    assert {vote.says: vote.times > 0 for vote in weighed.votes} == {
        "reference-exact": True, "amount-is-not-due": False, "name-agrees": True, "words-of-another-debt": False,
    }  # fmt: skip


def test_what_has_little_margin_or_was_repaired_is_tagged() -> None:
    sure, repaired = decided("770001148", 1, [NAMED_TAX], payer=Payer(name="X SAMPLE")), decided("770009148", 9610, [TAX])
    assert sure.evidence is None
    assert repaired.evidence
    assert repaired.evidence.tag == "repaired"
    assert sum(is_sampled(UUID(int=number)) for number in range(1000)) == 50


@pytest.mark.parametrize(
    ("payer", "holder", "agree"),
    [
        ("SMITH J", "Mr John Smith", True),
        ("MR J SMITH", "Mrs A Jones & Mr J Smith", True),
        ("J O'DEA", "Siân O’Dea", True),
        ("LOPEZ-GARCIA", "Dr M López García", False),
        ("JOHN SMITH", "Mr Smith John", True),
        ("JOHN SMITH", "Mr John Brown", False),
        ("ACME BUILDERS LIMITED", "Acme Builders Ltd", True),
        ("LIMITED", "Acme Builders Ltd", False),
        ("MR", "Mr", False),
    ],
)
def test_a_name_agrees_by_its_surname_and_only_digests_are_kept(payer: str, holder: str, agree: bool) -> None:
    assert bool(NAMES.of_payer(payer) & NAMES.of_holder(holder)) == agree
    assert not any(word in digest.upper() for word in payer.split() for digest in NAMES.of_payer(payer))
    assert not Names(b"another key of somebody").of_payer(payer) & NAMES.of_holder(holder)
    assert not Names().of_payer(payer)


@st.composite
def references(draw: st.DrawFn) -> tuple[Scheme, str]:
    scheme = draw(st.sampled_from(SCHEMES))
    body = "".join(draw(st.sampled_from(allowed)) for allowed in scheme.allowed)
    if scheme.check_digit is None:
        return scheme, body
    digit = scheme.check_digit.of(body[: scheme.check_at])
    return (scheme, body[: scheme.check_at] + digit) if digit else draw(references())


@given(references(), st.integers(0, 10), st.sampled_from("0123456789"), st.sampled_from(["substituted", "swapped", "dropped", "inserted"]))
def test_whatever_one_keying_error_made_is_traced_back(made: tuple[Scheme, str], at: int, sign: str, error: str) -> None:
    scheme, reference = made
    at %= len(reference) - 1
    typed = {
        "substituted": reference[:at] + sign + reference[at + 1 :],
        "swapped": reference[:at] + reference[at + 1] + reference[at] + reference[at + 2 :],
        "dropped": reference[:at] + reference[at + 1 :],
        "inserted": reference[:at] + sign + reference[at:],
    }[error]
    found = corrections(typed, scheme)
    assert typed == reference or reference in found
    assert all(scheme.strict.fullmatch(each) and scheme.is_valid(each) for each in found)
    assert deleted(typed) & deleted(reference), "where they meet, whichever is heard of first"


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_has_few_tokens_and_each_has_seven_digits(one: str, other: str) -> None:
    found = tokens(whole(one, other), PACK.references)
    assert len(found) <= 8
    assert all(sum(sign in "0123456789OI" for sign in token) >= 7 for token in found)
    assert all(key.startswith(NEAR) for _, key in near_keys(COUNCIL, found))
    meanings(found, PACK.references)


@pytest.mark.parametrize("written", [{"exact": 0}, {"exact": 1_000_000}, {"exact": "900_000"}, {"auto_above": 999_999.5}])
def test_a_rate_that_is_none_is_refused(written: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="whole number"):
        rates(written)
    assert rates({"auto_above": 990_000}) == replace(Rates(), auto_above=990_000)


def test_an_account_knows_whether_nothing_is_owed() -> None:
    assert [remembered(running_account(balance_pence=pence)).owes_nothing for pence in (0, 1, None)] == [True, False, False]
