"""Whatever is written, rotated, answered and restarted in whatever order: each line is settled once."""

from __future__ import annotations

import json
import tempfile
import threading
from collections import Counter
from pathlib import Path

from elasticsearch import Elasticsearch
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from shippers.pipeline import Pipeline
from shippers.settings import ShipperSettings
from tests.bulk_proxy import Garbage, Items, Memory, Reset, Status, running

NAMES = st.sampled_from(["request", "service"])
FAULTS = st.sampled_from(
    [
        None,
        Status(429),
        Status(503, None),
        Items(429),
        Items(503, 1),
        Reset(True),
        Reset(False),
        Garbage(b"[]"),
    ]
)
LENGTHS = st.integers(0, 420)
KINDS = st.sampled_from(["good"] * 5 + ["refused", "text", "nul", "latin"])
LINE_BYTES = 400


def line(number: int, kind: str, length: int) -> bytes:
    """A line that tells its number; of kind `good` it becomes a document unless it is over the limit."""
    pad = b"x" * length
    return {
        "good": b'{"n":%d,"pad":"%s"}' % (number, pad),
        "refused": b'{"n":%d, %s}' % (number, pad),
        "text": b"%d %s" % (number, pad),
        "nul": b'{"n":%d,"\0":"%s"}' % (number, pad),
        "latin": b'{"n":%d,"\xe9":"%s"}' % (number, pad),
    }[kind]


class Shipping(RuleBasedStateMachine):
    """A folder, a shipper and a server that fails on order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.home = Path(self.folder.name)
        (self.home / "log").mkdir()
        self.store = Memory()
        self.running = running(self.store)
        self.proxy = self.running.__enter__()
        self.written: list[bytes] = []
        self.documents: set[bytes] = set()
        self.halves: dict[str, bytes] = {}
        self.pipeline: Pipeline | None = None

    @initialize(
        batch_lines=st.integers(1, 9),
        batch_bytes=st.sampled_from([1024, 5000]),
        open_files=st.integers(1, 5),
    )
    def begin(self, batch_lines: int, batch_bytes: int, open_files: int) -> None:
        self.settings = ShipperSettings(
            batch_lines=batch_lines,
            batch_bytes=batch_bytes,
            open_files=open_files,
            line_bytes=LINE_BYTES,
            read_bytes=1024,
            fingerprint_bytes=64,
            backoff_first_s=0.0001,
            backoff_cap_s=0.0001,
        )
        self.start()

    def start(self) -> None:
        client = Elasticsearch(self.proxy.url)
        self.pipeline = Pipeline(self.settings, home=self.home, namespace="t", client=client)

    @rule(name=NAMES, kinds=st.lists(st.tuples(KINDS, LENGTHS), min_size=1, max_size=12), whole=st.booleans())
    def append(self, name: str, kinds: list[tuple[str, int]], whole: bool) -> None:
        half = self.halves.pop(name, b"")
        lines = [line(len(self.written) + n, kind, length) for n, (kind, length) in enumerate(kinds)]
        for (kind, _), text in zip(kinds, lines, strict=True):
            if kind == "good" and len(text) <= LINE_BYTES:
                self.documents.add(text)
        self.written += lines
        text = b"".join(each + b"\n" for each in lines)
        rest = b"" if whole else text[len(text) // 2 :]
        with (self.home / "log" / f"{name}.ndjson").open("ab") as file:
            file.write(half + text[: len(text) - len(rest)])
        if rest:
            self.halves[name] = rest

    @rule(name=NAMES)
    def rotate(self, name: str) -> None:
        self.finish(name)
        path = self.home / "log" / f"{name}.ndjson"
        present = sorted(path.parent.glob(f"{path.name}.*"), key=lambda each: -int(each.suffix[1:]))
        for each in present:
            each.rename(each.with_suffix(f".{int(each.suffix[1:]) + 1}"))
        if path.exists():
            path.rename(f"{path}.1")

    def finish(self, name: str) -> None:
        if half := self.halves.pop(name, b""):
            with (self.home / "log" / f"{name}.ndjson").open("ab") as file:
                file.write(half)

    @rule(faults=st.lists(FAULTS, max_size=4))
    def ship(self, faults: list[Status | Items | Reset | Garbage | None]) -> None:
        self.proxy.faults.extend(faults)
        assert self.pipeline
        self.pipeline.drain()
        self.proxy.faults.clear()

    @rule(fault=st.sampled_from([Reset(True), Items(429), Status(503)]))
    def crash(self, fault: Status | Items | Reset) -> None:
        """Lines may be on the server, and no checkpoint tells of it."""
        stop = threading.Event()
        stop.set()
        self.proxy.faults.extend([fault] * 3)
        assert self.pipeline
        self.pipeline.drain(stop)
        self.proxy.faults.clear()
        self.restart()

    @rule()
    def restart(self) -> None:
        assert self.pipeline
        self.pipeline.close()
        self.start()

    def teardown(self) -> None:
        try:
            if self.pipeline:
                self.settle()
        finally:
            self.running.__exit__(None, None, None)
            self.folder.cleanup()

    def settle(self) -> None:
        """In the end each line is a document or in quarantine, under an id or a range of its own."""
        assert self.pipeline
        for name in list(self.halves):
            self.finish(name)
        for _ in range(20):  # files take turns where few may be open
            self.pipeline.drain()
        self.pipeline.close()
        assert Counter(self.store.documents.values()) == Counter(self.documents)
        entries = [
            json.loads(text)
            for path in (self.home / "quarantine").iterdir()
            for text in path.read_bytes().splitlines()
        ]
        places = {(each["source"]["file"], each["source"]["start"]) for each in entries}
        assert len(places) + len(self.documents) == len(self.written)


Shipping.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes minutes with real files
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestShipping = Shipping.TestCase
