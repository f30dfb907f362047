"""One index on disk: the only importer of tantivy.

Schema: `id`, `seq` (the order of writes), `version`, `source` (the document's bytes), `terms` (the inverted
index of all words, `<path> NUL <value>`) and `columns` (one JSON object whose keys are the encoded paths).
Strings in columns begin with `=`, so that the engine takes none of them for a date or a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson
import tantivy

from elastic.node import numbers
from elastic.node.columns import MARK, SEPARATOR, encoded
from elastic.node.document import Columns
from elastic.node.errors import IllegalArgument, StorageFailed
from elastic.node.query.nodes import (
    All,
    Between,
    Bool,
    Constant,
    Ids,
    Node,
    Nothing,
    Numbers,
    Pattern,
    Present,
    Terms,
    Within,
)

Order = Literal["asc", "desc"]
SORT_PAGE = 1000  # composite buckets asked for at once, at least


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as it was written."""

    doc_id: str
    seq: int
    version: int
    source: bytes


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column to sort by; documents without a value come first or last, whatever the order."""

    path: str
    order: Order
    missing: Literal["first", "last"]


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("seq", stored=True, indexed=True, fast=True)
    builder.add_unsigned_field("version", stored=True)
    builder.add_bytes_field("source", stored=True)
    builder.add_text_field("terms", tokenizer_name="raw", index_option="basic")
    builder.add_json_field("columns", fast=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


SCHEMA = _schema()
QUERY = tantivy.Query


@contextmanager
def _guarded() -> Iterator[None]:
    """Turns what tantivy raises into errors of the node; a panic in Rust is no Exception in Python."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except ValueError as error:
        raise IllegalArgument(f"the search engine refused the request: {error}") from error
    except OSError as error:
        raise StorageFailed(f"the search engine failed: {error}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise StorageFailed(f"the search engine failed: {error}") from None


class Engine:
    """Writes go to one writer and become visible with `commit`. The caller serialises writes."""

    def __init__(self, folder: Path, heap_bytes: int, max_terms: int) -> None:
        self._max_terms = max_terms
        folder.mkdir(parents=True, exist_ok=True)
        with _guarded():
            self._index = tantivy.Index(SCHEMA, path=str(folder))
            self._writer = self._index.writer(heap_size=heap_bytes, num_threads=1)
            self.snapshot = Snapshot(self._index, self._max_terms)

    def add(self, document: Stored, columns: Columns, terms: Iterable[str]) -> None:
        """Adds a document whose id the index does not hold; `columns` by encoded name, strings marked."""
        entry = tantivy.Document()
        entry.add_text("id", document.doc_id)
        entry.add_unsigned("seq", document.seq)
        entry.add_unsigned("version", document.version)
        entry.add_bytes("source", document.source)
        for term in terms:
            entry.add_text("terms", term)
        entry.add_json("columns", orjson.dumps(columns).decode())
        with _guarded():
            self._writer.add_document(entry)

    def remove(self, doc_id: str) -> None:
        """Takes out the document with that id, also one that was added after the last commit."""
        with _guarded():
            self._writer.delete_documents_by_query(QUERY.term_query(SCHEMA, "id", doc_id))

    def commit(self) -> None:
        """Makes everything written so far durable and visible."""
        with _guarded():
            self._writer.commit()
            self._index.reload()
            self.snapshot = Snapshot(self._index, self._max_terms)

    def close(self) -> None:
        """Waits for merges that run; the engine cannot be used afterwards."""
        with _guarded():
            self._writer.wait_merging_threads()


class Snapshot:
    """What a commit made visible; later commits do not change it."""

    def __init__(self, index: tantivy.Index, max_terms: int) -> None:
        self._index = index
        self._searcher = index.searcher()
        self._max_terms = max_terms

    @property
    def documents(self) -> int:
        """How many documents there are."""
        return int(self._searcher.num_docs)

    def version(self, doc_id: str) -> int | None:
        """The version of the document with that id; None: there is none."""
        found = self.get(doc_id) if self._searcher.doc_freq("id", doc_id) else None
        return found.version if found else None

    def get(self, doc_id: str) -> Stored | None:
        """The document with that id."""
        hits = self._searcher.search(QUERY.term_query(SCHEMA, "id", doc_id), limit=1).hits
        return self._stored(hits[0][1]) if hits else None

    def last_seq(self) -> int:
        """The highest `seq`, or -1."""
        found = self._searcher.search(
            QUERY.all_query(), limit=1, order_by_field="seq", order=tantivy.Order.Desc
        )
        return int(found.hits[0][0]) if found.hits else -1

    def count(self, node: Node) -> int:
        """How many documents match."""
        with _guarded():
            found: Any = self._searcher.search(self._query(node), limit=1)
            return int(found.count)

    def in_order(self, node: Node, size: int, *, descending: bool = False) -> list[int]:
        """The `seq` of the first `size` matches in the order of writes, or the last ones backwards."""
        order = tantivy.Order.Desc if descending else tantivy.Order.Asc
        query = self._query(node)
        with _guarded():
            found = self._searcher.search(query, limit=size, count=False, order_by_field="seq", order=order)
        return [int(seq) for seq, _ in found.hits]

    def score(self, node: Node) -> float:
        """The score of the matches of a query that gives all of them the same one."""
        hits = self._searcher.search(self._query(node), limit=1, count=False).hits
        return float(hits[0][0]) if hits else 0.0

    def best(self, node: Node, size: int) -> list[tuple[float, int]]:
        """Score and `seq` of the best `size` matches; equal scores in the order of writes."""
        with _guarded():
            found = self._searcher.search(self._query(node), limit=size, count=False)
            addresses = [address for _, address in found.hits]
            seqs = self._searcher.fast_field_values("seq", addresses) if addresses else []
        scored = [(float(hit[0]), int(seq or 0)) for hit, seq in zip(found.hits, seqs, strict=True)]
        return sorted(scored, key=lambda pair: (-pair[0], pair[1]))

    def by_columns(self, node: Node, keys: Sequence[SortKey], size: int) -> list[tuple[tuple[Any, ...], int]]:
        """The values of `keys` and the `seq` of the first `size` matches in their order.

        Of several values the one that comes first counts: the smallest ascending, the largest descending.
        """
        found: dict[int, tuple[Any, ...]] = {}
        after: dict[str, str] | None = None
        query = self._query(node)
        while len(found) < size:
            page = max(size - len(found), SORT_PAGE if after else 1)
            buckets, after = self._page(query, keys, page, after)
            for bucket in buckets:
                row = bucket["key"]  # in no order of its own
                values = tuple(_unmarked(row[f"k{place}"]) for place in range(len(keys)))
                found.setdefault(int(row["seq"]), values)
            if after is None or len(buckets) < page:
                break
        return [(values, seq) for seq, values in list(found.items())[:size]]

    def _page(
        self, query: tantivy.Query, keys: Sequence[SortKey], size: int, after: dict[str, str] | None
    ) -> tuple[list[dict[str, Any]], dict[str, str] | None]:
        sources = [{f"k{place}": {"terms": _source(key)}} for place, key in enumerate(keys)]
        sources.append({"seq": {"terms": {"field": "seq", "order": "asc"}}})
        composite: dict[str, Any] = {"size": size, "sources": sources}
        if after:
            composite["after"] = after
        with _guarded():
            answer = self._searcher.aggregate(query, {"page": {"composite": composite}})["page"]
        return answer["buckets"], answer.get("after_key")

    def fetch(self, seqs: Sequence[int]) -> dict[int, Stored]:
        """The documents with these `seq`, by `seq`."""
        if not seqs:
            return {}
        query = QUERY.term_set_query(SCHEMA, "seq", list(seqs))
        hits = self._searcher.search(query, limit=len(seqs), count=False).hits
        found = (self._stored(address) for _, address in hits)
        return {document.seq: document for document in found}

    def _stored(self, address: tantivy.DocAddress) -> Stored:
        first: Any = self._searcher.doc(address).get_first
        return Stored(first("id"), first("seq"), first("version"), bytes(first("source")))

    def _query(self, node: Node) -> tantivy.Query:
        if isinstance(node, All):
            return QUERY.all_query()
        if isinstance(node, Nothing):
            return QUERY.empty_query()
        if isinstance(node, Terms):
            return _terms(node)
        if isinstance(node, Pattern):
            return QUERY.const_score_query(QUERY.regex_query(SCHEMA, "terms", node.regex), 1.0)
        if isinstance(node, Within):
            return self._within(node)
        if isinstance(node, Numbers):
            path = _column(node.path)
            return _any([QUERY.term_query(SCHEMA, path, value) for value in node.values])
        if isinstance(node, Between):
            return self._between(node)
        if isinstance(node, Present):
            return QUERY.const_score_query(QUERY.exists_query(_column(node.path)), 1.0)
        if isinstance(node, Ids):
            return QUERY.const_score_query(QUERY.term_set_query(SCHEMA, "id", list(node.values)), 1.0)
        if isinstance(node, Constant):
            return QUERY.const_score_query(self._query(node.node), node.score)
        return self._bool(node)

    def _bool(self, node: Bool) -> tantivy.Query:
        must, should, never = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot
        parts = [(must, self._query(inner)) for inner in node.must]
        parts += [(must, QUERY.const_score_query(self._query(inner), 0.0)) for inner in node.filter]
        if node.should and node.minimum:
            wanted = [(should, self._query(inner)) for inner in node.should]
            parts.append((must, QUERY.boolean_query(wanted, node.minimum)))
        else:
            parts += [(should, self._query(inner)) for inner in node.should]
        if not (node.must or node.filter or node.minimum):
            parts.append((must, QUERY.const_score_query(QUERY.all_query(), 0.0)))
        return QUERY.boolean_query(parts + [(never, self._query(inner)) for inner in node.must_not])

    def _within(self, node: Within) -> tantivy.Query:
        """The engine has no range over words: the words are listed and those in the range asked for."""
        head = f"{node.path}{SEPARATOR}"
        same = _common(node.low, node.high or "")
        listed = self._searcher.terms_with_prefix("terms", head + same, limit=self._max_terms + 1)
        if len(listed) > self._max_terms:
            raise IllegalArgument(
                f"the range of [{node.path}] has to look at more than [{self._max_terms}] different values"
            )
        low, high = head + node.low, None if node.high is None else head + node.high
        found = [term for term, _ in listed if low <= term and (high is None or term < high)]
        return _terms(Terms(tuple(found), scored=False))

    def _between(self, node: Between) -> tantivy.Query:
        name = _column(node.path)
        if isinstance(node.low, float) and isinstance(node.high, float):
            ends = [
                (numbers.shown(low), numbers.shown(high)) for low, high in numbers.pieces(node.low, node.high)
            ]
        else:
            ends = [(_end(node.low), _end(node.high))]
        if ends == [("*", "*")]:
            return QUERY.const_score_query(QUERY.exists_query(name), 1.0)
        return _any([self._index.parse_query(f"{name}:[{low} TO {high}]") for low, high in ends])


def _common(first: str, second: str) -> str:
    """The beginning that both strings have."""
    pairs = enumerate(zip(first, second, strict=False))
    return first[: next((place for place, (a, b) in pairs if a != b), min(len(first), len(second)))]


def _end(value: float | None) -> str:
    if value is None:
        return "*"
    return numbers.shown(value) if isinstance(value, float) else str(value)


def _column(path: str) -> str:
    if path == "_doc":  # the order of writes
        return "seq"
    return f"columns.{encoded(path)}"


def _source(key: SortKey) -> dict[str, Any]:
    missing = {"missing_bucket": True, "missing_order": key.missing}
    return {"field": _column(key.path), "order": key.order, **missing}


def _unmarked(value: Any) -> Any:
    return value[len(MARK) :] if isinstance(value, str) else value


def _terms(node: Terms) -> tantivy.Query:
    if node.scored and len(node.entries) == 1:
        return QUERY.term_query(SCHEMA, "terms", node.entries[0])
    return QUERY.const_score_query(QUERY.term_set_query(SCHEMA, "terms", list(node.entries)), 1.0)


def _any(queries: list[tantivy.Query]) -> tantivy.Query:
    if len(queries) == 1:
        return QUERY.const_score_query(queries[0], 1.0)
    should = [(tantivy.Occur.Should, query) for query in queries]
    return QUERY.const_score_query(QUERY.boolean_query(should, 1), 1.0)
