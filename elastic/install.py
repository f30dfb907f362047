"""Puts the templates on a server: choose what it takes, plan what differs, apply it, verify the effect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from elasticsearch import ApiError, BadRequestError, Elasticsearch, NotFoundError

from elastic.errors import InstallFailed
from elastic.templates import DATASETS, LATE, PRIORITY, Asset, Json

Verdict = Literal["create", "update", "same", "remove"]
TimeSeries = Literal["auto", "on", "off"]

PROBE = "cardwatch-time-series-probe"
REASON_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Step:
    """What has to be done for one asset."""

    verdict: Verdict
    asset: Asset


@dataclass(frozen=True, slots=True)
class Choice:
    """Which assets a server gets, which it must not have, and why in one sentence."""

    wanted: tuple[Asset, ...]
    unwanted: tuple[Asset, ...]
    reason: str


def choose(client: Elasticsearch, assets: Iterable[Asset], time_series: TimeSeries) -> Choice:
    """Whether the metrics streams become time series: as the setting says, or as the server says (`auto`).

    The server is asked by simulating a time-series template; nothing is put for that.

    Raises:
        InstallFailed: `auto`, and the server's answer says neither yes nor no.
    """
    assets = tuple(assets)
    if time_series == "auto":
        refusal = _refusal(client)
        able = refusal is None
        reason = f"the server says so ({refusal})" if refusal else "the server takes them"
    else:
        able, reason = time_series == "on", f"the setting time_series is {time_series}"
    wanted = tuple(asset for asset in assets if able or not asset.time_series)
    unwanted = tuple(asset for asset in assets if asset.time_series and not able)
    return Choice(wanted, unwanted, f"{'Time series' if able else 'Plain streams'} for samples: {reason}.")


def _refusal(client: Elasticsearch) -> str | None:
    """Why the server has no time-series streams; None if it has them."""
    dimension = {"type": "keyword", "time_series_dimension": True}
    try:
        client.indices.simulate_template(
            name=PROBE,
            index_patterns=[f"{PROBE}-*"],
            priority=PRIORITY,
            data_stream={},
            template={
                "settings": {"index": {"mode": "time_series", "routing_path": ["host.name"]}},
                "mappings": {"properties": {"host": {"properties": {"name": dimension}}}},
            },
        )
    except BadRequestError as error:
        reason = _reason(error)
        if "index.mode" in reason or "time_series" in reason or "routing_path" in reason:
            return reason
        raise InstallFailed(
            f"The server does not say whether it has time series ({reason}): give --time-series on or off."
        ) from error
    return None


def _reason(error: ApiError) -> str:
    body = error.body
    inner = body.get("error") if isinstance(body, dict) else None
    return str(inner.get("reason") if isinstance(inner, dict) else error.message)[:REASON_CHARACTERS]


def plan(client: Elasticsearch, assets: Iterable[Asset], unwanted: Iterable[Asset] = ()) -> list[Step]:
    """Compares every asset with what the server holds, in the order in which they must be put.

    Those of `unwanted` that are there come first: they are taken away.
    """
    surplus = [Step("remove", asset) for asset in unwanted if _current(client, asset) is not None]
    return surplus + [Step(_verdict(asset, _current(client, asset)), asset) for asset in assets]


def apply(client: Elasticsearch, steps: Iterable[Step]) -> int:
    """Puts or removes what differs and returns how many assets that were.

    Raises:
        InstallFailed: the server refused one.
    """
    changes = [step for step in steps if step.verdict != "same"]
    for step in changes:
        try:
            (_remove if step.verdict == "remove" else _put)(client, step.asset)
        except ApiError as error:
            raise InstallFailed(f"The server refused the template {step.asset.name}: {error}") from error
    return len(changes)


def verify(client: Elasticsearch, assets: Iterable[Asset], namespace: str) -> list[str]:
    """Simulates the first write to each data stream; returns the names of the data streams looked at.

    The streams of late samples, `metrics-<dataset>_late-<namespace>`, are among them, never time series.

    Raises:
        InstallFailed: another template wins, a field would not get the type that it should have, or a stream
            would be a time series that should be none, or the other way round.
    """
    bodies = {asset.name: asset.body for asset in assets}
    series = {asset.body["index_patterns"][0].removesuffix("*") for asset in assets if asset.time_series}
    streams = []
    for kind, datasets in DATASETS.items():
        wanted = bodies[f"cardwatch-{kind}-mappings"]["template"]["mappings"]["properties"]
        late = [f"{dataset}{LATE}" for dataset in datasets if kind == "metrics"]
        for prefix in (f"{kind}-{dataset}-" for dataset in (*datasets, *late)):
            _verify_stream(client, f"{prefix}{namespace}", wanted, series=prefix in series)
            streams.append(f"{prefix}{namespace}")
    return streams


def _verify_stream(client: Elasticsearch, stream: str, wanted: Json, *, series: bool) -> None:
    simulated = client.indices.simulate_index_template(name=stream).body
    mode = simulated.get("template", {}).get("settings", {}).get("index", {}).get("mode")
    if (mode == "time_series") != series:
        raise InstallFailed(
            f"{stream} would be {'no time series' if series else 'a time series'}: another index template"
            " wins over Cardwatch's; lower its priority below 501."
        )
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


def _remove(client: Elasticsearch, asset: Asset) -> None:
    if asset.kind == "component_templates":
        client.cluster.delete_component_template(name=asset.name)
    else:
        client.indices.delete_index_template(name=asset.name)


def _put(client: Elasticsearch, asset: Asset) -> None:
    if asset.kind == "component_templates":
        client.cluster.put_component_template(name=asset.name, **_keywords(asset.body))
    else:
        client.indices.put_index_template(name=asset.name, **_keywords(asset.body))


def _keywords(body: Json) -> Json:
    return {("meta" if key == "_meta" else key): value for key, value in body.items()}
