"""A home folder, its data stream on a server, and what tests of the quarantine and the audit do with them."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch

from shippers.audit.home import Audit
from shippers.audit.report import FileReport, Report
from shippers.census import Census
from shippers.pipeline import Pipeline
from shippers.redrive.outcome import Outcome
from shippers.redrive.run import Redrive
from shippers.registry import rows
from shippers.settings import ShipperSettings
from shippers.sink import Sink
from shippers.streams import late
from tests.bulk_proxy import Item, Pair, Upstream, running

ROOT = Path(__file__).parents[2]
FAST = ShipperSettings(
    batch_lines=50,
    backoff_first_s=0.01,
    backoff_cap_s=0.05,
    audit_settle_s=0.05,
    audit_ids=100,
    fingerprint_bytes=64,
)
TIME = "2026-11-23T03:12:45.1Z"


class Forgetful(Upstream):
    """Says of some lines that they were created, and loses them."""

    def __init__(self, url: str, lost: frozenset[int]) -> None:
        super().__init__(url)
        self._lost = lost

    def create(self, pairs: Sequence[Pair]) -> list[Item]:
        is_lost = [int(pair.id.rpartition("-")[2], 16) in self._lost for pair in pairs]
        rest = [pair for pair, lost in zip(pairs, is_lost, strict=True) if not lost]
        answers = iter(super().create(rest))
        return [{"create": {"status": 201}} if lost else next(answers) for lost in is_lost]


class QuarantineHome:
    """One file that feeds one data stream of this test alone."""

    def __init__(
        self, home: Path, client: Elasticsearch, url: str, dataset: str, folder: str = "log"
    ) -> None:
        self.home, self.client, self.url = home, client, url
        self.stream = f"{'logs' if folder == 'log' else 'metrics'}-card.{dataset}-test"
        self.path = home / folder / f"{dataset}.ndjson"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.settings = FAST
        self.map(n="long", pad="keyword")

    def map(self, **fields: str) -> None:
        """Puts the stream's template; holds for backing indices made from now on."""
        properties = {"@timestamp": {"type": "date"}} | {
            name: {"type": kind} for name, kind in fields.items()
        }
        self._put(self.stream, properties)

    def _put(self, stream: str, properties: dict[str, Any], **settings: Any) -> None:
        self.client.indices.put_index_template(
            name=stream,
            index_patterns=[stream],
            data_stream={},
            priority=700,
            template={"settings": settings, "mappings": {"dynamic": "strict", "properties": properties}},
        )

    def map_series(self) -> None:
        """Makes the stream a time series of `n` by `host.name`, beside a plain stream for late samples."""
        name = "host.name"
        properties = {"@timestamp": {"type": "date"}, name: {"type": "keyword"}, "n": {"type": "long"}}
        self._put(late(self.stream), properties | {"note": {"type": "long"}})
        dimension = {"type": "keyword", "time_series_dimension": True}
        self._put(
            self.stream,
            properties | {name: dimension, "n": {"type": "long", "time_series_metric": "gauge"}},
            **{"index.mode": "time_series", "index.routing_path": [name]},
        )

    def mend(self) -> None:
        """Maps the field `note`."""
        self.client.indices.put_mapping(index=self.stream, properties={"note": {"type": "keyword"}})

    def write(self, *lines: bytes) -> list[int]:
        """Appends lines and says where each begins."""
        start = self.path.stat().st_size if self.path.exists() else 0
        starts = [start + sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines))]
        with self.path.open("ab") as file:
            file.write(b"".join(line + b"\n" for line in lines))
        return starts

    def write_numbers(self, count: int, first: int = 0) -> list[int]:
        """Appends good lines with the numbers from `first`."""
        return self.write(*(line(n) for n in range(first, first + count)))

    def ship(self) -> None:
        """Settles all that is written."""
        self._ship(self.client)

    def ship_losing(self, *starts: int) -> None:
        """The same, by way of a server that acknowledges the lines at `starts` and loses them."""
        with running(Forgetful(self.url, frozenset(starts))) as proxy, Elasticsearch(proxy.url) as client:
            self._ship(client)

    def ship_as(self, namespace: str) -> None:
        """The same into the stream of another namespace."""
        other = self.stream.rpartition("-")[0] + f"-{namespace}"
        self._put(other, {"@timestamp": {"type": "date"}, "n": {"type": "long"}, "pad": {"type": "keyword"}})
        self._ship(self.client, namespace)

    def _ship(self, client: Elasticsearch, namespace: str = "test") -> None:
        pipeline = Pipeline(self.settings, home=self.home, namespace=namespace, client=client)
        pipeline.drain()
        pipeline.close()

    def audit(self, **changed: Any) -> Report:
        """The audit of the folder as it is now."""
        settings = self.settings.model_copy(update=changed)
        ticks = iter(range(1_000_000))
        audit = Audit(
            self.home, Census(self.client), settings, wait=lambda _: None, clock=lambda: float(next(ticks))
        )
        return audit.run()

    def audited(self, **changed: Any) -> FileReport:
        """The same, of the one file there is."""
        (only,) = self.audit(**changed).files
        return only

    def redrive(self, reason: str | None = None, *, dry_run: bool = False, **changed: Any) -> list[Outcome]:
        """Sends the quarantine again."""
        settings = self.settings.model_copy(update=changed)
        redrive = Redrive(
            self.home,
            Sink(self.client, settings.timeout_s),
            settings,
            clock=lambda: 1_795_403_565.0,
            wait=lambda _: None,
            draw=random.Random(0).random,
        )
        return redrive.run(reason, dry_run=dry_run)

    def entries(self, reason: str | None = None) -> list[dict[str, Any]]:
        """What stands in quarantine."""
        paths = sorted((self.home / "quarantine").glob(f"{reason or '*'}.ndjson"))
        return [json.loads(text) for path in paths for text in path.read_bytes().splitlines()]

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs `cardwatch` on this home and server."""
        environment = os.environ | {
            "CARDWATCH_HOME": str(self.home),
            "CARDWATCH_ELASTICSEARCH": self.url,
            "CARDWATCH_NAMESPACE": "test",
            "CARDWATCH_SHIP_AUDIT_SETTLE_S": "0.05",
            "COLUMNS": "200",
        }
        command = [sys.executable, "-m", "app.commands", *words]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    def id_of(self, start: int) -> str:
        """The id of the line at `start` of the only file that was met."""
        (row,) = rows(self.home / "registry.sqlite")
        return f"{row.id}-{start:010x}"

    def ids(self) -> list[tuple[str, str]]:
        """(id, backing index) of all documents, sorted."""
        self.client.indices.refresh(index=self.stream)
        hits = self.client.search(index=self.stream, size=10_000)["hits"]["hits"]
        return sorted((hit["_id"], hit["_index"]) for hit in hits)

    def delete(self, *numbers: int) -> None:
        """Deletes documents behind everybody's back, in the order of ids; not on the node."""
        ids = self.ids()
        chosen = [{"delete": {"_index": ids[n][1], "_id": ids[n][0]}} for n in numbers]
        answer = self.client.bulk(operations=chosen, refresh=True)
        assert not answer["errors"], answer


def line(n: int) -> bytes:
    """A line that its stream takes."""
    return json.dumps({"@timestamp": TIME, "n": n, "pad": "x" * (n % 30)}).encode()


def strict_line(n: int, text: str = "a word") -> bytes:
    """A line with a field that its stream does not have yet: refused until `note` is mapped."""
    return json.dumps({"@timestamp": TIME, "n": n, "note": text}).encode()


def bad_line(n: int, text: str = "no number") -> bytes:
    """A line that its stream refuses as long as `n` is a number."""
    return json.dumps({"@timestamp": TIME, "n": f"{text} {n}"}).encode()
