"""Writing and reading documents: _bulk, _doc, _create."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from elastic.node import bulk
from elastic.node.api.call import Answer, Call
from elastic.node.bulk import Operation, Outcome
from elastic.node.errors import ApiError, IllegalArgument, Json, MissingBody, StorageFailed
from elastic.node.index import Index, Written
from elastic.node.source import SourceFilter, parse

REFRESH = ("true", "false", "wait_for", "")


def bulk_(call: Call) -> Answer:
    """`POST _bulk`, `POST INDEX/_bulk`"""
    started = time.monotonic()
    refresh = _refresh(call)
    operations = bulk.parse(call.body, call.names.get("index"), call.node.settings.max_operations)
    outcomes, touched = bulk.run(operations, call.node.indices.target, call.node.new_id)
    _make_visible(call, refresh, outcomes, touched)
    replicas = {index.name: _replicas(index) for index in touched}
    items = [bulk.item(outcome, replicas.get(outcome.index, 1), refresh == "true") for outcome in outcomes]
    errors = any(isinstance(outcome.result, ApiError) for outcome in outcomes)
    took = int((time.monotonic() - started) * 1000)
    return Answer({"errors": errors, "took": took, "items": items})


def _replicas(index: Index) -> int:
    return int(index.setting("number_of_replicas", 1))


def _refresh(call: Call) -> str:
    value = call.params.get("refresh", "false")
    if value not in REFRESH:
        raise IllegalArgument(f"Unknown value for refresh: [{value}].")
    return value or "true"


def _make_visible(call: Call, refresh: str, outcomes: Sequence[Outcome], touched: Iterable[Index]) -> None:
    if refresh == "true":
        for index in touched:
            index.refresh()
    elif refresh == "wait_for":
        for index in touched:
            written = [
                o.result.seq for o in outcomes if o.index == index.name and isinstance(o.result, Written)
            ]
            if written and not index.wait_until_visible(max(written), call.node.settings.wait_for_s):
                raise StorageFailed(f"[{index.name}] was not refreshed in time; the documents are kept")


def put(call: Call) -> Answer:
    """`PUT INDEX/_doc/ID`, `POST INDEX/_doc`, `PUT INDEX/_create/ID`"""
    refresh = _refresh(call)
    create = "create" in call.names or call.params.get("op_type") == "create"
    if call.params.get("op_type") not in (None, "create", "index"):
        raise IllegalArgument(f"opType must be 'create' or 'index', found: [{call.params['op_type']}]")
    if not call.body.strip():
        raise MissingBody("request body is required")
    operation = Operation(
        "create" if create else "index", call.names["index"], call.names.get("id"), _line(call)
    )
    outcomes, touched = bulk.run([operation], call.node.indices.target, call.node.new_id)
    result = outcomes[0].result
    if isinstance(result, ApiError):
        raise result
    _make_visible(call, refresh, outcomes, touched)
    told = bulk.written(result, _replicas(touched[0]), refresh == "true")
    status = told.pop("status")
    return Answer({"_index": outcomes[0].index, "_id": outcomes[0].doc_id, **told}, status)


def _line(call: Call) -> bytes:
    """The document's bytes on one line; Elasticsearch keeps them as they are."""
    call.json()
    return call.body


def get(call: Call) -> Answer:
    """`GET INDEX/_doc/ID`, also of a document that is not searchable yet"""
    indices = call.resolved()
    if len(indices) != 1:
        raise IllegalArgument(
            f"[{call.names['index']}] has more than one index, can't execute a single index op"
        )
    index = indices[0]
    stored = index.get(call.names["id"])
    if stored is None:
        return Answer({"_index": index.name, "_id": call.names["id"], "found": False}, 404)
    head: Json = {
        "_index": index.name,
        "_id": stored.doc_id,
        "_version": stored.version,
        "_seq_no": stored.seq,
    }
    shown = source_filter(call)
    body = {"_source": shown.apply(stored.source)} if shown.shown else {}
    return Answer({**head, "_primary_term": 1, "found": True, **body})


def source_filter(call: Call) -> SourceFilter:
    """`_source`, `_source_includes` and `_source_excludes` of the query string."""
    text = call.params.get("_source")
    plain = {"true": True, "false": False, "": True, None: True}
    wanted = plain[text] if text in plain else str(text).split(",")
    if wanted is False:
        return SourceFilter(shown=False)
    includes = _split(call, "_source_includes") + (wanted if isinstance(wanted, list) else [])
    return parse({"includes": includes, "excludes": _split(call, "_source_excludes")})


def _split(call: Call, name: str) -> list[str]:
    return [part for part in call.params.get(name, "").split(",") if part]
