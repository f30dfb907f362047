"""The body of `_search` and `_count` -> hits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elastic.node import sorting, source
from elastic.node.engine import Snapshot, Stored
from elastic.node.errors import IllegalArgument, Json, ParsingError, SearchFailed, Unsupported
from elastic.node.index import Index
from elastic.node.query import translate
from elastic.node.query.context import Context
from elastic.node.query.nodes import Bool, Node, constant
from elastic.node.source import SourceFilter

KEYS = {"query", "sort", "from", "size", "search_after", "_source", "track_total_hits", "version"} | {
    "seq_no_primary_term",
    "timeout",
    "track_scores",
    "terminate_after",
}
# Aggregation kinds to come: name -> function of the kind's body and a context, as the kinds of queries.
AGGREGATIONS: Mapping[str, Any] = {}
# Elasticsearch knows these, the node does not.
ABSENT = {
    "aggs",
    "aggregations",
    "collapse",
    "docvalue_fields",
    "explain",
    "ext",
    "fields",
    "highlight",
    "knn",
} | {
    "indices_boost",
    "min_score",
    "pit",
    "post_filter",
    "profile",
    "rank",
    "rescore",
    "retriever",
    "runtime_mappings",
    "script_fields",
    "slice",
    "stats",
    "stored_fields",
    "suggest",
}
EVERYTHING = SourceFilter()
DEFAULT_TOTAL = 10_000  # totals are exact up to here unless the search asks for more


@dataclass(frozen=True, slots=True)
class Request:
    """A search, checked. `track_total` is the total up to which to count; None: all; 0: none at all."""

    query: Any = None
    sorts: tuple[sorting.Sort, ...] = ()
    start: int = 0
    size: int = 10
    search_after: Any = None
    source: SourceFilter = EVERYTHING
    track_total: int | None = DEFAULT_TOTAL
    version: bool = False
    seq_no: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What a search may ask for, and the time that date math calls now."""

    window: int
    terms: int
    now_ms: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One hit before its document is read. `keys` are the sort's values, None where there is none."""

    index: Index
    snapshot: Snapshot
    seq: int
    score: float | None
    keys: tuple[Any, ...]
    shown: tuple[Any, ...]


def parse(body: Json) -> Request:
    """The search that a body asks for.

    Raises:
        ParsingError: an unknown key.
        Unsupported: a key that only a full Elasticsearch understands.
    """
    for name in body:
        if name in ABSENT:
            raise Unsupported(name)
        if name not in KEYS:
            raise ParsingError(f"Unknown key for a {_token(body[name])} in [{name}].")
    request = Request(
        query=body.get("query"),
        sorts=sorting.parse(body.get("sort")),
        start=_count("from", body.get("from", 0)),
        size=_count("size", body.get("size", 10)),
        search_after=body.get("search_after"),
        source=source.parse(body.get("_source")),
        track_total=_track(body.get("track_total_hits", DEFAULT_TOTAL)),
        version=bool(body.get("version")),
        seq_no=bool(body.get("seq_no_primary_term")),
    )
    if request.search_after is not None and request.start > 0:
        raise IllegalArgument(
            "Validation Failed: 1: `from` parameter must be set to 0 when `search_after` is used;"
        )
    return request


def _token(value: Any) -> str:
    names = {dict: "START_OBJECT", list: "START_ARRAY", str: "VALUE_STRING", type(None): "VALUE_NULL"}
    return names.get(type(value), "VALUE_BOOLEAN" if isinstance(value, bool) else "VALUE_NUMBER")


