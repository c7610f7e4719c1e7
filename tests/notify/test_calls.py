"""Calls to the outside: what is heard of an answer, and why there is none, whatever the other side does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_notify.channels.calls import Call, Caller, NoAnswer, Said

LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" + b"x" * 20
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
SILENT = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"


@contextlib.asynccontextmanager
async def saying(answer: bytes, is_held: bool = False) -> AsyncIterator[tuple[str, list[tuple[int, bytes]]]]:
    """A server that answers so to everything, and what it was asked over which connection."""
    asked: list[tuple[int, bytes]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                asked.append((id(writer), await reader.readuntil(b"\r\n\r\n")))
                writer.write(answer)
                if not is_held:
                    break
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", asked


async def outcome(url: str, body_max: int | None, times: int = 1) -> Said | NoAnswer:
    caller = Caller(0.3)
    try:
        for _ in range(times):
            said = await caller.call(Call("GET", url, {}), body_max)
        return said
    except NoAnswer as error:
        return error
    finally:
        await caller.rest()


@pytest.mark.parametrize(
    ("answer", "body_max", "status", "body"),
    [
        (LONG, None, 200, b"x" * 20), (LONG, 20, 200, b"x" * 20), (LONG, 19, 200, b""),
        (CHUNKED, None, 200, b"ok"), (CHUNKED, 99, 200, b""),
        (MOVED, None, 302, b""), (SILENT, 2, 200, b""), (b"HTTP/1.1 204 No Content\r\n\r\n", 0, 204, b""),
    ],
)  # fmt: skip
async def test_only_so_much_of_an_answer_is_read_as_is_wanted(answer: bytes, body_max: int | None, status: int, body: bytes) -> None:
    async with saying(answer) as (url, _):
        said = await outcome(url, body_max)
    assert isinstance(said, Said)
    assert (said.status, said.body) == (status, body)


@pytest.mark.parametrize(("answer", "is_held", "why"), [(b"", False, "the connection broke"), (b"", True, "no answer in time")])
async def test_why_there_is_no_answer_to_what_may_have_arrived(answer: bytes, is_held: bool, why: str) -> None:
    async with saying(answer, is_held) as (url, _):
        error = await outcome(url, None)
    assert isinstance(error, NoAnswer)
    assert (str(error), error.is_sent) == (why, True)


async def test_what_cannot_be_reached_was_not_sent(unused_tcp_port: int) -> None:
    error = await outcome(f"http://127.0.0.1:{unused_tcp_port}/", None)
    assert isinstance(error, NoAnswer)
    assert (str(error), error.is_sent) == ("no connection", False)


async def test_a_connection_is_used_again_and_no_cookie_is_kept() -> None:
    async with saying(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok", is_held=True) as (url, asked):
        await outcome(url, 4096, times=3)
    assert (len(asked), len({connection for connection, _ in asked})) == (3, 1)
    assert not any(b"cookie" in each.lower() for _, each in asked)


@given(st.binary(max_size=300), st.integers(0, 90))
def test_no_answer_is_too_strange_to_be_heard(garbage: bytes, cut: int) -> None:
    async def heard() -> None:
        for answer in (garbage, CHUNKED[:cut] + garbage):
            async with saying(answer) as (url, _):
                assert isinstance(await outcome(url, None), Said | NoAnswer)

    asyncio.run(heard())
