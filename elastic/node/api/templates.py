"""Index templates and component templates."""

from __future__ import annotations

from elastic.node import mapping, names, templates
from elastic.node.api.call import ACKNOWLEDGED, Answer, Call
from elastic.node.errors import IllegalArgument, Json, ResourceNotFound, TemplateMissing
from elastic.node.templates import Composed, Templates

DATES = ("created_date_millis", "modified_date_millis")


def _templates(call: Call) -> Templates:
    return call.node.indices.templates


def put_component(call: Call) -> Answer:
    """`PUT _component_template/NAME`"""
    name, body = call.names["name"], templates.check_component(call.json())
    with call.node.indices.lock:
        kept = _templates(call).components
        _put(call, kept, name, body, "component template")
        for user in _templates(call).users(name):
            mapping.parse(_templates(call).composed(user).mappings)
    return ACKNOWLEDGED


def put_index(call: Call) -> Answer:
    """`PUT _index_template/NAME`"""
    name = call.names["name"]
    with call.node.indices.lock:
        body = _templates(call).check_index_template(name, call.json())
        _put(call, _templates(call).indices, name, body, "index template")
    return ACKNOWLEDGED


def _put(call: Call, kept: dict[str, Json], name: str, body: Json, what: str) -> None:
    if call.flag("create") and name in kept:
        raise IllegalArgument(f"{what} [{name}] already exists")
    now = call.node.clock_ms()
    created = kept.get(name, {}).get(DATES[0], now)
    kept[name] = {**body, DATES[0]: created, DATES[1]: now}
    call.node.indices.save()


def get_component(call: Call) -> Answer:
    """`GET _component_template`, `GET _component_template/NAME`"""
    found = _found(call, _templates(call).components, "component template")
    listed = [{"name": name, "component_template": body} for name, body in found.items()]
    return Answer({"component_templates": listed})


def get_index(call: Call) -> Answer:
    """`GET _index_template`, `GET _index_template/NAME`"""
    found = _found(call, _templates(call).indices, "index template")
    return Answer(
        {"index_templates": [{"name": name, "index_template": body} for name, body in found.items()]}
    )


def _found(call: Call, kept: dict[str, Json], what: str) -> dict[str, Json]:
    pattern = call.names.get("name", "*")
    found = [name for part in names.parts(pattern) for name in names.matching(part, kept, hidden=True)]
    if not found and "*" not in pattern:
        raise ResourceNotFound(f"{what} matching [{pattern}] not found")
    return {name: kept[name] for name in dict.fromkeys(found)}


def component_exists(call: Call) -> Answer:
    """`HEAD _component_template/NAME`"""
    return Answer(status=200 if call.names["name"] in _templates(call).components else 404)


def index_exists(call: Call) -> Answer:
    """`HEAD _index_template/NAME`"""
    return Answer(status=200 if call.names["name"] in _templates(call).indices else 404)


def delete_component(call: Call) -> Answer:
    """`DELETE _component_template/NAME`"""
    with call.node.indices.lock:
        name, kept = call.names["name"], _templates(call).components
        if name not in kept:
            raise ResourceNotFound(name)
        users = _templates(call).users(name)
        if users:
            raise IllegalArgument(
                f"component templates [{name}] cannot be removed as they are still in use by index templates"
                f" [{', '.join(users)}]"
            )
        del kept[name]
        call.node.indices.save()
    return ACKNOWLEDGED


def delete_index(call: Call) -> Answer:
    """`DELETE _index_template/NAME`"""
    with call.node.indices.lock:
        name, kept = call.names["name"], _templates(call).indices
        if name not in kept:
            raise TemplateMissing(f"index_template [{name}] missing")
        users = [stream.name for stream in call.node.indices.streams.values() if stream.template == name]
        if users:
            raise IllegalArgument(
                f"unable to remove composable templates [{name}] as they are in use by a data streams"
                f" [{', '.join(users)}]"
            )
        del kept[name]
        call.node.indices.save()
    return ACKNOWLEDGED


def simulate_index(call: Call) -> Answer:
    """`POST _index_template/_simulate_index/NAME`: what an index of that name would get"""
    name, kept = call.names["name"], _templates(call)
    if call.body.strip():
        raise IllegalArgument("[_simulate_index] with a template in the body is not supported here")
    template = kept.matching(name)
    if template is None:
        return Answer({})
    return _simulated(kept.composed(template), kept.overlapping(name, template))


def simulate(call: Call) -> Answer:
    """`POST _index_template/_simulate`, `POST _index_template/_simulate/NAME`: what a template would give"""
    name, kept = call.names.get("name"), _templates(call)
    if call.body.strip():
        body = kept.check_index_template(name or "simulated", call.json())
    elif name in kept.indices:
        body = kept.indices[name]
    else:
        raise IllegalArgument(f"unable to simulate template [{name}] that does not exist")
    return _simulated(kept.compose(body), [])


def _simulated(composed: Composed, overlapping: list[Json]) -> Answer:
    stamp = {"_data_stream_timestamp": {"enabled": True}} if composed.stream else {}
    template = {"settings": composed.settings, "mappings": {**stamp, **composed.mappings}, "aliases": {}}
    return Answer({"template": template, "overlapping": overlapping})
