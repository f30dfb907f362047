"""Which path leads where. One line per route: method, path, handler, its own parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from elastic.node.api import cluster, documents, indices, search, templates
from elastic.node.api.call import EVERYWHERE, LOOKUP, TIMEOUTS, Handler

WRITE = {"refresh", "timeout", "wait_for_active_shards", "require_alias", "require_data_stream"}
SEARCH = LOOKUP | {
    "_source",
    "_source_excludes",
    "_source_includes",
    "allow_partial_search_results",
    "batched_reduce_size",
    "ccs_minimize_roundtrips",
    "from",
    "max_concurrent_shard_requests",
    "pre_filter_shard_size",
    "preference",
    "q",
    "request_cache",
    "search_type",
    "seq_no_primary_term",
    "size",
    "sort",
    "timeout",
    "track_total_hits",
    "typed_keys",
    "version",
}
COUNT = LOOKUP | {"q", "preference"}
BULK = WRITE | {"list_executed_pipelines", "include_source_on_error"}
DOCUMENT = WRITE | {"op_type", "include_source_on_error"}
GET = {"_source", "_source_excludes", "_source_includes", "realtime", "refresh", "preference"} | LOOKUP
TEMPLATE = {"create", "cause", "master_timeout"}
SHOWN = TIMEOUTS | LOOKUP | {"flat_settings", "include_defaults", "local", "features"}
HEALTH = {"wait_for_status", "timeout", "master_timeout", "local", "level", "expand_wildcards"} | {
    "wait_for_no_initializing_shards",
    "wait_for_no_relocating_shards",
    "wait_for_nodes",
    "wait_for_events",
    "wait_for_active_shards",
}


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path; `{name}` in the path is variable, `fixed` is given to the handler as it is."""

    method: str
    path: str
    handler: Handler
    params: set[str]
    fixed: Mapping[str, str] = field(default_factory=dict)


