"""Checkpoints of batches that are settled in any order, against a list of lines that are settled or not."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from shippers.ledger import SPARSE, Ledger, Settled, Taken, merged

FILES = ("a", "b", "c")
BATCHES = st.lists(
    st.dictionaries(st.sampled_from(FILES), st.integers(1, 5), min_size=1), min_size=1, max_size=12
)


@given(BATCHES, st.randoms(use_true_random=False))
def test_a_checkpoint_stands_at_the_lowest_line_that_is_not_settled(
    batches: list[dict[str, int]], draw: object
) -> None:
    ledger, read, tickets = Ledger(), Counter[str](), []
    ranges: dict[str, list[tuple[int, int, int]]] = {name: [] for name in FILES}  # batch, first, last
    for number, batch in enumerate(batches):
        taken = {}
        for name, lines in batch.items():
            ranges[name].append((number, read[name], read[name] + lines))
            read[name] += lines
            taken[name] = Taken(10 * read[name], lines)
        tickets.append(ledger.open(taken))
    order = list(range(len(batches)))
    draw.shuffle(order)  # type: ignore[attr-defined]
    done: set[int] = set()
    stands: dict[str, Settled] = {}
    for number in order:
        done.add(number)
        refused = dict.fromkeys(batches[number], 1)
        stands = merged([stands, ledger.settle(tickets[number], refused)])
        for name in FILES:
            before = [each for each in ranges[name] if each[0] not in done]
            front = min((each[1] for each in before), default=read[name])
            settled = stands.get(name, Settled(0))
            assert settled.end == 10 * front
            assert settled.acknowledged + settled.quarantined == front
            assert settled.quarantined == sum(last <= front for _, _, last in ranges[name])
            assert ledger.depth(name) == len(before)


def test_behind_a_batch_that_is_never_settled_nothing_piles_up() -> None:
    ledger = Ledger()
    first = ledger.open({"a": Taken(10, 1)})
    for number in range(2, 5000):
        assert ledger.settle(ledger.open({"a": Taken(10 * number, 1)}), {"a": number % 2}) == {}
    assert ledger.depth("a") == 1
    assert len(ledger._open["a"]) < 2 * SPARSE
    assert ledger.settle(first, {}) == {"a": Settled(49990, 2500, 2499)}
    assert ledger.depth("a") == 0