def _count(name: str, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise ParsingError(f"Failed to parse int parameter [{name}] with value [{value}]") from None
    if number < 0:
        raise IllegalArgument(f"[{name}] parameter cannot be negative, found [{number}]")
    return number


def _track(value: Any) -> int | None:
    if value is True or value == "true":
        return None
    if value is False or value == "false":
        return 0
    return _count("track_total_hits", value)


def search(indices: Sequence[Index], request: Request, limits: Limits) -> Json:
    """The `hits` of the answer.

    Raises:
        ApiError: the search does not fit an index.
    """
    found: list[Hit] = []
    total = 0
    for index in indices:
        _check_window(index, request, limits)
        context = Context(index.mapping, index.name, limits.now_ms, limits.terms)
        snapshot = index.snapshot
        node = translate(request.query, context)
        if request.track_total != 0:
            total += snapshot.count(node)
        if request.search_after is not None:
            node = Bool(must=(node,), filter=(sorting.after(request.sorts, request.search_after, context),))
        if request.start + request.size and snapshot.documents:
            found += _best(index, snapshot, node, request, context)
        elif request.sorts:
            _check_sorts(request, context)
    hits = _ordered(found, request)[request.start : request.start + request.size]
    scores = [hit.score for hit in hits if hit.score is not None]
    return {
        **_total(total, request),
        "max_score": max(scores, default=None),
        "hits": _documents(hits, request),
    }


def _check_window(index: Index, request: Request, limits: Limits) -> None:
    window = int(index.setting("max_result_window", limits.window))
    if request.start + request.size > window:
        raise SearchFailed(
            "illegal_argument_exception",
            f"Result window is too large, from + size must be less than or equal to: [{window}] but was"
            f" [{request.start + request.size}]. See the scroll api for a more efficient way to request large"
            " data sets. This limit can be set by changing the [index.max_result_window] index level"
            " setting.",
            index.name,
        )


def _check_sorts(request: Request, context: Context) -> None:
    for sort in request.sorts:
        if not sort.special:
            sorting.field_of(sort, context)


def _best(index: Index, snapshot: Snapshot, node: Node, request: Request, context: Context) -> list[Hit]:
    """The first `from + size` hits of one index."""
    size = request.start + request.size
    by_score = not request.sorts or request.sorts[0].path == "_score"
    if by_score:
        return _by_score(index, snapshot, node, request, size)
    fields = [sort for sort in request.sorts if not sort.special]
    if not fields or request.sorts[0].special:
        seqs = _by_doc(snapshot, node, request, size)
        return [Hit(index, snapshot, seq, None, (seq,), (seq,)) for seq in seqs]
    columns = request.sorts[: _first_doc(request.sorts)]
    typed = [sorting.field_of(sort, context) for sort in columns]
    rows = snapshot.by_columns(node, [sorting.key(sort) for sort in columns], size)
    return [
        Hit(
            index,
            snapshot,
            seq,
            None,
            (*values, seq)[: len(request.sorts)],
            _shown(values, typed, request, seq),
        )
        for values, seq in rows
    ]


def _first_doc(sorts: Sequence[sorting.Sort]) -> int:
    return next((place for place, sort in enumerate(sorts) if sort.special), len(sorts))


def _shown(values: Sequence[Any], fields: Sequence[Any], request: Request, seq: int) -> tuple[Any, ...]:
    pairs = zip(values, fields, request.sorts, strict=False)
    shown = tuple(sorting.shown(value, field, sort) for value, field, sort in pairs)
    return (*shown, seq)[: len(request.sorts)]


def _by_score(index: Index, snapshot: Snapshot, node: Node, request: Request, size: int) -> list[Hit]:
    if constant(node) and request.sorts[:1] == ():
        best = [(snapshot.score(node), seq) for seq in snapshot.in_order(node, size)]
    else:
        best = snapshot.best(node, size)
    return [
        Hit(index, snapshot, seq, score, (score, seq), (score, seq)[: len(request.sorts)])
        for score, seq in best
    ]


def _by_doc(snapshot: Snapshot, node: Node, request: Request, size: int) -> list[int]:
    return snapshot.in_order(node, size, descending=request.sorts[0].order == "desc")


def _ordered(hits: list[Hit], request: Request) -> list[Hit]:
    """Merges the hits of all indices: stable sorts from the last key to the first."""
    if not request.sorts:
        return sorted(hits, key=lambda hit: -(hit.score or 0.0))
    for place in reversed(range(len(request.sorts))):
        sort = request.sorts[place]
        present = [hit for hit in hits if hit.keys[place] is not None]
        absent = [hit for hit in hits if hit.keys[place] is None]
        try:
            present.sort(key=lambda hit: hit.keys[place], reverse=sort.order == "desc")
        except TypeError:
            raise IllegalArgument(
                f"Can't sort on field [{sort.path}]; the field has incompatible sort types"
            ) from None
        hits = present + absent if sort.missing == "last" else absent + present
    return hits


def _total(total: int, request: Request) -> Json:
    if request.track_total == 0:
        return {}
    if request.track_total is not None and total > request.track_total:
        return {"total": {"value": request.track_total, "relation": "gte"}}
    return {"total": {"value": total, "relation": "eq"}}


def _documents(hits: Sequence[Hit], request: Request) -> list[Json]:
    wanted: dict[str, tuple[Snapshot, list[int]]] = {}
    for hit in hits:
        wanted.setdefault(hit.index.name, (hit.snapshot, []))[1].append(hit.seq)
    stored = {name: snapshot.fetch(seqs) for name, (snapshot, seqs) in wanted.items()}
    return [_document(hit, stored[hit.index.name][hit.seq], request) for hit in hits]


def _document(hit: Hit, stored: Stored, request: Request) -> Json:
    shown: Json = {"_index": hit.index.name, "_id": stored.doc_id}
    if request.version:
        shown["_version"] = stored.version
    if request.seq_no:
        shown |= {"_seq_no": stored.seq, "_primary_term": 1}
    shown["_score"] = hit.score
    if request.source.shown:
        shown["_source"] = request.source.apply(stored.source)
    if request.sorts:
        shown["sort"] = list(hit.shown)
    return shown


def count(indices: Sequence[Index], body: Json, limits: Limits) -> int:
    """How many documents the `query` of the body matches.

    Raises:
        ApiError: the query does not fit an index, or the body has more than a query.
    """
    for name in body.keys() - {"query"}:
        raise ParsingError(f"request does not support [{name}]")
    contexts = [Context(index.mapping, index.name, limits.now_ms, limits.terms) for index in indices]
    return sum(
        index.snapshot.count(translate(body.get("query"), context))
        for index, context in zip(indices, contexts, strict=True)
    )
