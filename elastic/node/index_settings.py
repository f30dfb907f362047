"""Settings of indices: kept and given back when harmless, refused when they would change what is stored.

Elasticsearch gives all values back as text, in objects below `index`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from elastic.node.errors import IllegalArgument, Json, Unsupported

# Beginnings of the settings that tell a cluster how to keep an index, not what it means.
HARMLESS = (
    "number_of_shards",
    "number_of_replicas",
    "auto_expand_replicas",
    "codec",
    "refresh_interval",
    "mapping.",
    "lifecycle.",
    "routing.",
    "max_result_window",
    "translog.",
    "query.default_field",
    "hidden",
    "priority",
    "merge.",
    "search.idle.",
    "unassigned.",
    "allocation.",
    "number_of_routing_shards",
    "max_docvalue_fields_search",
    "max_terms_count",
    "max_regex_length",
    "blocks.",
    "store.",
    "indexing.slowlog.",
    "search.slowlog.",
    "soft_deletes.",
    "gc_deletes",
    "write.wait_for_active_shards",
)
DEFAULTS: dict[str, Any] = {
    "mode": ("standard", "logsdb"),
    "default_pipeline": ("_none",),
    "final_pipeline": ("_none",),
}
REFUSED = (
    "analysis.",
    "similarity.",
    "routing_path",
    "time_series.",
    "default_pipeline",
    "final_pipeline",
    "sort.",
)


def normalised(settings: Json) -> Json:
    """`settings` nested below `index`, values as text.

    Raises:
        IllegalArgument: Elasticsearch knows no such setting.
        Unsupported: it would change the meaning of documents.
    """
    tree: Json = {}
    for name, value in flat(settings):
        _check(name, value)
        *parents, leaf = ("index." + name).split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    return tree


def flat(settings: Json) -> Iterator[tuple[str, Any]]:
    """Dotted names without `index.` and values as text, lists as lists of text; null is left out."""
    for name, value in _walk(settings, ""):
        yield name.removeprefix("index."), value


def _walk(node: Json, prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield from _walk(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            yield prefix + key, [str(inner) for inner in value]
        elif value is not None:
            yield prefix + key, str(value).lower() if isinstance(value, bool) else str(value)


def _check(name: str, value: Any) -> None:
    if name in DEFAULTS:
        if value not in DEFAULTS[name]:
            raise Unsupported(f"setting index.{name}: {value}")
        return
    if any(name.startswith(refused) for refused in REFUSED):
        raise Unsupported(f"setting index.{name}")
    if not any(name == known or (known.endswith(".") and name.startswith(known)) for known in HARMLESS):
        raise IllegalArgument(
            f"unknown setting [index.{name}] please check that any required plugins are installed, or check"
            " the breaking changes documentation for removed settings"
        )


def merge(first: Json, second: Json) -> Json:
    """Both; the second wins."""
    merged = dict(first)
    for key, value in second.items():
        ours = merged.get(key)
        both = isinstance(ours, dict) and isinstance(value, dict)
        merged[key] = merge(ours, value) if both and ours is not None else value
    return merged
