"""Bytes read from a file -> whole lines and where they begin.

Lines end with a line feed. However the bytes are split into reads, the same lines come out at the same
offsets. A line over the limit never has to fit into memory: it is skipped read by read.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, count
from operator import add

from shippers.files.check import all_sound


@dataclass(frozen=True, slots=True)
class Frame:
    """What one read gave.

    Attributes:
        lines: whole lines without their ends.
        offsets: where each begins in the file, in bytes.
        end: up to here everything is in `lines`, `skipped` or earlier reads; a checkpoint may stand here.
        next: where the next read begins.
        sound: no line has a fault; False means that each must be looked at.
        skipped: range of a line over the limit, its end included, that ended in this read.
        skipping_from: where a line over the limit began that has not ended yet.
    """

    lines: list[bytes]
    offsets: list[int]
    end: int
    next: int
    sound: bool
    skipped: tuple[int, int] | None = None
    skipping_from: int | None = None


def frame(chunk: bytes, start: int, limit: int, skipping_from: int | None = None) -> Frame:
    """Cuts `chunk`, read at offset `start`, into lines of at most `limit` bytes.

    `chunk` must be longer than `limit` wherever the file is, else a long line is taken for a half one.
    `skipping_from` is that of the read before.
    """
    begin, skipped = 0, None
    if skipping_from is not None:
        begin = chunk.find(b"\n") + 1
        if not begin:
            stop = start + len(chunk)
            return Frame([], [], skipping_from, stop, sound=True, skipping_from=skipping_from)
        skipped = (skipping_from, start + begin)
    cut = chunk.rfind(b"\n", begin) + 1 or begin
    lines, sound = _lines(chunk[begin : cut - 1], limit) if cut > begin else ([], True)
    end = start + cut
    too_long = len(chunk) - cut > limit
    return Frame(
        lines,
        list(map(add, accumulate(map(len, lines[:-1]), initial=start + begin), count())) if lines else [],
        end,
        start + len(chunk) if too_long else end,
        sound,
        skipped,
        end if too_long else None,
    )


def last(rest: bytes, start: int, size: int, limit: int, skipping_from: int | None = None) -> Frame:
    """The last line of a file that ends at `size` without a line feed; its range ends there too.

    `rest`, read at offset `start`, holds no line feed and, where longer than `limit`, need not be whole.
    """
    begin = start if skipping_from is None else skipping_from
    if skipping_from is not None or len(rest) > limit:
        return Frame([], [], size, size, sound=True, skipped=(begin, size))
    return Frame([rest], [start], size, size, all_sound(rest, [rest], limit))


def _lines(block: bytes, limit: int) -> tuple[list[bytes], bool]:
    lines = block.split(b"\n")
    return lines, all_sound(block, lines, limit)
