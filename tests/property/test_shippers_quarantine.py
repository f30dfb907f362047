"""What is taken out of texts, and how lines become ranges, whatever stands in them."""

from __future__ import annotations

import io
import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shippers.audit.lines import Block, blocks, rest
from shippers.audit.ranges import ranges
from shippers.quarantine import mask

# The words round a number: any, but they do not end or begin with a digit, which would make another number.
WORDS = st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=20)
IDENTITIES = st.from_regex(r"[1-8][0-9]{5}(19|20)[0-9]{9}[0-9X]", fullmatch=True)
MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
PASSPORTS = st.from_regex(r"[EGDSP][0-9]{8}", fullmatch=True)
CARDS = st.from_regex(r"[0-9]{12,19}", fullmatch=True)
IMAGES = st.from_regex(r"[0-9A-Za-z+/]{200,400}", fullmatch=True)


@given(WORDS, st.one_of(IDENTITIES, MOBILES), WORDS)
def test_an_identity_or_telephone_number_is_taken_out_between_any_words(a: str, number: str, b: str) -> None:
    assert number not in mask(f"{a}{number}{b}")


@given(WORDS, st.one_of(PASSPORTS, CARDS, IMAGES), WORDS)
def test_a_number_that_stands_apart_is_taken_out_of_any_json(a: str, number: str, b: str) -> None:
    assert number not in mask(json.dumps({"a": f"{a} {number} {b}"}, ensure_ascii=False))


@given(st.one_of(IDENTITIES, MOBILES), st.integers(0, 2), WORDS)
def test_digits_of_another_script_are_digits(number: str, script: int, a: str) -> None:
    zero = (0x0660, 0xFF10, 0x06F0)[script]
    written = "".join(chr(zero + int(c)) if c.isdigit() else c for c in number)
    assert written not in mask(f"{a} {written} {a}")


@given(st.text())
def test_a_masked_text_has_nothing_left_to_mask(text: str) -> None:
    once = mask(text)
    assert mask(once) == once


@given(st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=199))
def test_a_text_without_digits_stays(text: str) -> None:
    assert mask(text) == text


LINES = st.lists(st.binary(max_size=12).map(lambda text: text.replace(b"\n", b"")), max_size=40)


@given(LINES, st.binary(max_size=5).map(lambda text: text.replace(b"\n", b"")), st.integers(1, 7), st.data())
def test_lines_come_out_as_they_were_written(
    lines: list[bytes], half: bytes, most: int, data: st.DataObject
) -> None:
    content = b"".join(line + b"\n" for line in lines) + half
    settled = data.draw(st.integers(0, len(lines)))
    limit = sum(len(line) + 1 for line in lines[:settled])
    file = io.BytesIO(content)
    found = list(blocks(file, limit, most))
    assert all(len(block.starts) <= most for block in found)
    told = [(start, block.line_end(n)) for block in found for n, start in enumerate(block.starts)]
    assert [content[start : end - 1] for start, end in told] == lines[:settled]
    assert [end for _, end in told][:-1] == [start for start, _ in told][1:]
    assert rest(file) == (len(lines) - settled, len(content) - limit, len(half))


@given(LINES, st.binary(min_size=1, max_size=5).map(lambda text: text.replace(b"\n", b"x")))
def test_a_last_line_without_its_line_feed_is_a_line_once_it_is_settled(
    lines: list[bytes], last: bytes
) -> None:
    content = b"".join(line + b"\n" for line in lines) + last
    found = list(blocks(io.BytesIO(content), len(content), 1000))
    assert sum(len(block.starts) for block in found) == len(lines) + 1
    assert found[-1].end == len(content)


@given(st.sets(st.integers(0, 99), min_size=1), st.sets(st.integers(0, 99)))
def test_a_block_cut_at_offsets_has_a_line_at_each(starts: set[int], at: set[int]) -> None:
    block = Block(sorted(starts), 100).cut(sorted(each for each in at if each >= min(starts)))
    assert block.starts == sorted(starts | {each for each in at if each >= min(starts)})
    sizes = [block.line_end(n) - start for n, start in enumerate(block.starts)]
    assert sum(sizes) == 100 - min(starts)
    assert min(sizes) > 0


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=60), st.integers(1, 70))
def test_ranges_name_each_line_once_and_never_touch(lines: list[tuple[int, bool]], most: int) -> None:
    ends, chosen, position = [], [], 0
    for size, wanted in lines:
        ends.append((position, position + size))
        position += size
        if wanted:
            chosen.append(ends[-1])
    found = ranges(chosen, most)
    assert found.lines == len(chosen)
    assert all(a.end < b.start for a, b in pairwise(found.kept))
    named = [line for line in chosen if any(r.start <= line[0] and line[1] <= r.end for r in found.kept)]
    assert sum(each.lines for each in found.kept) == len(named)
    others = [line for line in ends if line not in chosen]
    assert not [line for line in others for r in found.kept if r.start < line[1] and line[0] < r.end]
    if len(found.kept) < most:
        assert named == chosen
