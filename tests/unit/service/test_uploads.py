"""Bodies that come slowly, too large, or not whole; over a real socket where the connection stalls."""

from __future__ import annotations

import io
import itertools
import socket
from collections.abc import Iterator
from typing import IO

import pytest

from app.service.errors import BadRequest, BodyTimeout, BodyTooLarge
from app.service.uploads import READ_BYTES, read_body


def still() -> float:
    return 0.0


def read(stream: IO[bytes], declared: int | None = None, **more: object) -> bytes:
    limits = {"max_bytes": 1000, "timeout_s": 5.0, "clock": still, **more}
    return read_body(stream, declared, **limits)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 1, 999, 1000])
@pytest.mark.parametrize("is_declared", [True, False])
def test_a_whole_body(size: int, is_declared: bool) -> None:
    body = b"x" * size
    assert read(io.BytesIO(body), size if is_declared else None) == body


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    stream = io.BytesIO(b"x")
    with pytest.raises(BodyTooLarge):
        read(stream, 1001)
    assert stream.tell() == 0


def test_a_body_without_a_length_is_read_to_the_limit_only() -> None:
    stream = io.BytesIO(b"x" * 10_000_000)
    with pytest.raises(BodyTooLarge):
        read(stream)
    assert stream.tell() <= 1000 + READ_BYTES


def test_a_body_that_ends_before_its_length() -> None:
    with pytest.raises(BadRequest, match="after 3 of 10 bytes"):
        read(io.BytesIO(b"abc"), 10)


def test_a_body_that_comes_too_slowly() -> None:
    clock = itertools.count(0.0, 3.0).__next__
    pieces = io.BytesIO(b"x" * 10 * READ_BYTES)
    with pytest.raises(BodyTimeout):
        read(pieces, max_bytes=100 * READ_BYTES, clock=clock)


@pytest.fixture
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_connection_that_stalls(connection: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = connection
    theirs.sendall(b"some")
    with ours.makefile("rb") as stream, pytest.raises(BodyTimeout):
        read(stream, 10, timeout_s=0.05, connection=ours)
    assert ours.gettimeout() is None


def test_a_connection_that_is_gone() -> None:
    class Gone(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ConnectionResetError

    with pytest.raises(BadRequest):
        read(Gone(), 10)
