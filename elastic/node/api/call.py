"""A call of the API, its answer, and how its parameters are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from elastic.node.errors import IllegalArgument, Json, MalformedJson, ParsingError
from elastic.node.index import Index
from elastic.node.indices import Indices, Lookup
from elastic.node.settings import NodeSettings

EVERYWHERE = {"pretty", "human", "error_trace", "filter_path"}
LOOKUP = {"ignore_unavailable", "allow_no_indices", "expand_wildcards"}
TIMEOUTS = {"timeout", "master_timeout"}
EXPAND = {"open", "closed", "hidden", "all", "none"}


@dataclass(frozen=True, slots=True)
class Node:
    """What the API works on."""

    indices: Indices
    settings: NodeSettings
    clock_ms: Callable[[], int]
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Call:
    """One call: `names` are the variable parts of the path, `params` the query string."""

    node: Node
    method: str
    names: Mapping[str, str]
    params: Mapping[str, str]
    body: bytes

    def json(self) -> Json:
        """The body as an object; an empty body is an empty object.

        Raises:
            MalformedJson: it is none.
        """
        if not self.body.strip():
            return {}
        try:
            parsed = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            cause = {"type": "json_parse_exception", "reason": str(error)}
            raise MalformedJson(str(error), caused_by=cause) from None
        if not isinstance(parsed, dict):
            raise ParsingError("Expected [START_OBJECT] but found another token")
        return parsed

    def flag(self, name: str, default: bool = False) -> bool:
        """A parameter that is true or false; empty is true.

        Raises:
            IllegalArgument: it is neither.
        """
        text = self.params.get(name)
        if text is None:
            return default
        if text not in ("", "true", "false"):
            raise IllegalArgument(f"Failed to parse value [{text}] as only [true] or [false] are allowed.")
        return text != "false"

    def resolved(self, name: str = "index") -> list[Index]:
        """The indices that the path names."""
        return self.node.indices.resolve(self.names.get(name, ""), self.lookup())

    def lookup(self) -> Lookup:
        """How to read the names of indices.

        Raises:
            IllegalArgument: `expand_wildcards` has another word.
        """
        expand = set(self.params.get("expand_wildcards", "open").split(","))
        if expand - EXPAND:
            raise IllegalArgument(f"No enum constant for expand_wildcards {sorted(expand - EXPAND)}")
        return Lookup(
            ignore_unavailable=self.flag("ignore_unavailable"),
            allow_no_indices=self.flag("allow_no_indices", True),
            hidden=bool(expand & {"hidden", "all"}),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body; the body of a HEAD is not sent."""

    body: Any = field(default_factory=dict)
    status: int = 200


ACKNOWLEDGED = Answer({"acknowledged": True})
Handler = Callable[[Call], Answer]


def shards(indices: list[Index], *, skipped: bool = True) -> Json:
    """The `_shards` of an answer: one for each index."""
    count = len(indices)
    return {"total": count, "successful": count, **({"skipped": 0} if skipped else {}), "failed": 0}