ROUTES = (
    Route("GET", "", cluster.root, set()),
    Route("GET", "_cluster/health", cluster.health, HEALTH),
    Route("GET", "_cluster/health/{index}", cluster.health, HEALTH),
    Route("POST", "_bulk", documents.bulk_, BULK),
    Route("PUT", "_bulk", documents.bulk_, BULK),
    Route("POST", "{index}/_bulk", documents.bulk_, BULK),
    Route("PUT", "{index}/_bulk", documents.bulk_, BULK),
    Route("POST", "{index}/_doc", documents.put, DOCUMENT),
    Route("PUT", "{index}/_doc/{id}", documents.put, DOCUMENT),
    Route("POST", "{index}/_doc/{id}", documents.put, DOCUMENT),
    Route("PUT", "{index}/_create/{id}", documents.put, DOCUMENT, {"create": "true"}),
    Route("POST", "{index}/_create/{id}", documents.put, DOCUMENT, {"create": "true"}),
    Route("GET", "{index}/_doc/{id}", documents.get, GET),
    Route("GET", "_search", search.search, SEARCH),
    Route("POST", "_search", search.search, SEARCH),
    Route("GET", "{index}/_search", search.search, SEARCH),
    Route("POST", "{index}/_search", search.search, SEARCH),
    Route("GET", "_count", search.count, COUNT),
    Route("POST", "_count", search.count, COUNT),
    Route("GET", "{index}/_count", search.count, COUNT),
    Route("POST", "{index}/_count", search.count, COUNT),
    Route("POST", "_refresh", indices.refresh, LOOKUP),
    Route("GET", "_refresh", indices.refresh, LOOKUP),
    Route("POST", "{index}/_refresh", indices.refresh, LOOKUP),
    Route("GET", "{index}/_refresh", indices.refresh, LOOKUP),
    Route("POST", "_flush", indices.refresh, LOOKUP | {"force", "wait_if_ongoing"}),
    Route("POST", "{index}/_flush", indices.refresh, LOOKUP | {"force", "wait_if_ongoing"}),
    Route("PUT", "{index}", indices.create, TIMEOUTS | {"wait_for_active_shards"}),
    Route("GET", "{index}", indices.get, SHOWN),
    Route("HEAD", "{index}", indices.exists, SHOWN),
    Route("DELETE", "{index}", indices.delete, TIMEOUTS | LOOKUP),
    Route("GET", "_mapping", indices.get_mapping, SHOWN),
    Route("GET", "{index}/_mapping", indices.get_mapping, SHOWN),
    Route("PUT", "{index}/_mapping", indices.put_mapping, TIMEOUTS | LOOKUP),
    Route("POST", "{index}/_mapping", indices.put_mapping, TIMEOUTS | LOOKUP),
    Route("GET", "_settings", indices.get_settings, SHOWN),
    Route("GET", "{index}/_settings", indices.get_settings, SHOWN),
    Route("GET", "_resolve/index/{name}", indices.resolve, LOOKUP | {"mode"}),
    Route("POST", "_resolve/index/{name}", indices.resolve, LOOKUP | {"mode"}),
    Route("GET", "_data_stream", indices.get_stream, SHOWN | {"verbose"}),
    Route("GET", "_data_stream/{name}", indices.get_stream, SHOWN | {"verbose"}),
    Route("POST", "{index}/_rollover", indices.roll_over, TIMEOUTS | {"dry_run"}),
    Route("PUT", "_data_stream/{name}", indices.create_stream, TIMEOUTS),
    Route("DELETE", "_data_stream/{name}", indices.delete_stream, TIMEOUTS | LOOKUP),
    Route("PUT", "_component_template/{name}", templates.put_component, TEMPLATE),
    Route("POST", "_component_template/{name}", templates.put_component, TEMPLATE),
    Route("GET", "_component_template", templates.get_component, SHOWN),
    Route("GET", "_component_template/{name}", templates.get_component, SHOWN),
    Route("HEAD", "_component_template/{name}", templates.component_exists, SHOWN),
    Route("DELETE", "_component_template/{name}", templates.delete_component, TIMEOUTS),
    Route("PUT", "_index_template/{name}", templates.put_index, TEMPLATE),
    Route("POST", "_index_template/{name}", templates.put_index, TEMPLATE),
    Route("GET", "_index_template", templates.get_index, SHOWN),
    Route("GET", "_index_template/{name}", templates.get_index, SHOWN),
    Route("HEAD", "_index_template/{name}", templates.index_exists, SHOWN),
    Route("DELETE", "_index_template/{name}", templates.delete_index, TIMEOUTS),
    Route("POST", "_index_template/_simulate_index/{name}", templates.simulate_index, TEMPLATE | SHOWN),
    Route("POST", "_index_template/_simulate", templates.simulate, TEMPLATE | SHOWN),
    Route("POST", "_index_template/_simulate/{name}", templates.simulate, TEMPLATE | SHOWN),
)


@dataclass(frozen=True, slots=True)
class Match:
    """A route and the variable parts of the path that led to it."""

    route: Route
    names: Mapping[str, str]

    def unknown(self, params: Mapping[str, str]) -> list[str]:
        """Parameters of the query string that the route does not have."""
        return sorted(params.keys() - self.route.params - EVERYWHERE)


def find(method: str, segments: list[str]) -> Match | list[str]:
    """The route, or the methods that the path has (none: there is no such path). HEAD may use a GET."""
    allowed: list[str] = []
    found: list[Match] = []
    for route in ROUTES:
        names = _names(route.path.split("/") if route.path else [], segments)
        if names is not None:
            allowed.append(route.method)
            if route.method in (method, "GET" if method == "HEAD" else method):
                found.append(Match(route, {**names, **route.fixed}))
    exact = [match for match in found if match.route.method == method]
    best = exact or found
    return best[0] if best else sorted(set(allowed))


def _names(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    names = {}
    for wanted, got in zip(pattern, segments, strict=True):
        if wanted.startswith("{"):
            if got.startswith("_") and got != "_all" and wanted != "{id}":
                return None
            names[wanted[1:-1]] = got
        elif wanted != got:
            return None
    return names
