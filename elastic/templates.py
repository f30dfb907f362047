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

from elastic.fields import Field, carried_by, read

Kind = Literal["component_templates", "index_templates"]
Json = dict[str, Any]

PRIORITY = 501  # above the server's own logs-*-* and metrics-*-* (100) and Fleet's (200)
TIME_SERIES_PRIORITY = PRIORITY + 1  # a time-series template wins over that of the plain metrics streams
IGNORE_ABOVE = 1024  # longer keywords stay in _source and are not indexed
DATASETS: Mapping[str, tuple[str, ...]] = {
    "logs": ("card.request", "card.service", "card.alert"),
    "metrics": ("card.gpu", "card.host", "card.health"),
}
LATE = "_late"  # ends the dataset of samples that came too late for their time series
META = {"description": "Cardwatch: generated from elastic/fields.yml", "managed_by": "cardwatch"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One template: its kind, its name on the server and its body."""

    kind: Kind
    name: str
    body: Json

    @property
    def time_series(self) -> bool:
        """Whether it makes time-series data streams, which not every server has."""
        settings = self.body.get("template", {}).get("settings", {})
        return bool(settings.get("index", {}).get("mode") == "time_series")


def assets(fields: Iterable[Field]) -> tuple[Asset, ...]:
    """All templates; component templates first, as index templates refer to them."""
    fields = tuple(fields)
    components = [Asset("component_templates", "cardwatch-settings", _settings())]
    indices = []
    for kind, datasets in DATASETS.items():
        wanted = [field for field in fields if not field.streams or set(field.streams) & set(datasets)]
        components.append(
            Asset("component_templates", f"cardwatch-{kind}-mappings", _mappings(wanted, kind == "metrics"))
        )
        indices.append(Asset("index_templates", f"cardwatch-{kind}", _index_template(kind)))
    indices += [_time_series(fields, dataset) for dataset in DATASETS["metrics"]]
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


def properties(fields: Iterable[Field], series: bool = False) -> Json:
    """The `properties` of a mapping: a tree of objects from dotted names.

    With `series`, fields say what they are in a time series; other streams take that and do nothing with it.
    """
    tree: Json = {}
    for field in sorted(fields, key=lambda field: field.name):
        *parents, leaf = field.name.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {"properties": {}})["properties"]
        node[leaf] = _mapping(field, series)
    return tree


def _mapping(field: Field, series: bool) -> Json:
    mapping: Json = {"type": field.type}
    if not field.index:
        return mapping | {"index": False, "doc_values": False}
    if series and field.dimension:
        return mapping | {"time_series_dimension": True}  # Elasticsearch allows no ignore_above beside it
    if field.type == "keyword":
        mapping["ignore_above"] = IGNORE_ABOVE
    if series and field.metric_type:
        mapping["time_series_metric"] = field.metric_type
    return mapping


def _settings() -> Json:
    return {"template": {"settings": {"index": {"codec": "best_compression"}}}, "_meta": META}


def _mappings(fields: Iterable[Field], series: bool) -> Json:
    strings = {"match_mapping_type": "string", "mapping": {"type": "keyword", "ignore_above": IGNORE_ABOVE}}
    mappings = {
        "date_detection": False,
        "dynamic_templates": [{"strings_as_keyword": strings}],
        "properties": properties(fields, series),
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


def _time_series(fields: Iterable[Field], dataset: str) -> Asset:
    """The time-series template of a dataset; its late samples (`<dataset>_late`) stay in plain streams.

    `index.routing_path` is named because a server may not find it by itself; it holds the keywords among the
    dimensions.
    """
    dimensions = [field for field in carried_by(fields, dataset) if field.dimension]
    path = sorted(field.name for field in dimensions if field.type == "keyword")
    plain = _index_template("metrics")
    body = plain | {
        "index_patterns": [f"metrics-{dataset}-*"],
        "priority": TIME_SERIES_PRIORITY,
        "template": {"settings": {"index": {"mode": "time_series", "routing_path": path}}},
    }
    return Asset("index_templates", f"cardwatch-metrics-{dataset.removeprefix('card.')}", body)


def write(folder: Path) -> None:
    """Writes all templates below `folder`, one JSON file each, in stable order."""
    for asset in assets(read()):
        path = folder / asset.kind / f"{asset.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asset.body, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    write(Path(__file__).parent / "assets")
