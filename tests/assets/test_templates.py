"""The committed templates: fresh, portable, and made of fields that are described well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elastic import fields, templates

ASSETS = Path(templates.__file__).parent / "assets"
CORE_TYPES = {"keyword", "text", "date", "long", "double", "boolean", "ip", "object", "flattened"}


def test_committed_templates_are_those_that_fields_yml_gives(tmp_path: Path) -> None:
    templates.write(tmp_path)

    def texts(folder: Path) -> dict[str, str]:
        return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*.json")}

    assert texts(tmp_path) == texts(ASSETS), "run `make assets`"


@pytest.mark.parametrize("field", fields.read(), ids=lambda field: field.name)
def test_a_field_is_described_in_full(field: fields.Field) -> None:
    assert field.type in CORE_TYPES
    assert field.description.endswith(".")
    assert field.example is not None
    assert field.metric_type in (None, "gauge", "counter")
    assert field.unit in (None, "ns", "ms", "byte", "px", "percent")


def test_names_are_unique_and_never_both_value_and_object() -> None:
    names = [field.name for field in fields.read()]
    parents = {name.rsplit(".", depth)[0] for name in names for depth in range(1, name.count(".") + 1)}
    assert len(names) == len(set(names))
    assert not parents & set(names)


@pytest.mark.parametrize("asset", templates.committed(), ids=lambda asset: asset.name)
def test_a_template_installs_on_every_distribution(asset: templates.Asset) -> None:
    assert "@" not in asset.name
    if asset.kind == "index_templates":
        assert asset.body["priority"] >= 501
        assert asset.body["data_stream"] == {}
    types = set(_types(asset.body))
    assert types <= CORE_TYPES


def _types(node: object) -> list[str]:
    if isinstance(node, list):
        return [found for entry in node for found in _types(entry)]
    if not isinstance(node, dict):
        return []
    own = [node["type"]] if isinstance(node.get("type"), str) else []
    return own + [found for value in node.values() for found in _types(value)]


def test_a_metrics_mapping_has_no_request_fields() -> None:
    bodies = {asset.name: json.dumps(asset.body) for asset in templates.committed()}
    assert '"quad"' in bodies["cardwatch-logs-mappings"]
    assert '"quad"' not in bodies["cardwatch-metrics-mappings"]
