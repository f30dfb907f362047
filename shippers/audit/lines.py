"""A file -> where its lines begin, block by block, so that a file of any size takes the same memory."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO

BLOCK_BYTES = 1024 * 1024
"""How much of a file is read at once: enough for the number of calls not to count."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines one behind the other: where each begins and where the last one ends.

    `starts` are ascending; line n goes from `starts[n]` to `starts[n + 1]`, the last one to `end`.
    """

    starts: list[int]
    end: int

    def line_end(self, number: int) -> int:
        """Where line `number` ends, its line feed included."""
        return self.starts[number + 1] if number + 1 < len(self.starts) else self.end

    def line_bytes(self, number: int) -> int:
        """How many bytes line `number` has, its line feed included."""
        return self.line_end(number) - self.starts[number]

    def cut(self, at: Sequence[int]) -> Block:
        """The same with lines that begin at these offsets, which lie in the block.

        A line that was taken as it stood because its end did not come goes on as another line later.
        """
        return Block(sorted({*self.starts, *at}), self.end)


def blocks(file: BinaryIO, limit: int, most: int) -> Iterator[Block]:
    """The lines of the bytes up to `limit`, at most `most` in a block.

    What stands between the last line feed and `limit` counts as a line: the last line of a file that is
    done may lack its line feed. A file that ends before `limit` gives what there is.
    """
    begin = tail = 0
    starts: list[int] = []
    for offset, chunk in _chunks(file, limit):
        pieces = chunk.split(b"\n")
        ends = [offset + end + 1 for end in accumulate(map(len, pieces[:-1]), lambda a, b: a + b + 1)]
        for end in ends:
            starts.append(begin)
            begin = end
            if len(starts) >= most:
                yield Block(starts, end)
                starts = []
        tail = offset + len(chunk)
    if begin < tail:
        starts.append(begin)
        begin = tail
    if starts:
        yield Block(starts, begin)


def rest(file: BinaryIO) -> tuple[int, int, int]:
    """What stands from the present position to the end: whole lines, all bytes, bytes of the half line."""
    lines = size_bytes = half = 0
    while chunk := file.read(BLOCK_BYTES):
        lines += (feeds := chunk.count(b"\n"))
        size_bytes += len(chunk)
        half = len(chunk) - chunk.rfind(b"\n") - 1 if feeds else half + len(chunk)
    return lines, size_bytes, half


def texts(file: BinaryIO, limit: int, without: Container[int]) -> Iterator[bytes]:
    """The lines of the bytes up to `limit`, but for those that begin at the offsets `without`."""
    begin, half = 0, b""
    for _, chunk in _chunks(file, limit):
        *whole, half = (half + chunk).split(b"\n")
        for line in whole:
            if begin not in without:
                yield line
            begin += len(line) + 1
    if half and begin not in without:
        yield half


def _chunks(file: BinaryIO, limit: int) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset < limit and (chunk := file.read(min(BLOCK_BYTES, limit - offset))):
        yield offset, chunk
        offset += len(chunk)
