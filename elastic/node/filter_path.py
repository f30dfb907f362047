"""The `filter_path` of every request: which parts of the answer are sent.

`*` stands for any part of a name, `**` for any number of names; a leading `-` leaves the part out.
"""

from __future__ import annotations

from typing import Any

from elastic.node.templates import fits

Path = tuple[str, ...]
GONE = object()


def apply(answer: Any, expression: str) -> Any:
    """The answer with only what the expression names; an empty object when nothing is left."""
    paths = [part.strip() for part in expression.split(",") if part.strip()]
    wanted = [tuple(path.split(".")) for path in paths if not path.startswith("-")]
    unwanted = [tuple(path[1:].split(".")) for path in paths if path.startswith("-")]
    kept = _keep(answer, wanted) if wanted else answer
    kept = _drop(kept, unwanted) if unwanted and kept is not GONE else kept
    return {} if kept is GONE else kept


def _keep(node: Any, paths: list[Path]) -> Any:
    if isinstance(node, list):
        parts = [part for part in (_keep(one, paths) for one in node) if part is not GONE]
        return parts or GONE
    if not isinstance(node, dict):
        return GONE
    kept = {}
    for name, value in node.items():
        rest = _rest(paths, name)
        part = value if () in rest else _keep(value, rest) if rest else GONE
        if part is not GONE:
            kept[name] = part
    return kept or GONE


def _drop(node: Any, paths: list[Path]) -> Any:
    if isinstance(node, list):
        return [_drop(one, paths) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {}
    for name, value in node.items():
        rest = _rest(paths, name)
        if () not in rest:
            kept[name] = _drop(value, rest) if rest else value
    return kept


def _rest(paths: list[Path], name: str) -> list[Path]:
    """What of each path is still to be matched below `name`."""
    rest: list[Path] = []
    for path in paths:
        if path and path[0] == "**":
            rest.append(path)
            if len(path) > 1 and fits([path[1]], name):
                rest.append(path[2:])
        elif path and fits([path[0]], name):
            rest.append(path[1:])
    return rest
