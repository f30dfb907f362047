"""Index templates and component templates: checked, matched against names, composed."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from elastic.node import index_settings, mapping
from elastic.node.errors import IllegalArgument, InvalidTemplate, Json, MalformedJson, Unsupported

INDEX_KEYS = {"index_patterns", "composed_of", "priority", "template", "data_stream", "_meta", "version"} | {
    "allow_auto_create",
    "ignore_missing_component_templates",
    "deprecated",
}
COMPONENT_KEYS = {"template", "_meta", "version", "deprecated"}
TEMPLATE_KEYS = {"settings", "mappings", "aliases", "lifecycle", "data_stream_options"}
TIMESTAMP: Json = {"properties": {"@timestamp": {"type": "date"}}}


@dataclass(frozen=True, slots=True)
class Composed:
    """What a new index gets."""

    settings: Json
    mappings: Json
    stream: bool = False


@dataclass(slots=True)
class Templates:
    """All templates, by name, as they were put (and normalised)."""

    components: dict[str, Json] = field(default_factory=dict)
    indices: dict[str, Json] = field(default_factory=dict)

    def matching(self, name: str) -> str | None:
        """The index template of the highest priority for an index or data stream of that name."""
        found = [key for key, body in self.indices.items() if fits(body["index_patterns"], name)]
        return max(found, key=lambda key: self.indices[key].get("priority", 0), default=None)

    def composed(self, template: str | None) -> Composed:
        """Settings and mappings of an index made from the template; None: no template matches."""
        if template is None:
            return Composed({}, {})
        return self.compose(self.indices[template])

    def compose(self, body: Json) -> Composed:
        """Component templates in their order, then the template's own part, which wins."""
        stream = "data_stream" in body
        parts = [self.components[name]["template"] for name in self.present(body)] + [
            body.get("template", {})
        ]
        settings: Json = {}
        mappings: Json = {}
        for part in parts:
            settings = index_settings.merge(settings, part.get("settings", {}))
            mappings = mapping.merge(mappings, part.get("mappings", {}))
        if stream:
            mappings = mapping.merge(TIMESTAMP, mappings)
        return Composed(settings, mappings, stream)

    def present(self, body: Json) -> list[str]:
        """The component templates that a template names and that are there."""
        return [name for name in body.get("composed_of", ()) if name in self.components]

    def users(self, component: str) -> list[str]:
        """The index templates that name a component template and must have it."""
        return sorted(
            name
            for name, body in self.indices.items()
            if component in body.get("composed_of", ())
            and component not in body.get("ignore_missing_component_templates", ())
        )

    def overlapping(self, name: str, template: str | None) -> list[Json]:
        """Other templates that match the name of an index, as `_simulate_index` lists them."""
        return [
            {"name": key, "index_patterns": body["index_patterns"]}
            for key, body in self.indices.items()
            if key != template and fits(body["index_patterns"], name)
        ]

    def check_index_template(self, name: str, body: Json) -> Json:
        """The template as it will be kept.

        Raises:
            ApiError: it is malformed, names what is not there, or ties with another template.
        """
        _known(body, INDEX_KEYS, "index_template")
        patterns = body.get("index_patterns")
        patterns = [patterns] if isinstance(patterns, str) else patterns
        if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
            raise InvalidTemplate(f"index_template [{name}] invalid, cause [index patterns are missing]")
        absent = set(body.get("composed_of", ())) - self.components.keys()
        missing = sorted(absent - set(body.get("ignore_missing_component_templates", ())))
        if missing:
            raise InvalidTemplate(
                f"index_template [{name}] invalid, cause [index template [{name}] specifies component"
                f" templates [{', '.join(missing)}] that do not exist]"
            )
        kept = {"composed_of": [], **body, "index_patterns": patterns}
        if "template" in body:
            kept["template"] = _checked_part(body["template"])
        if "data_stream" in body:
            kept["data_stream"] = _checked_stream(body["data_stream"])
        self._check_tie(name, kept)
        mapping.parse(self.compose(kept).mappings)
        return kept

    def _check_tie(self, name: str, body: Json) -> None:
        priority = body.get("priority", 0)
        for other, theirs in self.indices.items():
            same = theirs.get("priority", 0) == priority and other != name
            if same and _overlap(body["index_patterns"], theirs["index_patterns"]):
                ours, others = (", ".join(one["index_patterns"]) for one in (body, theirs))
                raise IllegalArgument(
                    f"index template [{name}] has index patterns [{ours}] matching patterns from existing"
                    f" templates [{other}] with patterns ({other} => [{others}]) that have the same priority"
                    f" [{priority}], multiple index templates may not match during index creation, please"
                    " use a different priority"
                )


def check_component(body: Json) -> Json:
    """The component template as it will be kept.

    Raises:
        ApiError: it is malformed.
    """
    _known(body, COMPONENT_KEYS, "component_template")
    if "template" not in body:
        raise MalformedJson("Required [template]")
    part = _checked_part(body["template"])
    mapping.parse(part.get("mappings", {}))
    return {**body, "template": part}


def _known(body: Json, keys: set[str], what: str) -> None:
    for key in body.keys() - keys:
        raise MalformedJson(f"[{what}] unknown field [{key}]")


def _checked_part(part: Any) -> Json:
    if not isinstance(part, dict):
        raise MalformedJson("[template] must be an object")
    _known(part, TEMPLATE_KEYS, "template")
    for key in ("aliases", "data_stream_options"):
        if part.get(key):
            raise Unsupported(f"template.{key}")
    checked = dict(part)
    if "settings" in part:
        checked["settings"] = index_settings.normalised(part["settings"])
    if "mappings" in part:
        checked["mappings"] = mapping.parse(part["mappings"]).source if part["mappings"] else {}
        if not checked["mappings"].get("properties") and "properties" not in part["mappings"]:
            checked["mappings"].pop("properties", None)
    return checked


def _checked_stream(stream: Any) -> Json:
    if not isinstance(stream, dict) or stream.keys() - {"hidden", "allow_custom_routing"}:
        raise MalformedJson(f"[data_stream] unknown field {sorted(stream)}")
    if any(value not in (False, "false") for value in stream.values()):
        raise Unsupported(f"data_stream {stream}")
    return {"hidden": False, "allow_custom_routing": False}


def fits(patterns: list[str], name: str) -> bool:
    """Whether one of the patterns (only `*` is special) matches the name."""
    return any(fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]")) for pattern in patterns)


def _overlap(first: list[str], second: list[str]) -> bool:
    return any(_meet(a, b) for a in first for b in second)


def _meet(first: str, second: str) -> bool:
    """Whether some name matches both patterns."""
    if not first or not second:
        return not (first + second).strip("*")
    if first[0] == "*":
        return _meet(first[1:], second) or _meet(first, second[1:])
    if second[0] == "*":
        return _meet(first, second[1:]) or _meet(first[1:], second)
    return first[0] == second[0] and _meet(first[1:], second[1:])
