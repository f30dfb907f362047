"""However a file's bytes are split into reads, the same lines come out at the same offsets."""

from hypothesis import example, given
from hypothesis import strategies as st

from shippers.files.check import Fault, all_sound, fault_of
from shippers.files.frame import frame

LIMIT = 8
CONTENT = st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"x"))).map(b"\n".join)

Line = tuple[int, int, bytes | None]
"""Where a line begins and ends, and its text; None for one over the limit."""


def expected(content: bytes) -> list[Line]:
    lines: list[Line] = []
    start = 0
    for text in content.split(b"\n")[:-1]:
        lines.append((start, start + len(text) + 1, text if len(text) <= LIMIT else None))
        start += len(text) + 1
    return lines


def read_all(content: bytes, sizes: list[int]) -> tuple[list[Line], int]:
    """Reads like a harvester: file sizes grow by `sizes`, each read is longer than the limit if it can be."""
    lines: list[Line] = []
    position, checkpoint, written, skipping = 0, 0, 0, None
    for size in [*sizes, len(content), len(content), len(content)]:
        written = min(written + size, len(content))
        while True:
            chunk = content[position : min(position + LIMIT + 1 + size % 5, written)]
            got = frame(chunk, position, LIMIT, skipping)
            if got.skipped:
                lines.append((*got.skipped, None))
            for text, start in zip(got.lines, got.offsets, strict=True):
                whole = text if len(text) <= LIMIT else None
                lines.append((start, start + len(text) + 1, whole))
            assert got.end >= checkpoint
            checkpoint, skipping = got.end, got.skipping_from
            if got.next == position:
                break
            position = got.next
    return lines, checkpoint


@given(CONTENT, st.lists(st.integers(0, 30)))
@example(b"123456789\n", [9, 1])
@example(b"12345678\n123456789abcdef\n\n", [3, 3, 3])
def test_any_split_gives_the_same_lines_and_offsets(content: bytes, sizes: list[int]) -> None:
    lines, _ = read_all(content, sizes)
    assert lines == expected(content)


@given(CONTENT, st.lists(st.integers(0, 30)))
def test_a_checkpoint_stands_after_the_last_whole_line(content: bytes, sizes: list[int]) -> None:
    _, checkpoint = read_all(content, sizes)
    assert checkpoint == content.rfind(b"\n") + 1


@given(st.lists(st.sampled_from([b"{}", b"{1}", b"}{", b"{", b"}", b"", b"{\0}", b"{\xff}", b"{12345678}"])))
def test_a_block_is_sound_just_when_each_line_is(lines: list[bytes]) -> None:
    if lines:
        sound = all(fault_of(line, LIMIT) is None for line in lines)
        assert all_sound(b"\n".join(lines), lines, LIMIT) is sound


def test_a_long_line_is_skipped_with_its_exact_range() -> None:
    first = frame(b"{}\n" + b"x" * 20, 100, LIMIT)
    assert (first.lines, first.end, first.next, first.skipping_from) == ([b"{}"], 103, 123, 103)
    second = frame(b"xx", first.next, LIMIT, first.skipping_from)
    assert (second.end, second.next, second.skipping_from) == (103, 125, 103)
    third = frame(b"x\n{}\n", second.next, LIMIT, second.skipping_from)
    assert (third.skipped, third.lines, third.offsets, third.end) == ((103, 127), [b"{}"], [127], 130)
    assert Fault.TOO_LONG.value == "too_long"
