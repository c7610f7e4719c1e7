"""Full files of accounts: what they leave out is closed, within a limit; above it a person looks first."""

import asyncio

import httpx
import pytest

from ims_contracts.accounts import AccountChanged, AccountSubmitted
from ims_ingest.handlers import importing
from ims_ingest.store import full_accounts
from ingest.ingest_world import COUNCIL, Ingest

HEADER = "reference,fund,holder,balance_pence"


def accounts(*references: str, fund: str = "23", status: str = "open", header: str = HEADER) -> bytes:
    rows = [f"{reference},{fund},A Holder,100,{status}" for reference in references]
    return "\n".join([f"{header},status", *rows]).encode()


async def full(ingest: Ingest, content: bytes, source: str = "council") -> httpx.Response:
    return await ingest.http.post("/v1/files", params={"source": source, "accounts": "full"}, content=content)


async def closed(ingest: Ingest) -> list[str]:
    return [fact.account_reference for fact in await ingest.told(AccountChanged) if fact.status == "closed"]


MANY = [f"7700{number:05}" for number in range(100)]


async def test_what_a_full_file_leaves_out_is_closed_and_otherwise_as_it_was(ingest: Ingest) -> None:
    await ingest.file(accounts(*MANY))
    answer = await full(ingest, accounts(*MANY[5:], "new"))
    assert (answer.status_code, answer.json()["closed"]) == (201, 5)
    assert await closed(ingest) == MANY[:5]
    told = (await ingest.told(AccountChanged))[-1]
    assert (told.holder and told.holder.name, told.balance_pence, told.status) == ("A Holder", 100, "closed")
    assert len(await ingest.told(AccountChanged)) == 100 + 1 + 5
    assert await ingest.rows("SELECT 1 FROM listed_account") == []


async def test_one_that_comes_back_is_open_again_and_closed_again(ingest: Ingest) -> None:
    for each in (MANY, MANY[1:], [*MANY, "x"], [*MANY[1:], "x", "y"]):
        assert (await full(ingest, accounts(*each))).status_code == 201
    told = [(fact.status, fact.revision) for fact in await ingest.told(AccountChanged) if fact.account_reference == MANY[0]]
    assert [status for status, _ in told] == ["open", "closed", "open", "closed"]
    assert sorted(revision for _, revision in told) == [revision for _, revision in told]


async def test_a_file_that_leaves_out_too_many_is_for_a_person(ingest: Ingest) -> None:
    await ingest.file(accounts(*MANY))
    before = await ingest.names_told()
    answer = await full(ingest, accounts(*MANY[6:], "new"))
    assert answer.status_code == 409
    assert answer.json()["reasons"] == ["the full file leaves out 6 of 100 accounts, more than 5 per cent"]
    assert await ingest.names_told() == before
    (found,) = (await ingest.http.get("/v1/conflicts", params={"council": COUNCIL})).json()
    assert found["subject_id"] == answer.json()["file_id"]


async def test_a_file_of_changes_closes_nothing(ingest: Ingest) -> None:
    await ingest.file(accounts(*MANY))
    await ingest.file(accounts("new"))
    assert await closed(ingest) == []


async def test_only_open_accounts_of_its_own_funds_and_source_are_closed(ingest: Ingest) -> None:
    await ingest.file(accounts(*MANY))
    await ingest.file(accounts("rent", fund="05"), source="council")
    await ingest.file(accounts("elsewhere"), source="portal")
    await ingest.file(accounts("paid", status="closed"))
    await ingest.file(accounts("gone", status="cancelled"))
    await ingest.hear(AccountSubmitted(council=COUNCIL, source="portal", fund="23", account_reference="topic", revision=1))
    assert (await full(ingest, accounts(*MANY, "new"))).status_code == 201
    assert await closed(ingest) == ["paid"]


async def test_a_file_that_counts_its_revisions_counts_on(ingest: Ingest) -> None:
    header = f"{HEADER},status,revision"
    rows = [f"{reference},23,A Holder,100,open,7" for reference in MANY]
    await ingest.file("\n".join([header, *rows]).encode())
    await full(ingest, "\n".join([header, *rows[1:]]).encode())
    (told,) = [fact for fact in await ingest.told(AccountChanged) if fact.status == "closed"]
    assert (told.account_reference, told.revision) == (MANY[0], 8)


async def test_the_same_bytes_may_come_first_as_changes_and_then_as_all(ingest: Ingest) -> None:
    await ingest.file(accounts(*MANY))
    await ingest.file(accounts(*MANY[1:]))
    assert (await full(ingest, accounts(*MANY[1:]))).json()["closed"] == 1
    again = await full(ingest, accounts(*MANY[1:]))
    assert (again.status_code, again.json()["state"]) == (200, "known")


@pytest.mark.parametrize("closings_before", [0, 1, 2])
async def test_a_full_file_interrupted_while_it_closes_is_told_once(
    ingest: Ingest, closings_before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [f"7700{number:05}" for number in range(2500)]
    await ingest.file(accounts(*many))
    monkeypatch.setattr(ingest.service, "settings", ingest.service.settings.model_copy(update={"accounts_drop_max": 100}))
    close_next, done = full_accounts.close_next, []

    async def close_until_killed(head, most, work):
        done.append(1)
        if len(done) > closings_before:
            raise ConnectionError("killed")
        return await close_next(head, most, work)

    monkeypatch.setattr(full_accounts, "close_next", close_until_killed)
    with pytest.raises(ConnectionError):
        await full(ingest, accounts("new"))
    monkeypatch.setattr(full_accounts, "close_next", close_next)
    finishing = asyncio.ensure_future(importing.finish_files(ingest.service))
    answer = await full(ingest, accounts("new"))
    finishing.cancel()
    assert answer.json()["state"] == "known"
    assert (answer.json()["state"], answer.json()["closed"]) == ("known", 2500)
    assert sorted(await closed(ingest)) == many
