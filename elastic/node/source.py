"""What of a document's `_source` the answer shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from elastic.node.errors import Json, ParsingError
from elastic.node.templates import fits


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """`shown`: whether at all; then what `includes` names (nothing: everything), less `excludes`."""

    shown: bool = True
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()

    def apply(self, raw: bytes) -> Any:
        """The part to show as something orjson can write; the bytes as they are when nothing is cut."""
        if not self.includes and not self.excludes:
            return orjson.Fragment(raw)
        return cut(orjson.loads(raw), "", self) or {}


def parse(value: Any) -> SourceFilter:
    """The `_source` of a search body.

    Raises:
        ParsingError: it has another shape.
    """
    if value is None or isinstance(value, bool):
        return SourceFilter(shown=value is not False)
    if isinstance(value, str | list):
        return SourceFilter(includes=_patterns(value))
    if not isinstance(value, dict):
        raise ParsingError(
            f"Expected one of [VALUE_BOOLEAN, VALUE_STRING, START_ARRAY, START_OBJECT] for [{value}]"
        )
    for name in value.keys() - {"includes", "include", "excludes", "exclude"}:
        raise ParsingError(f"Unknown key for a START_ARRAY in [{name}].")
    includes = value.get("includes", value.get("include", []))
    return SourceFilter(True, _patterns(includes), _patterns(value.get("excludes", value.get("exclude", []))))


def _patterns(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(pattern, str) for pattern in listed):
        raise ParsingError("[_source] takes names and patterns only")
    return tuple(listed)


def cut(node: Json, prefix: str, wanted: SourceFilter) -> Json:
    """The object without what is not wanted; objects that become empty go too."""
    kept: Json = {}
    for name, value in node.items():
        path = prefix + name
        if _names(wanted.excludes, path):
            continue
        whole = not wanted.includes or _names(wanted.includes, path)
        rule = SourceFilter(True, (), wanted.excludes) if whole else wanted
        inner = _cut_value(value, f"{path}.", rule, whole)
        if inner is not NOTHING:
            kept[name] = inner
    return kept


NOTHING = object()


def _cut_value(value: Any, prefix: str, wanted: SourceFilter, whole: bool) -> Any:
    if isinstance(value, dict):
        inner = cut(value, prefix, wanted)
        return inner if inner or (whole and not value) else NOTHING
    if isinstance(value, list):
        parts = [_cut_value(one, prefix, wanted, whole) for one in value]
        kept = [part for part in parts if part is not NOTHING]
        return kept if kept or whole else NOTHING
    return value if whole else NOTHING


def _names(patterns: tuple[str, ...], path: str) -> bool:
    """Whether a pattern names the path itself or an object that it lies in."""
    return any(fits([pattern], path) or path.startswith(f"{pattern}.") for pattern in patterns)
