"""Batches: nothing lost, nothing doubled, never over their bounds."""

import json

from hypothesis import given
from hypothesis import strategies as st

from shippers.batch import Batch, Piece, Source, body, halves, pick, size
from shippers.files.check import fault_of
from shippers.files.frame import frame
from shippers.ledger import Taken

LIMIT = 64
SOURCE = Source("00000000-0123456789abcdef", "logs-card.request-test", "log/request.ndjson")
LINES = st.lists(
    st.one_of(
        st.integers(0, 40).map(lambda n: b"{" + b"1" * n + b"}"), st.binary(max_size=90).map(lambda b: b)
    ).map(lambda line: line.replace(b"\n", b"")),
    min_size=1,
)


def piece_of(lines: list[bytes], start: int = 0) -> Piece:
    text = b"".join(line + b"\n" for line in lines)
    got = frame(text, start, max(map(len, lines)))
    sound = all(fault_of(line, LIMIT) is None for line in lines)
    return Piece(SOURCE, got.lines, got.offsets, got.end, sound)


def batches_of(piece: Piece, most_lines: int, most_bytes: int) -> list[Batch]:
    batches, rest = [], piece
    while rest is not None:
        batch = Batch(most_lines, most_bytes, LIMIT)
        rest = batch.add(rest)
        assert batch.full or rest is None
        batches.append(batch)
        assert batch.count > 0
    return batches


@given(LINES, st.integers(1, 10), st.integers(1, 300))
def test_batches_hold_every_line_once_within_their_bounds(
    lines: list[bytes], most_lines: int, most_bytes: int
) -> None:
    seen: dict[int, bytes] = {}
    for batch in batches_of(piece_of(lines, 1000), most_lines, most_bytes):
        assert batch.count <= most_lines
        assert batch.size_bytes <= most_bytes or batch.count == 1
        held = {o: line for s in batch.segments for o, line in zip(s.offsets, s.lines, strict=True)}
        held |= {unfit.start: unfit.line for unfit in batch.unfit}
        assert not held.keys() & seen.keys()
        seen |= held
        end = max(offset + len(line) + 1 for offset, line in held.items())
        assert batch.taken == {SOURCE.id: Taken(end, len(held))}
        assert all(fault_of(line, LIMIT) is None for s in batch.segments for line in s.lines)
    assert [seen[offset] for offset in sorted(seen)] == lines


@given(
    st.lists(st.lists(st.integers(0, 9).map(lambda n: b'{"n":%d}' % n), min_size=1), min_size=1), st.data()
)
def test_picked_lines_keep_their_ids(groups: list[list[bytes]], data: st.DataObject) -> None:
    batch = Batch(10_000, 10_000_000, LIMIT)
    for number, lines in enumerate(groups):
        batch.add(piece_of(lines, number * 1000))
    parts = body(batch.segments)[:-1].split(b"\n")
    pairs = list(zip(parts[::2], parts[1::2], strict=True))
    assert len(pairs) == size(batch.segments) == sum(map(len, groups))
    numbers = sorted(data.draw(st.sets(st.integers(0, len(pairs) - 1))))
    again = body(pick(batch.segments, numbers)).split(b"\n")
    assert list(zip(again[::2], again[1::2], strict=False)) == [pairs[n] for n in numbers]
    if len(pairs) > 1:
        left, right = halves(batch.segments)
        assert body(left) + body(right) == body(batch.segments)
        assert abs(size(left) - size(right)) <= 1


@given(st.lists(st.integers(0, 2**40 - 1), min_size=2, unique=True))
def test_ids_sort_like_offsets(offsets: list[int]) -> None:
    ids = [SOURCE.document_id(offset) for offset in offsets]
    assert sorted(ids) == [SOURCE.document_id(offset) for offset in sorted(offsets)]
    action = json.loads(SOURCE.action % offsets[0])
    assert action == {"create": {"_index": SOURCE.stream, "_id": ids[0]}}
