"""What a query asks of one index, in the few words that the engine understands.

Everything is typed and normalised here: numbers are numbers, bounds are inclusive, names are full paths.
"""

from __future__ import annotations

from dataclasses import dataclass

Number = int | float


@dataclass(frozen=True, slots=True)
class All:
    """Every document."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No document."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Documents with one of these exact entries in the inverted index (`<path> NUL <value>`)."""

    entries: tuple[str, ...]
    scored: bool = True


@dataclass(frozen=True, slots=True)
class Pattern:
    """Documents with an entry that the whole regular expression matches."""

    regex: str


@dataclass(frozen=True, slots=True)
class Within:
    """Documents with a string s of the field, low <= s < high by code points; None is open."""

    path: str
    low: str
    high: str | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """Documents whose column `path` holds one of these numbers."""

    path: str
    values: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """Documents with a number in low..high, both included; None is open. Both of the column's own type."""

    path: str
    low: Number | None
    high: Number | None


@dataclass(frozen=True, slots=True)
class Present:
    """Documents that have any value in the column `path`."""

    path: str


@dataclass(frozen=True, slots=True)
class Ids:
    """Documents with one of these ids."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bool:
    """A boolean combination; `minimum` of `should` must match."""

    must: tuple[Node, ...] = ()
    filter: tuple[Node, ...] = ()
    should: tuple[Node, ...] = ()
    must_not: tuple[Node, ...] = ()
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class Constant:
    """The same documents, each with this score."""

    node: Node
    score: float


Node = All | Nothing | Terms | Pattern | Within | Numbers | Between | Present | Ids | Bool | Constant


def any_of(nodes: list[Node]) -> Node:
    """Documents that match at least one."""
    if not nodes:
        return Nothing()
    return nodes[0] if len(nodes) == 1 else Bool(should=tuple(nodes), minimum=1)


def constant(node: Node) -> bool:
    """Whether all matching documents get the same score, so that their order is free."""
    if isinstance(node, Bool):
        return not node.should and all(map(constant, node.must))
    return not (isinstance(node, Terms) and node.scored)
