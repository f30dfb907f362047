"""Puts the templates on a server: plan what differs, apply it, verify that it takes effect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from elasticsearch import ApiError, Elasticsearch, NotFoundError

from elastic.errors import InstallFailed
from elastic.templates import DATASETS, Asset, Json

Verdict = Literal["create", "update", "same"]


@dataclass(frozen=True, slots=True)
class Step:
    """What has to be done for one asset."""

    verdict: Verdict
    asset: Asset


def plan(client: Elasticsearch, assets: Iterable[Asset]) -> list[Step]:
    """Compares every asset with what the server holds, in the order in which they must be put."""
    return [Step(_verdict(asset, _current(client, asset)), asset) for asset in assets]


def apply(client: Elasticsearch, steps: Iterable[Step]) -> int:
    """Puts what differs and returns how many assets that were.

    Raises:
        InstallFailed: the server refused one.
    """
    changes = [step.asset for step in steps if step.verdict != "same"]
    for asset in changes:
        try:
            _put(client, asset)
        except ApiError as error:
            raise InstallFailed(f"The server refused the template {asset.name}: {error}") from error
    return len(changes)


def verify(client: Elasticsearch, assets: Iterable[Asset], namespace: str) -> list[str]:
    """Simulates the first write to each data stream; returns the names of the data streams looked at.

    Raises:
        InstallFailed: another template wins, or a field would not get the type that it should have.
    """
    bodies = {asset.name: asset.body for asset in assets}
    streams = []
    for kind, datasets in DATASETS.items():
        wanted = bodies[f"cardwatch-{kind}-mappings"]["template"]["mappings"]["properties"]
        for dataset in datasets:
            stream = f"{kind}-{dataset}-{namespace}"
            _verify_stream(client, stream, wanted)
            streams.append(stream)
    return streams


def _verify_stream(client: Elasticsearch, stream: str, wanted: Json) -> None:
    simulated = client.indices.simulate_index_template(name=stream).body
    got = simulated.get("template", {}).get("mappings", {}).get("properties", {})
    for name, mapping in _leaves(wanted):
        if _leaf_type(got, name) != mapping["type"]:
            rivals = [entry["name"] for entry in simulated.get("overlapping", [])]
            raise InstallFailed(
                f"In {stream} the field {name} would not be a {mapping['type']}. Another index template wins"
                f" over Cardwatch's ({', '.join(rivals) or 'unknown'}): lower its priority below 501."
            )


def _leaves(properties: Json, prefix: str = "") -> Iterable[tuple[str, Json]]:
    for name, mapping in properties.items():
        if "properties" in mapping:
            yield from _leaves(mapping["properties"], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", mapping


def _leaf_type(properties: Json, name: str) -> Any:
    node: Json = {"properties": properties}
    for part in name.split("."):
        node = node.get("properties", {}).get(part, {})
    return node.get("type")


def _verdict(asset: Asset, current: Json | None) -> Verdict:
    if current is None:
        return "create"
    return "same" if normalised(current) == normalised(asset.body) else "update"


def normalised(body: Json) -> Json:
    """`body` with what a server writes differently made alike: flat settings as text, no defaults."""
    template = dict(body.get("template", {}))
    settings = template.pop("settings", {})
    rest = {key: value for key, value in body.items() if key != "template" and not _is_default(key, value)}
    stream: Json = {"data_stream": {}} if "data_stream" in body else {}
    return rest | stream | {"template": {**template, "settings": dict(_flat(settings))}}


def _is_default(key: str, value: Any) -> bool:
    return key == "data_stream" or key.endswith(("_date", "_date_millis")) or value in ([], None, False)


def _flat(settings: Json, prefix: str = "") -> Iterable[tuple[str, str]]:
    for key, value in settings.items():
        name = prefix + key
        if isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        else:
            yield (name if name.startswith("index.") else f"index.{name}"), str(value)


def _current(client: Elasticsearch, asset: Asset) -> Json | None:
    try:
        if asset.kind == "component_templates":
            answer = client.cluster.get_component_template(name=asset.name)
            found = answer["component_templates"][0]["component_template"]
        else:
            found = client.indices.get_index_template(name=asset.name)["index_templates"][0]["index_template"]
    except NotFoundError:
        return None
    return dict(found)


def _put(client: Elasticsearch, asset: Asset) -> None:
    if asset.kind == "component_templates":
        client.cluster.put_component_template(name=asset.name, **_keywords(asset.body))
    else:
        client.indices.put_index_template(name=asset.name, **_keywords(asset.body))


def _keywords(body: Json) -> Json:
    return {("meta" if key == "_meta" else key): value for key, value in body.items()}
