"""From the field dictionary to component and index templates, exactly as Elasticsearch takes them.

Run `python -m elastic.templates` after a change of fields.yml; a test checks that the files are fresh.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from elastic.fields import Field, read

Kind = Literal["component_templates", "index_templates"]
Json = dict[str, Any]

PRIORITY = 501  # above the server's own logs-*-* and metrics-*-* (100) and Fleet's (200)
IGNORE_ABOVE = 1024  # longer keywords stay in _source and are not indexed
DATASETS: Mapping[str, tuple[str, ...]] = {
    "logs": ("card.request", "card.service", "card.alert"),
    "metrics": ("card.gpu", "card.host", "card.health"),
}
META = {"description": "Cardwatch: generated from elastic/fields.yml", "managed_by": "cardwatch"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One template: its kind, its name on the server and its body."""

    kind: Kind
    name: str
    body: Json


def assets(fields: Iterable[Field]) -> tuple[Asset, ...]:
    """All templates; component templates first, as index templates refer to them."""
    fields = tuple(fields)
    components = [Asset("component_templates", "cardwatch-settings", _settings())]
    indices = []
    for kind, datasets in DATASETS.items():
        wanted = [field for field in fields if not field.streams or set(field.streams) & set(datasets)]
        components.append(Asset("component_templates", f"cardwatch-{kind}-mappings", _mappings(wanted)))
        indices.append(Asset("index_templates", f"cardwatch-{kind}", _index_template(kind)))
    return (*components, *indices)


def committed() -> tuple[Asset, ...]:
    """The templates as they lie in assets/, component templates first."""
    kinds: tuple[Kind, ...] = ("component_templates", "index_templates")
    root = files("elastic").joinpath("assets")
    found = []
    for kind in kinds:
        entries = sorted(root.joinpath(kind).iterdir(), key=lambda entry: entry.name)
        found += [Asset(kind, Path(e.name).stem, json.loads(e.read_text("utf-8"))) for e in entries]
    return tuple(found)


def properties(fields: Iterable[Field]) -> Json:
    """The `properties` of a mapping: a tree of objects from dotted names."""
    tree: Json = {}
    for field in sorted(fields, key=lambda field: field.name):
        *parents, leaf = field.name.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {"properties": {}})["properties"]
        node[leaf] = _mapping(field)
    return tree


def _mapping(field: Field) -> Json:
    mapping: Json = {"type": field.type}
    if not field.index:
        return mapping | {"index": False, "doc_values": False}
    if field.type == "keyword":
        mapping["ignore_above"] = IGNORE_ABOVE
    return mapping


def _settings() -> Json:
    return {"template": {"settings": {"index": {"codec": "best_compression"}}}, "_meta": META}


def _mappings(fields: Iterable[Field]) -> Json:
    strings = {"match_mapping_type": "string", "mapping": {"type": "keyword", "ignore_above": IGNORE_ABOVE}}
    mappings = {
        "date_detection": False,
        "dynamic_templates": [{"strings_as_keyword": strings}],
        "properties": properties(fields),
    }
    return {"template": {"mappings": mappings}, "_meta": META}


def _index_template(kind: str) -> Json:
    return {
        "index_patterns": [f"{kind}-card.*-*"],
        "priority": PRIORITY,
        "data_stream": {},
        "composed_of": ["cardwatch-settings", f"cardwatch-{kind}-mappings"],
        "_meta": META,
    }


def write(folder: Path) -> None:
    """Writes all templates below `folder`, one JSON file each, in stable order."""
    for asset in assets(read()):
        path = folder / asset.kind / f"{asset.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asset.body, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    write(Path(__file__).parent / "assets")
