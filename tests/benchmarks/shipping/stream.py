"""`elasticsearch.helpers.streaming_bulk`, given what it is best at: lines as bytes, orjson for the rest.

python -m tests.benchmarks.shipping.stream FILE URL
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch, OrjsonSerializer
from elasticsearch.helpers import streaming_bulk


def main(path: str, url: str) -> None:
    """Sends the file once."""
    client = Elasticsearch(url, http_compress=True, serializer=OrjsonSerializer())
    results = streaming_bulk(
        client,
        actions(Path(path)),
        chunk_size=2000,
        expand_action_callback=lambda action: action,  # type: ignore[arg-type,return-value]
        yield_ok=True,
    )
    for _ in results:
        pass


def actions(path: Path) -> Iterator[Any]:
    """Each line with its action."""
    offset = 0
    with path.open("rb") as file:
        for line in file:
            yield {"create": {"_index": "logs-card.request-default", "_id": f"id-{offset:010x}"}}, line
            offset += len(line)


if __name__ == "__main__":
    main(*sys.argv[1:])
