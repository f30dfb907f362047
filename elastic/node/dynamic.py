"""The first sight of a field: what type it gets, by dynamic templates or by its JSON value.

Source: https://www.elastic.co/docs/manage-data/data-store/mapping/dynamic-mapping.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any

from elastic.node import dates
from elastic.node.errors import Json, StrictMapping
from elastic.node.mapping import Mapping

TEXT: Json = {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}}
DEFAULTS: dict[str, Json] = {
    "string": TEXT,
    "date": {"type": "date"},
    "long": {"type": "long"},
    "double": {"type": "float"},
    "boolean": {"type": "boolean"},
    "object": {"type": "object"},
}
# What {dynamic_type} stands for in a template.
NAMES = {"string": "text", "double": "double"}


def entry(mapping: Mapping, path: str, value: Any) -> Json | None:
    """The mapping of the new field `path`, seen with `value` (no list, not null); None: not mapped.

    Raises:
        StrictMapping: the mapping allows no new fields there.
    """
    parent, _, name = path.rpartition(".")
    rule = mapping.dynamic(parent)
    if rule == "strict":
        raise StrictMapping(
            f"mapping set to strict, dynamic introduction of [{name}] within [{parent or '_doc'}] is not"
            " allowed"
        )
    if rule == "false":
        return None
    kind = seen_as(value, bool(mapping.source.get("date_detection", True)))
    for named in mapping.source.get("dynamic_templates", ()):
        for template in named.values():
            if matches(template, path, name, kind):
                return _filled(template.get("mapping", {}), name, kind)
    return DEFAULTS[kind]


def seen_as(value: Any, date_detection: bool) -> str:
    """The JSON type in the words of `match_mapping_type`."""
    if isinstance(value, dict):
        return "object"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "long"
    if isinstance(value, float):
        return "double"
    return "date" if date_detection and looks_like_date(value) else "string"


def looks_like_date(text: str) -> bool:
    """Whether date detection takes it; pure numbers are none."""
    if len(text) < 6 or not text[:4].isdigit() or text.isdigit():
        return False
    try:
        dates.parse(text, "strict_date_optional_time")
    except dates.BadDate:
        return False
    return True


def matches(template: Json, path: str, name: str, kind: str) -> bool:
    """Whether a dynamic template is for that field."""
    regex = template.get("match_pattern") == "regex"
    return (
        _listed(template.get("match_mapping_type", "*"), kind)
        and _fits(template.get("match"), name, regex, True)
        and not _fits(template.get("unmatch"), name, regex, False)
        and _fits(template.get("path_match"), path, regex, True)
        and not _fits(template.get("path_unmatch"), path, regex, False)
    )


def _listed(wanted: Any, kind: str) -> bool:
    kinds = wanted if isinstance(wanted, list) else [wanted]
    return kind in kinds or "*" in kinds


def _fits(patterns: Any, text: str, regex: bool, default: bool) -> bool:
    if patterns is None:
        return default
    listed = patterns if isinstance(patterns, list) else [patterns]
    return any(re.fullmatch(p, text) if regex else fnmatchcase(text, _literal(p)) for p in listed)


def _literal(pattern: str) -> str:
    return pattern.replace("[", "[[]").replace("?", "[?]")  # only the star is special


def _filled(mapping: Json, name: str, kind: str) -> Json:
    dynamic_type = NAMES.get(kind, kind)

    def fill(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("{name}", name).replace("{dynamic_type}", dynamic_type)
        return {key: fill(inner) for key, inner in value.items()} if isinstance(value, dict) else value

    filled: Json = {key: fill(value) for key, value in mapping.items()}
    return filled if "type" in filled else {**DEFAULTS[kind], **filled}
