"""Searching and counting."""

from __future__ import annotations

import time
from typing import Any

from elastic.node import search as searching
from elastic.node.api.call import Answer, Call, shards
from elastic.node.api.documents import source_filter
from elastic.node.errors import Json, Unsupported
from elastic.node.search import Limits

IN_URL = ("from", "size", "track_total_hits", "version", "seq_no_primary_term")


def search(call: Call) -> Answer:
    """`GET|POST _search`, `GET|POST INDEX/_search`"""
    started = time.monotonic()
    request = searching.parse(_body(call))
    indices = call.resolved()
    hits = searching.search(indices, request, _limits(call))
    took = int((time.monotonic() - started) * 1000)
    return Answer({"took": took, "timed_out": False, "_shards": shards(indices), "hits": hits})


def _body(call: Call) -> Json:
    """The body, with what the query string says on top."""
    if call.params.get("q"):
        raise Unsupported("parameter q")
    body = call.json()
    for name in IN_URL:
        if name in call.params:
            body[name] = call.params[name]
    if call.params.get("sort"):
        body["sort"] = call.params["sort"].split(",")
    if {"_source", "_source_includes", "_source_excludes"} & call.params.keys():
        body["_source"] = _source(call)
    return body


def _source(call: Call) -> Any:
    wanted = source_filter(call)
    return {"includes": list(wanted.includes), "excludes": list(wanted.excludes)} if wanted.shown else False


def _limits(call: Call) -> Limits:
    settings = call.node.settings
    return Limits(settings.max_result_window, settings.max_terms, call.node.clock_ms())


def count(call: Call) -> Answer:
    """`GET|POST _count`, `GET|POST INDEX/_count`"""
    if call.params.get("q"):
        raise Unsupported("parameter q")
    indices = call.resolved()
    number = searching.count(indices, call.json(), _limits(call))
    return Answer({"count": number, "_shards": shards(indices)})
