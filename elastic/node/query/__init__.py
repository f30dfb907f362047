"""Elasticsearch's query objects -> the engine's query nodes. A new kind is one function and one line here.

leaf       match_all, match_none, term, terms, ids, exists, prefix, wildcard, match
ranges     range
compound   bool, constant_score
strings    regular expressions for ranges, prefixes and wildcards
context    what a translator may know: fields, time
nodes      the result
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from elastic.node.errors import ParsingError, Unsupported
from elastic.node.query import compound, leaf, ranges
from elastic.node.query.context import Context
from elastic.node.query.nodes import All, Node

LEAVES: Mapping[str, Callable[[Any, Context], Node]] = {
    "match_all": leaf.match_all,
    "match_none": leaf.match_none,
    "term": leaf.term,
    "terms": leaf.terms,
    "ids": leaf.ids,
    "exists": leaf.exists,
    "prefix": leaf.prefix,
    "wildcard": leaf.wildcard,
    "match": leaf.match,
    "range": ranges.range_,
}
COMPOUNDS: Mapping[str, Callable[[Any, Context, compound.Translate], Node]] = {
    "bool": compound.bool_,
    "constant_score": compound.constant_score,
}
# Elasticsearch knows these, the node does not: it says so instead of calling them unknown.
ABSENT = frozenset(
    [
        "boosting",
        "combined_fields",
        "dis_max",
        "distance_feature",
        "function_score",
        "fuzzy",
        "geo_bounding_box",
        "geo_distance",
        "geo_polygon",
        "geo_shape",
        "has_child",
        "has_parent",
        "intervals",
        "knn",
        "match_bool_prefix",
        "match_phrase",
        "match_phrase_prefix",
        "more_like_this",
        "multi_match",
        "nested",
        "parent_id",
        "percolate",
        "pinned",
        "query_string",
        "rank_feature",
        "regexp",
        "rule",
        "script",
        "script_score",
        "semantic",
        "shape",
        "simple_query_string",
        "span_containing",
        "span_first",
        "span_multi",
        "span_near",
        "span_not",
        "span_or",
        "span_term",
        "span_within",
        "sparse_vector",
        "terms_set",
        "text_expansion",
        "weighted_tokens",
        "wrapper",
    ]
)
MAX_DEPTH = 30  # queries in queries, as indices.query.bool.max_nested_depth


def translate(query: Any, context: Context) -> Node:
    """The node for a query object; None is match_all.

    Raises:
        ParsingError: an unknown kind, or malformed.
        Unsupported: a kind that only a full Elasticsearch has.
        SearchFailed: a value does not fit its field.
    """
    return All() if query is None else _translate(query, context, 0)


def _translate(query: Any, context: Context, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise ParsingError(f"The nested depth of the query exceeds the maximum nested depth of [{MAX_DEPTH}]")
    if not isinstance(query, dict) or not query:
        raise ParsingError("query malformed, empty clause found")
    kind, body = next(iter(query.items()))
    if len(query) > 1:
        raise ParsingError(f"[{kind}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]")
    if kind in LEAVES:
        return LEAVES[kind](body, context)
    if kind in COMPOUNDS:
        return COMPOUNDS[kind](body, context, lambda inner, context: _translate(inner, context, depth + 1))
    if kind in ABSENT:
        raise Unsupported(f"query {kind}")
    cause = {"type": "named_object_not_found_exception", "reason": f"unknown field [{kind}]"}
    raise ParsingError(f"unknown query [{kind}]", caused_by=cause)
